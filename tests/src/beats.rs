//! A sender of our own, for what a well-behaved one never does.

use std::fs;
use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use demo::certificates::Pair;
use demo::site::Site;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A connection to the adapter's Beats listener.
pub struct Sender {
    stream: TlsStream<TcpStream>,
}

impl Sender {
    /// Connects with this certificate.
    pub async fn connect(site: &Site, pair: &Pair) -> Result<Self> {
        Self::connect_from(Ipv4Addr::LOCALHOST, site, pair).await
    }

    /// Connects from this address of the loopback network, as one of several machines.
    pub async fn connect_from(from: Ipv4Addr, site: &Site, pair: &Pair) -> Result<Self> {
        let connector = TlsConnector::from(Arc::new(client(site, pair)?));
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        let stream = socket.connect((Ipv4Addr::LOCALHOST, site.beats_port).into()).await?;
        let stream = connector.connect(ServerName::try_from("localhost")?, stream).await?;
        Ok(Self { stream })
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await.map_err(Into::into)
    }

    /// Waits for the acknowledgement of this sequence; keep-alives may come before it.
    pub async fn acknowledged(&mut self, sequence: u32) -> Result<()> {
        let mut frame = [0; 6];
        loop {
            self.stream.read_exact(&mut frame).await.context("closed before the acknowledgement")?;
            if frame[2..] == sequence.to_be_bytes() {
                return Ok(());
            }
            anyhow::ensure!(
                frame == *b"2A\0\0\0\0",
                "neither the acknowledgement nor a keep-alive: {frame:?}"
            );
        }
    }

    /// Waits until the adapter closes; gives how many bytes it sent before.
    pub async fn closed(mut self) -> Result<usize> {
        let mut rest = Vec::new();
        // A reset and an orderly end are both a close.
        let _ = self.stream.read_to_end(&mut rest).await;
        Ok(rest.len())
    }
}

fn client(site: &Site, pair: &Pair) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(site.file("ca.pem"))?)?;
    let chain = vec![CertificateDer::from_pem_slice(&fs::read(&pair.certificate)?)?];
    let key = PrivateKeyDer::from_pem_file(&pair.key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(client.with_root_certificates(roots).with_client_auth_cert(chain, key)?)
}
