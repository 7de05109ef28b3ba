//! One-time codes: an admin sees one once, an adapter exchanges it once for a key.

use std::net::IpAddr;
use std::time::Duration;

use catalog::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use secrecy::{ExposeSecret as _, SecretString};

use super::key::{self, DeviceKey};
use crate::audit;
use crate::secret;
use crate::store::StoreError;

/// How long a code can be used: long enough to walk to the box, too short to lie around.
pub const CODE_LIFE: Duration = Duration::from_secs(15 * 60);

/// A code that enrols one adapter once. `Debug` does not show it.
#[derive(Debug)]
pub struct OneTimeCode {
    code: SecretString,
    /// Until when it can be used.
    pub expires: Timestamp,
}

impl OneTimeCode {
    /// The code, to be shown to the admin once.
    pub fn expose(&self) -> &str {
        self.code.expose_secret()
    }
}

/// What an adapter gets for its code.
#[derive(Debug)]
pub struct Enrolled {
    /// The adapter's name.
    pub adapter: String,
    /// Its new key.
    pub key: DeviceKey,
}

/// Makes a code for the adapter. Earlier unused codes of it stop working.
///
/// # Errors
/// `NotFound` when there is no such adapter.
pub fn new_code(
    conn: &Connection,
    adapter_id: i64,
    by: &str,
    now: Timestamp,
) -> Result<OneTimeCode, StoreError> {
    make_code(conn, adapter_id, Terms { life: CODE_LIFE, replaces: false }, by, now)
}

/// Makes a code whose key, when it is used for the first time, revokes every key that the adapter had before: for a box that is
/// set up anew, by a stick that a person carries there. Earlier unused codes stop working.
///
/// # Errors
/// `NotFound` when there is no such adapter.
pub fn replacing_code(
    conn: &Connection,
    adapter_id: i64,
    life: Duration,
    by: &str,
    now: Timestamp,
) -> Result<OneTimeCode, StoreError> {
    make_code(conn, adapter_id, Terms { life, replaces: true }, by, now)
}

/// What a code is good for.
#[derive(Clone, Copy)]
struct Terms {
    life: Duration,
    /// Whether the first use of its key revokes the keys before it.
    replaces: bool,
}

fn make_code(
    conn: &Connection,
    adapter_id: i64,
    terms: Terms,
    by: &str,
    now: Timestamp,
) -> Result<OneTimeCode, StoreError> {
    let name = name_of(conn, adapter_id)?;
    let code = secret::code()?;
    let expires = Timestamp(now.0 + i64::try_from(terms.life.as_millis()).unwrap_or(0));
    conn.execute("DELETE FROM enrolment_codes WHERE adapter = ?1 AND used IS NULL", [adapter_id])?;
    conn.execute(
        "INSERT INTO enrolment_codes (hash, adapter, created, expires, replaces) VALUES (?1, ?2, ?3, ?4, ?5)",
        (secret::hash_code(&code), adapter_id, now.0, expires.0, terms.replaces),
    )?;
    audit::note(conn, by, "made a one-time code", &name, now)?;
    Ok(OneTimeCode { code, expires })
}

/// Exchanges a code for a key; `None` when it is unknown, used or expired, and the answer does not say which. `from` is the
/// address that it came from, for whoever asks later who had the code.
///
/// # Errors
/// When the store fails.
pub fn redeem(
    conn: &Connection,
    typed: &SecretString,
    from: IpAddr,
    now: Timestamp,
) -> Result<Option<Enrolled>, StoreError> {
    let found: Option<(i64, bool)> = conn
        .prepare_cached(
            "UPDATE enrolment_codes SET used = ?2 WHERE hash = ?1 AND used IS NULL AND expires > ?2
             RETURNING adapter, replaces",
        )?
        .query_row((secret::hash_code(typed), now.0), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((adapter_id, replaces)) = found else { return Ok(None) };
    let adapter = name_of(conn, adapter_id)?;
    let key = key::create(conn, adapter_id, replaces, now)?;
    conn.execute("UPDATE adapters SET enrolled = ?2 WHERE id = ?1", (adapter_id, now.0))?;
    audit::note(
        conn,
        &format!("adapter {adapter}"),
        "enrolled",
        &format!("{adapter}, from {}", from.to_canonical()),
        now,
    )?;
    Ok(Some(Enrolled { adapter, key }))
}

fn name_of(conn: &Connection, adapter_id: i64) -> Result<String, StoreError> {
    conn.query_row("SELECT name FROM adapters WHERE id = ?1", [adapter_id], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::NotFound("adapter"))
}
