//! How far the way down has got, for `adapter status`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::config::ThingName;

/// What the dispatcher last did. Written by it alone.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stored: Option<Instant>,
    retry_at: Option<Instant>,
    parked: BTreeMap<String, Parked>,
}

/// A thing whose readings the platform does not take, while it takes others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parked {
    /// Why.
    pub(crate) why: &'static str,
    /// Since when.
    pub(crate) since: Instant,
}

impl Progress {
    /// When the platform last stored something.
    pub(crate) fn stored(&self) -> Option<Instant> {
        self.lock().stored
    }

    /// When the platform is asked again, while it takes nothing.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.lock().retry_at
    }

    /// The things that the platform does not take, by name.
    pub(crate) fn parked(&self) -> BTreeMap<String, Parked> {
        self.lock().parked.clone()
    }

    pub(super) fn stored_now(&self, thing: &ThingName, now: Instant) {
        let mut state = self.lock();
        state.stored = Some(now);
        state.parked.remove(thing.as_str());
    }

    pub(super) fn set_retry(&self, at: Option<Instant>) {
        self.lock().retry_at = at;
    }

    /// At most one a lane, so as many as there are printers.
    pub(super) fn park(&self, thing: &ThingName, why: &'static str, since: Instant) {
        let mut state = self.lock();
        let parked = state.parked.entry(thing.as_str().to_owned());
        parked.and_modify(|parked| parked.why = why).or_insert(Parked { why, since });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
