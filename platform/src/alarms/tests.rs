//! `fixtures/alarms/CASE/`: a limit, what is posted and when time passes, and the alarms that must come of it.

use std::path::Path;

use catalog::{Item, Quality, Reading, Timestamp, items};
use serde::Deserialize;

use super::{acknowledge, due, seed, tick};
use crate::keys;
use crate::store::things::{self, ThingName};
use crate::store::{Store, readings};
use crate::testing::{Bench, mark};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    item: String,
    limit: Limit,
    step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    side: String,
    bound: Option<f64>,
    code: Option<String>,
    #[serde(default)]
    deadband: f64,
    #[serde(default)]
    delay_on: i64,
    #[serde(default)]
    delay_off: i64,
}

/// One thing that happens.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Readings of one post: time in milliseconds, value, and quality if not good.
    Post(Vec<Vec<toml::Value>>),
    /// The platform's clock looks at the delays at this time.
    Tick(i64),
    /// The platform is started again.
    Restart(bool),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(default)]
    alarm: Vec<Alarm>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Alarm {
    opened: i64,
    closed: Option<i64>,
    number: Option<f64>,
    text: Option<String>,
}

const LIMIT: &str =
    "INSERT INTO limits (item, side, bound, code, deadband, delay_on, delay_off, severity, message)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 2, 'it is wrong')";

#[tokio::test]
async fn each_case_gives_its_alarms() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/alarms");
    let mut cases = 0;
    for case in std::fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        let read = |file| std::fs::read_to_string(case.join(file)).unwrap();
        let input: Case =
            toml::from_str(&read("input.toml")).unwrap_or_else(|e| panic!("{}: {e}", case.display()));
        let expected: Expected = toml::from_str(&read("expected.toml")).unwrap();
        assert_eq!(play(&input).await, expected.alarm, "{}", case.display());
        cases += 1;
    }
    assert!(cases >= 10);
}

async fn play(case: &Case) -> Vec<Alarm> {
    let bench = Bench::new();
    let item = items::by_id(&case.item).unwrap();
    let thing = set_up(&bench.app.store, item, &case.limit).await;
    let mut store = bench.app.store.clone();
    for step in &case.step {
        match step {
            Step::Post(rows) => {
                let rows: Vec<_> = rows.iter().map(|row| reading(item, row)).collect();
                post(&store, thing, rows).await;
            }
            Step::Tick(time) => pass(&store, Timestamp(*time)).await,
            Step::Restart(again) => {
                assert!(again);
                store = Store::open(&bench.database()).unwrap();
            }
        }
    }
    alarms(&store).await
}

async fn set_up(store: &Store, item: &'static Item, limit: &Limit) -> i64 {
    let item = store.items().id(item).unwrap();
    let values = (
        item,
        limit.side.clone(),
        limit.bound,
        limit.code.clone(),
        limit.deadband,
        limit.delay_on,
        limit.delay_off,
    );
    let made = store.write(move |conn| {
        keys::create_adapter(conn, "oslo", "Oslo", "test", Timestamp(0))?;
        conn.execute(LIMIT, values)?;
        let name = ThingName::parse("oslo.p01").unwrap();
        Ok(things::register(conn, 1, &name, Timestamp(0))?.unwrap())
    });
    made.await.unwrap()
}

fn reading(item: &'static Item, row: &[toml::Value]) -> Reading {
    let time = row[0].as_integer().unwrap();
    let quality = match row.get(2).and_then(toml::Value::as_str) {
        None => Quality::Good,
        Some("uncertain") => Quality::Uncertain,
        Some("bad") => Quality::Bad,
        Some(other) => panic!("{other}"),
    };
    match &row[1] {
        toml::Value::Float(number) => item.number(*number, mark(time, quality)).unwrap(),
        toml::Value::String(code) => item.code(code, mark(time, quality)).unwrap(),
        other => panic!("{other}"),
    }
}

async fn post(store: &Store, thing: i64, rows: Vec<Reading>) {
    let ids = store.items().clone();
    store.write(move |conn| readings::store(conn, &ids, thing, &rows, Timestamp(0))).await.unwrap();
}

async fn pass(store: &Store, time: Timestamp) {
    if store.read(move |conn| due(conn, time)).await.unwrap() {
        store.write(move |conn| tick(conn, time)).await.unwrap();
    }
}

async fn alarms(store: &Store) -> Vec<Alarm> {
    let select = "SELECT opened, closed, opened_number, opened_text FROM alarms ORDER BY opened, id";
    let read = store.read(move |conn| {
        let mut select = conn.prepare(select)?;
        let rows = select.query_map([], |row| {
            Ok(Alarm { opened: row.get(0)?, closed: row.get(1)?, number: row.get(2)?, text: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    });
    read.await.unwrap()
}

/// Whatever the order in which the same readings come, and however they are cut into posts, the alarms at the
/// end are those of the readings in their order, as far as no alarm was shown that was never one.
#[tokio::test]
async fn late_posts_come_to_the_alarms_that_the_right_order_gives() {
    let limit = || Limit {
        side: "high".into(),
        bound: Some(30.0),
        code: None,
        deadband: 1.0,
        delay_on: 0,
        delay_off: 0,
    };
    let values = [25.0, 31.0, 32.0, 29.5, 28.0, 33.0, 20.0, 31.0, 29.1, 35.0, 28.0, 28.0];
    let reading =
        |n: usize| items::VAT_TEMPERATURE.number(values[n], mark(n as i64 * 1000, Quality::Good)).unwrap();
    let mut expected = None;
    // In order; the last first and then the backlog; every second one late; in blocks from the end.
    let orders: [Vec<Vec<usize>>; 4] = [
        (0..12).map(|n| vec![n]).collect(),
        [11].into_iter().chain(0..11).map(|n| vec![n]).collect(),
        (0..12).step_by(2).chain((1..12).step_by(2)).map(|n| vec![n]).collect(),
        vec![vec![8, 9, 10, 11], vec![4, 5, 6, 7], vec![0, 1, 2, 3]],
    ];
    for order in orders {
        let bench = Bench::new();
        let thing = set_up(&bench.app.store, &items::VAT_TEMPERATURE, &limit()).await;
        for rows in &order {
            post(&bench.app.store, thing, rows.iter().map(|n| reading(*n)).collect()).await;
        }
        let spans: Vec<_> = alarms(&bench.app.store).await.iter().map(|a| (a.opened, a.closed)).collect();
        let expected = expected.get_or_insert_with(|| spans.clone());
        assert_eq!(&spans, expected, "{order:?}");
    }
    assert_eq!(expected.unwrap(), [(1000, Some(4000)), (5000, Some(6000)), (7000, Some(10000))]);
}

#[tokio::test]
async fn an_acknowledgement_stays_and_closes_nothing() {
    let bench = Bench::new();
    let limit = Limit {
        side: "high".into(),
        bound: Some(30.0),
        code: None,
        deadband: 0.0,
        delay_on: 0,
        delay_off: 0,
    };
    let thing = set_up(&bench.app.store, &items::VAT_TEMPERATURE, &limit).await;
    let hot = items::VAT_TEMPERATURE.number(31.0, mark(1, Quality::Good)).unwrap();
    post(&bench.app.store, thing, vec![hot]).await;
    for (by, now) in [("anna", 5), ("bob", 6)] {
        bench.app.store.write(move |conn| acknowledge(conn, 1, by, Timestamp(now))).await.unwrap();
    }
    let row = bench.app.store.read(|conn| {
        let select = "SELECT acknowledged, acknowledged_by, closed FROM alarms";
        Ok(conn.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
    });
    assert_eq!(row.await.unwrap(), (5i64, "anna".to_owned(), None::<i64>));
    assert!(bench.app.store.write(|conn| acknowledge(conn, 2, "anna", Timestamp(5))).await.is_err());
}

#[tokio::test]
async fn the_limits_of_this_program_are_good_and_are_written_once() {
    let bench = Bench::new();
    let mut counts = Vec::new();
    for _ in 0..2 {
        let ids = bench.app.store.items().clone();
        let count = bench.app.store.write(move |conn| {
            seed(conn, &ids)?;
            Ok(conn.query_row("SELECT count(*) FROM limits", [], |row| row.get::<_, i64>(0))?)
        });
        counts.push(count.await.unwrap());
    }
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0] > 50);
}

#[tokio::test]
async fn what_is_set_for_one_printer_replaces_what_its_model_has() {
    let bench = Bench::new();
    let limit = Limit {
        side: "high".into(),
        bound: Some(30.0),
        code: None,
        deadband: 0.0,
        delay_on: 0,
        delay_off: 0,
    };
    let thing = set_up(&bench.app.store, &items::VAT_TEMPERATURE, &limit).await;
    let item = bench.app.store.items().id(&items::VAT_TEMPERATURE).unwrap();
    let own = bench.app.store.write(move |conn| {
        let own = "INSERT INTO limits (item, thing, side, bound, severity, message) VALUES (?1, ?2, 'high', 50, 1, 'x')";
        Ok(conn.execute(own, (item, thing))?)
    });
    own.await.unwrap();
    let at = |time: i64, value| items::VAT_TEMPERATURE.number(value, mark(time, Quality::Good)).unwrap();
    post(&bench.app.store, thing, vec![at(1, 40.0)]).await;
    assert_eq!(alarms(&bench.app.store).await, []);
    post(&bench.app.store, thing, vec![at(2, 51.0)]).await;
    assert_eq!(alarms(&bench.app.store).await.len(), 1);
}

/// A small generator, so that a failure can be played again by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Readings in nearly any order, cut into any posts: at the end there is one open alarm at most, and it is open
/// when the newest values say so. Without delays no two alarms are of the same time.
#[tokio::test]
async fn any_order_of_posts_ends_with_the_alarm_that_the_newest_value_asks_for() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let delay = |steps| 1000 * i64::try_from(steps).unwrap();
        let (delay_on, delay_off) = (delay(dice.below(3)), delay(dice.below(3)));
        let (item, side) =
            [(&items::VAT_TEMPERATURE, "high"), (&items::PRINTER_REACHABILITY, "code")][dice.below(2)];
        let (bound, code) = (Some(30.0), Some("printer_off".to_owned()));
        let limit = Limit { side: side.into(), bound, code, deadband: 0.0, delay_on, delay_off };
        let bench = Bench::new();
        let thing = set_up(&bench.app.store, item, &limit).await;
        let reading = |(time, wrong): &(i64, bool)| match side {
            "high" => item.number(if *wrong { 35.0 } else { 25.0 }, mark(*time, Quality::Good)).unwrap(),
            _ => item
                .code(if *wrong { "printer_off" } else { "available" }, mark(*time, Quality::Good))
                .unwrap(),
        };
        let mut values: Vec<_> = (0..20).map(|n| (n * 1000, dice.below(2) == 1)).collect();
        // The newest value holds for long enough that no delay runs at the end.
        let last = dice.below(2) == 1;
        values.extend((20..26).map(|n| (n * 1000, last)));
        for n in (1..values.len()).rev() {
            values.swap(n, n.saturating_sub(dice.below(6)));
        }
        let mut rest = &values[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at((1 + dice.below(4)).min(rest.len()));
            post(&bench.app.store, thing, now.iter().map(reading).collect()).await;
            rest = later;
        }
        let alarms = alarms(&bench.app.store).await;
        let open = alarms.iter().filter(|alarm| alarm.closed.is_none()).count();
        assert_eq!(
            open,
            usize::from(last),
            "seed {seed}: {side} {delay_on} {delay_off} {values:?} {alarms:?}"
        );
        let overlap = |two: &[Alarm]| two[0].closed.is_none_or(|closed| closed > two[1].opened);
        let doubled = delay_on + delay_off == 0 && alarms.windows(2).any(overlap);
        assert!(!doubled, "seed {seed}: {side} {values:?} {alarms:?}");
    }
}
