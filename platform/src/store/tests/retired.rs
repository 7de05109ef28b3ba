//! What was taken out of the fleet, and what brings it back.

use catalog::{Timestamp, items};

use super::{count, post};
use crate::retire::retire;
use crate::store::things::{self, PRINTERS_MAX, ThingName};
use crate::store::{StoreError, pages};
use crate::testing::{Bench, START, mark, number};
use crate::{alarms, keys};

async fn take_out(bench: &Bench, name: &'static str) {
    bench.app.store.write(move |conn| retire(conn, name, "anna", Timestamp(START + 5_000))).await.unwrap();
}

async fn in_the_fleet(bench: &Bench) -> Vec<String> {
    let printers = bench.app.store.read(|conn| Ok(pages::fleet::printers(conn, &[])?)).await.unwrap();
    printers.into_iter().map(|printer| printer.thing).collect()
}

async fn noted(bench: &Bench) -> Vec<String> {
    let read = |conn: &rusqlite::Connection| {
        let mut select = conn.prepare("SELECT what FROM audit WHERE what LIKE '% the fleet' ORDER BY id")?;
        Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    bench.app.store.read(read).await.unwrap()
}

/// When it opened, when it closed and who has seen it.
async fn alarm(bench: &Bench) -> Vec<(i64, Option<i64>, Option<String>)> {
    let read = |conn: &rusqlite::Connection| {
        let mut select =
            conn.prepare("SELECT opened, closed, acknowledged_by FROM alarms ORDER BY opened")?;
        let since = |time: i64| time - START;
        let row = |row: &rusqlite::Row<'_>| {
            Ok((since(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(since), row.get(2)?))
        };
        Ok(select.query_map([], row)?.collect::<Result<_, _>>()?)
    };
    bench.app.store.read(read).await.unwrap()
}

#[tokio::test]
async fn a_printer_that_is_taken_out_has_no_alarm_and_comes_back_with_its_next_data() {
    let bench = Bench::new();
    let ids = bench.app.store.items().clone();
    bench.app.store.write(move |conn| alarms::seed(conn, &ids)).await.unwrap();
    let jammed =
        |time| items::RECOATER_FAULT.code("jammed", mark(START + time, catalog::Quality::Good)).unwrap();
    post(&bench, "oslo.p01", vec![jammed(1_000)]).await;
    post(&bench, "oslo.p02", vec![number(&items::LASER_POWER, START, 500.0)]).await;
    assert_eq!(alarm(&bench).await, [(1_000, None, None)]);
    take_out(&bench, "oslo.p01").await;
    let over = (1_000, Some(5_000), Some("anna".to_owned()));
    assert_eq!(alarm(&bench).await, std::slice::from_ref(&over));
    assert_eq!(in_the_fleet(&bench).await, ["oslo.p02"]);
    // Twice is once, and nothing judges it by other limits.
    take_out(&bench, "oslo.p01").await;
    assert_eq!(noted(&bench).await, ["took out of the fleet"]);
    let judged = bench.app.store.read(things::ids).await.unwrap();
    assert_eq!(judged.len(), 1);
    // What was on its way, what is sent again, and that it is looked for show nothing.
    let off = items::PRINTER_REACHABILITY.code("printer_off", mark(START + 9_000, catalog::Quality::Good));
    for _ in 0..2 {
        post(&bench, "oslo.p01", vec![jammed(4_000), off.clone().unwrap()]).await;
    }
    assert_eq!(in_the_fleet(&bench).await, ["oslo.p02"]);
    assert_eq!(alarm(&bench).await, [over]);
    assert_eq!(count(&bench.app.store, "readings").await, 4);
    // It was not gone: whatever it says, its alarm waits as it did.
    post(&bench, "oslo.p01", vec![number(&items::LASER_POWER, START + 10_000, 500.0)]).await;
    assert_eq!(in_the_fleet(&bench).await, ["oslo.p01", "oslo.p02"]);
    let open = alarm(&bench).await;
    assert!(open.contains(&(1_000, None, None)), "{open:?}");
    assert_eq!(noted(&bench).await, ["took out of the fleet", "brought back into the fleet"]);
    post(
        &bench,
        "oslo.p01",
        vec![items::RECOATER_FAULT.code("none", mark(START + 11_000, catalog::Quality::Good)).unwrap()],
    )
    .await;
    assert!(alarm(&bench).await.contains(&(1_000, Some(11_000), None)));
}

#[tokio::test]
async fn an_adapter_is_taken_out_with_all_that_is_behind_it() {
    let bench = Bench::new();
    let power = |time| vec![number(&items::LASER_POWER, START + time, 500.0)];
    for thing in ["oslo", "oslo.p01", "oslo.p02", "bergen", "bergen.p01"] {
        post(&bench, thing, power(0)).await;
    }
    take_out(&bench, "oslo").await;
    assert_eq!(in_the_fleet(&bench).await, ["bergen.p01"]);
    let retired = async || bench.app.store.read(|conn| Ok(pages::fleet::retired(conn)?)).await.unwrap();
    assert_eq!(retired().await, ["oslo", "oslo.p01", "oslo.p02"]);
    // The adapter itself says nothing yet: it is missed all the same when it falls silent.
    post(&bench, "oslo.p02", power(9_000)).await;
    assert_eq!(retired().await, ["oslo.p01"]);
    let nobody = bench.app.store.write(|conn| retire(conn, "oslo.p09", "anna", Timestamp(START))).await;
    assert!(matches!(nobody, Err(StoreError::NotFound("printer"))));
}

#[tokio::test]
async fn what_is_out_of_the_fleet_leaves_its_place_to_another() {
    let bench = Bench::new();
    let register = async |name: String| {
        let name = ThingName::parse(&name).unwrap();
        let work = move |conn: &rusqlite::Connection| {
            let adapter = keys::find_adapter(conn, "oslo")?.unwrap();
            Ok(things::register(conn, adapter, &name, Timestamp(START))?.is_some())
        };
        bench.app.store.write(work).await.unwrap()
    };
    post(&bench, "oslo", Vec::new()).await;
    for number in 0..PRINTERS_MAX {
        assert!(register(format!("oslo.p{number}")).await);
    }
    assert!(!register("oslo.new".into()).await);
    take_out(&bench, "oslo.p7").await;
    assert!(register("oslo.new".into()).await);
    assert!(!register("oslo.newer".into()).await);
    // Whoever is known is heard.
    assert!(register("oslo.p7".into()).await);
    assert!(register("oslo.p8".into()).await);
}
