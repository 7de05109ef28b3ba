//! One row of the infotable, and the reading that it carries.

use std::borrow::Cow;

use catalog::{
    Hash, Identity, Item, Kind, Mark, Native, Origin, Quality, Reading, Refusal, Salt, Timestamp, Value,
    items,
};

use super::error::RowError;
use super::scalar::Scalar;

const HASH_MARK: &str = "h:";

/// A NamedVTQ row: what was sent, not yet judged by the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The property: the item's name on the wire, with a part number where there is one.
    pub name: String,
    /// When it was measured.
    pub time: Timestamp,
    /// What was measured.
    pub value: Scalar,
    /// `GOOD`, `UNCERTAIN` or `BAD`; other words are kept until the catalogue judges.
    pub quality: Cow<'static, str>,
    /// Where it came from; other edges send none.
    pub origin: Option<Origin>,
    /// What the maker wrote, where that was in another unit: `0.5 W`. Only we send it.
    pub native: Option<String>,
}

impl Row {
    /// The row that carries a reading.
    pub fn from_reading(reading: &Reading) -> Self {
        Self {
            name: reading.item().property_of(reading.part()),
            time: reading.time(),
            value: scalar(reading.value()),
            quality: Cow::Borrowed(word(reading.quality())),
            origin: Some(reading.origin()),
            native: reading.native().map(|native| native.text()),
        }
    }

    /// The reading in the row, through the catalogue. A row without an origin gets one that is made from its
    /// name and time, which is ThingWorx's own key: a resend is the same row, and so are two values of one
    /// property in one millisecond.
    pub fn reading(&self) -> Result<Reading, RowError> {
        let unknown = || RowError::UnknownProperty { name: self.name.clone() };
        let (item, part) = items::by_property(&self.name).ok_or_else(unknown)?;
        let quality = quality(&self.quality).ok_or_else(|| RowError::Quality { name: self.name.clone() })?;
        let origin = self.origin.unwrap_or_else(|| self.derived_origin());
        let reading = self.value(item, Mark { part, time: self.time, quality, origin })?;
        let Some(native) = &self.native else { return Ok(reading) };
        let native = Native::parse(native).and_then(|native| reading.with_native(native).ok());
        native.ok_or_else(|| RowError::Native { name: self.name.clone() })
    }

    fn value(&self, item: &'static Item, mark: Mark) -> Result<Reading, RowError> {
        let refused = |refusal| RowError::Refused { name: self.name.clone(), refusal };
        match (&self.value, item.kind()) {
            (Scalar::Number(number), _) => item.number(*number, mark).map_err(refused),
            (Scalar::Text(text), Kind::State(_) | Kind::Event(_)) => item.code(text, mark).map_err(refused),
            (Scalar::Text(text), Kind::Hash) => item.hash(self.hash(text)?, mark).map_err(refused),
            (Scalar::Text(text), Kind::Identity) => {
                item.identity(self.identity(text)?, mark).map_err(refused)
            }
            _ => Err(refused(Refusal::WrongKind)),
        }
    }

    fn hash(&self, text: &str) -> Result<Hash, RowError> {
        let digits = text.strip_prefix(HASH_MARK);
        digits.and_then(Hash::parse).ok_or_else(|| RowError::Hash { name: self.name.clone() })
    }

    fn identity(&self, text: &str) -> Result<Identity, RowError> {
        Identity::from_interface(text).map_err(|error| RowError::Identity { name: self.name.clone(), error })
    }

    // Both sides must come to the same origin, so there is no secret in it.
    fn derived_origin(&self) -> Origin {
        let source = Salt::new([0; 16]).source(&[b"thingworx", self.name.as_bytes()]);
        source.place(self.time.0.cast_unsigned(), 0).origin(0)
    }
}

fn scalar(value: &Value) -> Scalar {
    match value {
        Value::Number(number) => Scalar::Number(*number),
        Value::Code(code) => Scalar::Text(Cow::Borrowed(code)),
        Value::Hash(hash) => Scalar::Text(Cow::Owned(format!("{HASH_MARK}{hash}"))),
        Value::Identity(identity) => Scalar::Text(Cow::Owned(identity.as_str().to_owned())),
    }
}

pub(super) fn word(quality: Quality) -> &'static str {
    match quality {
        Quality::Good => "GOOD",
        Quality::Uncertain => "UNCERTAIN",
        Quality::Bad => "BAD",
    }
}

pub(super) fn quality(word: &str) -> Option<Quality> {
    match word {
        "GOOD" => Some(Quality::Good),
        "UNCERTAIN" => Some(Quality::Uncertain),
        "BAD" => Some(Quality::Bad),
        _ => None,
    }
}
