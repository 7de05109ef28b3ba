//! Why a bundle is not taken: which file, what is wrong with it, and what to do.

use crate::{EnvelopeError, ReleaseVersion, Role, Time, Version, limits};

/// A bundle that is not taken. Nothing of it may be used, and what the box knew before, it still knows.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub struct Refusal {
    /// The file that is wrong.
    pub file: String,
    /// What is wrong with it.
    pub why: Why,
}

impl Refusal {
    /// The same whenever it was looked at: what tells two refusals apart is what is wrong, and not what time it was.
    #[must_use]
    pub fn at_any_time(&self) -> Self {
        let why = match self.why {
            Why::Expired { expired, .. } => Why::Expired { expired, now: expired },
            Why::ClockBehind { made, .. } => Why::ClockBehind { made, now: made },
            ref other => other.clone(),
        };
        Self { file: self.file.clone(), why }
    }
}

/// What is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Why {
    /// It is not there.
    #[error("is missing, so the bundle is not whole; copy all of it again")]
    Missing,
    /// There is more of it than may be.
    #[error("is longer than {0} bytes, which is all that it may have; take the bundle from its maker again")]
    TooLong(u64),
    /// There is less of it than was signed.
    #[error("has {found} bytes, and {signed} were signed: it was copied in part; copy the bundle again")]
    TooShort {
        /// Bytes that there are.
        found: u64,
        /// Bytes that there should be.
        signed: u64,
    },
    /// It is not the file that was signed.
    #[error(
        "is not the file that `{by}` names, by its SHA-256: damaged, changed, or of another state of the bundle; copy all \
         of it again"
    )]
    OtherFile {
        /// Whose document names it.
        by: Role,
    },
    /// It has not the form of a signed file.
    #[error("{0}")]
    Envelope(#[from] EnvelopeError),
    /// It is another role's document.
    #[error("is a document of the role {found}, and one of {wanted} belongs here")]
    OtherRole {
        /// The role that signed it.
        found: Role,
        /// The role whose document belongs here.
        wanted: Role,
    },
    /// Too few of the right keys signed it.
    #[error("{0}")]
    Signatures(TooFew),
    /// It was signed and cannot be read.
    #[error("was signed, and this program cannot read it: {0}; an older program cannot read a newer form")]
    Document(String),
    /// It has another version than its name or the document that names it says.
    #[error("says that it is version {found}, and version {wanted} belongs here")]
    OtherVersion {
        /// What it says.
        found: Version,
        /// What belongs here.
        wanted: Version,
    },
    /// The box has had a newer one.
    #[error(
        "is or names version {found} of {role}, and this box has had version {seen}: somebody shows an older state"
    )]
    Older {
        /// Whose version has fallen.
        role: Role,
        /// To what.
        found: Version,
        /// From what.
        seen: Version,
    },
    /// The box has a newer release.
    #[error(
        "is release {found}, and this box has {installed}; a release to go back to comes under a higher number"
    )]
    OlderRelease {
        /// What it is.
        found: ReleaseVersion,
        /// What the box has.
        installed: ReleaseVersion,
    },
    /// Two releases have one version.
    #[error("is release {0}, which this box has with other contents: two releases must not have one number")]
    OtherRelease(ReleaseVersion),
    /// It was good until then.
    #[error(
        "expired at {expired}, and this machine's clock says {now}: ask for a newer one. If there is none, whoever serves \
         it holds newer ones back, or its maker has stopped"
    )]
    Expired {
        /// When.
        expired: Time,
        /// What time it is.
        now: Time,
    },
    /// The clock is behind.
    #[error("was made at {made}, and this machine's clock says {now}, which is before: set the clock")]
    ClockBehind {
        /// When it was made.
        made: Time,
        /// What time it is said to be.
        now: Time,
    },
    /// A chain of roots that does not end.
    #[error("would be the root number {} after the one that this box knows; that is more than are looked at", limits::ROOTS_MAX + 1)]
    TooManyRoots,
}

/// How far the signatures of a document go.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("has {good} of {wanted} signatures that root {root} wants for the role {role}{}", said(.bad, *.foreign))]
pub struct TooFew {
    /// The role.
    pub role: Role,
    /// The root that was asked.
    pub root: Version,
    /// Its threshold.
    pub wanted: usize,
    /// Keys that signed.
    pub good: usize,
    /// Who holds the keys whose signatures do not fit.
    pub bad: Vec<String>,
    /// Signatures by keys that have no such role.
    pub foreign: usize,
}

fn said(bad: &[String], foreign: usize) -> String {
    let mut said = String::new();
    if !bad.is_empty() {
        said = format!(
            "; what stands there as by {} is not of these bytes, which were changed",
            bad.join(" and ")
        );
    }
    match foreign {
        0 => {}
        1 => said.push_str("; one that stands there is by a key without this role"),
        many => said.push_str(&format!("; {many} that stand there are by keys without this role")),
    }
    said
}
