//! A store with a fleet in it, for the tests of the pages and for looking at them.

use std::path::Path;

use catalog::{Native, Unit, items};
use platform::store::{Store, StoreError};
use platform::{alarms, keys};
use rusqlite::Connection;

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
const MODELS: [&str; 2] = ["ProJet 7000 HD", "ProJet 6000 MP"];

/// How much past the store gets: tests need little of it, pictures much.
#[derive(Clone, Copy)]
pub(crate) struct Past {
    pub hours: i64,
    pub step_ms: i64,
}

/// Opens a store and fills it with three adapters, twenty printers and some trouble, as of `now`.
pub(crate) async fn store(path: &Path, now: i64, past: Past) -> Result<Store, StoreError> {
    let store = Store::open(path)?;
    let items = store.items().clone();
    store.write(move |conn| alarms::seed(conn, &items)).await?;
    store.write(move |conn| fill(conn, now, past)).await?;
    Ok(store)
}

fn fill(conn: &Connection, now: i64, past: Past) -> Result<(), StoreError> {
    let at = |ms: i64| catalog::Timestamp(ms);
    for (name, site) in [
        ("bergen-1", "Bergen, tool room"),
        ("oslo-1", "Oslo, hall 2"),
        ("trondheim-1", "Trondheim, lab"),
        ("stavanger-1", "Stavanger"),
    ] {
        keys::create_adapter(conn, name, site, "anna", at(now - 40 * 24 * HOUR))?;
    }
    adapter(conn, "oslo-1", now - 3_000, now)?;
    adapter(conn, "trondheim-1", now - 8_000, now)?;
    adapter(conn, "bergen-1", now - 23 * MINUTE, now)?;
    for number in 1..=8 {
        printer(
            conn,
            "oslo-1",
            number,
            now,
            if number == 3 { past } else { Past { hours: 1, ..past } },
            now,
        )?;
    }
    for number in 1..=7 {
        printer(conn, "trondheim-1", number, now, Past { hours: 1, ..past }, now)?;
    }
    for number in 1..=5 {
        printer(conn, "bergen-1", number, now - 23 * MINUTE, Past { hours: 1, ..past }, now)?;
    }
    native(conn, "oslo-1.p03")?;
    native(conn, "oslo-1.p04")?;
    trouble(conn, now)
}

/// This printer writes other units than the catalogue's.
fn native(conn: &Connection, thing: &str) -> Result<(), StoreError> {
    for (item, ucum) in [
        ("vat.temperature", "[degF]"),
        ("vat.temperature_setpoint", "[degF]"),
        ("chamber.temperature", "[degF]"),
        ("laser.power", "W"),
        ("laser.hours", "min"),
        ("host.filesystem_free", "KiBy"),
        ("exposure.time", "ms"),
    ] {
        let (Some(known), Some(unit)) = (items::by_id(item), Unit::by_ucum(ucum)) else { continue };
        let number: f64 = conn.query_row(
            "SELECT number FROM latest WHERE thing = (SELECT id FROM things WHERE name = ?1) AND item = (SELECT id FROM items WHERE name = ?2)",
            [thing, item],
            |row| row.get(0),
        )?;
        let written = known.unit().convert(number, unit).map(|value| (value * 1000.0).round() / 1000.0);
        let native = written.map(|value| Native { value, unit }.text());
        conn.execute(
            "UPDATE latest SET native = ?3 WHERE thing = (SELECT id FROM things WHERE name = ?1) AND item = (SELECT id FROM items WHERE name = ?2)",
            (thing, item, native),
        )?;
    }
    Ok(())
}

fn adapter(conn: &Connection, name: &str, seen: i64, now: i64) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE adapters SET enrolled = ?2, last_seen = ?3 WHERE name = ?1",
        (name, now - 39 * 24 * HOUR, seen),
    )?;
    conn.execute(
        "DELETE FROM enrolment_codes WHERE adapter = (SELECT id FROM adapters WHERE name = ?1)",
        [name],
    )?;
    conn.execute(
        "INSERT INTO keys (adapter, hash, created, last_used) SELECT id, randomblob(32), ?2, ?3 FROM adapters WHERE name = ?1",
        (name, now - 39 * 24 * HOUR, seen),
    )?;
    conn.execute(
        "INSERT INTO things (name, adapter, kind, first_seen, last_seen) SELECT name, id, 'adapter', ?2, ?3 FROM adapters WHERE name = ?1",
        (name, now - 39 * 24 * HOUR, seen),
    )?;
    for (item, number) in [("adapter.memory", 41e6), ("adapter.buffer", 120e3), ("adapter.uptime", 3.4e6)] {
        reading(conn, name, item, seen, Value::Number(number))?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Number(f64),
    Code(&'a str),
}

fn reading(
    conn: &Connection,
    thing: &str,
    item: &str,
    time: i64,
    value: Value<'_>,
) -> Result<(), StoreError> {
    let (number, text) = match value {
        Value::Number(number) => (Some(number), None),
        Value::Code(code) => (None, Some(code)),
    };
    for (table, columns, values) in
        [("readings", ", origin", ", randomblob(22)"), ("latest", ", since", ", ?3")]
    {
        conn.prepare_cached(&format!(
            "INSERT OR REPLACE INTO {table} (thing, item, part, time, number, text, quality, stored{columns})
             SELECT things.id, items.id, 0, ?3, ?4, ?5, 0, ?3{values} FROM things, items WHERE things.name = ?1 AND items.name = ?2"
        ))?
        .execute((thing, item, time, number, text))?;
    }
    Ok(())
}

/// A number that looks measured: a level, a slow wave and a little noise, the same on each run.
fn measured(level: f64, wave: f64, seed: u32, time: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "minutes of a day")]
    let minutes = (time / 1000) as f64 / 60.0;
    let noise = ((minutes * 12.9898 + f64::from(seed) * 78.233).sin() * 43758.5453).fract();
    level + wave * (minutes / 17.0 + f64::from(seed)).sin() + wave * 0.35 * noise
}

fn printer(
    conn: &Connection,
    adapter: &str,
    number: u32,
    last: i64,
    past: Past,
    now: i64,
) -> Result<(), StoreError> {
    let thing = format!("{adapter}.p{number:02}");
    let model = MODELS[usize::from(number.is_multiple_of(3))];
    conn.execute(
        "INSERT INTO things (name, adapter, kind, model, serial, firmware, first_seen, last_seen)
         SELECT ?1, id, 'printer', ?3, ?4, '2.4.1', ?5, ?6 FROM adapters WHERE name = ?2",
        (&thing, adapter, model, format!("SN-{:05}", 41_000 + number * 37), now - 38 * 24 * HOUR, last),
    )?;
    let last = last - i64::from(number) * 400;
    let mut time = last - past.hours * HOUR;
    while time <= last {
        numbers(conn, &thing, number, time, last, time + past.step_ms > last)?;
        time += past.step_ms;
    }
    codes(conn, &thing, number, last)
}

fn numbers(
    conn: &Connection,
    thing: &str,
    number: u32,
    time: i64,
    last: i64,
    newest: bool,
) -> Result<(), StoreError> {
    let hot = if thing == "oslo-1.p03" { ramp(last - time, 40 * MINUTE, 13.4) } else { 0.0 };
    let weak = if thing == "trondheim-1.p05" { ramp(last - time, 50 * MINUTE, -96.0) } else { 0.0 };
    let n = |level, wave, seed| measured(level, wave, seed + number * 7, time);
    let mut values = vec![
        ("laser.power", n(512.0, 2.0, 1) + weak),
        ("laser.power_setpoint", 515.0),
        ("vat.temperature", n(28.2, 0.25, 2) + hot),
        ("vat.temperature_setpoint", 28.0),
        ("laser.current", n(21.4, 0.2, 3)),
        ("recoater.load", n(34.0, 6.0, 4).max(0.0)),
        ("chamber.temperature", n(27.0, 0.5, 5)),
        ("vat.level", n(0.05, 0.06, 6)),
    ];
    if newest {
        let layers = f64::from(1800 + number * 140);
        let share = f64::from((number * 13) % 97) / 100.0;
        values.extend([
            ("build.layers", layers),
            ("build.layer", (layers * share).floor()),
            ("build.progress", share * 100.0),
            ("build.remaining", (1.0 - share) * 26_000.0),
            ("laser.head_temperature", 31.2),
            ("laser.hours", 4_210.0 + f64::from(number)),
            ("scanner.temperature", 38.4),
            ("scanner.drift", 12.0),
            ("vat.heater_duty", 41.0),
            ("resin.cartridge_level", f64::from(97 - (number * 11) % 80)),
            ("recoater.position", 212.25),
            ("recoater.speed", 60.0),
            ("elevator.position", 143.5),
            ("exposure.time", 41.3),
            ("recoat.time", 11.8),
            ("chamber.humidity", 38.0),
            ("exhaust.filter_hours", 611.0),
            ("printer.hours", 12_480.0),
            ("printer.boots", 44.0),
            ("host.cpu", 23.0),
            ("host.memory_used", 61.0),
            ("host.filesystem_free", 81e9),
            ("log.record", 1_204_113.0),
        ]);
    }
    values.into_iter().try_for_each(|(item, value)| reading(conn, thing, item, time, Value::Number(value)))
}

/// Nothing until `within` before the end, then up to the full height.
fn ramp(before_end: i64, within: i64, height: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a share of an hour")]
    let share = 1.0 - (before_end as f64 / within as f64).min(1.0);
    height * (1.0 - (1.0 - share).powi(2))
}

fn codes(conn: &Connection, thing: &str, number: u32, last: i64) -> Result<(), StoreError> {
    let state = ["building", "building", "idle", "building", "warming", "finished"][(number % 6) as usize];
    let states: &[(i64, &str)] = match thing {
        "oslo-1.p03" => &[
            (1_200, "idle"),
            (1_100, "warming"),
            (1_040, "building"),
            (420, "finished"),
            (300, "idle"),
            (190, "warming"),
            (160, "building"),
            (9, "error"),
        ],
        _ => &[(1_400, "idle"), (200, state)],
    };
    for (minutes, code) in states {
        reading(conn, thing, "printer.state", last - minutes * MINUTE, Value::Code(code))?;
    }
    let build = if matches!(state, "building") || thing == "oslo-1.p03" { "printing" } else { "completed" };
    for (item, code) in [
        ("printer.reachability", "available"),
        ("build.state", build),
        ("door.state", "locked"),
        ("laser.fault", "none"),
        ("vat.fault", if thing == "oslo-1.p03" { "over_temperature" } else { "none" }),
        ("recoater.fault", "none"),
        ("resin.pump", "idle"),
    ] {
        reading(conn, thing, item, last - 200 * MINUTE, Value::Code(code))?;
    }
    Ok(())
}

fn trouble(conn: &Connection, now: i64) -> Result<(), StoreError> {
    for (thing, minutes, code) in [
        ("oslo-1.p06", 190, "printer_off"),
        ("trondheim-1.p02", 14, "printer_failed"),
        ("oslo-1.p07", 31, "network_unreachable"),
    ] {
        let since = now - minutes * MINUTE;
        conn.execute(
            "UPDATE latest SET time = ?2, since = ?2 WHERE thing = (SELECT id FROM things WHERE name = ?1)",
            (thing, since - 20_000),
        )?;
        reading(conn, thing, "printer.reachability", since, Value::Code(code))?;
    }
    let ago = |minutes: i64| now - minutes * MINUTE;
    for past in [26 * 60, 50 * 60, 80 * 60, 9 * 60] {
        let times = (ago(past), Some(ago(past - 12)));
        alarm(conn, "oslo-1.p03", ("vat.temperature", 2), times, Some("bert"))?;
    }
    alarm(conn, "oslo-1.p03", ("vat.temperature", 1), (ago(4), None), None)?;
    alarm(conn, "oslo-1.p03", ("vat.temperature", 2), (ago(31), None), Some("bert"))?;
    alarm(conn, "oslo-1.p03", ("vat.fault", 2), (ago(9), None), None)?;
    for (item, code) in [
        ("alarm.active", "yes"),
        ("alarm.subsystem", "bed"),
        ("alarm.class", "thermal"),
        ("alarm.qualifier", "failed"),
    ] {
        reading(conn, "trondheim-1.p03", item, ago(6), Value::Code(code))?;
    }
    alarm(conn, "trondheim-1.p03", ("alarm.active", 2), (ago(6), None), None)?;
    alarm(conn, "trondheim-1.p05", ("laser.power", 3), (ago(17), None), None)?;
    alarm(conn, "trondheim-1.p02", ("printer.reachability", 2), (ago(14), None), None)?;
    alarm(conn, "oslo-1.p06", ("printer.reachability", 4), (ago(190), None), Some("anna"))?;
    alarm(conn, "bergen-1.p04", ("vat.level", 2), (ago(66), None), None)?;
    alarm(conn, "oslo-1.p02", ("laser.current", 3), (ago(300), Some(ago(298))), None)
}

fn alarm(
    conn: &Connection,
    thing: &str,
    (item, severity): (&str, u8),
    (opened, closed): (i64, Option<i64>),
    by: Option<&str>,
) -> Result<(), StoreError> {
    let made = conn.execute(
        "INSERT INTO alarms (thing, item, part, limit_id, severity, message, opened, opened_number, opened_text, closed, acknowledged, acknowledged_by)
         SELECT things.id, items.id, 0, limits.id, limits.severity, limits.message, ?4, limits.bound * 1.01,
                CASE side WHEN 'code' THEN latest.text END, ?5, iif(?6 IS NULL, NULL, ?4 + 240000), ?6
         FROM things, items, limits, latest
         WHERE things.name = ?1 AND items.name = ?2 AND limits.item = items.id AND (limits.model IS NULL OR limits.model = things.model)
            AND limits.severity = ?3 AND latest.thing = things.id AND latest.item = items.id
            AND (limits.side <> 'code' OR limits.code = latest.text OR limits.code = '!none') LIMIT 1",
        (thing, item, severity, opened, closed, by),
    )?;
    assert_eq!(made, 1, "{thing} {item}");
    Ok(())
}
