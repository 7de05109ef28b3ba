//! What each measurement of the protocol means: `Name: value unit`, and `Name: Target = value unit, Actual = value unit`.

use catalog::{Item, Unit, items};

use crate::number::number;
use crate::record::{At, Record};
use crate::{Output, Refusal};

/// (a name, in lower case; its item).
static NAMES: &[(&str, &Item)] = &[
    ("oxygen", &items::OXYGEN_CONCENTRATION),
    ("o2", &items::OXYGEN_CONCENTRATION),
    ("dew point", &items::GAS_DEW_POINT),
    ("filter differential pressure", &items::FILTER_PRESSURE_DROP),
    ("differential pressure", &items::FILTER_PRESSURE_DROP),
    ("filter pressure", &items::FILTER_PRESSURE_DROP),
    ("platform temperature", &items::PLATE_TEMPERATURE),
    ("building platform temperature", &items::PLATE_TEMPERATURE),
    ("plate temperature", &items::PLATE_TEMPERATURE),
    ("process chamber temperature", &items::CHAMBER_TEMPERATURE),
    ("chamber temperature", &items::CHAMBER_TEMPERATURE),
    ("process chamber pressure", &items::CHAMBER_PRESSURE),
    ("chamber pressure", &items::CHAMBER_PRESSURE),
    ("process chamber humidity", &items::CHAMBER_HUMIDITY),
    ("chamber humidity", &items::CHAMBER_HUMIDITY),
    ("gas flow", &items::GAS_FLOW),
    ("ventilator speed", &items::BLOWER_SPEED),
    ("ventilator power", &items::BLOWER_SPEED),
    ("blower speed", &items::BLOWER_SPEED),
    ("ventilator current", &items::BLOWER_CURRENT),
    ("blower current", &items::BLOWER_CURRENT),
    ("bed temperature", &items::BED_TEMPERATURE),
    ("cylinder temperature", &items::CYLINDER_TEMPERATURE),
    ("optics temperature", &items::OPTICS_TEMPERATURE),
    ("laser temperature", &items::FUSION_LASER_TEMPERATURE),
    ("laser power", &items::FUSION_LASER_POWER),
    ("chiller temperature", &items::CHILLER_TEMPERATURE),
    ("dose factor", &items::DOSE_FACTOR),
    ("hopper level", &items::HOPPER_LEVEL),
    ("overflow level", &items::OVERFLOW_LEVEL),
];

/// (a compound's name, the value's own name, its item), in lower case.
static COMPOUNDS: &[(&str, &str, &Item)] = &[
    ("ventilator control", "target", &items::GAS_FLOW_SETPOINT),
    ("ventilator control", "actual", &items::GAS_FLOW),
    ("ventilator control", "power", &items::BLOWER_SPEED),
    ("ventilator control", "speed", &items::BLOWER_SPEED),
    ("ventilator control", "current", &items::BLOWER_CURRENT),
    ("platform heating", "target", &items::PLATE_TEMPERATURE_SETPOINT),
    ("platform heating", "actual", &items::PLATE_TEMPERATURE),
    ("bed heating", "target", &items::BED_TEMPERATURE_SETPOINT),
    ("bed heating", "actual", &items::BED_TEMPERATURE),
];

/// (a unit as the protocol writes it, in UTF-8 or Latin-1; UCUM).
const UNITS: &[(&[u8], &str)] = &[
    (b"%", "%"),
    (b"ppm", "[ppm]"),
    ("°C".as_bytes(), "Cel"),
    (b"\xb0C", "Cel"),
    (b"K", "K"),
    (b"mbar", "mbar"),
    (b"bar", "bar"),
    (b"Pa", "Pa"),
    ("m³/h".as_bytes(), "m3/h"),
    (b"m\xb3/h", "m3/h"),
    (b"l/min", "L/min"),
    (b"A", "A"),
    (b"W", "W"),
    (b"mm", "mm"),
];

/// Adds what a measurement says; whether the message is one.
pub(super) fn read(record: &Record<'_>, message: &[u8], output: &mut Output) -> bool {
    let Some(colon) = message.iter().position(|byte| *byte == b':') else { return false };
    let (name, said) = (&message[..colon], message.get(colon + 1..).unwrap_or_default());
    if said.contains(&b'=') {
        return compound(record, name, said, output);
    }
    let Some((part, item)) = NAMES.iter().find_map(|(known, item)| Some((part(name, known)?, *item))) else {
        return false;
    };
    output.take(item, measured(record, item, said, At { index: 0, part }));
    true
}

/// `Target = 44.4 m³/h, Actual = 44.1 m³/h; …`: the index of a value is its place in the line.
fn compound(record: &Record<'_>, name: &[u8], said: &[u8], output: &mut Output) -> bool {
    let Some(part) = COMPOUNDS.iter().find_map(|(known, ..)| part(name, known)) else { return false };
    for (index, pair) in (0..).zip(said.split(|byte| b",;".contains(byte))) {
        let Some(equals) = pair.iter().position(|byte| *byte == b'=') else { continue };
        let (key, value) = (pair[..equals].trim_ascii(), pair.get(equals + 1..).unwrap_or_default());
        let known = COMPOUNDS.iter().find(|(known, own, _)| {
            self::part(name, known).is_some() && key.eq_ignore_ascii_case(own.as_bytes())
        });
        match known {
            Some((.., item)) => output.take(item, measured(record, item, value, At { index, part })),
            None => output.unmatch(key),
        }
    }
    true
}

/// Which part a name speaks of if it is the known one: the number behind it, such as of `Optics temperature 2`, or 0.
///
/// The name is whole: `Oxygen limit` is no oxygen, and the digits behind anything else may be a customer's.
fn part(name: &[u8], known: &str) -> Option<u8> {
    let (head, tail) = name.trim_ascii().split_at_checked(known.len())?;
    match (head.eq_ignore_ascii_case(known.as_bytes()), tail) {
        (true, []) => Some(0),
        (true, [b' ', digits @ ..]) if digits.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(digits).ok()?.parse().ok()
        }
        _ => None,
    }
}

fn measured(
    record: &Record<'_>,
    item: &'static Item,
    said: &[u8],
    at: At,
) -> Result<catalog::Reading, Refusal> {
    let (value, unit) = number(said.trim_ascii_start()).ok_or(catalog::Refusal::NotANumber)?;
    // The number's unit is its first word: some values have a remark behind it.
    let unit = unit.trim_ascii_start().split(|byte| *byte == b' ').next().unwrap_or_default();
    let ucum = UNITS.iter().find(|(written, _)| *written == unit).map(|(_, ucum)| *ucum);
    let unit = ucum.and_then(Unit::by_ucum).ok_or(Refusal::Unit)?;
    record.measured(item, (value, unit), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_one_of_the_catalogue() {
        assert!(UNITS.iter().all(|(_, ucum)| Unit::by_ucum(ucum).is_some()));
    }

    #[test]
    fn the_number_behind_a_name_is_the_part() {
        for (name, expected) in [
            ("Oxygen", Some(0)),
            ("oxygen 2", Some(2)),
            (" OXYGEN 17 ", Some(17)),
            ("Oxygen 999", None),
            ("Oxygen2", None),
            ("Oxygen  2", None),
            ("Oxygen +2", None),
            ("Oxygen limit", None),
            ("Oxygen 2 limit", None),
            ("Oxyge", None),
        ] {
            assert_eq!(part(name.as_bytes(), "oxygen"), expected, "{name}");
        }
    }
}
