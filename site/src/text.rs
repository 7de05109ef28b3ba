//! The texts of a stick, each of a kind of its own that cannot be wrong. Whoever types one into the platform's page reads what
//! [`Plain::EXPECTED`] says of it.

use std::fmt;
use std::net::IpAddr;

use catalog::Identity;
use jiff::tz::TimeZone;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{self as pki, CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits;

/// A text of one kind.
pub trait Plain: Sized {
    /// What it must look like, to stand after "is not" or "write".
    const EXPECTED: &'static str;

    /// The text, if it is one of this kind.
    fn parse(text: &str) -> Option<Self>;
}

macro_rules! plain {
    ($($(#[doc = $doc:literal])* $name:ident, $expected:literal, $fits:expr;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Plain for $name {
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                let fits: fn(&str) -> bool = $fits;
                fits(text).then(|| Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or_else(|| wrong(&text, Self::EXPECTED))
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )*};
}

plain! {
    /// An adapter's name on the platform.
    AdapterName, "an adapter's name: 1 to 32 of a-z, 0-9 and -, such as oslo-1", is_id;
    /// A printer's id.
    PrinterId, "an id: 1 to 32 of a-z, 0-9 and -, such as p01", is_id;
    /// The name of a network interface.
    PlugName, "an interface's name as the box shows it: 1 to 15 letters, digits, - and _, such as enp1s0", is_plug;
    /// Whom the time is asked of.
    TimeServer, "a host's name or address, such as time.example.com", |text| is_host(text) || text.parse::<IpAddr>().is_ok();
    /// The platform's address.
    PlatformUrl, "an address such as https://platform.example.com, with nothing after host and port", is_platform;
    /// Where releases are served: the address of a folder.
    ReleasesUrl, "an address such as https://updates.example.com/oneway, with letters, digits and - . _ ~ in the folder's names and nothing behind them", |text| {
        releases(text).is_some_and(|(host, folder)| is_platform(host) && is_folder(folder))
    };
    /// A time zone.
    Zone, "a time zone, such as Europe/Oslo or UTC", |text| text.len() <= limits::HOST_CHARS_MAX && TimeZone::get(text).is_ok();
    /// The family of a printer's logs.
    Family, "a family of logs: projet, octoprint, marlin, duet, build_protocol or klippy", |text| Family::ALL.contains(&text);
    /// A printer's model, for one that cannot say so itself.
    Model, "a model: 1 to 48 letters, digits, spaces and . - _ + ( ), no address", |text| Identity::from_configuration(text).is_ok_and(|it| it.as_str() == text);
    /// The common name of a printer's certificate.
    CertificateName, "the common name of a certificate: 1 to 64 plain characters", |text| is_printable(text, limits::COMMON_NAME_CHARS_MAX);
    /// The name that a printer's certificate carries: a host's, or an address.
    ServerName, "a name as a certificate carries it, such as p01 or 10.0.0.7", |text| is_host(text) && pki::ServerName::try_from(text).is_ok() || text.parse::<IpAddr>().is_ok();
    /// A user at a printer.
    User, "a user's name: 1 to 64 plain characters without quotes, colon and backslash", |text| is_printable(text, limits::USER_CHARS_MAX) && !text.contains(['"', ':', '\\']);
    /// The time between two queries.
    Interval, "a time such as 500ms, 5s or 1m, from 100ms to 1h", |text| milliseconds(text).is_some_and(|ms| (100..=3_600_000).contains(&ms));
    /// Certificates in PEM form: an authority, or a chain.
    Authority, "one to four certificates in PEM form, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----", is_certificates;
}

impl Family {
    /// Every family that a stick can name. A test of the adapter's compares them with its parsers.
    pub const ALL: [&'static str; 6] = ["projet", "octoprint", "marlin", "duet", "build_protocol", "klippy"];
}

impl Interval {
    /// In milliseconds.
    pub fn milliseconds(&self) -> u64 {
        milliseconds(&self.0).unwrap_or_default()
    }
}

impl PlatformUrl {
    /// The host, without the brackets of an IPv6 address, and the port.
    pub fn host_and_port(&self) -> (&str, u16) {
        host_and_port(self.0.strip_prefix(HTTPS).unwrap_or(&self.0)).unwrap_or((&self.0, HTTPS_PORT))
    }
}

impl ReleasesUrl {
    /// The host, without the brackets of an IPv6 address, and the port.
    pub fn host_and_port(&self) -> (&str, u16) {
        let host = releases(&self.0).and_then(|(host, _)| host_and_port(host.strip_prefix(HTTPS)?));
        host.unwrap_or((&self.0, HTTPS_PORT))
    }
}

macro_rules! secret {
    ($($(#[doc = $doc:literal])* $name:ident, $expected:literal, $fits:expr;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// The text, for the one place that it is for.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl Plain for $name {
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                let fits: fn(&str) -> bool = $fits;
                fits(text).then(|| Self(text.into()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.expose())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                // What it was is not said.
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("this is not {}", Self::EXPECTED)))
            }
        }
    )*};
}

secret! {
    /// The one-time code.
    Code, "a one-time code: 1 to 64 capital letters, digits and -", |text| {
        (1..=limits::CODE_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
    };
    /// What a printer wants to hear before it answers.
    Secret, "a key or password: 1 to 256 plain characters, without a space at its ends", |text| is_printable(text, limits::SECRET_BYTES_MAX);
    /// The private key of the adapter's certificate.
    Key, "a private key in PEM form, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----", |text| {
        is_pem(text) && PrivateKeyDer::from_pem_slice(text.as_bytes()).is_ok()
    };
}

// A long text is a PEM file, and somebody may have put a private key into the wrong field.
fn wrong(text: &str, expected: &str) -> String {
    if text.len() > limits::COMMON_NAME_CHARS_MAX || text.contains('\n') {
        return format!("this is not {expected}");
    }
    format!("`{text}` is not {expected}")
}

const HTTPS: &str = "https://";
const HTTPS_PORT: u16 = 443;

fn is_id(text: &str) -> bool {
    (1..=limits::ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

// It becomes a word of the firewall's and of the network's configuration.
fn is_plug(text: &str) -> bool {
    (1..=limits::PLUG_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= limits::HOST_CHARS_MAX && text.split('.').all(label) && !ends_in_a_number(text)
}

// Programs read such a name as an address (WHATWG URL, "ends in a number checker"): `10.20.3` is 10.20.0.3 to one and a name to another.
fn ends_in_a_number(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|b| b.is_ascii_digit())
        || hexadecimal.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_platform(text: &str) -> bool {
    // What a browser, a TLS library and a firewall make of the host must be one thing.
    let same = |url: url::Url| match (url.host()?, host_and_port(text.strip_prefix(HTTPS)?)?.0) {
        (url::Host::Ipv4(address), host) => Some(host == address.to_string()),
        (url::Host::Ipv6(address), host) => Some(host.parse() == Ok(address)),
        (url::Host::Domain(name), host) => {
            Some(name.eq_ignore_ascii_case(host) && pki::ServerName::try_from(host).is_ok())
        }
    };
    url::Url::parse(text).ok().and_then(same).unwrap_or(false)
}

// An address up to its host and port, and what follows.
fn releases(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(HTTPS)?;
    text.split_at_checked(HTTPS.len() + rest.find('/').unwrap_or(rest.len()))
}

// Names that every program leaves as they are: no `..`, no escapes, nothing to ask for.
fn is_folder(path: &str) -> bool {
    let path = path.strip_suffix('/').unwrap_or(path);
    let name = |name: &str| {
        !name.is_empty()
            && !name.bytes().all(|b| b == b'.')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
    };
    path.len() <= limits::PATH_CHARS_MAX && path.split('/').skip(1).all(name)
}

fn host_and_port(text: &str) -> Option<(&str, u16)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return Some((host, if rest.is_empty() { HTTPS_PORT } else { port(rest.strip_prefix(':')?)? }));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, rest)) => (host, port(rest)?),
        None => (text, HTTPS_PORT),
    };
    (is_host(host) || host.parse::<std::net::Ipv4Addr>().is_ok()).then_some((host, port))
}

/// A port, in the one way to write it.
pub(crate) fn port(text: &str) -> Option<u16> {
    text.parse::<u16>().ok().filter(|port| *port > 0 && port.to_string() == text)
}

fn is_printable(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len())
        && text.bytes().all(|b| (b' '..=b'~').contains(&b))
        && text.trim() == text
}

fn milliseconds(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn is_pem(text: &str) -> bool {
    (1..=limits::PEM_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| (b' '..=b'~').contains(&b) || b == b'\n')
}

fn is_certificates(text: &str) -> bool {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    // A private key that was pasted with them would go where certificates go.
    is_pem(text)
        && !text.contains("PRIVATE")
        && all.is_ok_and(|all| (1..=limits::SERVERS_MAX).contains(&all.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits<T: Plain>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(T::parse(text).is_some(), "{text:?} should be {}", T::EXPECTED);
        }
        for text in bad {
            assert!(T::parse(text).is_none(), "{text:?} should not be {}", T::EXPECTED);
        }
    }

    #[test]
    fn texts_are_what_they_say() {
        fits::<AdapterName>(&["oslo-1"], &["", "Oslo", "oslo.1", "../x", "a\n"]);
        fits::<PlugName>(
            &["enp1s0", "eno1", "end0"],
            &["", "en p", "enp1s0\"", "a/b", "*", "0123456789abcdef"],
        );
        fits::<TimeServer>(
            &["time.example.com", "ntp1", "1and1.example", "0xg.example", "203.0.113.1", "2001:db8::1"],
            &["", "-a", "a..b", "a b", "a\nserver b", "a_b", "1234567", "p01.7", "10.20.3", "a.0x1f"],
        );
        fits::<PlatformUrl>(
            &[
                "https://platform.example.com",
                "https://10.0.0.1:8443",
                "https://[fd00::1]:8443",
                "https://[::1]",
            ],
            &[
                "http://a",
                "https://",
                "https://a/",
                "https://a:0",
                "https://a:08443",
                "https://u@a",
                "https://10.20.0.300",
                "https://10.20.3",
                "https://platform.2026",
                "https://0x7f.1",
                "https://xn--a",
                "https://a?b",
                "https://a\n",
            ],
        );
        fits::<ReleasesUrl>(
            &[
                "https://updates.example.com",
                "https://updates.example.com/",
                "https://updates.example.com:8443/oneway/box-1.x_~/",
                "https://10.0.0.1/a",
                "https://[fd00::1]:8443/a",
            ],
            &[
                "http://a/",
                "https:///a",
                "https://10.20.3/a",
                "https://u@a/b",
                "https://a//",
                "https://a/b//c",
                "https://a/../b",
                "https://a/.",
                "https://a/%2e",
                "https://a/b?c",
                "https://a/b#c",
                "https://a/b c",
                "https://a\\b",
                "https://a/\n",
            ],
        );
        assert!(ReleasesUrl::parse(&format!("https://a/{}", "b".repeat(limits::PATH_CHARS_MAX))).is_none());
        assert_eq!(ReleasesUrl::parse("https://[fd00::1]:1/a").unwrap().host_and_port(), ("fd00::1", 1));
        assert_eq!(ReleasesUrl::parse("https://a.b/c/").unwrap().host_and_port(), ("a.b", 443));
        fits::<Zone>(&["UTC", "Europe/Oslo"], &["", "Oslo", "../UTC"]);
        fits::<Model>(&["ProJet 7000 HD"], &["", " x", "a/b", "10.0.0.7"]);
        fits::<ServerName>(&["p01", "10.0.0.7", "fd00::7"], &["", "p 1", "1234567", "p01.7", "10.0.0.300"]);
        fits::<User>(&["maker"], &["", "a:b", "a\"b"]);
        fits::<Interval>(&["100ms", "5s", "1h"], &["", "5", "99ms", "2h", "5 s", "-5s", "s"]);
        fits::<Code>(&["7KQD-ABCD"], &["", "7kqd", "A B"]);
        fits::<Secret>(&["s3cret with a space"], &["", " x", "a\nb", "ø"]);
        assert_eq!(PlatformUrl::parse("https://[fd00::1]:8443").unwrap().host_and_port(), ("fd00::1", 8443));
        assert_eq!(PlatformUrl::parse("https://a.b").unwrap().host_and_port(), ("a.b", 443));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::parse("hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let error = serde_json::from_str::<Secret>("\" hunter2\"").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
