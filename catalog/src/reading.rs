//! A reading: what was measured, when, how well, and where it came from.

use std::fmt;

use crate::identity::Identity;
use crate::item::{Item, Kind, Range};
use crate::origin::{Hash, Origin};
use crate::unit::Unit;

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// How far a value can be trusted, in ThingWorx's and OPC's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// As the printer measured it.
    Good,
    /// The value is right, but its time or its meaning is in doubt, such as after a clock stepped back.
    Uncertain,
    /// Not to be judged by: outside what is plausible, from a sensor that the printer itself distrusts, or grown stale,
    /// since the printer has not given it again in time.
    Bad,
}

/// What stands beside a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which one of several: laser 1 or 2, disk 1 or 2; 0 where there is only one.
    pub part: u8,
    /// When it was measured.
    pub time: Timestamp,
    /// How far it can be trusted.
    pub quality: Quality,
    /// Where it came from.
    pub origin: Origin,
}

/// A value. There is no variant for free text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A finite number in the item's unit.
    Number(f64),
    /// One code of the item's vocabulary.
    Code(&'static str),
    /// A salted hash.
    Hash(Hash),
    /// Model, serial or firmware.
    Identity(Identity),
}

/// One reading of one item. Only [`Item`]'s methods make one.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    item: &'static Item,
    value: Value,
    mark: Mark,
    native: Option<Native>,
}

/// What the maker wrote, where that is not in the item's own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Native {
    /// The number as it was written.
    pub value: f64,
    /// Its unit.
    pub unit: &'static Unit,
}

impl Native {
    /// The number and the unit as one text, such as `0.5 W`.
    ///
    /// It is short whatever the value is: the digits of a number beyond fifteen would fill a screen.
    pub fn text(&self) -> String {
        let (value, unit) = (self.value, self.unit.ucum());
        let long = value != 0.0 && !(1e-5..1e15).contains(&value.abs());
        if long { format!("{value:e} {unit}") } else { format!("{value} {unit}") }
    }

    /// Reads what [`Native::text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (value, unit) = text.split_once(' ')?;
        let (value, unit) = (value.parse::<f64>().ok()?, Unit::by_ucum(unit)?);
        value.is_finite().then_some(Self { value, unit })
    }
}

impl Reading {
    /// The reading with what the maker wrote beside it, as it came over a wire.
    pub fn with_native(self, native: Native) -> Result<Self, Refusal> {
        let fits = native.unit.dimension() == self.item.unit().dimension() && native.unit != self.item.unit();
        // The item's unit of a code is `1`, but a code is written in no unit at all.
        let fits = fits && matches!(self.value, Value::Number(_));
        if fits { Ok(Self { native: Some(native), ..self }) } else { Err(Refusal::WrongUnit) }
    }

    /// The catalogue's entry.
    pub fn item(&self) -> &'static Item {
        self.item
    }
    /// What was measured.
    pub fn value(&self) -> &Value {
        &self.value
    }
    /// What the maker wrote, where its unit is not the item's.
    pub fn native(&self) -> Option<Native> {
        self.native
    }
    /// Which one of several.
    pub fn part(&self) -> u8 {
        self.mark.part
    }
    /// When it was measured.
    pub fn time(&self) -> Timestamp {
        self.mark.time
    }
    /// How far it can be trusted.
    pub fn quality(&self) -> Quality {
        self.mark.quality
    }
    /// Where it came from.
    pub fn origin(&self) -> Origin {
        self.mark.origin
    }
}

/// Why the catalogue took no reading. It holds nothing of what was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Not a number.
    NotANumber,
    /// The code is not in the item's vocabulary.
    UnknownCode,
    /// The item does not take this kind of value.
    WrongKind,
    /// The unit measures something else than the item's.
    WrongUnit,
}

impl Refusal {
    /// A short name of it, to count by.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotANumber => "not_a_number",
            Self::UnknownCode => "unknown_code",
            Self::WrongKind => "wrong_kind",
            Self::WrongUnit => "wrong_unit",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a number",
            Self::UnknownCode => "a code that is not in the item's vocabulary",
            Self::WrongKind => "a value of another kind than the item takes",
            Self::WrongUnit => "a unit that does not measure what the item is about",
        })
    }
}

impl std::error::Error for Refusal {}

impl Item {
    /// A reading of a gauge or counter. What is implausible is kept with bad quality, since a broken sensor is
    /// news too; an infinite value becomes the bound that it went over, since no wire has a form for it.
    pub fn number(&'static self, value: f64, mark: Mark) -> Result<Reading, Refusal> {
        let (Kind::Gauge(range) | Kind::Counter(range)) = self.kind() else { return Err(Refusal::WrongKind) };
        if value.is_nan() {
            return Err(Refusal::NotANumber);
        }
        let quality = if range.contains(value) { mark.quality } else { Quality::Bad };
        let value = Value::Number(finite(value, range));
        Ok(Reading { item: self, value, mark: Mark { quality, ..mark }, native: None })
    }

    /// A reading of a gauge or counter that was written in any unit of what the item measures. It is converted here,
    /// at the edge; what the maker wrote stays beside it where the two differ.
    pub fn measured(&'static self, value: f64, unit: &'static Unit, mark: Mark) -> Result<Reading, Refusal> {
        if unit == self.unit() {
            return self.number(value, mark);
        }
        let converted = unit.convert(value, self.unit()).ok_or(Refusal::WrongUnit)?;
        let native = value.is_finite().then_some(Native { value, unit });
        self.number(converted, mark).map(|reading| Reading { native, ..reading })
    }

    /// A reading of a state or event.
    pub fn code(&'static self, code: &str, mark: Mark) -> Result<Reading, Refusal> {
        let (Kind::State(codes) | Kind::Event(codes)) = self.kind() else { return Err(Refusal::WrongKind) };
        let code = codes.iter().find(|known| **known == code).ok_or(Refusal::UnknownCode)?;
        Ok(Reading { item: self, value: Value::Code(code), mark, native: None })
    }

    /// A reading of a hashed name.
    pub fn hash(&'static self, hash: Hash, mark: Mark) -> Result<Reading, Refusal> {
        let Kind::Hash = self.kind() else { return Err(Refusal::WrongKind) };
        Ok(Reading { item: self, value: Value::Hash(hash), mark, native: None })
    }

    /// A reading of model, serial or firmware.
    pub fn identity(&'static self, identity: Identity, mark: Mark) -> Result<Reading, Refusal> {
        let Kind::Identity = self.kind() else { return Err(Refusal::WrongKind) };
        Ok(Reading { item: self, value: Value::Identity(identity), mark, native: None })
    }
}

fn finite(value: f64, range: Range) -> f64 {
    match value {
        f64::INFINITY => range.high,
        f64::NEG_INFINITY => range.low,
        // Minus zero becomes zero: the two are one number with two spellings on a wire.
        value => value + 0.0,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_the_maker_wrote_is_short_and_comes_back_to_the_last_bit() {
        let unit = Unit::by_ucum("W").unwrap();
        for value in
            [0.0, 0.5, -273.15, 1e15, 1e308, -1e-300, f64::MIN_POSITIVE, 1.0 / 3.0, 123_456_789.123_456_79]
        {
            let native = Native { value, unit };
            assert_eq!(Native::parse(&native.text()), Some(native));
            assert!(native.text().len() <= 32, "{}", native.text());
        }
    }

    use super::*;
    use crate::{Salt, items};

    fn mark() -> Mark {
        let origin = Salt::new([0; 16]).source(&[]).place(0, 0).origin(0);
        Mark { part: 0, time: Timestamp(0), quality: Quality::Good, origin }
    }

    #[test]
    fn numbers() {
        let cases = [
            (22.5, Ok((22.5, Quality::Good))),
            (151.0, Ok((151.0, Quality::Bad))),
            (f64::INFINITY, Ok((150.0, Quality::Bad))),
            (f64::NEG_INFINITY, Ok((-20.0, Quality::Bad))),
            (f64::NAN, Err(Refusal::NotANumber)),
        ];
        for (value, expected) in cases {
            let made = items::VAT_TEMPERATURE.number(value, mark());
            let made = made.map(|reading| (reading.value().clone(), reading.quality()));
            assert_eq!(made, expected.map(|(value, quality)| (Value::Number(value), quality)), "{value}");
        }
    }

    #[test]
    fn only_its_own_vocabulary_and_kind() {
        assert_eq!(
            items::DOOR_STATE.code("open", mark()).map(|r| r.value().clone()),
            Ok(Value::Code("open"))
        );
        assert_eq!(items::DOOR_STATE.code("/home/anna", mark()), Err(Refusal::UnknownCode));
        assert_eq!(items::DOOR_STATE.number(1.0, mark()), Err(Refusal::WrongKind));
        assert_eq!(items::VAT_TEMPERATURE.code("open", mark()), Err(Refusal::WrongKind));
    }
}
