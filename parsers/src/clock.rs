//! Whether the printer's clock ran backwards.

use catalog::{Quality, Timestamp};

use crate::limits::CLOCK_STEP_MS_MAX;
use crate::moment::Moment;

/// The highest stamp of a file so far.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    highest: Option<Timestamp>,
}

impl Clock {
    /// The time of a record with this stamp, and how far it can be trusted; without a stamp it is the fallback.
    pub(crate) fn judge(&mut self, stamp: Option<Moment>, fallback: Timestamp) -> (Timestamp, Quality) {
        stamp.map_or((fallback, Quality::Uncertain), |moment| {
            // A stamp that is in doubt itself must not cast doubt on the next.
            let doubtful = moment.doubtful || self.stepped_back(moment.time);
            (moment.time, if doubtful { Quality::Uncertain } else { Quality::Good })
        })
    }

    /// Whether this stamp lies before one that stood above it in the file. After a step that is longer than any
    /// correction of a clock, the higher stamp was the wrong one: it must not cast doubt for ever.
    pub(crate) fn stepped_back(&mut self, time: Timestamp) -> bool {
        let back_ms = self.highest.map_or(0, |highest| highest.0 - time.0);
        if back_ms <= 0 || back_ms > CLOCK_STEP_MS_MAX {
            self.highest = Some(time);
        }
        back_ms > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubts_until_the_clock_has_caught_up() {
        let mut clock = Clock::default();
        let hour = CLOCK_STEP_MS_MAX;
        let steps = [(0, false), (0, false), (9, false), (5, true), (8, true), (9, false)];
        let wrong_year = [(99 * hour, false), (10, true), (11, false), (10, true)];
        for (time, doubtful) in steps.into_iter().chain(wrong_year) {
            assert_eq!(clock.stepped_back(Timestamp(time)), doubtful, "{time}");
        }
    }
}
