//! Certificates and keys from files, and the two kinds of TLS that a printer speaks.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Permission bits that a key file must not have: anything for anyone but its owner.
const NOT_FOR_OTHERS: u32 = 0o077;

/// Why a certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file has no PEM of the kind that belongs there.
    #[error("{path} has no {what} in PEM form")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// Others than the owner may read the key.
    #[error("{path} can be read by others: `chmod 600` it, and make a new key if they may have read it")]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// The certificate, the key and the authority do not work together.
    #[error("the certificate {path} cannot be used: {source}")]
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A certificate chain and its key.
pub struct Pair {
    path: PathBuf,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Pair {
    /// Loads both; the key file must be its owner's alone.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let at = |source| TlsError::Read { path: key.to_owned(), source };
        let mode = fs::metadata(key).map_err(at)?.permissions().mode();
        if mode & NOT_FOR_OTHERS != 0 {
            return Err(TlsError::Open { path: key.to_owned() });
        }
        let pem = fs::read(key).map_err(at)?;
        let no_key = |_| TlsError::Pem { path: key.to_owned(), what: "private key" };
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(no_key)?;
        Ok(Self { path: certificate.to_owned(), chain: certificates(certificate)?, key })
    }

    fn unusable(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TlsError {
        TlsError::Unusable { path: self.path.clone(), source: source.into() }
    }

    /// The printer interface: TLS 1.3, and a client certificate that `client_ca` vouches for.
    pub fn server(
        &self,
        provider: &Arc<CryptoProvider>,
        client_ca: &Path,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        let roots = Arc::new(roots(client_ca)?);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider.clone())
            .build()
            .map_err(|error| self.unusable(error))?;
        let config = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| self.unusable(error))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|error| self.unusable(error))?;
        Ok(Arc::new(config))
    }

    /// A Beats client: TLS 1.2 or 1.3, to a server that `ca` vouches for.
    pub fn client(&self, provider: &Arc<CryptoProvider>, ca: &Path) -> Result<Arc<ClientConfig>, TlsError> {
        self.client_of(rustls::DEFAULT_VERSIONS, provider, ca)
    }

    /// A printer that calls: TLS 1.3, to a reader that `ca` vouches for.
    pub fn caller(&self, provider: &Arc<CryptoProvider>, ca: &Path) -> Result<Arc<ClientConfig>, TlsError> {
        self.client_of(&[&rustls::version::TLS13], provider, ca)
    }

    fn client_of(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        provider: &Arc<CryptoProvider>,
        ca: &Path,
    ) -> Result<Arc<ClientConfig>, TlsError> {
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .map_err(|error| self.unusable(error))?
            .with_root_certificates(roots(ca)?)
            .with_client_auth_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|error| self.unusable(error))?;
        Ok(Arc::new(config))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.ok().filter(|found| !found.is_empty());
    found.ok_or_else(|| TlsError::Pem { path: path.to_owned(), what: "certificate" })
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        let add = roots.add(certificate);
        add.map_err(|source| TlsError::Unusable { path: path.to_owned(), source: source.into() })?;
    }
    Ok(roots)
}
