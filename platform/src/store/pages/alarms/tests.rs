use std::ops::Range;

use catalog::items;
use rusqlite::StatementStatus;

use super::*;
use crate::alarms::acknowledge;
use crate::keys;
use crate::store::StoreError;
use crate::store::things::{self, ThingName};
use crate::testing::Bench;

const NOW: Timestamp = Timestamp(10_000_000);

/// Alarms of one kind, each over and seen by nobody: id, opened, closed.
async fn of_one_kind(bench: &Bench, alarms: Vec<(i64, i64, i64)>) {
    let item = bench.app.store.items().id(&items::VAT_TEMPERATURE).unwrap();
    let made = bench.app.store.write(move |conn| {
        if keys::find_adapter(conn, "oslo")?.is_none() {
            keys::create_adapter(conn, "oslo", "Oslo", "test", NOW)?;
        }
        let name = ThingName::parse("oslo.p01").ok_or(StoreError::NotFound("thing"))?;
        let thing = things::register(conn, 1, &name, NOW)?;
        let insert = "INSERT INTO alarms (id, thing, item, part, limit_id, severity, message, opened, closed)
            VALUES (?1, ?2, ?3, 0, 1, 2, 'too hot', ?4, ?5)";
        for (id, opened, closed) in alarms {
            conn.execute(insert, (id, thing, item, opened, closed))?;
        }
        Ok(())
    });
    made.await.unwrap();
}

#[tokio::test]
async fn of_closed_alarms_of_one_kind_the_queue_shows_the_one_that_opened_last() {
    let bench = Bench::new();
    // The older one came later, with a backlog.
    of_one_kind(&bench, vec![(1, 5_000, 6_000), (2, 1_000, 2_000)]).await;
    let queue = bench.app.store.read(|conn| Ok(queue(conn, None, NOW)?)).await.unwrap();
    assert_eq!(queue.iter().map(|alarm| alarm.id).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn an_acknowledgement_is_one_of_the_earlier_repeats_that_are_over() {
    let bench = Bench::new();
    of_one_kind(&bench, vec![(1, 5_000, 6_000), (2, 1_000, 2_000), (3, 8_000, 9_000)]).await;
    bench.app.store.write(|conn| acknowledge(conn, 1, "anna", NOW)).await.unwrap();
    let (seen, said) = bench
        .app
        .store
        .read(|conn| {
            let mut select =
                conn.prepare("SELECT id FROM alarms WHERE acknowledged_by = 'anna' ORDER BY id")?;
            let seen: Vec<i64> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let said = "SELECT group_concat(subject) FROM audit WHERE what = 'acknowledged an alarm'";
            Ok((seen, conn.query_row(said, [], |row| row.get::<_, String>(0))?))
        })
        .await
        .unwrap();
    assert_eq!(seen, [1, 2]);
    assert_eq!(said, "oslo.p01: too hot, and 1 earlier");
}

#[tokio::test]
async fn the_queue_takes_no_more_than_twice_as_long_for_twice_as_many_repeats() {
    let bench = Bench::new();
    let mut steps = Vec::new();
    for ids in [0..1_000, 1_000..2_000] as [Range<i64>; 2] {
        of_one_kind(&bench, ids.map(|id| (id, 100 * id, 100 * id + 50)).collect()).await;
        // On the writer's connection: there is one, whose statements are kept.
        let counted = bench.app.store.write(|conn| {
            assert_eq!(queue(conn, None, NOW)?.len(), 1);
            assert_eq!(waiting(conn, None)?.all, 1);
            let statement = conn.prepare_cached(&queue_sql(None))?;
            Ok(statement.reset_status(StatementStatus::VmStep))
        });
        steps.push(counted.await.unwrap());
    }
    assert!(steps[0] > 0 && steps[1] < 3 * steps[0], "{steps:?}");
}

#[tokio::test]
async fn what_is_over_and_was_seen_is_not_read_to_find_what_waits() {
    let bench = Bench::new();
    of_one_kind(&bench, (0..1_000).map(|id| (id, 100 * id, 100 * id + 50)).collect()).await;
    let steps = bench.app.store.write(|conn| {
        conn.execute("UPDATE alarms SET acknowledged = closed", [])?;
        assert_eq!((queue(conn, None, NOW)?.len(), waiting(conn, None)?), (0, Waiting::default()));
        let steps = [queue_sql(None), waiting_sql(None)].map(|sql| {
            let statement = conn.prepare_cached(&sql)?;
            Ok(statement.reset_status(StatementStatus::VmStep))
        });
        steps.into_iter().collect::<rusqlite::Result<Vec<_>>>().map_err(StoreError::from)
    });
    let steps = steps.await.unwrap();
    assert!(steps.iter().all(|steps| (1..200).contains(steps)), "{steps:?}");
}
