//! What can go wrong with people and passwords; each text is fit for the person who caused it.

use thiserror::Error;

use super::password::{LENGTH_MAX, LENGTH_MIN};
use crate::store::StoreError;

/// Why a person could not be added or let in.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// A name that cannot be one.
    #[error("a name is 1 to 64 letters, digits or any of . _ - @")]
    Name,
    /// There is somebody of that name.
    #[error("there is a user {0:?} already: choose another name")]
    Taken(String),
    /// There is nobody of that name.
    #[error("there is no user {0:?}: see how the name is written")]
    Unknown(String),
    /// Without an admin nobody could manage adapters, keys and people.
    #[error(
        "{0} is the last admin: make another user admin first, with `platform user role NAME --role admin`"
    )]
    LastAdmin(String),
    /// Too short or too long.
    #[error("a password has {LENGTH_MIN} to {LENGTH_MAX} characters")]
    Password,
    /// A set-up link that is unknown, used or expired, or somebody exists already.
    #[error(
        "this set-up link is used or expired: start the platform again for a new one, or add a user on the command line"
    )]
    Link,
    /// No such role.
    #[error("a role is admin or technician")]
    Role,
    /// The password could not be hashed: a defect, or no memory.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
