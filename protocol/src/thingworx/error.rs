//! Why a body or a row was not taken.

use catalog::{IdentityError, Refusal};

use crate::limits;

/// Why a body is no update. Sending it again cannot help; where it is too large, sending less can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body is too long.
    #[error("a body of {length} bytes is over the limit of {max}; send fewer rows", max = limits::UPDATE_BYTES_MAX)]
    TooLarge {
        /// Its length in bytes.
        length: usize,
    },
    /// The infotable has too many rows.
    #[error("an infotable of over {max} rows; send fewer", max = limits::ROWS_MAX)]
    TooManyRows,
    /// The body is not `{"values": infotable}`.
    #[error("the body is no {{\"values\": {{\"rows\": […]}}}} of NamedVTQ rows: {reason}")]
    Malformed {
        /// What is wrong and where, in at most 200 bytes.
        reason: String,
    },
}

impl Error {
    /// Whether fewer rows at a time would help: an answer of 413 rather than 400.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::TooManyRows)
    }

    /// A short name for counters and fixtures, such as `too_many_rows`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::TooManyRows => "too_many_rows",
            Self::Malformed { .. } => "malformed",
        }
    }
}

/// Why a row is no reading. It holds the row's name and nothing else of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// No item has this property.
    #[error("row {name:?}: the catalogue has no item with this property")]
    UnknownProperty {
        /// The row's name.
        name: String,
    },
    /// The catalogue does not take this value.
    #[error("row {name:?}: {refusal}")]
    Refused {
        /// The row's name.
        name: String,
        /// Why.
        refusal: Refusal,
    },
    /// The text is no identity.
    #[error("row {name:?}: {error}")]
    Identity {
        /// The row's name.
        name: String,
        /// Why.
        error: IdentityError,
    },
    /// The text is no hash.
    #[error("row {name:?}: a hash is h: and 32 lower-case hexadecimal digits")]
    Hash {
        /// The row's name.
        name: String,
    },
    /// What the maker wrote is no number and unit, or no unit of what the item measures.
    #[error(
        "row {name:?}: `native` is a number and a UCUM unit of what the item measures, such as \"0.5 W\""
    )]
    Native {
        /// The row's name.
        name: String,
    },
    /// The quality is no word that we know.
    #[error("row {name:?}: a quality is GOOD, UNCERTAIN or BAD")]
    Quality {
        /// The row's name.
        name: String,
    },
}

impl RowError {
    /// A short name for counters and fixtures, such as `unknown_property`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::UnknownProperty { .. } => "unknown_property",
            Self::Refused { refusal: Refusal::NotANumber, .. } => "not_a_number",
            Self::Refused { refusal: Refusal::UnknownCode, .. } => "unknown_code",
            Self::Refused { refusal: Refusal::WrongKind, .. } => "wrong_kind",
            Self::Refused { refusal: Refusal::WrongUnit, .. } => "wrong_unit",
            Self::Identity { .. } => "identity",
            Self::Hash { .. } => "hash",
            Self::Native { .. } => "native",
            Self::Quality { .. } => "quality",
        }
    }
}
