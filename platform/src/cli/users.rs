//! `platform user`: who may log in, and as what.

use clap::Subcommand;

use super::{BY, File, open, password_from_stdin};
use crate::identity::{self, Role};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add somebody; the password is read from stdin.
    Add {
        /// The name to log in with.
        name: String,
        /// admin or technician.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        file: File,
    },
    /// Remove somebody and end their sessions. The last admin stays.
    Remove {
        /// The name.
        name: String,
        #[command(flatten)]
        file: File,
    },
    /// Give somebody another password, which is read from stdin, and end their sessions.
    Password {
        /// The name.
        name: String,
        #[command(flatten)]
        file: File,
    },
    /// Give somebody another role and end their sessions. The last admin stays one.
    Role {
        /// The name.
        name: String,
        /// admin or technician.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        file: File,
    },
}

/// Does it, and says what was done.
pub(super) async fn run(command: Command) -> Result<String, super::Failure> {
    let done = match command {
        Command::Add { name, role, file } => {
            let (app, password) = (open(&file.load()?)?, password_from_stdin()?);
            let added = identity::add_user(&app, &name, role, password, BY).await;
            added.map(|()| format!("added {name} as {role}"))
        }
        Command::Remove { name, file } => {
            let removed = identity::remove_user(&*open(&file.load()?)?, &name, BY).await;
            removed.map(|()| format!("removed {name}"))
        }
        Command::Password { name, file } => {
            let (app, password) = (open(&file.load()?)?, password_from_stdin()?);
            let changed = identity::set_password(&app, &name, password, BY).await;
            changed.map(|()| format!("{name} has another password"))
        }
        Command::Role { name, role, file } => {
            let changed = identity::set_role(&*open(&file.load()?)?, &name, role, BY).await;
            changed.map(|()| format!("{name} is {role}"))
        }
    };
    Ok(done.map_err(anyhow::Error::from)?)
}
