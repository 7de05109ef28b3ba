use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use catalog::{Salt, Timestamp};
use parsers::{Context, Output, metricbeat};
use protocol::lumberjack::{self, Windows, ack};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::{Notify, mpsc, watch};

use super::*;
use crate::clock::Clock;
use crate::counts::Counts;
use crate::faults::Manner;
use crate::logs::{LogWriter, Record, Retention};
use crate::noise::Noise;

/// Opens connections in memory and hands the other end to the test.
struct Memory(mpsc::Sender<DuplexStream>);

impl Dial for Memory {
    type Stream = DuplexStream;

    async fn dial(&self) -> io::Result<DuplexStream> {
        let (ours, theirs) = duplex(64 << 10);
        self.0.send(theirs).await.map_err(|_| io::ErrorKind::ConnectionRefused)?;
        Ok(ours)
    }
}

/// The server's end of one connection.
struct Peer(DuplexStream, Windows);

impl Peer {
    async fn next(connections: &mut mpsc::Receiver<DuplexStream>) -> Self {
        Self(connections.recv().await.unwrap(), Windows::new())
    }

    async fn window(&mut self) -> lumberjack::Window {
        loop {
            if let Some(window) = self.1.next_window().unwrap() {
                return window;
            }
            let mut bytes = [0; 4_096];
            let read = self.0.read(&mut bytes).await.unwrap();
            assert!(read > 0, "the sender closed");
            self.1.push(&bytes[..read]);
        }
    }

    async fn ack(&mut self, sequence: u32) {
        self.0.write_all(&ack(sequence)).await.unwrap();
    }
}

/// A printer's directory, its writer and its shipper.
struct Bench {
    writer: LogWriter,
    written: watch::Sender<u64>,
    manner: watch::Sender<Manner>,
    counts: Arc<Counts>,
    progress: Arc<Notify>,
    clock: Clock,
    retention: Retention,
}

impl Bench {
    fn new(directory: &Path, rotate_bytes: u64) -> Self {
        // Each question moves the clock, so that an event that was stamped anew would show.
        let time = AtomicI64::new(1_763_806_530_000);
        let retention = Retention::default();
        Self {
            writer: LogWriter::open(directory, rotate_bytes, Some(retention.clone())).unwrap(),
            written: watch::Sender::default(),
            manner: watch::Sender::default(),
            counts: Arc::default(),
            progress: Arc::default(),
            clock: Clock::by(move || Timestamp(time.fetch_add(1, Ordering::Relaxed))),
            retention,
        }
    }

    fn write(&mut self, lines: usize) {
        for number in 0..lines {
            let continuations = if number % 10 == 0 { vec!["    more of it".to_owned()] } else { Vec::new() };
            let file = ["laser", "vat", "recoater"][number % 3];
            let body = "power=512.3mW note=\"x\"".to_owned();
            let record = Record { file, subsystem: "laser", level: "INFO", body, continuations };
            let written = self.writer.write(self.clock.now(), &[record]).unwrap();
            self.counts.lines_written.add(written.records);
            self.counts.continuations_written.add(written.continuations);
        }
        self.written.send_modify(|times| *times += 1);
    }

    fn shipper(&self, directory: &Path, dial: Memory) -> Shipper<Memory> {
        Shipper {
            dial,
            agent: Agent::new("filebeat", "p01", &mut Noise::new(1), &mut Noise::new(2)),
            files: Files::new(directory, self.retention.clone()),
            counts: self.counts.clone(),
            clock: self.clock.clone(),
            written: self.written.subscribe(),
            manner: self.manner.subscribe(),
            progress: self.progress.clone(),
            backoff: Backoff::new(Noise::new(3)),
            noise: Noise::new(4),
            in_flight: Default::default(),
            again: Default::default(),
        }
    }

    async fn all_acknowledged(&self) {
        loop {
            let progress = self.progress.notified();
            if self.counts.all_acknowledged() {
                return;
            }
            progress.await;
        }
    }
}

/// What identifies an event, and its time: everything that a resend must keep.
fn identity(event: &lumberjack::Event) -> (String, String, u64, String, String) {
    let json: serde_json::Value = serde_json::from_slice(&event.json).unwrap();
    let text = |pointer: &str| json.pointer(pointer).and_then(|value| value.as_str()).unwrap().to_owned();
    let offset = json["log"]["offset"].as_u64().unwrap();
    let agent = text("/agent/id") + &text("/agent/ephemeral_id") + &text("/log/file/device_id");
    (agent, text("/log/file/inode"), offset, text("/message"), text("/@timestamp"))
}

#[tokio::test(start_paused = true)]
async fn a_connection_lost_in_the_middle_of_a_window_loses_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(directory.path(), 1 << 20);
    bench.write(3_000);
    let (opened, mut connections) = mpsc::channel(1);
    let shipping = tokio::spawn(bench.shipper(directory.path(), Memory(opened)).run());

    // The first connection takes a few bytes, the second a whole window, and both end without an answer.
    let mut torn = Peer::next(&mut connections).await;
    torn.0.read_exact(&mut [0; 100]).await.unwrap();
    drop(torn);
    let mut mute = Peer::next(&mut connections).await;
    let first = mute.window().await;
    assert!(first.events.len() <= 2_048 && first.last_sequence as usize == first.events.len());
    drop(mute);

    let mut peer = Peer::next(&mut connections).await;
    let again = peer.window().await;
    let before: Vec<_> = first.events.iter().map(identity).collect();
    assert_eq!(again.events.iter().map(identity).collect::<Vec<_>>(), before);
    assert_ne!(first.events[0].json, again.events[0].json, "the fields of a resend stand in another order");

    // A keep-alive and a part of a window are no acknowledgement.
    peer.ack(0).await;
    peer.ack(1).await;
    let mut seen: Vec<_> = before;
    peer.ack(again.last_sequence).await;
    while seen.len() < 3_300 {
        let window = peer.window().await;
        seen.extend(window.events.iter().map(identity));
        peer.ack(window.last_sequence).await;
    }
    bench.all_acknowledged().await;
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 3_300);
    assert_eq!(bench.counts.lines_acknowledged.value(), 3_000);
    assert!(bench.counts.windows_resent.value() >= 2);
    shipping.abort();
}

#[tokio::test(start_paused = true)]
async fn rotation_under_way_loses_no_line_and_repeats_none() {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(directory.path(), 2_048);
    let (opened, mut connections) = mpsc::channel(1);
    let shipping = tokio::spawn(bench.shipper(directory.path(), Memory(opened)).run());
    let mut peer = Peer::next(&mut connections).await;
    let mut offsets: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    let (mut events, mut numbers) = (0, BTreeSet::new());
    for _ in 0..40 {
        bench.write(60);
        while events < bench.counts.lines_written.value() + bench.counts.continuations_written.value() {
            let window = peer.window().await;
            for event in &window.events {
                let (_, inode, offset, message, _) = identity(event);
                // An inode may come back with another file, but never within what is on the disk.
                if offset == 0 {
                    offsets.insert(inode.clone(), BTreeSet::new());
                }
                assert!(offsets.get_mut(&inode).unwrap().insert(offset), "{inode} {offset} came twice");
                let number = message.split(' ').find_map(|word| word.strip_prefix('#'));
                assert!(number.is_none_or(|number| numbers.insert(number.to_owned())), "{message}");
                events += 1;
            }
            peer.ack(window.last_sequence).await;
        }
        bench.all_acknowledged().await;
    }
    assert_eq!(numbers.len() as u64, bench.counts.lines_written.value());
    let count = fs::read_dir(directory.path()).unwrap().count();
    assert!(count <= 12, "{count} files: retention deletes what has arrived");
    shipping.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_holds_a_window_with_keep_alives_gets_it_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(directory.path(), 1 << 20);
    bench.write(10);
    let (opened, mut connections) = mpsc::channel(1);
    let shipping = tokio::spawn(bench.shipper(directory.path(), Memory(opened)).run());
    let mut peer = Peer::next(&mut connections).await;
    let window = peer.window().await;
    for _ in 0..40 {
        tokio::time::advance(Duration::from_secs(3)).await;
        peer.ack(0).await;
    }
    peer.ack(window.last_sequence).await;
    bench.all_acknowledged().await;
    assert_eq!((bench.counts.windows_sent.value(), bench.counts.windows_resent.value()), (1, 0));
    shipping.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_left_after_half_a_minute() {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(directory.path(), 1 << 20);
    bench.write(10);
    let (opened, mut connections) = mpsc::channel(1);
    let shipping = tokio::spawn(bench.shipper(directory.path(), Memory(opened)).run());
    let began = tokio::time::Instant::now();
    let _mute = Peer::next(&mut connections).await;
    let mut peer = Peer::next(&mut connections).await;
    let waited = began.elapsed();
    assert!((30..32).contains(&waited.as_secs()), "{waited:?}");
    let window = peer.window().await;
    // An acknowledgement of more than was sent would make a real Filebeat lose events: here it is a fault.
    peer.ack(window.last_sequence + 1).await;
    let mut peer = Peer::next(&mut connections).await;
    assert_eq!(peer.window().await.events.len(), window.events.len());
    assert_eq!(bench.counts.lines_acknowledged.value(), 0);
    shipping.abort();
}

#[tokio::test(start_paused = true)]
async fn power_off_closes_the_connection_and_power_on_sends_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(directory.path(), 1 << 20);
    bench.write(10);
    let (opened, mut connections) = mpsc::channel(1);
    let shipping = tokio::spawn(bench.shipper(directory.path(), Memory(opened)).run());
    let mut peer = Peer::next(&mut connections).await;
    let window = peer.window().await;
    bench.manner.send_replace(Manner::Off);
    assert_eq!(peer.0.read(&mut [0; 16]).await.unwrap(), 0);
    bench.manner.send_replace(Manner::Answers);
    let mut peer = Peer::next(&mut connections).await;
    assert_eq!(peer.window().await.events.len(), window.events.len());
    shipping.abort();
}

fn reporter(counts: &Arc<Counts>, manner: watch::Receiver<Manner>, dial: Memory) -> Reporter<Memory> {
    Reporter {
        dial,
        agent: Agent::new("metricbeat", "p01", &mut Noise::new(1), &mut Noise::new(2)),
        host: Host::new(Noise::new(5)),
        counts: counts.clone(),
        clock: Clock::by(|| Timestamp(1_763_806_530_000)),
        period: Duration::from_secs(10),
        first: Duration::from_secs(1),
        manner,
        backoff: Backoff::new(Noise::new(3)),
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_are_read_by_the_parser_and_dropped_after_three_tries() {
    let (counts, manner) = (Arc::<Counts>::default(), watch::Sender::default());
    let (opened, mut connections) = mpsc::channel(1);
    let reporting = tokio::spawn(reporter(&counts, manner.subscribe(), Memory(opened)).run());
    let mut peer = Peer::next(&mut connections).await;
    let window = peer.window().await;
    let context = Context { salt: Salt::new([1; 16]), zone: jiff::tz::TimeZone::UTC };
    let mut output = Output::default();
    for event in &window.events {
        let event = parsers::beats::Event::parse(&event.json).unwrap();
        metricbeat::readings(&event, event.place(&context.salt), &context, &mut output);
    }
    assert!(output.refused.is_empty() && output.unmatched.is_empty(), "{output:?}");
    let items: BTreeSet<_> = output.readings.iter().map(|reading| reading.item().id()).collect();
    for item in ["host.cpu", "host.load", "host.memory_total", "host.memory_used", "host.filesystem_used"] {
        assert!(items.contains(item), "{item} is not in {items:?}");
    }
    peer.ack(window.last_sequence).await;
    drop(peer.window().await);
    drop(peer);
    for _ in 0..2 {
        drop(Peer::next(&mut connections).await);
    }
    // The next connection comes with the next period and another sample: the last one is gone.
    let mut peer = Peer::next(&mut connections).await;
    drop(peer.window().await);
    assert_eq!(counts.metric_events_acknowledged.value(), window.events.len() as u64);
    assert_eq!(counts.metric_events_dropped.value(), window.events.len() as u64);
    reporting.abort();
}
