//! Who did what, the newest first.

use catalog::Timestamp;
use rusqlite::Connection;

/// Most entries on the page.
pub const ENTRIES_MAX: usize = 200;

/// One act of a person or of the platform.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When.
    pub time: Timestamp,
    /// Who.
    pub who: String,
    /// What they did.
    pub what: String,
    /// To what.
    pub subject: String,
}

/// The newest entries.
pub fn newest(conn: &Connection) -> rusqlite::Result<Vec<Entry>> {
    conn.prepare_cached(&format!(
        "SELECT time, who, what, subject FROM audit ORDER BY id DESC LIMIT {ENTRIES_MAX}"
    ))?
    .query_map([], |row| {
        Ok(Entry { time: Timestamp(row.get(0)?), who: row.get(1)?, what: row.get(2)?, subject: row.get(3)? })
    })?
    .collect()
}
