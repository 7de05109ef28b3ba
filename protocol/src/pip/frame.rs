//! The frame: a head of 16 bytes, a payload, and a CRC-32C over both. All integers are big-endian.
//!
//! A frame can be looked at, and it is made in two ways only: by [`decode`], and by [`Request`](super::Request) and
//! [`Reply`](super::Reply), which have no variant that writes. Nobody can put another type into one and send it.

use bytes::Bytes;
use nom::bytes::streaming::{tag, take};
use nom::number::streaming::{be_u16, be_u32, u8};
use nom::{Err, IResult};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::VERSION;
use super::error::Error;
use super::kind::FrameType;
use crate::{bounded, limits};

const MAGIC: &[u8] = b"PIP1";

/// Bytes before the payload.
pub const HEAD_BYTES: usize = 16;
/// Bytes behind the payload.
pub const CHECKSUM_BYTES: usize = 4;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    kind: FrameType,
    /// No flag is defined: sent as 0, ignored when received.
    flags: u16,
    id: u32,
    payload: Bytes,
}

/// What came of decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A whole frame, and how many bytes of the input it took.
    Complete {
        /// The frame; its checksum is right.
        frame: Frame,
        /// Bytes to take off the input.
        used: usize,
    },
    /// More bytes are needed.
    Incomplete,
}

/// Takes the frame that the input begins with. `payload_max` is what HELLO agreed on
/// ([`limits::PIP_PAYLOAD_BYTES_START`] before); over [`limits::PIP_PAYLOAD_BYTES_MAX`] it means that. A length
/// over the limit is refused as soon as it is there, so a reader never holds more than one frame of that size.
pub fn decode(input: &[u8], payload_max: usize) -> Result<Decoded, Error> {
    match whole(input, payload_max.min(limits::PIP_PAYLOAD_BYTES_MAX)) {
        Ok((rest, frame)) => Ok(Decoded::Complete { frame, used: input.len() - rest.len() }),
        Err(Err::Incomplete(_)) => Ok(Decoded::Incomplete),
        Err(Err::Error(error) | Err::Failure(error)) => Err(error),
    }
}

impl Frame {
    /// What it is.
    pub fn kind(&self) -> FrameType {
        self.kind
    }

    /// Chosen by the reader; an answer carries its request's.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// JSON text, or nothing.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// A frame of a type with a payload.
    pub(super) fn of(kind: FrameType, id: u32, payload: &impl Serialize) -> Self {
        // Serializing our own types fails only for a map with keys that are no strings; there is none.
        Self::with(kind, id, serde_json::to_vec(payload).unwrap_or_default().into())
    }

    /// A frame of a type without one.
    pub(super) fn bare(kind: FrameType, id: u32) -> Self {
        Self::with(kind, id, Bytes::new())
    }

    pub(super) fn with(kind: FrameType, id: u32, payload: Bytes) -> Self {
        Self { kind, flags: 0, id, payload }
    }

    /// What the payload says.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.payload)
            .map_err(|error| Error::Payload { kind: self.kind, reason: bounded::reason(&error) })
    }

    /// The frame's bytes. The payload must be within what the other side takes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD_BYTES + self.payload.len() + CHECKSUM_BYTES);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[VERSION, self.kind.0]);
        out.extend_from_slice(&self.flags.to_be_bytes());
        out.extend_from_slice(&self.id.to_be_bytes());
        // What does not fit in 32 bits is over every receiver's limit and is refused there.
        out.extend_from_slice(&u32::try_from(self.payload.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(&self.payload);
        let checksum = crc32c::crc32c(&out);
        out.extend_from_slice(&checksum.to_be_bytes());
        out
    }
}

type Parsed<'a, T> = IResult<&'a [u8], T, Error>;

fn whole(input: &[u8], payload_max: usize) -> Parsed<'_, Frame> {
    let (rest, (mut frame, length)) = head(input, payload_max)?;
    let (rest, payload) = take(length)(rest)?;
    let summed = input.len() - rest.len();
    let (rest, stated) = be_u32(rest)?;
    let computed = crc32c::crc32c(input.get(..summed).unwrap_or_default());
    if stated != computed {
        return Err(Err::Failure(Error::Checksum { stated, computed }));
    }
    frame.payload = Bytes::copy_from_slice(payload);
    Ok((rest, frame))
}

fn head(input: &[u8], payload_max: usize) -> Parsed<'_, (Frame, usize)> {
    let (input, _) = tag(MAGIC)(input)?;
    let (input, version) = u8(input)?;
    if version != VERSION {
        return Err(Err::Failure(Error::Version(version)));
    }
    let (input, kind) = u8(input)?;
    let (input, flags) = be_u16(input)?;
    let (input, id) = be_u32(input)?;
    let (input, length) = be_u32(input)?;
    let over = Err::Failure(Error::TooLarge { length, max: payload_max });
    let payload = usize::try_from(length).ok().filter(|length| *length <= payload_max).ok_or(over)?;
    Ok((input, (Frame { kind: FrameType(kind), flags, id, payload: Bytes::new() }, payload)))
}
