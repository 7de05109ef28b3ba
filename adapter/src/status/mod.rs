//! What the running adapter says of itself when somebody on this machine asks: `adapter status`.
//!
//! It is told and not asked in the other direction: the adapter writes one document to whoever connects to a socket
//! of this machine and reads nothing from it, so there is no command that it could take (`door.rs`). The socket has
//! a name and no file, so nothing is written to disk either.

mod ask;
mod document;
mod door;
mod limits;
mod paste;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::Timestamp;
use serde_json::json;
use tokio::time::Instant;

pub use ask::{Answer, AskError, ask, ask_all};
pub use document::Document;
use document::{
    BufferPart, LinkPart, ListenerPart, PlatformPart, PrinterPart, ProcessPart, PushPart, QueriesPart,
    ReasonsPart, RefusedPart, StrangerPart, StrangersPart, SystemPart, TroublePart, UnreadPart, WaysPart,
};
pub use door::{Door, DoorError};
use limits::REFUSED_MAX;
pub use text::{Source, text};

use crate::buffer::{Buffer, Waiting};
use crate::clock::Clock;
use crate::config::{self, AdapterName, Config, Printer, PrinterId};
use crate::counters::{Counters, Extent, PrinterCounters};
use crate::dispatcher::{Parked, Progress};
use crate::half::Half;
use crate::intake::listener::{Listening, Stranger, Strangers};
use crate::link::LinkState;
use crate::telemetry::{self, ProcessUse};
use crate::update::system::Account;
use crate::uplink::Health;

/// What the document is made from. It looks on and changes nothing.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) half: Half,
    pub(crate) adapter: AdapterName,
    pub(crate) config: Config,
    /// Where the data goes.
    pub(crate) url: String,
    pub(crate) link: Option<LinkEnd>,
    pub(crate) started: Instant,
    pub(crate) clock: Clock,
    pub(crate) buffer: Arc<Buffer>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) health: Arc<Health>,
    pub(crate) beats: Option<Listening>,
    pub(crate) push: Option<Listening>,
    pub(crate) strangers: Arc<Strangers>,
    /// Where a box says how its system does.
    pub(crate) system: Option<PathBuf>,
}

/// One end of the link to the other half.
#[derive(Clone, Debug)]
pub struct LinkEnd {
    /// The socket.
    pub socket: PathBuf,
    /// How it stands.
    pub state: Arc<LinkState>,
}

impl Status {
    /// The document at this moment. Each part is looked at on its own: together they are no consistent cut.
    pub(crate) fn document(&self) -> Document {
        let (now, wall) = (Instant::now(), self.clock.now());
        let waiting = self.buffer.waiting();
        Document {
            half: self.half,
            adapter: self.adapter.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_s: seconds(self.started, now),
            process: process(),
            platform: self.platform(now),
            link: self.link.as_ref().map(|link| link.part(now)),
            buffer: self.buffer(&waiting, wall),
            listener: listener(self.beats.as_ref(), self.config.beats.as_ref(), wall),
            push_listener: listener(self.push.as_ref(), self.config.push.as_ref(), wall),
            printers: self
                .config
                .printers
                .iter()
                .map(|printer| self.printer(printer, &waiting, now))
                .collect(),
            system: self.system.as_deref().and_then(system),
            strangers: self.strangers(now),
            counters: self.counters.snapshot(),
            reasons: ReasonsPart {
                senders_refused: self.counters.senders_refused.by_reason(),
                frames_refused: self.counters.frames_refused.by_reason(),
                lines_unmatched: self.counters.lines_unmatched.by_reason(),
            },
        }
    }

    /// The last line of a program's output: what it counted.
    pub(crate) fn stopped_line(&self) -> String {
        let mut line = serde_json::to_value(self.counters.snapshot()).unwrap_or_else(|_| json!({}));
        line["event"] = "stopped".into();
        line["memory_peak_bytes"] = ProcessUse::now().memory_peak.into();
        line.to_string()
    }

    fn platform(&self, now: Instant) -> PlatformPart {
        let trouble = self.health.trouble();
        let retry_at = self.progress.retry_at().filter(|_| trouble.is_some());
        let parked = |(thing, Parked { why, since }): (String, Parked)| {
            (thing, TroublePart { why: why.to_owned(), since_s_ago: seconds(since, now) })
        };
        PlatformPart {
            url: self.url.clone(),
            stored_s_ago: self.progress.stored().map(|at| seconds(at, now)),
            trouble: trouble
                .map(|trouble| TroublePart { since_s_ago: seconds(trouble.since, now), why: trouble.why }),
            retry_in_s: retry_at.map(|at| seconds(now, at)),
            parked: self.progress.parked().into_iter().map(parked).collect::<BTreeMap<_, _>>(),
        }
    }

    fn buffer(&self, waiting: &[Waiting], wall: Timestamp) -> BufferPart {
        let oldest = waiting.iter().filter_map(|waiting| waiting.oldest).min();
        BufferPart {
            readings: waiting.iter().map(|waiting| waiting.readings).sum(),
            bytes: waiting.iter().map(|waiting| waiting.bytes).sum(),
            bytes_max: self.config.buffer.bytes_max,
            oldest_s: oldest.map(|oldest| telemetry::age_seconds(oldest, wall)),
        }
    }

    fn printer(&self, printer: &Printer, waiting: &[Waiting], now: Instant) -> PrinterPart {
        let counters = self.counters.printer(&printer.id);
        let thing = self.adapter.thing_of(&printer.id);
        let queries = printer.interface.as_ref().map(|interface| QueriesPart {
            interface: interface.name().to_owned(),
            address: interface.address().to_string(),
            reachability: counters.reach().map(|(code, _)| code.to_owned()),
            since_s_ago: counters.reach().map(|(_, since)| seconds(since, now)),
            connections_lost: counters.connections_lost.now(),
            clock_ahead_s: counters.clock_off_ms().map(ahead_seconds),
        });
        PrinterPart {
            id: printer.id.to_string(),
            ways: WaysPart {
                beats_connections: printer.beats.as_ref().map(|_| counters.connections()),
                logs: printer.logs.as_ref().map(|logs| logs.directory.display().to_string()),
                push: push(printer, &counters, now),
                queries,
            },
            heard_s_ago: counters.heard().map(|at| seconds(at, now)),
            lines_read: counters.lines_read.now(),
            lines_unmatched: counters.lines_unmatched.now(),
            unmatched: counters.lines_unmatched.by_reason(),
            readings_refused: counters.readings_refused.now(),
            refused: refused(&counters),
            texts_redacted: counters.texts_redacted.now(),
            unread: unread(&counters),
            readings_made: counters.readings_made.now(),
            readings_waiting: waiting
                .iter()
                .filter(|waiting| waiting.thing == thing)
                .map(|w| w.readings)
                .sum(),
        }
    }

    fn strangers(&self, now: Instant) -> StrangersPart {
        let mut ids: HashSet<PrinterId> =
            self.config.printers.iter().map(|printer| printer.id.clone()).collect();
        let part = |stranger: Stranger| StrangerPart {
            lines: paste::lines(&stranger, &mut ids),
            certificate: stranger.certificate,
            address: stranger.address,
            reason: stranger.reason.to_owned(),
            why: stranger.why,
            times: stranger.times,
            first_s_ago: seconds(stranger.first, now),
            last_s_ago: seconds(stranger.last, now),
        };
        let shown = self.strangers.list().into_iter().map(part).collect();
        StrangersPart { shown, forgotten: self.strangers.forgotten() }
    }
}

impl LinkEnd {
    fn part(&self, now: Instant) -> LinkPart {
        LinkPart {
            socket: self.socket.display().to_string(),
            connected_s: self.state.connected().map(|since| seconds(since, now)),
            heard_s_ago: self.state.heard().map(|at| seconds(at, now)),
            batches: self.state.batches.now(),
            frames_refused: self.state.frames_refused.by_reason(),
            peers_refused: self.state.peers_refused.by_reason(),
        }
    }
}

fn listener(
    listening: Option<&Listening>,
    config: Option<&config::Listener>,
    wall: Timestamp,
) -> Option<ListenerPart> {
    let listening = listening?;
    let tls = listening.tls.as_ref();
    let expiry = tls.and_then(|tls| tls.expiry());
    Some(ListenerPart {
        address: listening.address.to_string(),
        tls: tls.is_some(),
        client_certificates: config.is_some_and(config::Listener::knows_certificates),
        certificate_days: expiry.map(|expiry| telemetry::days_until(expiry, wall)),
        reloads: tls.map_or(0, |tls| tls.reloads()),
        reload_problem: tls.and_then(|tls| tls.problem()),
    })
}

fn system(file: &Path) -> Option<SystemPart> {
    let Account { running, newest, refused, last, .. } = Account::read(file).ok()?;
    let (state, newest) = (newest.code().to_owned(), newest.version().map(|version| version.to_string()));
    Some(SystemPart { version: running.to_string(), state, newest, refused, last })
}

fn push(printer: &Printer, counters: &PrinterCounters, now: Instant) -> Option<PushPart> {
    printer.push.as_ref()?;
    let calls = &counters.calls;
    // Of a printer that is asked as well, the questions say it.
    let reach = counters.reach().filter(|_| printer.interface.is_none());
    Some(PushPart {
        connected_s: calls.since().map(|since| seconds(since, now)),
        address: calls.from(),
        acknowledged: calls.acknowledged(),
        gaps: calls.gaps.now(),
        lost: calls.lost.now(),
        refused: calls.refused.by_reason(),
        reachability: reach.map(|(code, _)| code.to_owned()),
        since_s_ago: reach.map(|(_, since)| seconds(since, now)),
    })
}

fn refused(counters: &PrinterCounters) -> Vec<RefusedPart> {
    let all = counters.readings_refused.greatest_first().into_iter().take(REFUSED_MAX);
    let part = |((item, reason), times): ((Option<&str>, &str), u64)| RefusedPart {
        item: item.map(str::to_owned),
        reason: reason.to_owned(),
        times,
    };
    all.map(part).collect()
}

fn unread(counters: &PrinterCounters) -> Vec<UnreadPart> {
    let part = |(reason, Extent { now, times }): (&str, Extent)| UnreadPart {
        reason: reason.to_owned(),
        now,
        times,
    };
    counters.unread.by_reason().into_iter().map(part).collect()
}

fn process() -> ProcessPart {
    let ProcessUse { memory, memory_peak, cpu } = ProcessUse::now();
    ProcessPart { memory_bytes: memory, memory_peak_bytes: memory_peak, cpu_s: cpu }
}

// A clock's error has a few digits.
fn ahead_seconds(behind_ms: i64) -> f64 {
    -(behind_ms as f64) / 1000.0
}

/// From one moment to another, in seconds, to the millisecond.
fn seconds(from: Instant, to: Instant) -> f64 {
    (to.saturating_duration_since(from).as_secs_f64() * 1000.0).round() / 1000.0
}
