//! Certificates and keys from files, and the two sides of TLS that are made of them. The provider is ring,
//! named here and nowhere else.

#[cfg(test)]
mod tests;
mod watched;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use secrecy::ExposeSecret as _;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::config::{ListenerTls, Pair, SecretFileError, read_secret_file};
pub use watched::Watched;

/// Bytes of a file of certificates that are read: a bundle of all public roots has a quarter of it.
const BUNDLE_BYTES_MAX: u64 = 1 << 20;

/// Why there is no TLS. The owner's to mend.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate file could not be read.
    #[error("{}: cannot be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A certificate file holds no certificate.
    #[error("{}: holds no certificate; a file in PEM form is wanted, with `-----BEGIN CERTIFICATE-----`", file.display())]
    NoCertificate {
        /// The file.
        file: PathBuf,
    },
    /// A key file could not be read, or others can read it.
    #[error(transparent)]
    KeyFile(#[from] SecretFileError),
    /// A key file holds no key.
    #[error("{}: holds no private key; a file in PEM form is wanted, with `-----BEGIN PRIVATE KEY-----`", file.display())]
    NoKey {
        /// The file.
        file: PathBuf,
    },
    /// rustls does not take what the files hold, such as a key of another certificate.
    #[error("{}: cannot be used for TLS", file.display())]
    Refused {
        /// The certificate file.
        file: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// A root cannot check clients or servers.
    #[error("{}: cannot be used to check certificates", file.display())]
    Verifier {
        /// The root's file.
        file: PathBuf,
        /// Why.
        #[source]
        source: rustls::server::VerifierBuilderError,
    },
}

/// Makes ring the provider of the process, for libraries that ask for one. Doing it twice is no mistake.
pub fn install_provider() {
    let _ = ring::default_provider().install_default();
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The certificates of a PEM file, at least one.
///
/// # Errors
/// The file cannot be read, or holds none.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(file).map_err(|source| TlsError::Read { file: file.to_owned(), source })?;
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(TlsError::NoCertificate { file: file.to_owned() }),
    }
}

// What stands behind the limit is cut off; half a certificate is then found to be none.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(file)?.take(BUNDLE_BYTES_MAX).read_to_end(&mut text)?;
    Ok(text)
}

/// The key of a PEM file that only its owner can read.
///
/// # Errors
/// The file cannot be read, others can read it, or it holds no key.
pub fn key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = read_secret_file(file)?;
    PrivateKeyDer::from_pem_slice(text.expose_secret().as_bytes())
        .map_err(|_| TlsError::NoKey { file: file.to_owned() })
}

/// The roots of a PEM file.
///
/// # Errors
/// The file cannot be read, or a certificate in it cannot be a root.
pub fn roots(file: &Path) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|source| TlsError::Refused { file: file.to_owned(), source })?;
    }
    Ok(Arc::new(roots))
}

/// The public roots that are compiled in.
pub fn public_roots() -> Arc<RootCertStore> {
    Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
}

/// The listener's side: with a root for clients, a client without a certificate of it is refused.
///
/// # Errors
/// A file cannot be read or cannot be used.
pub fn server(tls: &ListenerTls) -> Result<Arc<ServerConfig>, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider());
    let versions = if tls.only_13 { &[&rustls::version::TLS13][..] } else { rustls::DEFAULT_VERSIONS };
    let refused = |source| TlsError::Refused { file: tls.certificate_file.clone(), source };
    let builder = builder.with_protocol_versions(versions).map_err(refused)?;
    let builder = match &tls.client_ca_file {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(roots(file)?, provider()).build();
            let verifier = verifier.map_err(|source| TlsError::Verifier { file: file.clone(), source })?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(certificates(&tls.certificate_file)?, key(&tls.key_file)?);
    Ok(Arc::new(config.map_err(refused)?))
}

/// The caller's side: checks the peer against a root's file, or the public roots without one, and shows a
/// certificate if there is one to show.
///
/// # Errors
/// A file cannot be read or cannot be used.
pub fn client(ca_file: Option<&Path>, pair: Option<&Pair>) -> Result<ClientConfig, TlsError> {
    let roots = ca_file.map_or_else(|| Ok(public_roots()), roots)?;
    let ca_file = ca_file.unwrap_or(Path::new("the public roots"));
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider()).build();
    let verifier = verifier.map_err(|source| TlsError::Verifier { file: ca_file.to_owned(), source })?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|source| TlsError::Refused { file: ca_file.to_owned(), source })?
        .with_webpki_verifier(verifier);
    match pair {
        None => Ok(builder.with_no_client_auth()),
        Some(pair) => builder
            .with_client_auth_cert(certificates(&pair.certificate_file)?, key(&pair.key_file)?)
            .map_err(|source| TlsError::Refused { file: pair.certificate_file.clone(), source }),
    }
}

/// When the first certificate of a chain expires, in seconds since 1970.
pub fn expiry(chain: &[CertificateDer<'_>]) -> Option<i64> {
    let (_, certificate) = X509Certificate::from_der(chain.first()?).ok()?;
    Some(certificate.validity().not_after.timestamp())
}
