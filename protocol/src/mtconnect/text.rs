//! A short text of an agent's, which no log may show.

use std::fmt;

use super::error::Wrong;
use crate::limits;

/// A text of an agent, of at most [`limits::MTCONNECT_NAME_BYTES_MAX`] bytes where it is an attribute and
/// [`limits::MTCONNECT_TEXT_BYTES_MAX`] where it is a value. Its `Debug` form has its length only.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Box<str>);

impl Text {
    /// The text of an attribute.
    pub(super) fn attribute(text: &str) -> Result<Self, Wrong> {
        let fits = text.len() <= limits::MTCONNECT_NAME_BYTES_MAX;
        if fits { Ok(Self(text.trim().into())) } else { Err(Wrong::NameTooLong) }
    }

    /// The text of an element, whose length was bounded as it came.
    pub(super) fn content(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one finite number that the text is.
    pub fn number(&self) -> Option<f64> {
        self.0.parse::<f64>().ok().filter(|number| number.is_finite())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}
