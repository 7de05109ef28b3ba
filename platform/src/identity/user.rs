//! Users and their roles.

use std::fmt;
use std::str::FromStr;

use catalog::Timestamp;
use rusqlite::Connection;
use secrecy::SecretString;

use super::{IdentityError, password};
use crate::app::App;
use crate::audit;
use crate::store::StoreError;

/// Longest name, in bytes.
const NAME_LENGTH_MAX: usize = 64;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything, and adapters, keys and the audit trail.
    Admin,
    /// See and acknowledge.
    Technician,
}

impl Role {
    /// The word in the table and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Technician => "technician",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "admin" => Ok(Self::Admin),
            "technician" => Ok(Self::Technician),
            _ => Err(IdentityError::Role),
        }
    }
}

/// Somebody who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The row.
    pub id: i64,
    /// The name.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Adds a user.
///
/// # Errors
/// When the name is taken or cannot be one, or the password is too short.
pub async fn add_user(
    app: &App,
    name: &str,
    role: Role,
    password: SecretString,
    by: &str,
) -> Result<(), IdentityError> {
    check_name(name)?;
    let hash = password::hash(password).await?;
    let (name, by, now) = (name.to_owned(), by.to_owned(), app.clock.now());
    app.store.write(move |conn| insert(conn, &name, role, &hash, &by, now)).await.map_err(taken)
}

/// Whether there is any user: without one, the first start makes a set-up link.
///
/// # Errors
/// When the store fails.
pub fn any_user(conn: &Connection) -> Result<bool, StoreError> {
    Ok(conn.query_row("SELECT EXISTS (SELECT 1 FROM users)", [], |row| row.get(0))?)
}

pub(super) fn check_name(name: &str) -> Result<(), IdentityError> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte));
    if plain && (1..=NAME_LENGTH_MAX).contains(&name.len()) { Ok(()) } else { Err(IdentityError::Name) }
}

/// Inserts the row; a taken name is `Conflict` with the name as its text.
pub(super) fn insert(
    conn: &Connection,
    name: &str,
    role: Role,
    hash: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let inserted = conn.execute(
        "INSERT OR IGNORE INTO users (name, role, password, created) VALUES (?1, ?2, ?3, ?4)",
        (name, role.name(), hash, now.0),
    )?;
    if inserted == 0 {
        return Err(StoreError::Conflict(name.to_owned()));
    }
    audit::note(conn, by, &format!("added a user as {role}"), name, now)
}

pub(super) fn taken(error: StoreError) -> IdentityError {
    match error {
        StoreError::Conflict(name) => IdentityError::Taken(name),
        error => error.into(),
    }
}
