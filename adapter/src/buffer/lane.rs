//! What waits for one thing.

use std::collections::VecDeque;

use std::vec::IntoIter;

use catalog::{Reading, Timestamp};
use tokio::time::Instant;

use super::chunk::{Chunk, bytes};
use super::thin::{Gone, Thinning};
use super::{COALESCE, Load, Waiting};
use crate::config::{ThingName, WhenFull};
use crate::link::BATCH_READINGS_MAX;
use crate::receipt::Receipt;

/// Of one batch, so much is kept for what sources keep, however much polled data waits: neither side can
/// hold up the other.
const KEPT_OF_BATCH: usize = BATCH_READINGS_MAX / 2;
/// So many are not worth waiting for more: what sources put in at once stays together.
const BATCH_FULL: usize = BATCH_READINGS_MAX / 10 * 9;

/// Room for more polled readings than this is given back when they are gone: it was for an outage, or for the history that a
/// printer gave once. A round of the largest printer has a few hundred.
const POLLED_SPARE_MAX: usize = 512;
/// Room that stays then: most printers' rounds.
const POLLED_SPARE_MIN: usize = 64;

/// What waits for one thing, with ceilings of its own: no printer can take the room of another (P6).
#[derive(Debug)]
pub(super) struct Lane {
    thing: ThingName,
    // What sources keep until its receipt is resolved, as they put it in.
    kept: VecDeque<Chunk>,
    kept_readings: usize,
    polled: VecDeque<Reading>,
    when_full: WhenFull,
    thinning: Thinning,
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
    pub(super) fn new(thing: ThingName, max: Bytes, when_full: WhenFull) -> Self {
        Self {
            thing,
            kept: VecDeque::new(),
            kept_readings: 0,
            polled: VecDeque::new(),
            when_full,
            thinning: Thinning::default(),
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
    pub(super) fn put_kept(
        &mut self,
        readings: &mut IntoIter<Reading>,
        receipt: &Receipt,
        now: Instant,
    ) -> usize {
        let mut put = 0;
        while let Some(chunk) = Chunk::of(readings, receipt, self.room()) {
            put += chunk.readings.len();
            self.held.kept += chunk.size.bytes;
            grow(&mut self.kept, 1, self.max.kept / size_of::<Chunk>());
            self.kept.push_back(chunk);
        }
        if put > 0 {
            self.kept_readings += put;
            self.waiting_since.get_or_insert(now);
        }
        put
    }

    fn room(&self) -> usize {
        self.max.kept.saturating_sub(self.held.kept + self.out.kept)
    }

    /// Takes the reading, and says what older ones had to give way to it.
    pub(super) fn put_polled(&mut self, reading: Reading, now: Instant) -> Gone {
        let bytes_of_it = bytes(&reading);
        let mut gone = Gone::default();
        while self.held.polled + self.out.polled + bytes_of_it > self.max.polled {
            if self.polled.is_empty() {
                return Gone { given_up: gone.given_up + 1, ..gone };
            }
            let more = match self.when_full {
                WhenFull::Thin => self.thinning.make_room(&mut self.polled),
                WhenFull::DropOldest => drop_oldest(&mut self.polled),
            };
            self.held.polled -= more.bytes;
            gone += more;
        }
        self.held.polled += bytes_of_it;
        grow(&mut self.polled, 1, self.max.polled / size_of::<Reading>());
        self.polled.push_back(reading);
        self.waiting_since.get_or_insert(now);
        gone
    }

    /// When a batch is worth taking: at once if it is full, else a little after its first reading came.
    pub(super) fn ripe_at(&self) -> Option<Instant> {
        let since = self.waiting_since.filter(|_| !self.taken)?;
        let full = self.kept_readings + self.polled.len() >= BATCH_FULL;
        Some(if full { since } else { since + COALESCE })
    }

    /// Takes a batch: of what was polled the freshest, of what is kept the oldest, each in order.
    pub(super) fn take(&mut self, now: Instant) -> Load {
        let kept_min = self.kept_readings.min(KEPT_OF_BATCH);
        let polled = self.polled.len().min(BATCH_READINGS_MAX - kept_min);
        let mut load = Load::new(self.thing.clone());
        let first = self.polled.len() - polled;
        load.polled_bytes = self.polled.range(first..).map(bytes).sum();
        self.out_oldest = self.polled.range(first..).map(Reading::time).min();
        load.take_polled(self.polled.drain(first..));
        while let Some(chunk) = self.next_chunk(load.len(), load.len() > polled) {
            self.out_oldest = self.out_oldest.into_iter().chain(chunk.size.oldest).min();
            load.take_kept(chunk);
        }
        self.held.polled -= load.polled_bytes;
        self.out.polled += load.polled_bytes;
        self.out.kept += load.kept_bytes;
        self.out_readings += load.len();
        if self.polled.is_empty() {
            self.thinning.over();
            if self.polled.capacity() > POLLED_SPARE_MAX {
                self.polled.shrink_to(POLLED_SPARE_MIN);
            }
        }
        let empty = self.kept.is_empty() && self.polled.is_empty();
        self.waiting_since = (!empty).then_some(now - COALESCE);
        self.taken = true;
        load
    }

    /// The next of what is kept, for a batch that holds so many readings, and some of what is kept or none. What does
    /// not fit is cut, or, if the batch is worth sending without it, waits for the next, which it then need not be
    /// copied for.
    fn next_chunk(&mut self, holds: usize, has_kept: bool) -> Option<Chunk> {
        let room = BATCH_READINGS_MAX - holds;
        let chunk = self.kept.front_mut()?;
        let taken = if chunk.readings.len() <= room {
            let chunk = self.kept.pop_front()?;
            self.held.kept -= chunk.size.bytes;
            chunk
        } else if room == 0 || has_kept && holds >= BATCH_READINGS_MAX / 2 {
            return None;
        } else {
            let whole = chunk.size.bytes;
            let first = chunk.split(room);
            self.held.kept = self.held.kept + chunk.size.bytes - whole;
            first
        };
        self.kept_readings -= taken.readings.len();
        Some(taken)
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
        let kept = self.kept.front().and_then(|chunk| chunk.size.oldest);
        let polled = self.polled.front().map(Reading::time);
        kept.into_iter().chain(polled).chain(self.out_oldest).min()
    }

    pub(super) fn waiting(&self) -> Waiting {
        Waiting {
            thing: self.thing.clone(),
            readings: self.kept_readings + self.polled.len() + self.out_readings,
            bytes: self.bytes(),
            oldest: self.oldest(),
        }
    }

    /// Drops everything that waits; says how many polled readings are lost by it.
    pub(super) fn abandon(&mut self) -> usize {
        self.kept.clear();
        self.kept_readings = 0;
        let lost = self.polled.len();
        self.polled.clear();
        self.held = Bytes::default();
        self.waiting_since = None;
        lost
    }
}

fn drop_oldest(polled: &mut VecDeque<Reading>) -> Gone {
    let oldest = polled.pop_front();
    oldest.map_or(Gone::default(), |oldest| Gone { thinned: 0, given_up: 1, bytes: bytes(&oldest) })
}

// A deque doubles when it grows, which would break the ceiling: a quarter at a time, and never past it.
fn grow<T>(deque: &mut VecDeque<T>, more: usize, length_max: usize) {
    if deque.len() + more > deque.capacity() {
        let room = length_max.saturating_sub(deque.len());
        let spare = (deque.len() / 4).max(64).min(room);
        deque.reserve_exact(spare.max(more));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AdapterName;
    use crate::testing::readings;

    #[test]
    fn room_that_an_outage_took_is_given_back_when_its_readings_are_gone() {
        let thing = AdapterName::parse("oslo-1").unwrap().thing();
        let mut lane = Lane::new(thing, Bytes { kept: 0, polled: 4 << 20 }, WhenFull::Thin);
        for reading in readings(0..5_000) {
            assert_eq!(lane.put_polled(reading, Instant::now()), Gone::default());
        }
        assert!(lane.polled.capacity() >= 5_000);
        while lane.waiting().readings > 0 {
            let load = lane.take(Instant::now());
            lane.finish(load.kept_bytes, load.polled_bytes);
            load.accept();
        }
        assert!(lane.polled.capacity() <= POLLED_SPARE_MAX, "{}", lane.polled.capacity());
    }
}
