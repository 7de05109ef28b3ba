//! Readings that were put in together, and the receipt that they hang on.

use std::vec::IntoIter;

use catalog::{Reading, Timestamp, Value};

use crate::link::BATCH_READINGS_MAX;
use crate::receipt::Receipt;

/// Some readings, at most as many as a batch may have: so it mostly goes into one as it is, without being copied.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) readings: Vec<Reading>,
    pub(super) receipt: Receipt,
    pub(super) size: Size,
}

/// What is known of some readings without looking at them again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    /// Memory that they take.
    pub(super) bytes: usize,
    /// The time of the oldest.
    pub(super) oldest: Option<Timestamp>,
}

impl Chunk {
    /// Memory of a chunk without its readings, and of its allocation.
    const BYTES: usize = size_of::<Self>() + 2 * size_of::<usize>();

    /// Takes the first of the readings, as many as have room.
    pub(super) fn of(readings: &mut IntoIter<Reading>, receipt: &Receipt, room: usize) -> Option<Self> {
        let mut size = Size { bytes: Self::BYTES, oldest: None };
        let mut fit = 0;
        for reading in readings.as_slice().iter().take(BATCH_READINGS_MAX) {
            let more = size.and(reading);
            if more.bytes > room {
                break;
            }
            size = more;
            fit += 1;
        }
        if fit == 0 {
            return None;
        }
        // All of a vector that nothing was taken from is that vector.
        let mut taken: Vec<_> = if fit == readings.len() {
            std::mem::take(readings).collect()
        } else {
            readings.by_ref().take(fit).collect()
        };
        // Whoever made it may have expected more; what is counted is what it takes, within an eighth.
        if taken.capacity() > taken.len() + taken.len() / 8 {
            taken.shrink_to_fit();
        }
        Some(Self { readings: taken, receipt: receipt.share(), size })
    }

    /// Takes the first so many out of it; both hang on its receipt.
    pub(super) fn split(&mut self, first: usize) -> Self {
        let rest = self.readings.split_off(first.min(self.readings.len()));
        let first = Self::again(std::mem::replace(&mut self.readings, rest), self.receipt.share());
        self.size = Size::of(&self.readings);
        first
    }

    fn again(readings: Vec<Reading>, receipt: Receipt) -> Self {
        Self { size: Size::of(&readings), readings, receipt }
    }
}

impl Size {
    fn of(readings: &[Reading]) -> Self {
        readings.iter().fold(Self { bytes: Chunk::BYTES, oldest: None }, |size, reading| size.and(reading))
    }

    fn and(self, reading: &Reading) -> Self {
        let time = reading.time();
        let oldest = self.oldest.map_or(time, |oldest| oldest.min(time));
        Self { bytes: self.bytes + bytes(reading), oldest: Some(oldest) }
    }
}

/// Memory that a reading takes.
pub(super) fn bytes(reading: &Reading) -> usize {
    let text = if let Value::Identity(identity) = reading.value() { identity.as_str().len() } else { 0 };
    size_of::<Reading>() + text
}
