//! One printer's connections: so many, and a silent one makes place for a new one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use super::limits::{CONNECTIONS_PER_PRINTER_MAX, REPLACED_AFTER};

/// The seats of one printer.
#[derive(Debug, Default)]
pub(super) struct Seats(Mutex<Vec<Arc<State>>>);

/// One connection's seat; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    quiet_since: Mutex<Option<Instant>>,
    left: CancellationToken,
}

impl Seats {
    /// A seat for a new connection: a free one, else that of the connection which has been silent longest with
    /// nothing in flight. A printer that was switched off twelve times is not locked out by what it left behind.
    pub(super) fn take(self: &Arc<Self>, now: Instant) -> Option<Seat> {
        let mut taken = self.lock();
        if taken.len() >= CONNECTIONS_PER_PRINTER_MAX {
            let quiet = taken.iter().enumerate().filter_map(|(at, state)| Some((state.quiet_since()?, at)));
            let (_, longest) = quiet.min().filter(|(since, _)| *since + REPLACED_AFTER <= now)?;
            taken.swap_remove(longest).left.cancel();
        }
        let state = Arc::new(State { quiet_since: Mutex::new(Some(now)), left: CancellationToken::new() });
        taken.push(Arc::clone(&state));
        Some(Seat { seats: Arc::clone(self), state })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<State>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn quiet_since(&self) -> Option<Instant> {
        *self.quiet_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Since when the connection has been silent with nothing in flight; `None` while it is not.
    pub(super) fn is_quiet(&self, since: Option<Instant>) {
        *self.state.quiet_since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Resolves when a new connection has the seat.
    pub(super) fn left(&self) -> WaitForCancellationFuture<'_> {
        self.state.left.cancelled()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.lock().retain(|state| !Arc::ptr_eq(state, &self.state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_one_that_was_silent_longest_makes_place_and_a_busy_one_never() {
        let (seats, start) = (Arc::new(Seats::default()), Instant::now());
        let taken: Vec<_> = (0..CONNECTIONS_PER_PRINTER_MAX).filter_map(|_| seats.take(start)).collect();
        assert_eq!(taken.len(), CONNECTIONS_PER_PRINTER_MAX);
        let left = || taken.iter().filter(|seat| seat.state.left.is_cancelled()).count();
        // All have only just spoken.
        assert!(seats.take(start).is_none());
        taken.iter().for_each(|seat| seat.is_quiet(None));
        let later = start + REPLACED_AFTER * 2;
        assert!(seats.take(later).is_none());
        taken[3].is_quiet(Some(start + REPLACED_AFTER));
        taken[5].is_quiet(Some(start));
        let newcomer = seats.take(later);
        assert!(newcomer.is_some() && taken[5].state.left.is_cancelled() && left() == 1);
        assert!(seats.take(later).is_some() && taken[3].state.left.is_cancelled());
        assert!(seats.take(later).is_some_and(|_| left() == 2), "the seat of the one just dropped");
    }

    #[test]
    fn a_seat_is_free_again_when_its_connection_ends() {
        let (seats, now) = (Arc::new(Seats::default()), Instant::now());
        let taken: Vec<_> = (0..CONNECTIONS_PER_PRINTER_MAX * 2).filter_map(|_| seats.take(now)).collect();
        assert_eq!(taken.len(), CONNECTIONS_PER_PRINTER_MAX);
        drop(taken);
        assert!(seats.lock().is_empty() && seats.take(now).is_some());
    }
}
