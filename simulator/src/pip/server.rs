//! The listener of one printer and its one connection.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::conversation::{Conversation, STEP};
use super::session::Session;
use crate::faults::Manner;

/// How long to wait before listening again when the port is taken.
const REBIND: Duration = Duration::from_secs(1);
/// How long a connection lasts where the printer resets each, from the handshake on.
const RESET_AFTER: Duration = Duration::from_secs(1);

/// The printer interface of one printer.
#[derive(Clone)]
pub struct Server {
    /// What it says.
    pub conversation: Conversation,
    /// TLS, with the printer's certificate.
    pub acceptor: TlsAcceptor,
}

impl Server {
    /// Serves until it is dropped. Without power it neither listens nor keeps a connection; the port stays its
    /// own address for when the power comes back.
    pub async fn run(self, listener: TcpListener) -> io::Result<Infallible> {
        let address = listener.local_addr()?;
        let unit = &self.conversation.unit;
        let (mut power, mut restarts) = (unit.manner(), unit.restarts());
        let mut bound = Some(listener);
        loop {
            // A watch only fails when its sender is gone, and then the whole fleet is going.
            let _ = power.wait_for(|manner| *manner != Manner::Off).await;
            let listener = match bound.take() {
                Some(listener) => listener,
                None => listen_again(address).await,
            };
            tokio::select! {
                _ = self.accept(listener) => {}
                _ = power.wait_for(|manner| *manner == Manner::Off) => {}
                _ = restarts.changed() => {}
            }
        }
    }

    /// Takes one connection at a time. A second one is closed, except when the controller hangs: then nobody
    /// is there to notice, and the newer takes the place of the older.
    async fn accept(&self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    while connections.try_join_next().is_some() {}
                    if *self.conversation.unit.manner().borrow() == Manner::Silent {
                        connections.abort_all();
                    } else if !connections.is_empty() {
                        tracing::debug!(
                            printer = self.conversation.unit.nameplate.id,
                            "a second connection is closed"
                        );
                        continue;
                    }
                    let server = self.clone();
                    connections.spawn(async move {
                        if let Err(error) = server.connection(stream).await {
                            tracing::debug!(printer = server.conversation.unit.nameplate.id, %error, "connection ended");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept");
                    sleep(REBIND).await;
                }
            }
        }
    }

    async fn connection(&self, stream: TcpStream) -> io::Result<()> {
        let mut manner = self.conversation.unit.manner();
        // The kernel has taken the connection, but a controller that hangs never gets to the handshake.
        let _ = manner.wait_for(|manner| *manner != Manner::Silent).await;
        stream.set_nodelay(true)?;
        let resets = *manner.borrow() == Manner::Resets;
        if resets {
            // Whatever is under way when it is dropped: the other side gets a reset and no end.
            stream.set_zero_linger()?;
        }
        let stream = timeout(STEP, self.acceptor.accept(stream)).await??;
        let mut session = Session::default();
        let talk = self.conversation.converse(stream, &mut session);
        if !resets {
            return talk.await;
        }
        timeout(RESET_AFTER, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::ConnectionReset.into()))
    }
}

async fn listen_again(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => tracing::warn!(%address, %error, "cannot listen again yet"),
        }
        sleep(REBIND).await;
    }
}
