//! Who did what, for the admins' page: written in the same transaction as what was done.

use catalog::Timestamp;
use rusqlite::Connection;

use crate::store::StoreError;

/// Notes that somebody did something. `who` is a user's name, `adapter NAME`, `command line` or `system`;
/// `what` is a verb phrase in the past such as `revoked a key`; `subject` names what it was done to and never
/// holds a secret.
///
/// # Errors
/// When the store fails.
pub fn note(
    conn: &Connection,
    who: &str,
    what: &str,
    subject: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO audit (time, who, what, subject) VALUES (?1, ?2, ?3, ?4)")?
        .execute((now.0, who, what, subject))?;
    Ok(())
}
