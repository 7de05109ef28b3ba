//! A string of at most 256 bytes, which is all that PIP knows.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{bounded, limits};

/// A string of at most [`limits::PIP_TEXT_BYTES_MAX`] bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "std::borrow::Cow<'_, str>")]
pub struct Text(String);

/// A string is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a string of {length} bytes is over the limit of {max}", max = limits::PIP_TEXT_BYTES_MAX)]
pub struct TextError {
    length: usize,
}

impl Text {
    /// Takes a string that is short enough.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let fits = text.len() <= limits::PIP_TEXT_BYTES_MAX;
        if fits { Ok(Self(text.to_owned())) } else { Err(TextError { length: text.len() }) }
    }

    /// Takes as much of a string as fits: for what a person reads, never for a name.
    pub fn cut(text: &str) -> Self {
        Self(bounded::cut(text, limits::PIP_TEXT_BYTES_MAX).to_owned())
    }

    /// The string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<std::borrow::Cow<'_, str>> for Text {
    type Error = TextError;

    fn try_from(text: std::borrow::Cow<'_, str>) -> Result<Self, TextError> {
        Self::new(&text)
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
