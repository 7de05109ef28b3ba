//! What was taken out of the buffer and is on its way.

use catalog::Reading;

use crate::config::ThingName;
use crate::link::Batch;
use crate::receipt::Receipt;

use super::chunk::Chunk;
use super::runs::Runs;

/// A batch with the receipts of its readings. Dropped, it nacks what sources keep.
#[derive(Debug)]
pub struct Load {
    batch: Batch,
    // The first so many of the batch, which exist nowhere else.
    polled: usize,
    // The receipts of the others, in the same order.
    runs: Runs,
    /// The part of the buffer's room that its kept readings take.
    pub kept_bytes: usize,
    /// The part of the buffer's room that its polled readings take.
    pub polled_bytes: usize,
}

impl Load {
    pub(super) fn new(thing: ThingName) -> Self {
        let batch = Batch { thing, readings: Vec::new() };
        Self { batch, polled: 0, runs: Runs::default(), kept_bytes: 0, polled_bytes: 0 }
    }

    /// Takes what was polled, before anything else.
    pub(super) fn take_polled(&mut self, readings: impl Iterator<Item = Reading>) {
        self.batch.readings.extend(readings);
        self.polled = self.batch.readings.len();
    }

    /// Takes what sources keep; the first of a batch without anything else as it is.
    pub(super) fn take_kept(&mut self, chunk: Chunk) {
        let Chunk { mut readings, receipt, size } = chunk;
        self.kept_bytes += size.bytes;
        self.runs.push(readings.len(), receipt);
        if self.batch.readings.is_empty() {
            self.batch.readings = readings;
        } else {
            self.batch.readings.append(&mut readings);
        }
    }

    /// What goes over the link.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// How many readings.
    pub fn len(&self) -> usize {
        self.batch.readings.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.batch.readings.is_empty()
    }

    /// How many of them exist nowhere else.
    pub fn polled(&self) -> usize {
        self.polled
    }

    /// Its two halves, in order; a single reading cannot be halved and comes back as it is. The room stays
    /// with the first half: it is given back when the whole is finished.
    pub fn halve(mut self) -> Result<(Self, Self), Self> {
        let middle = self.len() / 2;
        if middle == 0 {
            return Err(self);
        }
        let mut second = Self::new(self.batch.thing.clone());
        second.batch.readings = self.batch.readings.split_off(middle);
        second.polled = self.polled.saturating_sub(middle);
        self.polled -= second.polled;
        let first = self.runs.take(middle - self.polled);
        second.runs = std::mem::replace(&mut self.runs, first);
        Ok((self, second))
    }

    /// What sources wait for, without the readings.
    pub(crate) fn into_receipts(self) -> Vec<Receipt> {
        self.runs.into_receipts().collect()
    }

    /// Every reading is stored, or refused and counted: its source may forget it.
    pub fn accept(self) {
        self.into_receipts().into_iter().for_each(Receipt::accept);
    }
}
