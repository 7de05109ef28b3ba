//! A count that knows for which reasons.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A number that only goes up, and how much of it is for which reason. A reason is a name that stands in the
/// program's text or in the catalogue, never one that a peer chose, so there are only so many.
#[derive(Debug)]
pub struct Tally<R = &'static str>(Mutex<BTreeMap<R, u64>>);

/// Why a value was refused: the item that it was for, where it was for one, and the name of the reason.
pub type OfItem = (Option<&'static str>, &'static str);

impl<R> Default for Tally<R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<R: Ord + Copy> Tally<R> {
    /// One more, for this reason.
    pub fn one(&self, reason: R) {
        *self.lock().entry(reason).or_default() += 1;
    }

    /// The number now, over all reasons.
    pub fn now(&self) -> u64 {
        self.lock().values().sum()
    }

    /// The numbers now, the greatest first, and the same in the order of their reasons.
    pub fn greatest_first(&self) -> Vec<(R, u64)> {
        let mut all: Vec<_> = self.lock().iter().map(|(reason, number)| (*reason, *number)).collect();
        all.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        all
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<R, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    /// The numbers now, by reason.
    pub fn by_reason(&self) -> BTreeMap<String, u64> {
        self.lock().iter().map(|(reason, number)| ((*reason).to_owned(), *number)).collect()
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

    #[test]
    fn the_greatest_comes_first_and_equals_keep_their_order() {
        let tally = Tally::<OfItem>::default();
        let (power, vat) = ((Some("laser.power"), "no_unit"), (Some("vat.temperature"), "not_a_number"));
        [vat, power, (None, "too_long"), vat].into_iter().for_each(|reason| tally.one(reason));
        assert_eq!(tally.greatest_first(), [(vat, 2), ((None, "too_long"), 1), (power, 1)]);
    }
}
