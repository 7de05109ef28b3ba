//! The page of one printer: its past as the plots ask for it.

use axum::http::StatusCode;

use crate::house::{NOW, house};

#[tokio::test]
async fn the_series_is_thinned_and_carries_setpoint_limits_and_alarms() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    let answer = house.get("/printers/oslo-1.p03/series?item=vat.temperature&part=0&range=1h", &cookie).await;
    let json: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(json["unit"], "°C");
    let points = &json["points"];
    let number = points["time"].as_array().unwrap().len();
    assert!((10..=13).contains(&number), "{json}");
    for i in 0..number {
        let [min, last, max] = ["min", "last", "max"].map(|column| points[column][i].as_f64().unwrap());
        assert!(min <= last && last <= max);
    }
    assert_eq!(json["setpoint"][0][1], 28.0);
    assert!(json["limits"].as_array().unwrap().iter().any(|limit| limit["bound"] == 40.0));
    assert!(json["alarms"].as_array().unwrap().iter().any(|alarm| alarm["severity"] == 1));
    for wrong in
        ["item=vat.temperature&from=5&to=1", "item=vat.temperature&from=5", "item=vat.temperature&part=x"]
    {
        let answer = house.get(&format!("/printers/oslo-1.p03/series?{wrong}"), &cookie).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    for missing in
        ["/printers/oslo-1.p03/series?item=door.state", "/printers/oslo-1.p99/series?item=vat.temperature"]
    {
        assert_eq!(house.get(missing, &cookie).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn the_ribbon_tells_the_states_and_where_nothing_is_known() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    let words = async |path: &str| -> Vec<String> {
        let json: serde_json::Value = serde_json::from_str(&house.get(path, &cookie).await.text).unwrap();
        json["stretches"].as_array().unwrap().iter().map(|s| s["word"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(words("/printers/oslo-1.p03/ribbon?range=1h").await, ["building", "error"]);
    assert_eq!(words("/printers/bergen-1.p04/ribbon?range=1h").await, ["warming", "unknown"]);
    assert_eq!(words("/printers/oslo-1.p06/ribbon?range=1h").await, ["off"]);
    // The adapter ran until half an hour ago, and again for the last twenty minutes.
    let run = |conn: &rusqlite::Connection| {
        for (ago, uptime) in [(1_790, 9_000.0), (60, 1_140.0)] {
            conn.execute(
                "INSERT OR REPLACE INTO readings (thing, item, part, time, number, quality, stored, origin)
                 SELECT things.id, items.id, 0, ?1, ?2, 0, ?1, randomblob(22) FROM things, items
                 WHERE things.name = 'oslo-1' AND items.name = 'adapter.uptime'",
                (NOW - 1_000 * ago, uptime),
            )?;
        }
        Ok(())
    };
    house.app.store.write(run).await.unwrap();
    assert_eq!(words("/printers/oslo-1.p01/ribbon?range=1h").await, ["building", "unknown", "building"]);
}

#[tokio::test]
async fn what_the_printer_wrote_stands_beside_the_converted_value() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    let page = house.get("/printers/oslo-1.p04", &cookie).await.text;
    let row = |link: &str| page.split("<tr").find(|row| row.contains(link)).unwrap().to_owned();
    for (item, value, written) in [
        ("vat.temperature_setpoint", "28.0\u{a0}°C", "82.4\u{a0}°F"),
        ("laser.hours", "4\u{202f}214\u{a0}h", "252840\u{a0}min"),
    ] {
        let row = row(&format!("item={item}&part=0"));
        assert!(row.contains(value) && row.contains(written), "{row}");
        assert!(row.contains("as the printer writes it"), "{row}");
    }
    // A printer that writes the catalogue's own units.
    let other = house.get("/printers/oslo-1.p05", &cookie).await.text;
    assert!(other.contains("28.0\u{a0}°C") && !other.contains("as the printer writes it"));
    assert_eq!(page.matches("as the printer writes it").count(), 7);
}
