//! The last step: when a box that has a new system on its disk starts again.

use std::time::Duration;

use super::super::limits::{HELD_MAX, RESTART_WAIT_MAX};
use crate::config::TimeOfDay;

/// What the intake holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Held {
    /// The oldest reading that waits for the platform is so old; none is nothing.
    Oldest(Duration),
    /// There is no intake that could be asked.
    Nobody,
}

/// Whether it is time. Without an hour it is as soon as data flows: what is held is never older than a moment. With one, it is
/// the same within that hour of the day. An outage that does not end is not waited for: what the new version mends may be its
/// cause.
pub(crate) fn due(time: TimeOfDay, hour: Option<TimeOfDay>, waited: Duration, held: Held) -> bool {
    if waited >= RESTART_WAIT_MAX {
        return true;
    }
    let flows = match held {
        Held::Oldest(age) => age <= HELD_MAX,
        Held::Nobody => true,
    };
    flows && hour.is_none_or(|hour| time.is_within_an_hour_from(hour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_restarts_when_nothing_is_held_and_at_its_hour() {
        let at = |text: &str| TimeOfDay::parse(text).unwrap();
        let (fresh, old) = (Held::Oldest(HELD_MAX), Held::Oldest(HELD_MAX + Duration::from_secs(1)));
        let (soon, late) = (Duration::from_secs(60), RESTART_WAIT_MAX);
        for (time, hour, waited, held, expected) in [
            ("12:00", None, soon, fresh, true),
            ("12:00", None, soon, Held::Nobody, true),
            ("12:00", None, soon, old, false),
            ("12:00", None, late, old, true),
            ("12:00", Some("03:00"), soon, fresh, false),
            ("02:59", Some("03:00"), soon, fresh, false),
            ("03:00", Some("03:00"), soon, fresh, true),
            ("03:59", Some("03:00"), soon, fresh, true),
            ("03:30", Some("03:00"), soon, old, false),
            ("04:00", Some("03:00"), soon, fresh, false),
            ("00:10", Some("23:30"), soon, fresh, true),
            ("12:00", Some("03:00"), late, old, true),
        ] {
            assert_eq!(
                due(at(time), hour.map(at), waited, held),
                expected,
                "{time} {hour:?} {waited:?} {held:?}"
            );
        }
    }
}
