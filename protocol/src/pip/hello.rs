//! HELLO and its answer: who is there, and what both sides take.

use std::ops::RangeInclusive;

use catalog::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::text::Text;
use crate::{bounded, limits};

/// The names of what a printer may offer in [`HelloAck::capabilities`].
pub mod capability {
    /// It answers ALARMS.
    pub const ALARMS: &str = "alarms";
    /// It keeps a log of events and answers EVENTS.
    pub const EVENTS: &str = "events";
    /// It answers SUBSCRIBE, and then it answers EVENTS as well.
    pub const SUBSCRIBE: &str = "subscribe";
}

/// Who asks, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Lowest version of the protocol that the asking side speaks.
    pub version_min: u8,
    /// Highest version of the protocol that the asking side speaks.
    pub version_max: u8,
    /// Name and version of the asking program.
    pub client: Text,
    /// Longest payload that the asking side takes, in bytes, at least [`limits::PIP_PAYLOAD_BYTES_MIN`]. The smaller
    /// of both sides' holds from then on.
    #[serde(deserialize_with = "payload_bytes")]
    pub payload_bytes_max: u32,
}

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
    /// The printer's monotonic clock as it answers, in milliseconds since it booted. With it a reader knows how long
    /// ago an event was, whatever the printer's wall clock says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mono_ms: Option<u64>,
    /// Longest payload that the printer takes, in bytes, at least [`limits::PIP_PAYLOAD_BYTES_MIN`].
    #[serde(deserialize_with = "payload_bytes")]
    pub payload_bytes_max: u32,
    /// After how many milliseconds without a frame the reader should PING.
    pub heartbeat_ms: u32,
    /// The shortest time between two READs, in milliseconds.
    pub poll_ms_min: u32,
    /// The longest time in which the printer may be unable to answer, such as the exposure of a layer, in
    /// milliseconds; 0 where it always can.
    #[serde(default)]
    pub silence_ms_max: u32,
    /// What it can do beyond HELLO, DESCRIBE, READ and PING, by the names of [`capability`]. Unknown ones are kept.
    #[serde(default, deserialize_with = "bounded::list")]
    pub capabilities: Vec<Text>,
    /// Changes when what DESCRIBE answers changes.
    pub items_hash: Text,
}

impl Hello {
    /// The highest version that both sides speak; frames are of it once HELLO-ACK has gone. `None` where there is no
    /// such version.
    pub fn version_in_common(&self, printer: RangeInclusive<u8>) -> Option<u8> {
        in_common(self.version_min..=self.version_max, printer)
    }
}

impl HelloAck {
    /// Whether the printer offers what has this name, such as [`capability::EVENTS`].
    pub fn offers(&self, name: &str) -> bool {
        let named = |name: &str| self.capabilities.iter().any(|offered| offered == name);
        // Who sends events as they happen also answers what it holds of them.
        named(name) || (name == capability::EVENTS && named(capability::SUBSCRIBE))
    }

    /// The highest version that both sides speak, as [`Hello::version_in_common`].
    pub fn version_in_common(&self, reader: RangeInclusive<u8>) -> Option<u8> {
        in_common(self.version_min..=self.version_max, reader)
    }
}

fn payload_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let bytes = u32::deserialize(from)?;
    if usize::try_from(bytes).is_ok_and(|bytes| bytes < limits::PIP_PAYLOAD_BYTES_MIN) {
        let min = limits::PIP_PAYLOAD_BYTES_MIN;
        return Err(D::Error::custom(format_args!("`payload_bytes_max` is at least {min}, not {bytes}")));
    }
    Ok(bytes)
}

fn in_common(one: RangeInclusive<u8>, other: RangeInclusive<u8>) -> Option<u8> {
    let highest = *one.end().min(other.end());
    (one.contains(&highest) && other.contains(&highest)).then_some(highest)
}
