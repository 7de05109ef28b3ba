//! What stands in the way of reading: said when it begins and when it is over, counted each time between.

use std::collections::BTreeMap;

/// A kind of trouble, by its name in the log.
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
    since_the_look: bool,
}

impl Troubles {
    /// It happened. Says whether it is new.
    pub(super) fn happened(&mut self, kind: Kind) -> bool {
        let open = self.open.entry(kind).or_default();
        open.times += 1;
        open.since_the_look = true;
        open.times == 1
    }

    /// A look ends: what has not happened since the last one is over. Gives each with how often it happened.
    pub(super) fn over(&mut self) -> Vec<(Kind, u64)> {
        let over = self.open.iter().filter(|(_, open)| !open.since_the_look);
        let over: Vec<_> = over.map(|(kind, open)| (*kind, open.times)).collect();
        self.open.retain(|_, open| std::mem::take(&mut open.since_the_look));
        over
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

    #[test]
    fn each_trouble_begins_once_and_ends_once() {
        let mut troubles = Troubles::default();
        assert_eq!((troubles.happened("directory"), troubles.over()), (true, vec![]));
        assert_eq!((troubles.happened("directory"), troubles.happened("file")), (false, true));
        assert_eq!(troubles.over(), []);
        assert!(!troubles.happened("file"));
        assert_eq!(troubles.over(), [("directory", 2)]);
        assert_eq!(troubles.over(), [("file", 2)]);
        assert!(troubles.happened("file"), "another time it is news again");
    }
}
