//! How a printer is queried: one interface a printer, of the kinds that the adapter knows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use rustls_pki_types::ServerName;
use serde::Deserialize;

use super::error::Problems;
use super::place::KeyPath;
use super::text::{FromText, HostPort, Text};

/// A shorter interval would make the adapter a burden to the printer.
const INTERVAL_MIN: Duration = Duration::from_millis(100);
/// A longer one could not tell that a printer is off within an hour.
const INTERVAL_MAX: Duration = Duration::from_secs(3600);
const INTERVAL_DEFAULT: Duration = Duration::from_secs(1);
/// Interfaces over HTTP are somebody's small computer, which does other work beside.
const HTTP_INTERVAL_MIN: Duration = Duration::from_secs(1);
const HTTP_INTERVAL_DEFAULT: Duration = Duration::from_secs(5);

/// How a printer is queried.
#[derive(Clone, Debug)]
pub enum Interface {
    /// PIP/1.
    Pip(PipTarget),
    /// OctoPrint's REST interface.
    OctoPrint(HttpTarget),
    /// An MTConnect agent.
    MtConnect(HttpTarget),
    /// A Duet, by the HTTP interface of its own firmware.
    Duet(HttpTarget),
    /// A Prusa printer's PrusaLink.
    PrusaLink(PrusaLinkTarget),
    /// Moonraker, Klipper's API server.
    Moonraker(HttpTarget),
}

/// A printer that speaks PIP.
#[derive(Clone, Debug)]
pub struct PipTarget {
    /// Where it listens.
    pub address: HostPort,
    /// The name that its certificate must carry.
    pub server_name: ServerName<'static>,
    /// Time between two queries.
    pub interval: Duration,
}

/// A printer that answers over HTTP.
#[derive(Clone, Debug)]
pub struct HttpTarget {
    /// Where it listens.
    pub address: HostPort,
    /// How its certificate is checked; `None` is in clear, by the configuration's own word.
    pub tls: Option<HttpTls>,
    /// What stands before each path, such as `/octoprint`; mostly nothing.
    pub prefix: String,
    /// The file with the key or the password that it wants, readable by its owner only.
    pub key_file: Option<PathBuf>,
    /// Time between two rounds of queries.
    pub interval: Duration,
}

/// A PrusaLink.
#[derive(Clone, Debug)]
pub struct PrusaLinkTarget {
    /// Where and how; its key file holds the API key or, where there is a user, the password.
    pub http: HttpTarget,
    /// Who asks, by HTTP digest; `None` where there is an API key.
    pub user: Option<String>,
}

/// How a printer's certificate is checked.
#[derive(Clone, Debug)]
pub struct HttpTls {
    /// The root, PEM; without it, the public ones.
    pub ca_file: Option<PathBuf>,
    /// The name that it must carry: the host of the address.
    pub server_name: ServerName<'static>,
}

impl Interface {
    /// The kind's name, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pip(_) => "PIP",
            Self::OctoPrint(_) => "OctoPrint",
            Self::MtConnect(_) => "MTConnect",
            Self::Duet(_) => "Duet",
            Self::PrusaLink(_) => "PrusaLink",
            Self::Moonraker(_) => "Moonraker",
        }
    }

    /// Where it listens.
    pub fn address(&self) -> &HostPort {
        match self {
            Self::Pip(target) => &target.address,
            Self::OctoPrint(target)
            | Self::MtConnect(target)
            | Self::Duet(target)
            | Self::Moonraker(target) => &target.address,
            Self::PrusaLink(target) => &target.http.address,
        }
    }

    /// Time between two rounds of queries.
    pub fn interval(&self) -> Duration {
        match self {
            Self::Pip(target) => target.interval,
            Self::OctoPrint(target)
            | Self::MtConnect(target)
            | Self::Duet(target)
            | Self::Moonraker(target) => target.interval,
            Self::PrusaLink(target) => target.http.interval,
        }
    }

    /// Whether what it says crosses the LAN without TLS.
    pub fn in_clear(&self) -> bool {
        match self {
            Self::Pip(_) => false,
            Self::OctoPrint(target)
            | Self::MtConnect(target)
            | Self::Duet(target)
            | Self::Moonraker(target) => target.tls.is_none(),
            Self::PrusaLink(target) => target.http.tls.is_none(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawPip {
    address: Text<HostPort>,
    server_name: Option<Text<ServerName<'static>>>,
    interval: Option<Text<Duration>>,
}

#[derive(Deserialize)]
pub(super) struct RawHttp {
    pub(super) url: Text<HttpUrl>,
    pub(super) key_file: Option<Text<PathBuf>>,
    pub(super) ca_file: Option<Text<PathBuf>>,
    pub(super) interval: Option<Text<Duration>>,
}

/// Whether an interface answers without a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Needed,
    /// It depends on how it is set up.
    Optional,
    /// It is made to be read by anybody.
    None,
    /// Its section has names of its own for what it wants, and has looked at them.
    Named,
}

pub(super) struct HttpUrl {
    https: bool,
    address: HostPort,
    prefix: String,
}

impl FromText for HttpUrl {
    const QUOTED: bool = false;
    const EXPECTED: &'static str =
        "an address such as `https://10.0.0.9` or `http://10.0.0.9:5000`, with no user, query or fragment";

    fn from_text(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.username().is_empty() && url.password().is_none();
        let bare = bare && url.query().is_none() && url.fragment().is_none();
        let prefix = url.path().trim_end_matches('/').to_owned();
        // Anything else came from a slip, and would have to be escaped.
        let plain = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let address = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
        (bare && plain).then_some(())?;
        Some(Self { https, address: HostPort::parse(&address)?, prefix })
    }
}

impl RawPip {
    pub(super) fn check(self, path: &KeyPath, problems: &mut Problems) -> Option<PipTarget> {
        let interval = self.interval.map_or(INTERVAL_DEFAULT, |interval| interval.0);
        if !(INTERVAL_MIN..=INTERVAL_MAX).contains(&interval) {
            problems.add(path.key("interval"), "an interval is from 100ms to 1h");
        }
        let server_name = match self.server_name {
            Some(name) => Some(name.0),
            None => ServerName::try_from(self.address.0.host().to_owned()).ok(),
        };
        Some(PipTarget { address: self.address.0, server_name: server_name?, interval })
    }
}

impl RawHttp {
    pub(super) fn check(
        self,
        key: Key,
        directory: &Path,
        path: &KeyPath,
        problems: &mut Problems,
    ) -> Option<HttpTarget> {
        let interval = self.interval.map_or(HTTP_INTERVAL_DEFAULT, |interval| interval.0);
        if !(HTTP_INTERVAL_MIN..=INTERVAL_MAX).contains(&interval) {
            problems.add(path.key("interval"), "an interval is from 1s to 1h");
        }
        let HttpUrl { https, address, prefix } = self.url.0;
        if !https && self.ca_file.is_some() {
            problems.add(
                path.key("ca_file"),
                "a certificate is checked only where the url begins with `https://`",
            );
        }
        if key == Key::Needed && self.key_file.is_none() {
            let text = "key_file is missing: it answers nothing without a key, and the key stands in a file of its own";
            problems.add(path.clone(), text);
        }
        if key == Key::None && self.key_file.is_some() {
            problems.add(path.key("key_file"), "it takes no key; leave it out");
        }
        let ca_file = self.ca_file.map(|file| directory.join(file.0));
        let server_name = ServerName::try_from(address.host().to_owned()).ok()?;
        Some(HttpTarget {
            address,
            tls: https.then_some(HttpTls { ca_file, server_name }),
            prefix,
            key_file: self.key_file.map(|file| directory.join(file.0)),
            interval,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_a_port_and_perhaps_a_prefix() {
        let read =
            |text| HttpUrl::from_text(text).map(|url| (url.https, url.address.to_string(), url.prefix));
        let cases = [
            ("http://10.0.0.9", Some((false, "10.0.0.9:80", ""))),
            ("https://octopi.local/", Some((true, "octopi.local:443", ""))),
            ("http://[fd00::7]:5000/octoprint/", Some((false, "[fd00::7]:5000", "/octoprint"))),
            ("ftp://10.0.0.9", None),
            ("http://anna@10.0.0.9", None),
            ("http://10.0.0.9/?apikey=x", None),
            ("http://10.0.0.9/#x", None),
            ("http://10.0.0.9/a b", None),
            ("10.0.0.9:5000", None),
        ];
        for (text, expected) in cases {
            let expected =
                expected.map(|(https, address, prefix)| (https, address.to_owned(), prefix.to_owned()));
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
