//! What it costs to run the adapter as two processes: the link alone, and the same site served by one process and by
//! two, one after the other in one run.

mod alone;
mod site;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;

/// Measures the link between the halves of the adapter against one process.
#[derive(Debug, Parser)]
struct Options {
    /// How long each is measured, after data flows.
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration)]
    time: Duration,
    /// Times that one process and two take turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Batches over the link alone.
    #[arg(long, default_value_t = 2000)]
    batches: u32,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Runs the benchmark, or one of its programs, as the command line says.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(ended) = demo::cli::as_role(&arguments) {
        return ended;
    }
    let outcome = measure(&Options::parse_from(arguments));
    match outcome.and_then(|text| Ok(writeln!(std::io::stdout(), "{text}")?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no one left to tell when even that cannot be printed.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let alone = alone::measure(options.batches).await?;
        let site = site::measure(options.time, options.rounds).await?;
        Ok(format!("{alone}\n\n{site}"))
    })
}
