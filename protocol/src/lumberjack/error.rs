//! Why a Lumberjack connection is closed.

use nom::error::{ErrorKind, ParseError};

use crate::inflate::InflateError;
use crate::limits;

/// What a sender did wrong. Every one is fatal: the connection is closed and nothing of the open window is
/// acknowledged, so a sender that is only misconfigured loses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A TLS hello where plain Lumberjack was expected.
    #[error(
        "the sender speaks TLS and this port does not; set `certificate_file` here or turn `ssl` off there"
    )]
    TlsHello,
    /// Letters where a version was expected: a browser or another HTTP client.
    #[error("the sender speaks HTTP or another text protocol; set `output.logstash` in the Beat")]
    Text,
    /// Version 1, which no sender of the last ten years needs.
    #[error("the sender speaks Lumberjack version 1; use Filebeat or Metricbeat 5 or newer")]
    VersionOne,
    /// A frame that begins with no version at all.
    #[error("a frame begins with byte {0:#04x} instead of version 2")]
    Version(u8),
    /// A frame of a type that no sender sends.
    #[error("a frame is of type {0:#04x}; a sender's types are W, J, D and C")]
    UnknownFrame(u8),
    /// The window announces more events than we take.
    #[error("a window of {count} events is over the limit of {max}; lower `bulk_max_size` in the Beat",
        max = limits::WINDOW_EVENTS_MAX)]
    WindowTooLong {
        /// What was announced.
        count: u32,
    },
    /// One event is too long even to be passed over.
    #[error("an event of {length} bytes is over the limit of {max}; set `max_bytes` of the Beat's input lower",
        max = limits::EVENT_PASSED_BYTES_MAX)]
    EventTooLong {
        /// What was announced.
        length: u32,
    },
    /// A key-value frame has more pairs than we take.
    #[error("a key-value frame of {count} pairs is over the limit of {max}; have the sender send JSON frames",
        max = limits::PAIRS_MAX)]
    TooManyPairs {
        /// What was announced.
        count: u32,
    },
    /// A key or a value makes its key-value frame too long.
    #[error("a key or value of {length} bytes takes its frame over the limit of {max}; have the sender send JSON frames",
        max = limits::PAIRS_BYTES_MAX)]
    PairTooLong {
        /// What was announced for the key or value.
        length: u32,
    },
    /// One compressed frame is too long.
    #[error("a compressed frame of {length} bytes is over the limit of {max}; lower `bulk_max_size` in the Beat",
        max = limits::COMPRESSED_BYTES_MAX)]
    CompressedTooLong {
        /// What was announced.
        length: u32,
    },
    /// Compressed frames lie in each other too deep.
    #[error("compressed frames lie in each other deeper than {max}", max = limits::COMPRESSED_DEPTH_MAX)]
    CompressedTooDeep,
    /// A compressed frame could not be inflated.
    #[error("a compressed frame: {0}")]
    Inflate(InflateError),
    /// A compressed frame ends within a frame that it holds.
    #[error("a compressed frame ends within a frame that it holds")]
    FrameCut,
    /// An event came without a window, or after its window was full.
    #[error("event {sequence} came outside a window")]
    OutsideWindow {
        /// The event's sequence.
        sequence: u32,
    },
    /// Something that is no acknowledgement came back to a sender.
    #[error("the receiver answered with something that is no acknowledgement")]
    NoAck,
}

impl Error {
    /// A short name for counters and fixtures, such as `window_too_long`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TlsHello => "tls_hello",
            Self::Text => "text",
            Self::VersionOne => "version_one",
            Self::Version(_) => "version",
            Self::UnknownFrame(_) => "unknown_frame",
            Self::WindowTooLong { .. } => "window_too_long",
            Self::EventTooLong { .. } => "event_too_long",
            Self::TooManyPairs { .. } => "too_many_pairs",
            Self::PairTooLong { .. } => "pair_too_long",
            Self::CompressedTooLong { .. } => "compressed_too_long",
            Self::CompressedTooDeep => "compressed_too_deep",
            Self::Inflate(InflateError::TooLarge { .. }) => "inflate_too_large",
            Self::Inflate(InflateError::Corrupt) => "inflate_corrupt",
            Self::Inflate(InflateError::Truncated) => "inflate_truncated",
            Self::Inflate(InflateError::Trailing { .. }) => "inflate_trailing",
            Self::FrameCut => "frame_cut",
            Self::OutsideWindow { .. } => "outside_window",
            Self::NoAck => "no_ack",
        }
    }

    /// What the first byte of a connection says about a peer that is no Beat. One byte must do, since the
    /// rest may never come.
    pub(super) fn of_stranger(self) -> Self {
        match self {
            Self::Version(0x16) => Self::TlsHello,
            Self::Version(byte) if byte.is_ascii_alphabetic() => Self::Text,
            other => other,
        }
    }
}

// The one primitive that can fail, other than by running short, is the tag of the version.
impl ParseError<&[u8]> for Error {
    fn from_error_kind(input: &[u8], _: ErrorKind) -> Self {
        match input.first() {
            Some(b'1') => Self::VersionOne,
            first => Self::Version(first.copied().unwrap_or_default()),
        }
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}
