//! A real Filebeat 8.1.3 as a child process: configured, started, stopped, killed, and started again on what it
//! remembers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use demo::site::{Site, Transport};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::repository;

/// It ends at once when it is asked; more is a fault.
const STOPPED_WITHIN: Duration = Duration::from_secs(30);
/// Its name for the one input.
const INPUT: &str = "projet";

/// What a test may set.
#[derive(Clone, Debug)]
pub struct Options {
    /// The files that it ships, as patterns.
    pub paths: Vec<PathBuf>,
    /// How long it waits for an acknowledgement, or a keep-alive, before it sends a window again.
    pub timeout: Duration,
    /// Most events of a window.
    pub bulk_max_size: usize,
    /// The versions of TLS that it offers; its own choice if none is named.
    pub tls_versions: Vec<&'static str>,
}

impl Default for Options {
    /// Filebeat's own defaults.
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            timeout: Duration::from_secs(30),
            bulk_max_size: 2048,
            tls_versions: Vec::new(),
        }
    }
}

/// A Filebeat with a home of its own, that can be started more than once.
#[derive(Clone, Debug)]
pub struct Filebeat {
    program: PathBuf,
    within: Vec<String>,
    home: PathBuf,
    log: PathBuf,
}

/// A Filebeat that runs. It is killed when dropped, and by the kernel when the test is.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Filebeat {
    /// Writes the configuration of the site's first printer. `within` stands before the command: the network
    /// namespace, without which Filebeat would call home.
    pub fn prepare(site: &Site, within: Vec<String>, options: &Options) -> Result<Self> {
        let program = repository().join("target/peers/filebeat");
        anyhow::ensure!(program.exists(), "{} is not there; run tests/set-up", program.display());
        let home = site.file("filebeat");
        fs::create_dir_all(&home)?;
        fs::write(home.join("filebeat.yml"), configuration(site, options)?)?;
        Ok(Self { program: program.canonicalize()?, within, home, log: site.file("filebeat.log") })
    }

    /// Starts it, on what it remembers of an earlier run.
    pub fn start(&self) -> Result<Running> {
        let log = fs::File::options().create(true).append(true).open(&self.log)?;
        let (before, rest) = self.within.split_first().context("nothing to enter")?;
        let child = Command::new(before)
            .args(rest)
            .args(["setpriv", "--pdeathsig", "KILL"])
            .arg(&self.program)
            .args(["--strict.perms=false", "-e", "-c"])
            .arg(self.home.join("filebeat.yml"))
            .arg("--path.home")
            .arg(&self.home)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("Filebeat cannot be started")?;
        Ok(Running { child })
    }

    /// How far into this file everything is acknowledged, in bytes, by its registry; 0 if it does not know it.
    pub fn position(&self, log: &Path) -> Result<u64> {
        let file = fs::metadata(log)?;
        let key = format!("filestream::{INPUT}::native::{}-{}", file.ino(), file.dev());
        Ok(self.registry()?.get(&key).and_then(|state| state["cursor"]["offset"].as_u64()).unwrap_or(0))
    }

    /// Every file's state, by its key: the last checkpoint, and the operations since, of which the last may
    /// still be half written.
    fn registry(&self) -> Result<BTreeMap<String, Value>> {
        let directory = self.home.join("data/registry/filebeat");
        let mut states = BTreeMap::new();
        if let Ok(checkpoint) = fs::read_to_string(directory.join("active.dat")) {
            let states_then: Vec<Value> = serde_json::from_slice(&fs::read(checkpoint.trim())?)?;
            let key_of = |state: &Value| state["_key"].as_str().unwrap_or_default().to_owned();
            states.extend(states_then.into_iter().map(|state| (key_of(&state), state)));
        }
        let operations = fs::read_to_string(directory.join("log.json")).unwrap_or_default();
        let mut lines = operations.lines().map_while(|line| serde_json::from_str::<Value>(line).ok());
        while let (Some(operation), Some(mut entry)) = (lines.next(), lines.next()) {
            let key = entry["k"].as_str().unwrap_or_default().to_owned();
            match operation["op"].as_str() {
                Some("set") => _ = states.insert(key, entry["v"].take()),
                Some("remove") => _ = states.remove(&key),
                _ => anyhow::bail!("an unknown operation in Filebeat's registry: {operation}"),
            }
        }
        Ok(states)
    }
}

impl Running {
    /// Kills it, as a power cut would.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.map_err(Into::into)
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        let id = self.child.id().context("Filebeat has ended by itself")?;
        kill_process(Pid::from_raw(i32::try_from(id)?).context("no such process")?, Signal::TERM)?;
        let status = timeout(STOPPED_WITHIN, self.child.wait()).await.context("Filebeat does not stop")??;
        anyhow::ensure!(status.success(), "Filebeat ended with {status}");
        Ok(())
    }
}

fn configuration(site: &Site, options: &Options) -> Result<String> {
    let mut text = format!(
        "filebeat.inputs:\n\
         - type: filestream\n  id: {INPUT}\n  paths: {paths:?}\n  prospector.scanner.check_interval: 1s\n",
        paths = options.paths,
    );
    write!(
        text,
        "output.logstash:\n  hosts: [\"localhost:{port}\"]\n  timeout: {timeout}\n  bulk_max_size: {bulk}\n{tls}\
         logging.level: info\nlogging.metrics.enabled: false\n",
        port = site.beats_port,
        timeout = options.timeout.as_secs(),
        bulk = options.bulk_max_size,
        tls = tls(site, options),
    )?;
    Ok(text)
}

fn tls(site: &Site, options: &Options) -> String {
    let mut text = String::new();
    if site.transport != Transport::InClear {
        text += &format!("  ssl.certificate_authorities: [{:?}]\n", site.file("ca.pem"));
    }
    if site.transport == Transport::MutualTls {
        let own = site.printer_pair(0);
        text += &format!("  ssl.certificate: {:?}\n  ssl.key: {:?}\n", own.certificate, own.key);
    }
    if !options.tls_versions.is_empty() {
        text += &format!("  ssl.supported_protocols: {:?}\n", options.tls_versions);
    }
    text
}
