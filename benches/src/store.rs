//! A platform without HTTP, for the benchmarks of what comes before it.

use std::sync::atomic::{AtomicU64, Ordering};

use adapter::config::ThingName;
use adapter::link::{Answer, Batch, Link};

/// A platform that has stored everything as soon as it comes.
pub(crate) struct Store {
    /// What the adapter says of itself is not what its printers said.
    own: ThingName,
    readings: AtomicU64,
}

impl Store {
    /// For the adapter of this name.
    pub(crate) fn new(own: ThingName) -> Self {
        Self { own, readings: AtomicU64::new(0) }
    }

    /// Readings of printers so far.
    pub(crate) fn readings(&self) -> u64 {
        self.readings.load(Ordering::Relaxed)
    }
}

impl Link for Store {
    async fn deliver(&self, batch: &Batch) -> Answer {
        if batch.thing != self.own {
            let readings = u64::try_from(batch.readings.len()).unwrap_or(u64::MAX);
            self.readings.fetch_add(readings, Ordering::Relaxed);
        }
        Answer::Accepted
    }
}
