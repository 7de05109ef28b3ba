//! What the messages of a Duet are about.

use catalog::items;

use crate::Output;
use crate::alarm::Alarm;
use crate::marlin::is_gcode;
use crate::phrase::begins;
use crate::record::{At, Record};

const EVENT_INDEX: u16 = 0;
const STATE_INDEX: u16 = 1;
const BUILD_INDEX: u16 = 2;
const ALARM_INDEX: u16 = 10;

/// What stands before the name of the job that begins, of which the salted hash is made and no more.
const JOB: &[u8] = b"Started printing file ";

/// (how a message begins, `log.event`, `printer.state`). The names of jobs follow.
const EVENTS: &[(&[u8], &str, &str)] = &[
    (b"Started printing file", "started", "building"),
    (b"Finished printing file", "finished", "finished"),
    (b"Cancelled printing file", "cancelled", "stopped"),
    (b"Printing paused", "paused", "paused"),
    (b"Printing resumed", "resumed", "building"),
    (b"Resume state saved", "paused", "paused"),
    (b"Event logging started", "restarted", "idle"),
];

/// Faults and warnings, by the phrase that they begin with, without `Error: ` and `Warning: `; the first one counts.
static FAULTS: &[(&str, Alarm)] = &[
    row("Heater 0 fault", "thermal", "bed", "failed"),
    row("Heater # fault", "thermal", "heater", "failed"),
    row("Heating fault on heater #", "thermal", "heater", "failed"),
    row("Temperature reading fault on heater #", "thermal", "heater", "lost"),
    row("Temperature reading error on heater #", "thermal", "heater", "lost"),
    row("Driver # error", "motion", "controller", "failed"),
    row("Driver # warning", "motion", "controller", "failed"),
    row("Driver # stall", "motion", "controller", "stalled"),
    row("Driver # stalled at ", "motion", "controller", "stalled"),
    row("over temperature shutdown reported by driver(s)", "thermal", "controller", "high"),
    row("over temperature warning reported by driver(s)", "thermal", "controller", "high"),
    row("short-to-ground reported by driver(s)", "motion", "controller", "failed"),
    row("Short-to-ground", "motion", "controller", "failed"),
    row("Filament error on extruder #", "material", "extruder", "failed"),
    row("Emergency Stop", "safety", "controller", "shutdown"),
    row("Under-voltage", "power", "controller", "low"),
    row("Under-voltage event", "power", "controller", "low"),
    row("VIN under-voltage event", "power", "controller", "low"),
    row("Over-voltage", "power", "controller", "high"),
    row("Over-voltage event", "power", "controller", "high"),
    row("VIN over-voltage event", "power", "controller", "high"),
    row("MCU temperature too high", "thermal", "controller", "high"),
    row("Homing failed", "motion", "printer", "failed"),
    row("Failed to home axes ", "motion", "printer", "failed"),
    row("Lost connection to Linux", "communication", "controller", "lost"),
    row("Lost connection to SBC", "communication", "controller", "lost"),
];

/// What is known and no news: the controller's own affairs, with addresses and names in them.
const QUIET: &[&str] = &[
    "Running: ",
    "Date and time set ",
    "HTTP client ",
    "Telnet client ",
    "FTP client ",
    "WiFi module ",
    "Event logging stopped",
    "Heater # switched ",
    "Heater # fault cleared",
    "the height map was loaded ",
];

const fn row(
    phrase: &'static str,
    class: &'static str,
    subsystem: &'static str,
    qualifier: &'static str,
) -> (&'static str, Alarm) {
    (phrase, Alarm { class, subsystem, qualifier })
}

/// Adds what a message says; whether it is known. What the controller calls an error is an alarm in any case; a warning
/// only where the table has it, since nothing would ever end another.
pub(super) fn read(record: &Record<'_>, message: &[u8], output: &mut Output) -> bool {
    if let Some((_, name, state)) = EVENTS.iter().find(|(begin, ..)| message.starts_with(begin)) {
        event(record, name, state, output);
        if let Some(job) = message.strip_prefix(JOB).filter(|job| !job.is_empty()) {
            output.take(&items::BUILD_ID, record.hash(&items::BUILD_ID, job, At::index(BUILD_INDEX)));
        }
        return true;
    }
    let error = message.strip_prefix(b"Error: ");
    let text = error.or_else(|| message.strip_prefix(b"Warning: ")).unwrap_or(message);
    let fault = FAULTS.iter().find(|(phrase, _)| begins(phrase, text));
    if fault.is_none() && QUIET.iter().any(|phrase| begins(phrase, text)) {
        return true;
    }
    let alarm = fault.map(|(_, alarm)| *alarm).or_else(|| error.map(|_| Alarm::UNMAPPED));
    if let Some(alarm) = alarm {
        record.alarm(alarm, text, At::index(ALARM_INDEX), output);
    }
    alarm.is_some() || is_gcode(text)
}

fn event(record: &Record<'_>, name: &str, state: &str, output: &mut Output) {
    let event = record.code(&items::LOG_EVENT, name.as_bytes(), At::index(EVENT_INDEX));
    let state = record.code(&items::PRINTER_STATE, state.as_bytes(), At::index(STATE_INDEX));
    output.take(&items::LOG_EVENT, event);
    output.take(&items::PRINTER_STATE, state);
    if matches!(name, "started" | "resumed" | "restarted") {
        record.no_alarm(At::index(ALARM_INDEX), output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_the_catalogues() {
        for (phrase, alarm) in FAULTS {
            assert!(items::ALARM_CLASS.codes().contains(&alarm.class), "{phrase}");
            assert!(items::ALARM_SUBSYSTEM.codes().contains(&alarm.subsystem), "{phrase}");
            assert!(items::ALARM_QUALIFIER.codes().contains(&alarm.qualifier), "{phrase}");
        }
        for (begin, event, state) in EVENTS {
            assert!(items::LOG_EVENT.codes().contains(event), "{}", begin.escape_ascii());
            assert!(items::PRINTER_STATE.codes().contains(state), "{}", begin.escape_ascii());
        }
    }
}
