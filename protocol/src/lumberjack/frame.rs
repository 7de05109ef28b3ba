//! One frame: version, type, and what the type says. All integers are big-endian.

use nom::bytes::streaming::{tag, take};
use nom::number::streaming::{be_u32, u8};
use nom::{Err, IResult};

use super::error::Error;
use crate::limits;

/// What a sender sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// `2W`: so many events follow.
    Window { count: usize },
    /// `2J`: an event; the body is its JSON.
    Json { sequence: u32 },
    /// The same, too long to be kept: its `length` bytes are still to be passed over.
    OverLong { sequence: u32, length: usize },
    /// `2D`: an event as older senders wrote it; the body is its pairs, which [`pair`] takes apart.
    KeyValue { sequence: u32 },
    /// `2C`: a zlib stream of whole frames, `length` bytes of it, begins behind this.
    Compressed { length: usize },
}

/// A frame and where it lies in the input: the body is the last `body` of its `used` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) frame: Frame,
    pub(super) body: usize,
    pub(super) used: usize,
}

/// Finds the frame that the input begins with; `None` when it is not whole yet. A length over its limit is
/// refused as soon as it is there, before the body.
pub(super) fn locate(input: &[u8]) -> Result<Option<Located>, Error> {
    match frame(input) {
        Ok((rest, (frame, body))) => Ok(Some(Located { frame, body, used: input.len() - rest.len() })),
        Err(Err::Incomplete(_)) => Ok(None),
        Err(Err::Error(error) | Err::Failure(error)) => Err(error),
    }
}

pub(super) type Parsed<'a, T> = IResult<&'a [u8], T, Error>;

fn frame(input: &[u8]) -> Parsed<'_, (Frame, usize)> {
    let (input, _) = tag(&b"2"[..])(input)?;
    let (input, kind) = u8(input)?;
    match kind {
        b'W' => window(input),
        b'J' => json(input),
        b'C' => compressed(input),
        b'D' => key_value(input),
        other => Err(Err::Failure(Error::UnknownFrame(other))),
    }
}

fn window(input: &[u8]) -> Parsed<'_, (Frame, usize)> {
    let (input, announced) = be_u32(input)?;
    let count = within(announced, limits::WINDOW_EVENTS_MAX, |count| Error::WindowTooLong { count })?;
    Ok((input, (Frame::Window { count }, 0)))
}

fn json(input: &[u8]) -> Parsed<'_, (Frame, usize)> {
    let (input, sequence) = be_u32(input)?;
    let (input, announced) = be_u32(input)?;
    let length = within(announced, limits::EVENT_PASSED_BYTES_MAX, |length| Error::EventTooLong { length })?;
    if length > limits::EVENT_BYTES_MAX {
        return Ok((input, (Frame::OverLong { sequence, length }, 0)));
    }
    let (input, body) = take(length)(input)?;
    Ok((input, (Frame::Json { sequence }, body.len())))
}

fn key_value(input: &[u8]) -> Parsed<'_, (Frame, usize)> {
    let (input, sequence) = be_u32(input)?;
    let (input, announced) = be_u32(input)?;
    let count = within(announced, limits::PAIRS_MAX, |count| Error::TooManyPairs { count })?;
    let (mut rest, mut room) = (input, limits::PAIRS_BYTES_MAX);
    for _ in 0..count {
        let (behind, (key, value)) = pair(rest, room)?;
        (rest, room) = (behind, room.saturating_sub(key.len() + value.len()));
    }
    Ok((rest, (Frame::KeyValue { sequence }, input.len() - rest.len())))
}

/// A pair at the beginning of a key-value frame's body, key and value, within `room` bytes.
pub(super) fn pair(input: &[u8], room: usize) -> Parsed<'_, (&[u8], &[u8])> {
    let (input, key) = text(input, room)?;
    let (input, value) = text(input, room.saturating_sub(key.len()))?;
    Ok((input, (key, value)))
}

fn text(input: &[u8], room: usize) -> Parsed<'_, &[u8]> {
    let (input, announced) = be_u32(input)?;
    let length = within(announced, room, |length| Error::PairTooLong { length })?;
    take(length)(input)
}

fn compressed(input: &[u8]) -> Parsed<'_, (Frame, usize)> {
    let (input, announced) = be_u32(input)?;
    let length =
        within(announced, limits::COMPRESSED_BYTES_MAX, |length| Error::CompressedTooLong { length })?;
    Ok((input, (Frame::Compressed { length }, 0)))
}

fn within(announced: u32, max: usize, over: impl Fn(u32) -> Error) -> Result<usize, Err<Error>> {
    usize::try_from(announced).ok().filter(|number| *number <= max).ok_or(Err::Failure(over(announced)))
}
