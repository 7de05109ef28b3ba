//! The four documents, one for each role. No field is unknown, and which ones there are the form says: what this program does
//! not understand, it does not take. A document that needs another field is of another form (`envelope.rs`).

mod length;
mod release;
mod root;
mod system;

use serde::{Deserialize, Serialize};

use crate::envelope::Form;
use crate::{Role, Sha256, Time, Version, limits, reason};
pub use length::Length;
pub use release::{Architecture, Carried, Configuration, Files, Image, ImageDigest, Images, Release};
pub use root::{Roles, Root};
pub use system::{Kernel, Partition, RootHash, System, SystemFile};

/// What each document says of itself.
pub(crate) trait Dated {
    const ROLE: Role;
    /// The form that what it says is written in: the lowest that has room for it, so that there is one for each.
    fn form(&self) -> Form {
        Form::One
    }
    fn version(&self) -> Version;
    fn made(&self) -> Time;
    fn expires(&self) -> Time;
}

/// Another document, exactly: its version and its file's bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// Its version.
    pub version: Version,
    /// Bytes of its file, signatures included.
    pub length: Length<{ limits::DOCUMENT_BYTES_MAX }>,
    /// The SHA-256 of its file.
    pub sha256: Sha256,
}

/// The newest state, signed again and again so that a mirror that stands still is noticed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timestamp {
    /// Counts up.
    pub version: Version,
    /// When it was made.
    pub made: Time,
    /// From when on it is not taken.
    pub expires: Time,
    /// The newest snapshot.
    pub snapshot: Pointer,
}

/// One state: which targets are part of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Counts up.
    pub version: Version,
    /// When it was made.
    pub made: Time,
    /// From when on it is not taken.
    pub expires: Time,
    /// The targets.
    pub targets: Pointer,
}

/// What may be installed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// Counts up.
    pub version: Version,
    /// When it was made.
    pub made: Time,
    /// From when on it is not taken. What was taken before runs on.
    pub expires: Time,
    /// The one release.
    pub release: Release,
}

macro_rules! dated {
    ($document:ident $(, $form:item)?) => {
        impl Dated for $document {
            const ROLE: Role = Role::$document;
            $($form)?
            fn version(&self) -> Version {
                self.version
            }
            fn made(&self) -> Time {
                self.made
            }
            fn expires(&self) -> Time {
                self.expires
            }
        }
    };
}
dated!(Root);
dated!(Timestamp);
dated!(Snapshot);
dated!(
    Targets,
    fn form(&self) -> Form {
        self.release.form()
    }
);

/// Reads a document. Who signed it is not looked at: only people are shown what comes of this.
///
/// # Errors
/// Where in it is what that does not belong there.
pub fn decode<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| reason::reason(&error.to_string(), limits::REASON_BYTES_MAX))
}

/// Writes a document, for people to read as well.
///
/// # Errors
/// Never, for a document of this module.
pub fn encode<T: Serialize>(document: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut body = serde_json::to_vec_pretty(document)?;
    body.push(b'\n');
    Ok(body)
}

impl Pointer {
    /// To this file.
    ///
    /// # Errors
    /// It is longer than a document may be.
    pub fn to(version: Version, file: &[u8]) -> Result<Self, String> {
        Ok(Self { version, length: Length::try_from(file.len() as u64)?, sha256: Sha256::of(file) })
    }
}
