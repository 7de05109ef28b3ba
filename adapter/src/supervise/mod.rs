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
mod judge;
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

use tokio_util::sync::CancellationToken;

pub(crate) use account::{Account, Part, Reader};
pub(crate) use control::{Control, Images};
pub(crate) use engine::{Engine, EngineError, Found, Health};
pub(crate) use page::page;
pub(crate) use places::PlacesError;
pub(crate) use probe::{Target, look};
pub(crate) use state::Document;
pub(crate) use topology::{Container, Driver, Incomplete, Mount, Network, Role, Topology, Volume};

use crate::config::{Sections, Supervise};
use supervisor::{Plan, Supervisor};
use verify::Around;

/// Why there is nothing to supervise. Always the owner's to mend.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The configuration.
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
    /// The directory in memory.
    #[error(transparent)]
    Places(#[from] PlacesError),
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
    orders: tokio::sync::mpsc::Receiver<control::Order>,
    /// For other parts of this process.
    pub(crate) control: Control,
}

impl Ready {
    /// Makes the description of a configuration; `file` is its whole path. Nothing is asked of the engine yet.
    ///
    /// # Errors
    /// See [`StartError`].
    pub(crate) fn new(file: &Path, sections: &Sections, supervise: &Supervise) -> Result<Self, StartError> {
        let places = places::make()?;
        let topology = Topology::of(file, sections, supervise, &places)?;
        let printers_network = supervise.printers_network.as_ref().map(|lan| lan.subnet);
        let images =
            Images { intake: supervise.intake_image.clone(), uplink: supervise.uplink_image.clone() };
        let supervisor = Supervisor::new(Plan {
            engine: supervise.engine.clone(),
            topology,
            images,
            around: Around::of(sections, printers_network),
            archives: supervise.archives.clone(),
            places,
        });
        let (control, orders) = Control::new(supervisor.state());
        Ok(Self { supervisor, orders, control })
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
