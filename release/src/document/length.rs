//! How long a file is, within bounds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes of a file: one at least, and `MAX` at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Length<const MAX: u64>(u64);

impl<const MAX: u64> TryFrom<u64> for Length<MAX> {
    type Error = String;

    fn try_from(bytes: u64) -> Result<Self, Self::Error> {
        let fits = (1..=MAX).contains(&bytes);
        fits.then_some(Self(bytes)).ok_or_else(|| format!("a length from 1 to {MAX} bytes is wanted"))
    }
}

impl<const MAX: u64> From<Length<MAX>> for u64 {
    fn from(length: Length<MAX>) -> Self {
        length.0
    }
}

impl<const MAX: u64> fmt::Display for Length<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
