//! What can be read, and what was read.

use catalog::{Quality, Timestamp};
use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::bounded;

/// What can be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The items.
    #[serde(deserialize_with = "bounded::list")]
    pub items: Vec<ItemDescription>,
}

/// One item that can be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemDescription {
    /// Its id, such as `laser.power`.
    pub id: Text,
    /// `gauge`, `counter`, `state` or `event`; a reader leaves out items of a kind that it does not know.
    pub kind: Text,
    /// The unit by its UCUM code; `1` where there is none.
    pub unit: Text,
    /// The part numbers that exist: `[0]` where there is only one.
    #[serde(deserialize_with = "bounded::list")]
    pub parts: Vec<u8>,
    /// Lowest and highest value that the sensor can give; absent for a state or event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// The maker's lower operating limit, where it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_low: Option<f64>,
    /// The maker's upper operating limit, where it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_high: Option<f64>,
    /// The codes of a state or event; empty for a number.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "bounded::list")]
    pub codes: Vec<Text>,
    /// The shortest time in which the value can change, in milliseconds.
    pub interval_ms_min: u32,
    /// The group under which READ gives it.
    pub group: Text,
    /// Its changes are in the event log, at most one in so many milliseconds; 0 means each change. Absent where the
    /// log does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_ms_min: Option<u32>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// A value for each item and part asked for that exists; what does not exist is left out.
    #[serde(deserialize_with = "bounded::list")]
    pub values: Vec<Sample>,
}

/// One value of one item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The item's id.
    pub id: Text,
    /// Which one of several; 0 where there is only one.
    #[serde(default)]
    pub part: u8,
    /// What was measured.
    pub value: SampleValue,
    /// When it was measured, by the printer's clock.
    #[serde(with = "crate::time")]
    pub time: Timestamp,
    /// When it was measured, in milliseconds since the printer booted: the printer's clock may jump.
    pub mono_ms: u64,
    /// How far it can be trusted: `good`, `uncertain` or `bad`.
    #[serde(with = "quality")]
    pub quality: Quality,
    /// Counts the changes of this item and part since the printer booted: a gap proves a change not seen.
    pub sequence: u64,
}

/// A value on the wire: a number in the item's unit, or a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SampleValue {
    /// A number in the item's unit.
    Number(f64),
    /// A code of the item's vocabulary.
    Code(Text),
}

/// For `#[serde(with)]`: the catalogue's qualities in PIP's words.
pub(super) mod quality {
    use std::borrow::Cow;

    use catalog::Quality;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::pip) fn serialize<S: Serializer>(quality: &Quality, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(match quality {
            Quality::Good => "good",
            Quality::Uncertain => "uncertain",
            Quality::Bad => "bad",
        })
    }

    pub(in crate::pip) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Quality, D::Error> {
        match &*Cow::<'de, str>::deserialize(from)? {
            "good" => Ok(Quality::Good),
            "uncertain" => Ok(Quality::Uncertain),
            "bad" => Ok(Quality::Bad),
            _ => Err(D::Error::custom("a quality is good, uncertain or bad")),
        }
    }
}
