//! Delays that run out without a new reading. Only states have them: a state holds until its next code comes,
//! so time passing is news. A number that is not measured again says nothing.

use catalog::Timestamp;
use rusqlite::Connection;

use super::rule::Rule;
use super::series::Series;
use crate::store::StoreError;

/// Delays that one tick ends at most; the rest waits for the next.
const ENDED_MAX: i64 = 1_000;

const DUE: &str = "SELECT p.thing, p.limit_id, p.part FROM alarm_pending p JOIN limits l ON l.id = p.limit_id
     WHERE l.side = 'code' AND p.since + (CASE p.towards WHEN 'on' THEN l.delay_on ELSE l.delay_off END) <= ?1
     LIMIT ?2";

/// Whether any delay has run out: asked by a reader, so that an idle platform writes nothing.
///
/// # Errors
/// When the store fails.
pub fn due(conn: &Connection, now: Timestamp) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached(DUE)?.exists((now.0, 1))?)
}

/// Opens and closes the alarms whose delay has run out.
///
/// # Errors
/// When the store fails.
pub fn tick(conn: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let mut select = conn.prepare_cached(DUE)?;
    let rows = select.query_map((now.0, ENDED_MAX), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let due: Vec<(i64, i64, u8)> = rows.collect::<Result<_, _>>()?;
    for (thing, limit, part) in due {
        let rules = Rule::of_thing(conn, thing)?;
        match rules.iter().find(|rule| rule.limit == limit) {
            Some(rule) => end_delay(Series { conn, rule, thing, part }, now)?,
            // The limit no longer applies to the thing.
            None => forget(conn, thing, limit)?,
        }
    }
    Ok(())
}

fn end_delay(series: Series<'_>, now: Timestamp) -> Result<(), StoreError> {
    let (state, change) = series.rule.bounds.wait(series.state()?, now);
    if let Some(change) = change {
        series.apply(change, series.before(Timestamp(now.0.saturating_add(1)))?.as_ref())?;
    }
    series.keep_pending(state)
}

fn forget(conn: &Connection, thing: i64, limit: i64) -> Result<(), StoreError> {
    conn.execute("DELETE FROM alarm_pending WHERE thing = ?1 AND limit_id = ?2", (thing, limit))?;
    Ok(())
}
