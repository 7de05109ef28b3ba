//! The `key=value` pairs of a record.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{eof, peek};
use nom::sequence::terminated;
use nom::{IResult, Parser as _};

use crate::limits::PAIRS_MAX;

/// What stands behind the equals sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A number with its unit, or a code.
    Bare(&'a [u8]),
    /// A text, without its quotes and with its backslashes.
    Quoted(&'a [u8]),
    /// A text whose closing quote is missing.
    Unfinished,
}

/// One step through the pairs.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A pair, and its place in the record, from 1.
    Pair { index: u16, key: &'a [u8], value: Value<'a> },
    /// What is no pair, with everything behind it: nothing behind it can be trusted to be the controller's.
    Junk(&'a [u8]),
    /// There are more pairs than the limit.
    TooMany,
}

/// Steps through the pairs of a record; ends at the first token that is no pair.
pub(super) struct Pairs<'a> {
    rest: &'a [u8],
    index: u16,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { rest: text, index: 0 }
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let text = self.rest.trim_ascii_start();
        self.rest = b"";
        if text.is_empty() {
            return None;
        }
        if usize::from(self.index) == PAIRS_MAX {
            return Some(Token::TooMany);
        }
        self.index += 1;
        let Ok((rest, (key, value))) = pair(text) else { return Some(Token::Junk(text)) };
        self.rest = rest;
        Some(Token::Pair { index: self.index, key, value })
    }
}

fn pair(input: &[u8]) -> IResult<&[u8], (&[u8], Value<'_>)> {
    let key = take_while_m_n(1, 32, |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let end = peek(alt((tag(" "), tag("\t"), eof)));
    (terminated(key, char('=')), terminated(alt((quoted, bare)), end)).parse(input)
}

fn bare(input: &[u8]) -> IResult<&[u8], Value<'_>> {
    take_while(|b| !matches!(b, b' ' | b'\t' | b'"')).map(Value::Bare).parse(input)
}

/// A text in quotes. One without an end takes the whole rest: what is in it must not be read as pairs.
fn quoted(input: &[u8]) -> IResult<&[u8], Value<'_>> {
    let (inside, _) = char('"').parse(input)?;
    let mut escaped = false;
    let end = inside.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    Ok(match end {
        Some(end) => (&inside[end + 1..], Value::Quoted(&inside[..end])),
        None => (b"", Value::Unfinished),
    })
}
