//! The front door under load: one window of 2,048 events as Filebeat sends them, again and again over several
//! connections, and what a server makes of it. Each server is a process of its own, so that
//! its CPU time and its memory are its alone; the senders are in the process that measures.
//!
//! Every connection is a printer of its own, known by its own loopback address. The window is always the same:
//! nothing on the way to the platform drops a reading because it came before, so it costs what a new one would.

mod measure;
mod oneway;
mod peer;
mod report;
mod sender;
mod server;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::builder::RangedI64ValueParser;
use clap::{Parser, ValueEnum as _, value_parser};

use measure::Plan;
use report::Report;
use sender::Until;
use server::Peer;

/// Measures the Beats front door beside ferro-lumberjack with serde_json, in rounds that take turns.
#[derive(Debug, Parser)]
struct Options {
    /// Seconds that the senders send in each round.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Windows that each connection sends in each round, instead of for some seconds, as for a profile.
    #[arg(long)]
    windows: Option<u64>,
    /// Rounds of each server at each number of connections.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Connections at once, one measurement each.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4], value_parser = connections())]
    connections: Vec<u8>,
    /// Only this server, as for a profile.
    #[arg(long)]
    only: Option<Peer>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be the adapter, and nothing else: how the benchmark starts itself.
    #[arg(long, hide = true)]
    serve: bool,
}

fn connections() -> RangedI64ValueParser<u8> {
    value_parser!(u8).range(1..=i64::from(oneway::PRINTERS))
}

/// Runs the benchmark, or one of its servers, as the command line says.
pub fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.serve {
        true => server::main(),
        false => measure(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no one left to tell when even that cannot be printed.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<()> {
    let peers = options.only.map_or(Peer::value_variants().to_vec(), |peer| vec![peer]);
    let programs =
        peers.into_iter().map(|peer| Ok((peer, server::program(peer)?))).collect::<Result<Vec<_>>>()?;
    let seconds = Duration::try_from_secs_f64(options.seconds).context("--seconds")?;
    let until = options.windows.map_or(Until::Time(seconds), Until::Windows);
    let mut report = Report::default();
    for connections in &options.connections {
        let plan = Plan::new(*connections, until);
        // In turns, so that whatever else the machine does meets all of them.
        for _ in 0..options.rounds {
            for (peer, program) in &programs {
                report.add(*peer, *connections, measure::round(*peer, program, &plan)?);
            }
        }
    }
    let text = if options.json { report.json()? } else { report.table() };
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
