//! Texts of JSON: where they end, and what they say.

use std::borrow::Cow;

/// What was found where a text may stand, as it is written. Nothing is made of it before it is asked for.
#[derive(Clone, Copy, Default)]
pub(crate) enum Text<'a> {
    /// No text or number.
    #[default]
    Absent,
    /// A text without escapes.
    Plain(&'a [u8]),
    /// A text with escapes, which were checked.
    Escaped(&'a [u8]),
    /// A number, which was checked.
    Number(&'a [u8]),
}

impl<'a> Text<'a> {
    /// What it says. Half of a surrogate pair is taken as the three bytes that it would have in UTF-8.
    #[inline]
    pub(crate) fn bytes(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Absent => None,
            Self::Plain(text) => Some(Cow::Borrowed(text)),
            Self::Escaped(text) => Some(Cow::Owned(unescape(text))),
            Self::Number(number) => Some(written(number)),
        }
    }

    /// What it says, with U+FFFD for what is not UTF-8.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        Some(match self.bytes()? {
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map_or_else(|_| lossy(bytes).into(), Cow::Borrowed)
            }
            Cow::Owned(bytes) => {
                String::from_utf8(bytes).unwrap_or_else(|error| lossy(error.as_bytes())).into()
            }
        })
    }

    pub(crate) fn is_there(self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// This, or the other one where there is none.
    pub(crate) fn or(self, other: Self) -> Self {
        if let Self::Absent = self { other } else { self }
    }
}

/// So many digits always are a `u64`.
pub(super) const WHOLE_DIGITS: usize = 19;

/// A number as a text: whole ones as they stand, others as the shortest decimal form of their double. A shipper that
/// passes numbers through a double writes 1e3 for the offset 1000.
#[inline]
fn written(number: &[u8]) -> Cow<'_, [u8]> {
    if number.len() <= WHOLE_DIGITS && number.iter().all(u8::is_ascii_digit) {
        return Cow::Borrowed(number);
    }
    unusual(number)
}

/// The same of one that has a sign, a point, an exponent or many digits.
#[cold]
fn unusual(number: &[u8]) -> Cow<'_, [u8]> {
    let text = std::str::from_utf8(number).unwrap_or_default();
    if text.parse::<u64>().is_ok() || text.parse::<i64>().is_ok() {
        return Cow::Borrowed(number);
    }
    text.parse().map_or(Cow::Borrowed(number), |double: f64| Cow::Owned(double.to_string().into_bytes()))
}

/// A number as a double; none for what is no number.
pub(super) fn double(written: &[u8]) -> f64 {
    std::str::from_utf8(written).ok().and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
}

#[cold]
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a text says whose escapes were checked.
pub(super) fn unescape(text: &[u8]) -> Vec<u8> {
    let mut said = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (before, escape) = rest.split_at(memchr::memchr(b'\\', rest).unwrap_or(rest.len()));
        said.extend_from_slice(before);
        let [_, kind, behind @ ..] = escape else { return said };
        rest = behind;
        match kind {
            b'u' => rest = unicode(behind, &mut said),
            b'b' => said.push(8),
            b'f' => said.push(12),
            b'n' => said.push(b'\n'),
            b'r' => said.push(b'\r'),
            b't' => said.push(b'\t'),
            itself => said.push(*itself),
        }
    }
}

/// Adds the character whose digits stand first, and gives what is behind them and behind its other half.
fn unicode<'a>(text: &'a [u8], said: &mut Vec<u8>) -> &'a [u8] {
    let Some((first, rest)) = unit(text) else { return text };
    let next = rest.strip_prefix(b"\\u").and_then(unit);
    match (first, next) {
        (0xd800..0xdc00, Some((second @ 0xdc00..0xe000, behind))) => {
            push(0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00)), said);
            behind
        }
        _ => {
            push(first, said);
            rest
        }
    }
}

/// The number that four hexadecimal digits are, and what is behind them.
fn unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?, rest))
}

fn push(point: u32, said: &mut Vec<u8>) {
    if let Some(character) = char::from_u32(point) {
        said.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        return;
    }
    let [.., high, low] = point.to_be_bytes();
    said.extend([0xed, 0x80 | (high & 0x0f) << 2 | low >> 6, 0x80 | low & 0x3f]);
}
