//! What waits for one thing.

use std::collections::VecDeque;

use catalog::{Reading, Timestamp, Value};
use tokio::time::Instant;

use super::runs::Runs;
use super::{COALESCE, Load, Waiting};
use crate::config::ThingName;
use crate::link::BATCH_READINGS_MAX;
use crate::receipt::Receipt;

/// Of one batch, so much is kept for what sources keep, however much polled data waits: neither side can
/// hold up the other.
const KEPT_OF_BATCH: usize = BATCH_READINGS_MAX / 2;

/// What waits for one thing, with ceilings of its own: no printer can take the room of another (P6).
#[derive(Debug)]
pub(super) struct Lane {
    thing: ThingName,
    // What sources keep until its receipt is resolved, and the receipts in the same order.
    kept: VecDeque<Reading>,
    runs: Runs,
    polled: VecDeque<Reading>,
    // What was taken and is not yet finished: it is in memory as well.
    out: Bytes,
    out_readings: usize,
    // With the platform away, what was taken first is the oldest.
    out_oldest: Option<Timestamp>,
    held: Bytes,
    max: Bytes,
    waiting_since: Option<Instant>,
    pub(super) taken: bool,
}

/// Bytes of either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bytes {
    pub(super) kept: usize,
    pub(super) polled: usize,
}

impl Lane {
    pub(super) fn new(thing: ThingName, max: Bytes) -> Self {
        Self {
            thing,
            kept: VecDeque::new(),
            runs: Runs::default(),
            polled: VecDeque::new(),
            out: Bytes::default(),
            out_readings: 0,
            out_oldest: None,
            held: Bytes::default(),
            max,
            waiting_since: None,
            taken: false,
        }
    }

    pub(super) fn thing(&self) -> &ThingName {
        &self.thing
    }

    /// Takes as many as there is room for from the front of `readings`.
    pub(super) fn put_kept(&mut self, readings: &mut Vec<Reading>, receipt: &Receipt, now: Instant) -> usize {
        let mut fit = 0;
        for bytes in readings.iter().map(kept_bytes) {
            if self.held.kept + self.out.kept + bytes > self.max.kept {
                break;
            }
            self.held.kept += bytes;
            fit += 1;
        }
        if fit > 0 {
            grow(&mut self.kept, fit, self.max.kept / size_of::<Reading>());
            // Mostly all: a vector as a whole is moved at once.
            let rest = readings.split_off(fit);
            self.kept.extend(std::mem::replace(readings, rest));
            self.runs.push(fit, receipt.share());
            self.waiting_since.get_or_insert(now);
        }
        fit
    }

    /// Takes the reading, and gives up the oldest ones that stand in its way; says how many were given up.
    pub(super) fn put_polled(&mut self, reading: Reading, now: Instant) -> usize {
        let bytes = polled_bytes(&reading);
        let mut given_up = 0;
        while self.held.polled + self.out.polled + bytes > self.max.polled {
            let Some(oldest) = self.polled.pop_front() else { return given_up + 1 };
            self.held.polled -= polled_bytes(&oldest);
            given_up += 1;
        }
        self.held.polled += bytes;
        grow(&mut self.polled, 1, self.max.polled / size_of::<Reading>());
        self.polled.push_back(reading);
        self.waiting_since.get_or_insert(now);
        given_up
    }

    /// When a batch is worth taking: at once if it is full, else a little after its first reading came.
    pub(super) fn ripe_at(&self) -> Option<Instant> {
        let since = self.waiting_since.filter(|_| !self.taken)?;
        let full = self.kept.len() + self.polled.len() >= BATCH_READINGS_MAX;
        Some(if full { since } else { since + COALESCE })
    }

    /// Takes a batch: of what was polled the freshest, of what is kept the oldest, each in order.
    pub(super) fn take(&mut self, now: Instant) -> Load {
        let kept_min = self.kept.len().min(KEPT_OF_BATCH);
        let polled = self.polled.len().min(BATCH_READINGS_MAX - kept_min);
        let kept = self.kept.len().min(BATCH_READINGS_MAX - polled);
        let mut load = Load::new(self.thing.clone());
        let first = self.polled.len() - polled;
        load.polled_bytes = self.polled.range(first..).map(polled_bytes).sum();
        load.kept_bytes = self.kept.range(..kept).map(kept_bytes).sum();
        load.take_polled(self.polled.drain(first..));
        load.take_kept(self.kept.drain(..kept), self.runs.take(kept));
        self.held.polled -= load.polled_bytes;
        self.held.kept -= load.kept_bytes;
        self.out.polled += load.polled_bytes;
        self.out.kept += load.kept_bytes;
        self.out_readings += load.len();
        self.out_oldest = load.batch().readings.iter().map(Reading::time).min();
        let empty = self.kept.is_empty() && self.polled.is_empty();
        self.waiting_since = (!empty).then_some(now - COALESCE);
        self.taken = true;
        load
    }

    /// What was taken is finished.
    pub(super) fn finish(&mut self, kept: usize, polled: usize) {
        self.out.kept = self.out.kept.saturating_sub(kept);
        self.out.polled = self.out.polled.saturating_sub(polled);
        (self.out_readings, self.out_oldest) = (0, None);
        self.taken = false;
    }

    /// Memory that waiting and taken readings use.
    pub(super) fn bytes(&self) -> usize {
        self.held.kept + self.held.polled + self.out.kept + self.out.polled
    }

    /// The time of the oldest reading that waits or is under way.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        let kept = self.kept.front().map(Reading::time);
        let polled = self.polled.front().map(Reading::time);
        kept.into_iter().chain(polled).chain(self.out_oldest).min()
    }

    pub(super) fn waiting(&self) -> Waiting {
        Waiting {
            thing: self.thing.clone(),
            readings: self.kept.len() + self.polled.len() + self.out_readings,
            bytes: self.bytes(),
            oldest: self.oldest(),
        }
    }

    /// Drops everything that waits; says how many polled readings are lost by it.
    pub(super) fn abandon(&mut self) -> usize {
        self.kept.clear();
        self.runs = Runs::default();
        let lost = self.polled.len();
        self.polled.clear();
        self.held = Bytes::default();
        self.waiting_since = None;
        lost
    }
}

// A deque doubles when it grows, which would break the ceiling: a quarter at a time, and never past it.
fn grow<T>(deque: &mut VecDeque<T>, more: usize, length_max: usize) {
    if deque.len() + more > deque.capacity() {
        let room = length_max.saturating_sub(deque.len());
        let spare = (deque.len() / 4).max(64).min(room);
        deque.reserve_exact(spare.max(more));
    }
}

fn polled_bytes(reading: &Reading) -> usize {
    let text = if let Value::Identity(identity) = reading.value() { identity.as_str().len() } else { 0 };
    size_of::<Reading>() + text
}

fn kept_bytes(reading: &Reading) -> usize {
    polled_bytes(reading) + Runs::BYTES_PER_READING_MAX
}
