//! From Klipper's monotonic time to the time of day.

use catalog::{Quality, Timestamp};

use crate::clock::Clock;
use crate::limits::KLIPPY_MONO_ROUNDING_MS;

/// A time, and how far it can be trusted.
pub(super) type When = (Timestamp, Quality);

/// What the log has said of the time so far.
#[derive(Debug, Default)]
pub(super) struct Mono {
    /// What is added to a monotonic time: from the last `Start printer at`, until the host is seen to have restarted.
    offset_ms: Option<i64>,
    highest_ms: i64,
    clock: Clock,
    last: Option<Last>,
}

/// The last line that had a time.
#[derive(Clone, Copy, Debug)]
struct Last {
    time: Timestamp,
    fallback_time: Timestamp,
}

impl Mono {
    /// `Start printer at … (unix mono)`: both clocks at one moment.
    pub(super) fn anchor(&mut self, unix_ms: i64, mono_ms: i64, fallback_time: Timestamp) -> When {
        self.offset_ms = Some(unix_ms - mono_ms);
        self.highest_ms = mono_ms;
        self.stamped(Timestamp(unix_ms), fallback_time)
    }

    /// The time of a line that says its monotonic time.
    pub(super) fn at(&mut self, mono_ms: i64, fallback_time: Timestamp) -> When {
        if mono_ms < self.highest_ms - KLIPPY_MONO_ROUNDING_MS {
            // The host has started again, and the line that says when is not in this file.
            self.offset_ms = None;
            self.last = None;
            self.highest_ms = mono_ms;
        }
        self.highest_ms = self.highest_ms.max(mono_ms);
        match self.offset_ms {
            Some(offset_ms) => self.stamped(Timestamp(self.highest_ms + offset_ms), fallback_time),
            None => (fallback_time, Quality::Uncertain),
        }
    }

    /// The time of a line that says none: that of the last line that did, and as much later as the shipper's clock has
    /// gone since. Where lines are shipped as they are written that is their time, however long the printer was
    /// silent; where an old file is read, it is no later than the truth, so that nothing old looks new.
    pub(super) fn unsaid(&self, fallback_time: Timestamp) -> When {
        let time = self.last.map_or(fallback_time, |last| {
            let since_ms = fallback_time.0.saturating_sub(last.fallback_time.0).max(0);
            Timestamp(last.time.0.saturating_add(since_ms))
        });
        (time, Quality::Uncertain)
    }

    fn stamped(&mut self, time: Timestamp, fallback_time: Timestamp) -> When {
        self.last = Some(Last { time, fallback_time });
        let doubtful = self.clock.stepped_back(time);
        (time, if doubtful { Quality::Uncertain } else { Quality::Good })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Quality = Quality::Good;
    const UNCERTAIN: Quality = Quality::Uncertain;

    #[test]
    fn monotonic_times_are_as_good_as_their_anchor() {
        let mut mono = Mono::default();
        let now = Timestamp(9_000_000);
        assert_eq!(mono.at(500_000, now), (now, UNCERTAIN));
        assert_eq!(mono.anchor(5_000_000, 20_000, now), (Timestamp(5_000_000), GOOD));
        assert_eq!(mono.at(30_000, now), (Timestamp(5_010_000), GOOD));
        assert_eq!(mono.at(29_900, now), (Timestamp(5_010_000), GOOD), "one that is rounded down");
        assert_eq!(mono.at(29_000, now), (now, UNCERTAIN), "the host has started again");
        assert_eq!(mono.at(40_000, now), (now, UNCERTAIN), "and nothing says when");
        assert_eq!(mono.anchor(6_000_000, 50_000, now), (Timestamp(6_000_000), GOOD));
    }

    #[test]
    fn a_line_without_a_time_is_as_much_later_as_the_shippers_clock_has_gone() {
        let mut mono = Mono::default();
        assert_eq!(mono.unsaid(Timestamp(7)), (Timestamp(7), UNCERTAIN));
        mono.anchor(5_000, 1_000, Timestamp(8_000));
        assert_eq!(mono.unsaid(Timestamp(8_000)), (Timestamp(5_000), UNCERTAIN));
        assert_eq!(mono.unsaid(Timestamp(9_500)), (Timestamp(6_500), UNCERTAIN));
        assert_eq!(
            mono.unsaid(Timestamp(2_000)),
            (Timestamp(5_000), UNCERTAIN),
            "a shipper's clock that stepped back"
        );
    }
}
