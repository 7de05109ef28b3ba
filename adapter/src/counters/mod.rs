//! What the adapter has done since it started, in numbers.

mod calls;
mod printer;
mod tally;
mod unread;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

pub use calls::{Call, Calls};
pub use printer::{OneConnection, PrinterCounters};
pub use tally::{OfItem, Tally};
pub use unread::{Extent, Unread};

use crate::config::PrinterId;

/// A number that only goes up.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn one(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, more: usize) {
        self.0.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The number now.
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The adapter's counters. One place counts each, named beside it.
#[derive(Debug, Default)]
pub struct Counters {
    /// Readings that came into the buffer; a resent record counts again. Counted by the buffer alone.
    pub readings_made: Counter,
    /// Readings that the platform has stored. Counted by the dispatcher.
    pub readings_delivered: Counter,
    /// Values that the catalogue refused (intake), and readings that the platform refused (dispatcher).
    pub readings_refused: Counter,
    /// Polled readings that were given up for want of room: a gap. Counted by the buffer.
    pub readings_given_up: Counter,
    /// Polled numbers that gave way to the least, the greatest and the last of their time. Counted by the buffer.
    pub readings_thinned: Counter,
    /// Texts that left as a salted hash only, and lines that are known and of which nothing is collected. Counted by the
    /// intake.
    pub texts_redacted: Counter,
    /// Log lines and events that no parser knows. Counted by the intake.
    pub lines_unmatched: Tally,
    /// Log lines and events taken in. Counted by the intake.
    pub lines_read: Counter,
    /// Frames that were malformed or over a limit. Counted by the intake.
    pub frames_refused: Tally,
    /// Connections that were not taken, such as a stranger's. Counted by the intake.
    pub senders_refused: Tally,
    /// Batches that the platform stored. Counted by the dispatcher.
    pub batches_delivered: Counter,
    /// Batches that were put off because the platform was busy or out of reach. Counted by the dispatcher.
    pub batches_put_off: Counter,
    printers: HashMap<PrinterId, Arc<PrinterCounters>>,
}

/// The counters at one moment, as the stopped line shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the counter of the same name")]
pub struct Snapshot {
    pub readings_made: u64,
    pub readings_delivered: u64,
    pub readings_refused: u64,
    pub readings_given_up: u64,
    pub readings_thinned: u64,
    pub texts_redacted: u64,
    pub lines_unmatched: u64,
    pub lines_read: u64,
    pub frames_refused: u64,
    pub senders_refused: u64,
    pub batches_delivered: u64,
    pub batches_put_off: u64,
}

impl Counters {
    /// Counters for an adapter with these printers.
    pub fn new(printers: &[PrinterId]) -> Self {
        let printers = printers.iter().map(|id| (id.clone(), Arc::default())).collect();
        Self { printers, ..Self::default() }
    }

    /// One printer's counters. For a printer that is not in the configuration they are counted for nobody.
    pub fn printer(&self, id: &PrinterId) -> Arc<PrinterCounters> {
        self.printers.get(id).cloned().unwrap_or_default()
    }

    /// How long nothing was heard of the printer that has been silent longest, counted from `started` at the most.
    pub fn silence(&self, started: Instant) -> Duration {
        let heard = self.printers.values().map(|printer| printer.heard().unwrap_or(started).max(started));
        heard.min().map_or(Duration::ZERO, |heard| heard.elapsed())
    }

    /// Files and directories of logs that are not read now, of all printers.
    pub fn files_unread(&self) -> u64 {
        let all = self.printers.values().map(|printer| printer.unread.by_reason());
        all.flat_map(BTreeMap::into_values).map(|extent| extent.now).sum()
    }

    /// The counters now. Each is read on its own: together they are no consistent cut.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            readings_made: self.readings_made.now(),
            readings_delivered: self.readings_delivered.now(),
            readings_refused: self.readings_refused.now(),
            readings_given_up: self.readings_given_up.now(),
            readings_thinned: self.readings_thinned.now(),
            texts_redacted: self.texts_redacted.now(),
            lines_unmatched: self.lines_unmatched.now(),
            lines_read: self.lines_read.now(),
            frames_refused: self.frames_refused.now(),
            senders_refused: self.senders_refused.now(),
            batches_delivered: self.batches_delivered.now(),
            batches_put_off: self.batches_put_off.now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::printer;

    #[tokio::test(start_paused = true)]
    async fn the_printer_that_has_been_silent_longest_counts() {
        let started = Instant::now();
        assert_eq!(Counters::default().silence(started), Duration::ZERO);
        let (one, other) = (printer("p01"), printer("p02"));
        let counters = Counters::new(&[one.clone(), other.clone()]);
        tokio::time::advance(Duration::from_secs(9)).await;
        counters.printer(&one).heard_now();
        assert_eq!(counters.silence(started), Duration::from_secs(9));
        counters.printer(&other).heard_now();
        tokio::time::advance(Duration::from_secs(2)).await;
        counters.printer(&one).heard_now();
        assert_eq!(counters.silence(started), Duration::from_secs(2));
    }

    #[test]
    fn files_that_are_read_again_are_not_counted() {
        let (one, other) = (printer("p01"), printer("p02"));
        let counters = Counters::new(&[one.clone(), other.clone()]);
        counters.printer(&one).unread.found("too_many_files", 3);
        counters.printer(&other).unread.found("directory", 1);
        counters.printer(&other).unread.more("old_readings", 70);
        assert_eq!(counters.files_unread(), 4);
        counters.printer(&one).unread.found("too_many_files", 0);
        assert_eq!(counters.files_unread(), 1);
    }
}
