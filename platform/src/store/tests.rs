mod repeats;
mod retired;

use std::sync::{Arc, Barrier};

use catalog::{Timestamp, items};

use super::readings::{self, Stored};
use super::things::{self, PRINTERS_MAX, ThingName};
use super::{Store, StoreError};
use crate::keys;
use crate::testing::{Bench, START, mark, number};

async fn count(store: &Store, table: &'static str) -> i64 {
    let select = format!("SELECT count(*) FROM {table}");
    store.read(move |conn| Ok(conn.query_row(&select, [], |row| row.get(0))?)).await.unwrap()
}

fn note(conn: &rusqlite::Connection, what: &str) -> Result<(), StoreError> {
    crate::audit::note(conn, "test", what, "", Timestamp(START))
}

type Job = Box<dyn FnOnce(&rusqlite::Connection) -> Result<(), StoreError> + Send>;

/// Holds the writer until all the jobs wait, so that they make one group.
async fn together(store: &Store, jobs: Vec<Job>) -> Vec<Result<(), StoreError>> {
    let gate = Arc::new(Barrier::new(2));
    let held = gate.clone();
    let hold = store.write(move |_| {
        held.wait();
        Ok(())
    });
    // Polled in order: the first job and then all others are sent before the gate opens.
    let jobs = futures::future::join_all(jobs.into_iter().map(|job| store.write(job)));
    let open = async { tokio::task::spawn_blocking(move || gate.wait()).await };
    let (held, results, _) = futures::future::join3(hold, jobs, open).await;
    held.unwrap();
    results
}

#[tokio::test]
async fn a_bad_job_of_a_group_takes_nothing_of_another_with_it() {
    let bench = Bench::new();
    let store = &bench.app.store;
    let results = together(
        store,
        vec![
            Box::new(|conn| note(conn, "one")),
            Box::new(|conn| note(conn, "two").and(Err(StoreError::NotFound("thing")))),
            Box::new(|conn| {
                note(conn, "three")?;
                panic!("a defect")
            }),
            Box::new(|conn| Ok(conn.execute_batch("INSERT INTO nonsense VALUES (1)")?)),
            Box::new(|conn| note(conn, "five")),
        ],
    )
    .await;
    assert!(matches!(
        results[..],
        [Ok(()), Err(StoreError::NotFound(_)), Err(StoreError::Panicked), Err(StoreError::Sqlite(_)), Ok(())]
    ));
    assert_eq!(count(store, "audit").await, 2);
}

#[tokio::test]
async fn what_was_answered_is_there_after_the_file_is_opened_again() {
    let bench = Bench::new();
    bench.app.store.write(|conn| note(conn, "kept")).await.unwrap();
    // A second handle on the same file sees what a restart would: the commit, and no second set-up.
    let again = Store::open(&bench.database()).unwrap();
    assert_eq!(count(&again, "audit").await, 1);
}

#[tokio::test]
async fn it_can_be_looked_at_while_another_program_writes() {
    let bench = Bench::new();
    let (written, read) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (tell, wait) = (written.clone(), read.clone());
    let writing = bench.app.store.write(move |conn| {
        note(conn, "under way")?;
        tell.wait();
        wait.wait();
        Ok(())
    });
    let path = bench.database();
    let looking = tokio::task::spawn_blocking(move || {
        written.wait();
        let again = Store::open(&path);
        read.wait();
        again
    });
    let (written, again) = futures::future::join(writing, looking).await;
    written.unwrap();
    again.unwrap().unwrap();
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let bench = Bench::new();
    let refused = bench.app.store.read(|conn| note(conn, "no")).await;
    assert!(matches!(refused, Err(StoreError::Sqlite(_))), "{refused:?}");
}

#[tokio::test]
async fn changes_tick_after_a_commit_that_changed_something() {
    let bench = Bench::new();
    let changes = bench.app.store.changes();
    let before = *changes.borrow();
    bench.app.store.write(|_| Ok(())).await.unwrap();
    bench.app.store.write(|conn| note(conn, "x")).await.unwrap();
    // The answer to this one comes after the tick of the one before.
    bench.app.store.write(|_| Ok(())).await.unwrap();
    assert_eq!(*changes.borrow(), before + 1);
}

#[tokio::test]
async fn a_newer_file_is_refused() {
    let bench = Bench::new();
    bench.app.store.write(|conn| Ok(conn.execute_batch("PRAGMA user_version = 99")?)).await.unwrap();
    assert!(matches!(Store::open(&bench.database()), Err(StoreError::TooNew { found: 99, known: 6 })));
}

#[test]
fn a_file_of_the_first_version_gets_the_columns_that_it_lacks() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.sqlite");
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch(include_str!("schema/1.sql")).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    drop(Store::open(&file).unwrap());
    let now = rusqlite::Connection::open(&file).unwrap();
    let columns = |table: &str| {
        let pragma = format!("SELECT count(*) FROM pragma_table_info('{table}') WHERE name = 'native'");
        now.query_row(&pragma, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((columns("readings"), columns("latest")), (1, 1));
}

/// As docs/platform.md says to back it up.
#[tokio::test]
async fn a_copy_that_sqlite_makes_of_an_open_store_is_whole() {
    let bench = Bench::new();
    bench.app.store.write(|conn| note(conn, "one")).await.unwrap();
    let copy = bench.database().with_file_name("copy.db");
    let other = rusqlite::Connection::open(bench.database()).unwrap();
    other.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    assert_eq!(count(&Store::open(&copy).unwrap(), "audit").await, 1);
}

#[tokio::test]
async fn what_the_maker_wrote_is_stored_beside_the_value() {
    let bench = Bench::new();
    let watt = catalog::Unit::by_ucum("W").unwrap();
    let readings = [
        items::LASER_POWER.measured(0.5, watt, mark(START, catalog::Quality::Good)).unwrap(),
        number(&items::LASER_CURRENT, START + 1, 21.4),
    ];
    post(&bench, "oslo-1.p01", readings.to_vec()).await;
    for table in ["readings", "latest"] {
        let select = format!("SELECT native FROM {table} ORDER BY native");
        let found: Vec<Option<String>> = bench
            .app
            .store
            .read(move |conn| {
                Ok(conn.prepare(&select)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
            })
            .await
            .unwrap();
        assert_eq!(found, [None, Some("0.5 W".to_owned())], "{table}");
    }
}

async fn post(bench: &Bench, thing: &str, readings: Vec<catalog::Reading>) -> Stored {
    let (name, ids) = (ThingName::parse(thing).unwrap(), bench.app.store.items().clone());
    let now = bench.app.clock.now();
    let work = move |conn: &rusqlite::Connection| {
        if keys::find_adapter(conn, name.adapter())?.is_none() {
            keys::create_adapter(conn, name.adapter(), "Oslo", "test", now)?;
        }
        let adapter = keys::find_adapter(conn, name.adapter())?.unwrap();
        let thing = things::register(conn, adapter, &name, now)?.unwrap();
        readings::store(conn, &ids, thing, &readings, now)
    };
    bench.app.store.write(work).await.unwrap()
}

#[tokio::test]
async fn a_resend_is_stored_once_and_the_newest_value_stays_the_latest() {
    let bench = Bench::new();
    let power = |time, value| number(&items::LASER_POWER, time, value);
    let first = post(&bench, "oslo.p01", vec![power(1000, 500.0), power(2000, 510.0)]).await;
    assert_eq!(first, Stored { new: 2, repeated: 0 });
    let second = post(&bench, "oslo.p01", vec![power(1000, 500.0), power(1500, 505.0)]).await;
    assert_eq!(second, Stored { new: 1, repeated: 1 });
    // The same origin of another printer is another reading.
    assert_eq!(post(&bench, "oslo.p02", vec![power(1000, 500.0)]).await, Stored { new: 1, repeated: 0 });
    assert_eq!(count(&bench.app.store, "readings").await, 4);
    let latest = "SELECT latest.number FROM latest JOIN things ON things.id = thing WHERE name = 'oslo.p01'";
    let latest: f64 =
        bench.app.store.read(move |conn| Ok(conn.query_row(latest, [], |row| row.get(0))?)).await.unwrap();
    assert_eq!(latest.to_bits(), 510f64.to_bits());
}

#[tokio::test]
async fn a_printer_is_known_by_what_it_said_last() {
    let bench = Bench::new();
    let model = |time, text| {
        let identity = catalog::Identity::from_interface(text).unwrap();
        items::IDENTITY_MODEL.identity(identity, crate::testing::mark(time, catalog::Quality::Good)).unwrap()
    };
    post(&bench, "oslo.p01", vec![model(2000, "ProJet 7000 HD")]).await;
    post(&bench, "oslo.p01", vec![model(1000, "older")]).await;
    let found: String = bench
        .app
        .store
        .read(|conn| Ok(conn.query_row("SELECT model FROM things", [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(found, "ProJet 7000 HD");
}

#[tokio::test]
async fn an_adapter_registers_a_bounded_number_of_printers() {
    let bench = Bench::new();
    let registered = bench.app.store.write(|conn| {
        keys::create_adapter(conn, "oslo", "Oslo", "test", Timestamp(START))?;
        let adapter = keys::find_adapter(conn, "oslo")?.unwrap();
        let names = (0..=PRINTERS_MAX).map(|n| ThingName::parse(&format!("oslo.p{n}")).unwrap());
        names.map(|name| Ok(things::register(conn, adapter, &name, Timestamp(START))?.is_some())).collect()
    });
    let registered: Vec<bool> = registered.await.unwrap();
    assert_eq!(registered.iter().filter(|done| **done).count() as i64, PRINTERS_MAX);
    assert_eq!(registered.last(), Some(&false));
}

#[tokio::test]
async fn the_report_finds_what_is_missing_and_what_is_double() {
    let bench = Bench::new();
    let record = |time, value| number(&items::LOG_RECORD, time, value);
    // 3 is missing; 4 came twice from different places.
    let records = [record(1, 1.0), record(2, 2.0), record(3, 4.0), record(4, 4.0)];
    post(&bench, "oslo.p01", records.iter().map(|r| record(START + r.time().0, number_of(r))).collect())
        .await;
    let ids = bench.app.store.items().clone();
    let report = bench.app.store.read(move |conn| crate::report::report(conn, &ids)).await.unwrap();
    let printer = &report.log_records[0];
    assert_eq!((printer.thing.as_str(), printer.first, printer.last), ("oslo.p01", 1, 4));
    assert_eq!((printer.records.rows, printer.records.distinct), (4, 3));
    assert_eq!((printer.records.duplicates, printer.records.missing), (1, 1));
    assert_eq!((printer.records.latency_p50_ms, printer.records.latency_p99_ms), (Some(-3), Some(-1)));
    assert_eq!((report.readings_stored, report.things, report.records), (4, 1, printer.records));
}

#[tokio::test]
async fn the_report_counts_on_through_absurd_record_numbers() {
    let bench = Bench::new();
    for thing in ["oslo.p01", "oslo.p02", "oslo.p03"] {
        let record = |time, value| number(&items::LOG_RECORD, time, value);
        post(&bench, thing, vec![record(START, -1e300), record(START + 1, 0.0), record(START + 2, 1e300)])
            .await;
    }
    let ids = bench.app.store.items().clone();
    let report = bench.app.store.read(move |conn| crate::report::report(conn, &ids)).await.unwrap();
    assert_eq!((report.records.rows, report.records.distinct), (9, 9));
}

#[tokio::test]
async fn the_report_names_the_open_alarms_worst_first() {
    let bench = Bench::new();
    let ids = bench.app.store.items().clone();
    bench.app.store.write(move |conn| crate::alarms::seed(conn, &ids)).await.unwrap();
    let code = |item: &'static catalog::Item, time, code| {
        item.code(code, crate::testing::mark(time, catalog::Quality::Good)).unwrap()
    };
    let rows = vec![
        code(&items::RESIN_PUMP, START, "stalled"),
        code(&items::RECOATER_FAULT, START + 1, "jammed"),
        code(&items::CHAMBER_FAULT, START + 2, items::CHAMBER_FAULT.codes()[1]),
        code(&items::CHAMBER_FAULT, START + 3, "none"),
    ];
    post(&bench, "oslo.p01", rows).await;
    let ids = bench.app.store.items().clone();
    let report = bench.app.store.read(move |conn| crate::report::report(conn, &ids)).await.unwrap();
    let alarms = serde_json::to_value(&report).unwrap()["open_alarms"].clone();
    let critical = serde_json::json!({ "id": 1, "severity": "critical", "printer": "oslo.p01",
        "message": "recoater blade is jammed", "opened": START + 1 });
    assert_eq!(alarms.as_array().unwrap().len(), 2);
    let found = |key: &str| alarms[0][key] == critical[key];
    assert!(["severity", "printer", "message", "opened"].into_iter().all(found), "{alarms}");
    assert_eq!(alarms[1]["severity"], "high");
}

fn number_of(reading: &catalog::Reading) -> f64 {
    match reading.value() {
        catalog::Value::Number(number) => *number,
        other => panic!("{other:?}"),
    }
}

async fn latest(bench: &Bench) -> (i64, f64) {
    let read = |conn: &rusqlite::Connection| {
        Ok(conn.query_row("SELECT time, number FROM latest", [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    };
    bench.app.store.read(read).await.unwrap()
}

#[tokio::test]
async fn a_value_of_the_future_is_the_latest_only_until_one_of_the_present_comes() {
    let bench = Bench::new();
    let (hour, power) = (3_600_000, |time, value| number(&items::LASER_POWER, time, value));
    post(&bench, "oslo.p01", vec![power(START + 24 * hour, 500.0)]).await;
    // A printer whose clock always runs ahead keeps its own order.
    post(&bench, "oslo.p01", vec![power(START + 23 * hour, 400.0)]).await;
    assert_eq!(latest(&bench).await, (START + 24 * hour, 500.0));
    post(&bench, "oslo.p01", vec![power(START + 1000, 450.0)]).await;
    assert_eq!(latest(&bench).await, (START + 1000, 450.0));
    // A clock that is a little off is not of the future.
    post(&bench, "oslo.p01", vec![power(START + 60_000, 460.0)]).await;
    post(&bench, "oslo.p01", vec![power(START + 2000, 470.0)]).await;
    assert_eq!(latest(&bench).await, (START + 60_000, 460.0));
    assert_eq!(count(&bench.app.store, "readings").await, 5);
}

#[tokio::test]
async fn an_alarm_of_the_future_ends_when_the_clock_is_right_again() {
    let bench = Bench::new();
    let ids = bench.app.store.items().clone();
    bench.app.store.write(move |conn| crate::alarms::seed(conn, &ids)).await.unwrap();
    let hour = 3_600_000;
    let fault = |time, code| {
        items::LASER_FAULT.code(code, crate::testing::mark(time, catalog::Quality::Good)).unwrap()
    };
    let code = items::LASER_FAULT.codes().iter().find(|code| **code != "none").unwrap();
    post(&bench, "oslo.p01", vec![fault(START + 24 * hour, code)]).await;
    // It goes on, then something comes late: one alarm still, since when it is known to be.
    post(&bench, "oslo.p01", vec![fault(START + 2000, code)]).await;
    post(&bench, "oslo.p01", vec![fault(START + 1000, code)]).await;
    let alarms = || {
        bench.app.store.read(|conn| {
            let mut select = conn.prepare("SELECT opened, closed FROM alarms")?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<Vec<(i64, Option<i64>)>, _>>()?)
        })
    };
    assert_eq!(alarms().await.unwrap(), [(START + 1000, None)]);
    post(&bench, "oslo.p01", vec![fault(START + 3000, "none")]).await;
    assert_eq!(alarms().await.unwrap(), [(START + 1000, Some(START + 3000))]);
}

#[tokio::test]
async fn a_model_that_is_known_late_brings_its_own_limits() {
    let bench = Bench::new();
    let item = bench.app.store.items().id(&items::LASER_POWER).unwrap();
    let limits = bench.app.store.write(move |conn| {
        let insert = "INSERT INTO limits (item, model, side, bound, delay_on, severity, message) VALUES (?1, ?2, ?3, ?4, 0, 2, ?5)";
        conn.execute(insert, (item, None::<&str>, "low", 480.0, "general"))?;
        conn.execute(insert, (item, None::<&str>, "high", 900.0, "stays"))?;
        Ok(conn.execute(insert, (item, "ProJet 7000 HD", "low", 460.0, "of the model"))?)
    });
    limits.await.unwrap();
    let model = |time, text| {
        let identity = catalog::Identity::from_interface(text).unwrap();
        items::IDENTITY_MODEL.identity(identity, crate::testing::mark(time, catalog::Quality::Good)).unwrap()
    };
    let alarms = || {
        bench.app.store.read(|conn| {
            let mut select = conn.prepare("SELECT message, opened, closed FROM alarms ORDER BY id")?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<Result<Vec<(String, i64, Option<i64>)>, _>>()?)
        })
    };
    post(&bench, "oslo.p01", vec![number(&items::LASER_POWER, START, 450.0)]).await;
    assert_eq!(alarms().await.unwrap(), [("general".into(), START, None)]);
    // What cannot be trusted says nothing, now as before.
    let bad = crate::testing::mark(START + 3000, catalog::Quality::Bad);
    post(&bench, "oslo.p01", vec![items::LASER_POWER.number(500.0, bad).unwrap()]).await;
    // The general limit is replaced; the model's takes over at once, without waiting for the next value.
    bench.wait(5000);
    post(&bench, "oslo.p01", vec![model(START + 4000, "ProJet 7000 HD")]).await;
    let replaced = ("general".to_owned(), START, Some(START + 5000));
    assert_eq!(alarms().await.unwrap(), [replaced.clone(), ("of the model".into(), START, None)]);
    post(&bench, "oslo.p01", vec![number(&items::LASER_POWER, START + 6000, 500.0)]).await;
    assert_eq!(alarms().await.unwrap()[1], ("of the model".into(), START, Some(START + 6000)));
    assert_eq!(alarms().await.unwrap()[0], replaced);
}

#[tokio::test]
async fn a_state_is_since_its_last_change_however_often_it_is_repeated() {
    let bench = Bench::new();
    let state = |time, state| items::PRINTER_STATE.code(state, mark(time, catalog::Quality::Good)).unwrap();
    for (post_of, expected) in [
        (vec![state(1000, "idle")], 1000),
        (vec![state(2000, "idle"), state(3000, "building"), state(4000, "building")], 3000),
        (vec![state(5000, "building")], 3000),
        (vec![state(6000, "paused"), state(7000, "building")], 7000),
        // Late news of the past changes nothing.
        (vec![state(6500, "error")], 7000),
    ] {
        post(&bench, "oslo.p01", post_of).await;
        let select = "SELECT since FROM latest";
        let since: i64 = bench
            .app
            .store
            .read(move |conn| Ok(conn.query_row(select, [], |row| row.get(0))?))
            .await
            .unwrap();
        assert_eq!(since, expected);
    }
}
