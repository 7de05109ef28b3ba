//! Twenty printers, of which one is bad, in six ways one after the other: the adapter says what is wrong with it, and the
//! nineteen others notice nothing.
//!
//! What is asserted does not depend on how fast the machine is: that all of the nineteen go on being read, each as
//! often as the others, by the printers' own account. By how much their intervals move is measured by
//! `cargo bench -p benches --bench polling -- one-bad`, and held in virtual time by `adapter/src/intake/poll/tests/twenty.rs`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use demo::program::Launcher;
use demo::site::{Plan, Site, printer_id};
use serde_json::Value;
use tests::{Bench, number, until};

const PRINTERS: usize = 20;
/// The bad one, the last of them.
const BAD: &str = "p20";
/// Each of the others is to be read so often while the bad one is bad.
const READS: usize = 10;
/// The whole adapter as it is built for tests takes some 30 MB with twenty printers, and a frame of a megabyte some more
/// while it is taken apart.
const MEMORY_MAX: u64 = 64 << 20;

/// A way to be bad: the simulator's word for it, the reachability that the adapter is to say, and what else its status
/// must show, before and now.
type Way = (&'static str, &'static str, fn(&Value, &Value) -> bool);

const WAYS: [Way; 6] = [
    ("silent", "printer_failed", |_, _| true),
    ("nonsense", "nonsense", |before, now| grew(before, now, "/frames_refused", 1)),
    ("drip", "printer_failed", |_, _| true),
    ("flood", "available", |_, now| {
        let reason = "a value of an item that was not asked for";
        now["refused"].as_array().is_some_and(|all| all.iter().any(|one| one["reason"] == reason))
    }),
    ("clock_ahead", "available", |_, now| {
        now["ways"]["queries"]["clock_ahead_s"].as_f64().is_some_and(|off| (3_500.0..3_700.0).contains(&off))
    }),
    ("resets", "available", |before, now| grew(before, now, "/ways/queries/connections_lost", 3)),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_printer_is_named_for_what_it_is_and_the_nineteen_others_are_read_as_before() -> Result<()> {
    let plan =
        Plan { printers: PRINTERS, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), Launcher::new(env!("CARGO_BIN_EXE_programs")), plan)?;
    let site = &bench.site;
    let simulator = site.file("simulator.toml");
    fs::write(&simulator, format!("read_trace = \"reads\"\n{}", fs::read_to_string(&simulator)?))?;
    let mut running = bench.start().await?;
    until_said(site, "every printer answers", |said| {
        said["printers"].as_array().is_some_and(|all| all.iter().all(|one| reachability(one) == "available"))
    })
    .await?;

    for (kind, reachability_wanted, shows) in WAYS {
        running.simulator.send(&format!("fault {BAD} off")).await?;
        let said = until_said(site, "the printer is off", |said| reachability(&bad(said)) == "printer_off");
        let before = bad(&said.await?);
        let reads_before = reads(site)?;
        running.simulator.send(&format!("fault {BAD} {kind}")).await?;
        let named = |said: &Value| {
            let now = bad(said);
            reachability(&now) == reachability_wanted && shows(&before, &now)
        };
        let said = until_said(site, &format!("{kind}: {reachability_wanted}"), named).await?;
        each_is_read_on(site, &reads_before).await.with_context(|| format!("{kind}: {}", bench.logs()))?;
        for id in (0..PRINTERS - 1).map(printer_id) {
            let good = of_printer(&said, &id);
            ensure!(reachability(&good) == "available", "{kind}: {good}");
            ensure!(good["readings_refused"] == 0, "{kind}: {good}");
            ensure!(good["ways"]["queries"]["connections_lost"] == 0, "{kind}: {good}");
        }
        ensure!(number(&said, "/process/memory_peak_bytes")? < MEMORY_MAX, "{kind}: {said}");
    }
    running.simulator.send(&format!("clear {BAD}")).await?;
    until_said(site, "it is well again", |said| {
        let now = bad(said);
        reachability(&now) == "available" && now["ways"]["queries"]["clock_ahead_s"].is_null()
    })
    .await?;

    running.simulator.send("stop").await?;
    let printers = running.simulator.ended().await?;
    let written = number(&printers, "/lines_written")?;
    let all = |report: &Value| number(report, "/records/distinct").is_ok_and(|distinct| distinct >= written);
    let stored = bench.until_stored("every line", all).await?;
    let adapter = running.adapter.stop().await?;
    running.platform.stop().await?;
    ensure!(number(&stored, "/records/missing")? == 0, "{stored}");
    ensure!(number(&stored, "/records/duplicates")? == 0, "{stored}");
    for gone in ["/readings_given_up", "/readings_thinned"] {
        ensure!(number(&adapter, gone)? == 0, "{adapter}");
    }
    Ok(())
}

/// Waits until each of the nineteen was read so and so often since then. None may lag behind the others: they are asked
/// at the same interval, so in the same time they are read as often, however fast the machine is.
async fn each_is_read_on(site: &Site, before: &BTreeMap<String, Vec<u64>>) -> Result<()> {
    let since = |id: &str, now: &BTreeMap<String, Vec<u64>>| {
        let count = |reads: &BTreeMap<String, Vec<u64>>| reads.get(id).map_or(0, Vec::len);
        count(now) - count(before)
    };
    let ids: Vec<String> = (0..PRINTERS - 1).map(printer_id).collect();
    let counts = until("each of the nineteen is read on", async || {
        let now = reads(site)?;
        let counts: Vec<usize> = ids.iter().map(|id| since(id, &now)).collect();
        Ok(counts.iter().all(|count| *count >= READS).then_some(counts))
    })
    .await?;
    let most = counts.iter().max().copied().unwrap_or_default();
    ensure!(counts.iter().all(|count| count * 2 >= most), "some are read less than others: {counts:?}");
    Ok(())
}

/// When each printer was read, by the printers' own account.
fn reads(site: &Site) -> Result<BTreeMap<String, Vec<u64>>> {
    Ok(simulator::trace::parse(&fs::read_to_string(site.file("reads"))?))
}

async fn until_said(site: &Site, what: &str, met: impl Fn(&Value) -> bool) -> Result<Value> {
    let mut last = Value::Null;
    let asked = until(what, async || {
        last = serde_json::from_str(&site.status("json").await?).context("the status is not JSON")?;
        Ok(met(&last).then(|| last.clone()))
    })
    .await;
    asked.with_context(|| format!("the status says of it: {}", bad(&last)))
}

/// What the status says of the bad printer, with the frames that were refused, which are the adapter's.
fn bad(said: &Value) -> Value {
    let mut printer = of_printer(said, BAD);
    printer["frames_refused"] = said["counters"]["frames_refused"].clone();
    printer
}

fn of_printer(said: &Value, id: &str) -> Value {
    let mut printers = said["printers"].as_array().into_iter().flatten();
    printers.find(|printer| printer["id"] == id).cloned().unwrap_or_default()
}

fn reachability(printer: &Value) -> &str {
    printer["ways"]["queries"]["reachability"].as_str().unwrap_or_default()
}

fn grew(before: &Value, now: &Value, pointer: &str, by: u64) -> bool {
    let of = |said: &Value| said.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    of(now) >= of(before) + by
}
