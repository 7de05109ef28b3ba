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
use crate::intake::poll::limits::{ADDRESSES_MAX, CONNECT_MAX};
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
    /// A connection, within [`CONNECT_MAX`] for each of its steps and for each of the printer's addresses.
    pub(in crate::intake::poll) async fn connect(&self) -> Result<Stream, Trouble> {
        let (stream, address) = self.connect_any(&self.resolve().await).await?;
        // A question is one small frame and must not wait for company.
        let _ = stream.set_nodelay(true);
        let stream = Answering::new(stream, address, Arc::clone(&self.neighbours));
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some(tls) => tls.connect(stream).await,
        }
    }

    async fn resolve(&self) -> Vec<SocketAddr> {
        let lookup = timeout(CONNECT_MAX, lookup_host(self.address.as_str())).await;
        let found = lookup.ok().and_then(Result::ok);
        found.map(|found| found.take(ADDRESSES_MAX).collect()).unwrap_or_default()
    }

    /// A connection to the first of these that takes one: a name often has an address that leads nowhere, such as one of
    /// IPv6 at a printer that listens on IPv4 alone.
    async fn connect_any(&self, addresses: &[SocketAddr]) -> Result<(TcpStream, IpAddr), Trouble> {
        let mut failed: Option<(IpAddr, io::ErrorKind)> = None;
        for address in addresses {
            let kind = match timeout(CONNECT_MAX, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok((stream, address.ip())),
                Ok(Err(error)) => error.kind(),
                Err(_) => io::ErrorKind::TimedOut,
            };
            if failed.is_none_or(|(_, before)| tells(before) < tells(kind)) {
                failed = Some((address.ip(), kind));
            }
        }
        Err(match failed {
            Some((address, kind)) => self.unanswered(address, kind),
            None => Trouble::Unreachable("its name is not known in the network".into()),
        })
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

/// How much a failure tells of the printer: its host's own word the most, and that we have no way there the least.
fn tells(kind: io::ErrorKind) -> u8 {
    match kind {
        io::ErrorKind::ConnectionRefused => 2,
        io::ErrorKind::NetworkUnreachable => 0,
        _ => 1,
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

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn each_address_of_a_name_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = listener.local_addr().unwrap();
        let address = HostPort::parse(&there.to_string()).unwrap();
        let dial = Dial { address, tls: None, neighbours: Arc::default() };
        let nobody = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), there.port());
        let (_, answered) = dial.connect_any(&[nobody, there]).await.unwrap();
        assert_eq!(answered, there.ip());
        drop(listener);
        // No connection can be made to this one, which tells nothing of the printer.
        let nowhere = "255.255.255.255:9".parse().unwrap();
        for addresses in [[nowhere, there], [there, nowhere]] {
            let trouble = dial.connect_any(&addresses).await.unwrap_err();
            assert_eq!(trouble, Trouble::Off("its host is there and its interface is not".into()));
        }
        let trouble = dial.connect_any(&[]).await.unwrap_err();
        assert_eq!(trouble, Trouble::Unreachable("its name is not known in the network".into()));
    }
}
