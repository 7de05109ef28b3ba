//! How far one instance's log is stored, and what behind that is gone and was reported: it outlives a call.

use protocol::pip::{Gap, Text};

use super::limits::REPORTED_MAX;

/// How far one instance's log is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) instance: Text,
    /// `None` where nothing is known of it yet.
    pub(super) sequence: Option<u64>,
    /// What is gone behind `sequence` and was reported: gone from the printer before it was known to be stored. What came over a
    /// call that has ended since, and still waits for the platform, is known only by its receipts, which end with their call. So of
    /// a printer whose log ran over while the platform was away, more may be reported lost than is, and never less. Each range stands
    /// from its first to its last, in order. As long as nothing behind
    /// it is stored, each call proves it again.
    reported: Vec<(u64, u64)>,
}

impl Stored {
    /// A log of which nothing is known yet.
    pub(super) fn new(instance: Text) -> Self {
        Self { instance, sequence: None, reported: Vec::new() }
    }

    /// Everything up to this sequence is stored.
    pub(super) fn reach(&mut self, sequence: u64) {
        self.sequence = Some(sequence);
        self.reported.retain(|(_, last)| *last > sequence);
    }

    /// What of a gap is news, in order; from now on it was reported. A log that went back is one of which nothing is known.
    pub(super) fn report(&mut self, gap: Gap) -> Vec<Gap> {
        match gap {
            Gap::Lost { first, last } => self.lost(first, last),
            Gap::WentBack => {
                *self = Self::new(self.instance.clone());
                vec![gap]
            }
        }
    }

    fn lost(&mut self, first: u64, last: u64) -> Vec<Gap> {
        let (mut news, mut from) = (Vec::new(), first);
        for &(known_first, known_last) in &self.reported {
            if known_last < from || known_first > last {
                continue;
            }
            if known_first > from {
                news.push((from, known_first - 1));
            }
            from = known_last.saturating_add(1);
        }
        if from <= last {
            news.push((from, last));
        }
        self.reported.extend(&news);
        self.reported.sort_unstable();
        self.reported.dedup_by(|next, before| {
            let meets = before.1.saturating_add(1) >= next.0;
            if meets {
                before.1 = before.1.max(next.1);
            }
            meets
        });
        // The lowest goes first: it would be reported once more, and none is passed over.
        let over = self.reported.len().saturating_sub(REPORTED_MAX);
        self.reported.drain(..over);
        news.into_iter().map(|(first, last)| Gap::Lost { first, last }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(first: u64, last: u64) -> Gap {
        Gap::Lost { first, last }
    }

    fn stored() -> Stored {
        Stored::new(Text::cut("i-1"))
    }

    #[test]
    fn each_lost_event_is_news_once() {
        let mut stored = stored();
        stored.reach(4);
        for (gap, news) in [
            (lost(7, 8), vec![lost(7, 8)]),
            (lost(7, 8), vec![]),
            (lost(8, 8), vec![]),
            (lost(12, 13), vec![lost(12, 13)]),
            // What came between, and was not stored, is gone as well.
            (lost(5, 15), vec![lost(5, 6), lost(9, 11), lost(14, 15)]),
            (lost(5, 15), vec![]),
            (lost(15, 16), vec![lost(16, 16)]),
        ] {
            assert_eq!(stored.report(gap), news, "{gap:?}");
        }
        assert_eq!(stored.reported, [(5, 16)]);
        stored.reach(15);
        assert_eq!(stored.report(lost(16, 17)), [lost(17, 17)]);
        stored.reach(17);
        assert_eq!(stored.reported, []);
    }

    #[test]
    fn gaps_without_end_take_bounded_memory_and_none_is_passed_over() {
        let mut stored = stored();
        stored.reach(0);
        for hole in 1..=100 {
            assert_eq!(stored.report(lost(hole * 2, hole * 2)), [lost(hole * 2, hole * 2)]);
        }
        assert_eq!(stored.reported.len(), REPORTED_MAX);
        assert_eq!(stored.report(lost(2, 2)), [lost(2, 2)]);
        assert_eq!(stored.report(lost(200, 200)), []);
        assert_eq!(
            stored.report(lost(1, u64::MAX)).iter().filter_map(|gap| gap.count()).max(),
            Some(u64::MAX - 200)
        );
    }

    #[test]
    fn of_a_log_that_went_back_nothing_is_known() {
        let mut known = stored();
        known.reach(9);
        known.report(lost(10, 11));
        assert_eq!(known.report(Gap::WentBack), [Gap::WentBack]);
        assert_eq!(known, stored());
    }
}
