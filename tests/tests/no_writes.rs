//! Promise P2: nothing is written to disk on the adapter. The system's own trace of its calls says so.

use std::fs;

use anyhow::Result;
use demo::program::Launcher;
use demo::report::Footprint;
use demo::site::Plan;
use tests::trace::{strace, writes};
use tests::{Bench, number};

#[tokio::test]
async fn the_running_adapter_opens_no_file_for_writing() -> Result<()> {
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
    let plan = Plan { printers: 5, lines_per_second: 20.0, tailed_every: 5, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), launcher.clone(), plan)?;
    let site = &bench.site;
    let platform = site.start_platform().await?;
    let mut simulator = site.start_simulator().await?;
    site.enrol().await?;

    let trace = site.file("adapter.trace");
    let traced = launcher.within(strace(&trace));
    let configuration = site.configuration("adapter");
    let mut adapter = traced.start("adapter", &["run", "--config", &configuration], &site.directory)?;
    adapter.ready().await?;
    // Before it became the adapter, the process was `strace` and opened the file of the trace.
    let before = Footprint::of(adapter.pid()?)?.bytes_written();

    let enough = |report: &serde_json::Value| {
        number(report, "/records/distinct").is_ok_and(|distinct| distinct >= 500)
    };
    bench.until_stored("five hundred lines through the traced adapter", enough).await?;
    // Its answer has a socket without a file.
    assert!(site.status("text").await?.contains("ADAPTER"));
    let after = Footprint::of(adapter.pid()?)?.bytes_written();
    simulator.send("stop").await?;
    simulator.ended().await?;
    adapter.stop().await?;
    platform.stop().await?;

    assert_eq!(after, before, "bytes were written to a disk");
    let trace = fs::read_to_string(&trace)?;
    assert!(trace.contains("openat("), "the trace is empty: strace cannot trace here");
    let writing: Vec<&str> = trace.lines().filter(|line| writes(line)).collect();
    assert!(writing.is_empty(), "{writing:#?}");
    Ok(())
}
