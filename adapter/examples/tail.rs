//! Measures the tail: `tail burst MIB MS` reads so many MiB of old logs while a line is written ten times a second, and
//! `tail hour MS` reads an hour of twenty printers, as fast as it goes. The platform is a stub that stores everything
//! after so many ms a batch. Says lines, speed, memory and how long live lines took.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adapter::buffer::Buffer;
use adapter::clock::Clock;
use adapter::config::{self, AdapterName, Begin, Logs, Printer, PrinterId, WhenFull};
use adapter::counters::Counters;
use adapter::intake::{IntakeContext, tail};
use adapter::lifecycle::Lifecycle;
use anyhow::{Context as _, bail};
use catalog::{Salt, Value};
use tokio::time::{Instant, sleep};

const PRINTERS: usize = 20;
/// Log files of each that may be open.
const OPEN_MAX: usize = 512;
const BUFFER_BYTES: usize = 64 << 20;
/// Record numbers of live lines begin here.
const LIVE: u64 = 100_000_000;
const FILE_BYTES: usize = 64 << 20;

/// When a live line was written, and how long each took that is stored.
type Waits = Arc<Mutex<(HashMap<u64, Instant>, Vec<Duration>)>>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["burst", mib, ms] => burst(mib.parse().context("not a number of MiB")?, milliseconds(ms)?).await,
        ["hour", ms] => hour(milliseconds(ms)?).await,
        _ => bail!("write `tail burst MIB MS` or `tail hour MS`"),
    }
}

fn milliseconds(text: &str) -> anyhow::Result<Duration> {
    Ok(Duration::from_millis(text.parse().context("not a number of milliseconds")?))
}

async fn burst(mib: usize, takes: Duration) -> anyhow::Result<()> {
    let directory = Directory::new("burst")?;
    let mut number = 0;
    for file in 0..(mib << 20).div_ceil(FILE_BYTES) {
        let mut text = String::with_capacity(1 << 20);
        let mut written = 0;
        while written < FILE_BYTES {
            text.clear();
            while text.len() < 1 << 20 {
                number += 1;
                text.push_str(&line(number));
            }
            written += text.len();
            append(&directory.0.join(format!("laser.log.{file}")), &text)?;
        }
    }
    append(&directory.0.join("vat.log"), "")?;
    let bench = Bench::new(&[printer(0, &directory.0)?], takes)?;
    let (before, started) = (resident()?, Instant::now());
    let mut resident_max = before;
    let mut live = LIVE;
    while bench.counters.lines_read.now() < number {
        live += 1;
        bench.waits.lock().unwrap_or_else(PoisonError::into_inner).0.insert(live, Instant::now());
        append(&directory.0.join("vat.log"), &line(live))?;
        sleep(Duration::from_millis(100)).await;
        resident_max = resident_max.max(resident()?);
    }
    let seconds = started.elapsed().as_secs_f64();
    let mut waits = std::mem::take(&mut bench.waits.lock().unwrap_or_else(PoisonError::into_inner).1);
    waits.sort();
    let at = |part: usize| waits.get(waits.len() * part / 100).or(waits.last()).copied().unwrap_or_default();
    writeln!(
        std::io::stdout(),
        "{number} lines, {seconds:.1} s, {:.1} MB/s; resident {before} KiB before, {resident_max} KiB at most; \
         {} live lines: half within {:?}, 99 of 100 within {:?}, the last {:?}",
        number as f64 * line(1).len() as f64 / seconds / 1e6,
        waits.len(),
        at(50),
        at(99),
        at(100),
    )?;
    Ok(())
}

async fn hour(takes: Duration) -> anyhow::Result<()> {
    let directory = Directory::new("hour")?;
    let mut printers = Vec::new();
    for index in 0..PRINTERS {
        let path = directory.0.join(format!("p{index}"));
        fs::create_dir(&path)?;
        printers.push(printer(index, &path)?);
    }
    let bench = Bench::new(&printers, takes)?;
    // Ten seconds of an hour at a time: 128 lines of each printer; the logs are rotated once a quarter.
    let started = Instant::now();
    for step in 0..360_u64 {
        for logs in printers.iter().filter_map(|printer| printer.logs.as_ref()) {
            let path = logs.directory.join("laser.log");
            if step % 90 == 45 {
                fs::rename(&path, logs.directory.join(format!("laser.log.{step}")))?;
            }
            append(&path, &(1..=128).map(|number| line(step * 128 + number)).collect::<String>())?;
        }
        let due = (step + 1) * 128 * PRINTERS as u64;
        while bench.counters.lines_read.now() < due || bench.buffer.bytes() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
        if step % 90 == 89 {
            let quarter = step / 90 + 1;
            let (lines, resident) = (bench.counters.lines_read.now(), resident()?);
            let seconds = started.elapsed().as_secs();
            writeln!(
                std::io::stdout(),
                "quarter {quarter}: {lines} lines, resident {resident} KiB, after {seconds} s"
            )?;
        }
    }
    Ok(())
}

/// A running tail and the stub that stores what it reads.
struct Bench {
    buffer: Arc<Buffer>,
    counters: Arc<Counters>,
    waits: Waits,
}

impl Bench {
    fn new(printers: &[Printer], takes: Duration) -> anyhow::Result<Self> {
        let adapter = AdapterName::parse("oslo-1").context("name")?;
        // The shares are those of twenty printers however many there are.
        let ids = (0..PRINTERS).map(id).collect::<anyhow::Result<Vec<_>>>()?;
        let counters = Arc::<Counters>::default();
        let config = config::Buffer { bytes_max: BUFFER_BYTES, when_full: WhenFull::Thin };
        let buffer = Arc::new(Buffer::new(config, &adapter, &ids, Arc::clone(&counters)));
        let lifecycle = Lifecycle::new();
        let context = IntakeContext {
            buffer: Arc::clone(&buffer),
            counters: Arc::clone(&counters),
            held_back: None,
            salt: Salt::new([7; 16]),
            clock: Clock::system(),
            neighbours: Arc::default(),
            stop: lifecycle.soft.clone(),
            tasks: lifecycle.tasks(lifecycle.soft.clone()),
        };
        let waits = Waits::default();
        tokio::spawn(store(Arc::clone(&buffer), Arc::clone(&waits), takes));
        printers.iter().for_each(|printer| tail::start(printer, OPEN_MAX, &context));
        Ok(Self { buffer, counters, waits })
    }
}

async fn store(buffer: Arc<Buffer>, waits: Waits, takes: Duration) {
    loop {
        let Some((lane, load)) = buffer.take(Instant::now()) else {
            match buffer.ripe_at() {
                Some(ripe) => tokio::time::sleep_until(ripe).await,
                None => buffer.changed().await,
            }
            continue;
        };
        let (buffer, waits) = (Arc::clone(&buffer), Arc::clone(&waits));
        tokio::spawn(async move {
            sleep(takes).await;
            for reading in load.batch().readings.iter().filter(|reading| reading.item().id() == "log.record")
            {
                let Value::Number(number) = reading.value() else { continue };
                let mut waits = waits.lock().unwrap_or_else(PoisonError::into_inner);
                let written =
                    waits.0.iter().find(|(live, _)| **live as f64 == *number).map(|(live, _)| *live);
                if let Some(written) = written.and_then(|live| waits.0.remove(&live)) {
                    waits.1.push(written.elapsed());
                }
            }
            let (kept, polled) = (load.kept_bytes, load.polled_bytes);
            load.accept();
            buffer.finish(lane, kept, polled);
        });
    }
}

/// A directory of our own, taken away at the end.
struct Directory(std::path::PathBuf);

impl Directory {
    fn new(name: &str) -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("oneway-tail-{name}-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn id(index: usize) -> anyhow::Result<PrinterId> {
    PrinterId::parse(&format!("p{index}")).context("id")
}

fn printer(index: usize, directory: &Path) -> anyhow::Result<Printer> {
    let pattern = globset::Glob::new("*.log*")?.compile_matcher();
    let logs = Logs { directory: directory.to_owned(), pattern, begin: Begin::Beginning, look_back: None };
    Ok(Printer {
        id: id(index)?,
        format: Some(parsers::Family::Projet.into()),
        zone: jiff::tz::TimeZone::UTC,
        model: None,
        beats: None,
        logs: Some(logs),
        push: None,
        interface: None,
    })
}

fn line(number: u64) -> String {
    format!("2026-11-22T10:15:30.123Z laser #{number:09} INFO power=512.3mW\n")
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    Ok(OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())?)
}

fn resident() -> anyhow::Result<u64> {
    procfs::process::Process::myself()?.status()?.vmrss.context("the kernel says no resident memory")
}
