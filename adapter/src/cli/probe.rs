//! `adapter probe`: what the supervisor has run within a container. It is no command for people, and hidden.

use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, drive, fault, say};
use crate::lifecycle::{Lifecycle, Signals};
use crate::supervise::{Target, look};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Say what can be reached from here and who could call, as JSON.
    Look {
        /// `HOST:PORT`, to be tried over TCP.
        targets: Vec<String>,
    },
    /// Do nothing until SIGTERM: for the time before a half runs, in a container like its own.
    Hold,
}

pub(super) fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Look { targets } => {
            let targets = targets.into_iter().map(Target).collect();
            let findings = drive(async { look(targets).await.map_err(fault) })?;
            say(&serde_json::to_string(&findings).map_err(fault)?)?;
        }
        Command::Hold => drive(async {
            let lifecycle = Lifecycle::new();
            tokio::spawn(lifecycle.clone().watch(Signals::listen().map_err(fault)?));
            lifecycle.soft.cancelled().await;
            Ok(())
        })?,
    }
    Ok(ExitCode::SUCCESS)
}
