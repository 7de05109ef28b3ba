//! What is wrong with the printer, by its states and never by its messages. Each thing that can be at fault has a part number
//! of its own, so that one that is mended does not clear another.

use catalog::items;
use parsers::Alarm;

use super::model::Place;
use crate::intake::poll::found::Found;

/// The printer as a whole.
pub(super) const PRINTER: u8 = 0;
/// The first heater; a Duet has at most 32.
const HEATERS: u8 = 1;
/// The first extruder's filament; a Duet has at most 32.
const FILAMENTS: u8 = 128;

/// It was stopped in an emergency and wants to be started anew.
pub(super) const HALTED: Alarm = Alarm { class: "safety", subsystem: "controller", qualifier: "shutdown" };

/// (a filament monitor's word, what is wrong). Those that are not here are well, or have nothing to tell yet.
static FILAMENT: &[(&str, &str)] = &[
    ("noFilament", "low"),
    ("tooLittleMovement", "stalled"),
    ("tooMuchMovement", "failed"),
    ("sensorError", "failed"),
];

pub(super) fn heater_part(heater: u8) -> Option<u8> {
    heater.checked_add(HEATERS).filter(|part| *part < FILAMENTS)
}

pub(super) fn filament_part(extruder: u8) -> Option<u8> {
    extruder.checked_add(FILAMENTS)
}

/// What a heater in this state has.
pub(super) fn heater(place: Place, state: &str) -> Option<Alarm> {
    let subsystem = match place {
        Place::Bed(_) => "bed",
        Place::Chamber(_) => "chamber",
        Place::Extruder(_) => "extruder",
        Place::Other(_) => "heater",
    };
    match state {
        "fault" => Some(Alarm { class: "thermal", subsystem, qualifier: "failed" }),
        // The board that it hangs on is gone from the bus.
        "offline" => Some(Alarm { class: "communication", subsystem, qualifier: "lost" }),
        _ => None,
    }
}

/// What is wrong with a filament.
pub(super) fn filament(status: &str) -> Option<Alarm> {
    let (_, qualifier) = FILAMENT.iter().find(|(known, _)| *known == status)?;
    Some(Alarm { class: "material", subsystem: "extruder", qualifier })
}

/// Says the alarm of a part, or that it has none.
pub(super) fn say(part: u8, alarm: Option<Alarm>, found: &mut Found<'_>) {
    let Some(alarm) = alarm else { return found.of(&items::ALARM_ACTIVE).part(part).code("no") };
    found.of(&items::ALARM_ACTIVE).part(part).code("yes");
    found.of(&items::ALARM_CLASS).part(part).code(alarm.class);
    found.of(&items::ALARM_SUBSYSTEM).part(part).code(alarm.subsystem);
    found.of(&items::ALARM_QUALIFIER).part(part).code(alarm.qualifier);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_the_catalogues_and_no_part_is_anothers() {
        let places = [Place::Bed(0), Place::Chamber(0), Place::Extruder(0), Place::Other(0)];
        let heaters = places.iter().flat_map(|place| [heater(*place, "fault"), heater(*place, "offline")]);
        let filaments = FILAMENT.iter().map(|(word, _)| filament(word));
        for alarm in heaters.chain(filaments).chain([Some(HALTED)]) {
            let alarm = alarm.unwrap();
            assert!(items::ALARM_CLASS.codes().contains(&alarm.class), "{alarm:?}");
            assert!(items::ALARM_SUBSYSTEM.codes().contains(&alarm.subsystem), "{alarm:?}");
            assert!(items::ALARM_QUALIFIER.codes().contains(&alarm.qualifier), "{alarm:?}");
        }
        assert_eq!(
            (filament("ok"), filament("noDataReceived"), heater(Place::Bed(0), "tuning")),
            (None, None, None)
        );
        assert_eq!((heater_part(0), heater_part(126), heater_part(127)), (Some(1), Some(127), None));
        assert_eq!((filament_part(0), filament_part(127), filament_part(128)), (Some(128), Some(255), None));
    }
}
