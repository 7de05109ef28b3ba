//! The certificate and key of the HTTPS listener.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{ConfigError, Server};

/// A TLS server from the files of the configuration: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
///
/// # Errors
/// When a file cannot be read, does not hold what it should, or others can read the key.
pub fn server_config(server: &Server) -> Result<Arc<ServerConfig>, ConfigError> {
    let (certificate, key) = (&server.certificate_file, &server.key_file);
    let chain = certificates(certificate)?;
    refuse_readable(key)?;
    let wrong_key =
        |error: rustls_pki_types::pem::Error| wrong(key, format!("holds no private key in PEM: {error}"));
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(wrong_key)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(certificate, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| wrong(certificate, format!("does not go with {}: {error}", key.display())))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let bytes = read(file)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = chain.map_err(|error| wrong(file, format!("is no certificate in PEM: {error}")))?;
    if chain.is_empty() { Err(wrong(file, "holds no certificate in PEM".into())) } else { Ok(chain) }
}

#[cfg(unix)]
fn refuse_readable(file: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::MetadataExt as _;
    let read = |source| ConfigError::Read { file: file.to_owned(), source };
    let mode = std::fs::metadata(file).map_err(read)?.mode() & 0o777;
    // The group may read it: a service manager hands keys out that way.
    if mode & 0o007 == 0 { Ok(()) } else { Err(ConfigError::KeyReadable { file: file.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_readable(_: &Path) -> Result<(), ConfigError> {
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(file).map_err(|source| ConfigError::Read { file: file.to_owned(), source })
}

fn wrong(file: &Path, what: String) -> ConfigError {
    ConfigError::Tls { file: file.to_owned(), what }
}
