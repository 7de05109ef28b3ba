//! What the messages of a Duet are about.

use catalog::items;

use crate::Output;
use crate::alarm::{Alarm, Table, known, row};
use crate::record::{At, Record};

const EVENT_INDEX: u16 = 0;
const STATE_INDEX: u16 = 1;
const ALARM_INDEX: u16 = 10;

/// (how a message begins, `log.event`, `printer.state`). The names of jobs follow and are never read.
const EVENTS: &[(&[u8], &str, &str)] = &[
    (b"Started printing file", "started", "building"),
    (b"Finished printing file", "finished", "finished"),
    (b"Cancelled printing file", "cancelled", "stopped"),
    (b"Printing paused", "paused", "paused"),
    (b"Printing resumed", "resumed", "building"),
    (b"Resume state saved", "paused", "paused"),
    (b"Event logging started", "restarted", "idle"),
];

/// Faults and warnings, by how they begin, without `Error: ` and `Warning: `.
static FAULTS: Table = &[
    row(b"Heater 0 fault", "thermal", "bed", "failed"),
    row(b"Heater", "thermal", "heater", "failed"),
    row(b"Heating fault", "thermal", "heater", "failed"),
    row(b"Temperature sensor", "thermal", "heater", "lost"),
    row(b"Driver", "motion", "controller", "failed"),
    row(b"Filament error", "material", "extruder", "failed"),
    row(b"Emergency Stop", "safety", "controller", "shutdown"),
    row(b"Under-voltage", "power", "controller", "low"),
    row(b"Over-voltage", "power", "controller", "high"),
    row(b"VIN under-voltage", "power", "controller", "low"),
    row(b"VIN voltage", "power", "controller", "low"),
    row(b"MCU temperature", "thermal", "controller", "high"),
    row(b"Homing failed", "motion", "printer", "failed"),
    row(b"Failed to home", "motion", "printer", "failed"),
    row(b"Short-to-ground", "motion", "controller", "failed"),
    row(b"Lost connection", "communication", "controller", "lost"),
];

/// Adds what a message says. One that is neither a job's nor a fault's is the controller's own affair: a client that
/// logs in, a command that was sent, a sensor that was set up.
pub(super) fn read(record: &Record<'_>, message: &[u8], output: &mut Output) {
    if let Some((_, name, state)) = EVENTS.iter().find(|(begin, ..)| message.starts_with(begin)) {
        let event = record.code(&items::LOG_EVENT, name.as_bytes(), At::index(EVENT_INDEX));
        let state = record.code(&items::PRINTER_STATE, state.as_bytes(), At::index(STATE_INDEX));
        output.take(&items::LOG_EVENT, event);
        output.take(&items::PRINTER_STATE, state);
        if matches!(*name, "started" | "resumed" | "restarted") {
            record.no_alarm(At::index(ALARM_INDEX), output);
        }
        return;
    }
    let marks: [&[u8]; 2] = [b"Error: ", b"Warning: "];
    let marked = marks.iter().find_map(|mark| message.strip_prefix(*mark));
    match (known(FAULTS, marked.unwrap_or(message)), marked) {
        (Some(alarm), _) if is_fault(message) => record.alarm(alarm, message, At::index(ALARM_INDEX), output),
        (None, Some(text)) => record.alarm(Alarm::UNMAPPED, text, At::index(ALARM_INDEX), output),
        _ => {}
    }
}

/// A message about a heater or a driver can also be good news.
fn is_fault(message: &[u8]) -> bool {
    let has = |word: &[u8]| message.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    has(b"fault")
        || has(b"error")
        || has(b"warning")
        || has(b"fail")
        || has(b"stop")
        || has(b"voltage")
        || has(b"lost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_the_catalogues() {
        assert!(crate::alarm::is_catalogued(FAULTS));
        for (begin, event, state) in EVENTS {
            assert!(items::LOG_EVENT.codes().contains(event), "{}", begin.escape_ascii());
            assert!(items::PRINTER_STATE.codes().contains(state), "{}", begin.escape_ascii());
        }
    }
}
