//! The release: which images or which system, and for which boxes. Nothing here can say how either is run. That is written in
//! the program that runs them, so that no signature on earth opens a way to a printer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Length, System};
use crate::envelope::Form;
use crate::{ReleaseVersion, Sha256, hex, limits};

/// A release of the appliance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "UncheckedRelease", into = "UncheckedRelease")]
pub struct Release {
    /// Its version. A box takes one that is higher than its own.
    pub version: ReleaseVersion,
    /// The lowest version that a box may come from.
    pub from: ReleaseVersion,
    /// Which configurations it reads.
    pub configuration: Configuration,
    /// The machines that it runs on.
    pub architecture: Architecture,
    /// Its images, for a server with a container engine.
    pub images: Option<Images>,
    /// The system of a box, which has no engine.
    pub system: Option<System>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedRelease {
    version: ReleaseVersion,
    from: ReleaseVersion,
    configuration: Configuration,
    architecture: Architecture,
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    images: Option<Images>,
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    system: Option<System>,
}

/// What is named is there: `null` is no way to say that it is not.
fn there<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl TryFrom<UncheckedRelease> for Release {
    type Error = &'static str;

    fn try_from(unchecked: UncheckedRelease) -> Result<Self, Self::Error> {
        let UncheckedRelease { version, from, configuration, architecture, images, system } = unchecked;
        if images.is_none() && system.is_none() {
            return Err("a release has `images`, `system` or both");
        }
        Ok(Self { version, from, configuration, architecture, images, system })
    }
}

impl From<Release> for UncheckedRelease {
    fn from(Release { version, from, configuration, architecture, images, system }: Release) -> Self {
        Self { version, from, configuration, architecture, images, system }
    }
}

/// Which files of a release matter to whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Files {
    /// To a server with a container engine: the images.
    Images,
    /// To a box: its system.
    System,
    /// To its makers: all.
    All,
    /// To whoever only wants to know what was seen: none.
    None,
}

/// A file that a release names, in whatever part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carried {
    /// Its name in the bundle.
    pub name: String,
    /// Bytes of it.
    pub length: u64,
    /// Their SHA-256.
    pub sha256: Sha256,
}

impl Release {
    /// The form that its targets are written in.
    pub fn form(&self) -> Form {
        if self.system.is_some() { Form::Two } else { Form::One }
    }

    /// Whether it has what matters.
    pub fn has(&self, files: Files) -> bool {
        match files {
            Files::Images => self.images.is_some(),
            Files::System => self.system.is_some(),
            Files::All | Files::None => true,
        }
    }

    /// The files that matter, in the order in which they are asked for; each once, though two halves may be of one file.
    pub fn files(&self, files: Files) -> Vec<Carried> {
        let mut carried: Vec<Carried> = Vec::new();
        if matches!(files, Files::Images | Files::All) {
            let images = self.images.iter().flat_map(Images::each);
            carried.extend(images.map(|(_, image)| Carried {
                name: image.file(),
                length: image.length.into(),
                sha256: image.sha256,
            }));
        }
        if matches!(files, Files::System | Files::All) {
            let system = self.system.iter().flat_map(|system| system.files(self.version));
            carried.extend(system.map(|file| Carried {
                sha256: file.sha256(),
                name: file.name,
                length: file.length,
            }));
        }
        let mut seen = Vec::new();
        carried.retain(|file| {
            let new = !seen.contains(&(file.name.clone(), file.length));
            seen.push((file.name.clone(), file.length));
            new
        });
        carried
    }
}

/// What kind of machine images are for, by the name that container images have for it. One release is for one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// 64-bit x86.
    Amd64,
    /// 64-bit Arm.
    Arm64,
}

impl Architecture {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// The one of this name, as a container image's configuration has it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|architecture| architecture.name() == name)
    }

    /// The one that the compiler calls so (`std::env::consts::ARCH`).
    pub fn of_target(name: &str) -> Option<Self> {
        match name {
            "x86_64" => Some(Self::Amd64),
            "aarch64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// As a document has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
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
    /// The image's name where the engine keeps images itself: the SHA-256 of its configuration, which names each layer
    /// by its own. A tag could be moved to another image.
    pub image: ImageDigest,
    /// The same image's name where the engine leaves them to containerd: the SHA-256 of its manifest, which names the
    /// configuration.
    pub manifest: ImageDigest,
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

    /// Whether an engine that has this image calls it so. Both names are digests of what the image holds, so whichever
    /// of them an engine's store of images goes by, no other image has it.
    pub fn is(&self, name: &ImageDigest) -> bool {
        *name == self.image || *name == self.manifest
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
