//! The version of a document, which counts up, and that of a release, which people read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

/// The version of a document: 1 for the first, and one more for each that follows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u32")]
pub struct Version(u32);

impl Version {
    /// The first.
    pub const FIRST: Self = Self(1);

    /// The one that follows, unless this is the last that there is.
    pub fn next(self) -> Option<Self> {
        Self::try_from(u64::from(self.0) + 1).ok()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u64> for Version {
    type Error = String;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        let fits = u32::try_from(number).ok().filter(|number| (1..=limits::VERSION_MAX).contains(number));
        fits.map(Self).ok_or_else(|| format!("a version is a number from 1 to {}", limits::VERSION_MAX))
    }
}

impl From<Version> for u32 {
    fn from(version: Version) -> Self {
        version.0
    }
}

/// The version of a release: three numbers, `1.4.0`, compared one after the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseVersion([u32; 3]);

impl ReleaseVersion {
    /// Reads it. There is one way to write each: no sign, no zero in front, nothing behind.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Option<Vec<u32>> = text.split('.').map(part).collect();
        parts?.try_into().ok().map(Self)
    }
}

fn part(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number <= limits::VERSION_PART_MAX && number.to_string() == text).then_some(number)
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl TryFrom<String> for ReleaseVersion {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a release's version is three numbers such as 1.4.0")
    }
}

impl From<ReleaseVersion> for String {
    fn from(version: ReleaseVersion) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_document_is_a_number_from_one() {
        for (json, good) in [
            ("1", true),
            ("999999999", true),
            ("0", false),
            ("-1", false),
            ("1000000000", false),
            ("18446744073709551616", false),
            ("1.0", false),
            ("1e3", false),
            ("01", false),
            ("\"1\"", false),
            ("null", false),
        ] {
            assert_eq!(serde_json::from_str::<Version>(json).is_ok(), good, "{json}");
        }
        let last = Version::try_from(u64::from(limits::VERSION_MAX)).unwrap();
        assert_eq!((Version::FIRST.next(), last.next()), (Some(Version(2)), None));
    }

    #[test]
    fn the_version_of_a_release_is_three_numbers() {
        for (text, good) in [
            ("1.4.0", true),
            ("0.0.0", true),
            ("999999.0.1", true),
            ("1000000.0.1", false),
            ("1.4", false),
            ("1.4.0.1", false),
            ("01.4.0", false),
            ("+1.4.0", false),
            ("1.4.0-rc1", false),
            ("1.4.", false),
            ("", false),
        ] {
            assert_eq!(
                ReleaseVersion::parse(text).map(|it| it.to_string()),
                good.then(|| text.to_owned()),
                "{text}"
            );
        }
        assert!(ReleaseVersion::parse("1.10.0") > ReleaseVersion::parse("1.9.99"));
    }
}
