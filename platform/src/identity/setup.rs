//! The first start's one-time link, in place of a default password.

use std::time::Duration;

use catalog::Timestamp;
use rusqlite::Connection;
use secrecy::{ExposeSecret as _, SecretString};

use super::user::{self, Role};
use super::{IdentityError, any_user, password};
use crate::app::App;
use crate::secret;
use crate::store::StoreError;

/// How long the link works.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// The secret of a set-up link. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct SetupToken(SecretString);

impl SetupToken {
    /// A token as it came in a link.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// The token, for the link.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Makes the link when there is no user yet; an earlier link stops working.
///
/// # Errors
/// When the store fails.
pub fn make_setup_link(conn: &Connection, now: Timestamp) -> Result<Option<SetupToken>, StoreError> {
    conn.execute("DELETE FROM setup_links WHERE used IS NULL", [])?;
    if any_user(conn)? {
        return Ok(None);
    }
    let token = secret::token()?;
    let expires = now.0 + i64::try_from(LIFE.as_millis()).unwrap_or(0);
    conn.execute(
        "INSERT INTO setup_links (hash, created, expires) VALUES (?1, ?2, ?3)",
        (secret::hash(&token), now.0, expires),
    )?;
    Ok(Some(SetupToken(token)))
}

/// Whether the link can still be used, to show its form or to say that it cannot.
///
/// # Errors
/// When the store fails.
pub fn setup_link_works(conn: &Connection, token: &SetupToken, now: Timestamp) -> Result<bool, StoreError> {
    let select =
        "SELECT EXISTS (SELECT 1 FROM setup_links WHERE hash = ?1 AND used IS NULL AND expires > ?2)";
    let known: bool = conn.query_row(select, (secret::hash(&token.0), now.0), |row| row.get(0))?;
    Ok(known && !any_user(conn)?)
}

/// Makes the first admin with the link, which works once.
///
/// # Errors
/// `Link` when the link is unknown, used or expired; `Name` and `Password` leave the link usable.
pub async fn use_setup_link(
    app: &App,
    token: &SetupToken,
    name: &str,
    password: SecretString,
) -> Result<(), IdentityError> {
    user::check_name(name)?;
    let (token, now) = (token.clone(), app.clock.now());
    let asked = token.clone();
    // Asked before the hashing as well, so that a stranger cannot make the platform hash.
    if !app.store.read(move |conn| setup_link_works(conn, &asked, now)).await? {
        return Err(IdentityError::Link);
    }
    let hash = password::hash(password).await?;
    let name = name.to_owned();
    let made = app.store.write(move |conn| {
        if !setup_link_works(conn, &token, now)? {
            return Ok(false);
        }
        conn.execute("UPDATE setup_links SET used = ?2 WHERE hash = ?1", (secret::hash(&token.0), now.0))?;
        user::insert(conn, &name, Role::Admin, &hash, "set-up link", now)?;
        Ok(true)
    });
    if made.await.map_err(user::taken)? { Ok(()) } else { Err(IdentityError::Link) }
}
