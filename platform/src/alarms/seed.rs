//! The limits that a new store begins with, from `platform/limits/*.toml`.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::Connection;

use super::limits;
use crate::store::{ItemIds, StoreError};

const FILES: [(&str, &str); 4] = [
    ("adapter.toml", include_str!("../../limits/adapter.toml")),
    ("every-printer.toml", include_str!("../../limits/every-printer.toml")),
    ("projet.toml", include_str!("../../limits/projet.toml")),
    ("powder-bed.toml", include_str!("../../limits/powder-bed.toml")),
];

/// Writes the limits into a store that has none; an admin's own stay as they are.
///
/// # Errors
/// When the store fails, or a file is wrong, which a test rules out.
pub fn seed(conn: &Connection, items: &ItemIds) -> Result<(), StoreError> {
    if conn.query_row("SELECT EXISTS (SELECT 1 FROM limits)", [], |row| row.get(0))? {
        return Ok(());
    }
    for (name, text) in FILES {
        let wrong = |error| StoreError::Limits { file: name, what: format!("{error}") };
        let limits = limits::parse(Path::new(name), text, &BTreeSet::new()).map_err(wrong)?;
        limits::insert(conn, items, &limits)?;
    }
    Ok(())
}
