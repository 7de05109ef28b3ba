//! How far a file is read, and how far what was read is stored: decisions only, no file.

use std::collections::VecDeque;

use super::limits::PIECES_IN_FLIGHT_MAX;
use crate::receipt::Outcome;

/// Names one piece of one reading of the file: after a nack or a truncation the earlier readings' answers
/// mean nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    epoch: u64,
    number: u64,
}

#[derive(Debug)]
struct Piece {
    end: u64,
    accepted: bool,
}

/// The positions in one file.
#[derive(Debug, Default)]
pub(super) struct Position {
    accepted: u64,
    read: u64,
    epoch: u64,
    first_number: u64,
    waiting: VecDeque<Piece>,
}

impl Position {
    /// Where the next piece begins.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Everything before this offset is stored by the platform.
    pub(super) fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Whether another piece may be read.
    pub(super) fn takes_more(&self) -> bool {
        self.waiting.len() < PIECES_IN_FLIGHT_MAX
    }

    /// A piece up to this offset was read and handed on.
    pub(super) fn advance(&mut self, end: u64) -> Ticket {
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

    /// The file is shorter than what was read of it: it was emptied and is another file now.
    pub(super) fn truncated(&mut self) {
        self.start_over_at(0);
    }

    fn start_over_at(&mut self, offset: u64) {
        self.accepted = offset;
        self.read = offset;
        self.epoch += 1;
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Accepted, Nacked};

    #[test]
    fn the_accepted_offset_moves_in_order() {
        let mut position = Position::default();
        let [a, b, c] = [10, 20, 30].map(|end| position.advance(end));
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
        let [a, b, c] = [10, 20, 30].map(|end| position.advance(end));
        position.resolve(a, Accepted);
        assert!(position.resolve(b, Nacked));
        assert_eq!((position.read(), position.accepted()), (10, 10));
        assert!(!position.resolve(c, Accepted));
        assert!(!position.resolve(c, Nacked));
        assert_eq!((position.read(), position.accepted()), (10, 10));
        let again = position.advance(30);
        position.resolve(again, Accepted);
        assert_eq!(position.accepted(), 30);
    }

    #[test]
    fn a_truncated_file_starts_over() {
        let mut position = Position::default();
        let old = position.advance(10);
        position.truncated();
        position.resolve(old, Accepted);
        assert_eq!((position.read(), position.accepted()), (0, 0));
    }

    #[test]
    fn pieces_in_flight_are_bounded() {
        let mut position = Position::default();
        let first = position.advance(1);
        for end in 2..=PIECES_IN_FLIGHT_MAX as u64 {
            assert!(position.takes_more());
            position.advance(end);
        }
        assert!(!position.takes_more());
        position.resolve(first, Accepted);
        assert!(position.takes_more());
    }
}
