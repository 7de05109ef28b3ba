//! What becomes of an account that there is: another password, another role, its end. Each ends the sessions that
//! the account has, in one transaction with the change and its note in the audit trail.

use catalog::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use secrecy::SecretString;

use super::{IdentityError, Role, password};
use crate::app::App;
use crate::audit;
use crate::store::StoreError;

enum Change {
    Remove,
    /// The new password's hash.
    Password(String),
    Role(Role),
}

/// Ends an account.
///
/// # Errors
/// When there is none of that name, or it is the last admin's.
pub async fn remove_user(app: &App, name: &str, by: &str) -> Result<(), IdentityError> {
    make(app, name, Change::Remove, by).await
}

/// Gives an account another password.
///
/// # Errors
/// When there is none of that name, or the password is too short or too long.
pub async fn set_password(
    app: &App,
    name: &str,
    password: SecretString,
    by: &str,
) -> Result<(), IdentityError> {
    let hash = password::hash(password).await?;
    make(app, name, Change::Password(hash), by).await
}

/// Gives an account another role.
///
/// # Errors
/// When there is none of that name, or no admin would be left.
pub async fn set_role(app: &App, name: &str, role: Role, by: &str) -> Result<(), IdentityError> {
    make(app, name, Change::Role(role), by).await
}

async fn make(app: &App, name: &str, change: Change, by: &str) -> Result<(), IdentityError> {
    let (name, by, now) = (name.to_owned(), by.to_owned(), app.clock.now());
    app.store.write(move |conn| write(conn, &name, &change, &by, now)).await?
}

/// A refusal stands before anything is written.
fn write(
    conn: &Connection,
    name: &str,
    change: &Change,
    by: &str,
    now: Timestamp,
) -> Result<Result<(), IdentityError>, StoreError> {
    let select = "SELECT id, role FROM users WHERE name = ?1";
    let found =
        conn.query_row(select, [name], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).optional()?;
    let Some((id, role)): Option<(i64, String)> = found else {
        return Ok(Err(IdentityError::Unknown(name.to_owned())));
    };
    let stays_admin = matches!(change, Change::Password(_) | Change::Role(Role::Admin));
    if role == Role::Admin.name() && !stays_admin && !other_admin(conn, id)? {
        return Ok(Err(IdentityError::LastAdmin(name.to_owned())));
    }
    conn.execute("DELETE FROM sessions WHERE user = ?1", [id])?;
    let what = match change {
        Change::Remove => {
            conn.execute("DELETE FROM users WHERE id = ?1", [id])?;
            "removed a user".to_owned()
        }
        Change::Password(hash) => {
            conn.execute("UPDATE users SET password = ?2 WHERE id = ?1", (id, hash))?;
            "changed a user's password".to_owned()
        }
        Change::Role(role) => {
            conn.execute("UPDATE users SET role = ?2 WHERE id = ?1", (id, role.name()))?;
            format!("made a user {role}")
        }
    };
    audit::note(conn, by, &what, name, now)?;
    Ok(Ok(()))
}

fn other_admin(conn: &Connection, id: i64) -> Result<bool, StoreError> {
    let select = "SELECT EXISTS (SELECT 1 FROM users WHERE role = ?1 AND id <> ?2)";
    Ok(conn.query_row(select, (Role::Admin.name(), id), |row| row.get(0))?)
}
