//! The table of limits, as rows and as limits.

use catalog::items;
use rusqlite::Connection;

use super::{Limit, Scope};
use crate::alarms::rule;
use crate::store::StoreError;

/// A limit and its row.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) limit: Limit,
}

/// All limits that this program knows, in the order of their rows. What a newer program may have written is
/// judged by nobody here, and left alone.
pub(super) fn rows(conn: &Connection) -> Result<Vec<Row>, StoreError> {
    let mut select = conn.prepare(
        "SELECT l.id, items.name, l.side, l.bound, l.code, l.deadband, l.delay_on, l.delay_off, l.severity, l.message,
                things.name, l.model, l.estimate
         FROM limits l JOIN items ON items.id = l.item LEFT JOIN things ON things.id = l.thing
         WHERE l.thing IS NULL OR things.id IS NOT NULL ORDER BY l.id",
    )?;
    let rows = select.query_map([], row)?.filter_map(Result::transpose);
    Ok(rows.collect::<Result<_, _>>()?)
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Row>> {
    let item = items::by_id(&row.get::<_, String>(1)?);
    let (Some(item), Some(bounds)) = (item, rule::bounds(row)?) else { return Ok(None) };
    let limit = Limit {
        item,
        scope: Scope { thing: row.get(10)?, model: row.get(11)? },
        bounds,
        severity: row.get(8)?,
        message: row.get(9)?,
        estimate: row.get(12)?,
    };
    Ok(Some(Row { id: row.get(0)?, limit }))
}
