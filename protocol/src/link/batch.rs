//! A batch: readings of one thing.

use catalog::Reading;
use nom::bytes::{complete, streaming};
use nom::number::complete::be_u16;
use nom::number::streaming::{be_u32, u8};
use nom::{Err, IResult};

use super::Decoded;
use super::error::Error;
use super::reading::{READING_BYTES_MIN, read_reading, write_reading};
use crate::limits;

const MAGIC: &[u8] = b"OWL1";

/// Bytes before the payload: the magic, the slot and the length.
pub const HEAD_BYTES: usize = 9;

/// Longest id of an adapter, and of a printer within it.
const ID_BYTES_MAX: usize = 32;

/// Readings of one thing, and the slot in which its answer is waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Below [`limits::LINK_SLOTS_MAX`].
    pub slot: u8,
    /// `ADAPTER` or `ADAPTER.PRINTER`. Whose it may be is the reader's to judge.
    pub thing: String,
    /// At least one, at most [`limits::LINK_READINGS_MAX`].
    pub readings: Vec<Reading>,
}

/// The batch as bytes. `thing` and the number of readings must be what [`Batch`] says.
pub fn encode_batch(slot: u8, thing: &str, readings: &[Reading]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD_BYTES + 128 + readings.len() * 2 * READING_BYTES_MIN);
    out.extend_from_slice(MAGIC);
    out.push(slot);
    // The length, known at the end.
    out.extend_from_slice(&[0; 4]);
    write_text(&mut out, thing);
    // More than fit are refused by the reader.
    out.extend_from_slice(&u16::try_from(readings.len()).unwrap_or(u16::MAX).to_be_bytes());
    for reading in readings {
        write_reading(&mut out, reading);
    }
    let length = u32::try_from(out.len() - HEAD_BYTES).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(place) = out.get_mut(HEAD_BYTES - length.len()..HEAD_BYTES) {
        place.copy_from_slice(&length);
    }
    out
}

/// Takes the batch that the input begins with. A length over [`limits::LINK_PAYLOAD_BYTES_MAX`] is refused as soon as it
/// is there, so a reader never holds more than one batch of that size.
///
/// # Errors
/// See [`Error`]: the connection must be closed.
pub fn decode_batch(input: &[u8]) -> Result<Decoded<Batch>, Error> {
    match framed(input) {
        Ok((rest, (slot, payload))) => match content(payload) {
            Ok((_, (thing, readings))) => {
                let value = Batch { slot, thing: thing.to_owned(), readings };
                Ok(Decoded::Complete { value, used: input.len() - rest.len() })
            }
            Err(Err::Incomplete(_)) => Err(Error::Length),
            Err(Err::Error(error) | Err::Failure(error)) => Err(error),
        },
        Err(Err::Incomplete(_)) => Ok(Decoded::Incomplete),
        Err(Err::Error(error) | Err::Failure(error)) => Err(error),
    }
}

pub(super) type Parsed<'a, T> = IResult<&'a [u8], T, Error>;

fn framed(input: &[u8]) -> Parsed<'_, (u8, &[u8])> {
    let (input, _) = streaming::tag(MAGIC)(input)?;
    let (input, slot) = u8(input)?;
    if slot >= limits::LINK_SLOTS_MAX {
        return Err(Err::Failure(Error::Slot(slot)));
    }
    let (input, length) = be_u32(input)?;
    let fits = usize::try_from(length).ok().filter(|length| *length <= limits::LINK_PAYLOAD_BYTES_MAX);
    let (input, payload) = streaming::take(fits.ok_or(Err::Failure(Error::TooLarge(length)))?)(input)?;
    Ok((input, (slot, payload)))
}

fn content(input: &[u8]) -> Parsed<'_, (&str, Vec<Reading>)> {
    let (input, thing) = text(input, limits::LINK_THING_BYTES_MAX)?;
    if !is_thing(thing) {
        return Err(Err::Failure(Error::Thing));
    }
    let (mut input, count) = be_u16(input)?;
    let number = usize::from(count);
    if number == 0 || number > limits::LINK_READINGS_MAX {
        return Err(Err::Failure(Error::Count(count)));
    }
    // No more room than what is there can fill.
    let mut readings = Vec::with_capacity(number.min(input.len() / READING_BYTES_MIN));
    for _ in 0..number {
        let (rest, reading) = read_reading(input)?;
        readings.push(reading);
        input = rest;
    }
    if input.is_empty() { Ok((input, (thing, readings))) } else { Err(Err::Failure(Error::Length)) }
}

fn is_thing(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_id = |id: &str| (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(plain);
    name.split_once('.').map_or(is_id(name), |(adapter, printer)| is_id(adapter) && is_id(printer))
}

/// A text with its length before it.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    // Every text of the catalogue is far shorter; a longer one would be refused by the reader.
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    out.push(length);
    out.extend_from_slice(text.as_bytes().get(..usize::from(length)).unwrap_or_default());
}

/// The same, of at most so many bytes.
pub(super) fn text(input: &[u8], bytes_max: usize) -> Parsed<'_, &str> {
    let (input, length) = nom::number::complete::u8(input)?;
    if usize::from(length) > bytes_max {
        return Err(Err::Failure(Error::Name));
    }
    let (input, text) = complete::take(length)(input)?;
    let text = std::str::from_utf8(text).map_err(|_| Err::Failure(Error::Name))?;
    Ok((input, text))
}
