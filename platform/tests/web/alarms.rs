//! What the pages say of alarms when there are many, and when what they are about is no longer known.

use crate::house::{House, NOW, house};

const ALARM: &str =
    "INSERT INTO alarms (id, thing, item, part, limit_id, severity, message, opened, opened_number, acknowledged, acknowledged_by)
     SELECT ?1, things.id, items.id, 0, ?1, ?4, 'made by a test', ?5, 40.0, iif(?6, ?5, NULL), iif(?6, 'bert', NULL)
     FROM things, items WHERE things.name = ?2 AND items.name = ?3";

struct Opened {
    id: i64,
    thing: &'static str,
    item: &'static str,
    severity: u8,
    acknowledged: bool,
}

impl House {
    async fn opens(&self, alarms: Vec<Opened>) {
        let made = self.app.store.write(move |conn| {
            let mut insert = conn.prepare(ALARM)?;
            for alarm in alarms {
                let Opened { id, thing, item, severity, acknowledged } = alarm;
                assert_eq!(insert.execute((id, thing, item, severity, NOW - 60_000, acknowledged))?, 1);
            }
            Ok(())
        });
        made.await.unwrap();
    }

    async fn vat_temperature(&self, thing: &'static str, set: &'static str) {
        let update = format!(
            "UPDATE latest SET {set} WHERE thing = (SELECT id FROM things WHERE name = ?1)
             AND item = (SELECT id FROM items WHERE name = 'vat.temperature')"
        );
        let changed = self.app.store.write(move |conn| Ok(conn.execute(&update, [thing])?)).await.unwrap();
        assert_eq!(changed, 1, "{thing} {set}");
    }
}

/// The row of a table that has this id.
fn row<'a>(page: &'a str, id: &str) -> &'a str {
    let start = format!(" id=\"{id}\"");
    let found = page.split("<tr").find(|row| row.starts_with(&start));
    assert!(found.is_some(), "{id} is not in {page}");
    found.unwrap()
}

#[tokio::test]
async fn a_flood_of_low_alarms_hides_no_critical_one() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    let (item, acknowledged) = ("vat.temperature", false);
    let low = |n: i64| Opened { id: 10_000 + n, thing: "trondheim-1.p01", item, severity: 4, acknowledged };
    let critical = Opened { id: 9_999, thing: "oslo-1.p05", item, severity: 1, acknowledged: true };
    house.opens((0..201).map(low).chain([critical]).collect()).await;

    let fleet = house.get("/", &cookie).await.text;
    assert!(row(&fleet, "printer-oslo-1.p05").contains("Critical ·"), "{fleet}");
    assert!(row(&fleet, "printer-trondheim-1.p01").contains("201 alarms"), "{fleet}");
    assert!(row(&fleet, "alarm-9999").contains("sev-1 open"), "{fleet}");
    assert!(fleet.contains("208 alarms to acknowledge, 1 critical"), "{fleet}");
    assert_eq!(fleet.matches("<tr id=\"alarm-").count(), 200);
    assert!(fleet.contains("Only 200 of 211 are shown"), "{fleet}");

    let printer = house.get("/printers/oslo-1.p05", &cookie).await.text;
    assert!(row(&printer, "alarm-9999").contains("Critical") && !printer.contains("Only 200"), "{printer}");
    let flooded = house.get("/printers/trondheim-1.p01", &cookie).await.text;
    assert!(flooded.contains("Only 200 of 201 are shown"), "{flooded}");
}

#[tokio::test]
async fn a_value_that_is_old_or_bad_or_of_a_printer_that_is_not_reached_is_the_last_known() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    let opened = |id, thing| Opened { id, thing, item: "vat.temperature", severity: 2, acknowledged: false };
    house
        .opens(vec![
            opened(1_000, "oslo-1.p01"),
            opened(1_001, "oslo-1.p02"),
            opened(1_002, "oslo-1.p04"),
            opened(1_003, "oslo-1.p07"),
        ])
        .await;
    house.vat_temperature("oslo-1.p02", "quality = 2").await;
    house.vat_temperature("oslo-1.p04", "time = time - 600000").await;
    for (page, list) in [("/", "alarm"), ("/alarms?show=open", "past")] {
        let page = house.get(page, &cookie).await.text;
        for (id, text, stale) in [
            (1_000, "now 2", false),
            (1_001, "last known 2", false),
            (1_002, "last known 2", false),
            (1_003, "last known 2", true),
        ] {
            let row = row(&page, &format!("{list}-{id}"));
            assert!(row.contains(&format!("· {text}")), "{row}");
            assert_eq!(row.contains("stale, last known: active"), stale, "{row}");
        }
    }
    let printer = house.get("/printers/oslo-1.p07", &cookie).await.text;
    assert!(row(&printer, "alarm-1003").contains("stale, last known: active"), "{printer}");
    // What the adapter says of a printer that it does not reach is of now.
    let reachability = house.get("/printers/trondheim-1.p02", &cookie).await.text;
    assert!(!reachability.contains("stale, last known: active"), "{reachability}");
}
