//! `[supervise]`: the halves as containers. What can be said here is which images, which files and which network interfaces;
//! how a container is held is the program's own (`adapter/src/supervise/topology`).

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use release::ImageDigest;
use serde::Deserialize;

use super::error::Problems;
use super::place::KeyPath;
use super::text::{FromText, Text};

/// Where the engine listens unless it is said.
const ENGINE: &str = "/run/docker.sock";

/// The halves as containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervise {
    /// The container engine's socket.
    pub engine: PathBuf,
    /// What the intake runs.
    pub intake_image: ImageDigest,
    /// What the uplink runs.
    pub uplink_image: ImageDigest,
    /// Where the images are, for an engine that has not got them.
    pub archives: Vec<PathBuf>,
    /// The directory with the intake's files, such as certificates: it sees it at the same place.
    pub intake_files: Option<PathBuf>,
    /// The same of the uplink.
    pub uplink_files: Option<PathBuf>,
    /// The printers' network; without one, containers of this machine alone are reached.
    pub printers_network: Option<Lan>,
    /// The network with the way out; without one, the way leads through the machine.
    pub uplink_network: Option<Lan>,
    /// Whom the uplink asks for names; without one, whom the machine asks.
    pub resolvers: Vec<Ipv4Addr>,
}

/// A half's place on a network that the machine is plugged into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lan {
    /// The machine's interface.
    pub interface: String,
    /// The network.
    pub subnet: Subnet,
    /// The half's own address there.
    pub address: Ipv4Addr,
    /// The router; the intake has none.
    pub gateway: Option<Ipv4Addr>,
}

/// A network's address: `192.168.77.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    first: Ipv4Addr,
    bits: u8,
}

#[derive(Deserialize)]
pub(super) struct Raw {
    engine: Option<Text<PathBuf>>,
    intake_image: Text<ImageDigest>,
    uplink_image: Text<ImageDigest>,
    #[serde(default)]
    archives: Vec<Text<PathBuf>>,
    intake_files: Option<Text<PathBuf>>,
    uplink_files: Option<Text<PathBuf>>,
    printers_network: Option<RawLan>,
    uplink_network: Option<RawLan>,
    #[serde(default)]
    resolvers: Vec<Text<Ipv4Addr>>,
}

#[derive(Deserialize)]
pub(super) struct RawLan {
    interface: Text<InterfaceName>,
    subnet: Text<Subnet>,
    address: Text<Ipv4Addr>,
    gateway: Option<Text<Ipv4Addr>>,
}

struct InterfaceName(String);

impl FromText for InterfaceName {
    const EXPECTED: &'static str = "the name of a network interface, such as `enp1s0`";
    fn from_text(text: &str) -> Option<Self> {
        // `dev_valid_name` of the kernel, and no letter that the engine reads otherwise: a dot makes a VLAN.
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        (plain && (1..=15).contains(&text.len()) && text != "." && text != "..")
            .then(|| Self(text.to_owned()))
    }
}

impl FromText for Subnet {
    const EXPECTED: &'static str = "a network and its length, such as `192.168.77.0/24`";
    fn from_text(text: &str) -> Option<Self> {
        let (first, bits) = text.split_once('/')?;
        let subnet = Self { first: first.parse().ok()?, bits: bits.parse().ok()? };
        // A network of two machines has no room for printers, and one of more than this is not one network.
        let sane = (8..=29).contains(&subnet.bits);
        (sane && u32::from(subnet.first) & !subnet.mask() == 0).then_some(subnet)
    }
}

impl FromText for Ipv4Addr {
    const EXPECTED: &'static str = "an IPv4 address, such as `192.168.77.2`";
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromText for ImageDigest {
    const EXPECTED: &'static str =
        "an image by its digest: `sha256:` and 64 digits, as `docker inspect --format {{.Id}}` says it";
    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Subnet {
    /// Whether an address belongs to it.
    pub fn holds(self, address: Ipv4Addr) -> bool {
        u32::from(address) & self.mask() == u32::from(self.first)
    }

    /// The network that a machine with this address is on.
    pub(crate) fn around(address: Ipv4Addr, bits: u8) -> Self {
        let network = Self { first: address, bits: bits.min(32) };
        Self { first: Ipv4Addr::from(u32::from(address) & network.mask()), ..network }
    }

    /// Whether there is an address that belongs to both.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.holds(other.first) || other.holds(self.first)
    }

    /// Whether all addresses of another belong to it.
    pub(crate) fn contains(self, other: Self) -> bool {
        self.bits <= other.bits && self.holds(other.first)
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0)
    }

    /// Whether a machine can have this address: it is in the network, and neither the first nor the last of it.
    fn has_room_for(self, address: Ipv4Addr) -> bool {
        let host = u32::from(address) & !self.mask();
        self.holds(address) && host != 0 && host != !self.mask()
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

impl Raw {
    pub(super) fn check(
        self,
        directory: &Path,
        path: &KeyPath,
        problems: &mut Problems,
    ) -> Option<Supervise> {
        let at = |file: Text<PathBuf>| directory.join(file.0);
        let lan = |raw: Option<RawLan>, key: &str, problems: &mut Problems| match raw {
            None => Some(None),
            Some(raw) => raw.check(&path.key(key), problems).map(Some),
        };
        let printers_network = lan(self.printers_network, "printers_network", problems);
        let uplink_network = lan(self.uplink_network, "uplink_network", problems);
        let printers_network = printers_network?;
        if printers_network.as_ref().is_some_and(|lan| lan.gateway.is_some()) {
            let text = "the intake has no way beyond its printers' network: leave it out";
            problems.add(path.key("printers_network").key("gateway"), text);
            return None;
        }
        let uplink_network = uplink_network?;
        if uplink_network.as_ref().is_some_and(|lan| lan.gateway.is_none()) {
            problems.add(
                path.key("uplink_network"),
                "missing field `gateway`: the router on the way to the platform",
            );
            return None;
        }
        if let (Some(printers), Some(uplink)) = (&printers_network, &uplink_network) {
            let (key, text) = if printers.subnet.overlaps(uplink.subnet) {
                let text = format!(
                    "overlaps {}, the printers' network: the uplink would reach them; write another network",
                    printers.subnet
                );
                ("subnet", text)
            } else if printers.interface == uplink.interface {
                (
                    "interface",
                    "is the one of printers_network: the uplink would be among the printers; write another"
                        .into(),
                )
            } else {
                ("", String::new())
            };
            if !key.is_empty() {
                problems.add(path.key("uplink_network").key(key), text);
                return None;
            }
        }
        Some(Supervise {
            engine: self.engine.map_or_else(|| ENGINE.into(), at),
            intake_image: self.intake_image.0,
            uplink_image: self.uplink_image.0,
            archives: self.archives.into_iter().map(at).collect(),
            intake_files: self.intake_files.map(at),
            uplink_files: self.uplink_files.map(at),
            printers_network,
            uplink_network,
            resolvers: self.resolvers.into_iter().map(|resolver| resolver.0).collect(),
        })
    }
}

impl RawLan {
    fn check(self, path: &KeyPath, problems: &mut Problems) -> Option<Lan> {
        let (subnet, address) = (self.subnet.0, self.address.0);
        let gateway = self.gateway.map(|gateway| gateway.0);
        for (key, address) in [("address", Some(address)), ("gateway", gateway)] {
            if address.is_some_and(|address| !subnet.has_room_for(address)) {
                problems.add(path.key(key), format!("is no address of a machine in {subnet}"));
                return None;
            }
        }
        if gateway == Some(address) {
            problems.add(path.key("gateway"), "is the half's own address; write the router's");
            return None;
        }
        Some(Lan { interface: self.interface.0.0, subnet, address, gateway })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_its_first_address_and_its_length() {
        for (text, expected) in [
            ("192.168.77.0/24", true),
            ("10.0.0.0/8", true),
            ("192.168.77.8/29", true),
            ("192.168.77.1/24", false),
            ("192.168.77.0/30", false),
            ("0.0.0.0/0", false),
            ("192.168.77.0", false),
            ("192.168.77.0/x", false),
            ("fd00::/8", false),
        ] {
            assert_eq!(
                Subnet::from_text(text).map(|subnet| subnet.to_string() == text),
                expected.then_some(true),
                "{text}"
            );
        }
        let subnet = Subnet::from_text("192.168.77.0/24").unwrap();
        for (address, holds, room) in [
            ("192.168.77.2", true, true),
            ("192.168.77.0", true, false),
            ("192.168.77.255", true, false),
            ("192.168.78.2", false, false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!((subnet.holds(address), subnet.has_room_for(address)), (holds, room), "{address}");
        }
    }

    #[test]
    fn two_networks_overlap_where_one_holds_the_first_address_of_the_other() {
        let subnet = |text: &str| {
            let (address, bits) = text.split_once('/').unwrap();
            Subnet::around(address.parse().unwrap(), bits.parse().unwrap())
        };
        for (one, other, overlaps, contains) in [
            ("192.168.77.0/24", "192.168.77.0/24", true, true),
            ("192.168.0.0/16", "192.168.77.0/24", true, true),
            ("192.168.77.0/24", "192.168.0.0/16", true, false),
            ("192.168.77.0/24", "192.168.77.9/32", true, true),
            ("192.168.76.0/24", "192.168.77.0/24", false, false),
            ("0.0.0.0/1", "10.0.0.0/8", true, true),
            ("128.0.0.0/1", "10.0.0.0/8", false, false),
        ] {
            let (one, other) = (subnet(one), subnet(other));
            assert_eq!((one.overlaps(other), other.overlaps(one)), (overlaps, overlaps), "{one} {other}");
            assert_eq!(one.contains(other), contains, "{one} {other}");
        }
        assert_eq!(Subnet::around("10.1.2.3".parse().unwrap(), 24).to_string(), "10.1.2.0/24");
    }

    #[test]
    fn the_two_networks_are_two() {
        let text = |uplink: &str| {
            let digest = "1".repeat(64);
            format!(
                "intake_image = 'sha256:{digest}'\nuplink_image = 'sha256:{digest}'\n\
                 printers_network = {{ interface = 'lan0', subnet = '192.168.77.0/24', address = '192.168.77.2' }}\n\
                 uplink_network = {uplink}\n"
            )
        };
        for (uplink, at) in [
            (
                "{ interface = 'wan0', subnet = '10.1.2.0/24', address = '10.1.2.9', gateway = '10.1.2.1' }",
                None,
            ),
            (
                "{ interface = 'wan0', subnet = '192.168.0.0/16', address = '192.168.1.9', gateway = '192.168.1.1' }",
                Some("subnet"),
            ),
            (
                "{ interface = 'lan0', subnet = '10.1.2.0/24', address = '10.1.2.9', gateway = '10.1.2.1' }",
                Some("interface"),
            ),
        ] {
            let raw: Raw = toml::from_str(&text(uplink)).unwrap();
            let mut problems = Problems::default();
            let checked = raw.check(Path::new("/"), &KeyPath::root().key("supervise"), &mut problems);
            assert_eq!(checked.is_some(), at.is_none(), "{uplink}");
        }
    }
}
