//! Logging in, staying in, and out.

use std::net::IpAddr;
use std::time::Duration;

use catalog::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use secrecy::{ExposeSecret as _, SecretString};

use super::{IdentityError, User, password};
use crate::app::App;
use crate::audit;
use crate::secret::{self, SecretHash};
use crate::store::StoreError;

/// A session ends after this long without a request.
const IDLE: Duration = Duration::from_secs(12 * 3600);

/// A session ends this long after logging in, used or not.
const LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// How exact `last_used` is; a write for each request would be of no use.
const LAST_USED_STEP: Duration = Duration::from_secs(60);

/// The secret of a session, for a cookie. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct SessionToken(SecretString);

impl SessionToken {
    /// A token as it came in a cookie.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// The token, for the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What came of a log-in.
#[derive(Debug)]
pub enum LogIn {
    /// The password was right.
    In(SessionToken),
    /// The name or the password was wrong; which of them is not said.
    Wrong,
    /// Too many wrong ones from this address or for this name; nothing was looked at.
    TooMany {
        /// After how long to try again.
        retry_after: Duration,
    },
}

/// Logs somebody in.
///
/// # Errors
/// When the store fails or the password cannot be hashed.
pub async fn log_in(
    app: &App,
    name: &str,
    password: SecretString,
    address: IpAddr,
) -> Result<LogIn, IdentityError> {
    let now = app.clock.now();
    if let Err(retry_after) = app.guard.log_in(name, address, now) {
        return Ok(LogIn::TooMany { retry_after });
    }
    let found = find(app, name).await?;
    let right = password::verify(password, found.as_ref().map(|known| known.password.clone())).await?;
    let (Some(known), true) = (found, right) else {
        return Ok(wrong(address));
    };
    let token = secret::token().map_err(StoreError::from)?;
    let (hash, who) = (secret::hash(&token), name.to_owned());
    if !app.store.write(move |conn| open(conn, &known, &who, &hash, now)).await? {
        return Ok(wrong(address));
    }
    app.guard.log_in_was_right(name, address, now);
    Ok(LogIn::In(SessionToken(token)))
}

fn wrong(address: IpAddr) -> LogIn {
    tracing::warn!(%address, "a log-in was refused");
    LogIn::Wrong
}

/// Who the session belongs to; `None` when it is unknown or over.
///
/// # Errors
/// When the store fails.
pub async fn current(app: &App, token: &SessionToken) -> Result<Option<User>, IdentityError> {
    let (hash, now) = (secret::hash(&token.0), app.clock.now());
    let found = app.store.read(move |conn| session(conn, &hash, now)).await?;
    let Some((user, last_used)) = found else { return Ok(None) };
    if now.0 - last_used.0 >= millis(LAST_USED_STEP) {
        // On a full disk people must still see what the store holds.
        if let Err(error) = app.store.write(move |conn| touch(conn, &hash, now)).await {
            tracing::warn!(%error, "the use of a session was not noted; it may end early");
        }
    }
    Ok(Some(user))
}

/// Ends the session. One that is over already stays so.
///
/// # Errors
/// When the store fails.
pub fn log_out(conn: &Connection, token: &SessionToken) -> Result<(), StoreError> {
    conn.execute("DELETE FROM sessions WHERE hash = ?1", [secret::hash(&token.0)])?;
    Ok(())
}

/// An account as it was when its password was compared.
pub(super) struct Known {
    user: i64,
    password: String,
}

pub(super) async fn find(app: &App, name: &str) -> Result<Option<Known>, StoreError> {
    let name = name.to_owned();
    let select = "SELECT id, password FROM users WHERE name = ?1";
    app.store
        .read(move |conn| {
            let known = |row: &rusqlite::Row<'_>| Ok(Known { user: row.get(0)?, password: row.get(1)? });
            Ok(conn.query_row(select, [&name], known).optional()?)
        })
        .await
}

/// Opens a session, unless the account ended or got another password while this one was compared.
pub(super) fn open(
    conn: &Connection,
    known: &Known,
    name: &str,
    hash: &SecretHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // The table is kept small by those who come in.
    conn.execute("DELETE FROM sessions WHERE expires <= ?1 OR last_used <= ?1 - ?2", (now.0, millis(IDLE)))?;
    let opened = conn.execute(
        "INSERT INTO sessions (hash, user, created, last_used, expires)
         SELECT ?1, id, ?3, ?3, ?4 FROM users WHERE id = ?2 AND password = ?5",
        (hash, known.user, now.0, now.0 + millis(LIFE), &known.password),
    )?;
    if opened == 0 {
        return Ok(false);
    }
    audit::note(conn, name, "logged in", name, now)?;
    Ok(true)
}

fn session(
    conn: &Connection,
    hash: &SecretHash,
    now: Timestamp,
) -> Result<Option<(User, Timestamp)>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT users.id, users.name, users.role, sessions.last_used
         FROM sessions JOIN users ON users.id = sessions.user
         WHERE sessions.hash = ?1 AND sessions.expires > ?2 AND sessions.last_used > ?2 - ?3",
    )?;
    let row = select
        .query_row((hash, now.0, millis(IDLE)), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, Timestamp(row.get(3)?)))
        })
        .optional()?;
    // A role that this program does not know lets nobody in.
    Ok(row.and_then(|(id, name, role, used)| Some((User { id, name, role: role.parse().ok()? }, used))))
}

fn touch(conn: &Connection, hash: &SecretHash, now: Timestamp) -> Result<(), StoreError> {
    conn.execute("UPDATE sessions SET last_used = ?2 WHERE hash = ?1", (hash, now.0))?;
    Ok(())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
