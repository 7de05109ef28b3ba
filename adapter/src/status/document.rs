//! What the adapter says of itself, as the one JSON document that it writes. Times are how long ago something was,
//! in seconds, so that no clock has to agree; `null` is "never" or "not known".
//!
//! A field may be added; none changes its meaning.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::counters::Snapshot;
use crate::half::Half;

/// The whole document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Which half says it: `whole`, `intake` or `uplink`.
    pub half: Half,
    /// The adapter's name on the platform.
    pub adapter: String,
    /// The version of the running program.
    pub version: String,
    /// Since the start, in seconds.
    pub uptime_s: f64,
    /// The process.
    pub process: ProcessPart,
    /// The way to the platform.
    pub platform: PlatformPart,
    /// The link to the other half; `null` where both are one process.
    pub link: Option<LinkPart>,
    /// What waits for the platform.
    pub buffer: BufferPart,
    /// The listener for Filebeat and Metricbeat; `null` where there is none.
    pub listener: Option<ListenerPart>,
    /// The listener for printers that call; `null` where there is none.
    pub push_listener: Option<ListenerPart>,
    /// The printers, in the order of the configuration.
    pub printers: Vec<PrinterPart>,
    /// The system of a box of the appliance's image, which its uplink tells of; `null` elsewhere.
    pub system: Option<SystemPart>,
    /// Who was refused at a listener.
    pub strangers: StrangersPart,
    /// The counters since the start, by the names of the `stopped` line.
    pub counters: Snapshot,
    /// Three of the counters, by reason.
    pub reasons: ReasonsPart,
}

/// The process, as the system sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessPart {
    /// Resident memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// The most of it that there ever was, in bytes.
    pub memory_peak_bytes: Option<u64>,
    /// Processor time since the start, in seconds.
    pub cpu_s: Option<f64>,
}

/// The way to the platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlatformPart {
    /// Its address; of an intake, the socket by which its data goes there, as `unix:PATH`.
    pub url: String,
    /// How long ago it last stored something.
    pub stored_s_ago: Option<f64>,
    /// Why it takes nothing now; `null` when it takes data.
    pub trouble: Option<TroublePart>,
    /// When it is asked again, in seconds from now; `null` when it takes data.
    pub retry_in_s: Option<f64>,
    /// The adapter or the printers, by their names on the platform, whose readings alone it does not take.
    pub parked: BTreeMap<String, TroublePart>,
}

/// The link to the other half.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkPart {
    /// Its socket.
    pub socket: String,
    /// Since when the other half is connected, in seconds ago; `null` while it is not.
    pub connected_s: Option<f64>,
    /// How long ago it last sent a batch or an answer.
    pub heard_s_ago: Option<f64>,
    /// Batches that went over it since the start.
    pub batches: u64,
    /// What the other half said that it must not say, by reason; each closed the connection.
    pub frames_refused: BTreeMap<String, u64>,
    /// Connections that were not taken, by reason.
    pub peers_refused: BTreeMap<String, u64>,
}

/// A reason, and how long it has lasted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TroublePart {
    /// In words.
    pub why: String,
    /// Since when, in seconds ago.
    pub since_s_ago: f64,
}

/// What waits for the platform, in memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BufferPart {
    /// Readings that wait or are under way.
    pub readings: usize,
    /// The memory that they take, in bytes.
    pub bytes: usize,
    /// The ceiling of it.
    pub bytes_max: usize,
    /// The age of the oldest, in seconds; `null` when nothing waits.
    pub oldest_s: Option<f64>,
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListenerPart {
    /// Where it listens.
    pub address: String,
    /// Whether it speaks TLS; `false` is in clear.
    pub tls: bool,
    /// Whether a sender must show a certificate.
    pub client_certificates: bool,
    /// Days until its own certificate expires; below 0 since it has. `null` in clear.
    pub certificate_days: Option<f64>,
    /// How often a renewed certificate was taken into use.
    pub reloads: u64,
    /// Why the files as they are now cannot be used, so that the old ones stay in use.
    pub reload_problem: Option<String>,
}

/// One printer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrinterPart {
    /// Its id in the configuration.
    pub id: String,
    /// How its data comes in.
    pub ways: WaysPart,
    /// How long ago it last sent something or answered.
    pub heard_s_ago: Option<f64>,
    /// Log lines and events taken in.
    pub lines_read: u64,
    /// Those of them that are in no known format.
    pub lines_unmatched: u64,
    /// The same by reason.
    pub unmatched: BTreeMap<String, u64>,
    /// Values of it that the catalogue refused, and readings that the platform refused.
    pub readings_refused: u64,
    /// The same by item and reason: the most frequent thirty-two.
    pub refused: Vec<RefusedPart>,
    /// Texts of it that left as a salted hash only, and known lines of which nothing is collected.
    pub texts_redacted: u64,
    /// What of its log directory is not read; nothing where all of it always was.
    pub unread: Vec<UnreadPart>,
    /// Readings made.
    pub readings_made: u64,
    /// Readings of it that wait for the platform.
    pub readings_waiting: usize,
}

/// The system of a box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemPart {
    /// The version that runs.
    pub version: String,
    /// How the newest on the disk does, as the catalogue's item `system_state` has it.
    pub state: String,
    /// Which version that is; `null` where it is the one that runs.
    pub newest: Option<String>,
    /// Bundles that were refused since the box started, by reason.
    pub refused: BTreeMap<String, u64>,
    /// What came of the last look for a newer one; `null` before the first.
    pub last: Option<String>,
}

/// Values that were refused for one reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefusedPart {
    /// The item that they were for; `null` where a whole line was refused.
    pub item: Option<String>,
    /// The name of the reason, such as `not_a_number`.
    pub reason: String,
    /// How many there were.
    pub times: u64,
}

/// Something of a log directory that is not read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnreadPart {
    /// The name of the reason, such as `too_many_files`.
    pub reason: String,
    /// How much of it the last look found, such as files; 0 when it is over.
    pub now: u64,
    /// How often it has begun since the start; of `old_readings`, how many there were.
    pub times: u64,
}

/// How a printer's data comes in; `null` where it does not come in this way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaysPart {
    /// Connections of its Filebeat and Metricbeat now.
    pub beats_connections: Option<usize>,
    /// The directory that the adapter reads itself.
    pub logs: Option<String>,
    /// Its calls.
    pub push: Option<PushPart>,
    /// The queries.
    pub queries: Option<QueriesPart>,
}

/// The calls of one printer that pushes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushPart {
    /// Since when it is connected, in seconds ago; `null` where it is not.
    pub connected_s: Option<f64>,
    /// Where it called from the last time; `null` where it never has since the start.
    pub address: Option<IpAddr>,
    /// The last sequence of its events that is stored, and that it was told so of.
    pub acknowledged: Option<u64>,
    /// Gaps in the sequence since the start.
    pub gaps: u64,
    /// Events that were lost in them.
    pub lost: u64,
    /// Calls that were closed for what came over them, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Its reachability, as the catalogue's item `reachability` has it; `null` before the first outcome, and where queries
    /// say it.
    pub reachability: Option<String>,
    /// Since when it is that.
    pub since_s_ago: Option<f64>,
}

/// The queries to one printer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueriesPart {
    /// Over which interface: `PIP`, `OctoPrint`, `MTConnect`.
    pub interface: String,
    /// Where it is asked.
    pub address: String,
    /// Its reachability, as the catalogue's item `reachability` has it; `null` before the first outcome.
    pub reachability: Option<String>,
    /// Since when it is that.
    pub since_s_ago: Option<f64>,
    /// Connections to it that stood and were lost or given up since the start.
    pub connections_lost: u64,
    /// By how much its clock is ahead, in seconds, below 0 where it is behind; `null` where it is within a minute, or not
    /// known.
    pub clock_ahead_s: Option<f64>,
}

/// Who was refused at the listener. Its data stays with it until it is let in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrangersPart {
    /// The refused senders that were seen last, at most sixty-four, the latest first.
    pub shown: Vec<StrangerPart>,
    /// How often one was forgotten to make room for another.
    pub forgotten: u64,
}

/// One refused sender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrangerPart {
    /// The first name in its certificate; `null` where it has shown none.
    pub certificate: Option<String>,
    /// Where it came from the last time.
    pub address: IpAddr,
    /// The name of the reason, such as `unknown sender`.
    pub reason: String,
    /// The reason in words, as it was the last time.
    pub why: String,
    /// How often it was refused for that.
    pub times: u64,
    /// The first time.
    pub first_s_ago: f64,
    /// The last time.
    pub last_s_ago: f64,
    /// Lines of the configuration that let it in; `null` where no lines can.
    pub lines: Option<String>,
}

/// How often what was refused, by reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReasonsPart {
    /// Connections that were not taken.
    pub senders_refused: BTreeMap<String, u64>,
    /// Frames that were malformed or over a limit: by the codec's names.
    pub frames_refused: BTreeMap<String, u64>,
    /// Lines and events that could not be read.
    pub lines_unmatched: BTreeMap<String, u64>,
}
