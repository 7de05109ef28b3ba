//! The programs of the halves' images: what a half needs where it runs, under the words that the whole program has for it.
//! What cannot be told to run is not linked. So whoever takes the intake over finds no way to the platform in it, the
//! uplink cannot speak with a printer, and neither with a container engine; and each is half the size.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Subcommand;

use super::{Commands, Enrol, Failure, File, Tap, enrol, halves, of, probe, status, tap};

#[derive(Subcommand)]
enum OfIntake {
    /// Run until SIGTERM or SIGINT. It has no key and needs no route out.
    Intake(File),
    /// Say what the running intake does, and who was refused.
    Status(status::Arguments),
    /// Print every row that would leave, and let none leave; sources keep their data.
    Tap(Tap),
    /// Look around within a container, for the supervisor.
    #[command(subcommand, hide = true)]
    Probe(probe::Command),
}

impl Commands for OfIntake {
    fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Intake(file) => halves::intake(&file),
            Self::Status(arguments) => status::run(&arguments),
            Self::Tap(arguments) => tap(&arguments),
            Self::Probe(command) => probe::run(command),
        }
    }
}

#[derive(Subcommand)]
enum OfUplink {
    /// Run until SIGTERM or SIGINT. It has the key and needs no route to the printers.
    Uplink(halves::Uplink),
    /// Say what the running uplink does.
    Status(status::Arguments),
    /// Exchange a one-time code, read from standard input, for the adapter's key.
    Enrol(Enrol),
    /// Look around within a container, for the supervisor.
    #[command(subcommand, hide = true)]
    Probe(probe::Command),
}

impl Commands for OfUplink {
    fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Uplink(arguments) => halves::uplink(arguments),
            Self::Status(arguments) => status::run(&arguments),
            Self::Enrol(arguments) => enrol(&arguments),
            Self::Probe(command) => probe::run(command),
        }
    }
}

/// Runs the intake's own program with these arguments, the first of which is its own name.
pub fn intake(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    of::<OfIntake>(arguments)
}

/// Runs the uplink's own program with these arguments, the first of which is its own name.
pub fn uplink(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    of::<OfUplink>(arguments)
}
