//! What stands in a printer's answers. The fields are those of `docs/pip.md`.

use std::fmt;

use catalog::{Quality, Timestamp};
use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::bounded;

/// Who the printer is and what it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloAck {
    /// Lowest version of the protocol that the printer speaks.
    pub version_min: u8,
    /// Highest version of the protocol that the printer speaks.
    pub version_max: u8,
    /// Who made it.
    pub vendor: Text,
    /// Its model.
    pub model: Text,
    /// Its serial number.
    pub serial: Text,
    /// The version of its firmware.
    pub firmware: Text,
    /// New at each boot of the printer: sequences and monotonic times count within one instance.
    pub instance: Text,
    /// When it booted, by its own clock.
    #[serde(with = "crate::time")]
    pub boot_time: Timestamp,
    /// Longest payload that the printer takes, in bytes.
    pub payload_bytes_max: u32,
    /// After how many milliseconds without a frame the reader should PING.
    pub heartbeat_ms: u32,
    /// The shortest time between two READs, in milliseconds.
    pub poll_ms_min: u32,
    /// What it can do beyond HELLO, DESCRIBE, READ and PING, such as `alarms`.
    #[serde(default, deserialize_with = "bounded::list")]
    pub capabilities: Vec<Text>,
    /// Changes when what DESCRIBE answers changes.
    pub items_hash: Text,
}

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

/// The alarms that are active now; empty when all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveAlarms {
    /// The alarms.
    #[serde(deserialize_with = "bounded::list")]
    pub alarms: Vec<ActiveAlarm>,
}

/// One active alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveAlarm {
    /// The maker's own code.
    pub code: Text,
    /// The code's class in words of the catalogue, such as `jammed` or `over_temperature`.
    pub class: Text,
    /// What has it, such as `recoater`.
    pub subsystem: Text,
    /// Which one of several; 0 where there is only one.
    #[serde(default)]
    pub part: u8,
    /// On which side of its limits a number is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
    /// Since when, by the printer's clock.
    #[serde(with = "crate::time")]
    pub since: Timestamp,
}

/// On which side of its limits a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Qualifier {
    /// Below.
    Low,
    /// Above.
    High,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReply {
    /// Why, for a program.
    pub code: ErrorCode,
    /// When to ask again, in milliseconds from now; absent when it cannot help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u32>,
    /// Why, for a person. It is never sent on.
    #[serde(default)]
    pub text: Text,
}

/// Why something was not done. Codes that this version does not know are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorCode(pub u16);

impl ErrorCode {
    /// The frame type is not taken, such as any of the range reserved for writes.
    pub const UNSUPPORTED: Self = Self(1);
    /// The frame or its payload could not be read.
    pub const MALFORMED: Self = Self(2);
    /// The request or its answer would be over the agreed length.
    pub const TOO_LARGE: Self = Self(3);
    /// No version of the protocol in common.
    pub const VERSION: Self = Self(4);
    /// A request came before HELLO, or one came while another was being answered.
    pub const ORDER: Self = Self(5);
    /// The controller failed; it may come back.
    pub const INTERNAL: Self = Self(6);
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UNSUPPORTED => f.write_str("UNSUPPORTED"),
            Self::MALFORMED => f.write_str("MALFORMED"),
            Self::TOO_LARGE => f.write_str("TOO-LARGE"),
            Self::VERSION => f.write_str("VERSION"),
            Self::ORDER => f.write_str("ORDER"),
            Self::INTERNAL => f.write_str("INTERNAL"),
            Self(other) => write!(f, "{other}"),
        }
    }
}

/// For `#[serde(with)]`: the catalogue's qualities in PIP's words.
mod quality {
    use std::borrow::Cow;

    use catalog::Quality;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(quality: &Quality, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(match quality {
            Quality::Good => "good",
            Quality::Uncertain => "uncertain",
            Quality::Bad => "bad",
        })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Quality, D::Error> {
        match &*Cow::<'de, str>::deserialize(from)? {
            "good" => Ok(Quality::Good),
            "uncertain" => Ok(Quality::Uncertain),
            "bad" => Ok(Quality::Bad),
            _ => Err(D::Error::custom("a quality is good, uncertain or bad")),
        }
    }
}
