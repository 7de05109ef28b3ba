//! How a log is written: as one of the families, or as a profile says.

use std::fmt;
use std::sync::Arc;

use crate::profile::Profile;
use crate::{Context, Family, LogParser};

/// How a log is written.
#[derive(Clone, Debug)]
pub enum Format {
    /// As a module of this crate reads it.
    Family(Family),
    /// As a file describes it.
    Profile(Arc<Profile>),
}

impl Format {
    /// A parser for one file of this format, from its beginning or from any line on.
    pub fn parser(&self, context: Context) -> LogParser {
        match self {
            Self::Family(family) => LogParser::new(*family, context),
            Self::Profile(profile) => LogParser::of_profile(Arc::clone(profile), context),
        }
    }
}

impl From<Family> for Format {
    fn from(family: Family) -> Self {
        Self::Family(family)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Family(family) => family.fmt(f),
            Self::Profile(profile) => write!(f, "profile {}", profile.name()),
        }
    }
}
