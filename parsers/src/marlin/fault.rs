//! What Marlin's errors are about.

use catalog::items;

use super::{ALARM_INDEX, STATE_INDEX};
use crate::Output;
use crate::alarm::{Alarm, Table, known, row};
use crate::record::{At, Record};

/// The errors of Marlin's own language file, by how they begin.
static ERRORS: Table = &[
    row(b"Thermal Runaway", "thermal", "heater", "failed"),
    row(b"THERMAL RUNAWAY", "thermal", "heater", "failed"),
    row(b"Heating failed", "thermal", "heater", "failed"),
    row(b"Heating Failed", "thermal", "heater", "failed"),
    row(b"MAXTEMP triggered", "thermal", "heater", "high"),
    row(b"MINTEMP triggered", "thermal", "heater", "low"),
    row(b"Thermal Malfunction", "thermal", "heater", "failed"),
    row(b"Cooling Fault", "thermal", "heater", "failed"),
    row(b"Flowmeter fault", "thermal", "heater", "low"),
    row(b"Printer halted", "safety", "controller", "shutdown"),
    row(b"Homing Failed", "motion", "printer", "failed"),
    row(b"Homing failed", "motion", "printer", "failed"),
    row(b"Probing Failed", "motion", "printer", "failed"),
    row(b"STOP called", "motion", "printer", "failed"),
    row(b"checksum mismatch", "communication", "controller", "failed"),
    row(b"No Checksum with line number", "communication", "controller", "failed"),
    row(b"Line Number is not Last Line Number", "communication", "controller", "failed"),
    row(b"Format error", "communication", "controller", "failed"),
    row(b"EEPROM", "software", "controller", "failed"),
    // Repetier's, which answers as Marlin does.
    row(b"fatal: Heater/sensor error", "thermal", "heater", "failed"),
];

/// What an error of a Marlin controller is about, whether it came in a log or over an interface.
pub fn marlin_alarm(text: &[u8]) -> Alarm {
    named(text.trim_ascii()).unwrap_or(Alarm::UNMAPPED)
}

/// Adds the alarm that an error is. One that only repeats a line does not stop the printer.
pub(super) fn error(record: &Record<'_>, text: &[u8], output: &mut Output) {
    let (text, alarm) = (text.trim_ascii(), marlin_alarm(text));
    if alarm.class == "communication" {
        return;
    }
    record.alarm(alarm, text, At::index(ALARM_INDEX), output);
    if matches!(alarm.class, "thermal" | "safety") {
        let state = record.code(&items::PRINTER_STATE, b"error", At::index(STATE_INDEX));
        output.take(&items::PRINTER_STATE, state);
    }
}

/// What an error is about, if it is one of Marlin's.
pub(crate) fn named(text: &[u8]) -> Option<Alarm> {
    let alarm = known(ERRORS, text)?;
    Some(Alarm { subsystem: heater(text).unwrap_or(alarm.subsystem), ..alarm })
}

/// The heater that an error names: `Heater_ID: bed`, `system stopped! Heater_ID: 0`.
fn heater(text: &[u8]) -> Option<&'static str> {
    const NAME: &[u8] = b"Heater_ID:";
    let begin = text.windows(NAME.len()).position(|window| window == NAME)?;
    let id = text.get(begin + NAME.len()..)?.trim_ascii_start();
    match id.first()? {
        b'0'..=b'9' | b'E' => Some("extruder"),
        b'b' | b'B' => Some("bed"),
        b'c' | b'C' => Some("chamber"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_in_the_catalogues_words() {
        assert!(crate::alarm::is_catalogued(ERRORS));
    }

    #[test]
    fn the_heater_is_told_by_its_number_or_letter() {
        assert_eq!(heater(b"Thermal Runaway, system stopped! Heater_ID: bed"), Some("bed"));
        assert_eq!(heater(b"Heating failed, system stopped! Heater_ID: 0"), Some("extruder"));
        assert_eq!(heater(b"MAXTEMP triggered, system stopped! Heater_ID: E1"), Some("extruder"));
        assert_eq!(heater(b"Thermal Runaway"), None);
    }
}
