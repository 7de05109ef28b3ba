//! Connects to a printer, and says whose fault it is when that fails.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::ProtocolVersion;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::limits::CONNECT_MAX;
use super::neighbours::Neighbours;
use super::reach::Trouble;
use crate::config::PipTarget;

/// How to reach one printer.
pub(super) struct Dial {
    pub(super) target: PipTarget,
    pub(super) connector: TlsConnector,
    pub(super) neighbours: Arc<Neighbours>,
}

impl Dial {
    /// A connection over TLS 1.3, within [`CONNECT_MAX`] for each of its two steps.
    pub(super) async fn connect(&self) -> Result<TlsStream<TcpStream>, Trouble> {
        let address = self.resolve().await?;
        let stream = match timeout(CONNECT_MAX, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.unanswered(address.ip(), error.kind())),
            Err(_) => return Err(self.unanswered(address.ip(), io::ErrorKind::TimedOut)),
        };
        self.neighbours.answered(address.ip(), Instant::now());
        // A question is one small frame and must not wait for company.
        let _ = stream.set_nodelay(true);
        let name = self.target.server_name.clone();
        match timeout(CONNECT_MAX, self.connector.connect(name, stream)).await {
            Ok(Ok(stream)) => newest_tls(stream),
            Ok(Err(error)) => Err(tls_trouble(&error)
                .unwrap_or_else(|| Trouble::Refused("it hangs up during the TLS handshake".into()))),
            Err(_) => Err(Trouble::Failed("it takes a connection and does not answer in TLS".into())),
        }
    }

    async fn resolve(&self) -> Result<SocketAddr, Trouble> {
        let lookup = timeout(CONNECT_MAX, lookup_host(self.target.address.as_str())).await;
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
            _ if self.neighbours.answer(address, now) => {
                Trouble::Off("it does not answer, and others in its network do".into())
            }
            _ => Trouble::Unreachable("nothing in its network answers".into()),
        }
    }
}

// PIP is TLS 1.3 only; the configuration that we share with the uplink would take 1.2 too.
fn newest_tls(stream: TlsStream<TcpStream>) -> Result<TlsStream<TcpStream>, Trouble> {
    match stream.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => Ok(stream),
        _ => Err(Trouble::Refused("it does not speak TLS 1.3".into())),
    }
}

/// The trouble behind a connection's error, where it is one of TLS: with TLS 1.3, a printer's refusal of our
/// certificate comes only after the handshake.
pub(super) fn tls_trouble(error: &io::Error) -> Option<Trouble> {
    use rustls::Error;
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerMisbehaved(_)
        | Error::DecryptError => Trouble::Nonsense(format!("TLS: {error}")),
        _ => Trouble::Refused(format!("TLS: {error}")),
    })
}
