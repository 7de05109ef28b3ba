//! From Klipper's monotonic time to the time of day.

use catalog::{Quality, Timestamp};

use crate::clock::Clock;
use crate::limits::{KLIPPY_ANCHOR_APART_MS_MAX, KLIPPY_MONO_ROUNDING_MS};

/// A time, and how far it can be trusted.
pub(super) type When = (Timestamp, Quality);

/// What the log has said of the time so far.
#[derive(Debug, Default)]
pub(super) struct Mono {
    /// From the last `Start printer at`, until the host is seen to have restarted.
    anchor: Option<Anchor>,
    highest_ms: i64,
    clock: Clock,
    last: Option<Last>,
}

/// Three clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    /// What is added to a monotonic time to have that of the day.
    offset_ms: i64,
    /// What the shipper's clock was ahead of the monotonic time when it read the line, in milliseconds.
    shipper_ahead_ms: i64,
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
        let shipper_ahead_ms = fallback_time.0.saturating_sub(mono_ms);
        self.anchor = Some(Anchor { offset_ms: unix_ms - mono_ms, shipper_ahead_ms });
        self.highest_ms = mono_ms;
        self.stamped(Timestamp(unix_ms), fallback_time)
    }

    /// The time of a line that says its monotonic time.
    pub(super) fn at(&mut self, mono_ms: i64, fallback_time: Timestamp) -> When {
        if mono_ms < self.highest_ms - KLIPPY_MONO_ROUNDING_MS {
            // The host has started again, and the line that says when is not in this file.
            self.anchor = None;
            self.last = None;
            self.highest_ms = mono_ms;
        }
        self.highest_ms = self.highest_ms.max(mono_ms);
        let Some(anchor) = self.anchor else { return (fallback_time, Quality::Uncertain) };
        let (time, quality) = self.stamped(Timestamp(self.highest_ms + anchor.offset_ms), fallback_time);
        (time, if anchor.is_apart(self.highest_ms, fallback_time) { Quality::Uncertain } else { quality })
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

impl Anchor {
    /// Whether the shipper's clock has gone further than Klipper's by more than the two can differ. Then the time of day was
    /// set, as NTP sets that of a Raspberry Pi after its start, and the anchor is from before; or the host has slept; or the
    /// line was read late, and its time is right. It is not known which, so the time stays and is in doubt. The other way
    /// says nothing: an old file is read in a moment.
    fn is_apart(&self, mono_ms: i64, fallback_time: Timestamp) -> bool {
        let ahead_ms = fallback_time.0.saturating_sub(mono_ms);
        ahead_ms.saturating_sub(self.shipper_ahead_ms) > KLIPPY_ANCHOR_APART_MS_MAX
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
    fn an_anchor_is_doubted_once_the_shippers_clock_has_gone_another_way() {
        let mut mono = Mono::default();
        let hour = 3_600_000;
        // Klipper and its shipper start with the same wrong clock, and the anchor is as the shipper's.
        mono.anchor(hour, 20_000, Timestamp(hour));
        assert_eq!(mono.at(30_000, Timestamp(hour + 10_000)), (Timestamp(hour + 10_000), GOOD));
        assert_eq!(mono.at(40_000, Timestamp(hour + 79_000)), (Timestamp(hour + 20_000), GOOD), "read late");
        let set = 50 * hour;
        assert_eq!(mono.at(50_000, Timestamp(set)), (Timestamp(hour + 30_000), UNCERTAIN), "NTP has set it");
        assert_eq!(mono.at(90_000, Timestamp(set + 40_000)), (Timestamp(hour + 70_000), UNCERTAIN));
        mono.anchor(set + 50_000, 100_000, Timestamp(set + 50_000));
        assert_eq!(mono.at(110_000, Timestamp(set + 60_000)), (Timestamp(set + 60_000), GOOD));
        assert_eq!(mono.at(hour, Timestamp(set + 60_000)).1, GOOD, "an old file is read in a moment");
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
