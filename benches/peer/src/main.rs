//! The peer of the front door's benchmark: `ferro-lumberjack`'s server as its documentation says to use it, and a
//! tree of `serde_json` for each event, which is what one who takes it would do first. It makes no readings,
//! knows no senders, and acknowledges before anything is stored.
//!
//! Prints its address, serves until standard input ends, prints what it counted and used.

use std::hint::black_box;
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use ferro_lumberjack::ProtocolError;
use ferro_lumberjack::server::{Listener, Server, ServerConnection};
use procfs::process::Process;
use serde_json::{Value, json};

/// As many as the adapter's own program has.
const WORKERS: usize = 2;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let events = Arc::<AtomicU64>::default();
    let listener = runtime.block_on(Server::builder().bind("127.0.0.1:0"))?;
    say(&listener.local_addr()?)?;
    runtime.spawn(accept(listener, Arc::clone(&events)));
    // Ends when the measuring process closes it, or is no more.
    io::stdin().read_to_end(&mut Vec::new())?;
    say(&used(events.load(Ordering::Relaxed))?)
}

async fn accept(listener: Listener, events: Arc<AtomicU64>) -> Result<(), ProtocolError> {
    loop {
        tokio::spawn(read(listener.accept().await?, Arc::clone(&events)));
    }
}

async fn read(mut connection: ServerConnection, events: Arc<AtomicU64>) -> Result<(), ProtocolError> {
    while let Some(window) = connection.read_window().await? {
        for event in &window.events {
            if let Ok(tree) = serde_json::from_slice::<Value>(&event.payload) {
                black_box(tree);
                events.fetch_add(1, Ordering::Relaxed);
            }
        }
        connection.send_ack(window.last_seq).await?;
    }
    Ok(())
}

/// As `benches::front_door` reads it, and by the same means as the adapter is measured.
fn used(events: u64) -> Result<Value> {
    let process = Process::myself()?;
    let (stat, status) = (process.stat()?, process.status()?);
    let cpu_seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
    let memory_peak_bytes = status.vmhwm.context("the kernel counts no peak memory")? * 1024;
    Ok(json!({
        "events": events,
        "readings": 0,
        "cpu_seconds": cpu_seconds,
        "memory_peak_bytes": memory_peak_bytes,
    }))
}

fn say(line: &impl ToString) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", line.to_string())?;
    Ok(out.flush()?)
}
