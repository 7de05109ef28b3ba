//! Two hundred senders, each known and each with a certificate, begin a large frame and never end it. The adapter's
//! memory stays bounded, and honest senders beside them notice nothing.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use demo::program::{Launcher, Program};
use demo::report::Footprint;
use demo::site::{Plan, Site};
use protocol::inflate::deflate;
use protocol::limits::{COMPRESSED_BYTES_MAX, EVENT_BYTES_MAX, INFLATED_BYTES_MAX};
use protocol::lumberjack::encode_window;
use serde_json::{Value, json};
use tests::beats::Sender;
use tests::{Bench, number, until};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

/// The first twenty are attacked in the name of; the last is not.
const PRINTERS: usize = 21;
const ATTACKERS: usize = 200;
const MEMORY_MAX: u64 = 64 << 20;
/// What Filebeat sends at once.
const FILEBEAT_EVENTS: u64 = 2048;
/// What Metricbeat sends at once.
const METRICBEAT_EVENTS: u64 = 10;
/// An event of Filebeat, with all that it says of the host.
const FILEBEAT_EVENT_BYTES: usize = 814;
/// Filebeat's own time limit is thirty seconds.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(20);
/// Looks in a row at which the attackers have sent no more than before.
const CALM: u32 = 10;
/// What an attacker writes at once.
const CHUNK_BYTES: usize = 16 << 10;

#[tokio::test]
async fn two_hundred_frames_of_four_gigabytes() -> Result<()> {
    let begun = [
        b"2W\0\0\0\x012J\0\0\0\x01\xff\xff\xff\xff{\"message\":\"".to_vec(),
        b"2W\0\0\0\x012C\xff\xff\xff\xff\x78\x5e".to_vec(),
        b"2W\xff\xff\xff\xff2J\0\0\0\x01\xff\xff\xff\xff{".to_vec(),
        b"2W\0\0\x08\x002D\0\0\0\x01\xff\xff\xff\xff".to_vec(),
    ];
    let attacks = begun.map(|mut bytes| {
        bytes.resize(EVENT_BYTES_MAX, b' ');
        Attack::then_stop(bytes)
    });
    let counted = withstand(&attacks).await?;
    assert_eq!(number(&counted, "/frames_refused")?, ATTACKERS as u64, "{counted}");
    Ok(())
}

#[tokio::test]
async fn two_hundred_legal_windows_that_do_not_end() -> Result<()> {
    let event = vec![b' '; EVENT_BYTES_MAX];
    let heavy = encode_window(1, &vec![&event; INFLATED_BYTES_MAX / EVENT_BYTES_MAX], None);
    let one = encode_window(1, &[&event], None);
    let attacks = [
        Attack::then_stop(heavy),
        Attack::then_stop(incompressible()?),
        Attack::then_stop(blown_up(&event)?),
        Attack::then_stop(cut_within(&event)?),
        Attack::then_stop(one.clone()),
        Attack::then_drip(one),
    ];
    let counted = withstand(&attacks).await?;
    assert_eq!(number(&counted, "/frames_refused")?, 0, "{counted}");
    Ok(())
}

/// A window in the largest compressed frame that a sender may send.
fn incompressible() -> Result<Vec<u8>> {
    let events = vec![vec![b' '; 1024]; COMPRESSED_BYTES_MAX / 1100];
    let plain = encode_window(1, &events, None);
    let (head, frames) = plain.split_at(6);
    // Stored, the frame is as large as what is in it.
    let stored = compressed(frames)?;
    anyhow::ensure!((COMPRESSED_BYTES_MAX * 9 / 10..=COMPRESSED_BYTES_MAX).contains(&stored.len()));
    Ok([head, &stored].concat())
}

/// A window of which all but the last event come in one small frame that inflates to almost as much as it may.
fn blown_up(event: &[u8]) -> Result<Vec<u8>> {
    let events = vec![event; INFLATED_BYTES_MAX / EVENT_BYTES_MAX - 1];
    let mut window = encode_window(1, &events, Some(9));
    let announced = u32::try_from(events.len() + 1)?;
    window.splice(2..6, announced.to_be_bytes());
    window.extend_from_slice(b"2J\0");
    Ok(window)
}

/// A window whose one event is cut within a compressed frame that is cut within another.
fn cut_within(event: &[u8]) -> Result<Vec<u8>> {
    let plain = encode_window(1, &[event], None);
    let (head, frame) = plain.split_at(6);
    let inner = compressed(&frame[..frame.len() - 1])?;
    Ok([head, &compressed(&inner[..inner.len() - 6])?].concat())
}

fn compressed(frames: &[u8]) -> Result<Vec<u8>> {
    // Level 0 stores without compressing.
    let body = deflate(frames, 0);
    Ok([b"2C", &u32::try_from(body.len())?.to_be_bytes()[..], &body].concat())
}

/// What an attacker sends.
#[derive(Clone)]
struct Attack {
    at_once: Arc<[u8]>,
    /// Of this, a byte a second.
    dripping: Arc<[u8]>,
}

impl Attack {
    /// All of it but for the last byte.
    fn then_stop(mut bytes: Vec<u8>) -> Self {
        bytes.pop();
        Self { at_once: bytes.into(), dripping: Arc::default() }
    }

    /// A little, and then a byte a second.
    fn then_drip(mut bytes: Vec<u8>) -> Self {
        let dripping = bytes.split_off(CHUNK_BYTES);
        Self { at_once: bytes.into(), dripping: dripping.into() }
    }

    /// Ends when the adapter closes.
    async fn carry_out(self, mut sender: Sender, sent: Arc<AtomicU64>) -> Result<()> {
        for chunk in self.at_once.chunks(CHUNK_BYTES) {
            sender.send(chunk).await?;
            sent.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
        let mut seconds = interval(Duration::from_secs(1));
        for byte in self.dripping.chunks(1) {
            seconds.tick().await;
            sender.send(byte).await?;
        }
        sender.closed().await.map(drop)
    }
}

/// Lets the attackers carry out these attacks beside honest senders; gives what the adapter counted.
async fn withstand(attacks: &[Attack]) -> Result<Value> {
    let plan =
        Plan { printers: PRINTERS, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), Launcher::new(env!("CARGO_BIN_EXE_programs")), plan)?;
    let site = &bench.site;
    let printers: Vec<Value> =
        (0..PRINTERS).map(|index| json!({"id": demo::site::printer_id(index)})).collect();
    site.configure_adapter(&json!({ "printers": printers }))?;
    let platform = site.start_platform().await?;
    site.enrol().await?;
    let adapter = site.start_adapter().await?;

    let mut honest = [
        Honest::connect(site, PRINTERS - 1, FILEBEAT_EVENTS).await?,
        // Its printer is one of those that are attacked with.
        Honest::connect(site, 0, METRICBEAT_EVENTS).await?,
    ];
    for sender in &mut honest {
        sender.ships().await.context("before the attack")?;
    }
    let mut attackers = Attackers::start(site, attacks).await?;
    attackers.until_they_get_no_further(&mut honest).await.with_context(|| bench.logs())?;
    say(&adapter, &attackers, &honest)?;
    attackers.tasks.shutdown().await;
    for sender in &mut honest {
        sender.ships().await.context("after the attack")?;
    }

    let sent: u64 = honest.iter().map(|sender| sender.records).sum();
    drop(honest);
    let counted = adapter.stop().await?;
    let report = site.stored().await?;
    platform.stop().await?;
    assert_eq!(number(&report, "/records/distinct")?, sent, "{report}");
    assert_eq!(number(&report, "/records/duplicates")?, 0, "{report}");
    assert!(number(&counted, "/memory_peak_bytes")? < MEMORY_MAX, "{counted}");
    Ok(counted)
}

#[expect(clippy::print_stderr, reason = "what was measured, for whoever asks for a test's output")]
fn say(adapter: &Program, attackers: &Attackers, honest: &[Honest]) -> Result<()> {
    eprintln!(
        "{} MiB sent by {ATTACKERS} attackers, {} of them still connected; {:?}",
        attackers.sent.load(Ordering::Relaxed) >> 20,
        attackers.tasks.len(),
        Footprint::of(adapter.pid()?)?,
    );
    for Honest { records, slowest, .. } in honest {
        eprintln!("{records} honest records, the slowest window in {slowest:?}");
    }
    Ok(())
}

/// A sender that behaves.
struct Honest {
    sender: Sender,
    events: u64,
    records: u64,
    slowest: Duration,
}

impl Honest {
    /// Connects as this printer, to send so many events in each window.
    async fn connect(site: &Site, printer: usize, events: u64) -> Result<Self> {
        let sender = Sender::connect(site, &site.printer_pair(printer)).await?;
        Ok(Self { sender, events, records: 0, slowest: Duration::ZERO })
    }

    /// Ships a window and waits for its acknowledgement.
    async fn ships(&mut self) -> Result<()> {
        let records = self.records + 1..=self.records + self.events;
        let window = encode_window(1, &records.map(event).collect::<Vec<_>>(), Some(3));
        let begun = Instant::now();
        let done = async {
            self.sender.send(&window).await?;
            self.sender.acknowledged(u32::try_from(self.events)?).await
        };
        timeout(ACKNOWLEDGED_WITHIN, done)
            .await
            .with_context(|| format!("an honest window of {} was not acknowledged in time", self.events))??;
        self.records += self.events;
        self.slowest = self.slowest.max(begun.elapsed());
        Ok(())
    }
}

fn event(record: u64) -> String {
    let (minute, second, milli) = (record / 60_000 % 60, record / 1000 % 60, record % 1000);
    let line =
        format!("2026-11-22T06:{minute:02}:{second:02}.{milli:03}Z laser #{record:09} INFO power=512.0mW");
    let mut event = json!({
        "@timestamp": "2026-11-22T10:15:30.000Z",
        "@metadata": {"beat": "filebeat", "type": "_doc", "version": "8.1.3"},
        "agent": {"id": "5f3c", "type": "filebeat", "version": "8.1.3"},
        "log": {"offset": record * 100, "file": {"path": "/var/log/laser.log"}},
        "message": line,
        "host": "",
    });
    // So that it packs to a twentieth, as real ones do.
    let unlike = format!("{:032x}", u128::from(record.wrapping_mul(0x9e37_79b9_7f4a_7c15)).pow(2));
    event["host"] = format!("{unlike:h<fill$}", fill = FILEBEAT_EVENT_BYTES - event.to_string().len()).into();
    event.to_string()
}

/// Those who begin and do not end. They stay connected until the adapter closes.
struct Attackers {
    sent: Arc<AtomicU64>,
    tasks: JoinSet<Result<()>>,
}

impl Attackers {
    /// Connects all of them, ten of each printer, each printer from an address of its own.
    async fn start(site: &Site, attacks: &[Attack]) -> Result<Self> {
        let mut attackers = Self { sent: Arc::default(), tasks: JoinSet::new() };
        for index in 0..ATTACKERS {
            // Each printer is attacked with in every way.
            let (round, printer) = (index / (PRINTERS - 1), index % (PRINTERS - 1));
            let attack = attacks[round % attacks.len()].clone();
            let address = Ipv4Addr::new(127, 0, 1, u8::try_from(printer)?);
            let pair = site.printer_pair(printer);
            let sender = timeout(ACKNOWLEDGED_WITHIN, Sender::connect_from(address, site, &pair))
                .await
                .context("an attacker cannot connect: the adapter serves nobody any more")??;
            attackers.tasks.spawn(attack.carry_out(sender, Arc::clone(&attackers.sent)));
        }
        Ok(attackers)
    }

    /// Waits until all have sent what they will, or the adapter takes no more. All the while the windows of
    /// the honest must be acknowledged.
    async fn until_they_get_no_further(&mut self, honest: &mut [Honest]) -> Result<()> {
        let (mut before, mut calm) = (0, 0);
        until("no attacker gets further", async || {
            for sender in &mut *honest {
                sender.ships().await?;
            }
            while self.tasks.try_join_next().is_some() {}
            let sent = self.sent.load(Ordering::Relaxed);
            calm = if sent == before { calm + 1 } else { 0 };
            before = sent;
            Ok((calm == CALM).then_some(()))
        })
        .await
    }
}
