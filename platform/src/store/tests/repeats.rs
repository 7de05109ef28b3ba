//! A reading whose origin is stored already, at another time: a line with no clock of its own has the shipper's,
//! which is another one after the shipper was started again. The first time stays, in everything.

use catalog::{Item, Mark, Quality, Reading, Salt, Timestamp, items};

use super::{count, post};
use crate::store::readings::Stored;
use crate::testing::{Bench, START};

/// A line of the log by its place; its time is whenever the shipper read it.
fn mark(place: u64, time: i64) -> Mark {
    let origin = Salt::new([7; 16]).source(&[b"laser.log"]).place(place, 0).origin(0);
    Mark { part: 0, time: Timestamp(START + time), quality: Quality::Uncertain, origin }
}

fn power(place: u64, time: i64, value: f64) -> Reading {
    items::LASER_POWER.number(value, mark(place, time)).unwrap()
}

fn fault(place: u64, time: i64, code: &str) -> Reading {
    items::LASER_FAULT.code(code, mark(place, time)).unwrap()
}

fn a_fault() -> &'static str {
    items::LASER_FAULT.codes().iter().find(|code| **code != "none").unwrap()
}

/// The times of the stored readings, oldest first.
async fn history(bench: &Bench) -> Vec<i64> {
    let read = |conn: &rusqlite::Connection| {
        let mut select = conn.prepare("SELECT time FROM readings ORDER BY time")?;
        let times = select.query_map([], |row| Ok(row.get::<_, i64>(0)? - START))?;
        Ok(times.collect::<Result<_, _>>()?)
    };
    bench.app.store.read(read).await.unwrap()
}

/// Time, since and time of storage of the latest value.
async fn latest(bench: &Bench) -> (i64, i64, i64) {
    let read = |conn: &rusqlite::Connection| {
        let row = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, i64>(0)? - START, row.get::<_, i64>(1)? - START, row.get::<_, i64>(2)? - START))
        };
        Ok(conn.query_row("SELECT time, since, stored FROM latest", [], row)?)
    };
    bench.app.store.read(read).await.unwrap()
}

/// When the alarms opened and closed.
async fn alarms(bench: &Bench) -> Vec<(i64, Option<i64>)> {
    let read = |conn: &rusqlite::Connection| {
        let mut select = conn.prepare("SELECT opened, closed FROM alarms ORDER BY id")?;
        let spans = select.query_map([], |row| {
            let (opened, closed): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok((opened - START, closed.map(|closed| closed - START)))
        })?;
        Ok(spans.collect::<Result<_, _>>()?)
    };
    bench.app.store.read(read).await.unwrap()
}

async fn limit(bench: &Bench, item: &'static Item, side: &'static str, delay_on: i64) {
    let item = bench.app.store.items().id(item).unwrap();
    let insert = bench.app.store.write(move |conn| {
        let insert = "INSERT INTO limits (item, side, bound, code, delay_on, severity, message)
             VALUES (?1, ?2, 480.0, '!none', ?3, 2, '')";
        Ok(conn.execute(insert, (item, side, delay_on))?)
    });
    insert.await.unwrap();
}

#[tokio::test]
async fn a_repeat_at_another_time_changes_neither_history_nor_the_latest_value() {
    let bench = Bench::new();
    post(&bench, "oslo.p01", vec![power(1, 1000, 500.0)]).await;
    for time in [500, 2000] {
        bench.wait(10_000);
        let stored = post(&bench, "oslo.p01", vec![power(1, time, 500.0)]).await;
        assert_eq!(stored, Stored { new: 0, repeated: 1 });
        assert_eq!(history(&bench).await, [1000]);
        assert_eq!(latest(&bench).await, (1000, 1000, 0));
    }
    // Beside a new reading it is passed over as well, and the new one counts by its own time.
    let both = vec![power(1, 4000, 500.0), power(2, 3000, 510.0)];
    assert_eq!(post(&bench, "oslo.p01", both).await, Stored { new: 1, repeated: 1 });
    assert_eq!(history(&bench).await, [1000, 3000]);
    assert_eq!(latest(&bench).await, (3000, 3000, 20_000));
}

#[tokio::test]
async fn of_two_in_one_post_the_first_is_kept() {
    let bench = Bench::new();
    let twice = vec![power(1, 1000, 500.0), power(1, 2000, 500.0)];
    assert_eq!(post(&bench, "oslo.p01", twice).await, Stored { new: 1, repeated: 1 });
    assert_eq!(history(&bench).await, [1000]);
    assert_eq!(latest(&bench).await, (1000, 1000, 0));
}

#[tokio::test]
async fn a_repeat_neither_opens_an_alarm_anew_nor_ends_one() {
    let bench = Bench::new();
    limit(&bench, &items::LASER_FAULT, "code", 0).await;
    post(&bench, "oslo.p01", vec![fault(1, 1000, "none"), fault(2, 2000, a_fault())]).await;
    assert_eq!(alarms(&bench).await, [(2000, None)]);
    post(&bench, "oslo.p01", vec![fault(1, 3000, "none")]).await;
    assert_eq!(alarms(&bench).await, [(2000, None)]);
    post(&bench, "oslo.p01", vec![fault(3, 4000, "none")]).await;
    assert_eq!(alarms(&bench).await, [(2000, Some(4000))]);
    // Later, earlier, and amid: nowhere does it count again.
    for time in [5000, 500, 3000] {
        post(&bench, "oslo.p01", vec![fault(2, time, a_fault())]).await;
        assert_eq!(alarms(&bench).await, [(2000, Some(4000))]);
    }
    assert_eq!(count(&bench.app.store, "readings").await, 3);
}

#[tokio::test]
async fn a_repeat_does_not_complete_an_alarms_delay() {
    let bench = Bench::new();
    limit(&bench, &items::LASER_POWER, "low", 5000).await;
    post(&bench, "oslo.p01", vec![power(1, 0, 500.0), power(2, 1000, 450.0)]).await;
    post(&bench, "oslo.p01", vec![power(2, 9000, 450.0)]).await;
    assert_eq!(alarms(&bench).await, []);
    // Nor does the good value, repeated, break the delay off, which runs from 1000 on.
    post(&bench, "oslo.p01", vec![power(1, 3000, 500.0)]).await;
    post(&bench, "oslo.p01", vec![power(3, 6500, 450.0)]).await;
    assert_eq!(alarms(&bench).await, [(1000, None)]);
}
