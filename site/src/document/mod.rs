//! What a stick says. No field is unknown: what this program does not understand, it does not take.

mod check;
mod network;
mod printer;

use release::{Time, reason};
use serde::{Deserialize, Serialize};

pub use check::{INTERVAL_MIN_HTTP, INTERVAL_MIN_PIP, Mistake};
pub use network::{Address, Network, Plug, Prefix};
pub use printer::{Interface, Printer, Query, Sender, Target};

use crate::{AdapterName, Authority, Code, Key, PlatformUrl, ReleasesUrl, limits};

/// Counts up with each stick of an adapter: the second in which it was made, or one more than the last. So a platform that was
/// put back from a backup goes on where the sticks are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Serial(u64);

/// A stick's document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Counts up.
    pub serial: Serial,
    /// When it was made.
    pub made: Time,
    /// From when on it is not taken. What was taken before stays.
    pub expires: Time,
    /// Whose it is.
    pub adapter: AdapterName,
    /// What is exchanged for a key, once; none where the adapter keeps the one that it has.
    pub code: Option<Code>,
    /// Where everything goes.
    pub platform: Platform,
    /// Where else than on a stick a box finds its next system. Where there is nothing to say it is not written, since programs of before it
    /// know no such field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updates: Option<Updates>,
    /// How the box's two plugs are set up.
    pub network: Network,
    /// The listener for Filebeat and Metricbeat.
    pub beats: Option<Listener>,
    /// The listener that printers call.
    pub push: Option<Listener>,
    /// Who is believed, and what the adapter shows of itself.
    pub tls: Tls,
    /// The printers.
    pub printers: Vec<Printer>,
}

/// Where everything goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Its address.
    pub url: PlatformUrl,
    /// What its certificate is checked against; without it, the public authorities.
    pub authority: Option<Authority>,
}

/// Where releases are served. Who signed them is another matter: the keys for that are in the box's image.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Updates {
    /// The address of their folder.
    pub url: ReleasesUrl,
    /// What the server's certificate is checked against; without it, the public authorities.
    pub authority: Option<Authority>,
}

/// A listener, on every address of the printers' interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// The TCP port.
    pub port: u16,
    /// Whether it listens without TLS.
    pub in_clear: bool,
}

/// Who is believed on the printers' network, and what the adapter shows of itself there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// What the printers' certificates are checked against.
    pub authority: Option<Authority>,
    /// The adapter's certificate, and what leads to its authority.
    pub certificate: Option<Authority>,
    /// Its private key.
    pub key: Option<Key>,
}

/// Reads a document.
///
/// # Errors
/// Where in it is what that does not belong there.
pub fn decode(body: &[u8]) -> Result<Document, String> {
    let document: Document =
        serde_json::from_slice(body).map_err(|error| reason(&error.to_string(), limits::REASON_BYTES_MAX))?;
    match document.mistakes().into_iter().next() {
        None => Ok(document),
        Some(mistake) => Err(reason(&mistake.to_string(), limits::REASON_BYTES_MAX)),
    }
}

/// Writes a document, for people to read as well.
///
/// # Errors
/// Never, for a document of this module.
pub fn encode(document: &Document) -> Result<Vec<u8>, serde_json::Error> {
    let mut body = serde_json::to_vec_pretty(document)?;
    body.push(b'\n');
    Ok(body)
}

impl Serial {
    /// The next after this one, for a stick that is made in this second.
    pub fn next(last: Option<Self>, seconds: i64) -> Self {
        let now = u64::try_from(seconds).unwrap_or(0).max(1);
        Self(last.map_or(now, |last| now.max(last.0 + 1)).min(limits::SERIAL_MAX))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for Serial {
    type Error = String;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        if (1..=limits::SERIAL_MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("a serial number is from 1 to {}", limits::SERIAL_MAX))
        }
    }
}

impl From<Serial> for u64 {
    fn from(serial: Serial) -> Self {
        serial.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_rises_whatever_the_clock_does() {
        let first = Serial::next(None, 1_795_000_000);
        assert_eq!(first.get(), 1_795_000_000);
        for seconds in [1_795_000_000, 1_700_000_000, 0, -5] {
            assert_eq!(Serial::next(Some(first), seconds).get(), 1_795_000_001);
        }
        assert_eq!(Serial::next(Some(first), 1_795_000_009).get(), 1_795_000_009);
    }
}
