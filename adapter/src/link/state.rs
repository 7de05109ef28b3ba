//! How the link stands, for whoever looks on. Written by the end of it that this process has.

use std::sync::{Mutex, MutexGuard, PoisonError};

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

    pub(crate) fn set_connected(&self, connected: Option<Instant>) {
        self.lock().connected = connected;
    }

    pub(crate) fn heard_now(&self) {
        self.lock().heard = Some(Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
