//! How the link stands, for whoever looks on. Written by the end of it that this process has.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::counters::{Counter, Tally};

/// One end of the link.
#[derive(Debug, Default)]
pub struct LinkState {
    times: Mutex<Times>,
    /// What came over it and was refused, by the codec's names: each closed the connection.
    pub frames_refused: Tally,
    /// Connections that were not taken, such as a second intake's.
    pub peers_refused: Tally,
    /// Batches that came or went.
    pub batches: Counter,
}

#[derive(Debug, Default)]
struct Times {
    connected: Option<Instant>,
    heard: Option<Instant>,
    silent_until: Option<Instant>,
}

impl LinkState {
    /// Since when the other half is connected; nothing while it is not.
    pub fn connected(&self) -> Option<Instant> {
        self.lock().connected
    }

    /// When the other half was last heard: a batch, or an answer.
    pub fn heard(&self) -> Option<Instant> {
        self.lock().heard
    }

    /// Whether the other half lives, as far as one can tell: it is connected, and was heard within this time, or was told to wait
    /// and the wait is not over for as long.
    pub(crate) fn lives(&self, within: Duration) -> bool {
        let times = self.lock();
        let heard = times.connected.and(times.heard).max(times.connected.and(times.silent_until));
        times.heard.is_some() && heard.is_some_and(|heard| heard + within >= Instant::now())
    }

    /// It was told to wait for so long: until then it says nothing.
    pub(crate) fn told_to_wait(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut times = self.lock();
        times.silent_until = times.silent_until.max(Some(until));
    }

    pub(crate) fn set_connected(&self, connected: Option<Instant>) {
        let mut times = self.lock();
        (times.connected, times.silent_until) = (connected, None);
    }

    pub(crate) fn heard_now(&self) {
        self.lock().heard = Some(Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
