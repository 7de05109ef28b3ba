//! People: who they are, how they log in, and for how long. Passwords are hashed with argon2id on the
//! blocking pool, never on the store's writer; sessions and set-up links are random tokens of which the
//! store holds only hashes.

mod account;
mod error;
mod guard;
mod password;
mod session;
mod setup;
mod user;

pub use account::{remove_user, set_password, set_role};
pub use error::IdentityError;
pub use guard::Guard;
pub use session::{LogIn, SessionToken, current, log_in, log_out};
pub use setup::{SetupToken, make_setup_link, setup_link_works, use_setup_link};
pub use user::{Role, User, add_user, any_user};

#[cfg(test)]
mod tests;
