//! A reading: what was measured, when, how well, and where it came from.

use std::fmt;

use crate::identity::Identity;
use crate::item::{Item, Kind, Range};
use crate::origin::{Hash, Origin};

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
    /// Not to be judged by: outside what is plausible, or a sensor that the printer itself distrusts.
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
}

impl Reading {
    /// The catalogue's entry.
    pub fn item(&self) -> &'static Item {
        self.item
    }
    /// What was measured.
    pub fn value(&self) -> &Value {
        &self.value
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
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a number",
            Self::UnknownCode => "a code that is not in the item's vocabulary",
            Self::WrongKind => "a value of another kind than the item takes",
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
        Ok(Reading { item: self, value, mark: Mark { quality, ..mark } })
    }

    /// A reading of a state or event.
    pub fn code(&'static self, code: &str, mark: Mark) -> Result<Reading, Refusal> {
        let (Kind::State(codes) | Kind::Event(codes)) = self.kind() else { return Err(Refusal::WrongKind) };
        let code = codes.iter().find(|known| **known == code).ok_or(Refusal::UnknownCode)?;
        Ok(Reading { item: self, value: Value::Code(code), mark })
    }

    /// A reading of a hashed name.
    pub fn hash(&'static self, hash: Hash, mark: Mark) -> Result<Reading, Refusal> {
        let Kind::Hash = self.kind() else { return Err(Refusal::WrongKind) };
        Ok(Reading { item: self, value: Value::Hash(hash), mark })
    }

    /// A reading of model, serial or firmware.
    pub fn identity(&'static self, identity: Identity, mark: Mark) -> Result<Reading, Refusal> {
        let Kind::Identity = self.kind() else { return Err(Refusal::WrongKind) };
        Ok(Reading { item: self, value: Value::Identity(identity), mark })
    }
}

fn finite(value: f64, range: Range) -> f64 {
    match value {
        f64::INFINITY => range.high,
        f64::NEG_INFINITY => range.low,
        value => value,
    }
}

#[cfg(test)]
mod tests {
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
