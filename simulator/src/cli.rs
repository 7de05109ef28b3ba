//! The command line.

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::control;
use crate::health;
use crate::lifecycle::{self, RunError};

/// Threads of the runtime: a fleet of twenty needs a fraction of one.
const WORKERS: usize = 2;
/// Ended with a fault while running.
const FAULT: u8 = 1;
/// The configuration or the command line is wrong.
const USAGE: u8 = 2;

/// A fleet of printers that speaks the real protocols.
#[derive(Parser)]
#[command(name = "simulator", version)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs a fleet. Commands on the standard input: `fault PRINTER KIND`, `clear PRINTER`, `write LINES`, `stop`.
    Run {
        /// The fleet's TOML file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Asks the fleet that runs with this file whether it still does anything; ends with 1 if not.
    Health {
        /// The fleet's TOML file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

/// Runs the program with these arguments, the program's name first.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let task = match Arguments::try_parse_from(args) {
        Ok(arguments) => arguments.command,
        Err(error) => {
            // Nothing can be done about a terminal that is gone.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE));
        }
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Another role of the same process may have set it already.
    let colours = io::stderr().is_terminal();
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(io::stderr)
        .try_init();
    match task {
        Task::Run { config: file } => match Config::load(&file) {
            Ok(config) => run(&config, &file),
            Err(error) => report(&error, USAGE),
        },
        Task::Health { config } => health(&config),
    }
}

fn health(config: &Path) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(health::ask(config))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error, FAULT),
    }
}

fn run(config: &Config, file: &Path) -> ExitCode {
    // Fails only when a provider is installed already, and there is but one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let ran = match runtime {
        Ok(runtime) => runtime.block_on(lifecycle::run(config, file, control::standard_input())),
        Err(error) => Err(RunError::Io(error)),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ RunError::Start(_)) => report(&error, USAGE),
        Err(error) => report(&error, FAULT),
    }
}

fn report(error: &(dyn Error + 'static), code: u8) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    tracing::error!("{text}");
    ExitCode::from(code)
}
