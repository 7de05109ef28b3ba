//! What stands in the way of reading: said when it begins and when it is over, counted each time between.

use std::collections::BTreeMap;

/// A kind of trouble, by its name in the log and in the status.
pub(super) type Kind = &'static str;

/// What became of the troubles since the look before.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    // A kind is a name in the program's text, so there are only so many.
    open: BTreeMap<Kind, Open>,
}

#[derive(Debug, Default)]
struct Open {
    times: u64,
    /// How much of it there was since the look before.
    now: u64,
}

/// What a look has shown of a kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) kind: Kind,
    /// How much of it there is, such as files; 0 when it is over.
    pub(super) now: u64,
    /// How often it happened since it began.
    pub(super) times: u64,
}

impl Troubles {
    /// It happened, to so many. Says whether it is new.
    pub(super) fn happened(&mut self, kind: Kind, number: u64) -> bool {
        let open = self.open.entry(kind).or_default();
        open.times += 1;
        open.now += number;
        open.times == 1
    }

    /// A look ends: what has not happened since the last one is over.
    pub(super) fn looked(&mut self) -> Vec<Shown> {
        let shown = |(kind, open): (&Kind, &Open)| Shown { kind, now: open.now, times: open.times };
        let all = self.open.iter().map(shown).collect();
        self.open.retain(|_, open| std::mem::take(&mut open.now) > 0);
        all
    }

    /// How often it has happened since it began.
    #[cfg(test)]
    pub(super) fn times(&self, kind: Kind) -> u64 {
        self.open.get(kind).map_or(0, |open| open.times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: Kind, now: u64, times: u64) -> Shown {
        Shown { kind, now, times }
    }

    #[test]
    fn each_trouble_begins_once_and_ends_once() {
        let mut troubles = Troubles::default();
        assert!(troubles.happened("directory", 1));
        assert_eq!(troubles.looked(), [shown("directory", 1, 1)]);
        assert_eq!((troubles.happened("directory", 1), troubles.happened("file", 1)), (false, true));
        assert!(!troubles.happened("file", 1));
        assert_eq!(troubles.looked(), [shown("directory", 1, 2), shown("file", 2, 2)]);
        assert!(!troubles.happened("file", 1));
        assert_eq!(troubles.looked(), [shown("directory", 0, 2), shown("file", 1, 3)]);
        assert_eq!(troubles.looked(), [shown("file", 0, 3)]);
        assert_eq!(troubles.looked(), []);
        assert!(troubles.happened("file", 1), "another time it is news again");
    }
}
