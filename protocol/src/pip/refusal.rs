//! Why something was not done.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::Text;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReply {
    /// Why, for a program.
    pub code: ErrorCode,
    /// When to ask again, in milliseconds from now; absent when it cannot help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u32>,
    /// Why, for a person. It is never sent on.
    #[serde(default)]
    pub text: Text,
}

/// Why something was not done. Codes that this version does not know are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorCode(pub u16);

impl ErrorCode {
    /// The frame type is not taken, such as any of the range reserved for writes.
    pub const UNSUPPORTED: Self = Self(1);
    /// The frame or its payload could not be read.
    pub const MALFORMED: Self = Self(2);
    /// The request or its answer would be over the agreed length.
    pub const TOO_LARGE: Self = Self(3);
    /// No version of the protocol in common.
    pub const VERSION: Self = Self(4);
    /// A request came before HELLO, or one came while another was being answered.
    pub const ORDER: Self = Self(5);
    /// The controller failed; it may come back.
    pub const INTERNAL: Self = Self(6);
    /// The printer knows the reader and does not let it in.
    pub const REFUSED: Self = Self(7);
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UNSUPPORTED => f.write_str("UNSUPPORTED"),
            Self::MALFORMED => f.write_str("MALFORMED"),
            Self::TOO_LARGE => f.write_str("TOO-LARGE"),
            Self::VERSION => f.write_str("VERSION"),
            Self::ORDER => f.write_str("ORDER"),
            Self::INTERNAL => f.write_str("INTERNAL"),
            Self::REFUSED => f.write_str("REFUSED"),
            Self(other) => write!(f, "{other}"),
        }
    }
}
