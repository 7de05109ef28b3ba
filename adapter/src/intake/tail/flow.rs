//! Who may read on, so that old lines never hold up new ones: decisions only.

use super::limits::BACKLOG_IN_FLIGHT_MAX;

/// What is still unread of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Lines that are written now.
    Live,
    /// Old lines, with new ones behind them.
    Growing,
    /// Old lines alone.
    Backlog,
}

impl Class {
    /// Whether it has to give way.
    pub(super) fn is_old(self) -> bool {
        self != Self::Live
    }
}

/// What is on its way to the buffer and to the platform. One piece of either sort may wait for room: so live lines wait
/// for the buffer beside old ones and not behind them, and no more than two pieces of a printer are in memory.
#[derive(Debug, Default)]
pub(super) struct Flow {
    live_handed: bool,
    old_handed: bool,
    old_in_flight: usize,
}

impl Flow {
    /// Whether a piece of this class may be read now.
    pub(super) fn admits(&self, class: Class) -> bool {
        if class.is_old() {
            !self.old_handed && self.old_in_flight < BACKLOG_IN_FLIGHT_MAX
        } else {
            !self.live_handed
        }
    }

    /// A piece waits for room in the buffer.
    pub(super) fn handed(&mut self, class: Class) {
        *self.waiting(class) = true;
        self.old_in_flight += usize::from(class.is_old());
    }

    /// The buffer has all of it.
    pub(super) fn taken(&mut self, class: Class) {
        *self.waiting(class) = false;
    }

    /// Its fate is known.
    pub(super) fn ended(&mut self, class: Class) {
        self.old_in_flight -= usize::from(class.is_old() && self.old_in_flight > 0);
    }

    fn waiting(&mut self, class: Class) -> &mut bool {
        if class.is_old() { &mut self.old_handed } else { &mut self.live_handed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Class::{Backlog, Growing, Live};

    #[test]
    fn old_lines_wait_for_their_receipts_and_new_ones_for_room_alone() {
        let mut flow = Flow::default();
        for _ in 0..BACKLOG_IN_FLIGHT_MAX {
            assert!(flow.admits(Backlog));
            flow.handed(Backlog);
            assert!(!flow.admits(Growing) && flow.admits(Live), "one at a time waits for room");
            flow.taken(Backlog);
        }
        assert!(!flow.admits(Backlog) && flow.admits(Live));
        flow.handed(Live);
        assert!(!flow.admits(Live));
        flow.taken(Live);
        flow.ended(Live);
        assert!(!flow.admits(Backlog), "a live line's fate makes no room for an old one");
        flow.ended(Backlog);
        assert!(flow.admits(Backlog));
    }
}
