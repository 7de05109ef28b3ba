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
    /// `2C`: the body is a zlib stream of whole frames.
    Compressed,
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

type Parsed<'a, T> = IResult<&'a [u8], T, Error>;

fn frame(input: &[u8]) -> Parsed<'_, (Frame, usize)> {
    let (input, _) = tag(&b"2"[..])(input)?;
    let (input, kind) = u8(input)?;
    match kind {
        b'W' => window(input),
        b'J' => json(input),
        b'C' => compressed(input),
        b'D' => Err(Err::Failure(Error::KeyValueFrame)),
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
    let (input, body) = body(input, limits::EVENT_BYTES_MAX, |length| Error::EventTooLong { length })?;
    Ok((input, (Frame::Json { sequence }, body)))
}

fn compressed(input: &[u8]) -> Parsed<'_, (Frame, usize)> {
    let (input, body) =
        body(input, limits::COMPRESSED_BYTES_MAX, |length| Error::CompressedTooLong { length })?;
    Ok((input, (Frame::Compressed, body)))
}

fn body(input: &[u8], max: usize, over: impl Fn(u32) -> Error) -> Parsed<'_, usize> {
    let (input, announced) = be_u32(input)?;
    let length = within(announced, max, over)?;
    let (input, body) = take(length)(input)?;
    Ok((input, body.len()))
}

fn within(announced: u32, max: usize, over: impl Fn(u32) -> Error) -> Result<usize, Err<Error>> {
    usize::try_from(announced).ok().filter(|number| *number <= max).ok_or(Err::Failure(over(announced)))
}
