//! Logs on a share, of which the kernel tells nothing, and which is gone for a while.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use demo::program::Launcher;
use demo::site::Plan;
use serde_json::Value;
use tests::share::Share;
use tests::{Bench, number, until};

#[tokio::test]
async fn logs_on_a_share_that_fails_and_comes_back_are_stored_whole_and_once() -> Result<()> {
    let plan = Plan { printers: 2, lines_per_second: 50.0, tailed_every: 1, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), Launcher::new(env!("CARGO_BIN_EXE_programs")), plan)?;
    let site = &bench.site;
    let mut share = Share::mount(&site.file("printers"), &site.file("share")).await?;
    let platform = site.start_platform().await?;
    let mut simulator = site.start_simulator().await?;
    let (written_to, read_from) = (site.file("printers"), site.file("share"));
    let configuration = fs::read_to_string(site.configuration("adapter"))?;
    let configuration = configuration.replace(path(&written_to)?, path(&read_from)?);
    fs::write(site.configuration("adapter"), configuration)?;
    site.enrol().await?;
    let adapter = site.start_adapter().await?;

    let stored =
        |lines: u64| move |report: &Value| number(report, "/records/distinct").is_ok_and(|n| n >= lines);
    bench.until_stored("two hundred lines over the share", stored(200)).await?;
    let log = fs::read_to_string(site.file("adapter.log"))?;
    ensure!(log.contains("on a network share: looking every second"), "{log}");

    share.die().await?;
    let unread = until("the adapter to say that it cannot read", async || {
        let status: Value = serde_json::from_str(&site.status("json").await?)?;
        let printers = status["printers"].as_array().context("no printers")?.clone();
        let unread =
            |printer: &Value| printer["unread"].as_array().is_some_and(|reasons| !reasons.is_empty());
        Ok(printers.iter().all(unread).then_some(status))
    })
    .await
    .with_context(|| bench.logs())?;
    ensure!(number(&unread, "/printers/0/unread/0/now")? > 0, "{unread}");
    share.come_back().await?;

    let before = number(&site.stored().await?, "/records/distinct")?;
    bench.until_stored("two hundred lines more", stored(before + 200)).await?;
    simulator.send("stop").await?;
    let written = number(&simulator.ended().await?, "/lines_written")?;
    let report = bench.until_stored("every line", stored(written)).await?;
    ensure!(number(&report, "/records/missing")? == 0, "{report}");
    ensure!(number(&report, "/records/duplicates")? == 0, "{report}");
    let status: Value = serde_json::from_str(&site.status("json").await?)?;
    ensure!(number(&status, "/printers/0/unread/0/now")? == 0, "{status}");
    adapter.stop().await?;
    platform.stop().await?;
    Ok(())
}

fn path(path: &std::path::Path) -> Result<&str> {
    path.to_str().context("a path that is not text")
}
