//! `[beats]` and `[push]`: the listeners that Filebeat and Metricbeat ship to, and that printers call.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::Problems;
use super::place::KeyPath;
use super::text::Text;

/// A listener that printers come to.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// TLS; `None` only where the configuration says `in_clear = true`.
    pub tls: Option<ListenerTls>,
}

/// The listener's side of TLS.
#[derive(Clone, Debug)]
pub struct ListenerTls {
    /// The listener's certificate chain, PEM.
    pub certificate_file: PathBuf,
    /// Its key, PEM; readable by its owner only.
    pub key_file: PathBuf,
    /// The root of the senders' certificates; with it, a sender without one is refused.
    pub client_ca_file: Option<PathBuf>,
    /// Whether no version but TLS 1.3 is spoken; some Beats cannot do it.
    pub only_13: bool,
}

impl Listener {
    /// Whether a sender can be known by its certificate.
    pub fn knows_certificates(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.client_ca_file.is_some())
    }
}

#[derive(Deserialize)]
pub(super) struct Raw {
    listen: Text<SocketAddr>,
    certificate_file: Option<Text<PathBuf>>,
    key_file: Option<Text<PathBuf>>,
    client_ca_file: Option<Text<PathBuf>>,
    #[serde(default)]
    in_clear: bool,
}

impl Raw {
    pub(super) fn check(self, directory: &Path, path: &KeyPath, problems: &mut Problems) -> Option<Listener> {
        let listen = self.listen.0;
        let client_ca_file = self.client_ca_file.map(|file| directory.join(file.0));
        let tls = match (self.certificate_file, self.key_file, self.in_clear) {
            (Some(certificate), Some(key), false) => Some(ListenerTls {
                certificate_file: directory.join(certificate.0),
                key_file: directory.join(key.0),
                client_ca_file,
                only_13: false,
            }),
            (None, None, true) if client_ca_file.is_none() => None,
            (_, _, true) => {
                let text = "in_clear listens without TLS; leave it out, or leave out certificate_file, key_file and client_ca_file";
                problems.add(path.key("in_clear"), text);
                return None;
            }
            _ => {
                let text = "TLS needs both certificate_file and key_file; to listen without TLS, write in_clear = true";
                problems.add(path.clone(), text);
                return None;
            }
        };
        Some(Listener { listen, tls })
    }

    /// The listener that printers call: TLS 1.3, with certificates on both sides, as PIP wants it.
    pub(super) fn check_push(
        self,
        directory: &Path,
        path: &KeyPath,
        problems: &mut Problems,
    ) -> Option<Listener> {
        let mut listener = self.check(directory, path, problems)?;
        if let Some(tls) = &mut listener.tls {
            tls.only_13 = true;
            if tls.client_ca_file.is_none() {
                let text =
                    "a printer that calls is known by its certificate; write client_ca_file, the root of it";
                problems.add(path.clone(), text);
                return None;
            }
        }
        Some(listener)
    }
}
