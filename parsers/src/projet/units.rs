//! Numbers with units, converted to the unit of the catalogue.

use catalog::{Refusal as Catalogue, Unit};

use super::number::number;
use crate::Refusal;

/// (unit in the log, UCUM code). A closed list: no unit is the beginning of another one of its kind, so a line that
/// was cut short cannot pass for another value.
const UNITS: &[(&str, &str)] = &[
    ("mW", "mW"),
    ("W", "W"),
    ("A", "A"),
    ("mA", "mA"),
    ("V", "V"),
    ("mV", "mV"),
    ("Cel", "Cel"),
    ("K", "K"),
    ("degF", "[degF]"),
    ("um", "um"),
    ("mm", "mm"),
    ("cm", "cm"),
    ("mm/s", "mm/s"),
    ("mm/min", "mm/min"),
    ("s", "s"),
    ("ms", "ms"),
    ("min", "min"),
    ("h", "h"),
    ("%", "%"),
    ("g", "g"),
    ("kg", "kg"),
    ("x", "1"),
    ("x", "{layer}"),
    ("x", "{build}"),
    ("x", "{cycle}"),
];

/// The number, infinite where the log says so, and its unit: one that measures what the catalogue's does.
pub(super) fn measure(text: &[u8], unit: &'static Unit) -> Result<(f64, &'static Unit), Refusal> {
    let (number, written) =
        number(text).filter(|(number, _)| !number.is_nan()).ok_or(Catalogue::NotANumber)?;
    Ok((number, named(written, unit).ok_or(Refusal::Unit)?))
}

fn named(written: &[u8], unit: &'static Unit) -> Option<&'static Unit> {
    // Most values are in the catalogue's own unit.
    if UNITS.iter().any(|(name, ucum)| name.as_bytes() == written && *ucum == unit.ucum()) {
        return Some(unit);
    }
    // A count is no share, though both are numbers.
    if written == b"x" || unit.ucum() == "1" {
        return None;
    }
    let codes = UNITS.iter().filter(|(name, _)| name.as_bytes() == written).map(|(_, ucum)| *ucum);
    codes.filter_map(Unit::by_ucum).find(|found| found.dimension() == unit.dimension())
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::items;

    #[test]
    fn no_unit_is_the_beginning_of_another_of_its_kind() {
        for (one, ucum) in UNITS {
            let unit = Unit::by_ucum(ucum).unwrap();
            for (other, its_ucum) in UNITS {
                let same = Unit::by_ucum(its_ucum).unwrap().dimension() == unit.dimension();
                assert!(!same || one == other || !other.starts_with(one), "{one} begins {other}");
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
            let measured = measure(text, items::LASER_POWER.unit());
            let converted =
                measured.map(|(number, unit)| unit.convert(number, items::LASER_POWER.unit()).unwrap());
            assert_eq!(converted, *expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn temperatures_are_shifted_too() {
        let celsius = |text: &[u8]| {
            let (number, unit) = measure(text, items::VAT_TEMPERATURE.unit()).unwrap();
            unit.convert(number, items::VAT_TEMPERATURE.unit()).unwrap()
        };
        assert!((celsius(b"300.15K") - 27.0).abs() < 1e-9);
        assert!((celsius(b"212degF") - 100.0).abs() < 1e-9);
    }
}
