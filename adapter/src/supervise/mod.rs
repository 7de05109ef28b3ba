//! `adapter supervise`: runs the adapter's two halves as containers, shows that they are separated, and lets them run in no
//! other way.
//!
//! How the halves run is one typed description (`topology/`), in this program and nowhere else: no release and no
//! configuration can say more than which image, which files and which network interface. What the engine made of it is
//! tried from within (`probe/`, `judge.rs`), and not believed. It takes no command from anybody, and what it tells, it
//! tells upwards (`account.rs`).

mod account;
mod control;
mod engine;
mod half;
mod hold;
mod judge;
mod left;
mod limits;
mod output;
mod page;
mod places;
mod probe;
mod put;
mod state;
mod supervisor;
mod topology;
mod unverified;
mod verify;

use std::path::Path;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use account::{Account, Part, Reader, ReleaseCounts};
pub(crate) use control::{Control, Images};
pub(crate) use engine::{Asker, Engine, EngineError, Found, Health, in_words};
pub(crate) use left::{comes_back, end};
pub(crate) use page::page;
pub(crate) use places::PlacesError;
pub(crate) use probe::{Target, look};
pub(crate) use state::State;
pub(crate) use topology::{
    Container, Incomplete, Mount, NO_NETWORK, Role, Topology, Volume, named_by_address,
};

use crate::config::{Sections, Supervise};
use hold::{Held, HoldError};
use supervisor::{Plan, Supervisor};
use unverified::Unverified;
use verify::Around;

/// Why there is nothing to supervise.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The configuration.
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
    /// The directory in memory.
    #[error(transparent)]
    Places(#[from] PlacesError),
    /// Another supervisor.
    #[error(transparent)]
    Hold(#[from] HoldError),
}

impl StartError {
    /// Whether the owner has to change something. That another one runs passes, and so does a memory that is full.
    pub(crate) fn is_usage(&self) -> bool {
        match self {
            Self::Incomplete(_) => true,
            Self::Places(error) => !error.is_of_the_machine(),
            Self::Hold(_) => false,
        }
    }
}

/// What makes this the one supervisor of the machine.
pub(crate) struct Place {
    _held: Held,
    /// Counts from the moment that it is.
    unverified: Unverified,
}

impl Place {
    /// Does what has to be done before anything can be supervised. It may wait for as long as it has to: what a killed supervisor
    /// left running does not, unless it is shown to be separated in time.
    pub(crate) async fn meanwhile<T>(
        &self,
        engine: &Path,
        state: &State,
        work: impl Future<Output = T>,
    ) -> T {
        let stop = async || {
            let stopped = left::stop_untried(engine).await;
            stopped.inspect_err(|error| state.cannot_stop(&error.to_string())).is_ok()
        };
        self.unverified.meanwhile(work, stop).await
    }
}

/// Takes it, before anything of it is touched.
///
/// # Errors
/// See [`StartError`].
pub(crate) fn hold(engine: &Path) -> Result<Place, StartError> {
    let mut held = places::hold()?;
    places::reserved(&std::fs::read_to_string(places::USERS).unwrap_or_default())?;
    held.say(engine).map_err(|source| HoldError::Io { path: engine.to_owned(), source })?;
    Ok(Place { _held: held, unverified: Unverified::new(Instant::now()) })
}

/// All that would be asked of the engine for this configuration, as the engine takes it.
///
/// # Errors
/// See [`StartError`].
pub(crate) fn description(
    file: &Path,
    sections: &Sections,
    supervise: &Supervise,
) -> Result<serde_json::Value, StartError> {
    Ok(engine::description(&Topology::of(file, sections, supervise, &places::named())?))
}

/// What is to be run, ready to be.
pub(crate) struct Ready {
    supervisor: Supervisor,
    _place: Place,
    orders: tokio::sync::mpsc::Receiver<control::Order>,
    /// For other parts of this process.
    pub(crate) control: Control,
}

impl Ready {
    /// Makes the description of a configuration; `file` is its whole path. Nothing is asked of the engine yet. It waits for a
    /// directory in memory that can be written to.
    ///
    /// # Errors
    /// See [`StartError`].
    pub(crate) async fn new(
        place: Place,
        state: State,
        file: &Path,
        sections: &Sections,
        supervise: &Supervise,
    ) -> Result<Self, StartError> {
        let places = places::made(&state, places::make);
        let places = place.meanwhile(&supervise.engine, &state, places).await?;
        let topology = Topology::of(file, sections, supervise, &places)?;
        let printers_network = supervise.printers_network.as_ref().map(|lan| lan.subnet);
        let images =
            Images { intake: supervise.intake_image.clone(), uplink: supervise.uplink_image.clone() };
        let plan = Plan {
            engine: supervise.engine.clone(),
            topology,
            images,
            around: Around::of(sections, printers_network),
            archives: supervise.archives.clone(),
            places,
        };
        let (control, orders) = Control::new();
        let supervisor = Supervisor::new(plan, state, place.unverified.clone());
        Ok(Self { supervisor, _place: place, orders, control })
    }

    /// What is described: for whoever tries something beside it.
    pub(crate) fn topology(&self) -> Topology {
        self.supervisor.topology().clone()
    }

    /// Supervises until `stop`; `ready` is called once, when both halves run and are shown to be separated.
    pub(crate) async fn run(self, stop: CancellationToken, ready: impl FnOnce() + Send) {
        self.supervisor.run(self.orders, stop, ready).await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn only_what_the_owner_has_to_change_is_a_wrong_configuration() {
        let io = |kind: ErrorKind| PlacesError::Io { path: "/run".into(), source: Error::from(kind) };
        let taken = HoldError::Taken { who: "process 1".into() };
        for (error, expected) in [
            (StartError::from(Incomplete::Section("link")), true),
            (PlacesError::OnDisk("/var".into()).into(), true),
            (PlacesError::User { user: 10001, name: "anna".into() }.into(), true),
            (io(ErrorKind::StorageFull).into(), false),
            (io(ErrorKind::ReadOnlyFilesystem).into(), false),
            (taken.into(), false),
        ] {
            assert_eq!(error.is_usage(), expected, "{error}");
        }
    }
}
