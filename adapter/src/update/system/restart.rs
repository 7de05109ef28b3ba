//! The last step: when a box that has a new system on its disk starts again.

use std::time::Duration;

use serde_json::Value;

use super::super::limits::{HELD_MAX, RESTART_WAIT_MAX};
use crate::config::TimeOfDay;
use crate::status::{Answer, AskError};

/// What the intake holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Held {
    /// The oldest reading that waits for the platform is so old; none is nothing.
    Oldest(Duration),
    /// There is no intake that could be asked.
    Nobody,
    /// It is there, and has not said.
    Unsaid,
}

impl Held {
    /// By what the intake answered. One that is too busy to answer holds the more.
    pub(crate) fn of(answer: &Result<Answer, AskError>) -> Self {
        match answer {
            Ok(answer) => match answer.document["buffer"].get("oldest_s") {
                Some(Value::Null) => Self::Oldest(Duration::ZERO),
                oldest => {
                    let oldest = oldest.and_then(Value::as_f64);
                    let oldest = oldest.and_then(|oldest| Duration::try_from_secs_f64(oldest).ok());
                    oldest.map_or(Self::Unsaid, Self::Oldest)
                }
            },
            Err(AskError::NotRunning | AskError::Name(_)) => Self::Nobody,
            Err(AskError::Broken(_) | AskError::NoDocument | AskError::NotOurs { .. }) => Self::Unsaid,
        }
    }
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
        Held::Unsaid => false,
    };
    flows && hour.is_none_or(|hour| time.is_within_an_hour_from(hour))
}

#[cfg(test)]
mod tests {
    use std::io;

    use serde_json::json;

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
            ("12:00", None, soon, Held::Unsaid, false),
            ("12:00", None, late, Held::Unsaid, true),
        ] {
            assert_eq!(
                due(at(time), hour.map(at), waited, held),
                expected,
                "{time} {hour:?} {waited:?} {held:?}"
            );
        }
    }
    #[test]
    fn only_an_intake_that_is_not_there_holds_nothing() {
        let said = |document: Value| Ok(Answer { document, user: 0, process: None });
        let broken = || AskError::Broken(io::ErrorKind::TimedOut.into());
        for (answer, expected) in [
            (said(json!({"buffer": {"oldest_s": 7200.5}})), Held::Oldest(Duration::from_millis(7_200_500))),
            (said(json!({"buffer": {"oldest_s": null}})), Held::Oldest(Duration::ZERO)),
            // No intake says that.
            (said(json!({"buffer": {"oldest_s": -1.0}})), Held::Unsaid),
            (said(json!({"buffer": {}})), Held::Unsaid),
            (said(json!([])), Held::Unsaid),
            (Err(AskError::NotRunning), Held::Nobody),
            (Err(broken()), Held::Unsaid),
            (Err(AskError::NoDocument), Held::Unsaid),
            (Err(AskError::NotOurs { user: 1 }), Held::Unsaid),
        ] {
            assert_eq!(Held::of(&answer), expected, "{answer:?}");
        }
    }
}
