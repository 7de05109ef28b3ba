//! A bench for the tests of the intake: a real buffer, and a platform that says what the test wants.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use catalog::{Reading, Salt, Timestamp};
use globset::Glob;
use jiff::tz::TimeZone;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::buffer::{Buffer, LaneId, Load};
use crate::clock::Clock;
use crate::config::{self, AdapterName, Begin, ListenerTls, Logs, Pair, Printer, PrinterId, WhenFull};
use crate::counters::Counters;
use crate::intake::IntakeContext;
use crate::lifecycle::Lifecycle;

pub(crate) const BYTES_MAX: usize = 64 << 20;

/// Lets so much of a test's paused time pass. Its clock moves only when no task and no thread has anything left to do, so
/// that all have come as far as they come: nothing is waited for, and nothing can be too slow.
pub(crate) async fn pass(time: std::time::Duration) {
    tokio::time::sleep(time).await;
}

pub(crate) fn printer_id() -> PrinterId {
    PrinterId::parse("p01").unwrap()
}

pub(crate) fn printer() -> Printer {
    Printer {
        id: printer_id(),
        format: Some(parsers::Family::Projet.into()),
        zone: TimeZone::UTC,
        model: None,
        beats: None,
        push: None,
        logs: None,
        interface: None,
    }
}

pub(crate) fn printer_with_logs(directory: &std::path::Path) -> Printer {
    let pattern = Glob::new("*.log*").unwrap().compile_matcher();
    let logs = Logs { directory: directory.to_owned(), pattern, begin: Begin::Beginning, look_back: None };
    Printer { logs: Some(logs), ..printer() }
}

/// A certificate authority, and the files that it made.
pub(crate) struct Authority {
    pub(crate) ca: CertifiedIssuer<'static, KeyPair>,
    files: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { ca, files: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.write("ca.pem", &self.ca.pem())
    }

    /// A certificate for this name, and its key.
    pub(crate) fn pair(&self, name: &str) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.signed_by(&key, &self.ca).unwrap().pem();
        let certificate_file = self.write(&format!("{name}.pem"), &pem);
        Pair { certificate_file, key_file: self.write(&format!("{name}.key"), &key.serialize_pem()) }
    }

    /// The files of a listener of this name that asks for certificates.
    pub(crate) fn listener(&self, name: &str) -> ListenerTls {
        let Pair { certificate_file, key_file } = self.pair(name);
        ListenerTls { certificate_file, key_file, client_ca_file: Some(self.ca_file()), only_13: false }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.files.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }
}

pub(crate) struct Bench {
    pub(crate) context: IntakeContext,
    pub(crate) lifecycle: Lifecycle,
}

pub(crate) fn bench() -> Bench {
    bench_of(&[printer_id()])
}

/// A bench with these printers.
pub(crate) fn bench_of(printers: &[PrinterId]) -> Bench {
    let counters = Arc::new(Counters::new(printers));
    let adapter = AdapterName::parse("oslo-1").unwrap();
    let config = config::Buffer { bytes_max: BYTES_MAX, when_full: WhenFull::Thin };
    let buffer = Buffer::new(config, &adapter, printers, Arc::clone(&counters));
    let lifecycle = Lifecycle::new();
    let context = IntakeContext {
        buffer: Arc::new(buffer),
        counters,
        held_back: None,
        salt: Salt::new([7; 16]),
        clock: Clock::fixed(Timestamp(1_795_000_000_000)),
        neighbours: Arc::default(),
        stop: lifecycle.soft.clone(),
        tasks: lifecycle.tasks(lifecycle.soft.clone()),
    };
    Bench { context, lifecycle }
}

impl Bench {
    /// Waits for the next batch.
    pub(crate) async fn take(&self) -> (LaneId, Load) {
        let buffer = &self.context.buffer;
        loop {
            if let Some(taken) = buffer.take(Instant::now()) {
                return taken;
            }
            match buffer.ripe_at() {
                Some(ripe) => tokio::time::sleep_until(ripe).await,
                None => buffer.changed().await,
            }
        }
    }

    pub(crate) fn finish(&self, (lane, load): (LaneId, Load), accept: bool) {
        let (kept, polled) = (load.kept_bytes, load.polled_bytes);
        if accept {
            load.accept()
        } else {
            drop(load)
        }
        self.context.buffer.finish(lane, kept, polled);
    }

    /// Stores everything until there are so many readings that `wanted` takes.
    pub(crate) async fn store(&self, count: usize, wanted: impl Fn(&Reading) -> bool) -> Vec<Reading> {
        let mut stored = Vec::new();
        while stored.len() < count {
            let taken = self.take().await;
            stored.extend(taken.1.batch().readings.iter().filter(|reading| wanted(reading)).cloned());
            self.finish(taken, true);
        }
        stored
    }

    /// Stores everything until so many log records came, and gives their numbers.
    pub(crate) async fn store_records(&self, count: usize) -> Vec<u64> {
        record_numbers(&self.store(count, |reading| reading.item().id() == "log.record").await)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small whole numbers of the test"
)]
pub(crate) fn record_numbers(readings: &[Reading]) -> Vec<u64> {
    let records = readings.iter().filter(|reading| reading.item().id() == "log.record");
    records
        .filter_map(|reading| match reading.value() {
            catalog::Value::Number(number) => Some(*number as u64),
            _ => None,
        })
        .collect()
}

/// A line of a log with this record number.
pub(crate) fn line(number: u64) -> String {
    format!("2026-11-22T10:15:30.123Z laser #{number:09} INFO power=512.3mW")
}
