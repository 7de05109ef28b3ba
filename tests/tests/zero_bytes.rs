//! Promise P2, of the containers as they stand at a customer's: under full load, no byte is written to a block device. The
//! same watch is put on what does write, so that it is known to see.
//!
//! It looks for as long as some thousand lines take, or for `FULL_LOAD_FOR`:
//! `FULL_LOAD_FOR=10m cargo test --workspace --test whole zero_bytes -- --nocapture`.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use demo::program::Launcher;
use tests::number;
use tests::supervised::{PLUGGED_IN, Running, Site, distinct};
use tests::watched::{Seen, Watched};
use tokio::process::Command;

const HALVES: [&str; 2] = ["oneway-intake", "oneway-uplink"];
/// Of each of twenty printers; what a real one writes in an hour.
const LINES_PER_SECOND: &str = "50.0";
/// Lines between two looks at the clock.
const LINES_AT_LEAST: u64 = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_full_load_no_byte_reaches_a_block_device() -> Result<()> {
    let site =
        Site::prepare(env!("CARGO_TARGET_TMPDIR"), Launcher::new(env!("CARGO_BIN_EXE_programs")), PLUGGED_IN)
            .await?;
    let simulator = fs::read_to_string(site.file("simulator.toml"))?;
    let busy = simulator
        .replace("ship = \"beats\"", &format!("ship = \"beats\"\nlines_per_second = {LINES_PER_SECOND}"));
    fs::write(site.file("simulator.toml"), busy)?;
    let Running { platform, supervisor, printers } = site.start(1_000).await?;

    let began = Instant::now();
    let mut watched = Vec::new();
    for half in HALVES {
        watched.push(Watched::begin(site.engine.pid_outside(half).await?).await?);
    }
    let writer = Watched::begin(platform.pid()?).await?;
    let mut lines = number(&site.report().await?, "/records/distinct")?;
    loop {
        let report = site.until_stored("more of the load", distinct(lines + LINES_AT_LEAST)).await?;
        lines = number(&report, "/records/distinct")?;
        if began.elapsed() >= duration()? {
            break;
        }
    }

    let canary = one_byte_in(&watched[0], &site).await;
    let said = writer.end().await?;
    ensure!(said.bytes > 0 && !said.storing.is_empty(), "the platform's store is not seen: {said:?}");
    for (half, watched) in HALVES.into_iter().zip(watched) {
        let Seen { calls, storing, bytes, group_bytes } = watched.end().await?;
        println!("{half}: {calls} calls, {bytes} bytes, its group {group_bytes}, after {lines} lines");
        assert!(calls > 100, "{half}: {calls} calls are no full load");
        assert!(storing.is_empty(), "{half}: {storing:#?}");
        // What was written into the first one's group to see that it is seen.
        let expected = if half == HALVES[0] { canary.as_ref().copied().unwrap_or_default() } else { 0 };
        assert_eq!((bytes, group_bytes), (0, expected), "{half}");
    }
    ensure!(canary? > 0, "the control group does not see what is written");
    site.nothing_lost(printers).await?;
    supervisor.stop().await.with_context(|| site.log())?;
    platform.stop().await.map(drop)
}

fn duration() -> Result<Duration> {
    match std::env::var("FULL_LOAD_FOR") {
        Ok(text) => humantime::parse_duration(&text).context("FULL_LOAD_FOR is a time as in `10m`"),
        Err(_) => Ok(Duration::ZERO),
    }
}

/// Writes past all caches, as a process of the container's control group: what the group's figures say of it.
async fn one_byte_in(watched: &Watched, site: &Site) -> Result<u64> {
    let before = watched.group().bytes_written()?;
    ensure!(before == 0, "{before} bytes were written by the container before");
    let file = format!("of={}", site.file("canary").display());
    let [program, words @ ..] = watched.group().enter();
    let dd = ["dd", "if=/dev/zero", &file, "bs=4096", "count=1", "oflag=direct", "status=none"];
    let done = Command::new(program).args(words).args(dd).status().await?;
    ensure!(done.success(), "nothing could be written to a disk");
    Ok(watched.group().bytes_written()? - before)
}
