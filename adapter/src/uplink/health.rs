//! What the way to the platform last met with.

use std::sync::{Mutex, MutexGuard, PoisonError};

use catalog::Timestamp;
use tokio::time::Instant;

use crate::clock;

/// What keeps the data here, if anything does, and what the platform's clock said.
#[derive(Debug, Default)]
pub struct Health {
    trouble: Mutex<Option<Trouble>>,
    clock_ahead_ms: Mutex<Option<i64>>,
}

/// Why the platform takes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// In words, for a technician.
    pub why: String,
    /// Since when it takes nothing, for whatever reason.
    pub since: Instant,
}

impl Health {
    /// The trouble there is.
    pub fn trouble(&self) -> Option<Trouble> {
        self.lock().clone()
    }

    /// How far the platform's clock is ahead of ours, in milliseconds; nothing where it has not told.
    pub fn clock_ahead_ms(&self) -> Option<i64> {
        *self.clock_ahead_ms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The platform's clock said `date` when ours said `now`.
    pub(crate) fn told_time(&self, date: Timestamp, now: Timestamp) {
        let ahead = clock::ahead_ms(date, now);
        *self.clock_ahead_ms.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }

    /// The platform answered as it should. Says whether there was trouble before.
    pub(crate) fn well(&self) -> bool {
        self.lock().take().is_some()
    }

    /// The platform took nothing, for this reason. Says whether it is another than before.
    pub(crate) fn ill(&self, why: &str) -> bool {
        let mut trouble = self.lock();
        if trouble.as_ref().is_some_and(|trouble| trouble.why == why) {
            return false;
        }
        let since = trouble.as_ref().map_or_else(Instant::now, |trouble| trouble.since);
        *trouble = Some(Trouble { why: why.to_owned(), since });
        true
    }

    fn lock(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn trouble_lasts_from_its_first_reason_until_all_is_well() {
        let health = Health::default();
        assert!(!health.well() && health.trouble().is_none());
        let since = Instant::now();
        assert!(health.ill("out of reach") && !health.ill("out of reach"));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(health.ill("busy"));
        assert_eq!(health.trouble(), Some(Trouble { why: "busy".into(), since }));
        assert!(health.well() && health.trouble().is_none());
    }
}
