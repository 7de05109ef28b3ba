//! The printers that may call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::Identity;
use tokio_util::sync::CancellationToken;

use super::flow::Stored;
use crate::config::Printer;
use crate::counters::Counter;
use crate::intake::IntakeContext;
use crate::intake::listener::Senders;
use crate::normalise::{Normaliser, Way};

/// A printer that may call.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) normaliser: Normaliser,
    pub(super) model: Option<Identity>,
    /// Events that were lost before they came.
    pub(super) lost: Counter,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    stored: Option<Stored>,
    /// The connection that there is; a newer one cancels it.
    connection: CancellationToken,
}

/// The printers that may call.
pub(super) fn callers(printers: &[Printer], context: &IntakeContext) -> Senders<Arc<Caller>> {
    let callers = printers.iter().filter_map(|printer| {
        let caller = Caller {
            normaliser: Normaliser::new(printer, Way::Push, context),
            model: printer.model.clone(),
            lost: Counter::default(),
            state: Mutex::default(),
        };
        Some((printer.push.clone()?, Arc::new(caller)))
    });
    callers.collect()
}

impl Caller {
    /// A new connection. The one before it ends: a printer that lost its power has left it behind.
    pub(super) fn connected(&self) -> CancellationToken {
        let newer = CancellationToken::new();
        std::mem::replace(&mut self.state().connection, newer.clone()).cancel();
        newer
    }

    /// How far its log is stored.
    pub(super) fn stored(&self) -> Option<Stored> {
        self.state().stored.clone()
    }

    /// Its log is stored so far. What an older connection of the same instance still learns does not go back.
    pub(super) fn remember(&self, stored: Stored) {
        self.state().stored = Some(stored);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
