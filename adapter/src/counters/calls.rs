//! The calls of a printer that pushes.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::{Counter, Tally};

/// The calls of one printer. Told by the listener that it calls.
#[derive(Debug, Default)]
pub struct Calls {
    /// Gaps in the sequence of its events.
    pub gaps: Counter,
    /// Events that were lost before they came.
    pub lost: Counter,
    /// Calls that were closed for what came over them, by the reason.
    pub refused: Tally,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    call: u64,
    from: Option<IpAddr>,
    since: Option<Instant>,
    acknowledged: Option<u64>,
}

/// One call, as long as no newer one has taken its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call(u64);

impl Calls {
    /// It has called just now, from this address.
    pub fn begin(&self, from: IpAddr) -> Call {
        let mut state = self.lock();
        state.call += 1;
        (state.from, state.since) = (Some(from), Some(Instant::now()));
        Call(state.call)
    }

    /// This call is over. Says whether it was the latest.
    pub fn end(&self, call: Call) -> bool {
        let mut state = self.lock();
        let latest = self.is(call, &state);
        if latest {
            state.since = None;
        }
        latest
    }

    /// Whether it is the latest.
    pub fn is_latest(&self, call: Call) -> bool {
        self.is(call, &self.lock())
    }

    /// The last sequence whose event the platform has stored.
    pub fn acknowledge(&self, sequence: Option<u64>) {
        self.lock().acknowledged = sequence;
    }

    /// The last sequence that was acknowledged in the printer's present instance; nothing before the first call.
    pub fn acknowledged(&self) -> Option<u64> {
        self.lock().acknowledged
    }

    /// Where it called from the last time.
    pub fn from(&self) -> Option<IpAddr> {
        self.lock().from
    }

    /// Since when it is connected; nothing where it is not.
    pub fn since(&self) -> Option<Instant> {
        self.lock().since
    }

    fn is(&self, Call(call): Call, state: &State) -> bool {
        state.call == call
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_older_call_is_not_that_of_the_newer() {
        let calls = Calls::default();
        let [one, two]: [IpAddr; 2] = [[10, 0, 0, 1].into(), [10, 0, 0, 2].into()];
        let (older, newer) = (calls.begin(one), calls.begin(two));
        assert!(!calls.is_latest(older) && !calls.end(older));
        assert!(calls.since().is_some());
        assert!(calls.end(newer));
        assert_eq!((calls.since(), calls.from()), (None, Some(two)));
    }
}
