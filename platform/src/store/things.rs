//! Adapters' and printers' names, and their rows.

use std::collections::BTreeSet;
use std::fmt;

use catalog::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::StoreError;

/// Longest id of an adapter or of a printer within its adapter.
const ID_LENGTH_MAX: usize = 32;

/// Printers that one adapter may have in the fleet: a stolen key must not fill the store with names.
pub const PRINTERS_MAX: i64 = 64;

/// A name on the wire: `ADAPTER` for the adapter itself, `ADAPTER.PRINTER` for one of its printers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThingName {
    adapter: String,
    printer: Option<String>,
}

impl ThingName {
    /// Takes a name apart; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (adapter, printer) = match text.split_once('.') {
            Some((adapter, printer)) => (adapter, Some(printer)),
            None => (text, None),
        };
        let good = is_id(adapter) && printer.is_none_or(is_id);
        good.then(|| Self { adapter: adapter.to_owned(), printer: printer.map(str::to_owned) })
    }

    /// The adapter's part.
    pub fn adapter(&self) -> &str {
        &self.adapter
    }

    /// The printer's part; `None` for the adapter itself.
    pub fn printer(&self) -> Option<&str> {
        self.printer.as_deref()
    }

    /// `adapter` or `printer`, as the table has it.
    pub fn kind(&self) -> &'static str {
        if self.printer.is_some() { "printer" } else { "adapter" }
    }
}

impl fmt::Display for ThingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.adapter)?;
        self.printer.iter().try_for_each(|printer| write!(f, ".{printer}"))
    }
}

/// Whether the text may be the id of an adapter or a printer.
pub fn is_id(text: &str) -> bool {
    (1..=ID_LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The row of a thing that the adapter posts for; a printer is registered with its first post. `None` when the adapter has as many
/// in the fleet as it may.
///
/// # Errors
/// When the store fails.
pub fn register(
    conn: &Connection,
    adapter: i64,
    name: &ThingName,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let text = name.to_string();
    if let Some(id) = id(conn, &text)? {
        conn.prepare_cached("UPDATE things SET last_seen = ?2 WHERE id = ?1")?.execute((id, now.0))?;
        return Ok(Some(id));
    }
    if name.printer().is_some() && printers(conn, adapter)? >= PRINTERS_MAX {
        return Ok(None);
    }
    conn.execute(
        "INSERT INTO things (name, adapter, kind, first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, ?4)",
        (&text, adapter, name.kind(), now.0),
    )?;
    Ok(Some(conn.last_insert_rowid()))
}

/// The row of the thing with this name.
///
/// # Errors
/// When the store fails.
pub fn id(conn: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
    let mut select = conn.prepare_cached("SELECT id FROM things WHERE name = ?1")?;
    Ok(select.query_row([name], |row| row.get(0)).optional()?)
}

/// The rows of all things in the fleet.
///
/// # Errors
/// When the store fails.
pub fn ids(conn: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut select = conn.prepare_cached("SELECT id FROM things WHERE retired IS NULL ORDER BY id")?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The rows in the fleet of a thing and, where it is an adapter, of its printers.
///
/// # Errors
/// When the store fails.
pub fn in_the_fleet_with(conn: &Connection, thing: i64) -> Result<Vec<i64>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT id FROM things WHERE retired IS NULL
            AND (id = ?1 OR adapter = (SELECT adapter FROM things WHERE id = ?1 AND kind = 'adapter')) ORDER BY id",
    )?;
    Ok(select.query_map([thing], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// When a thing was taken out of the fleet; `None` while it is in it.
///
/// # Errors
/// When the store fails.
pub fn retired(conn: &Connection, thing: i64) -> Result<Option<Timestamp>, StoreError> {
    let mut select = conn.prepare_cached("SELECT retired FROM things WHERE id = ?1")?;
    let retired: Option<i64> = select.query_row([thing], |row| row.get(0))?;
    Ok(retired.map(Timestamp))
}

/// Notes since when a thing is out of the fleet, or that it is in it.
///
/// # Errors
/// When the store fails.
pub fn set_retired(conn: &Connection, thing: i64, since: Option<Timestamp>) -> Result<(), StoreError> {
    conn.execute("UPDATE things SET retired = ?2 WHERE id = ?1", (thing, since.map(|since| since.0)))?;
    Ok(())
}

/// A thing and the adapter's own behind which it is.
///
/// # Errors
/// When the store fails.
pub fn with_its_adapter(conn: &Connection, thing: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT id, name FROM things
         WHERE id = ?1 OR (kind = 'adapter' AND adapter = (SELECT adapter FROM things WHERE id = ?1)) ORDER BY id",
    )?;
    Ok(select.query_map([thing], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}

/// The names of all things.
///
/// # Errors
/// When the store fails.
pub fn names(conn: &Connection) -> Result<BTreeSet<String>, StoreError> {
    let mut select = conn.prepare_cached("SELECT name FROM things")?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn printers(conn: &Connection, adapter: i64) -> Result<i64, StoreError> {
    let count = "SELECT count(*) FROM things WHERE adapter = ?1 AND kind = 'printer' AND retired IS NULL";
    Ok(conn.query_row(count, [adapter], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["oslo-1", "oslo-1.p01", &"a".repeat(32)] {
            assert_eq!(ThingName::parse(good).map(|name| name.to_string()).as_deref(), Some(good));
        }
        for bad in ["", ".", "Oslo", "oslo.p1.p2", "oslo.", ".p1", "oslo 1", "oslo/1", "ø", &"a".repeat(33)]
        {
            assert_eq!(ThingName::parse(bad), None, "{bad}");
        }
    }
}
