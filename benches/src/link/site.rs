//! The demo's twenty printers, served by `adapter run` and by `adapter intake` with `adapter uplink`, in turns.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use demo::program::{Launcher, Program};
use demo::site::{Plan, Site};
use serde_json::Value;
use tokio::time::sleep;

use crate::polling::usage::{Usage, megabytes};

const PRINTERS: usize = 20;
const LINES_PER_SECOND: f64 = 4.0;
/// Connections, first values and certificates are behind it then.
const WARM_UP: Duration = Duration::from_secs(8);

/// What was measured of one round.
struct Row {
    readings: f64,
    /// Of all the adapter's processes together.
    cpu_us_per_reading: f64,
    memory_bytes: u64,
    latency_p50_ms: f64,
    latency_p99_ms: f64,
}

/// Measures both in turns, and gives a table with the ratio of their means.
pub(super) async fn measure(time: Duration, rounds: usize) -> Result<String> {
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        one.push(round(&["run"], time).await?);
        two.push(round(&["uplink", "intake"], time).await?);
    }
    Ok(table(&one, &two))
}

async fn round(commands: &[&'static str], time: Duration) -> Result<Row> {
    let directory = tempfile::Builder::new().prefix("oneway-link-").tempdir()?;
    let plan = Plan {
        printers: PRINTERS,
        lines_per_second: LINES_PER_SECOND,
        tailed_every: 5,
        faults: Vec::new(),
        port: None,
    };
    let site = Site::prepare(directory.path(), Launcher::new(std::env::current_exe()?), plan)?;
    let platform = site.start_platform().await?;
    let simulator = site.start_simulator().await?;
    site.enrol().await?;
    let mut programs = Vec::new();
    for command in commands {
        let mut program = site.start_half(command)?;
        program.ready().await?;
        programs.push(program);
    }
    sleep(WARM_UP).await;
    let (stored, used) = (stored(&site).await?, usage(&programs)?);
    sleep(time).await;
    let report = site.stored().await?;
    let after = usage(&programs)?;
    let readings = number(&report, "/readings_stored")? - stored;
    // What is downstream stops last.
    while let Some(program) = programs.pop() {
        program.stop().await?;
    }
    simulator.stop().await?;
    platform.stop().await?;
    Ok(Row {
        readings,
        cpu_us_per_reading: (after.0 - used.0) * 1e6 / readings,
        memory_bytes: after.1,
        latency_p50_ms: number(&report, "/records/latency_p50_ms")?,
        latency_p99_ms: number(&report, "/records/latency_p99_ms")?,
    })
}

async fn stored(site: &Site) -> Result<f64> {
    number(&site.stored().await?, "/readings_stored")
}

/// Processor time in seconds and anonymous memory, of all together.
fn usage(programs: &[Program]) -> Result<(f64, u64)> {
    let mut all = (0.0, 0);
    for program in programs {
        let usage = Usage::of(program.pid()?)?;
        all = (all.0 + usage.cpu_seconds, all.1 + usage.memory_anonymous_bytes);
    }
    Ok(all)
}

fn number(report: &Value, pointer: &str) -> Result<f64> {
    report.pointer(pointer).and_then(Value::as_f64).with_context(|| format!("no number at {pointer}"))
}

fn table(one: &[Row], two: &[Row]) -> String {
    let mut out = String::from(concat!(
        "| the adapter as | readings a round | CPU µs a reading | memory not of the file, MB ",
        "| p50, ms | p99, ms |\n|---|---|---|---|---|---|",
    ));
    for (name, rows) in [("one process", one), ("two processes", two)] {
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n| {name} | {:.0} | {:.1} | {:.1} | {:.0} | {:.0} |",
            mean(rows, |row| row.readings),
            mean(rows, |row| row.cpu_us_per_reading),
            mean(rows, |row| megabytes(row.memory_bytes)),
            mean(rows, |row| row.latency_p50_ms),
            mean(rows, |row| row.latency_p99_ms),
        );
    }
    let ratio = mean(two, |row| row.cpu_us_per_reading) / mean(one, |row| row.cpu_us_per_reading);
    let _ = write!(out, "\n\ntwo processes take {ratio:.2} times the CPU of one");
    out
}

#[expect(clippy::cast_precision_loss, reason = "some rounds")]
fn mean(rows: &[Row], of: impl Fn(&Row) -> f64) -> f64 {
    rows.iter().map(of).sum::<f64>() / rows.len() as f64
}
