//! Numbers with units, converted to the unit of the catalogue.

use catalog::{Refusal as Catalogue, Unit};

use super::number::number;
use crate::Refusal;

/// (unit of the catalogue, unit in the log, factor, what is added after it). No unit is the beginning of another
/// one of its kind, so a line that was cut short cannot pass for another value.
const UNITS: &[(&str, &str, f64, f64)] = &[
    ("mW", "mW", 1.0, 0.0),
    ("mW", "W", 1e3, 0.0),
    ("A", "A", 1.0, 0.0),
    ("A", "mA", 1e-3, 0.0),
    ("Cel", "Cel", 1.0, 0.0),
    ("Cel", "K", 1.0, -273.15),
    ("Cel", "degF", 5.0 / 9.0, -160.0 / 9.0),
    ("um", "um", 1.0, 0.0),
    ("um", "mm", 1e3, 0.0),
    ("mm", "mm", 1.0, 0.0),
    ("mm", "um", 1e-3, 0.0),
    ("mm", "cm", 10.0, 0.0),
    ("mm/s", "mm/s", 1.0, 0.0),
    ("mm/s", "mm/min", 1.0 / 60.0, 0.0),
    ("s", "s", 1.0, 0.0),
    ("s", "ms", 1e-3, 0.0),
    ("s", "min", 60.0, 0.0),
    ("s", "h", 3600.0, 0.0),
    ("h", "h", 1.0, 0.0),
    ("h", "min", 1.0 / 60.0, 0.0),
    ("h", "s", 1.0 / 3600.0, 0.0),
    ("%", "%", 1.0, 0.0),
    ("1", "x", 1.0, 0.0),
    ("{layer}", "x", 1.0, 0.0),
    ("{build}", "x", 1.0, 0.0),
];

/// The number in the unit of the catalogue; infinite where the log says so.
pub(super) fn measure(text: &[u8], unit: Unit) -> Result<f64, Refusal> {
    let (number, written) =
        number(text).filter(|(number, _)| !number.is_nan()).ok_or(Catalogue::NotANumber)?;
    let (.., factor, added) = UNITS
        .iter()
        .find(|(ucum, name, ..)| name.as_bytes() == written && *ucum == unit.ucum())
        .ok_or(Refusal::Unit)?;
    Ok(number * factor + added)
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::items;

    #[test]
    fn no_unit_is_the_beginning_of_another_of_its_kind() {
        for (kind, one, ..) in UNITS {
            for (_, other, ..) in UNITS.iter().filter(|(ucum, ..)| ucum == kind) {
                assert!(one == other || !other.starts_with(one), "{one} begins {other}");
            }
        }
    }

    #[test]
    fn numbers_with_units() {
        let not_a_number = Err(Refusal::Catalogue(Catalogue::NotANumber));
        let cases: &[(&[u8], Result<f64, Refusal>)] = &[
            (b"512.5mW", Ok(512.5)),
            (b"0.5W", Ok(500.0)),
            (b"-3e2mW", Ok(-300.0)),
            (b"1e999mW", Ok(f64::INFINITY)),
            (b"-infmW", Ok(f64::NEG_INFINITY)),
            (b"nanmW", not_a_number),
            (b"mW", not_a_number),
            (b"", not_a_number),
            (b".5mW", not_a_number),
            (b"--5mW", not_a_number),
            (b"\xff\xfe", not_a_number),
            (b"512", Err(Refusal::Unit)),
            (b"512.mW", Err(Refusal::Unit)),
            (b"512m", Err(Refusal::Unit)),
            (b"512mWh", Err(Refusal::Unit)),
            (b"512A", Err(Refusal::Unit)),
            (b"0x10mW", Err(Refusal::Unit)),
        ];
        for (text, expected) in cases {
            assert_eq!(measure(text, items::LASER_POWER.unit()), *expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn temperatures_are_shifted_too() {
        let celsius = |text: &[u8]| measure(text, items::VAT_TEMPERATURE.unit()).unwrap();
        assert!((celsius(b"300.15K") - 27.0).abs() < 1e-9);
        assert!((celsius(b"212degF") - 100.0).abs() < 1e-9);
    }
}
