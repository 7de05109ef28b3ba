//! What comes of a line or an event.

use catalog::{Item, Reading};

use crate::shape::shape;

/// Collects what comes of lines and events. It is reused from line to line, so that a line costs no allocation.
#[derive(Debug, Default, PartialEq)]
pub struct Output {
    /// What was measured.
    pub readings: Vec<Reading>,
    /// Values that are no reading.
    pub refused: Vec<Refused>,
    /// Lines, and parts of lines, that no parser knows.
    pub unmatched: Vec<Unmatched>,
}

/// A value, or a whole line, that gave no reading. It holds nothing of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The item that the value was for, where it was for one.
    pub item: Option<&'static Item>,
    /// Why.
    pub why: Refusal,
}

/// Why a value or a line was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The catalogue does not take it.
    #[error(transparent)]
    Catalogue(#[from] catalog::Refusal),
    /// The number has no unit, or one that does not fit the item.
    #[error("a number without a unit, or with one that does not fit the item")]
    Unit,
    /// The key stood in the line before: the first one counted.
    #[error("a key for the second time in one line")]
    Duplicate,
    /// The line is over a limit of [`crate::limits`].
    #[error("a line with more bytes or pairs than the limit")]
    TooLong,
    /// A text without its closing quote, or a fault without its code or state: half a line.
    #[error("half a line: a text without an end, or a fault without a code or state")]
    Unfinished,
}

impl Refusal {
    /// A short name of it, to count by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Catalogue(why) => why.name(),
            Self::Unit => "no_unit",
            Self::Duplicate => "duplicate",
            Self::TooLong => "too_long",
            Self::Unfinished => "unfinished",
        }
    }
}

/// A line, or a part of one, that no parser knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unmatched {
    /// A hash over the classes of its characters (a letter, a digit, …), runs taken as one: the same for every
    /// line of one format, and nothing of its text can be read from it.
    pub shape: u64,
}

impl Output {
    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.readings.clear();
        self.refused.clear();
        self.unmatched.clear();
    }

    pub(crate) fn take(&mut self, item: &'static Item, made: Result<Reading, Refusal>) {
        match made {
            Ok(reading) => self.readings.push(reading),
            Err(why) => self.refuse(Some(item), why),
        }
    }

    pub(crate) fn refuse(&mut self, item: Option<&'static Item>, why: Refusal) {
        self.refused.push(Refused { item, why });
    }

    pub(crate) fn unmatch(&mut self, text: &[u8]) {
        self.unmatched.push(Unmatched { shape: shape(text) });
    }
}
