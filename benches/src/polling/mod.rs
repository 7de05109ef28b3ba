//! Twenty printers and more, polled at once a second: what that costs the adapter, how the cost grows, and by how much one
//! bad printer moves the others.
//!
//! The adapter is a process of its own, measured by its own `/proc`; this program starts itself in each role.

mod fleet;
mod growth;
mod interfaces;
mod mixture;
mod one_bad;
mod site;
mod stubs;
#[cfg(test)]
mod tests;
pub(crate) mod usage;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures the polling of printers.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    what: What,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Twenty printers of mixed interfaces at 1 s: memory and CPU against the goals.
    Mixture {
        /// How long to measure, after all printers answer.
        #[arg(long, default_value = "60s", value_parser = humantime::parse_duration)]
        time: Duration,
        /// Where the adapter's programs are as they are shipped (`target/release`, after `cargo build --release -p
        /// adapter`); without it, the one in this program, which holds the platform and the simulator too.
        #[arg(long, value_name = "DIRECTORY")]
        shipped: Option<std::path::PathBuf>,
        /// The adapter as two processes: the intake polls.
        #[arg(long)]
        halves: bool,
    },
    /// PIP printers at 1 s, in growing numbers: CPU a poll and memory a printer.
    Growth {
        /// How long to measure each number, after all printers answer.
        #[arg(long, default_value = "30s", value_parser = humantime::parse_duration)]
        time: Duration,
        /// Printers, one measurement each.
        #[arg(long, value_delimiter = ',', default_values_t = [20, 200, 2000])]
        printers: Vec<usize>,
    },
    /// Twenty PIP printers at 1 s, one of which is bad in one way after the other: the others' poll intervals.
    OneBad {
        /// How long each way is measured.
        #[arg(long, default_value = "60s", value_parser = humantime::parse_duration)]
        time: Duration,
    },
    /// Be the adapter, and nothing else: how the growth is measured.
    #[command(hide = true)]
    Serve {
        /// Its configuration files, each with as many printers as one may have.
        files: Vec<std::path::PathBuf>,
    },
}

/// Runs the benchmark, or one of its programs, as the command line says.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(ended) = demo::cli::as_role(&arguments) {
        return ended;
    }
    let options = Options::parse_from(arguments);
    let outcome = match options.what {
        What::Serve { files } => growth::serve(&files),
        What::Mixture { time, shipped, halves } => {
            block_on(mixture::measure(time, mixture::Shape { shipped: shipped.as_deref(), halves }))
        }
        What::Growth { time, printers } => block_on(growth::measure(time, &printers)),
        What::OneBad { time } => block_on(one_bad::measure(time)),
    };
    match outcome.and_then(|table| Ok(writeln!(std::io::stdout(), "{table}")?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no one left to tell when even that cannot be printed.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn block_on(measure: impl Future<Output = Result<String>>) -> Result<String> {
    // The two sides share the machine: the printers get as many threads as the adapter.
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(measure)
}
