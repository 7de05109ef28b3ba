//! The values of an event's fields, as they stand in its JSON.

use super::fields::Field;
use super::text::{Text, double};

/// The values of the fields that are read.
#[derive(Clone)]
pub(crate) struct Values<'a> {
    pub(super) json: &'a [u8],
    spans: [Span; Field::COUNT],
    /// The fields whose texts have escapes, as bits.
    pub(super) escaped: u64,
}

/// From where to where a value goes; of an object or an array only the first byte counts.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    begin: u32,
    /// 0 where there is none.
    end: u32,
}

impl Span {
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "no event is longer than `EVENT_BYTES_MAX` of `protocol::limits`"
    )]
    pub(super) fn new(begin: usize, end: usize) -> Self {
        Self { begin: begin as u32, end: end as u32 }
    }

    #[inline(always)]
    fn of(self, json: &[u8]) -> Option<&[u8]> {
        json.get(self.begin as usize..self.end as usize)
    }
}

/// A number, whole or not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Measure {
    /// The field is not there, or is null.
    #[default]
    Absent,
    /// The field is no number.
    Other,
    /// The number.
    Number(f64),
}

impl<'a> Values<'a> {
    /// None yet.
    pub(super) fn new(json: &'a [u8]) -> Self {
        Self { json, spans: [Span::default(); Field::COUNT], escaped: 0 }
    }

    /// Keeps where the value of a field stands. Of what is not read it is kept and forgotten again: that takes no
    /// branch, and no processor could guess which key comes next.
    #[inline(always)]
    pub(super) fn keep(&mut self, field: Field, span: Span) {
        self.spans[field as usize] = span;
        self.spans[Field::Other as usize].end = 0;
    }

    /// Whether the field is there, whatever it is.
    #[inline]
    pub(super) fn has(&self, field: Field) -> bool {
        self.spans[field as usize].end > 0
    }

    /// The text of a field; of a value of another type than text or number there is none.
    #[inline]
    pub(crate) fn text(&self, field: Field) -> Text<'a> {
        match self.spans[field as usize].of(self.json) {
            Some([b'"', inside @ .., b'"']) if self.escaped & field.bit() == 0 => Text::Plain(inside),
            Some([b'"', inside @ .., b'"']) => Text::Escaped(inside),
            Some(number @ [b'-' | b'0'..=b'9', ..]) => Text::Number(number),
            _ => Text::Absent,
        }
    }

    /// The number of a field.
    pub(crate) fn measure(&self, field: Field) -> Measure {
        match self.spans[field as usize].of(self.json) {
            None | Some([] | [b'n', ..]) => Measure::Absent,
            Some(number @ [b'-' | b'0'..=b'9', ..]) => Measure::Number(double(number)),
            Some(_) => Measure::Other,
        }
    }
}
