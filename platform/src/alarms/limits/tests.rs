//! `fixtures/limits/CASE/`: a file of limits and every mistake in it; then what an import does to a store.

use std::collections::BTreeSet;
use std::path::Path;

use catalog::{Reading, Timestamp, items};

use super::import::Imported;
use super::{Limit, export, import, parse};
use crate::alarms::seed;
use crate::keys;
use crate::store::pages::{fleet, printer};
use crate::store::things::{self, ThingName};
use crate::store::{Store, readings};
use crate::testing::{Bench, START, number};

fn read(text: &str) -> Result<Vec<Limit>, String> {
    let things = ["oslo", "oslo.p01"].map(str::to_owned).into_iter().collect::<BTreeSet<_>>();
    parse(Path::new("input.toml"), text, &things).map_err(|error| error.to_string())
}

#[test]
fn each_mistake_is_shown_with_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/limits");
    let mut cases = 0;
    for case in std::fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        let text = |file| std::fs::read_to_string(case.join(file)).unwrap();
        let said = match read(&text("input.toml")) {
            Ok(limits) => format!("{} good", limits.len()),
            Err(said) => said,
        };
        assert_eq!(said, text("expected.txt").trim_end(), "{}", case.display());
        cases += 1;
    }
    assert!(cases >= 15);
}

#[test]
fn the_documentation_shows_a_good_file() {
    let page = include_str!("../../../../docs/platform.md");
    let (_, after) = page.split_once("```toml\nmodels").unwrap();
    let (example, _) = after.split_once("```").unwrap();
    assert_eq!(read(&format!("models{}", example.replace("oslo-1", "oslo"))).unwrap().len(), 1);
}

#[test]
fn a_file_has_a_bounded_number_of_limits() {
    let models: Vec<_> = (0..=super::LIMITS_MAX).map(|n| format!("\"model {n}\"")).collect();
    let limit = "\n[[limit]]\nitem = \"laser.power\"\nhigh = 1\nseverity = \"low\"\nmessage = \"x\"\n";
    let text = |models: &[String]| format!("models = [{}]{limit}", models.join(", "));
    assert_eq!(read(&text(&models[1..])).unwrap().len(), super::LIMITS_MAX);
    let said = read(&text(&models)).unwrap_err();
    assert_eq!(said, "input.toml:1:1: more than 2000 limits, counting one for each model");
}

async fn store(bench: &Bench) -> Store {
    let ids = bench.app.store.items().clone();
    let made = bench.app.store.write(move |conn| {
        keys::create_adapter(conn, "oslo", "Oslo", "test", Timestamp(0))?;
        things::register(conn, 1, &ThingName::parse("oslo").unwrap(), Timestamp(0))?;
        things::register(conn, 1, &ThingName::parse("oslo.p01").unwrap(), Timestamp(0))?;
        seed(conn, &ids)
    });
    made.await.unwrap();
    bench.app.store.clone()
}

async fn replace(store: &Store, text: &str) -> Imported {
    let (ids, limits) = (store.items().clone(), read(text).unwrap());
    store.write(move |conn| import(conn, &ids, &limits, "anna", Timestamp(START + 500))).await.unwrap()
}

/// What a select says, as one text a row.
async fn rows(store: &Store, select: &'static str) -> Vec<String> {
    let rows = store.read(move |conn| {
        let mut select = conn.prepare(select)?;
        let rows = select.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    });
    rows.await.unwrap()
}

const TABLE: &str =
    "SELECT concat_ws('|', id, item, model, thing, side, bound, code, deadband, delay_on, delay_off,
     severity, message, estimate) FROM limits ORDER BY id";

const AUDIT: &str = "SELECT who || ': ' || what || ': ' || subject FROM audit WHERE what LIKE '%limits'";

#[tokio::test]
async fn what_is_exported_changes_nothing_when_it_is_imported() {
    let bench = Bench::new();
    let store = store(&bench).await;
    let shipped = store.read(export).await.unwrap();
    let own = shipped.clone()
        + "[[limit]]\nthing = \"oslo.p01\"\nitem = \"vat.level\"\nhigh = 1e300\ndeadband = 0.1\n\
           delay_on = \"1500ms\"\nseverity = \"low\"\nmessage = 'a \"quoted\" ø \\ word'\n";
    let done = replace(&store, &own).await;
    assert_eq!((done.added, done.removed), (1, 0));
    let (table, text) = (rows(&store, TABLE).await, store.read(export).await.unwrap());
    assert_ne!(text, shipped);
    assert_eq!(replace(&store, &text).await, Imported { kept: table.len(), ..Imported::default() }, "{text}");
    assert_eq!(rows(&store, TABLE).await, table);
    assert_eq!(store.read(export).await.unwrap(), text);
    assert_eq!(rows(&store, AUDIT).await.len(), 1, "the second import did nothing");
}

async fn post(store: &Store, rows: Vec<Reading>) {
    let ids = store.items().clone();
    let post = store.write(move |conn| {
        let thing = things::id(conn, "oslo.p01")?.unwrap();
        readings::store(conn, &ids, thing, &rows, Timestamp(START))
    });
    post.await.unwrap();
}

const BEFORE: &str = r#"
[[limit]]
item = "laser.power"
low = 440
severity = "high"
message = "stays"

[[limit]]
item = "laser.current"
high = 27
delay_on = "3s"
severity = "high"
message = "waits"

[[limit]]
item = "vat.temperature"
high = 30
severity = "high"
message = "goes"
"#;

const AFTER: &str = r#"
[[limit]]
item = "vat.temperature"
high = 33
severity = "medium"
message = "comes"

[[limit]]
item = "vat.level"
low = -1
severity = "low"
message = "opens at once"

[[limit]]
item = "laser.current"
high = 27
delay_on = "3s"
severity = "high"
message = "waits"

[[limit]]
item = "laser.power"
low = 440
severity = "high"
message = "stays"
estimate = false
"#;

#[tokio::test]
async fn a_running_platform_judges_by_what_another_process_imported() {
    let bench = Bench::new();
    let running = store(&bench).await;
    replace(&running, BEFORE).await;
    let values = [
        number(&items::LASER_POWER, START, 400.0),
        number(&items::LASER_CURRENT, START + 1, 30.0),
        number(&items::VAT_TEMPERATURE, START + 2, 31.0),
        number(&items::VAT_LEVEL, START + 3, -2.0),
    ];
    post(&running, values.into()).await;
    let alarms =
        "SELECT message || ' ' || (opened - 1800000000000) || ' ' || coalesce(closed - 1800000000000, 'open')
         FROM alarms ORDER BY id";
    assert_eq!(rows(&running, alarms).await, ["stays 0 open", "goes 2 open"]);

    let other = Store::open(&bench.database()).unwrap();
    let done = replace(&other, AFTER).await;
    assert_eq!(done, Imported { added: 2, removed: 1, kept: 2, marked: 1 });
    let after = ["stays 0 open", "goes 2 500", "opens at once 3 open"];
    assert_eq!(rows(&running, alarms).await, after);

    let values = [
        number(&items::VAT_TEMPERATURE, START + 4000, 32.0),
        number(&items::VAT_TEMPERATURE, START + 5000, 34.0),
        // The delay went on running.
        number(&items::LASER_CURRENT, START + 3001, 30.0),
        number(&items::VAT_LEVEL, START + 4003, 0.0),
        number(&items::LASER_POWER, START + 4004, 450.0),
    ];
    post(&running, values.into()).await;
    let mut last = rows(&running, alarms).await;
    last.sort();
    let expected = ["comes 5000 open", "goes 2 500", "opens at once 3 4003", "stays 0 4004", "waits 1 open"];
    assert_eq!(last, expected);
    let shared = "SELECT group_concat(message) FROM (SELECT DISTINCT limit_id, message FROM alarms)
         GROUP BY limit_id HAVING count(*) > 1";
    assert_eq!(rows(&running, shared).await, [""; 0], "a row that a limit had is no other's");
    let audit = "anna: replaced the limits: 2 added, 1 removed, 2 kept (1 with another estimate mark)";
    assert_eq!(rows(&running, AUDIT).await.last().unwrap(), audit);
}

#[tokio::test]
async fn the_page_shows_the_limits_that_a_printer_is_judged_by() {
    let bench = Bench::new();
    let store = store(&bench).await;
    let limit = |scope: &str, side: &str, message: &str| {
        format!(
            "[[limit]]\n{scope}\nitem = \"vat.temperature\"\n{side}\nseverity = \"high\"\nmessage = \"{message}\"\n"
        )
    };
    let text = [
        limit("", "high = 32", "replaced by the printer's"),
        limit("", "low = 20", "nothing replaces it"),
        limit("models = [\"ProJet 6000 HD\"]", "low = 21", "another model's"),
        limit("thing = \"oslo.p01\"", "high = 35", "the printer's"),
        limit("thing = \"oslo\"", "high = 36", "another thing's"),
    ];
    replace(&store, &text.concat()).await;
    let shown = store.read(|conn| {
        let printer = fleet::by_name(conn, "oslo.p01")?.unwrap();
        printer::limits(conn, &printer)
    });
    let shown: Vec<_> = shown.await.unwrap().into_iter().map(|limit| (limit.bound, limit.message)).collect();
    let expected = [(20.0, "nothing replaces it"), (35.0, "the printer's")];
    let mut shown: Vec<_> = shown.iter().map(|(bound, message)| (bound.unwrap(), message.as_str())).collect();
    shown.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert_eq!(shown, expected);
}
