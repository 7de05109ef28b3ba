//! The receipts of readings that stand one after the other.

use std::collections::VecDeque;

use crate::receipt::Receipt;

/// So many readings that hang on one receipt.
#[derive(Debug)]
struct Run {
    readings: usize,
    receipt: Receipt,
}

/// The receipts of some readings, in their order. One receipt for each reading would be some atomic counts more a
/// reading, on a cache line that two cores share.
#[derive(Debug, Default)]
pub(super) struct Runs(VecDeque<Run>);

impl Runs {
    /// The next so many readings hang on this receipt.
    pub(super) fn push(&mut self, readings: usize, receipt: Receipt) {
        self.0.push_back(Run { readings, receipt });
    }

    /// Takes those of the first so many readings. A run that the cut goes through is shared by both sides.
    pub(super) fn take(&mut self, mut readings: usize) -> Self {
        let mut taken = Self::default();
        while readings > 0
            && let Some(run) = self.0.front_mut()
        {
            if run.readings > readings {
                run.readings -= readings;
                taken.push(readings, run.receipt.share());
                break;
            }
            readings -= run.readings;
            taken.0.extend(self.0.pop_front());
        }
        taken
    }

    /// The receipts.
    pub(super) fn into_receipts(self) -> impl Iterator<Item = Receipt> {
        self.0.into_iter().map(|run| run.receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::Outcome;

    #[tokio::test]
    async fn a_run_that_is_cut_needs_both_sides_to_accept() {
        for (second, expected) in [(true, Outcome::Accepted), (false, Outcome::Nacked)] {
            let (receipt, verdict) = Receipt::group();
            let mut runs = Runs::default();
            runs.push(3, receipt);
            let first = runs.take(2);
            first.into_receipts().for_each(Receipt::accept);
            assert_eq!(runs.0.front().map(|run| run.readings), Some(1));
            runs.into_receipts().for_each(|receipt| if second { receipt.accept() } else { drop(receipt) });
            assert_eq!(verdict.await, expected);
        }
    }

    #[test]
    fn a_cut_between_two_runs_shares_neither() {
        let mut runs = Runs::default();
        for readings in [2, 3] {
            runs.push(readings, Receipt::group().0);
        }
        assert_eq!((runs.take(2).0.len(), runs.0.len(), runs.take(9).0.len(), runs.0.len()), (1, 1, 1, 0));
    }
}
