//! Puts limits in the place of all that the store has.

use std::fmt;
use std::time::Duration;

use catalog::Timestamp;
use rusqlite::Connection;

use super::Limit;
use super::table::rows;
use crate::alarms::judge_anew;
use crate::alarms::machine::Side;
use crate::audit;
use crate::store::{ItemIds, StoreError, things};

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Imported {
    pub(crate) added: usize,
    pub(crate) removed: usize,
    /// Kept with their alarms and delays; of these, so many are no longer, or newly, an estimate.
    pub(crate) kept: usize,
    pub(crate) marked: usize,
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} added, {} removed, {} kept", self.added, self.removed, self.kept)?;
        if self.marked == 0 { Ok(()) } else { write!(f, " ({} with another estimate mark)", self.marked) }
    }
}

/// Replaces all limits. One that judges as before keeps its row, and with it its open alarms and running delays;
/// the alarms of those that are gone end, and what each thing has now is judged by the new ones. When all are as
/// before, nothing is written.
///
/// # Errors
/// When the store fails; the transaction must then not be kept.
pub(crate) fn import(
    conn: &Connection,
    items: &ItemIds,
    limits: &[Limit],
    by: &str,
    now: Timestamp,
) -> Result<Imported, StoreError> {
    let mut old = rows(conn)?;
    let (mut added, mut done) = (Vec::new(), Imported::default());
    for limit in limits {
        let Some(at) = old.iter().position(|row| row.limit.judges_as(limit)) else {
            added.push(limit.clone());
            continue;
        };
        let row = old.remove(at);
        done.kept += 1;
        if row.limit.estimate != limit.estimate {
            conn.execute("UPDATE limits SET estimate = ?2 WHERE id = ?1", (row.id, limit.estimate))?;
            done.marked += 1;
        }
    }
    (done.added, done.removed) = (added.len(), old.len());
    if done.added + done.removed > 0 {
        insert(conn, items, &added)?;
        for row in &old {
            conn.execute("DELETE FROM limits WHERE id = ?1", [row.id])?;
        }
        for thing in things::ids(conn)? {
            judge_anew(conn, thing, now)?;
        }
    }
    if done.added + done.removed + done.marked > 0 {
        audit::note(conn, by, "replaced the limits", &done.to_string(), now)?;
    }
    Ok(done)
}

/// Writes limits, each with a row that no limit had before: alarms of the past keep the row of theirs, and must
/// not come under another.
pub(in crate::alarms) fn insert(
    conn: &Connection,
    items: &ItemIds,
    limits: &[Limit],
) -> Result<(), StoreError> {
    let last: i64 = conn.query_row(
        "SELECT max(coalesce((SELECT max(id) FROM limits), 0), coalesce((SELECT max(limit_id) FROM alarms), 0),
                    coalesce((SELECT max(limit_id) FROM alarm_pending), 0))",
        [],
        |row| row.get(0),
    )?;
    let mut insert = conn.prepare(
        "INSERT INTO limits
         (id, item, thing, model, side, bound, code, deadband, delay_on, delay_off, severity, message, estimate)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for (id, limit) in (last + 1..).zip(limits) {
        let thing = match &limit.scope.thing {
            Some(name) => Some(things::id(conn, name)?.ok_or(StoreError::NotFound("thing"))?),
            None => None,
        };
        let (side, bound, code, deadband) = columns(&limit.bounds.side);
        let delays = (millis(limit.bounds.delay_on), millis(limit.bounds.delay_off));
        insert.execute(rusqlite::params![
            id,
            items.id(limit.item)?,
            thing,
            limit.scope.model,
            side,
            bound,
            code,
            deadband,
            delays.0,
            delays.1,
            limit.severity,
            limit.message,
            limit.estimate,
        ])?;
    }
    Ok(())
}

fn columns(side: &Side) -> (&'static str, Option<f64>, Option<&str>, f64) {
    match side {
        Side::High { bound, deadband } => ("high", Some(*bound), None, *deadband),
        Side::Low { bound, deadband } => ("low", Some(*bound), None, *deadband),
        Side::Code(code) => ("code", None, Some(code), 0.0),
        Side::AnyFault => ("code", None, Some("!none"), 0.0),
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
