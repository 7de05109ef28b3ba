//! `adapter update`: what a release is worth, before anybody installs it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use release::Time;

use super::{Failure, drive, fault, say, system, usage};
use crate::clock::Clock;
use crate::update::{self, Question, Verdict};

/// The bundle is not good.
pub(super) const REFUSED: u8 = 3;
/// The bundle is good, and holds nothing for this box.
pub(super) const NOTHING: u8 = 4;
/// Where the appliance's image has the root that it trusts, on a file system that cannot be written to.
pub(super) const ROOT: &str = "/usr/lib/oneway/root.signed";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Say what a release holds, and whether it would be taken and why. Nothing is installed and nothing is written.
    ///
    /// Exit code: 0 it would be taken, 3 it is refused, 4 it is good and there is nothing in it for this box; 1 it could
    /// not be read, 2 the command line is wrong.
    Check(Check),
    /// Take a new system, on a box of the appliance's image: what its services call.
    #[command(subcommand)]
    System(system::Command),
}

#[derive(clap::Args)]
pub(super) struct Check {
    /// A folder, such as on a stick, or the address of one, such as https://updates.example.com/oneway/.
    #[arg(value_name = "FOLDER_OR_URL")]
    at: String,
    /// The root that this box trusts.
    #[arg(long, value_name = "FILE", default_value = ROOT)]
    root: PathBuf,
    /// The bundle that this box has installed: nothing older than it is taken.
    #[arg(long, value_name = "FOLDER")]
    installed: Option<PathBuf>,
    /// The certificate authority of the server, in PEM form; without it, the public ones.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    let check = match command {
        Command::Check(check) => check,
        Command::System(command) => return system::run(command),
    };
    let question = Question {
        at: &check.at,
        root: &check.root,
        installed: check.installed.as_deref(),
        ca_file: check.ca_file.as_deref(),
        now: Time::from_seconds(Clock::system().now().0.div_euclid(1000)),
    };
    let verdict = drive(async {
        let checked = update::check(&question).await;
        checked.map_err(|error| if error.is_usage() { usage(error) } else { fault(error) })
    })?;
    match check.format {
        Format::Text => say(&verdict.text())?,
        Format::Json => say(&format!("{:#}", verdict.json()))?,
    }
    Ok(match verdict {
        Verdict::Taken(..) => ExitCode::SUCCESS,
        Verdict::Refused(_) => ExitCode::from(REFUSED),
        Verdict::Unfit(..) | Verdict::Same(_) => ExitCode::from(NOTHING),
    })
}
