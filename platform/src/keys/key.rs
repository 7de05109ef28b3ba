//! An adapter's key: 256 random bits that only the adapter holds.

use std::time::Duration;

use catalog::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use secrecy::{ExposeSecret as _, SecretString};

use crate::audit;
use crate::secret;
use crate::store::StoreError;

/// Keys that an adapter may hold at the same time: the old and the new one of a rotation.
const VALID_MAX: i64 = 2;

/// A rotation ends when the new key is used and this old: by then nothing sends with the old one.
const ROTATION: Duration = Duration::from_secs(24 * 3600);

/// How exact `last_used` is: writing it for each request would be of no use to anybody.
const LAST_USED_STEP: Duration = Duration::from_secs(10);

/// A key in the clear, once, on its way to its adapter. `Debug` does not show it.
#[derive(Debug)]
pub struct DeviceKey(SecretString);

impl DeviceKey {
    /// The key, for the answer to the adapter.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Who holds a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The key's row.
    pub key: i64,
    /// The adapter's row.
    pub adapter: i64,
    /// The adapter's name.
    pub name: String,
}

/// Makes a key. Of the older ones one stays valid until the new one is used: the newest that was ever used, since the answer with
/// one that was not may never have arrived. `replaces` says whether it ends with the new one's first use or with the rotation.
pub(super) fn create(
    conn: &Connection,
    adapter_id: i64,
    replaces: bool,
    now: Timestamp,
) -> Result<DeviceKey, StoreError> {
    conn.execute(
        "UPDATE keys SET revoked = ?2, revoked_by = 'rotation' WHERE adapter = ?1 AND revoked IS NULL AND id NOT IN
         (SELECT id FROM keys WHERE adapter = ?1 AND revoked IS NULL ORDER BY last_used IS NULL, id DESC LIMIT ?3)",
        (adapter_id, now.0, VALID_MAX - 1),
    )?;
    let key = secret::token()?;
    conn.execute(
        "INSERT INTO keys (adapter, hash, created, replaces) VALUES (?1, ?2, ?3, ?4)",
        (adapter_id, secret::hash(&key), now.0, replaces),
    )?;
    Ok(DeviceKey(key))
}

/// The holder of a key; `None` when it is unknown or revoked.
///
/// # Errors
/// When the store fails.
pub fn authenticate(conn: &Connection, key: &SecretString) -> Result<Option<Holder>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT keys.id, adapters.id, adapters.name FROM keys JOIN adapters ON adapters.id = keys.adapter
         WHERE keys.hash = ?1 AND keys.revoked IS NULL",
    )?;
    let holder =
        |row: &rusqlite::Row<'_>| Ok(Holder { key: row.get(0)?, adapter: row.get(1)?, name: row.get(2)? });
    Ok(select.query_row([secret::hash(key)], holder).optional()?)
}

/// Whether the key is still valid: asked again in the transaction that stores, so that nothing of a revoked
/// key is stored after its revocation, not even what was on its way.
///
/// # Errors
/// When the store fails.
pub fn is_valid(conn: &Connection, key_id: i64) -> Result<bool, StoreError> {
    let mut select = conn.prepare_cached("SELECT revoked IS NULL FROM keys WHERE id = ?1")?;
    Ok(select.query_row([key_id], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// Notes that the key was used, and ends the older ones when it is time: at once where it was to replace them.
///
/// # Errors
/// When the store fails.
pub fn touch(conn: &Connection, holder: &Holder, now: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE adapters SET last_seen = ?2 WHERE id = ?1")?
        .execute((holder.adapter, now.0))?;
    let step = i64::try_from(LAST_USED_STEP.as_millis()).unwrap_or(0);
    let used = conn
        .prepare_cached(
            "UPDATE keys SET last_used = ?2 WHERE id = ?1 AND (last_used IS NULL OR last_used <= ?2 - ?3)",
        )?
        .execute((holder.key, now.0, step))?;
    if used > 0 { end_rotation(conn, holder, now) } else { Ok(()) }
}

// A key that replaces the others does so when it is used: then the adapter has it, whatever became of the answer that brought it.
fn end_rotation(conn: &Connection, holder: &Holder, now: Timestamp) -> Result<(), StoreError> {
    let rotation = i64::try_from(ROTATION.as_millis()).unwrap_or(i64::MAX);
    let replaces: bool = conn
        .prepare_cached("SELECT replaces FROM keys WHERE id = ?1")?
        .query_row([holder.key], |row| row.get(0))?;
    let ended = conn
        .prepare_cached(
            "UPDATE keys SET revoked = ?3, revoked_by = 'rotation'
             WHERE adapter = ?1 AND id < ?2 AND revoked IS NULL
             AND (?5 OR (SELECT created FROM keys WHERE id = ?2) <= ?3 - ?4)",
        )?
        .execute((holder.adapter, holder.key, now.0, rotation, replaces))?;
    match (ended, replaces) {
        (0, _) => Ok(()),
        (_, true) => {
            audit::note(conn, &format!("adapter {}", holder.name), "replaced its key", &holder.name, now)
        }
        (_, false) => audit::note(conn, "system", "ended a key's rotation", &holder.name, now),
    }
}

/// Revokes a key: it is refused from the next request on. Revoking twice changes nothing.
///
/// # Errors
/// `NotFound` when there is no such key.
pub fn revoke(conn: &Connection, key_id: i64, by: &str, now: Timestamp) -> Result<(), StoreError> {
    let adapter: String = conn
        .query_row(
            "SELECT adapters.name FROM keys JOIN adapters ON adapters.id = keys.adapter WHERE keys.id = ?1",
            [key_id],
            |row| row.get(0),
        )
        .optional()?
        .ok_or(StoreError::NotFound("key"))?;
    let revoked = conn.execute(
        "UPDATE keys SET revoked = ?2, revoked_by = ?3 WHERE id = ?1 AND revoked IS NULL",
        (key_id, now.0, by),
    )?;
    if revoked == 0 {
        return Ok(());
    }
    audit::note(conn, by, "revoked a key", &format!("{adapter}, key {key_id}"), now)
}

/// Revokes every key of an adapter, and its unused codes; says how many keys.
///
/// # Errors
/// `NotFound` when there is no such adapter.
pub fn revoke_all(conn: &Connection, adapter: &str, by: &str, now: Timestamp) -> Result<usize, StoreError> {
    let adapter_id = super::find_adapter(conn, adapter)?.ok_or(StoreError::NotFound("adapter"))?;
    conn.execute("DELETE FROM enrolment_codes WHERE adapter = ?1 AND used IS NULL", [adapter_id])?;
    let mut select = conn.prepare("SELECT id FROM keys WHERE adapter = ?1 AND revoked IS NULL")?;
    let keys: Vec<i64> = select.query_map([adapter_id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    keys.iter().try_for_each(|key| revoke(conn, *key, by, now))?;
    Ok(keys.len())
}
