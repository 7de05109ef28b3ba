//! The adapters and their keys, as an admin sees them. Hashes of keys and codes are not read.

use catalog::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::moment;

/// An adapter with its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// Row id.
    pub id: i64,
    /// Its name, such as `oslo-1`.
    pub name: String,
    /// Where it stands.
    pub site: String,
    /// When it was created.
    pub created: Timestamp,
    /// Who created it.
    pub created_by: String,
    /// When it first exchanged a code for a key.
    pub enrolled: Option<Timestamp>,
    /// When it last spoke to the platform.
    pub last_seen: Option<Timestamp>,
    /// When its newest unused one-time code expires.
    pub code_expires: Option<Timestamp>,
    /// Printers behind it in the fleet.
    pub printers: u32,
    /// Whether it was taken out of the fleet.
    pub is_retired: bool,
    /// Keys, the newest first.
    pub keys: Vec<Key>,
}

/// A key, without anything of its secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Row id, by which it is revoked.
    pub id: i64,
    /// When it was given out.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// Who revoked it.
    pub revoked_by: Option<String>,
}

/// Every adapter, by name.
pub fn all(conn: &Connection, now: Timestamp) -> rusqlite::Result<Vec<Adapter>> {
    let mut adapters: Vec<Adapter> = conn
        .prepare_cached(
            "SELECT id, name, site, created, created_by, enrolled, last_seen,
                (SELECT max(expires) FROM enrolment_codes WHERE adapter = adapters.id AND used IS NULL AND expires > ?1)
                    AS code_expires,
                (SELECT count(*) FROM things WHERE adapter = adapters.id AND kind = 'printer' AND retired IS NULL) AS printers,
                EXISTS (SELECT 1 FROM things WHERE things.name = adapters.name AND retired IS NOT NULL) AS is_retired
             FROM adapters ORDER BY name",
        )?
        .query_map([now.0], |row| {
            Ok(Adapter {
                id: row.get("id")?,
                name: row.get("name")?,
                site: row.get("site")?,
                created: Timestamp(row.get("created")?),
                created_by: row.get("created_by")?,
                enrolled: moment(row, "enrolled")?,
                last_seen: moment(row, "last_seen")?,
                code_expires: moment(row, "code_expires")?,
                printers: row.get("printers")?,
                is_retired: row.get("is_retired")?,
                keys: Vec::new(),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    for adapter in &mut adapters {
        adapter.keys = keys(conn, adapter.id)?;
    }
    Ok(adapters)
}

fn keys(conn: &Connection, adapter: i64) -> rusqlite::Result<Vec<Key>> {
    conn.prepare_cached(
        "SELECT id, created, last_used, revoked, revoked_by FROM keys WHERE adapter = ?1
         ORDER BY revoked IS NOT NULL, created DESC LIMIT 8",
    )?
    .query_map([adapter], |row| {
        Ok(Key {
            id: row.get("id")?,
            created: Timestamp(row.get("created")?),
            last_used: moment(row, "last_used")?,
            revoked: moment(row, "revoked")?,
            revoked_by: row.get("revoked_by")?,
        })
    })?
    .collect()
}

/// The name of an adapter.
pub fn name(conn: &Connection, adapter: i64) -> rusqlite::Result<Option<String>> {
    conn.query_row("SELECT name FROM adapters WHERE id = ?1", [adapter], |row| row.get(0)).optional()
}

/// Whether it ever exchanged a code for a key.
pub fn enrolled(conn: &Connection, adapter: i64) -> rusqlite::Result<bool> {
    let select = "SELECT enrolled IS NOT NULL FROM adapters WHERE id = ?1";
    Ok(conn.query_row(select, [adapter], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// The name of the adapter that a valid key belongs to, and when the key was given out.
pub fn owner(conn: &Connection, key: i64) -> rusqlite::Result<Option<(String, Timestamp)>> {
    conn.query_row(
        "SELECT name, keys.created FROM keys JOIN adapters ON adapters.id = keys.adapter
         WHERE keys.id = ?1 AND revoked IS NULL",
        [key],
        |row| Ok((row.get(0)?, Timestamp(row.get(1)?))),
    )
    .optional()
}
