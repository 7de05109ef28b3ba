//! Twenty PIP printers at 1 s, one of which is bad in one way after the other. By how much the others' poll intervals move
//! is measured where the READs arrive, beside as long a time in which that printer is off, just before.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::time::sleep;

use super::interfaces::MIXTURE;
use super::site::{Polled, reachability};

const PRINTERS: usize = 20;
const BAD: &str = "p20";
/// Goal of issue 5.
const MOVED_PERCENT_GOAL: f64 = 5.0;
/// The simulator's words for the ways, and ours.
const WAYS: [(&str, &str); 6] = [
    ("silent", "takes a connection and says nothing"),
    ("nonsense", "answers with garbage"),
    ("drip", "one byte a second"),
    ("flood", "answers of 1 MB"),
    ("clock_ahead", "its clock an hour ahead"),
    ("resets", "resets each connection after a second"),
];

/// Poll intervals of the nineteen, in milliseconds, the shortest first.
struct Intervals(Vec<f64>);

/// Measures each way.
pub(super) async fn measure(time: Duration) -> Result<String> {
    let polled = Polled::new(PRINTERS, None)?;
    let file = polled.site.file("simulator.toml");
    fs::write(&file, format!("read_trace = \"reads\"\n{}", fs::read_to_string(&file)?))?;
    let (mut running, addresses) = polled.start().await?;
    let pip = MIXTURE.iter().find(|interface| interface.name == "PIP").context("the mixture has no PIP")?;
    let line = |(id, address): (String, String)| {
        let line = pip.line(&id, &address, "1s", "");
        (id, line)
    };
    polled.configure(&addresses.into_iter().map(line).collect::<Vec<_>>())?;
    polled.site.enrol().await?;
    running.adapter.push(("adapter", polled.site.start_adapter().await?));
    let all = |said: &Value| {
        said["printers"].as_array().is_some_and(|all| all.iter().all(|one| reachability(one) == "available"))
    };
    polled.until_said("every printer answers", all).await?;

    let mut out = String::from(concat!(
        "| the twentieth | polls of the others | p50, ms | p99, ms | p99 with it off, just before | moved |\n",
        "|---|---|---|---|---|---|",
    ));
    for (word, way) in WAYS {
        running.simulator.send(&format!("fault {BAD} off")).await?;
        polled.until_said("the printer is off", |said| bad(said) == "printer_off").await?;
        let alone = intervals(&polled, time).await?;
        running.simulator.send(&format!("fault {BAD} {word}")).await?;
        polled.until_said(way, |said| bad(said) != "printer_off").await?;
        let with = intervals(&polled, time).await?;
        let moved = (with.at(99) / alone.at(99) - 1.0) * 100.0;
        let met = if moved.abs() < MOVED_PERCENT_GOAL { "" } else { ", GOAL NOT MET" };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n| {way} | {} | {:.0} | {:.0} | {:.0} | {moved:+.1} %{met} |",
            with.0.len(),
            with.at(50),
            with.at(99),
            alone.at(99),
        );
    }
    running.stop().await?;
    Ok(out)
}

/// Of the time from now on.
async fn intervals(polled: &Polled, time: Duration) -> Result<Intervals> {
    let trace =
        || -> Result<_> { Ok(simulator::trace::parse(&fs::read_to_string(polled.site.file("reads"))?)) };
    let from = trace()?.values().flatten().max().copied().unwrap_or_default();
    sleep(time).await;
    let mut intervals: Vec<f64> = Vec::new();
    for (_, times) in trace()?.iter().filter(|(id, _)| *id != BAD) {
        let times: Vec<u64> = times.iter().copied().filter(|time| *time >= from).collect();
        #[expect(clippy::cast_precision_loss, reason = "microseconds of seconds")]
        intervals.extend(times.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e3));
    }
    intervals.sort_by(f64::total_cmp);
    Ok(Intervals(intervals))
}

impl Intervals {
    fn at(&self, percent: usize) -> f64 {
        self.0.get(self.0.len() * percent / 100).copied().unwrap_or(f64::NAN)
    }
}

fn bad(said: &Value) -> &str {
    let mut printers = said["printers"].as_array().into_iter().flatten();
    printers.find(|printer| printer["id"] == BAD).map_or("", reachability)
}
