//! What a record begins with: stamp, subsystem, number, level.

use catalog::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{eof, fail, map, map_opt, opt, peek, value};
use nom::sequence::terminated;
use nom::{IResult, Parser as _};

use crate::moment::Moment;
use crate::stamp;

/// Digits of a record number: fifteen are exact in a double.
const NUMBER_DIGITS_MAX: usize = 15;

/// The head of a record.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub(super) stamp: Stamp,
    pub(super) subsystem: &'a [u8],
    /// The record's number; whole, and below 10¹⁵.
    pub(super) number: f64,
    pub(super) level: &'a [u8],
}

impl<'a> Header<'a> {
    /// The head of a record, and the bytes after it.
    pub(super) fn parse(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        header(text).ok().map(|(rest, header)| (header, rest))
    }
}

/// When the printer says that it wrote the record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stamp {
    /// The controller's clock was not set yet.
    Unset,
    /// A civil time, and its offset from UTC where the stamp says one.
    Civil(DateTime, Option<Offset>),
}

impl Stamp {
    /// The moment.
    pub(super) fn moment(self, zone: &TimeZone) -> Option<Moment> {
        let Self::Civil(civil, offset) = self else { return None };
        let Some(offset) = offset else { return Moment::local(civil, zone) };
        let time = Timestamp(offset.to_timestamp(civil).ok()?.as_millisecond());
        Some(Moment { time, doubtful: false })
    }
}

fn header(input: &[u8]) -> IResult<&[u8], Header<'_>> {
    let end = peek(alt((tag(" "), tag("\t"), eof)));
    map(
        (
            terminated(written, char(' ')),
            terminated(take_while_m_n(1, 16, |b: u8| b.is_ascii_lowercase()), tag(" #")),
            terminated(number, char(' ')),
            terminated(take_while_m_n(1, 8, |b: u8| b.is_ascii_uppercase()), end),
        ),
        |(stamp, subsystem, number, level)| Header { stamp, subsystem, number, level },
    )
    .parse(input)
}

fn written(input: &[u8]) -> IResult<&[u8], Stamp> {
    let civil = map((civil, opt(offset)), |(civil, offset)| Stamp::Civil(civil, offset));
    alt((value(Stamp::Unset, char('-')), civil)).parse(input)
}

/// With a `T` and a point: a space and a comma are other writers'.
fn civil(input: &[u8]) -> IResult<&[u8], DateTime> {
    match stamp::civil(input) {
        Some((civil, rest)) if input.get(10) == Some(&b'T') && input.get(19) != Some(&b',') => {
            Ok((rest, civil))
        }
        _ => fail().parse(input),
    }
}

fn offset(input: &[u8]) -> IResult<&[u8], Offset> {
    let west = alt((value(false, char('+')), value(true, char('-'))));
    let signed = map_opt((west, digits(2), char(':'), digits(2)), |(west, hours, _, minutes)| {
        stamp::offset(west, hours, minutes)
    });
    alt((value(Offset::UTC, char('Z')), signed)).parse(input)
}

/// Exactly `count` digits, at most nine.
fn digits<'a>(count: usize) -> impl nom::Parser<&'a [u8], Output = i32, Error = nom::error::Error<&'a [u8]>> {
    map_opt(take(count), |digits: &[u8]| {
        digits.iter().try_fold(0, |sum, d| d.is_ascii_digit().then(|| sum * 10 + i32::from(d - b'0')))
    })
}

fn number(input: &[u8]) -> IResult<&[u8], f64> {
    map(take_while_m_n(1, NUMBER_DIGITS_MAX, |b: u8| b.is_ascii_digit()), |digits: &[u8]| {
        digits.iter().fold(0.0, |sum, digit| sum * 10.0 + f64::from(digit - b'0'))
    })
    .parse(input)
}
