//! Stores what one post carries, each reading once, and has it judged.

use std::collections::BTreeMap;

use catalog::{Quality, Reading, Timestamp, Value, items};
use rusqlite::{Connection, OptionalExtension as _};

use super::{ItemIds, StoreError, things};
use crate::alarms::{Batch, Fresh, Sample, judge, judge_anew};
use crate::retire;

/// A reading that is this far ahead of the platform's clock is of the future: some clock is wrong.
const AHEAD_MS_MAX: i64 = 5 * 60_000;

/// How many of a post's readings were new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Stored now.
    pub new: u64,
    /// There already, by their origin: a resend.
    pub repeated: u64,
}

/// Stores the readings of a thing; one whose origin is there already changes nothing.
///
/// # Errors
/// When the store fails; then nothing of the post is stored.
pub fn store(
    conn: &Connection,
    ids: &ItemIds,
    thing: i64,
    readings: &[Reading],
    now: Timestamp,
) -> Result<Stored, StoreError> {
    let mut fresh: BTreeMap<(i64, u8), Vec<&Reading>> = BTreeMap::new();
    for reading in readings {
        let item = ids.id(reading.item())?;
        if insert(conn, thing, item, reading, now)? {
            fresh.entry((item, reading.part())).or_default().push(reading);
        }
    }
    let new = fresh.values().map(|readings| readings.len() as u64).sum();
    let retired = things::retired(conn, thing)?;
    let is_back =
        retired.is_some_and(|since| fresh.values().flatten().any(|reading| is_news(reading, since)));
    let is_in = retired.is_none() || is_back;
    if is_back {
        retire::bring_back(conn, thing, now)?;
    }
    let (mut batches, mut other_limits) = (Vec::with_capacity(fresh.len()), false);
    for ((item, part), mut readings) in fresh {
        readings.sort_by_key(|reading| (reading.time(), reading.origin().to_bytes()));
        let Some(last) = readings.last() else { continue };
        let newest_before = newest_before(conn, (thing, item), last, now)?;
        // An old value does not replace a newer one.
        if newest_before.is_none_or(|newest| newest <= last.time()) {
            set_latest(conn, (thing, item), last, since(&readings), now)?;
            other_limits |= identify(conn, thing, last)?;
        }
        let readings = readings.into_iter().filter_map(judged).collect();
        batches.push(Batch { item, part, newest_before, readings });
    }
    if is_in {
        judge(conn, thing, &batches)?;
    }
    // Other limits may have come meanwhile.
    if is_back || (is_in && other_limits) {
        judge_anew(conn, thing, now)?;
    }
    Ok(Stored { new, repeated: readings.len() as u64 - new })
}

/// Whether this shows that what was taken out of the fleet is not gone: neither what was measured before does, nor that the adapter
/// still looks for it.
fn is_news(reading: &Reading, retired: Timestamp) -> bool {
    reading.time() > retired && *reading.item() != items::PRINTER_REACHABILITY
}

fn insert(
    conn: &Connection,
    thing: i64,
    item: i64,
    reading: &Reading,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (number, text) = columns(reading.value());
    let inserted = conn
        .prepare_cached(
            "INSERT OR IGNORE INTO readings (thing, item, part, time, origin, number, text, quality, stored, native)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute((
            thing,
            item,
            reading.part(),
            reading.time().0,
            reading.origin().to_bytes(),
            number,
            text,
            quality(reading.quality()),
            now.0,
            native(reading),
        ))?;
    Ok(inserted > 0)
}

/// The newest time of a series before this reading; none when that is of the future and the reading is not:
/// then a clock was set right, and the series goes on from the present. A printer whose clock always runs
/// ahead keeps its own order.
fn newest_before(
    conn: &Connection,
    (thing, item): (i64, i64),
    reading: &Reading,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let select = "SELECT time FROM latest WHERE thing = ?1 AND item = ?2 AND part = ?3";
    let mut select = conn.prepare_cached(select)?;
    let newest = select.query_row((thing, item, reading.part()), |row| Ok(Timestamp(row.get(0)?)));
    let future = now.0.saturating_add(AHEAD_MS_MAX);
    Ok(newest.optional()?.filter(|newest| newest.0 <= future || reading.time().0 > future))
}

fn set_latest(
    conn: &Connection,
    (thing, item): (i64, i64),
    reading: &Reading,
    since: Since,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (number, text) = columns(reading.value());
    conn.prepare_cached(
        "INSERT INTO latest (thing, item, part, time, number, text, quality, stored, since, native)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?11)
         ON CONFLICT (thing, item, part) DO UPDATE SET time = excluded.time, number = excluded.number,
         text = excluded.text, quality = excluded.quality, stored = excluded.stored, native = excluded.native,
         since = CASE WHEN excluded.text = latest.text AND ?10 THEN min(latest.since, excluded.since)
                 ELSE excluded.since END",
    )?
    .execute((
        thing,
        item,
        reading.part(),
        reading.time().0,
        number,
        text,
        quality(reading.quality()),
        now.0,
        since.time.0,
        since.unbroken,
        native(reading),
    ))?;
    Ok(())
}

/// Since when the last of some readings has had its value.
#[derive(Clone, Copy)]
struct Since {
    time: Timestamp,
    /// All of them have it, so that it may have begun before the first.
    unbroken: bool,
}

fn since(readings: &[&Reading]) -> Since {
    let last = readings.last().map(|reading| reading.value());
    let same = readings.iter().rev().take_while(|reading| Some(reading.value()) == last).count();
    let first = readings.len().saturating_sub(same);
    let time = readings.get(first).map_or(Timestamp(0), |reading| reading.time());
    Since { time, unbroken: first == 0 }
}

/// Keeps what the printer says of itself beside its name; says whether other limits may apply to it now.
fn identify(conn: &Connection, thing: i64, reading: &Reading) -> Result<bool, StoreError> {
    let Value::Identity(identity) = reading.value() else { return Ok(false) };
    let item = reading.item();
    let update = if *item == items::IDENTITY_MODEL {
        "UPDATE things SET model = ?2 WHERE id = ?1 AND model IS NOT ?2"
    } else if *item == items::IDENTITY_SERIAL {
        "UPDATE things SET serial = ?2 WHERE id = ?1"
    } else if *item == items::IDENTITY_FIRMWARE {
        "UPDATE things SET firmware = ?2 WHERE id = ?1"
    } else {
        return Ok(false);
    };
    let changed = conn.prepare_cached(update)?.execute((thing, identity.as_str()))?;
    Ok(changed > 0 && *item == items::IDENTITY_MODEL)
}

fn judged(reading: &Reading) -> Option<Fresh> {
    let sample = match reading.value() {
        Value::Number(number) => Sample::Number(*number),
        Value::Code(code) => Sample::Code((*code).to_owned()),
        Value::Hash(_) | Value::Identity(_) => return None,
    };
    Some(Fresh { time: reading.time(), quality: reading.quality(), sample })
}

fn columns(value: &Value) -> (Option<f64>, Option<String>) {
    match value {
        Value::Number(number) => (Some(*number), None),
        Value::Code(code) => (None, Some((*code).to_owned())),
        Value::Hash(hash) => (None, Some(hash.to_string())),
        Value::Identity(identity) => (None, Some(identity.as_str().to_owned())),
    }
}

fn native(reading: &Reading) -> Option<String> {
    reading.native().map(|native| native.text())
}

fn quality(quality: Quality) -> i64 {
    match quality {
        Quality::Good => 0,
        Quality::Uncertain => 1,
        Quality::Bad => 2,
    }
}
