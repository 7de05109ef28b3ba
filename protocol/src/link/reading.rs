//! One reading, and how it is made again by the catalogue.

use catalog::{Hash, Identity, Item, Mark, Origin, Quality, Reading, Refusal, Timestamp, Unit, Value, items};
use nom::Err;
use nom::bytes::complete::take;
use nom::number::complete::{be_f64, be_i64, u8};

use super::batch::{Parsed, text, write_text};
use super::error::Error;
use crate::limits;

/// Bytes of the shortest reading that could be: a name and a code of one character each.
pub(super) const READING_BYTES_MIN: usize = 2 + 1 + 8 + 1 + Origin::LENGTH + 1 + 2;

const NUMBER: u8 = 0;
/// A number in the maker's unit: the reading's own is made of it by the catalogue.
const MEASURED: u8 = 1;
const CODE: u8 = 2;
const HASH: u8 = 3;
const IDENTITY: u8 = 4;

pub(super) fn write_reading(out: &mut Vec<u8>, reading: &Reading) {
    write_text(out, reading.item().id());
    out.push(reading.part());
    out.extend_from_slice(&reading.time().0.to_be_bytes());
    out.push(match reading.quality() {
        Quality::Good => 0,
        Quality::Uncertain => 1,
        Quality::Bad => 2,
    });
    out.extend_from_slice(&reading.origin().to_bytes());
    if let Some(native) = reading.native() {
        out.push(MEASURED);
        out.extend_from_slice(&native.value.to_be_bytes());
        return write_text(out, native.unit.ucum());
    }
    match reading.value() {
        Value::Number(number) => {
            out.push(NUMBER);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Code(code) => {
            out.push(CODE);
            write_text(out, code);
        }
        Value::Hash(hash) => {
            out.push(HASH);
            out.extend_from_slice(&hash.to_bytes());
        }
        Value::Identity(identity) => {
            out.push(IDENTITY);
            write_text(out, identity.as_str());
        }
    }
}

pub(super) fn read_reading(input: &[u8]) -> Parsed<'_, Reading> {
    let (input, id) = text(input, limits::LINK_NAME_BYTES_MAX)?;
    let item = items::by_id(id).ok_or(Err::Failure(Error::Item))?;
    let (input, part) = u8(input)?;
    let (input, time) = be_i64(input)?;
    let (input, quality) = u8(input)?;
    let quality = match quality {
        0 => Quality::Good,
        1 => Quality::Uncertain,
        2 => Quality::Bad,
        other => return Err(Err::Failure(Error::Quality(other))),
    };
    let (input, origin) = bytes(input)?;
    let mark = Mark { part, time: Timestamp(time), quality, origin: Origin::from_bytes(origin) };
    let (input, reading) = value(input, item, mark)?;
    // A number out of range is bad by the catalogue's word, whatever it calls itself.
    if reading.quality() == quality { Ok((input, reading)) } else { Err(Err::Failure(Error::Claim)) }
}

fn value<'a>(input: &'a [u8], item: &'static Item, mark: Mark) -> Parsed<'a, Reading> {
    let (input, kind) = u8(input)?;
    match kind {
        NUMBER => {
            let (input, number) = be_f64(input)?;
            Ok((input, as_claimed(item.number(number, mark), number)?))
        }
        MEASURED => {
            let (input, number) = be_f64(input)?;
            let (input, unit) = text(input, limits::LINK_NAME_BYTES_MAX)?;
            Ok((input, measured(item, number, unit, mark)?))
        }
        CODE => {
            let (input, code) = text(input, limits::LINK_NAME_BYTES_MAX)?;
            Ok((input, item.code(code, mark).map_err(refused)?))
        }
        HASH => {
            let (input, hash) = bytes(input)?;
            Ok((input, item.hash(Hash::from_bytes(hash), mark).map_err(refused)?))
        }
        IDENTITY => {
            let (input, claimed) = text(input, limits::LINK_NAME_BYTES_MAX)?;
            let identity = Identity::from_interface(claimed).map_err(|_| Err::Failure(Error::Identity))?;
            if identity.as_str() != claimed {
                return Err(Err::Failure(Error::Claim));
            }
            Ok((input, item.identity(identity, mark).map_err(refused)?))
        }
        other => Err(Err::Failure(Error::Kind(other))),
    }
}

fn measured(item: &'static Item, number: f64, unit: &str, mark: Mark) -> Result<Reading, Err<Error>> {
    let unit = Unit::by_ucum(unit).ok_or(Err::Failure(Error::Native))?;
    let reading = item.measured(number, unit, mark).map_err(refused)?;
    let kept = reading.native().is_some_and(|native| native.value.to_bits() == number.to_bits());
    if kept { Ok(reading) } else { Err(Err::Failure(Error::Native)) }
}

// Infinite becomes the range's end and minus zero becomes zero: neither is what an intake would have sent.
fn as_claimed(made: Result<Reading, Refusal>, claimed: f64) -> Result<Reading, Err<Error>> {
    let made = made.map_err(refused)?;
    let same = matches!(made.value(), Value::Number(number) if number.to_bits() == claimed.to_bits());
    if same { Ok(made) } else { Err(Err::Failure(Error::Claim)) }
}

fn refused(refusal: Refusal) -> Err<Error> {
    Err::Failure(Error::Refused(refusal))
}

fn bytes<const LENGTH: usize>(input: &[u8]) -> Parsed<'_, [u8; LENGTH]> {
    let (input, bytes) = take(LENGTH)(input)?;
    let bytes = bytes.try_into().map_err(|_| Err::Failure(Error::Length))?;
    Ok((input, bytes))
}
