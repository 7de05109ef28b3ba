//! What a reader may ask.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::frame::Frame;
use super::kind::FrameType;
use super::text::Text;
use crate::bounded;

/// A question to a printer. There is no variant that writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Who are you?
    Hello(Hello),
    /// What can be read?
    Describe,
    /// What are these values?
    Read(Read),
    /// Which alarms are active?
    Alarms,
    /// Are you there?
    Ping,
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
    /// Longest payload that the asking side takes, in bytes. The smaller of both sides' holds from then on.
    pub payload_bytes_max: u32,
}

/// Which values are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ReadFields", into = "ReadFields")]
pub enum Read {
    /// Those of these items, each with all its parts.
    Ids(Vec<Text>),
    /// Those of this group of items.
    Group(Text),
}

impl Request {
    /// The request as a frame.
    pub fn frame(&self, id: u32) -> Frame {
        match self {
            Self::Hello(hello) => frame(FrameType::HELLO, id, hello),
            Self::Describe => empty(FrameType::DESCRIBE, id),
            Self::Read(read) => frame(FrameType::READ, id, read),
            Self::Alarms => empty(FrameType::ALARMS, id),
            Self::Ping => empty(FrameType::PING, id),
        }
    }

    /// The request in a frame: the printer's half. Any type that is no request, those reserved for writes among
    /// them, is [`Error::Unsupported`].
    pub fn parse(frame: &Frame) -> Result<Self, Error> {
        match frame.kind {
            FrameType::HELLO => payload(frame).map(Self::Hello),
            FrameType::DESCRIBE => Ok(Self::Describe),
            FrameType::READ => payload(frame).map(Self::Read),
            FrameType::ALARMS => Ok(Self::Alarms),
            FrameType::PING => Ok(Self::Ping),
            other => Err(Error::Unsupported(other)),
        }
    }
}

pub(super) fn frame(kind: FrameType, id: u32, payload: &impl Serialize) -> Frame {
    // Serializing our own types fails only for a map with keys that are no strings; there is none.
    let payload = serde_json::to_vec(payload).unwrap_or_default();
    Frame { kind, flags: 0, id, payload: payload.into() }
}

pub(super) fn empty(kind: FrameType, id: u32) -> Frame {
    Frame { kind, flags: 0, id, payload: Bytes::new() }
}

pub(super) fn payload<T: DeserializeOwned>(frame: &Frame) -> Result<T, Error> {
    serde_json::from_slice(&frame.payload)
        .map_err(|error| Error::Payload { kind: frame.kind, reason: bounded::reason(&error) })
}

/// READ's payload as it stands on the wire: one of the two.
#[derive(Serialize, Deserialize)]
struct ReadFields {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_list")]
    ids: Option<Vec<Text>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
}

fn some_list<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Vec<Text>>, D::Error> {
    bounded::list(from).map(Some)
}

impl TryFrom<ReadFields> for Read {
    type Error = &'static str;

    fn try_from(fields: ReadFields) -> Result<Self, Self::Error> {
        match (fields.ids, fields.group) {
            (Some(ids), None) => Ok(Self::Ids(ids)),
            (None, Some(group)) => Ok(Self::Group(group)),
            _ => Err("READ has either `ids` or `group`"),
        }
    }
}

impl From<Read> for ReadFields {
    fn from(read: Read) -> Self {
        match read {
            Read::Ids(ids) => Self { ids: Some(ids), group: None },
            Read::Group(group) => Self { ids: None, group: Some(group) },
        }
    }
}
