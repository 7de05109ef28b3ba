//! Judges what a post stored, in the same transaction.

use catalog::{Quality, Timestamp};
use rusqlite::Connection;

use super::late;
use super::machine::Sample;
use super::rule::Rule;
use super::series::{self, Series};
use crate::store::StoreError;

/// What one post newly stored of one item and part.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// The item's row.
    pub(crate) item: i64,
    /// Which one of several.
    pub(crate) part: u8,
    /// The newest reading that the store held before: what is not after it is late. None also when that one is
    /// of the future and these are not, since a clock was set right then.
    pub(crate) newest_before: Option<Timestamp>,
    /// The readings, oldest first.
    pub(crate) readings: Vec<Fresh>,
}

/// One newly stored reading.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    /// When it was measured.
    pub(crate) time: Timestamp,
    /// How far it can be trusted.
    pub(crate) quality: Quality,
    /// Its value.
    pub(crate) sample: Sample,
}

/// Judges what was stored for a thing against the limits that apply to it.
///
/// # Errors
/// When the store fails.
pub(crate) fn judge(conn: &Connection, thing: i64, batches: &[Batch]) -> Result<(), StoreError> {
    for rule in &Rule::of_thing(conn, thing)? {
        for batch in batches.iter().filter(|batch| batch.item == rule.item) {
            judge_batch(Series { conn, rule, thing, part: batch.part }, batch)?;
        }
    }
    Ok(())
}

/// Judges a thing anew by what it has now, when other limits apply to it than before: an alarm of a limit that
/// applies no longer ends, and one that applies now does not wait for the next value, which of a state may be
/// long in coming.
///
/// # Errors
/// When the store fails.
pub(crate) fn judge_anew(conn: &Connection, thing: i64, now: Timestamp) -> Result<(), StoreError> {
    let rules = Rule::of_thing(conn, thing)?;
    series::end_others(conn, thing, &rules, now)?;
    for (item, part, fresh) in series::present(conn, thing)? {
        for rule in rules.iter().filter(|rule| rule.item == item) {
            judge_live(Series { conn, rule, thing, part }, &[&fresh])?;
        }
    }
    Ok(())
}

fn judge_batch(series: Series<'_>, batch: &Batch) -> Result<(), StoreError> {
    // What cannot be trusted neither opens nor closes an alarm.
    let good = batch.readings.iter().filter(|reading| reading.quality != Quality::Bad);
    let is_late = |reading: &&Fresh| batch.newest_before.is_some_and(|newest| reading.time <= newest);
    let (late, live): (Vec<_>, Vec<_>) = good.partition(is_late);
    judge_live(series, &live)?;
    match (late.first(), late.last()) {
        (Some(first), Some(last)) => late::judge(series, first.time, last.time),
        _ => Ok(()),
    }
}

fn judge_live(series: Series<'_>, readings: &[&Fresh]) -> Result<(), StoreError> {
    let Some(first) = readings.first() else { return Ok(()) };
    let before = series.state()?;
    if before.active {
        series.begin_by(first.time)?;
    }
    let mut state = before;
    for reading in readings {
        let (held, change) = series.rule.bounds.hold(state, reading.time);
        if let Some(change) = change {
            series.apply(change, series.before(reading.time)?.as_ref())?;
        }
        let (next, change) = series.rule.bounds.step(held, reading.time, &reading.sample);
        if let Some(change) = change {
            series.apply(change, Some(&reading.sample))?;
        }
        state = next;
    }
    if state.pending == before.pending { Ok(()) } else { series.keep_pending(state) }
}
