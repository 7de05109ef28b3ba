//! Stores what one post carries, each reading once, and has it judged.

use std::collections::BTreeMap;

use catalog::{Quality, Reading, Timestamp, Value, items};
use rusqlite::{Connection, OptionalExtension as _};

use super::{ItemIds, StoreError};
use crate::alarms::{Batch, Fresh, Sample, judge};

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
    let mut batches = Vec::with_capacity(fresh.len());
    for ((item, part), mut readings) in fresh {
        readings.sort_by_key(|reading| (reading.time(), reading.origin().to_bytes()));
        let newest_before = newest(conn, thing, item, part)?;
        if let Some(last) = readings.last() {
            set_latest(conn, thing, item, last, now)?;
            identify(conn, thing, last, newest_before)?;
        }
        let readings = readings.into_iter().filter_map(judged).collect();
        batches.push(Batch { item, part, newest_before, readings });
    }
    judge(conn, thing, &batches)?;
    Ok(Stored { new, repeated: readings.len() as u64 - new })
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
            "INSERT OR IGNORE INTO readings (thing, item, part, time, origin, number, text, quality, stored)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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
        ))?;
    Ok(inserted > 0)
}

fn newest(conn: &Connection, thing: i64, item: i64, part: u8) -> Result<Option<Timestamp>, StoreError> {
    let select = "SELECT time FROM latest WHERE thing = ?1 AND item = ?2 AND part = ?3";
    let mut select = conn.prepare_cached(select)?;
    Ok(select.query_row((thing, item, part), |row| Ok(Timestamp(row.get(0)?))).optional()?)
}

fn set_latest(
    conn: &Connection,
    thing: i64,
    item: i64,
    reading: &Reading,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (number, text) = columns(reading.value());
    conn.prepare_cached(
        "INSERT INTO latest (thing, item, part, time, number, text, quality, stored)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (thing, item, part) DO UPDATE SET time = excluded.time, number = excluded.number,
         text = excluded.text, quality = excluded.quality, stored = excluded.stored
         WHERE excluded.time >= latest.time",
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
    ))?;
    Ok(())
}

/// Keeps what the printer says of itself beside its name; an old word does not replace a newer one.
fn identify(
    conn: &Connection,
    thing: i64,
    reading: &Reading,
    newest_before: Option<Timestamp>,
) -> Result<(), StoreError> {
    let Value::Identity(identity) = reading.value() else { return Ok(()) };
    if newest_before.is_some_and(|newest| newest > reading.time()) {
        return Ok(());
    }
    let item = reading.item();
    let update = if *item == items::IDENTITY_MODEL {
        "UPDATE things SET model = ?2 WHERE id = ?1"
    } else if *item == items::IDENTITY_SERIAL {
        "UPDATE things SET serial = ?2 WHERE id = ?1"
    } else if *item == items::IDENTITY_FIRMWARE {
        "UPDATE things SET firmware = ?2 WHERE id = ?1"
    } else {
        return Ok(());
    };
    conn.prepare_cached(update)?.execute((thing, identity.as_str()))?;
    Ok(())
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

fn quality(quality: Quality) -> i64 {
    match quality {
        Quality::Good => 0,
        Quality::Uncertain => 1,
        Quality::Bad => 2,
    }
}
