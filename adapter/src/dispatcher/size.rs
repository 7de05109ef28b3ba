//! How many readings go in one batch: fewer where batches take too long, as over a line of some kbit/s. Decisions only.

use std::time::Duration;

use crate::link::{Answer, BATCH_READINGS_MAX};
use crate::uplink::client::REQUEST_TIMEOUT;

/// So many batches in a row that take too long are too large: a single one is a line that was cut.
const SLOW_IN_ROW_MAX: u32 = 2;
/// No smaller ones: the head of a request and its answer are as long as so many readings.
const READINGS_MIN: usize = 8;
/// Each batch that arrives makes the next ones larger by this: after an outage they are soon what they were, and on a slow
/// line a size that is too large for it is seldom tried.
const READINGS_MORE: usize = 4;

/// The size of a batch.
#[derive(Debug)]
pub(super) struct Size {
    readings_max: usize,
    slow_in_row: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self { readings_max: BATCH_READINGS_MAX, slow_in_row: 0 }
    }
}

impl Size {
    /// Most readings of a batch now.
    pub(super) fn readings_max(&self) -> usize {
        self.readings_max
    }

    /// A batch of so many readings was answered after so long. The uplink gives a request up after [`REQUEST_TIMEOUT`],
    /// and what comes of it then is no more than `Busy`.
    pub(super) fn answered(&mut self, readings: usize, answer: Answer, took: Duration) {
        let slow = matches!(answer, Answer::Busy { .. }) && took >= REQUEST_TIMEOUT;
        self.slow_in_row = if slow { self.slow_in_row + 1 } else { 0 };
        if self.slow_in_row >= SLOW_IN_ROW_MAX {
            self.slow_in_row = 0;
            self.readings_max = (readings / 2).clamp(READINGS_MIN, self.readings_max);
            tracing::info!(readings_max = self.readings_max, "batches take too long; sending smaller ones");
        }
        if answer == Answer::Accepted {
            self.readings_max = (self.readings_max + READINGS_MORE).min(BATCH_READINGS_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Answer = Answer::Busy { retry_after: Duration::ZERO };

    #[test]
    fn two_in_a_row_halve_it_and_what_arrives_makes_it_larger() {
        let mut size = Size::default();
        let mut after = |readings, answer, took| {
            size.answered(readings, answer, took);
            size.readings_max()
        };
        let soon = Duration::from_secs(1);
        assert_eq!(after(500, SLOW, REQUEST_TIMEOUT), 500);
        assert_eq!(after(500, SLOW, soon), 500, "a platform that says that it is busy");
        assert_eq!(after(500, SLOW, REQUEST_TIMEOUT), 500);
        assert_eq!(after(500, SLOW, REQUEST_TIMEOUT), 250);
        // Those that were under way with it are as large as it was, and say nothing new.
        assert_eq!([500, 500].map(|readings| after(readings, SLOW, REQUEST_TIMEOUT)), [250, 250]);
        assert_eq!(after(250, Answer::Accepted, REQUEST_TIMEOUT * 2), 254);
        for readings in [3, 3] {
            after(readings, SLOW, REQUEST_TIMEOUT);
        }
        assert_eq!(after(8, Answer::Accepted, soon), 12);
        for _ in 0..200 {
            after(8, Answer::Accepted, soon);
        }
        assert_eq!(after(8, Answer::Accepted, soon), BATCH_READINGS_MAX);
    }
}
