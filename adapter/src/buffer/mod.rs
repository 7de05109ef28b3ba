//! Where readings wait for the platform: in memory, under a ceiling, each thing in a lane of its own.
//!
//! Of the ceiling, a quarter is for what its source keeps anyway (a source simply waits when it is full), and
//! the rest for what was polled and exists nowhere else. Both are shared out evenly over the things, so that a
//! printer that floods, or one that the platform does not know, leaves the others their room. What was polled gives way to
//! newer when there is no room for it: `thin.rs`.

mod chunk;
mod lane;
mod load;
mod runs;
#[cfg(test)]
mod tests;
mod thin;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use catalog::{Reading, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

pub use load::Load;

use crate::config::{self, AdapterName, PrinterId, ThingName};
use crate::counters::Counters;
use crate::receipt::Receipt;
use lane::{Bytes, Lane};
use thin::Gone;

/// How long a reading waits for company. Twenty printers that each write a few lines a second make so some
/// ten batches a second each at most, and nobody sees the delay.
pub const COALESCE: Duration = Duration::from_millis(50);
/// The share of the ceiling for what sources keep themselves, as a divisor.
const KEPT_SHARE: usize = 4;

const FULL: &str = "the buffer has no room for them";
const STOPPED: &str = "the adapter stops before the platform took them";

/// Readings that wait.
#[derive(Debug)]
pub struct Buffer {
    state: Mutex<State>,
    by_printer: HashMap<PrinterId, usize>,
    counters: Arc<Counters>,
    room: Notify,
    filled: Notify,
}

#[derive(Debug)]
struct State {
    // The adapter's own lane is the first.
    lanes: Vec<Lane>,
    // Where the round begins next.
    turn: usize,
    closed: bool,
}

/// What waits for one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whose.
    pub thing: ThingName,
    /// Readings that wait or are under way.
    pub readings: usize,
    /// The memory that they take, in bytes.
    pub bytes: usize,
    /// The time of the oldest of them.
    pub oldest: Option<Timestamp>,
}

/// The lane of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LaneId(usize);

impl LaneId {
    const OWN: Self = Self(0);
}

impl Buffer {
    /// A buffer for the adapter itself and its printers, all together under the configuration's ceiling.
    pub fn new(
        config: config::Buffer,
        adapter: &AdapterName,
        printers: &[PrinterId],
        counters: Arc<Counters>,
    ) -> Self {
        let things = printers.len() + 1;
        let config::Buffer { bytes_max, when_full } = config;
        let kept = bytes_max / KEPT_SHARE;
        let max = Bytes { kept: kept / things, polled: (bytes_max - kept) / things };
        let names = std::iter::once(adapter.thing()).chain(printers.iter().map(|id| adapter.thing_of(id)));
        let lanes = names.map(|thing| Lane::new(thing, max, when_full)).collect();
        let by_printer = printers.iter().enumerate().map(|(index, id)| (id.clone(), index + 1)).collect();
        let state = Mutex::new(State { lanes, turn: 0, closed: false });
        Self { state, by_printer, counters, room: Notify::new(), filled: Notify::new() }
    }

    /// Puts in what its source keeps until the receipt is resolved. Waits for room; a source that is dropped
    /// while it waits has its record nacked. No readings at all are accepted at once.
    pub async fn put_kept(&self, printer: &PrinterId, readings: Vec<Reading>, receipt: Receipt) {
        self.put_pieces(printer, vec![readings], receipt).await;
    }

    /// The same for readings in pieces, each as large as a batch: it then goes into one without being copied.
    pub async fn put_pieces(&self, printer: &PrinterId, pieces: Vec<Vec<Reading>>, receipt: Receipt) {
        let Some(lane) = self.lane_of(printer) else { return };
        let made = pieces.iter().map(Vec::len).sum();
        self.counters.readings_made.add(made);
        let of_printer = self.counters.printer(printer);
        of_printer.readings_made.add(made);
        of_printer.heard_now();
        let mut pieces = pieces.into_iter().map(Vec::into_iter).filter(|piece| !piece.as_slice().is_empty());
        let mut piece = pieces.next();
        while piece.is_some() {
            // Enabled before the look, so that room made in between is not missed.
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            let mut put = 0;
            {
                let mut state = self.lock();
                if state.closed {
                    return;
                }
                while let Some(readings) = &mut piece {
                    put += state.lanes[lane.0].put_kept(readings, &receipt, Instant::now());
                    if !readings.as_slice().is_empty() {
                        break;
                    }
                    piece = pieces.next();
                }
            }
            if put > 0 {
                self.filled.notify_one();
            }
            if piece.is_some() {
                room.await;
            }
        }
        receipt.accept();
    }

    /// Puts in what exists nowhere else. Never waits: for want of room older polled readings of the same printer give
    /// way, as the configuration says, and are counted.
    pub fn put_polled(&self, printer: &PrinterId, readings: Vec<Reading>) {
        match self.lane_of(printer) {
            Some(lane) => {
                self.counters.printer(printer).readings_made.add(readings.len());
                self.put_polled_in(lane, readings);
            }
            None => self.counters.readings_given_up.add(readings.len()),
        }
    }

    /// Puts in what the adapter says of itself, in the manner of [`Buffer::put_polled`].
    pub fn put_own(&self, readings: Vec<Reading>) {
        self.put_polled_in(LaneId::OWN, readings);
    }

    fn put_polled_in(&self, lane: LaneId, readings: Vec<Reading>) {
        self.counters.readings_made.add(readings.len());
        let now = Instant::now();
        let mut gone = Gone::default();
        let (thing, closed) = {
            let mut state = self.lock();
            let closed = state.closed;
            let lane = &mut state.lanes[lane.0];
            if closed {
                gone.given_up = readings.len();
            } else {
                readings.into_iter().for_each(|reading| gone += lane.put_polled(reading, now));
            }
            (lane.thing().clone(), closed)
        };
        self.thin(gone.thinned, &thing);
        self.give_up(gone.given_up, &thing, if closed { STOPPED } else { FULL });
        self.filled.notify_one();
    }

    fn thin(&self, thinned: usize, thing: &ThingName) {
        if thinned > 0 {
            self.counters.readings_thinned.add(thinned);
            tracing::warn!(%thing, thinned, "the buffer is full: of older polled numbers the least, the greatest and the last stay");
        }
    }

    fn give_up(&self, given_up: usize, thing: &ThingName, why: &str) {
        if given_up > 0 {
            self.counters.readings_given_up.add(given_up);
            tracing::error!(%thing, given_up, "polled readings were given up: {why}");
        }
    }

    /// Takes a batch of the next lane in turn that is ripe. One batch of a lane is out at a time, until it is
    /// finished, so that a thing's readings arrive in order.
    pub fn take(&self, now: Instant) -> Option<(LaneId, Load)> {
        let mut state = self.lock();
        let count = state.lanes.len();
        let mut lanes = (0..count).map(|step| (state.turn + step) % count);
        let lane = lanes.find(|lane| state.lanes[*lane].ripe_at().is_some_and(|at| at <= now))?;
        state.turn = (lane + 1) % count;
        Some((LaneId(lane), state.lanes[lane].take(now)))
    }

    /// When the next batch can be taken; `None` when nothing waits.
    pub fn ripe_at(&self) -> Option<Instant> {
        self.lock().lanes.iter().filter_map(Lane::ripe_at).min()
    }

    /// Everything of a taken batch is stored, refused or abandoned: its room is free and its lane may be
    /// taken from again.
    pub fn finish(&self, lane: LaneId, kept_bytes: usize, polled_bytes: usize) {
        self.lock().lanes[lane.0].finish(kept_bytes, polled_bytes);
        self.room.notify_waiters();
        self.filled.notify_one();
    }

    /// Resolves when something was put in or finished since the last call. For one caller.
    pub async fn changed(&self) {
        self.filled.notified().await;
    }

    /// Memory that waiting readings take, in bytes.
    pub fn bytes(&self) -> usize {
        self.lock().lanes.iter().map(Lane::bytes).sum()
    }

    /// Resolves once nothing waits and nothing is under way.
    pub async fn emptied(&self) {
        while self.bytes() > 0 {
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            if self.bytes() > 0 {
                room.await;
            }
        }
    }

    /// What waits for each thing: the adapter itself first, then its printers in the order of the configuration.
    pub fn waiting(&self) -> Vec<Waiting> {
        self.lock().lanes.iter().map(Lane::waiting).collect()
    }

    /// The time of the oldest reading that waits or is under way.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.lock().lanes.iter().filter_map(Lane::oldest).min()
    }

    /// Takes nothing more, and drops what waits: kept readings are nacked, polled ones are lost and counted.
    pub fn close(&self) {
        let lost: Vec<_> = {
            let mut state = self.lock();
            state.closed = true;
            state.lanes.iter_mut().map(|lane| (lane.abandon(), lane.thing().clone())).collect()
        };
        for (lost, thing) in lost {
            self.give_up(lost, &thing, STOPPED);
        }
        self.room.notify_waiters();
    }

    /// The printer whose lane this is; nobody of the adapter's own.
    pub fn printer_of(&self, lane: LaneId) -> Option<&PrinterId> {
        self.by_printer.iter().find_map(|(printer, at)| (*at == lane.0).then_some(printer))
    }

    fn lane_of(&self, printer: &PrinterId) -> Option<LaneId> {
        let lane = self.by_printer.get(printer).copied().map(LaneId);
        if lane.is_none() {
            tracing::error!(%printer, "readings of a printer that is not in the configuration");
        }
        lane
    }

    // A panic while the lock is held cannot leave a lane half changed in a way that matters more than going on.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
