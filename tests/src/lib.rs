//! What the whole-program tests share: a site on loopback, and waiting for a condition.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use demo::program::{Launcher, Program};
use demo::site::{Plan, Site};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

pub mod announcer;
pub mod beats;
pub mod booted;
pub mod box_desk;
pub mod box_system;
pub mod browser;
pub mod engine;
pub mod evaluation;
pub mod filebeat;
pub mod get_only;
pub mod https_folder;
pub mod images;
pub mod klippy;
pub mod makers;
pub mod moonraker;
pub mod namespace;
pub mod network;
pub mod octoprint;
pub mod share;
pub mod shipment;
pub mod slow;
pub mod stranger;
pub mod supervised;
pub mod trace;
pub mod watched;

/// A condition that has not come true by then never will.
const PATIENCE: Duration = Duration::from_secs(180);

/// A site in a directory of its own, which goes when it is dropped.
pub struct Bench {
    /// The site.
    pub site: Site,
    _directory: TempDir,
}

impl Bench {
    /// Prepares a site below the tests' own temporary directory.
    pub fn new(below: &str, launcher: Launcher, plan: Plan) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("site-").tempdir_in(below)?;
        let site = Site::prepare(directory.path(), launcher, plan)?;
        Ok(Self { site, _directory: directory })
    }

    /// Starts the platform, the printers and the adapter, enrolled.
    pub async fn start(&self) -> Result<Running> {
        let platform = self.site.start_platform().await?;
        self.site.create_user().await?;
        let simulator = self.site.start_simulator().await?;
        self.site.enrol().await?;
        let adapter = self.site.start_adapter().await?;
        Ok(Running { platform, simulator, adapter })
    }

    /// Waits until the platform's own report fulfils a condition; gives that report.
    pub async fn until_stored(&self, what: &str, met: impl Fn(&Value) -> bool) -> Result<Value> {
        until(what, async || {
            let report = self.site.stored().await?;
            Ok(met(&report).then_some(report))
        })
        .await
        .with_context(|| self.logs())
    }

    /// The last lines of what each program logged.
    pub fn logs(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.site.file(name)).unwrap_or_default();
        let last = |text: String| {
            text.lines()
                .filter(|line| !line.contains("Start next scan"))
                .rev()
                .take(15)
                .map(|line| format!("  {line}\n"))
                .collect::<String>()
        };
        [
            "platform.log",
            "adapter.log",
            "intake.log",
            "uplink.log",
            "simulator.log",
            "filebeat.log",
            "slow.log",
        ]
        .map(|name| format!("{name}, newest first:\n{}", last(read(name))))
        .concat()
    }
}

/// The programs of a running site.
pub struct Running {
    /// The platform.
    pub platform: Program,
    /// The printers.
    pub simulator: Program,
    /// The adapter.
    pub adapter: Program,
}

/// Asks again and again until there is an answer.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = interval(Duration::from_millis(200));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < deadline {
        ticks.tick().await;
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
    }
    bail!("waited {PATIENCE:?} in vain: {what}")
}

/// Waits for what must come soon, however busy the machine is; that it does not is said by its name.
pub async fn soon<T>(what: &str, coming: impl Future<Output = std::io::Result<T>>) -> Result<T> {
    let came = timeout(PATIENCE, coming).await;
    came.with_context(|| format!("waited {PATIENCE:?} in vain: {what}"))?.with_context(|| what.to_owned())
}

/// Reads a number out of a program's words.
pub fn number(said: &Value, pointer: &str) -> Result<u64> {
    said.pointer(pointer).and_then(Value::as_u64).with_context(|| format!("no number at {pointer} in {said}"))
}

/// The files of the repository.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
