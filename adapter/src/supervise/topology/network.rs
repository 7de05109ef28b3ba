//! A network of a half, and the volume with the socket between the halves.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::Role;

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
    pub(crate) subnet: Option<Address>,
    /// The router on it; without, the engine chooses one or needs none.
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

/// A network's address: `192.168.77.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Its first address.
    pub(crate) first: Ipv4Addr,
    /// Bits that all its addresses have in common.
    pub(crate) bits: u8,
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
        self.driver == Driver::Closed
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

impl Address {
    /// Whether an address belongs to it.
    pub(crate) fn holds(self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.bits.min(32))).unwrap_or(0);
        (u32::from(self.first) ^ u32::from(address)) & mask == 0
    }

    /// Reads `192.168.77.0/24`: its first address, and no bit more.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (first, bits) = text.split_once('/')?;
        let address = Self { first: first.parse().ok()?, bits: bits.parse().ok()? };
        let host = u32::MAX.checked_shr(u32::from(address.bits)).unwrap_or(0);
        // A network of one or two machines is none that printers are on.
        ((8..=29).contains(&address.bits) && u32::from(address.first) & host == 0).then_some(address)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}
