//! What was taken out of the buffer and is on its way.

use catalog::Reading;

use crate::config::ThingName;
use crate::link::Batch;
use crate::receipt::Receipt;

/// A batch with the receipts of its readings. Dropped, it nacks what sources keep.
#[derive(Debug)]
pub struct Load {
    batch: Batch,
    // One for each reading, in the same order; a polled reading has none.
    receipts: Vec<Option<Receipt>>,
    /// The part of the buffer's room that its kept readings take.
    pub kept_bytes: usize,
    /// The part of the buffer's room that its polled readings take.
    pub polled_bytes: usize,
}

impl Load {
    pub(super) fn new(thing: ThingName) -> Self {
        let batch = Batch { thing, readings: Vec::new() };
        Self { batch, receipts: Vec::new(), kept_bytes: 0, polled_bytes: 0 }
    }

    pub(super) fn push(&mut self, reading: Reading, receipt: Option<Receipt>) {
        self.batch.readings.push(reading);
        self.receipts.push(receipt);
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
        self.receipts.iter().filter(|receipt| receipt.is_none()).count()
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
        second.receipts = self.receipts.split_off(middle);
        Ok((self, second))
    }

    /// What sources wait for, without the readings.
    pub(crate) fn into_receipts(self) -> Vec<Receipt> {
        self.receipts.into_iter().flatten().collect()
    }

    /// Every reading is stored, or refused and counted: its source may forget it.
    pub fn accept(self) {
        self.into_receipts().into_iter().for_each(Receipt::accept);
    }
}
