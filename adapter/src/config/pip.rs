//! `[pip]`: TLS for the queries.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::Problems;
use super::place::KeyPath;
use super::text::Text;

/// TLS for the queries; a printer is never queried without.
#[derive(Clone, Debug)]
pub struct Pip {
    /// The root of the printers' certificates, PEM.
    pub ca_file: PathBuf,
    /// What the adapter shows of itself, for printers that ask for it.
    pub pair: Option<Pair>,
}

/// A certificate and its key.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The certificate chain, PEM.
    pub certificate_file: PathBuf,
    /// Its key, PEM; readable by its owner only.
    pub key_file: PathBuf,
}

#[derive(Deserialize)]
pub(super) struct Raw {
    ca_file: Text<PathBuf>,
    certificate_file: Option<Text<PathBuf>>,
    key_file: Option<Text<PathBuf>>,
}

impl Raw {
    pub(super) fn check(self, directory: &Path, path: &KeyPath, problems: &mut Problems) -> Option<Pip> {
        let ca_file = directory.join(self.ca_file.0);
        let pair = match (self.certificate_file, self.key_file) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(Pair {
                certificate_file: directory.join(certificate.0),
                key_file: directory.join(key.0),
            }),
            _ => {
                problems
                    .add(path.clone(), "certificate_file and key_file go together; write both or neither");
                return None;
            }
        };
        Some(Pip { ca_file, pair })
    }
}
