//! MTConnect's names of units, by their UCUM codes.

/// Units of data items: the standard's, and native ones that agents pass on though they should not.
const UNITS: &[(&str, &str)] = &[
    ("AMPERE", "A"),
    ("CELSIUS", "Cel"),
    ("DAY", "d"),
    ("FAHRENHEIT", "[degF]"),
    ("GRAM", "g"),
    ("HERTZ", "Hz"),
    ("HOUR", "h"),
    ("INCH", "[in_i]"),
    ("KELVIN", "K"),
    ("KILOGRAM", "kg"),
    ("KILOPASCAL", "kPa"),
    ("KILOWATT", "kW"),
    ("LITER/MINUTE", "L/min"),
    ("LITER/SECOND", "L/s"),
    ("MILLIBAR", "mbar"),
    ("MILLIGRAM", "mg"),
    ("MILLIMETER", "mm"),
    ("MILLIMETER/MINUTE", "mm/min"),
    ("MILLIMETER/SECOND", "mm/s"),
    ("MINUTE", "min"),
    ("PASCAL", "Pa"),
    ("PERCENT", "%"),
    ("REVOLUTION/MINUTE", "/min"),
    ("REVOLUTION/SECOND", "/s"),
    ("SECOND", "s"),
    ("VOLT", "V"),
    ("WATT", "W"),
];

/// The UCUM code of a unit that MTConnect names so.
pub(super) fn ucum(name: &str) -> Option<&'static str> {
    UNITS.iter().find(|(known, _)| *known == name).map(|(_, ucum)| *ucum)
}

#[cfg(test)]
mod tests {
    use catalog::Unit;

    use super::*;

    #[test]
    fn every_unit_is_one_of_the_catalogues() {
        for (name, ucum) in UNITS {
            assert!(Unit::by_ucum(ucum).is_some(), "{name}");
        }
    }

    #[test]
    fn what_measures_nothing_that_we_know_has_no_code() {
        for name in ["", "celsius", "MILLIMETER_3D", "x:FURLONG", "DECIBEL"] {
            assert_eq!(ucum(name), None, "{name}");
        }
    }
}
