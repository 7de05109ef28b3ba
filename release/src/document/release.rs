//! The release: which images, and for which boxes. Nothing here can say how an image is run. That is written in the
//! program that runs them, so that no signature on earth opens a way to a printer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Length;
use crate::{ReleaseVersion, Sha256, hex, limits};

/// A release of the appliance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Its version. A box takes one that is higher than its own.
    pub version: ReleaseVersion,
    /// The lowest version that a box may come from.
    pub from: ReleaseVersion,
    /// Which configurations it reads.
    pub configuration: Configuration,
    /// Its images.
    pub images: Images,
}

/// Versions of the configuration file's form.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "UncheckedConfiguration", into = "UncheckedConfiguration")]
pub struct Configuration {
    oldest: u32,
    newest: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedConfiguration {
    oldest: u32,
    newest: u32,
}

impl Configuration {
    /// From one to the other.
    ///
    /// # Errors
    /// The oldest is newer than the newest, or a number is out of range.
    pub fn new(oldest: u32, newest: u32) -> Result<Self, String> {
        let max = limits::CONFIGURATION_MAX;
        if (1..=newest).contains(&oldest) && newest <= max {
            Ok(Self { oldest, newest })
        } else {
            Err(format!(
                "configurations from {oldest} to {newest}: the oldest is 1 or more, the newest {max} or less"
            ))
        }
    }

    /// Whether this one is read.
    pub fn reads(&self, version: u32) -> bool {
        (self.oldest..=self.newest).contains(&version)
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.oldest, self.newest)
    }
}

impl TryFrom<UncheckedConfiguration> for Configuration {
    type Error = String;

    fn try_from(unchecked: UncheckedConfiguration) -> Result<Self, Self::Error> {
        Self::new(unchecked.oldest, unchecked.newest)
    }
}

impl From<Configuration> for UncheckedConfiguration {
    fn from(Configuration { oldest, newest }: Configuration) -> Self {
        Self { oldest, newest }
    }
}

/// The images: these two, and no third.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// The half that reaches the printers.
    pub intake: Image,
    /// The half that reaches the platform.
    pub uplink: Image,
}

impl Images {
    /// Each with its name.
    pub fn each(&self) -> [(&'static str, &Image); 2] {
        [("intake", &self.intake), ("uplink", &self.uplink)]
    }
}

/// An image, and the file that brings it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The image's own name: the SHA-256 of its configuration. A tag could be moved to another image.
    pub image: ImageDigest,
    /// Bytes of its file, as `docker save` makes it.
    pub length: Length<{ limits::IMAGE_BYTES_MAX }>,
    /// The SHA-256 of its file.
    pub sha256: Sha256,
}

impl Image {
    /// The name of its file: no signer can choose one, and so none can lead elsewhere.
    pub fn file(&self) -> String {
        format!("{}.tar", self.sha256)
    }
}

/// An image's name by digest, `sha256:` and 64 digits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageDigest([u8; 32]);

impl ImageDigest {
    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        hex::bytes(text.strip_prefix("sha256:")?).map(Self)
    }
}

impl fmt::Display for ImageDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::digits(&self.0))
    }
}

impl TryFrom<String> for ImageDigest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("an image is named by `sha256:` and 64 lower-case hexadecimal digits")
    }
}

impl From<ImageDigest> for String {
    fn from(image: ImageDigest) -> Self {
        image.to_string()
    }
}
