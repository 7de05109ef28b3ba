//! A site whose printers are polled and send nothing by themselves: the platform, the simulator and the adapter as
//! programs of their own, over TLS on loopback.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use demo::program::{Launcher, Program};
use demo::site::{Plan, Site, secret_file};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// A machine on which the printers do not answer by then is of no use for a measurement.
const PATIENCE: Duration = Duration::from_secs(120);
const ASKED_EVERY: Duration = Duration::from_millis(500);

/// The site, in a directory that goes with it.
pub(super) struct Polled {
    pub(super) site: Site,
    _directory: TempDir,
}

/// Its programs.
pub(super) struct Running {
    pub(super) platform: Program,
    pub(super) simulator: Program,
    /// The adapter, or its halves, the intake first, each with what it is.
    pub(super) adapter: Vec<(&'static str, Program)>,
}

impl Polled {
    /// With so many simulated PIP printers, and the adapter as the programs of this directory, or this one here.
    pub(super) fn new(printers: usize, shipped: Option<&Path>) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("oneway-polling-").tempdir()?;
        // One that is tailed ships nothing, and is not tailed either where the adapter is not told to.
        let plan = Plan { printers, lines_per_second: 0.0, tailed_every: 1, faults: Vec::new(), port: None };
        let launcher = Launcher::new(std::env::current_exe()?).with_shipped(shipped.map(Path::to_owned));
        let site = Site::prepare(directory.path(), launcher, plan)?;
        Ok(Self { site, _directory: directory })
    }

    /// Starts the platform and the printers; gives the printers' addresses by their ids.
    pub(super) async fn start(&self) -> Result<(Running, Vec<(String, String)>)> {
        let platform = self.site.start_platform().await?;
        let configuration = self.site.configuration("simulator");
        let mut simulator = self.site.launcher.start(
            "simulator",
            &["run", "--config", &configuration],
            &self.site.directory,
        )?;
        let ready = simulator.ready().await?;
        let printers = ready["printers"].as_array().context("the simulator names no printers")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let printers = printers.iter().map(|printer| (text(&printer["id"]), text(&printer["pip"]))).collect();
        Ok((Running { platform, simulator, adapter: Vec::new() }, printers))
    }

    /// Writes the adapter's configuration with these printers: an id and a line each.
    pub(super) fn configure(&self, printers: &[(String, String)]) -> Result<()> {
        let site = &self.site;
        let mut text = format!(
            "[platform]\nurl = {url:?}\nca_file = {ca:?}\ncredentials_file = {credentials:?}\n\n\
             [pip]\nca_file = {ca:?}\ncertificate_file = {certificate:?}\nkey_file = {key:?}\n\n\
             [link]\nsocket = {socket:?}\nidentity_file = {identity:?}\n",
            url = site.url(),
            ca = site.file("ca.pem"),
            credentials = site.file("credentials.toml"),
            socket = site.socket_directory().join("link.sock"),
            identity = site.file("identity.toml"),
            certificate = site.file("adapter.pem"),
            key = site.file("adapter.key"),
        );
        for (id, line) in printers {
            write!(text, "\n[[printers]]\nid = {id:?}\n{line}\n")?;
        }
        fs::write(site.file("adapter.toml"), text).map_err(Into::into)
    }

    /// A file with a key such as a printer's web interface wants.
    pub(super) fn key_file(&self) -> Result<PathBuf> {
        let path = self.site.file("printer.key-file");
        secret_file(&path, "a-key-of-the-benchmark")?;
        Ok(path)
    }

    /// Waits until the adapter's status fulfils a condition.
    pub(super) async fn until_said(&self, what: &str, met: impl Fn(&Value) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            // Each half that runs says something: the printers are the intake's.
            let said = self.site.status("json").await?;
            let mut said = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
            if said.any(|said| said.is_ok_and(|said| met(&said))) {
                return Ok(());
            }
            sleep(ASKED_EVERY).await;
        }
        bail!("waited {PATIENCE:?} in vain: {what}")
    }
}

impl Running {
    /// Stops the adapter first, then what it talks to.
    pub(super) async fn stop(self) -> Result<()> {
        for (_, program) in self.adapter {
            program.stop().await?;
        }
        self.simulator.stop().await?;
        self.platform.stop().await?;
        Ok(())
    }
}

/// The reachability of one printer in a status.
pub(super) fn reachability(printer: &Value) -> &str {
    printer["ways"]["queries"]["reachability"].as_str().unwrap_or_default()
}
