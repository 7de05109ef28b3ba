//! Promise P2: nothing is written to disk on the adapter. The system's own trace of its calls says so.

use std::fs;

use anyhow::Result;
use demo::program::Launcher;
use demo::report::Footprint;
use demo::site::Plan;
use tests::{Bench, number};

/// Calls that make, change, move or remove something on a filesystem, besides opening for writing.
const CHANGING: [&str; 17] = [
    "creat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "truncate",
    "ftruncate",
    "mknod",
    "mknodat",
];

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
    let trace_name = trace.display().to_string();
    // `-D`: the adapter stays our child, so that it is the one that is asked to stop.
    let strace = ["strace", "-D", "-f", "-qq", "-e", "trace=%file,ftruncate,fchmod", "-o", &trace_name];
    let traced = launcher.within(strace.map(str::to_owned).to_vec());
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

/// Whether a line of the trace, `PID call(arguments) = result`, opens for writing or changes a filesystem.
fn writes(line: &str) -> bool {
    let call = line.split_once(' ').map_or("", |(_, call)| call.trim_start());
    let Some((name, arguments)) = call.split_once('(') else { return false };
    let for_writing = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
    let opens = ["open", "openat", "openat2"].contains(&name);
    (opens && for_writing.iter().any(|flag| arguments.contains(flag))) || CHANGING.contains(&name)
}

#[test]
fn the_trace_is_read_right() {
    for line in
        ["7 openat(AT_FDCWD, \"a\", O_RDWR|O_CLOEXEC) = 3", "7 unlink(\"a\") = 0", "7 creat(\"a\", 0600) = 3"]
    {
        assert!(writes(line), "{line}");
    }
    for line in
        ["7 openat(AT_FDCWD, \"a\", O_RDONLY) = 3", "7 readlinkat(4, \"a\", \"b\", 256) = 5", "7 +++ exited"]
    {
        assert!(!writes(line), "{line}");
    }
}
