//! What is wrong with the printer, in the catalogue's words and never in its own.

use catalog::items;
use parsers::Alarm;

use super::api::Health;
use crate::intake::poll::drivers::field::right;
use crate::intake::poll::found::Found;

/// The line to the printer is dead: it is off, or its cable is out.
pub(super) const NO_PRINTER: Alarm =
    Alarm { class: "communication", subsystem: "controller", qualifier: "lost" };
/// It waits for somebody, and says nowhere for what: filament, a question on its screen.
const ATTENTION: Alarm = Alarm { class: "process", subsystem: "printer", qualifier: "unmapped" };

/// (how a message begins, what it is), by the conditions that PrusaLink 0.8 knows (`prusa/link/conditions.py`).
static CONDITIONS: &[(&str, Alarm)] = &[
    ("Serial device does not exist", NO_PRINTER),
    ("RPi port is not enabled", row("communication", "failed")),
    ("Device is not supported", row("software", "failed")),
    ("Printer upgraded", row("software", "failed")),
    ("Firmware is not up-to-date", row("software", "failed")),
    ("Serial number cannot be obtained", row("communication", "failed")),
    ("Job ID cannot be obtained", row("communication", "failed")),
    // The firmware has stopped the printer, such as for a heater or a thermistor.
    (
        "Firmware detected a hardware issue",
        Alarm { class: "safety", subsystem: "printer", qualifier: "failed" },
    ),
];

const fn row(class: &'static str, qualifier: &'static str) -> Alarm {
    Alarm { class, subsystem: "controller", qualifier }
}

/// The alarm that state and health come to, if there is one.
pub(super) fn of(state: Option<&str>, health: Option<&Health>) -> Option<Alarm> {
    let ill = health.filter(|health| right(&health.ok) == Some(&false));
    let known = ill.and_then(message).and_then(|message| {
        CONDITIONS.iter().find(|(phrase, _)| message.starts_with(phrase)).map(|(_, alarm)| *alarm)
    });
    match state {
        _ if known.is_some() => known,
        _ if ill.is_some() => Some(Alarm::UNMAPPED),
        Some("ERROR") => Some(Alarm::UNMAPPED),
        Some("ATTENTION") => Some(ATTENTION),
        _ => None,
    }
}

/// Says the alarm; of a message that no table knows, its shape, so that the maker can be asked for it.
pub(super) fn say(alarm: Option<Alarm>, health: Option<&Health>, found: &mut Found<'_>) {
    let Some(alarm) = alarm else { return found.of(&items::ALARM_ACTIVE).code("no") };
    found.of(&items::ALARM_ACTIVE).code("yes");
    found.of(&items::ALARM_CLASS).code(alarm.class);
    found.of(&items::ALARM_SUBSYSTEM).code(alarm.subsystem);
    found.of(&items::ALARM_QUALIFIER).code(alarm.qualifier);
    let ill = health.filter(|health| right(&health.ok) == Some(&false));
    if alarm == Alarm::UNMAPPED
        && let Some(message) = ill.and_then(message)
    {
        found.of(&items::ALARM_SHAPE).hashed(&parsers::alarm_shape(message.as_bytes()));
    }
}

fn message(health: &Health) -> Option<&str> {
    right(&health.message).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_the_catalogues() {
        let alarms = CONDITIONS.iter().map(|(_, alarm)| alarm).chain([&NO_PRINTER, &ATTENTION]);
        for alarm in alarms {
            assert!(items::ALARM_CLASS.codes().contains(&alarm.class), "{alarm:?}");
            assert!(items::ALARM_SUBSYSTEM.codes().contains(&alarm.subsystem), "{alarm:?}");
            assert!(items::ALARM_QUALIFIER.codes().contains(&alarm.qualifier), "{alarm:?}");
        }
    }
}
