//! A compressed frame that is being inflated while it comes in.

use super::buffer::Buffer;
use super::error::Error;
use crate::inflate::Inflater;
use crate::limits;

/// A compressed frame. Nothing of it is kept but the piece that is being taken apart.
#[derive(Debug)]
pub(super) struct Layer {
    inflater: Inflater,
    /// Bytes of the frame that were not yet inflated, here or still to come.
    left: usize,
    /// What was inflated and not yet taken apart.
    pub(super) plain: Buffer,
}

/// What came of an attempt to inflate more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// There is more to take apart.
    More,
    /// Nothing can be said before more bytes have come.
    Starved,
    /// The end, and all is well.
    Ended,
}

impl Layer {
    /// A frame whose body is so many bytes long.
    pub(super) fn new(length: usize) -> Self {
        Self {
            inflater: Inflater::new(limits::INFLATED_BYTES_MAX),
            left: length,
            plain: Buffer::with_room(limits::INFLATE_STEP_BYTES),
        }
    }

    /// Memory of it.
    pub(super) fn room(&self) -> usize {
        self.plain.room() + limits::INFLATER_BYTES
    }

    /// Inflates what `from` has of it.
    pub(super) fn fill(&mut self, from: &mut Buffer) -> Result<Filled, Error> {
        let input = from.get();
        let input = input.get(..self.left.min(input.len())).unwrap_or_default();
        let step = self.inflater.inflate(input, self.plain.free()).map_err(Error::Inflate)?;
        from.take(step.read);
        self.left -= step.read;
        self.plain.filled(step.written);
        if step.written > 0 {
            return Ok(Filled::More);
        }
        match (step.ended, self.left) {
            (true, 0) => Ok(Filled::Ended),
            (true, bytes) => Err(Error::Inflate(crate::inflate::InflateError::Trailing { bytes })),
            (false, 0) => Err(Error::Inflate(crate::inflate::InflateError::Truncated)),
            (false, _) => Ok(Filled::Starved),
        }
    }
}
