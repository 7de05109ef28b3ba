//! One printer: every latest value, and the limits that hold for it.

use rusqlite::Connection;

use super::{Latest, fleet::Printer, latest};

/// An operating limit that holds for a printer.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// The catalogue's id of the item.
    pub item: String,
    /// `high`, `low` or `code`.
    pub side: String,
    /// The bound of a high or low limit.
    pub bound: Option<f64>,
    /// 1 critical, 2 high, 3 medium, 4 low.
    pub severity: u8,
    /// What is wrong when it is passed.
    pub message: String,
}

/// Every latest value of a printer.
pub fn values(conn: &Connection, thing: i64) -> rusqlite::Result<Vec<Latest>> {
    conn.prepare_cached(
        "SELECT items.name AS item_name, part, time, since, number, text, quality
         FROM latest JOIN items ON items.id = latest.item WHERE thing = ?1",
    )?
    .query_map([thing], latest)?
    .collect()
}

/// The limits that hold for a printer: the general ones, its model's and its own.
pub fn limits(conn: &Connection, printer: &Printer) -> rusqlite::Result<Vec<Limit>> {
    conn.prepare_cached(
        "SELECT items.name, side, bound, severity, message FROM limits JOIN items ON items.id = limits.item
         WHERE (model IS NULL OR model = ?1) AND (thing IS NULL OR thing = ?2) ORDER BY items.name, severity",
    )?
    .query_map((&printer.model, printer.id), |row| {
        Ok(Limit {
            item: row.get(0)?,
            side: row.get(1)?,
            bound: row.get(2)?,
            severity: row.get(3)?,
            message: row.get(4)?,
        })
    })?
    .collect()
}
