//! The one place where the intake's half and the uplink's half meet, so that the uplink can become a process
//! of its own. Data goes down it; of what comes back, nothing can say more than [`Answer`] (promise P1).

use std::future::Future;
use std::time::Duration;

use catalog::Reading;

use crate::config::ThingName;

/// Most readings of one batch: a body of some hundred kilobytes, and a few milliseconds of the platform.
pub const BATCH_READINGS_MAX: usize = 500;

/// Readings of one thing, sent and answered as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Whose.
    pub thing: ThingName,
    /// At least one, at most [`BATCH_READINGS_MAX`].
    pub readings: Vec<Reading>,
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The platform has stored every reading, durably.
    Accepted,
    /// The platform will not take this batch as it is.
    Rejected(Rejection),
    /// Not now, for whatever reason: nothing is known about the readings, so they stay.
    Busy {
        /// How long to wait before the next batch of any thing.
        retry_after: Duration,
    },
}

/// Why the platform will not take a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It knows no such thing, or this adapter may not write to it. The readings stay.
    UnknownThing,
    /// A reading in it is wrong.
    Malformed,
    /// It is too long as one.
    TooLarge,
}

/// The way to the platform.
pub trait Link: Send + Sync {
    /// Delivers one batch. It always answers, within a time of its own; whatever it does not know is `Busy`.
    fn deliver(&self, batch: &Batch) -> impl Future<Output = Answer> + Send;
}
