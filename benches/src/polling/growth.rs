//! PIP printers at 1 s in growing numbers, and what each of them costs.
//!
//! One adapter takes no more than [`PRINTERS_MAX`] printers: its configuration is refused beyond. The adapter here is the
//! program's own (`App`) and its configuration is read by the program's own reader, in pieces of so many printers, which
//! are put together behind it: only that one check is passed by. The platform is left out, as for the front door.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use adapter::app::{App, Sink, Way};
use adapter::config::{self, AdapterIdentity, AdapterName, Config, PRINTERS_MAX};
use adapter::lifecycle::Lifecycle;
use anyhow::{Context as _, Result, ensure};
use catalog::Salt;
use demo::certificates::{Authority, Validity};
use tokio::time::{Instant, sleep};

use super::fleet::Fleet;
use super::usage::{Usage, megabytes};
use crate::store::Store;

/// As many as the adapter's own program has.
const WORKERS: usize = 2;
/// READs of each printer before the measurement begins: by then it has told all that is told once.
const WARM_READS: u64 = 5;
/// A machine on which not every printer was read so often by then is of no use for a measurement.
const PATIENCE: Duration = Duration::from_secs(300);

/// What was measured of one number of printers.
struct Row {
    printers: usize,
    polls_per_second: f64,
    core_percent: f64,
    cpu_us_per_poll: f64,
    usage: Usage,
}

/// Measures each number of printers.
pub(super) async fn measure(time: Duration, printers: &[usize]) -> Result<String> {
    let mut rows = Vec::new();
    for printers in printers {
        rows.push(row(*printers, time).await?);
    }
    Ok(table(&rows))
}

async fn row(printers: usize, time: Duration) -> Result<Row> {
    let directory = tempfile::Builder::new().prefix("oneway-growth-").tempdir()?;
    let authority = Authority::new("Oneway benchmark authority")?;
    let ca_file = directory.path().join("ca.pem");
    authority.write(&ca_file)?;
    let pair = authority.issue(directory.path(), &["printer"], Validity::Current)?;
    authority.issue(directory.path(), &["adapter"], Validity::Current)?;
    let fleet = Fleet::start(printers, &pair, &ca_file).await?;
    let mut adapter = Adapter::start(&configurations(directory.path(), &fleet)?)?;
    let deadline = Instant::now() + PATIENCE;
    while fleet.reads().1 < WARM_READS {
        ensure!(Instant::now() < deadline, "{printers} printers were not all read within {PATIENCE:?}");
        sleep(Duration::from_millis(200)).await;
    }
    let (before, reads_before, from) = (adapter.usage()?, fleet.reads().0, Instant::now());
    sleep(time).await;
    let (usage, reads, seconds) = (adapter.usage()?, fleet.reads().0, from.elapsed().as_secs_f64());
    adapter.stop()?;
    let cpu_seconds = usage.cpu_seconds - before.cpu_seconds;
    #[expect(clippy::cast_precision_loss, reason = "polls of minutes")]
    let polls = (reads - reads_before) as f64;
    Ok(Row {
        printers,
        polls_per_second: polls / seconds,
        core_percent: cpu_seconds / seconds * 100.0,
        cpu_us_per_poll: cpu_seconds * 1e6 / polls,
        usage,
    })
}

/// The configuration's files.
fn configurations(directory: &Path, fleet: &Fleet) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut number = 0;
    for addresses in fleet.addresses.chunks(PRINTERS_MAX) {
        let mut text = String::from(concat!(
            "[platform]\nurl = \"https://localhost\"\ncredentials_file = \"none\"\n",
            "[pip]\nca_file = \"ca.pem\"\ncertificate_file = \"adapter.pem\"\nkey_file = \"adapter.key\"\n",
        ));
        for address in addresses {
            number += 1;
            write!(
                text,
                "[[printers]]\nid = \"p{number:04}\"\n\
                 pip = {{ address = \"{address}\", server_name = \"printer\", interval = \"1s\" }}\n"
            )?;
        }
        let file = directory.join(format!("adapter-{}.toml", files.len()));
        fs::write(&file, text)?;
        files.push(file);
    }
    Ok(files)
}

/// The adapter's process. It ends with its standard input, so also when this process dies.
struct Adapter {
    process: Child,
    /// Held, so that what it says at its end finds a reader.
    _lines: BufReader<ChildStdout>,
}

impl Adapter {
    fn start(files: &[PathBuf]) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("serve")
            .args(files)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let mut lines = BufReader::new(process.stdout.take().context("the adapter has no output")?);
        lines.read_line(&mut line)?;
        ensure!(line.trim_end() == "ready", "the adapter did not start");
        Ok(Self { process, _lines: lines })
    }

    fn usage(&self) -> Result<Usage> {
        Usage::of(i32::try_from(self.process.id())?)
    }

    fn stop(&mut self) -> Result<()> {
        drop(self.process.stdin.take());
        ensure!(self.process.wait()?.success(), "the adapter failed");
        Ok(())
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // It has ended by itself unless a measurement broke off.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is the adapter until the standard input ends.
pub(super) fn serve(files: &[PathBuf]) -> Result<String> {
    adapter::tls::install_provider();
    let config = merged(files)?;
    let adapter = AdapterName::parse("bench").context("a name of an adapter")?;
    let store = Arc::new(Store::new(adapter.thing()));
    let identity = AdapterIdentity { adapter, salt: Salt::new([7; 16]) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    runtime.block_on(async {
        let lifecycle = Lifecycle::new();
        let app = App::start(
            &config,
            &identity,
            Sink::Link(Way {
                link: Arc::clone(&store),
                health: Arc::default(),
                url: String::new(),
                to_uplink: None,
            }),
            lifecycle.clone(),
        )
        .await?;
        writeln!(std::io::stdout(), "ready")?;
        let told = async {
            tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
            lifecycle.soft.cancel();
            anyhow::Ok(())
        };
        let (_, told) = futures::join!(app.run(), told);
        told
    })?;
    ensure!(store.readings() > 0, "no printer gave a value");
    Ok(String::new())
}

/// The configurations as one.
fn merged(files: &[PathBuf]) -> Result<Config> {
    let mut all: Option<Config> = None;
    for file in files {
        let config = config::load(file, &HashMap::new())?.config;
        match &mut all {
            None => all = Some(config),
            Some(all) => all.printers.extend(config.printers),
        }
    }
    all.context("no configuration")
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from(concat!(
        "| printers | polls a second | % of a core | CPU µs a poll | times the first | RSS, MB ",
        "| KB for each more printer |\n|---|---|---|---|---|---|---|",
    ));
    let mut before: Option<&Row> = None;
    for row in rows {
        let times = rows.first().map_or(f64::NAN, |first| row.cpu_us_per_poll / first.cpu_us_per_poll);
        let each = before.map_or_else(String::new, |before| {
            #[expect(clippy::cast_precision_loss, reason = "some thousand printers")]
            let more = row.printers as f64 - before.printers as f64;
            let memory = megabytes(row.usage.memory_bytes) - megabytes(before.usage.memory_bytes);
            format!("{:.1}", memory * 1e3 / more)
        });
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n| {} | {:.0} | {:.2} | {:.0} | {times:.2} | {:.1} | {each} |",
            row.printers,
            row.polls_per_second,
            row.core_percent,
            row.cpu_us_per_poll,
            megabytes(row.usage.memory_bytes),
        );
        before = Some(row);
    }
    out
}
