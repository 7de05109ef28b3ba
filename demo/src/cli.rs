//! `demo`: the whole chain on this machine, for a person to look at.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Parser;
use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::time::sleep;

use crate::prepare;
use crate::program::{Launcher, Program};
use crate::progress::{self, Progress};
use crate::report::{Footprint, Report};
use crate::site::{Fault, Plan, Site, USER};

/// How often the progress line is renewed.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Runs the platform, the adapter and simulated printers on this machine, over real TLS on loopback.
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
struct Arguments {
    /// Printers to simulate.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=20))]
    printers: u16,
    /// End by itself after this time, such as 30s; without it, Ctrl-C ends it.
    #[arg(long = "for", value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
    /// Write what the run came to into this file, as JSON.
    #[arg(long)]
    report: Option<PathBuf>,
    /// The dashboard's port; a free one if none is named.
    #[arg(long)]
    port: Option<u16>,
    /// Log lines that each printer writes in a second.
    #[arg(long, default_value_t = 4.0)]
    lines_per_second: f64,
}

/// Runs `demo`, or one of the programs when called with its name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(ended) = as_role(&arguments) {
        return ended;
    }
    let arguments = Arguments::parse_from(arguments);
    let run = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(&arguments)));
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("demo: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs as one of the programs if the first argument names one.
pub fn as_role(arguments: &[OsString]) -> Option<ExitCode> {
    let rest = || arguments.iter().skip(1).cloned();
    let role = arguments.get(1)?.to_str()?;
    if ["platform", "adapter", "simulator"].contains(&role) {
        // Whoever started it stops it in order; if that one is killed itself, nothing may be left behind.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
    }
    match role {
        "platform" => Some(platform::cli::main(rest())),
        "adapter" => Some(adapter::cli::main(rest())),
        "simulator" => Some(simulator::cli::main(rest())),
        "prepare" => Some(prepare::main(rest())),
        _ => None,
    }
}

/// The programs of a running demo.
struct Running {
    platform: Program,
    simulator: Program,
    adapter: Program,
}

async fn run(arguments: &Arguments) -> Result<()> {
    let directory = tempfile::Builder::new().prefix("oneway-demo-").tempdir()?;
    let site = Site::prepare(directory.path(), Launcher::new(std::env::current_exe()?), plan(arguments))?;
    let running = start(&site).await?;
    welcome(&site, arguments);
    watch(&site, arguments.duration).await?;
    progress::end();
    say("Stopping: the printers first, then the adapter when it has delivered what it holds.");
    finish(&stop(&site, running).await?, arguments)
}

fn plan(arguments: &Arguments) -> Plan {
    let printers = usize::from(arguments.printers);
    Plan {
        printers,
        lines_per_second: arguments.lines_per_second,
        tailed_every: 5,
        faults: vec![Fault { printer: 2.min(printers - 1), kind: "vat_overheat", after: 3 }],
        port: arguments.port,
    }
}

async fn start(site: &Site) -> Result<Running> {
    let platform = site.start_platform().await?;
    site.create_user().await?;
    let simulator = site.start_simulator().await?;
    site.enrol().await?;
    let adapter = site.start_adapter().await?;
    Ok(Running { platform, simulator, adapter })
}

async fn watch(site: &Site, duration: Option<Duration>) -> Result<()> {
    let started = Instant::now();
    let mut progress = Progress::default();
    let mut shown = started;
    let mut pause = PROGRESS_EVERY;
    loop {
        tokio::select! {
            () = sleep(pause) => {}
            interrupted = tokio::signal::ctrl_c() => return interrupted.map_err(Into::into),
            () = until(duration.map(|duration| duration.saturating_sub(started.elapsed()))) => return Ok(()),
        }
        let asked = Instant::now();
        let stored = site.stored().await?;
        progress.show(&stored, shown.elapsed().as_secs_f64());
        shown = Instant::now();
        // The platform counts its whole store for this: a demo that runs for days must not be busy counting.
        pause = PROGRESS_EVERY.max(asked.elapsed() * 20);
    }
}

async fn until(left: Option<Duration>) {
    match left {
        Some(left) => sleep(left).await,
        None => std::future::pending().await,
    }
}

async fn stop(site: &Site, mut running: Running) -> Result<Report> {
    running.simulator.send("stop").await?;
    let simulator = running.simulator.ended().await?;
    let footprint = Footprint::of(running.adapter.pid()?)?;
    let adapter = running.adapter.stop().await?;
    let platform = site.stored().await?;
    running.platform.stop().await?;
    Report::new(&simulator, &adapter, &platform, footprint)
}

fn finish(report: &Report, arguments: &Arguments) -> Result<()> {
    let json = serde_json::to_string_pretty(report)?;
    if let Some(path) = &arguments.report {
        std::fs::write(path, format!("{json}\n"))
            .with_context(|| format!("cannot write the report to {}", path.display()))?;
    }
    say(&json);
    Ok(())
}

fn welcome(site: &Site, arguments: &Arguments) {
    let end = match arguments.duration {
        Some(duration) => format!("It ends by itself after {}.", humantime::format_duration(duration)),
        None => "Ctrl-C ends it.".to_owned(),
    };
    say(&format!(
        "\n  Dashboard  {url}\n  Log in as  {USER}\n  Password   {password}\n\n\
         The certificate was made a moment ago by this demo, so the browser will ask whether to go on.\n\
         {printers} simulated printers are writing logs; the third one's vat overheats in a few seconds. {end}\n\
         Everything lives in {directory} and is deleted at the end.\n",
        url = site.url(),
        password = site.password,
        printers = site.plan.printers,
        directory = site.directory.display(),
    ));
}

#[expect(clippy::print_stdout, reason = "the demo speaks to the person who started it")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
