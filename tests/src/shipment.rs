//! A printer whose log a real Filebeat ships, in a network namespace with nothing but loopback, and what must come
//! of it: every record stored, and stored once.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use demo::program::{Launcher, Program};
use demo::site::{Plan, Transport};
use serde_json::{Value, json};

use crate::filebeat::{Filebeat, Options};
use crate::namespace::Namespace;
use crate::{Bench, number, slow, until};

/// A site with one printer. If the test does not come to [`Shipment::all_stored_once`]'s end, it prints what the
/// programs said.
pub struct Shipment {
    /// The site.
    pub bench: Bench,
    /// What to put before a command so that it runs in the namespace.
    pub within: Vec<String>,
    done: bool,
    _namespace: Namespace,
}

/// The programs that take the printer's log in.
pub struct Takers {
    /// The platform.
    pub platform: Program,
    /// The adapter.
    pub adapter: Program,
}

impl Shipment {
    /// Prepares the site below this directory.
    pub async fn new(below: &str, programs: &str, transport: Transport) -> Result<Self> {
        let namespace = Namespace::new().await?;
        let within = namespace.enter().await?;
        let plan =
            Plan { printers: 1, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
        let launcher = Launcher::new(programs).within(within.clone());
        let mut bench = Bench::new(below, launcher, plan)?;
        bench.site.transport = transport;
        Ok(Self { bench, within, done: false, _namespace: namespace })
    }

    /// Starts the platform and the adapter.
    pub async fn start_takers(&self) -> Result<Takers> {
        let platform = self.start_platform().await?;
        let adapter = self.bench.site.start_adapter().await?;
        Ok(Takers { platform, adapter })
    }

    /// Starts them with a relay between that holds back each answer for so long.
    pub async fn start_slow_takers(&mut self, after: Duration) -> Result<(Takers, Program)> {
        // Before the relay: an enrolment needs no patience.
        let platform = self.start_platform().await?;
        let relay = slow::start(&mut self.bench.site, after).await?;
        self.configure_adapter()?;
        let adapter = self.bench.site.start_adapter().await?;
        Ok((Takers { platform, adapter }, relay))
    }

    /// Starts the platform alone, and gives the adapter its key.
    pub async fn start_platform(&self) -> Result<Program> {
        let platform = self.bench.site.start_platform().await?;
        self.configure_adapter()?;
        self.bench.site.enrol().await?;
        Ok(platform)
    }

    /// Writes the adapter's configuration.
    pub fn configure_adapter(&self) -> Result<()> {
        self.bench.site.configure_adapter(&json!({"printers": [{"id": "p01"}]}))
    }

    /// A Filebeat of the printer. Without other paths it ships the one log file.
    pub fn filebeat(&self, mut options: Options) -> Result<Filebeat> {
        if options.paths.is_empty() {
            options.paths = vec![self.log()];
        }
        Filebeat::prepare(&self.bench.site, self.within.clone(), &options)
    }

    /// The printer's log file.
    pub fn log(&self) -> PathBuf {
        self.bench.site.printer_directory(0).join("laser.log")
    }

    /// Writes the records with these numbers at the end of the log file, each with the text that `line` gives it.
    pub fn write(&self, records: RangeInclusive<u64>, line: fn(u64) -> String) -> Result<()> {
        let mut text = String::new();
        for record in records {
            writeln!(text, "{}", line(record))?;
        }
        let mut log = File::options().create(true).append(true).open(self.log())?;
        log.write_all(text.as_bytes()).map_err(Into::into)
    }

    /// How many of the printer's records are stored.
    pub async fn stored(&self) -> Result<u64> {
        let report = self.bench.site.stored().await?;
        number(&report, "/records/distinct")
    }

    /// Waits until so many are.
    pub async fn until_stored(&self, records: u64) -> Result<()> {
        until(&format!("{records} records in the store"), async || {
            Ok((self.stored().await? >= records).then_some(()))
        })
        .await
    }

    /// How many lines of the log file are acknowledged, by Filebeat's registry.
    pub fn acknowledged(&self, filebeat: &Filebeat) -> Result<u64> {
        let position = usize::try_from(filebeat.position(&self.log())?)?;
        let log = fs::read(self.log())?;
        let acknowledged = log.get(..position).context("Filebeat is beyond the end of the log")?;
        Ok(acknowledged.iter().filter(|byte| **byte == b'\n').count() as u64)
    }

    /// Waits until Filebeat's registry says that the whole of this log file is acknowledged.
    pub async fn until_acknowledged(&self, filebeat: &Filebeat, log: &Path) -> Result<()> {
        let length = fs::metadata(log)?.len();
        until(&format!("the end of {} in Filebeat's registry", log.display()), async || {
            Ok((filebeat.position(log)? == length).then_some(()))
        })
        .await
    }

    /// Waits until the records from 1 on up to this one are stored, and stops the programs. Fails if one is
    /// missing or stored twice, or if the adapter refused anything. Gives what the adapter counted.
    pub async fn all_stored_once(mut self, takers: Takers, records: u64) -> Result<Value> {
        self.until_stored(records).await?;
        let counted = takers.adapter.stop().await?;
        // What was under way when the adapter stopped is in the store now, too.
        let report = self.bench.site.stored().await?;
        takers.platform.stop().await?;
        let count = |name: &str| number(&report, &format!("/records/{name}"));
        let found = (count("distinct")?, count("duplicates")?, count("missing")?);
        ensure!(
            found == (records, 0, 0),
            "(distinct, duplicates, missing): {found:?}, not ({records}, 0, 0)"
        );
        for nothing in ["lines_unmatched", "frames_refused", "senders_refused", "readings_refused"] {
            ensure!(number(&counted, &format!("/{nothing}"))? == 0, "{nothing}: {counted}");
        }
        self.done = true;
        Ok(counted)
    }
}

impl Drop for Shipment {
    #[expect(clippy::print_stderr, reason = "a failed test's last words")]
    fn drop(&mut self) {
        if !self.done {
            eprintln!("{}", self.bench.logs());
        }
    }
}

/// The text of a record with two measurements.
pub fn measured(record: u64) -> String {
    let power = 500 + record % 97;
    format!("{} laser #{record:09} INFO power={power}.0mW current=21.4A", stamp(record))
}

/// The text of a record with nothing but its number; of every fifth one, written when the printer's clock was not
/// yet set.
pub fn bare(record: u64) -> String {
    let stamp = if record.is_multiple_of(5) { "-".to_owned() } else { stamp(record) };
    format!("{stamp} laser #{record:09} INFO")
}

fn stamp(record: u64) -> String {
    let (minute, second, milli) = (record / 60_000 % 60, record / 1000 % 60, record % 1000);
    format!("2026-11-22T06:{minute:02}:{second:02}.{milli:03}Z")
}

/// The file's name with this number behind it, as rotation gives it.
pub fn rotated(log: &Path, number: u32) -> Result<PathBuf> {
    let name = log.file_name().and_then(|name| name.to_str()).context("a log without a name")?;
    Ok(log.with_file_name(format!("{name}.{number}")))
}
