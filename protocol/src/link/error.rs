//! Why what came over the link was not taken. Each is fatal to the connection: the other half is this same program, and
//! would not say it.

use catalog::Refusal;
use nom::error::{ErrorKind, ParseError};

use crate::limits;

/// What the other half did wrong. It holds no text of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something other than a batch.
    #[error("a batch does not begin with OWL1")]
    Magic,
    /// A slot that there is not.
    #[error("slot {0} is over the limit of {max}", max = limits::LINK_SLOTS_MAX)]
    Slot(u8),
    /// A batch over the limit.
    #[error("a batch of {0} bytes is over the limit of {max}", max = limits::LINK_PAYLOAD_BYTES_MAX)]
    TooLarge(u32),
    /// A batch that ends before its last reading, or goes on behind it.
    #[error("a batch's length is not that of what is in it")]
    Length,
    /// No thing's name.
    #[error("a thing's name is ADAPTER or ADAPTER.PRINTER, each 1 to 32 of a-z, 0-9 and -")]
    Thing,
    /// Too many readings in one batch, or none.
    #[error("a batch of {0} readings; there are 1 to {max}", max = limits::LINK_READINGS_MAX)]
    Count(u16),
    /// A name that is too long, or no text.
    #[error("a name is a text of at most {max} bytes", max = limits::LINK_NAME_BYTES_MAX)]
    Name,
    /// No item of the catalogue.
    #[error("the catalogue has no such item; are both halves of one version?")]
    Item,
    /// No quality.
    #[error("quality {0} is none")]
    Quality(u8),
    /// No kind of value.
    #[error("kind of value {0} is none")]
    Kind(u8),
    /// No unit, or no number in another unit than the item's.
    #[error("what the maker wrote is a finite number in another unit of what the item measures")]
    Native,
    /// No identity.
    #[error("a text is no model, serial or firmware")]
    Identity,
    /// The catalogue does not take the value.
    #[error("the catalogue refuses the value: {0}")]
    Refused(Refusal),
    /// The catalogue makes something else of it than was claimed.
    #[error("a reading claims what the catalogue would not say, such as good quality out of range")]
    Claim,
    /// No answer.
    #[error("answer {0} is none of those that there are")]
    Answer(u8),
    /// An answer that carries a number which is no wait, or too long a one.
    #[error("an answer carries {0}, which is no wait that it may ask for")]
    Wait(u32),
}

impl Error {
    /// A short name for counters and fixtures, such as `too_large`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Magic => "magic",
            Self::Slot(_) => "slot",
            Self::TooLarge(_) => "too_large",
            Self::Length => "length",
            Self::Thing => "thing",
            Self::Count(_) => "count",
            Self::Name => "name",
            Self::Item => "item",
            Self::Quality(_) => "quality",
            Self::Kind(_) => "kind",
            Self::Native => "native",
            Self::Identity => "identity",
            Self::Refused(refusal) => refusal.name(),
            Self::Claim => "claim",
            Self::Answer(_) => "answer",
            Self::Wait(_) => "wait",
        }
    }
}

// Of the primitives that can fail otherwise than by running short, one is the tag of the magic, and that is named where
// it stands; within a batch, running short is the other.
impl ParseError<&[u8]> for Error {
    fn from_error_kind(_: &[u8], kind: ErrorKind) -> Self {
        if kind == ErrorKind::Tag { Self::Magic } else { Self::Length }
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}
