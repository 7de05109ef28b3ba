//! The `key=value` pairs of a record.

use crate::limits::PAIRS_MAX;

/// Characters of a key.
const KEY_MAX: usize = 32;

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
        let Some((key, value, rest)) = pair(text) else { return Some(Token::Junk(text)) };
        self.rest = rest;
        Some(Token::Pair { index: self.index, key, value })
    }
}

/// The pair that the text begins with, and what is behind it.
fn pair(text: &[u8]) -> Option<(&[u8], Value<'_>, &[u8])> {
    let of_key = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    let (key, rest) = text.split_at(text.iter().take(KEY_MAX).take_while(|byte| of_key(byte)).count());
    let value = rest.strip_prefix(b"=").filter(|_| !key.is_empty())?;
    let (value, rest) = match value.strip_prefix(b"\"") {
        Some(inside) => quoted(inside),
        None => {
            let end = value.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'"'));
            let (bare, rest) = value.split_at(end.unwrap_or(value.len()));
            (Value::Bare(bare), rest)
        }
    };
    matches!(rest.first(), None | Some(b' ' | b'\t')).then_some((key, value, rest))
}

/// A text, behind its first quote. One without an end takes the whole rest: what is in it must not be read as pairs.
fn quoted(inside: &[u8]) -> (Value<'_>, &[u8]) {
    let mut escaped = false;
    let end = inside.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    match end {
        Some(end) => (Value::Quoted(&inside[..end]), &inside[end + 1..]),
        None => (Value::Unfinished, b""),
    }
}
