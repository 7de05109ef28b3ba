//! The limits that apply to one thing, read from the table.

use std::time::Duration;

use rusqlite::{Connection, Row};

use super::machine::{Bounds, Side};
use crate::store::StoreError;

/// One limit as it applies to a thing.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// The limit's row.
    pub(crate) limit: i64,
    /// The item's row.
    pub(crate) item: i64,
    /// When it opens and closes.
    pub(crate) bounds: Bounds,
    /// 1 critical to 4 low.
    pub(crate) severity: i64,
    /// What is wrong, in a technician's words.
    pub(crate) message: String,
    /// How specific it is: 2 for the thing, 1 for its model, 0 for all.
    level: u8,
}

impl Rule {
    /// The limits of a thing. Of those on the same side of an item only the most specific hold: what an admin
    /// sets for one printer replaces what its model has, and that what all have.
    pub(crate) fn of_thing(conn: &Connection, thing: i64) -> Result<Vec<Self>, StoreError> {
        let mut select = conn.prepare_cached(
            "SELECT l.id, l.item, l.side, l.bound, l.code, l.deadband, l.delay_on, l.delay_off, l.severity, l.message,
                    CASE WHEN l.thing IS NOT NULL THEN 2 WHEN l.model IS NOT NULL THEN 1 ELSE 0 END
             FROM limits l JOIN things t ON t.id = ?1
             WHERE (l.thing IS NULL OR l.thing = t.id) AND (l.model IS NULL OR l.model = t.model)",
        )?;
        let rules: Vec<Self> = select
            .query_map([thing], Self::from_row)?
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?;
        let specific = |rule: &&Self| !rules.iter().any(|other| other.replaces(rule));
        Ok(rules.iter().filter(specific).cloned().collect())
    }

    /// A row whose side is not known, as a newer program may have written, is no rule.
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let Some(bounds) = bounds(row)? else { return Ok(None) };
        Ok(Some(Self {
            limit: row.get(0)?,
            item: row.get(1)?,
            bounds,
            severity: row.get(8)?,
            message: row.get(9)?,
            level: row.get(10)?,
        }))
    }

    fn replaces(&self, other: &Self) -> bool {
        let same_side = match (&self.bounds.side, &other.bounds.side) {
            (Side::High { .. }, Side::High { .. })
            | (Side::Low { .. }, Side::Low { .. })
            | (Side::AnyFault, Side::AnyFault) => true,
            (Side::Code(one), Side::Code(other)) => one == other,
            _ => false,
        };
        same_side && self.item == other.item && self.level > other.level
    }
}

/// The bounds of a row that has side, bound, code, deadband and the two delays as columns 2 to 7; `None` when
/// they are no limit that this program knows.
pub(super) fn bounds(row: &Row<'_>) -> rusqlite::Result<Option<Bounds>> {
    let Some(side) = side(row)? else { return Ok(None) };
    Ok(Some(Bounds { side, delay_on: millis(row.get(6)?), delay_off: millis(row.get(7)?) }))
}

fn side(row: &Row<'_>) -> rusqlite::Result<Option<Side>> {
    let (side, bound, code): (String, Option<f64>, Option<String>) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let deadband = row.get(5)?;
    Ok(match (side.as_str(), bound, code) {
        ("high", Some(bound), _) => Some(Side::High { bound, deadband }),
        ("low", Some(bound), _) => Some(Side::Low { bound, deadband }),
        ("code", _, Some(code)) if code == "!none" => Some(Side::AnyFault),
        ("code", _, Some(code)) => Some(Side::Code(code)),
        _ => None,
    })
}

fn millis(value: i64) -> Duration {
    Duration::from_millis(u64::try_from(value).unwrap_or(0))
}
