//! Twenty printers, an adapter and a platform, each a process of its own; the platform and the adapter are
//! killed in the middle. What the printers wrote is in the store, each line once.

use demo::program::Launcher;
use demo::site::Plan;
use tests::{Bench, number};

const PRINTERS: usize = 20;
const LINES_PER_SECOND: f64 = 4.0;
/// A minute of twenty printers' lines.
const LINES: u64 = 4800;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_when_platform_and_adapter_are_killed() -> anyhow::Result<()>
{
    let plan = Plan {
        printers: PRINTERS,
        lines_per_second: LINES_PER_SECOND,
        tailed_every: 5,
        faults: Vec::new(),
        port: None,
    };
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), launcher, plan)?;
    let mut running = bench.start().await?;
    let stored = |at_least: u64| {
        move |report: &serde_json::Value| {
            number(report, "/records/distinct").is_ok_and(|distinct| distinct >= at_least)
        }
    };

    bench.until_stored("a quarter of the lines", stored(LINES / 4)).await?;
    running.platform.kill().await?;
    running.platform = bench.site.start_platform().await?;
    bench.until_stored("half of the lines", stored(LINES / 2)).await?;
    running.adapter.kill().await?;
    running.adapter = bench.site.start_adapter().await?;
    bench.until_stored("a minute's lines", stored(LINES)).await?;

    running.simulator.send("stop").await?;
    let counted = running.simulator.ended().await?;
    let written = number(&counted, "/lines_written")?;
    let report = bench.until_stored("the last lines", stored(written)).await?;
    running.adapter.stop().await?;
    running.platform.stop().await?;

    assert_eq!(number(&report, "/printers")?, PRINTERS as u64);
    assert_eq!(number(&report, "/records/distinct")?, written, "{counted}\n{report}");
    assert_eq!(number(&report, "/records/missing")?, 0, "{report}");
    assert_eq!(number(&report, "/records/duplicates")?, 0, "{report}");
    assert!(number(&counted, "/lines_acknowledged")? > 0);
    each_printers_lines_are_all_there(&counted, &report)
}

fn each_printers_lines_are_all_there(
    counted: &serde_json::Value,
    report: &serde_json::Value,
) -> anyhow::Result<()> {
    for printer in counted["printers"].as_array().into_iter().flatten() {
        let id = printer["id"].as_str().unwrap_or_default();
        let thing = format!("{}.{id}", demo::site::ADAPTER);
        let stored =
            report["log_records"].as_array().and_then(|all| all.iter().find(|one| one["thing"] == thing));
        let stored = stored.unwrap_or(&serde_json::Value::Null);
        assert_eq!(stored["distinct"], printer["lines_written"], "{id}: {stored} for {printer}");
    }
    Ok(())
}
