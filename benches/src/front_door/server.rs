//! The process that is measured: a server, until its standard input ends, and then what it counted and used.

use std::future::Future;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use procfs::process::Process;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{oneway, peer};

/// As many as the adapter's own program has.
const WORKERS: usize = 2;

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Peer {
    /// The adapter, with a platform that stores at once.
    Oneway,
    /// `ferro-lumberjack` as a registry gives it, with `serde_json` for each event.
    Ferro,
    /// The same, but it inflates with the library that the adapter inflates with.
    FerroZlibRs,
}

/// What came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) events: u64,
    /// Catalogued values; none where a server makes none.
    pub(super) readings: u64,
}

/// What came in and what it cost, from the start of the process to its end.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Used {
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// User and system.
    pub(super) cpu_seconds: f64,
    pub(super) memory_peak_bytes: u64,
}

/// Says where a server listens, and tells it when to stop.
pub(super) struct Control {
    pub(super) bound: oneshot::Sender<SocketAddr>,
    pub(super) stop: CancellationToken,
}

/// The program of a server, built if it is not.
///
/// # Errors
/// It cannot be built.
pub(super) fn program(server: Peer) -> Result<PathBuf> {
    match server {
        Peer::Oneway => Ok(std::env::current_exe()?),
        Peer::Ferro => peer::build(false),
        Peer::FerroZlibRs => peer::build(true),
    }
}

/// Is the adapter: prints its address, serves until standard input ends, prints what it used.
pub(super) fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("Oneway")
        .enable_all()
        .build()?;
    let counts = runtime.block_on(drive(oneway::serve))?;
    say(&serde_json::to_string(&used(counts)?)?)
}

async fn drive<F: Future<Output = Result<Counts>>>(serve: impl FnOnce(Control) -> F) -> Result<Counts> {
    let stop = CancellationToken::new();
    let (bound, address) = oneshot::channel();
    let served = serve(Control { bound, stop: stop.clone() });
    let told = async {
        // A server that could not start says why itself.
        let Ok(address) = address.await else { return Ok(()) };
        say(&address.to_string())?;
        // Ends when the measuring process closes it, or is no more.
        tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await??;
        stop.cancel();
        Ok(())
    };
    let (counts, told) = futures::join!(served, told);
    told.and(counts)
}

fn used(counts: Counts) -> Result<Used> {
    let process = Process::myself()?;
    let (stat, status) = (process.stat()?, process.status()?);
    #[expect(clippy::cast_precision_loss, reason = "ticks of minutes")]
    let cpu_seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
    let memory_peak_bytes = status.vmhwm.context("the kernel counts no peak memory")? * 1024;
    Ok(Used { counts, cpu_seconds, memory_peak_bytes })
}

fn say(line: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
