//! What the readings of one record have in common, and how one is made.

use catalog::{Item, Mark, Place, Quality, Reading, Timestamp, Unit};

use crate::{Context, Refusal};

/// One record of a log: a line, with the lines that belong to it.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) context: &'a Context,
    pub(crate) place: Place,
    pub(crate) time: Timestamp,
    pub(crate) quality: Quality,
}

/// Which of its readings: the index makes the origin, the part says which of several heaters, lasers, ….
///
/// The index is what the value is in the line's own grammar (its place among the pairs, the number of its key in the
/// format's table) and never how many readings came before: a later version, which knows more of the
/// format, must give the same origins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) index: u16,
    pub(crate) part: u8,
}

impl At {
    /// The value with this index, of the only part.
    pub(crate) fn index(index: u16) -> Self {
        Self { index, part: 0 }
    }
}

impl Record<'_> {
    /// A number in the item's own unit.
    pub(crate) fn number(&self, item: &'static Item, value: f64, at: At) -> Result<Reading, Refusal> {
        Ok(item.number(value, self.mark(at))?)
    }

    /// A number in the unit in which it was written.
    pub(crate) fn measured(
        &self,
        item: &'static Item,
        (value, unit): (f64, &'static Unit),
        at: At,
    ) -> Result<Reading, Refusal> {
        Ok(item.measured(value, unit, self.mark(at))?)
    }

    /// One code of the item's vocabulary.
    pub(crate) fn code(&self, item: &'static Item, code: &[u8], at: At) -> Result<Reading, Refusal> {
        let code = std::str::from_utf8(code).map_err(|_| catalog::Refusal::UnknownCode)?;
        Ok(item.code(code, self.mark(at))?)
    }

    /// The salted hash of a name, such as a build's.
    pub(crate) fn hash(&self, item: &'static Item, name: &[u8], at: At) -> Result<Reading, Refusal> {
        Ok(item.hash(self.context.salt.hash(name), self.mark(at))?)
    }

    fn mark(&self, at: At) -> Mark {
        Mark { part: at.part, time: self.time, quality: self.quality, origin: self.place.origin(at.index) }
    }
}
