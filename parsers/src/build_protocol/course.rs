//! The course of a build: its pauses and its end, and the errors on the way.

use catalog::items;

use crate::Output;
use crate::alarm::Alarm;
use crate::phrase::begins;
use crate::record::{At, Record};

const EVENT_INDEX: u16 = 0;
pub(super) const BUILD_INDEX: u16 = 2;
pub(super) const ALARM_INDEX: u16 = 10;

/// (a phrase, `log.event`, `build.state`). A name may follow behind a colon and is never read.
const EVENTS: &[(&str, &str, &str)] = &[
    ("Build job paused", "paused", "pending"),
    ("Build paused", "paused", "pending"),
    ("Build job resumed", "resumed", "printing"),
    ("Build resumed", "resumed", "printing"),
    ("Build job finished", "finished", "completed"),
    ("Build job completed", "finished", "completed"),
    ("Build finished", "finished", "completed"),
    ("Build completed", "finished", "completed"),
    ("Build job aborted", "cancelled", "aborted"),
    ("Build job cancelled", "cancelled", "aborted"),
    ("Build job canceled", "cancelled", "aborted"),
    ("Build aborted", "cancelled", "aborted"),
    ("Build cancelled", "cancelled", "aborted"),
    ("Build canceled", "cancelled", "aborted"),
];

/// Adds what a message says of the course; whether it is of it.
///
/// No list of the machine's errors is public: each is an alarm without a kind, with the shape of its text.
pub(super) fn read(record: &Record<'_>, message: &[u8], output: &mut Output) -> bool {
    if let Some(text) = message.strip_prefix(b"Error:") {
        record.alarm(Alarm::UNMAPPED, text.trim_ascii(), At::index(ALARM_INDEX), output);
        return true;
    }
    let Some((_, event, state)) = EVENTS.iter().find(|(phrase, ..)| begins(phrase, message)) else {
        return false;
    };
    if *event == "resumed" {
        record.no_alarm(At::index(ALARM_INDEX), output);
    }
    let event = record.code(&items::LOG_EVENT, event.as_bytes(), At::index(EVENT_INDEX));
    let state = record.code(&items::BUILD_STATE, state.as_bytes(), At::index(BUILD_INDEX));
    output.take(&items::LOG_EVENT, event);
    output.take(&items::BUILD_STATE, state);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_the_catalogues() {
        for (phrase, event, state) in EVENTS {
            assert!(items::LOG_EVENT.codes().contains(event), "{phrase}");
            assert!(items::BUILD_STATE.codes().contains(state), "{phrase}");
        }
    }
}
