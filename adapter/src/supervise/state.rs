//! How it stands, for whoever looks on: `adapter status` and the account.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::account::{Part, Separation};
use crate::update::install::{Account as Updates, Counts};

/// What `adapter status` says of a supervisor. Times are how long ago something was, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    /// Says what this is: `supervisor`.
    pub(crate) half: String,
    /// The version of the running program.
    pub(crate) version: String,
    /// Whether the halves are separated: `verified`, `unverified` or `broken`.
    pub(crate) separation: Separation,
    /// What is wrong, in words; the last first. Empty when all is well.
    pub(crate) trouble: Vec<String>,
    /// How often the halves were found not to be separated since the start.
    pub(crate) breaches: u64,
    /// How often they were tried.
    pub(crate) verifications: u64,
    /// How often the engine was found to have gone.
    pub(crate) engine_lost: u64,
    /// The containers.
    pub(crate) containers: Vec<Part>,
    /// What became of releases; `null` where none are looked for.
    pub(crate) updates: Option<Counts>,
}

/// The state, shared.
#[derive(Clone, Debug)]
pub(crate) struct State(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    document: Mutex<Document>,
    /// Who installs releases keeps its own account.
    updates: OnceLock<Updates>,
}

impl State {
    pub(crate) fn new() -> Self {
        let document = Document {
            half: "supervisor".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            separation: Separation::Unverified,
            trouble: Vec::new(),
            breaches: 0,
            verifications: 0,
            engine_lost: 0,
            containers: Vec::new(),
            updates: None,
        };
        Self(Arc::new(Inner { document: Mutex::new(document), updates: OnceLock::new() }))
    }

    /// Before there is anything to supervise: what is waited for.
    pub(crate) fn waits(&self, why: &str) {
        self.lock().trouble = vec![why.to_owned()];
    }

    /// What has to be stopped goes on running.
    pub(super) fn cannot_stop(&self, why: &str) {
        let words = "what runs is not shown to be separated, and could not be stopped; it is tried again";
        tracing::error!(why, "{words}");
        let mut state = self.lock();
        state.separation = Separation::Broken;
        state.trouble.retain(|said| said != words);
        state.trouble.push(words.into());
    }

    /// From now on there is somebody who installs releases.
    pub(crate) fn installs(&self, updates: Updates) {
        // There is one in a process.
        let _ = self.0.updates.set(updates);
    }

    /// What became of releases; nothing where none are looked for.
    pub(super) fn updates(&self) -> Option<Counts> {
        self.0.updates.get().map(Updates::counts)
    }

    /// What there is to say now.
    pub(crate) fn document(&self) -> Document {
        Document { updates: self.updates(), ..self.lock().clone() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Document> {
        self.0.document.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
