//! Why Klipper shut down: its own sentences, as the catalogue's words.

use super::stats::extruder;
use crate::Output;
use crate::alarm::{Alarm, Table, known, row};
use crate::record::{At, Record};

/// The beginnings of reasons. What each is a sign of is what Klipper itself tells the user (`error_mcu.py`, the FAQ and
/// the configuration reference).
const REASONS: Table = &[
    // "the host computer is overloaded"
    row(b"Timer too close", "software", "controller", "stalled"),
    row(b"No next step", "software", "controller", "stalled"),
    row(b"Sentinel timer called", "software", "controller", "failed"),
    row(b"Watchdog timer", "software", "controller", "stalled"),
    // "an intermittent communication failure between micro-controller and host"
    row(b"Missed scheduling of next", "communication", "controller", "lost"),
    row(b"Lost communication with MCU", "communication", "controller", "lost"),
    row(b"Command parser error", "communication", "controller", "failed"),
    row(b"Message encode error", "communication", "controller", "failed"),
    row(b"MCU Protocol error", "communication", "controller", "failed"),
    row(b"Protocol error", "communication", "controller", "failed"),
    row(b"MCU error during connect", "communication", "controller", "failed"),
    row(b"i2c timeout", "communication", "controller", "lost"),
    row(b"I2C NACK", "communication", "controller", "failed"),
    // "a heater temperature exceeds its configured min_temp or max_temp"
    row(b"ADC out of range", "thermal", "heater", "failed"),
    row(b"Thermocouple", "thermal", "heater", "failed"),
    // "requested to step at a rate higher than it is capable of obtaining"
    row(b"Rescheduled timer in the past", "motion", "controller", "failed"),
    row(b"Stepper too far in past", "motion", "controller", "failed"),
    row(b"Invalid count parameter", "motion", "controller", "failed"),
    row(b"Can't reset time when stepper active", "motion", "controller", "failed"),
    row(b"Move queue overflow", "motion", "controller", "failed"),
    row(b"TMC ", "motion", "other", "failed"),
    // "an M112 G-Code command or an internal error in the host software"
    row(b"Command request", "safety", "printer", "shutdown"),
    row(b"Shutdown due to webhooks request", "safety", "printer", "shutdown"),
    row(b"Shutdown due to M112 command", "safety", "printer", "shutdown"),
    row(b"Internal error", "software", "printer", "failed"),
    row(b"Exception in", "software", "printer", "failed"),
    row(b"Unhandled exception", "software", "printer", "failed"),
    row(b"Config error", "software", "printer", "failed"),
    row(b"alloc_chunk", "software", "controller", "failed"),
];

/// Adds the alarm that the reason is, with the indices from `index` on.
pub(super) fn alarm(reason: &[u8], index: u16, record: &Record<'_>, output: &mut Output) {
    // It only says that the reason stands in another line.
    if reason == b"MCU shutdown" {
        return;
    }
    record.alarm(named(reason), reason, At::index(index), output);
}

/// What the reason is about.
pub(crate) fn named(reason: &[u8]) -> Alarm {
    let heater = reason.strip_prefix(b"Heater ").and_then(heater);
    heater.or_else(|| known(REASONS, reason)).unwrap_or(Alarm::UNMAPPED)
}

/// The check of a heater: it fails when the heater does not get warm and when it does not stay so.
fn heater(text: &[u8]) -> Option<Alarm> {
    let name = text.strip_suffix(b" not heating at expected rate")?;
    let subsystem = match name {
        b"heater_bed" => "bed",
        name if extruder(name).is_some() => "extruder",
        _ => "heater",
    };
    Some(Alarm { class: "thermal", subsystem, qualifier: "failed" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::is_catalogued;

    #[test]
    fn every_word_is_the_catalogues() {
        assert!(is_catalogued(REASONS));
    }

    #[test]
    fn heaters() {
        let subsystem =
            |name: &str| named(format!("Heater {name} not heating at expected rate").as_bytes()).subsystem;
        let names = ["heater_bed", "extruder", "extruder1", "extruder_of_anna", "chamber of anna"];
        assert_eq!(names.map(subsystem), ["bed", "extruder", "extruder", "heater", "heater"]);
        assert_eq!(named(b"Heater extruder not heating"), Alarm::UNMAPPED);
    }
}
