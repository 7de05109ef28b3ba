//! The configuration file. What comes out of [`Config::load`] can be run; everything wrong is said there.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::faults::FaultKind;

/// Most printers of one fleet.
const PRINTERS_MAX: usize = 500;
/// Most lines that one printer writes in a second.
const LINES_PER_SECOND_MAX: f64 = 2_000.0;
/// Smallest size at which a log may rotate: a record must fit.
const ROTATE_BYTES_MIN: u64 = 1_024;

/// The fleet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The same seed makes the same fleet.
    #[serde(default)]
    pub seed: u64,
    /// How often each printer's computer sends its metrics.
    #[serde(default = "metric_interval", deserialize_with = "duration")]
    pub metric_interval: Duration,
    /// Where the printers ship to; needed as soon as one of them ships.
    pub beats: Option<Peer>,
    /// The adapter that printers call; needed as soon as one of them calls.
    pub push: Option<Peer>,
    /// Where to write when each printer was read ([`crate::trace`]); nowhere if it is not named.
    pub read_trace: Option<PathBuf>,
    /// The printers.
    pub printers: Vec<PrinterConfig>,
    /// Faults that come by themselves.
    #[serde(default)]
    pub faults: Vec<ScheduledFault>,
}

/// A server that printers call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Host and port.
    pub address: String,
    /// The name that its certificate must bear.
    pub server_name: String,
    /// Who vouches for it.
    pub ca_file: PathBuf,
}

/// One printer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrinterConfig {
    /// Its id in commands and counts, and its host name in Beats events.
    pub id: String,
    /// Model, as it says of itself.
    pub model: String,
    /// Serial number, as it says of itself.
    pub serial: String,
    /// Its certificate, for the printer interface and as a Beats client.
    pub certificate_file: PathBuf,
    /// The key of the certificate; only its owner may be able to read the file.
    pub key_file: PathBuf,
    /// Who vouches for the clients of the printer interface.
    pub client_ca_file: PathBuf,
    /// Where the printer interface listens; port 0 takes a free one.
    pub pip_listen: SocketAddr,
    /// Where it writes its logs: empty at the start.
    pub directory: PathBuf,
    /// Whether Beats ships the logs, or somebody else reads the directory.
    pub ship: Ship,
    /// Whether it calls the adapter and pushes its events.
    #[serde(default)]
    pub push: bool,
    /// Regular lines; faults and changes come on top.
    #[serde(default = "lines_per_second")]
    pub lines_per_second: f64,
    /// Size at which a log file is renamed.
    #[serde(default = "rotate_bytes")]
    pub rotate_bytes: u64,
}

/// Who carries the logs away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ship {
    /// The printer's own Beats.
    Beats,
    /// Nobody: the adapter tails the directory.
    None,
}

/// A fault that comes by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduledFault {
    /// The printer's id.
    pub printer: String,
    /// Which fault.
    pub kind: FaultKind,
    /// When it begins, from the start of the program.
    #[serde(deserialize_with = "duration")]
    pub after: Duration,
    /// How long it lasts.
    #[serde(rename = "for", deserialize_with = "duration")]
    pub lasts: Duration,
}

/// Why a configuration cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Not TOML, an unknown key or a value that does not fit; the source says line and column.
    #[error("the configuration {path} is wrong")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Each value fits but they do not fit together.
    #[error("the configuration {path} is wrong: {problem}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What to write instead.
        problem: String,
    },
}

impl Config {
    /// Reads and checks a file. Relative paths in it are relative to its own directory.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })?;
        config.check().map_err(|problem| ConfigError::Unfit { path: path.to_owned(), problem })?;
        config.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if !(1..=PRINTERS_MAX).contains(&self.printers.len()) {
            return Err(format!("write 1 to {PRINTERS_MAX} [[printers]], not {}", self.printers.len()));
        }
        if self.metric_interval < Duration::from_millis(100) {
            return Err("`metric_interval` is at least 100ms".into());
        }
        let (mut ids, mut directories) = (HashSet::new(), HashSet::new());
        for printer in &self.printers {
            printer.check().map_err(|problem| format!("printer {:?}: {problem}", printer.id))?;
            if !ids.insert(&printer.id) {
                return Err(format!("two printers have the id {:?}", printer.id));
            }
            if !directories.insert(&printer.directory) {
                return Err(format!("printer {:?}: another one has the same `directory`", printer.id));
            }
            if printer.ship == Ship::Beats && self.beats.is_none() {
                return Err(format!("printer {:?} has ship = \"beats\" but there is no [beats]", printer.id));
            }
            if printer.push && self.push.is_none() {
                return Err(format!("printer {:?} has push = true but there is no [push]", printer.id));
            }
        }
        match self.faults.iter().find(|fault| !ids.contains(&fault.printer)) {
            Some(fault) => {
                Err(format!("a fault names printer {:?}, which is not in [[printers]]", fault.printer))
            }
            None => Ok(()),
        }
    }

    fn resolve(&mut self, base: &Path) {
        let peers = self.beats.iter_mut().chain(&mut self.push).map(|peer| &mut peer.ca_file);
        let printers = self.printers.iter_mut().flat_map(|printer| {
            [
                &mut printer.certificate_file,
                &mut printer.key_file,
                &mut printer.client_ca_file,
                &mut printer.directory,
            ]
        });
        for path in peers.chain(printers).chain(&mut self.read_trace) {
            *path = base.join(&*path);
        }
    }
}

impl PrinterConfig {
    fn check(&self) -> Result<(), String> {
        let plain = |id: &str| id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !(1..=32).contains(&self.id.len()) || !plain(&self.id) {
            return Err("an `id` is 1 to 32 of a-z, 0-9 and -".into());
        }
        for (name, text) in [("model", &self.model), ("serial", &self.serial)] {
            catalog::Identity::from_configuration(text).map_err(|error| format!("`{name}`: {error}"))?;
        }
        if !(0.0..=LINES_PER_SECOND_MAX).contains(&self.lines_per_second) {
            return Err(format!("`lines_per_second` is 0 to {LINES_PER_SECOND_MAX}"));
        }
        if self.rotate_bytes < ROTATE_BYTES_MIN {
            return Err(format!("`rotate_bytes` is at least {ROTATE_BYTES_MIN}"));
        }
        Ok(())
    }
}

fn metric_interval() -> Duration {
    Duration::from_secs(10)
}

fn lines_per_second() -> f64 {
    4.0
}

fn rotate_bytes() -> u64 {
    1_048_576
}

fn duration<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text)
        .map_err(|_| serde::de::Error::custom("write a duration such as \"8s\" or \"5m\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTER: &str = r#"
[[printers]]
id = "p01"
model = "ProJet 7000 HD"
serial = "SIM-0001"
certificate_file = "p01.pem"
key_file = "p01.key"
client_ca_file = "/etc/ca.pem"
pip_listen = "127.0.0.1:0"
directory = "logs/p01"
ship = "none"
"#;

    fn load(text: &str) -> Result<Config, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fleet.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path).map_err(|error| {
            format!(
                "{error}: {}",
                std::error::Error::source(&error).map_or(String::new(), ToString::to_string)
            )
        })
    }

    #[test]
    fn a_fleet_with_paths_beside_its_file() {
        let fault = "[[faults]]\nprinter = \"p01\"\nkind = \"vat_overheat\"\nafter = \"8s\"\nfor = \"1m\"\n";
        let config = load(&format!("seed = 7\n{PRINTER}{fault}")).unwrap();
        let printer = &config.printers[0];
        assert!(printer.directory.is_absolute() && printer.directory.ends_with("logs/p01"));
        assert_eq!(printer.client_ca_file, Path::new("/etc/ca.pem"));
        assert_eq!(config.faults[0].lasts, Duration::from_secs(60));
        assert_eq!(printer.lines_per_second, 4.0);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            (String::new(), "missing field `printers`"),
            (format!("sead = 7\n{PRINTER}"), "unknown field `sead`"),
            (PRINTER.replace("\"none\"", "\"beats\""), "there is no [beats]"),
            (format!("{PRINTER}push = true\n"), "there is no [push]"),
            (PRINTER.replace("\"none\"", "\"scp\""), "unknown variant `scp`"),
            (PRINTER.replace("\"p01\"", "\"P 1\""), "1 to 32 of a-z"),
            (format!("{PRINTER}{PRINTER}"), "two printers have the id"),
            (format!("{PRINTER}lines_per_second = -1.0\n"), "`lines_per_second` is 0 to"),
            (
                format!(
                    "{PRINTER}[[faults]]\nprinter = \"p9\"\nkind = \"off\"\nafter = \"1s\"\nfor = \"1s\"\n"
                ),
                "p9",
            ),
            (format!("metric_interval = \"often\"\n{PRINTER}"), "write a duration"),
        ];
        for (text, expected) in cases {
            let error = load(&text).unwrap_err();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
    }
}
