//! A network of a half, and the volume with the socket between the halves.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::Role;
use crate::config::Subnet;

/// What the engine calls having no network at all.
pub(crate) const NO_NETWORK: &str = "none";

/// A network that has one half on it and not the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    /// The engine's name of it.
    pub(crate) name: String,
    /// Whose it is.
    pub(crate) role: Role,
    /// How it is made.
    pub(crate) driver: Driver,
    /// Its addresses; without, the engine chooses.
    pub(crate) subnet: Option<Subnet>,
    /// The router on it.
    pub(crate) gateway: Option<Ipv4Addr>,
}

/// How a network is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    /// Between containers of this machine alone, on which the machine itself has no address.
    Closed,
    /// Between containers, with the machine as the way out.
    Open,
    /// The container is a machine of its own on the network of this interface.
    Interface(String),
}

/// A place in memory that containers share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    /// The engine's name of it.
    pub(crate) name: String,
    /// Mount options of the tmpfs.
    pub(crate) options: String,
}

impl Network {
    /// What the engine calls the driver.
    pub(crate) fn driver(&self) -> &'static str {
        match self.driver {
            Driver::Closed | Driver::Open => "bridge",
            Driver::Interface(_) => "macvlan",
        }
    }

    /// Whether the engine shall give it no way out. That alone is believed nowhere: it is tried.
    pub(crate) fn internal(&self) -> bool {
        self.role == Role::Intake
    }

    /// Whether nobody else has a place on it. Printers are on the intake's, where they are containers of this machine as well.
    pub(crate) fn is_alone(&self) -> bool {
        self.role == Role::Uplink || matches!(self.driver, Driver::Interface(_))
    }

    /// The driver's own options.
    pub(crate) fn options(&self) -> BTreeMap<&'static str, String> {
        match &self.driver {
            // `internal` alone leaves the machine reachable at the bridge's address; so the bridge has none.
            Driver::Closed => BTreeMap::from([("com.docker.network.bridge.inhibit_ipv4", "true".to_owned())]),
            Driver::Open => BTreeMap::new(),
            Driver::Interface(parent) => BTreeMap::from([("parent", parent.clone())]),
        }
    }
}

impl Volume {
    /// The driver's options.
    pub(crate) fn options(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("type", "tmpfs".to_owned()),
            ("device", "tmpfs".to_owned()),
            ("o", self.options.clone()),
        ])
    }
}
