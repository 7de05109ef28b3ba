//! The asker's side.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::PATH;
use crate::config::Server;

/// A running platform answers within milliseconds; this is for a disk that is at its limits.
const ANSWER_MAX: Duration = Duration::from_secs(4);
/// An answer's first line is shorter.
const HEAD_BYTES_MAX: u64 = 256;

/// Asks the platform that runs with this configuration on this machine.
///
/// # Errors
/// When it does not answer in time, with another certificate than its file's, or with anything but yes.
pub(crate) async fn ask(server: &Server) -> anyhow::Result<()> {
    ensure!(
        server.listen.port() != 0,
        "server.listen: with port 0 nobody knows where to ask; write the port"
    );
    let asking = async {
        let stream = TcpStream::connect(near(server.listen)).await?;
        let name = ServerName::IpAddress(stream.peer_addr()?.ip().into());
        let mut stream = TlsConnector::from(client(server)?).connect(name, stream).await?;
        stream
            .write_all(
                format!("GET {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes(),
            )
            .await?;
        let mut head = Vec::new();
        stream.take(HEAD_BYTES_MAX).read_to_end(&mut head).await?;
        let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
        if !line.starts_with(b"HTTP/1.1 204") {
            bail!("it answers {:?}", String::from_utf8_lossy(line));
        }
        Ok(())
    };
    let answered = timeout(ANSWER_MAX, asking)
        .await
        .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()));
    answered.with_context(|| format!("the platform on {} does not serve", server.listen))
}

/// Who listens on every address is asked on loopback.
fn near(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn client(server: &Server) -> anyhow::Result<Arc<ClientConfig>> {
    let own = CertificateDer::from_pem_file(&server.certificate_file)
        .with_context(|| format!("{}: is no certificate in PEM", server.certificate_file.display()))?;
    let provider = Arc::new(default_provider());
    let verifier = Arc::new(Own { certificate: own, provider: provider.clone() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Takes the certificate of the configuration's file and no other, whatever its names and its dates are: it is asked
/// by an address of this machine, which no certificate names.
#[derive(Debug)]
struct Own {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Own {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        if *shown == self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_asked_on_loopback() {
        for (listen, expected) in [
            ("0.0.0.0:8443", "127.0.0.1:8443"),
            ("[::]:8443", "[::1]:8443"),
            ("10.0.0.7:8443", "10.0.0.7:8443"),
        ] {
            assert_eq!(near(listen.parse().unwrap()), expected.parse().unwrap());
        }
    }
}
