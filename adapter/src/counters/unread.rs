//! What of a printer's log directory is not read.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// By reason, each a name in the program's text, so there are only so many.
#[derive(Debug, Default)]
pub struct Unread(Mutex<BTreeMap<&'static str, Extent>>);

/// How much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// How much of it the last look at the directory found: files, or 1 for the directory itself. 0 when it is over.
    pub now: u64,
    /// How often it has begun since the start; of what has no end, such as readings passed by, how many there were.
    pub times: u64,
}

impl Unread {
    /// A look at the directory found so much of it.
    pub fn found(&self, reason: &'static str, number: u64) {
        let mut all = self.lock();
        if number == 0 && !all.contains_key(reason) {
            return;
        }
        let extent = all.entry(reason).or_default();
        extent.times += u64::from(extent.now == 0 && number > 0);
        extent.now = number;
    }

    /// So many more of what is gone with its look.
    pub fn more(&self, reason: &'static str, number: u64) {
        if number > 0 {
            self.lock().entry(reason).or_default().times += number;
        }
    }

    /// All of it, by reason.
    pub fn by_reason(&self) -> BTreeMap<&'static str, Extent> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Extent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_counted_when_it_begins_and_again_when_it_begins_again() {
        let unread = Unread::default();
        for number in [0, 3, 4, 0, 0, 1] {
            unread.found("too_many_files", number);
        }
        unread.found("directory", 0);
        unread.more("old_readings", 120);
        unread.more("old_readings", 0);
        let expected = [
            ("old_readings", Extent { now: 0, times: 120 }),
            ("too_many_files", Extent { now: 1, times: 2 }),
        ];
        assert_eq!(unread.by_reason(), expected.into());
    }
}
