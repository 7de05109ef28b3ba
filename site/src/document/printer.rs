//! A printer as a person fills it in. It is named by its address: the box asks no name server for a printer, and its firewall
//! lets nothing else through.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::text::port;
use crate::{
    CertificateName, Family, Interval, Model, Plain, PrinterId, Secret, ServerName, User, Zone, limits,
};

/// One printer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printer {
    /// Its id.
    pub id: PrinterId,
    /// How its logs are written, where they are shipped.
    pub family: Option<Family>,
    /// The zone of stamps that name none.
    pub zone: Option<Zone>,
    /// Its model.
    pub model: Option<Model>,
    /// How it is queried.
    pub query: Option<Query>,
    /// How its Beats sender is known.
    pub beats: Option<Sender>,
    /// How it is known when it calls.
    pub push: Option<Sender>,
}

/// The interface that a printer is queried over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interface {
    /// A Duet's own.
    Duet,
    /// Moonraker, for printers with Klipper.
    Moonraker,
    /// An MTConnect agent.
    MtConnect,
    /// OctoPrint.
    OctoPrint,
    /// PIP/1.
    Pip,
    /// A Prusa printer's.
    PrusaLink,
}

/// How a printer is queried.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Over which interface.
    pub interface: Interface,
    /// Where.
    pub at: Target,
    /// The name that its certificate carries, where that is not its address; of PIP alone.
    pub server_name: Option<ServerName>,
    /// Who asks; of PrusaLink alone.
    pub user: Option<User>,
    /// Its key or password.
    pub secret: Option<Secret>,
    /// Time between two rounds.
    pub interval: Option<Interval>,
}

/// How a sender is known.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum Sender {
    /// By the common name of its certificate.
    Certificate(CertificateName),
    /// By its address.
    Address(IpAddr),
}

/// Where a printer listens: `10.0.0.9`, with `https://`, a port or a path where it needs them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target {
    /// Its address.
    pub address: IpAddr,
    /// The port, where it is not the interface's usual one.
    pub port: Option<u16>,
    /// Whether HTTP goes over TLS.
    pub https: bool,
    /// What stands before each path, such as `/octoprint`; mostly nothing.
    pub prefix: String,
}

impl Interface {
    /// Each of them.
    pub const ALL: [Self; 6] =
        [Self::Duet, Self::Moonraker, Self::MtConnect, Self::OctoPrint, Self::Pip, Self::PrusaLink];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Duet => "duet",
            Self::Moonraker => "moonraker",
            Self::MtConnect => "mtconnect",
            Self::OctoPrint => "octoprint",
            Self::Pip => "pip",
            Self::PrusaLink => "prusalink",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Duet => "Duet",
            Self::Moonraker => "Moonraker (Klipper)",
            Self::MtConnect => "MTConnect",
            Self::OctoPrint => "OctoPrint",
            Self::Pip => "PIP",
            Self::PrusaLink => "PrusaLink",
        }
    }

    /// The interface of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interface| interface.name() == name)
    }

    /// The port that it usually has.
    pub fn usual_port(self, https: bool) -> u16 {
        match self {
            Self::Pip => 7881,
            _ if https => 443,
            Self::Moonraker => 7125,
            Self::MtConnect => 5000,
            Self::Duet | Self::OctoPrint | Self::PrusaLink => 80,
        }
    }
}

impl Query {
    /// The port that is asked.
    pub fn port(&self) -> u16 {
        self.at.port.unwrap_or(self.interface.usual_port(self.at.https))
    }
}

impl Plain for Target {
    const EXPECTED: &'static str = "a printer's address, such as 10.0.0.9, 10.0.0.9:5000 or https://10.0.0.9/octoprint; not a \
                                    name, since the box asks no name server for a printer";

    fn parse(text: &str) -> Option<Self> {
        let (https, rest) = match text.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("http://").unwrap_or(text)),
        };
        let (host, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let prefix = prefix.trim_end_matches('/');
        let plain = prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b));
        let (address, port) = address_and_port(host)?;
        let usable = !address.is_unspecified() && !address.is_multicast();
        let fits = plain && usable && prefix.len() <= limits::PREFIX_CHARS_MAX;
        fits.then(|| Self { address, port, https, prefix: prefix.to_owned() })
    }
}

fn address_and_port(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(address) = text.parse() {
        return Some((address, None));
    }
    let (host, rest) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').and_then(|(host, rest)| {
            host.parse::<std::net::Ipv6Addr>().ok()?;
            Some((host, rest))
        })?,
        None => text.split_at(text.find(':')?),
    };
    let port = if rest.is_empty() { None } else { Some(port(rest.strip_prefix(':')?)?) };
    Some((host.parse().ok()?, port))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.https {
            f.write_str("https://")?;
        }
        match self.address {
            IpAddr::V4(address) => write!(f, "{address}")?,
            IpAddr::V6(address) => write!(f, "[{address}]")?,
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.prefix)
    }
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not {}", Self::EXPECTED))
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_address_and_never_a_name() {
        for (text, expected) in [
            ("10.0.0.9", Some("10.0.0.9")),
            ("http://10.0.0.9/", Some("10.0.0.9")),
            ("10.0.0.9:5000", Some("10.0.0.9:5000")),
            ("https://10.0.0.9/octoprint/", Some("https://10.0.0.9/octoprint")),
            ("fd00::7", Some("[fd00::7]")),
            ("[fd00::7]:7125", Some("[fd00::7]:7125")),
            ("octopi.local", None),
            ("ftp://10.0.0.9", None),
            ("10.0.0.9:0", None),
            ("10.0.0.9:70000", None),
            ("anna@10.0.0.9", None),
            ("10.0.0.9/?apikey=x", None),
            ("10.0.0.9/a b", None),
            ("0.0.0.0", None),
            ("224.0.0.1", None),
            ("", None),
        ] {
            let found = Target::parse(text).map(|target| target.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
            if let Some(found) = found {
                assert_eq!(Target::parse(&found).map(|again| again.to_string()), Some(found));
            }
        }
    }

    #[test]
    fn an_interface_has_one_name() {
        for interface in Interface::ALL {
            assert_eq!(Interface::parse(interface.name()), Some(interface));
            assert_eq!(serde_json::to_value(interface).unwrap(), interface.name());
        }
    }
}
