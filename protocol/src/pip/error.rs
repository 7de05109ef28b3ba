//! Why a PIP frame or its payload was not taken.

use nom::error::{ErrorKind, ParseError};

use super::kind::FrameType;
use super::refusal::ErrorCode;

/// What the other side did wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something other than a PIP frame.
    #[error("a frame does not begin with PIP1: the other side speaks another protocol, or a byte was lost")]
    Magic,
    /// A frame of a version that we do not speak.
    #[error("a frame of version {0}; this side speaks version 1")]
    Version(u8),
    /// A payload over the limit.
    #[error("a payload of {length} bytes is over the limit of {max}")]
    TooLarge {
        /// What was announced, in bytes.
        length: u32,
        /// The limit, in bytes.
        max: usize,
    },
    /// The checksum does not fit the bytes.
    #[error("a frame's checksum is {stated:08x}, and its bytes make {computed:08x}")]
    Checksum {
        /// What the frame says.
        stated: u32,
        /// What its bytes make.
        computed: u32,
    },
    /// A type that this side does not take.
    #[error("frame type {0} is not supported here")]
    Unsupported(FrameType),
    /// A payload that does not say what its type must.
    #[error("the payload of {kind}: {reason}")]
    Payload {
        /// The frame's type.
        kind: FrameType,
        /// What is wrong and where, in at most 200 bytes.
        reason: String,
    },
}

impl Error {
    /// Whether the stream can no longer be trusted, so that the connection must be closed. Otherwise the frame
    /// was whole, and the printer's half answers with an ERROR frame of [`Error::code`].
    pub fn closes(&self) -> bool {
        match self {
            Self::Magic | Self::Version(_) | Self::TooLarge { .. } | Self::Checksum { .. } => true,
            Self::Unsupported(_) | Self::Payload { .. } => false,
        }
    }

    /// The code under which a printer tells the other side.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Version(_) => ErrorCode::VERSION,
            Self::TooLarge { .. } => ErrorCode::TOO_LARGE,
            Self::Unsupported(_) => ErrorCode::UNSUPPORTED,
            Self::Magic | Self::Checksum { .. } | Self::Payload { .. } => ErrorCode::MALFORMED,
        }
    }

    /// A short name for counters and fixtures, such as `too_large`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Magic => "magic",
            Self::Version(_) => "version",
            Self::TooLarge { .. } => "too_large",
            Self::Checksum { .. } => "checksum",
            Self::Unsupported(_) => "unsupported",
            Self::Payload { .. } => "payload",
        }
    }
}

// The one primitive that can fail, other than by running short, is the tag of the magic.
impl ParseError<&[u8]> for Error {
    fn from_error_kind(_: &[u8], _: ErrorKind) -> Self {
        Self::Magic
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}
