//! SUBSCRIBE and NOTIFY-ACK: events as they happen, as many as the reader has room for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::events::Held;
use crate::limits;

/// SUBSCRIBE: from where, how often and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// The first sequence that is wanted; absent for the one after the last that was acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// How many NOTIFYs the printer may send at first.
    pub credits: Credits,
    /// The shortest time between two NOTIFYs, in milliseconds; what happens meanwhile goes together. A full one
    /// may go at once.
    pub interval_ms: u32,
}

/// SUBSCRIBED: what the printer holds, and what it need not hold any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SubscribedFields")]
pub struct Subscribed {
    #[serde(flatten)]
    held: Held,
    acknowledged: u64,
}

/// NOTIFY-ACK: what is stored, and how many more may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyAck {
    /// Every event up to this one is stored where it outlives the reader; 0 for none yet.
    pub sequence: u64,
    /// How many NOTIFYs more the printer may send.
    pub credits: Credits,
}

/// So many NOTIFYs; a whole NOTIFY costs one, whatever it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Credits(u8);

/// Too many credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`credits` is at most {max}, not {0}", max = limits::PIP_CREDITS_MAX)]
pub struct CreditsError(u8);

impl Subscribed {
    /// What the printer holds, and the last sequence that was acknowledged over any connection; 0 for none.
    ///
    /// # Errors
    /// The log has not come so far, in words.
    pub fn new(held: Held, acknowledged: u64) -> Result<Self, &'static str> {
        if acknowledged > held.last() {
            return Err("`acknowledged` is at most `last`");
        }
        Ok(Self { held, acknowledged })
    }

    /// What the printer holds now.
    pub fn held(self) -> Held {
        self.held
    }

    /// The last sequence that was acknowledged in this instance, over any connection; 0 for none. A reader that
    /// remembers nothing goes on behind it, and sees by it what is missing.
    pub fn acknowledged(self) -> u64 {
        self.acknowledged
    }
}

#[derive(Deserialize)]
struct SubscribedFields {
    first: u64,
    last: u64,
    acknowledged: u64,
}

impl TryFrom<SubscribedFields> for Subscribed {
    type Error = &'static str;

    fn try_from(fields: SubscribedFields) -> Result<Self, Self::Error> {
        Self::new(Held::new(fields.first, fields.last)?, fields.acknowledged)
    }
}

impl Credits {
    /// The most that there may be.
    pub const MAX: Self = Self(limits::PIP_CREDITS_MAX);

    /// So many.
    ///
    /// # Errors
    /// More than [`limits::PIP_CREDITS_MAX`].
    pub fn new(credits: u8) -> Result<Self, CreditsError> {
        if credits <= limits::PIP_CREDITS_MAX { Ok(Self(credits)) } else { Err(CreditsError(credits)) }
    }

    /// How many.
    pub fn count(self) -> u8 {
        self.0
    }

    /// These and so many more, but never over the most that there may be: what is over it is lost to the giver.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0).min(limits::PIP_CREDITS_MAX))
    }

    /// One less; `None` where there is none.
    #[must_use]
    pub fn spend(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

impl TryFrom<u8> for Credits {
    type Error = CreditsError;

    fn try_from(credits: u8) -> Result<Self, CreditsError> {
        Self::new(credits)
    }
}

impl From<Credits> for u8 {
    fn from(credits: Credits) -> Self {
        credits.0
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
