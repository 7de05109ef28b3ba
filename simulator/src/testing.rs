//! Certificates for tests, made fresh in a directory that goes with them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::CryptoProvider;
use tempfile::TempDir;

use crate::tls::Pair;

/// An authority of its own, and the pairs that it vouches for.
pub(crate) struct Authority {
    directory: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Its certificate.
    pub(crate) ca_file: PathBuf,
    /// ring.
    pub(crate) provider: Arc<CryptoProvider>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let ca_file = directory.path().join("ca.pem");
        fs::write(&ca_file, issuer.pem()).unwrap();
        Self { directory, issuer, ca_file, provider: Arc::new(rustls::crypto::ring::default_provider()) }
    }

    /// The files of a certificate with this common name, for `localhost`, and of its key.
    pub(crate) fn files(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let paths = ["pem", "key"].map(|ending| self.path().join(format!("{name}.{ending}")));
        fs::write(&paths[0], certificate.pem()).unwrap();
        fs::write(&paths[1], key.serialize_pem()).unwrap();
        fs::set_permissions(&paths[1], fs::Permissions::from_mode(0o600)).unwrap();
        let [certificate, key] = paths;
        (certificate, key)
    }

    /// The pair itself.
    pub(crate) fn pair(&self, name: &str) -> Pair {
        let (certificate, key) = self.files(name);
        Pair::load(&certificate, &key).unwrap()
    }

    /// Where the files are.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}
