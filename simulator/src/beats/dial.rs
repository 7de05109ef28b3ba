//! Opening a connection to a server: of Beats, or of a reader that printers call.

use std::future::Future;
use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Opens connections; tests open theirs in memory.
pub trait Dial: Send + Sync + 'static {
    /// What it opens.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send;

    /// Opens one.
    fn dial(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// TLS with the printer's own certificate.
#[derive(Clone)]
pub struct TlsDial {
    address: String,
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl TlsDial {
    /// To `address`, where the certificate must bear `name`.
    pub fn new(address: String, name: ServerName<'static>, config: Arc<ClientConfig>) -> Self {
        Self { address, name, connector: TlsConnector::from(config) }
    }
}

impl Dial for TlsDial {
    type Stream = TlsStream<TcpStream>;

    async fn dial(&self) -> io::Result<Self::Stream> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        self.connector.connect(self.name.clone(), stream).await
    }
}
