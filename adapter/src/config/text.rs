//! Values that a file writes as text.

use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use catalog::Identity;
use globset::{Glob, GlobMatcher};
use jiff::tz::TimeZone;
use rustls_pki_types::ServerName;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::printers::Begin;

/// Something that is written as text.
pub(super) trait FromText: Sized {
    /// What it must look like, to stand after "is not".
    const EXPECTED: &'static str;
    /// Whether a wrong one is quoted; not where somebody may have put a key into it.
    const QUOTED: bool = true;
    fn from_text(text: &str) -> Option<Self>;
}

/// A value that is read by [`FromText`].
pub(super) struct Text<T>(pub(super) T);

impl<'de, T: FromText> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromText> Visitor<'_> for TextVisitor<T> {
    type Value = Text<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<T>, E> {
        let wrong = || if T::QUOTED { format!("`{text}` is") } else { "this is".to_owned() };
        T::from_text(text).map(Text).ok_or_else(|| E::custom(format!("{} not {}", wrong(), T::EXPECTED)))
    }
}

/// A host name or address, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort(String);

impl HostPort {
    /// The host and port, if the text is that.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_text(text)
    }

    /// `host:port`, as `TcpStream::connect` takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host alone, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        let host = self.0.rsplit_once(':').map_or(self.0.as_str(), |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromText for HostPort {
    const EXPECTED: &'static str = "a host and a port, such as `10.0.0.7:7881`";
    fn from_text(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        port.parse::<u16>().ok()?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        ServerName::try_from(bare).ok()?;
        Some(Self(text.to_owned()))
    }
}

impl FromText for SocketAddr {
    const EXPECTED: &'static str = "an address and a port, such as `0.0.0.0:5044`";
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromText for IpAddr {
    const EXPECTED: &'static str = "an address, such as `10.0.0.7`";
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromText for ServerName<'static> {
    const EXPECTED: &'static str = "a name as a certificate carries it, such as `p01`";
    fn from_text(text: &str) -> Option<Self> {
        Self::try_from(text.to_owned()).ok()
    }
}

impl FromText for PathBuf {
    const EXPECTED: &'static str = "a path";
    fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::from(text))
    }
}

impl FromText for TimeZone {
    const EXPECTED: &'static str = "a time zone, such as `Europe/Oslo` or `UTC`";
    fn from_text(text: &str) -> Option<Self> {
        Self::get(text).ok()
    }
}

impl FromText for Duration {
    const EXPECTED: &'static str = "a length of time, such as `1s` or `500ms`";
    fn from_text(text: &str) -> Option<Self> {
        humantime::parse_duration(text).ok()
    }
}

impl FromText for GlobMatcher {
    const EXPECTED: &'static str = "a pattern of file names, such as `*.log*`";
    fn from_text(text: &str) -> Option<Self> {
        // A pattern is of names in one directory; a slash would silently match nothing.
        if text.is_empty() || text.contains('/') {
            return None;
        }
        Some(Glob::new(text).ok()?.compile_matcher())
    }
}

impl FromText for Identity {
    const EXPECTED: &'static str = "a model: 1 to 48 letters, digits, spaces or any of . - _ + ( )";
    fn from_text(text: &str) -> Option<Self> {
        Self::from_configuration(text).ok()
    }
}

/// The family of a printer's logs, or none to recognise it.
pub(super) struct FamilyOrAuto(pub(super) Option<parsers::Family>);

impl FromText for FamilyOrAuto {
    const EXPECTED: &'static str = "a family of logs: write `auto`, `projet`, `octoprint`, `marlin`, `duet`, \
                                    `build_protocol` or `klippy`";
    fn from_text(text: &str) -> Option<Self> {
        if text == "auto" { Some(Self(None)) } else { text.parse().ok().map(|family| Self(Some(family))) }
    }
}

impl FromText for Begin {
    const EXPECTED: &'static str = "where to start: write `beginning` or `end`";
    fn from_text(text: &str) -> Option<Self> {
        match text {
            "beginning" => Some(Self::Beginning),
            "end" => Some(Self::End),
            _ => None,
        }
    }
}

/// How old logs are still read, or none for everything.
pub(super) struct LookBack(pub(super) Option<Duration>);

impl FromText for LookBack {
    const EXPECTED: &'static str = "a length of time, such as `7d`, or `all`";
    fn from_text(text: &str) -> Option<Self> {
        let length = if text == "all" { None } else { Some(humantime::parse_duration(text).ok()?) };
        Some(Self(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_named_to_who_wrote_none() {
        for family in parsers::Family::ALL {
            assert!(FamilyOrAuto::EXPECTED.contains(&format!("`{family}`")), "{family}");
            assert_eq!(FamilyOrAuto::from_text(family.name()).unwrap().0, Some(*family));
        }
        assert!(FamilyOrAuto::from_text("auto").unwrap().0.is_none());
        assert!(FamilyOrAuto::from_text("Auto").is_none());
    }

    #[test]
    fn a_look_back_is_a_length_of_time_or_all() {
        let of = |text| LookBack::from_text(text).map(|look_back| look_back.0);
        assert_eq!(of("7d"), Some(Some(Duration::from_hours(7 * 24))));
        assert_eq!((of("all"), of("ever")), (Some(None), None));
        assert_eq!((Begin::from_text("end"), Begin::from_text("start")), (Some(Begin::End), None));
    }
}
