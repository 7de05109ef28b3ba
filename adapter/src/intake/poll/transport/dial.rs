//! Connects to a printer, and says whose fault it is when that fails.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::ProtocolVersion;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::HostPort;
use crate::intake::poll::limits::CONNECT_MAX;
use crate::intake::poll::neighbours::{Answering, Neighbours};
use crate::intake::poll::trouble::{Trouble, Why};

/// A connection that stands, with TLS or without.
pub(in crate::intake::poll) type Stream = Box<dyn Io>;

/// What can be read and written.
pub(in crate::intake::poll) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// How to reach one printer.
#[derive(Clone)]
pub(in crate::intake::poll) struct Dial {
    pub(in crate::intake::poll) address: HostPort,
    /// `None` is in clear, by the configuration's own word.
    pub(in crate::intake::poll) tls: Option<DialTls>,
    pub(in crate::intake::poll) neighbours: Arc<Neighbours>,
}

/// How the printer's certificate is checked.
#[derive(Clone)]
pub(in crate::intake::poll) struct DialTls {
    pub(in crate::intake::poll) connector: TlsConnector,
    /// The name that the certificate must carry.
    pub(in crate::intake::poll) server_name: ServerName<'static>,
    /// Whether TLS 1.2 is refused. The configuration of TLS is shared with the uplink, which takes it.
    pub(in crate::intake::poll) newest_only: bool,
}

impl Dial {
    /// A connection, within [`CONNECT_MAX`] for each of its steps.
    pub(in crate::intake::poll) async fn connect(&self) -> Result<Stream, Trouble> {
        let address = self.resolve().await?;
        let stream = match timeout(CONNECT_MAX, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.unanswered(address.ip(), error.kind())),
            Err(_) => return Err(self.unanswered(address.ip(), io::ErrorKind::TimedOut)),
        };
        // A question is one small frame and must not wait for company.
        let _ = stream.set_nodelay(true);
        let stream = Answering::new(stream, address.ip(), Arc::clone(&self.neighbours));
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some(tls) => tls.connect(stream).await,
        }
    }

    async fn resolve(&self) -> Result<SocketAddr, Trouble> {
        let lookup = timeout(CONNECT_MAX, lookup_host(self.address.as_str())).await;
        let found = lookup.ok().and_then(Result::ok).and_then(|mut found| found.next());
        found.ok_or_else(|| Trouble::Unreachable("its name is not known in the network".into()))
    }

    /// See [`Neighbours`] for the heuristics.
    fn unanswered(&self, address: IpAddr, kind: io::ErrorKind) -> Trouble {
        let now = Instant::now();
        match kind {
            io::ErrorKind::ConnectionRefused => {
                self.neighbours.answered(address, now);
                Trouble::Off("its host is there and its interface is not".into())
            }
            io::ErrorKind::NetworkUnreachable => {
                Trouble::Unreachable("there is no route to its network".into())
            }
            _ if self.neighbours.answer(Some(address), None, now) => {
                Trouble::Off("it does not answer, and others in its network do".into())
            }
            _ => Trouble::Unreachable("nothing in its network answers".into()),
        }
    }
}

impl DialTls {
    async fn connect(&self, stream: Answering<TcpStream>) -> Result<Stream, Trouble> {
        match timeout(CONNECT_MAX, self.connector.connect(self.server_name.clone(), stream)).await {
            Ok(Ok(stream)) if self.newest_only && !is_newest(&stream) => {
                Err(Trouble::Refused("it does not speak TLS 1.3".into()))
            }
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(tls_trouble(&error)
                .unwrap_or_else(|| Trouble::Refused("it hangs up during the TLS handshake".into()))),
            Err(_) => Err(Trouble::Failed("it takes a connection and does not answer in TLS".into())),
        }
    }
}

fn is_newest(stream: &TlsStream<Answering<TcpStream>>) -> bool {
    stream.get_ref().1.protocol_version() == Some(ProtocolVersion::TLSv1_3)
}

/// The trouble behind a connection's error, where it is one of TLS: with TLS 1.3, a printer's refusal of our
/// certificate comes only after the handshake.
pub(super) fn tls_trouble(error: &io::Error) -> Option<Trouble> {
    use rustls::Error;
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    let why = Why::Tls(error.clone());
    Some(match error {
        Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerMisbehaved(_)
        | Error::DecryptError => Trouble::Nonsense(why),
        _ => Trouble::Refused(why),
    })
}
