//! How far a file is read, and how far what was read is stored: decisions only, no file.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use catalog::Salt;

use super::limits::{BEFORE_BYTES, PIECES_IN_FLIGHT_MAX};
use crate::receipt::Outcome;

/// Names one piece of one reading of a file: after a nack or a truncation, or once the file was let go and taken in
/// again, the earlier readings' answers mean nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    epoch: u64,
    number: u64,
}

/// An offset, and what stood just before it: its length and check. Another text there means that the file was
/// emptied and has grown past the offset since, which its length alone does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) offset: u64,
    pub(super) before: usize,
    pub(super) check: u32,
}

impl Mark {
    /// The mark at this offset, behind what was just read.
    pub(super) fn behind(read: &[u8], offset: u64, salt: &Salt) -> Self {
        let (_, end) = read.split_at(read.len().saturating_sub(BEFORE_BYTES));
        Self { offset, before: end.len(), check: salt.check(end) }
    }
}

#[derive(Debug)]
struct Piece {
    end: Mark,
    accepted: bool,
}

/// The positions in one file.
#[derive(Debug)]
pub(super) struct Position {
    accepted: Mark,
    read: Mark,
    /// Which reading this is, of all that there ever were of any file.
    epoch: u64,
    first_number: u64,
    waiting: VecDeque<Piece>,
}

fn next_epoch() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Default for Position {
    fn default() -> Self {
        let (accepted, read) = (Mark::default(), Mark::default());
        Self { accepted, read, epoch: next_epoch(), first_number: 0, waiting: VecDeque::new() }
    }
}

impl Position {
    /// Where the next piece begins.
    pub(super) fn mark(&self) -> Mark {
        self.read
    }

    /// How far it is read.
    pub(super) fn read(&self) -> u64 {
        self.read.offset
    }

    /// Everything before this offset is stored by the platform.
    #[cfg(test)]
    pub(super) fn accepted(&self) -> u64 {
        self.accepted.offset
    }

    /// Pieces that wait for their receipts.
    #[cfg(test)]
    pub(super) fn in_flight(&self) -> usize {
        self.waiting.len()
    }

    /// Whether another piece may be read.
    pub(super) fn takes_more(&self) -> bool {
        self.waiting.len() < PIECES_IN_FLIGHT_MAX
    }

    /// A piece up to this mark was read and handed on.
    pub(super) fn advance(&mut self, end: Mark) -> Ticket {
        let number = self.first_number + self.waiting.len() as u64;
        self.read = end;
        self.waiting.push_back(Piece { end, accepted: false });
        Ticket { epoch: self.epoch, number }
    }

    /// What became of a piece. Says whether the file must be read again from the accepted offset.
    pub(super) fn resolve(&mut self, ticket: Ticket, outcome: Outcome) -> bool {
        if ticket.epoch != self.epoch {
            return false;
        }
        if outcome == Outcome::Nacked {
            self.start_over_at(self.accepted);
            return true;
        }
        let index =
            ticket.number.checked_sub(self.first_number).and_then(|index| usize::try_from(index).ok());
        if let Some(piece) = index.and_then(|index| self.waiting.get_mut(index)) {
            piece.accepted = true;
        }
        // A piece that was stored before an earlier one counts only once the earlier one is stored too.
        while self.waiting.front().is_some_and(|piece| piece.accepted) {
            if let Some(piece) = self.waiting.pop_front() {
                self.accepted = piece.end;
                self.first_number += 1;
            }
        }
        false
    }

    /// Whether everything that was read is stored.
    pub(super) fn is_settled(&self) -> bool {
        self.accepted.offset == self.read.offset
    }

    /// The file begins anew here: what was there before it is another file, or of no interest.
    pub(super) fn begin_at(&mut self, mark: Mark) {
        self.start_over_at(mark);
    }

    fn start_over_at(&mut self, mark: Mark) {
        self.accepted = mark;
        self.read = mark;
        self.epoch = next_epoch();
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Accepted, Nacked};

    fn at(offset: u64) -> Mark {
        Mark { offset, ..Mark::default() }
    }

    #[test]
    fn the_accepted_offset_moves_in_order() {
        let mut position = Position::default();
        let [a, b, c] = [10, 20, 30].map(|end| position.advance(at(end)));
        assert!(!position.resolve(c, Accepted));
        assert_eq!((position.read(), position.accepted()), (30, 0));
        position.resolve(a, Accepted);
        assert_eq!(position.accepted(), 10);
        position.resolve(b, Accepted);
        assert_eq!(position.accepted(), 30);
    }

    #[test]
    fn a_nack_goes_back_and_later_answers_of_that_reading_mean_nothing() {
        let mut position = Position::default();
        let [a, b, c] = [10, 20, 30].map(|end| position.advance(at(end)));
        position.resolve(a, Accepted);
        assert!(position.resolve(b, Nacked));
        assert_eq!((position.read(), position.accepted()), (10, 10));
        assert!(!position.resolve(c, Accepted));
        assert!(!position.resolve(c, Nacked));
        assert_eq!((position.read(), position.accepted()), (10, 10));
        let again = position.advance(at(30));
        position.resolve(again, Accepted);
        assert_eq!(position.accepted(), 30);
    }

    #[test]
    fn after_a_nack_what_stood_before_the_accepted_offset_is_still_looked_at() {
        let mut position = Position::default();
        let [stored, nacked] = [10, 20].map(|offset| Mark { offset, before: 10, check: 7 });
        let tickets = [stored, nacked].map(|mark| position.advance(mark));
        position.resolve(tickets[0], Accepted);
        assert!(position.resolve(tickets[1], Nacked));
        assert_eq!(position.mark(), stored);
    }

    #[test]
    fn a_truncated_file_starts_over() {
        let mut position = Position::default();
        let old = position.advance(at(10));
        position.begin_at(Mark::default());
        position.resolve(old, Accepted);
        assert_eq!((position.read(), position.accepted()), (0, 0));
    }

    #[test]
    fn an_answer_of_a_file_that_was_let_go_means_nothing_to_it_taken_in_anew() {
        let mut before = Position::default();
        let ticket = before.advance(at(10));
        let mut position = Position::default();
        position.advance(at(20));
        position.resolve(ticket, Accepted);
        assert_eq!(position.accepted(), 0);
        assert!(!position.resolve(ticket, Nacked));
    }

    #[test]
    fn pieces_in_flight_are_bounded() {
        let mut position = Position::default();
        let first = position.advance(at(1));
        for end in 2..=PIECES_IN_FLIGHT_MAX as u64 {
            assert!(position.takes_more());
            position.advance(at(end));
        }
        assert!(!position.takes_more());
        position.resolve(first, Accepted);
        assert!(position.takes_more());
    }
}
