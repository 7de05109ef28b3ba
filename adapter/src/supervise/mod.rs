//! `adapter supervise`: runs the adapter's two halves as containers, shows that they are separated, and lets them run in no
//! other way.
//!
//! How the halves run is one typed description (`topology/`), in this program and nowhere else: no release and no
//! configuration can say more than which image, which files and which network interface. What the engine made of it is
//! tried from within (`probe/`), and not believed. It takes no command from anybody, and what it tells, it tells upwards.

mod account;
mod engine;
mod limits;
mod probe;
mod topology;

pub(crate) use account::{Account, Part, Reader};
pub(crate) use engine::{Engine, EngineError, Found, FoundNetwork, Health, Output, Usage};
pub(crate) use probe::{Target, look};
pub(crate) use topology::{Address, Container, Driver, Mount, Network, Role, Topology, Volume};
