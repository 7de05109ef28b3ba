//! One printer: every latest value, and the limits that hold for it.

use rusqlite::Connection;

use super::{Latest, fleet::Printer, latest};
use crate::alarms::{Rule, Side};
use crate::store::StoreError;

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
        "SELECT items.name AS item_name, part, time, since, number, text, quality, native
         FROM latest JOIN items ON items.id = latest.item WHERE thing = ?1",
    )?
    .query_map([thing], latest)?
    .collect()
}

/// The limits that a printer is judged by, and no others: of those on one side of an item, the most specific.
///
/// # Errors
/// When the store fails.
pub fn limits(conn: &Connection, printer: &Printer) -> Result<Vec<Limit>, StoreError> {
    let rules = Rule::of_thing(conn, printer.id)?;
    let mut limits: Vec<_> = rules.into_iter().map(|rule| limit(conn, rule)).collect::<Result<_, _>>()?;
    limits.sort_by(|one, other| (&one.item, one.severity).cmp(&(&other.item, other.severity)));
    Ok(limits)
}

fn limit(conn: &Connection, rule: Rule) -> Result<Limit, StoreError> {
    let (side, bound) = match rule.bounds.side {
        Side::High { bound, .. } => ("high", Some(bound)),
        Side::Low { bound, .. } => ("low", Some(bound)),
        Side::Code(_) | Side::AnyFault => ("code", None),
    };
    let mut name = conn.prepare_cached("SELECT name FROM items WHERE id = ?1")?;
    Ok(Limit {
        item: name.query_row([rule.item], |row| row.get(0))?,
        side: side.to_owned(),
        bound,
        severity: u8::try_from(rule.severity).unwrap_or(u8::MAX),
        message: rule.message,
    })
}
