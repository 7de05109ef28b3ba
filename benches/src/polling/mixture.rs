//! Twenty printers at 1 s over mixed interfaces: the adapter's own program, with the real platform behind it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::{Instant, sleep};

use super::interfaces::{By, Interface, MIXTURE};
use super::site::{Polled, Running, reachability};
use super::stubs::Stub;
use super::usage::{Usage, megabytes};

/// The goals of issue 5.
const MEMORY_MB_GOAL: f64 = 12.0;
const CORE_PERCENT_GOAL: f64 = 1.0;
/// What an adapter does whose printers are asked so seldom that none of it is polling. The longest there is.
const SELDOM: &str = "1h";
/// Connections, first values and certificates are behind it then.
const WARM_UP: Duration = Duration::from_secs(10);
/// As many of one interface alone as of all together.
const PRINTERS: usize = 20;

/// Printers of one interface.
type Share = (&'static Interface, usize);

/// What was measured.
struct Row {
    name: String,
    /// Questions over HTTP that the stubs answered.
    asked_per_second: f64,
    /// The whole adapter, or its intake, which is the half that polls, and then its uplink.
    processes: Vec<Process>,
}

/// A process of the adapter.
struct Process {
    role: &'static str,
    core_percent: f64,
    usage: Usage,
}

/// How the adapter is run.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    /// The programs of this directory, or the one here.
    pub(super) shipped: Option<&'a Path>,
    /// As two processes.
    pub(super) halves: bool,
}

/// Measures the mixture, the same asked once an hour, and each interface alone.
pub(super) async fn measure(time: Duration, shape: Shape<'_>) -> Result<String> {
    let mixture: Vec<Share> = MIXTURE.iter().map(|interface| (interface, interface.printers)).collect();
    let shares: Vec<String> =
        mixture.iter().map(|(interface, printers)| format!("{printers} {}", interface.name)).collect();
    let shares = shares.join(", ");
    let mut rows = vec![
        run(format!("{shares}, asked once an hour"), &mixture, SELDOM, time, shape).await?,
        run(format!("**{shares}, every second**"), &mixture, "1s", time, shape).await?,
    ];
    for interface in &MIXTURE {
        let name = format!("{PRINTERS} {}, every second", interface.name);
        rows.push(run(name, &[(interface, PRINTERS)], "1s", time, shape).await?);
    }
    Ok(table(&rows))
}

async fn run(
    name: String,
    shares: &[Share],
    interval: &str,
    time: Duration,
    shape: Shape<'_>,
) -> Result<Row> {
    let of_simulator = |(interface, _): &&Share| matches!(interface.by, By::Simulator);
    let simulated: usize = shares.iter().filter(of_simulator).map(|(_, printers)| printers).sum();
    // The simulator wants one printer at least; where nobody asks it, it costs the adapter nothing.
    let polled = Polled::new(simulated.max(1), shape.shipped)?;
    let (mut running, mut addresses) = polled.start().await?;
    let key = polled.key_file()?.display().to_string();
    let (mut printers, mut stubs) = (Vec::new(), Vec::new());
    for (interface, count) in shares {
        for _ in 0..*count {
            let (id, address) = match interface.by {
                By::Simulator => addresses.remove(0),
                By::Stub(answers) => {
                    let stub = Stub::start(answers).await?;
                    let (id, address) = (format!("s{:02}", stubs.len() + 1), stub.address.to_string());
                    stubs.push(stub);
                    (id, address)
                }
            };
            let line = interface.line(&id, &address, interval, &key);
            printers.push((id, line));
        }
    }
    polled.configure(&printers)?;
    polled.site.enrol().await?;
    let usage = measured(&polled, &mut running, &stubs, interval, time, shape.halves).await;
    running.stop().await?;
    let (processes, asked_per_second) = usage?;
    Ok(Row { name, asked_per_second, processes })
}

async fn measured(
    polled: &Polled,
    running: &mut Running,
    stubs: &[Stub],
    interval: &str,
    time: Duration,
    halves: bool,
) -> Result<(Vec<Process>, f64)> {
    let site = &polled.site;
    if halves {
        running.adapter.push(("intake", site.start_intake().await?));
        running.adapter.push(("uplink", site.start_uplink().await?));
    } else {
        running.adapter.push(("adapter", site.start_adapter().await?));
    }
    if interval != SELDOM {
        let available = |said: &serde_json::Value| {
            said["printers"]
                .as_array()
                .is_some_and(|all| all.iter().all(|one| reachability(one) == "available"))
        };
        polled
            .until_said("every printer answers", available)
            .await
            .with_context(|| std::fs::read_to_string(site.file("adapter.log")).unwrap_or_default())?;
    }
    sleep(WARM_UP).await;
    let asked = || stubs.iter().map(|stub| stub.asked.load(Ordering::Relaxed)).sum::<u64>();
    let usages =
        || running.adapter.iter().map(|(_, program)| Usage::of(program.pid()?)).collect::<Result<Vec<_>>>();
    let (before, asked_before, from) = (usages()?, asked(), Instant::now());
    sleep(time).await;
    let (after, seconds) = (usages()?, from.elapsed().as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "questions of minutes")]
    let asked_per_second = (asked() - asked_before) as f64 / seconds;
    let process = |(((role, _), before), usage): (((&'static str, _), Usage), Usage)| Process {
        role,
        core_percent: (usage.cpu_seconds - before.cpu_seconds) / seconds * 100.0,
        usage,
    };
    let roles = running.adapter.iter().map(|(role, program)| (*role, program));
    Ok((roles.zip(before).zip(after).map(process).collect(), asked_per_second))
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from(concat!(
        "| printers | process | HTTP questions a second | % of a core | RSS, MB | at most | of it not of the program's file |\n",
        "|---|---|---|---|---|---|---|",
    ));
    for Row { name, asked_per_second, processes } in rows {
        for Process { role, core_percent, usage } in processes {
            // Writing to a string cannot fail.
            let _ = write!(
                out,
                "\n| {name} | {role} | {asked_per_second:.0} | {core_percent:.2} | {:.1} | {:.1} | {:.1} |",
                megabytes(usage.memory_bytes),
                megabytes(usage.memory_peak_bytes),
                megabytes(usage.memory_anonymous_bytes),
            );
        }
    }
    if let [Row { processes: idle, .. }, Row { processes: mixture, .. }, ..] = rows
        && let ([idle, ..], [mixture, ..]) = (idle.as_slice(), mixture.as_slice())
    {
        let polling = mixture.core_percent - idle.core_percent;
        let memory = megabytes(mixture.usage.memory_bytes);
        let met = |met: bool| if met { "met" } else { "NOT MET" };
        let _ = write!(
            out,
            "\n\nPolling alone takes the {role} {polling:.2} % of a core, goal under {CORE_PERCENT_GOAL} %: {}. RSS is \
             {memory:.1} MB, goal under {MEMORY_MB_GOAL} MB: {}.",
            met(polling < CORE_PERCENT_GOAL),
            met(memory < MEMORY_MB_GOAL),
            role = mixture.role,
        );
    }
    out
}
