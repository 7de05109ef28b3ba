//! How the box's two plugs are set up: one towards the printers, one towards the platform, and never the same.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{Plain, PlugName, TimeServer};

/// Both plugs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The one towards the printers.
    pub printers: Plug,
    /// The one towards the platform.
    pub uplink: Plug,
    /// Who is asked for names, over the uplink's alone. Empty where DHCP says it.
    #[serde(default)]
    pub dns: Vec<IpAddr>,
    /// Who is asked for the time, by NTS (RFC 8915), over the uplink's alone.
    #[serde(default)]
    pub nts: Vec<TimeServer>,
}

/// One plug.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plug {
    /// The interface's name.
    pub interface: PlugName,
    /// Its address.
    pub address: Address,
    /// The next router. On the printers' side only where printers stand behind one: there is no default route that way.
    pub gateway: Option<IpAddr>,
}

/// An interface's address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Address {
    /// Whatever the network's DHCP gives.
    Dhcp,
    /// This one.
    Static(Prefix),
}

/// An address and the length of its network, such as `10.0.0.2/24`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prefix {
    /// The address.
    pub address: IpAddr,
    /// Bits of the network.
    pub bits: u8,
}

const DHCP: &str = "dhcp";

impl Plain for Address {
    const EXPECTED: &'static str = "dhcp, or an address with the length of its network, such as 10.0.0.2/24";

    fn parse(text: &str) -> Option<Self> {
        if text == DHCP {
            return Some(Self::Dhcp);
        }
        let (address, bits) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let bits: u8 = bits.parse().ok()?;
        let prefix = Prefix { address, bits };
        let usable = !address.is_unspecified() && !address.is_multicast() && !address.is_loopback();
        let named = prefix.to_string() == text && (1..=whole).contains(&bits);
        (named && usable && !prefix.names_no_host(whole)).then_some(Self::Static(prefix))
    }
}

impl Prefix {
    // The first address is the network's own name, and an IPv4 network's last one is everybody.
    fn names_no_host(self, whole: u8) -> bool {
        let host_bits = u32::from(whole - self.bits);
        let IpAddr::V4(address) = self.address else { return false };
        let mask = 1_u32.checked_shl(host_bits).map_or(u32::MAX, |bit| bit - 1);
        let host = address.to_bits() & mask;
        host_bits > 1 && (host == 0 || host == mask)
    }

    /// Whether the other address is in its network, so that it can be reached without a router.
    pub fn holds(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.bits);
                own.to_bits().checked_shr(shift) == other.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.bits);
                own.to_bits().checked_shr(shift) == other.to_bits().checked_shr(shift)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dhcp => f.write_str(DHCP),
            Self::Static(prefix) => prefix.fmt(f),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not {}", Self::EXPECTED))
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_a_host_can_have() {
        for good in ["dhcp", "10.0.0.2/24", "10.0.0.0/31", "10.0.0.7/32", "fd00::2/64", "192.168.77.1/16"] {
            assert_eq!(Address::parse(good).map(|it| it.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "",
            "DHCP",
            "10.0.0.2",
            "10.0.0.2/0",
            "10.0.0.2/33",
            "10.0.0.0/24",
            "10.0.0.255/24",
            "0.0.0.0/8",
            "127.0.0.1/8",
            "224.0.0.1/24",
            "10.0.0.2/024",
            "FD00::2/64",
            "10.0.0.2/24 ",
        ] {
            assert_eq!(Address::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_network_holds_its_own() {
        let prefix = |text| match Address::parse(text) {
            Some(Address::Static(prefix)) => prefix,
            other => panic!("{other:?}"),
        };
        for (network, other, expected) in [
            ("10.0.0.2/24", "10.0.0.9", true),
            ("10.0.0.2/24", "10.0.1.9", false),
            ("10.0.0.2/32", "10.0.0.2", true),
            ("10.0.0.2/24", "fd00::1", false),
            ("fd00::2/64", "fd00::9", true),
            ("fd00::2/64", "fd01::9", false),
        ] {
            assert_eq!(prefix(network).holds(other.parse().unwrap()), expected, "{network} {other}");
        }
    }
}
