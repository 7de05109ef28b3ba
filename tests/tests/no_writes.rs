//! Promise P2: nothing is written to disk on the adapter. The system's own trace of its calls says so.

use std::fs;

use anyhow::Result;
use demo::program::Launcher;
use demo::report::Footprint;
use demo::site::Plan;
use tests::{Bench, number};

/// Calls that make, change, move or remove something on a filesystem, besides opening for writing.
const CHANGING: [&str; 11] = [
    "creat(", "rename", "unlink", "mkdir", "rmdir", "link(", "linkat(", "symlink", "truncate", "mknod", "chmod",
];

#[tokio::test]
async fn the_running_adapter_opens_no_file_for_writing() -> Result<()> {
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
    let plan =
        Plan { printers: 5, lines_per_second: 20.0, tailed_every: 5, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), launcher.clone(), plan)?;
    let site = &bench.site;
    let platform = site.start_platform().await?;
    let mut simulator = site.start_simulator().await?;
    site.enrol().await?;

    let trace = site.file("adapter.trace");
    let trace_name = trace.display().to_string();
    // `-D`: the adapter stays our child, so that it is the one that is asked to stop.
    let strace = ["strace", "-D", "-f", "-qq", "-e", "trace=%file,ftruncate,fchmod", "-o", &trace_name];
    let traced = launcher.within(strace.map(str::to_owned).to_vec());
    let configuration = site.configuration("adapter");
    let mut adapter = traced.start("adapter", &["run", "--config", &configuration], &site.directory)?;
    adapter.ready().await?;

    let enough = |report: &serde_json::Value| {
        number(report, "/log_records/distinct").is_ok_and(|distinct| distinct >= 500)
    };
    bench.until_stored("five hundred lines through the traced adapter", enough).await?;
    let footprint = Footprint::of(adapter.pid()?)?;
    simulator.send("stop").await?;
    simulator.ended().await?;
    adapter.stop().await?;
    platform.stop().await?;

    assert_eq!(footprint.bytes_written(), 0, "{footprint:?}");
    let trace = fs::read_to_string(&trace)?;
    assert!(trace.contains("openat("), "the trace is empty: strace cannot trace here");
    let writing: Vec<&str> = trace.lines().filter(|line| writes(line)).collect();
    assert!(writing.is_empty(), "{writing:#?}");
    Ok(())
}

fn writes(call: &str) -> bool {
    let opens = call.contains("open");
    let for_writing = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"].iter().any(|flag| call.contains(flag));
    (opens && for_writing) || CHANGING.iter().any(|name| call.contains(name))
}
