//! Why a stick is not taken: what is wrong with it, and what to do.

use release::Time;

use crate::{AdapterName, EnvelopeError, limits};

/// A stick that is not taken. Nothing of it may be used, and what the box has, it still has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Why {
    /// There is more of it than may be.
    #[error(
        "is longer than {} bytes, which is all that it may have; make the stick again",
        limits::FILE_BYTES_MAX
    )]
    TooLong,
    /// It has not the form of a signed file.
    #[error("is no file of a site stick, or damaged: {0}; make the stick again")]
    Damaged(#[from] EnvelopeError),
    /// A key signed it that this box does not trust.
    #[error(
        "is signed by a key that this box does not trust; take a stick from the platform that this box was made for, or \
         build the box's image with the key of this platform"
    )]
    Stranger,
    /// A trusted key is said to have signed it, and did not sign these bytes.
    #[error("is not as it was signed: damaged or changed; make the stick again")]
    Changed,
    /// It was signed and cannot be read.
    #[error(
        "was signed, and says what this box does not take: {0}; mend it on the platform's page and make a new stick, or, if the page \
         finds nothing wrong, bring the box's program up to date"
    )]
    Document(String),
    /// It is for another adapter.
    #[error(
        "is for the adapter {found}, and this box is {wanted}; take the stick of {wanted}. To make this box another \
         adapter, write its image anew"
    )]
    OtherAdapter {
        /// Whose it is.
        found: AdapterName,
        /// Whose it should be.
        wanted: AdapterName,
    },
    /// The box has taken a newer one.
    #[error(
        "was made at {made}, and this box has taken one that was made later, at {taken}; take the newest stick, or make \
         a new one"
    )]
    Older {
        /// When this one was made.
        made: Time,
        /// When the one was made that the box has.
        taken: Time,
    },
    /// Two have one serial number.
    #[error("has the serial number of the one that this box has taken, and is another; make a new stick")]
    SameNumber,
    /// It was good until then.
    #[error(
        "expired at {expired}, and it is {now} by this box's clock and what it has taken; make a new stick"
    )]
    Expired {
        /// When.
        expired: Time,
        /// What time it is.
        now: Time,
    },
}

impl Why {
    /// The name that it is counted by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Damaged(_) => "damaged",
            Self::Stranger => "stranger",
            Self::Changed => "changed",
            Self::Document(_) => "unreadable",
            Self::OtherAdapter { .. } => "other_adapter",
            Self::Older { .. } => "older",
            Self::SameNumber => "same_number",
            Self::Expired { .. } => "expired",
        }
    }
}
