//! How the adapter runs in containers, said once. `docker/compose.yaml` says the same of an evaluation, and a test holds the
//! two against each other (`tests/tests/topology.rs`).
//!
//! Nothing in here is optional or can be configured but the images, the files that a half is given, and the networks' own
//! addresses: a setting that could be switched off would be switched off somewhere.

mod container;
mod describe;
mod network;
mod sources;

use std::time::Duration;

pub(crate) use container::{Container, LOOKER, Mount, Role};
pub(crate) use describe::{Incomplete, Places, named_by_address};
pub(crate) use network::{Driver, NO_NETWORK, Network, Volume};

/// What every object that the supervisor makes is marked with. It touches nothing else.
pub(crate) const LABEL: &str = "io.oneway.supervisor";

/// How a container is asked whether it is well.
pub(crate) struct HealthCheck {
    /// Between two questions.
    pub(crate) interval: Duration,
    /// Time for an answer.
    pub(crate) timeout: Duration,
    /// After a start, in which no answer says nothing.
    pub(crate) start_period: Duration,
    /// So many in a row without an answer, and it hangs.
    pub(crate) retries: i64,
}

/// One that hangs is known after some forty seconds. An answer takes milliseconds; on a machine at its limits, seconds.
pub(crate) const HEALTH: HealthCheck = HealthCheck {
    interval: Duration::from_secs(5),
    timeout: Duration::from_secs(10),
    start_period: Duration::from_secs(20),
    retries: 3,
};

/// All that there is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topology {
    /// The printers' and the one with the way out.
    pub(crate) networks: Vec<Network>,
    /// Where the two halves meet.
    pub(crate) link: Volume,
    /// In the order of their start: first the one that data goes to.
    pub(crate) containers: Vec<Container>,
}
