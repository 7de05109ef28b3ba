//! Adapters as the admin creates them.

use catalog::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::{OneTimeCode, new_code};
use crate::audit;
use crate::store::{StoreError, things};

/// Longest name of a site, in bytes.
const SITE_LENGTH_MAX: usize = 80;

/// Creates an adapter and the one-time code that enrols it.
///
/// # Errors
/// `Invalid` for a name that cannot be a thing's, `Conflict` when there is one already.
pub fn create_adapter(
    conn: &Connection,
    name: &str,
    site: &str,
    by: &str,
    now: Timestamp,
) -> Result<OneTimeCode, StoreError> {
    let site = site.trim();
    check(name, site)?;
    if find_adapter(conn, name)?.is_some() {
        return Err(StoreError::Conflict(format!(
            "there is an adapter {name:?} already: choose another name"
        )));
    }
    conn.execute(
        "INSERT INTO adapters (name, site, created, created_by) VALUES (?1, ?2, ?3, ?4)",
        (name, site, now.0, by),
    )?;
    let adapter = conn.last_insert_rowid();
    audit::note(conn, by, "created an adapter", name, now)?;
    new_code(conn, adapter, by, now)
}

/// The row of the adapter with this name.
///
/// # Errors
/// When the store fails.
pub fn find_adapter(conn: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
    let mut select = conn.prepare_cached("SELECT id FROM adapters WHERE name = ?1")?;
    Ok(select.query_row([name], |row| row.get(0)).optional()?)
}

fn check(name: &str, site: &str) -> Result<(), StoreError> {
    if !things::is_id(name) {
        let what = "an adapter's name is 1 to 32 of a-z, 0-9 and -, such as oslo-1";
        return Err(StoreError::Invalid(what.into()));
    }
    if site.is_empty() || site.len() > SITE_LENGTH_MAX || site.chars().any(char::is_control) {
        return Err(StoreError::Invalid(format!("a site's name is 1 to {SITE_LENGTH_MAX} characters")));
    }
    Ok(())
}
