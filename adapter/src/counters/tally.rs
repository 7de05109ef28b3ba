//! A count that knows for which reasons.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A number that only goes up, and how much of it is for which reason. A reason is a name that stands in the
/// program's text, never one that a peer chose, so there are only so many.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<&'static str, u64>>);

impl Tally {
    /// One more, for this reason.
    pub fn one(&self, reason: &'static str) {
        *self.lock().entry(reason).or_default() += 1;
    }

    /// The number now, over all reasons.
    pub fn now(&self) -> u64 {
        self.lock().values().sum()
    }

    /// The numbers now, by reason.
    pub fn by_reason(&self) -> BTreeMap<String, u64> {
        self.lock().iter().map(|(reason, number)| ((*reason).to_owned(), *number)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_is_the_sum_of_its_reasons() {
        let tally = Tally::default();
        ["stalled", "unknown", "stalled"].into_iter().for_each(|reason| tally.one(reason));
        assert_eq!(tally.now(), 3);
        assert_eq!(tally.by_reason(), [("stalled".to_owned(), 2), ("unknown".to_owned(), 1)].into());
    }
}
