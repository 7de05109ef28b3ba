//! What a condition is among the catalogue's alarms: by its type and by the part of the printer, never by its text.

use super::places::Place;

/// What kind of thing a condition of this type is about.
const CLASSES: &[(&str, &str)] = &[
    ("TEMPERATURE", "thermal"),
    ("POSITION", "motion"),
    ("LOAD", "motion"),
    ("ACTUATOR", "motion"),
    ("VELOCITY", "motion"),
    ("AXIS_FEEDRATE", "motion"),
    ("ROTARY_VELOCITY", "motion"),
    ("VOLTAGE", "power"),
    ("VOLTAGE_AC", "power"),
    ("VOLTAGE_DC", "power"),
    ("AMPERAGE", "power"),
    ("AMPERAGE_AC", "power"),
    ("AMPERAGE_DC", "power"),
    ("WATTAGE", "power"),
    ("FILL_LEVEL", "material"),
    ("MASS", "material"),
    ("PRESSURE", "gas"),
    ("FLOW", "gas"),
    ("CONCENTRATION", "gas"),
    ("COMMUNICATIONS", "communication"),
    ("DATA_RANGE", "software"),
    ("LOGIC_PROGRAM", "software"),
    ("MOTION_PROGRAM", "software"),
    ("SYSTEM", "software"),
    ("EMERGENCY_STOP", "safety"),
    ("DOOR_STATE", "safety"),
    ("INTERFACE_STATE", "communication"),
];

/// The catalogue's code of `alarm.class`.
pub(super) fn class(kind: &str) -> &'static str {
    CLASSES.iter().find(|(known, _)| *known == kind).map_or("unmapped", |(_, class)| class)
}

/// The catalogue's code of `alarm.subsystem`.
pub(super) fn subsystem(place: Option<Place>) -> &'static str {
    match place {
        Some(Place::Printer | Place::Mains) => "printer",
        Some(Place::Controller) => "controller",
        Some(Place::Chamber) => "chamber",
        Some(Place::Bed | Place::Plate) => "bed",
        Some(Place::Platform | Place::Elevator) => "elevator",
        Some(Place::Extruder) => "extruder",
        Some(Place::Head) => "head",
        Some(Place::Heater) => "heater",
        Some(Place::Vat) => "vat",
        Some(Place::Laser) => "laser",
        Some(Place::Scanner | Place::Optics) => "scanner",
        Some(Place::Recoater) => "recoater",
        Some(Place::Gas | Place::Blower | Place::Vacuum) => "gas",
        Some(Place::Filter) => "filter",
        Some(Place::Hopper) => "hopper",
        Some(Place::Door) => "door",
        Some(_) | None => "other",
    }
}

/// The catalogue's code of `alarm.qualifier`.
pub(super) fn qualifier(class: &str, qualifier: Option<&str>) -> &'static str {
    match (qualifier, class) {
        (Some("HIGH"), _) => "high",
        (Some("LOW"), _) => "low",
        (_, "communication") => "lost",
        _ => "unmapped",
    }
}

#[cfg(test)]
mod tests {
    use catalog::items;

    use super::*;

    #[test]
    fn every_word_is_in_the_catalogue() {
        for (kind, class) in CLASSES {
            assert!(items::ALARM_CLASS.codes().contains(class), "{kind}");
            for word in [None, Some("HIGH"), Some("LOW"), Some("NEITHER")] {
                assert!(items::ALARM_QUALIFIER.codes().contains(&qualifier(class, word)), "{kind}");
            }
        }
        for place in [None, Some(Place::Printer), Some(Place::Bed), Some(Place::Z), Some(Place::Optics)] {
            assert!(items::ALARM_SUBSYSTEM.codes().contains(&subsystem(place)), "{place:?}");
        }
        assert_eq!(class("x:MOOD"), "unmapped");
    }
}
