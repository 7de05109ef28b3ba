//! Units by their UCUM codes, and how a value of one becomes a value of another.

use std::fmt;

include!(concat!(env!("OUT_DIR"), "/units.rs"));

/// A unit of the catalogue or of one of its sources. Each is one of the statics of this crate.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    pub(crate) ucum: &'static str,
    pub(crate) symbol: &'static str,
    pub(crate) dimension: &'static str,
    /// Where its zero is not the base's: what is taken off first.
    pub(crate) zero: f64,
    /// What a value is then multiplied with to become the dimension's base, and what that is divided by. A fraction of
    /// whole numbers is exact where its quotient is not.
    pub(crate) factor: f64,
    pub(crate) per: f64,
}

impl Unit {
    /// The unit with this UCUM code, such as `Cel` or `[degF]`.
    pub fn by_ucum(code: &str) -> Option<&'static Self> {
        UNITS.iter().find(|unit| unit.ucum == code)
    }

    /// Every unit.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        UNITS.iter()
    }

    /// The UCUM code, such as `Cel`.
    pub fn ucum(&self) -> &'static str {
        self.ucum
    }

    /// What a person reads, such as `°C`; empty for a pure number.
    pub fn symbol(&self) -> &'static str {
        self.symbol
    }

    /// What is measured, such as `temperature`: units of one dimension convert into each other.
    pub fn dimension(&self) -> &'static str {
        self.dimension
    }

    /// The value in another unit; `None` where the two measure different things.
    pub fn convert(&self, value: f64, into: &Self) -> Option<f64> {
        if self == into {
            return Some(value);
        }
        // The division last, so that 0.2 l/s are 12 l/min and not 12.000000000000002.
        let (factor, per) = (self.factor * into.per, self.per * into.factor);
        (self.dimension == into.dimension).then(|| (value - self.zero) * factor / per + into.zero)
    }
}

// A unit is one of the statics: its code says everything about it.
impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.ucum == other.ucum
    }
}
impl Eq for Unit {}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(value: f64, from: &str, into: &str) -> Option<f64> {
        let unit = |code| Unit::by_ucum(code).unwrap_or_else(|| panic!("{code}"));
        unit(from).convert(value, unit(into))
    }

    #[test]
    fn values_become_values_of_another_unit() {
        for (value, from, into, expected) in [
            (212.0, "[degF]", "Cel", 100.0),
            (300.15, "K", "Cel", 27.0),
            (27.0, "Cel", "K", 300.15),
            (-40.0, "Cel", "[degF]", -40.0),
            (0.5, "W", "mW", 500.0),
            (250.0, "ms", "s", 0.25),
            (90.0, "min", "h", 1.5),
            (1.0, "bar", "mbar", 1000.0),
            (300.0, "[ppm]", "%", 0.03),
            (1.0, "L/min", "m3/h", 0.06),
            (0.2, "L/s", "L/min", 12.0),
            (3000.0, "mm/min", "mm/s", 50.0),
            (12.5, "kg", "g", 12_500.0),
            (500.0, "mg", "g", 0.5),
            (1900.0, "Pa", "mbar", 19.0),
            (50.0, "/s", "/min", 3000.0),
        ] {
            // To the last bit.
            assert_eq!(convert(value, from, into), Some(expected), "{value} {from} in {into}");
        }
    }

    #[test]
    fn shares_are_of_one_or_of_a_hundred() {
        assert_eq!(convert(0.3, "1", "%"), Some(30.0));
        assert_eq!(convert(93.0, "%", "1"), Some(0.93));
        assert_eq!(convert(127.0, "1/127", "%"), Some(100.0));
    }

    #[test]
    fn a_value_in_its_own_unit_stays_as_it_is_to_the_last_bit() {
        for unit in Unit::all() {
            assert_eq!(unit.convert(0.1, unit), Some(0.1), "{}", unit.ucum());
        }
    }

    #[test]
    fn what_measures_something_else_does_not_convert() {
        for (from, into) in [("mW", "A"), ("Cel", "K{difference}"), ("{layer}", "1"), ("By", "{line}")] {
            assert_eq!(convert(1.0, from, into), None, "{from} into {into}");
        }
    }

    #[test]
    fn every_code_finds_its_own_unit() {
        for unit in Unit::all() {
            let found = Unit::by_ucum(unit.ucum()).map(|found| (found.symbol(), found.dimension()));
            assert_eq!(found, Some((unit.symbol(), unit.dimension())));
        }
    }
}
