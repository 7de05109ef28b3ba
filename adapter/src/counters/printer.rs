//! What came in from one printer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::{Calls, Counter, OfItem, Tally, Unread};

/// One printer's counters. All ways in of the printer share them.
#[derive(Debug, Default)]
pub struct PrinterCounters {
    /// Log lines and events taken in. Counted by the intake.
    pub lines_read: Counter,
    /// Those of them that no parser knows. Counted by the intake.
    pub lines_unmatched: Tally,
    /// Values of it that the catalogue refused (intake), and readings that the platform refused (dispatcher). The
    /// catalogue bounds the table.
    pub readings_refused: Tally<OfItem>,
    /// Texts of it that left as a salted hash only, and lines of which nothing is collected. Counted by the intake.
    pub texts_redacted: Counter,
    /// What of its log directory is not read. Told by the tail.
    pub unread: Unread,
    /// Readings that came into the buffer. Counted by the buffer.
    pub readings_made: Counter,
    /// Connections to it that stood and ended before the adapter had done with them, be it that the printer ended them
    /// or that the adapter gave them up. Counted by the intake.
    pub connections_lost: Counter,
    /// Its calls, where it pushes. Told by the listener that it calls.
    pub calls: Calls,
    /// Connections of its senders.
    beats: AtomicUsize,
    told: Mutex<Told>,
}

/// What was last known, and since when.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    heard: Option<Instant>,
    reach: Option<(&'static str, Instant)>,
    clock_off_ms: Option<i64>,
}

/// One connection of a printer's sender; counted for as long as it lives.
#[derive(Debug)]
pub struct OneConnection(Arc<PrinterCounters>);

impl PrinterCounters {
    /// The printer sent something, or answered, just now.
    pub fn heard_now(&self) {
        self.told().heard = Some(Instant::now());
    }

    /// When it last sent something or answered.
    pub fn heard(&self) -> Option<Instant> {
        self.told().heard
    }

    /// Its reachability is this code of the catalogue from now on.
    pub fn turned(&self, code: &'static str) {
        self.told().reach = Some((code, Instant::now()));
    }

    /// Its reachability and since when; nothing where it is not queried, or not yet known.
    pub fn reach(&self) -> Option<(&'static str, Instant)> {
        self.told().reach
    }

    /// Its clock is behind by so many milliseconds, which is more than is believed, or not.
    pub fn clock_off(&self, off_ms: Option<i64>) {
        self.told().clock_off_ms = off_ms;
    }

    /// By how many milliseconds its clock is behind; nothing where it is believed, or shows no time.
    pub fn clock_off_ms(&self) -> Option<i64> {
        self.told().clock_off_ms
    }

    /// Another connection of its senders.
    pub fn connected(self: &Arc<Self>) -> OneConnection {
        self.beats.fetch_add(1, Ordering::Relaxed);
        OneConnection(Arc::clone(self))
    }

    /// Connections of its senders now.
    pub fn connections(&self) -> usize {
        self.beats.load(Ordering::Relaxed)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OneConnection {
    fn drop(&mut self) {
        self.0.beats.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_counted_for_as_long_as_it_lives() {
        let counters = Arc::<PrinterCounters>::default();
        let (one, two) = (counters.connected(), counters.connected());
        assert_eq!(counters.connections(), 2);
        drop((one, two));
        assert_eq!(counters.connections(), 0);
    }
}
