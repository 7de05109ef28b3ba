//! The listener that Filebeat and Metricbeat ship to. A window is acknowledged when the platform has stored
//! what came of it, and never before; while it waits, the sender is told so and does not send again.
//!
//! Nothing is ever sent to a printer but acknowledgements.

mod connection;
mod flow;
mod held;
mod limits;
mod places;
mod senders;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use self::connection::{Connection, End};
use self::flow::Why;
use self::held::Held;
use self::limits::{ACCEPT_WAIT, HANDSHAKE_MAX};
use self::places::{Place, Places};
use self::senders::Senders;
use crate::config::{Beats, Printer, PrinterId};
use crate::intake::IntakeContext;
use crate::normalise::Quiet;
use crate::tls::{self, TlsError};

/// Why the listener did not start. The owner's to mend.
#[derive(Debug, thiserror::Error)]
pub enum BeatsError {
    /// Its certificate, key or root.
    #[error("[beats]")]
    Tls(#[from] TlsError),
    /// Its address.
    #[error(
        "[beats]: cannot listen on {listen}: another program has it, or it is no address of this machine"
    )]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Starts the listener and gives the address that it is bound to.
///
/// # Errors
/// A file of its TLS cannot be used, or its address cannot be listened on.
pub async fn start(
    config: &Beats,
    printers: &[Printer],
    context: IntakeContext,
) -> Result<SocketAddr, BeatsError> {
    let tls = config.tls.as_ref().map(tls::server).transpose()?.map(TlsAcceptor::from);
    if tls.is_none() {
        tracing::warn!(listen = %config.listen, "the Beats listener runs without TLS, as the configuration says");
    }
    let failed = |source| BeatsError::Listen { listen: config.listen, source };
    let socket = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let listener = Arc::new(Listener {
        tls,
        senders: Senders::new(printers, &context),
        places: Arc::new(Places::default()),
        held: Held::default(),
        complaints: Quiet::new(),
        context,
    });
    let context = listener.context.clone();
    context.spawn("Beats listener", listener.accept(socket));
    Ok(address)
}

/// What all connections share.
struct Listener {
    tls: Option<TlsAcceptor>,
    senders: Senders,
    places: Arc<Places>,
    held: Held,
    /// Per address and reason, what was said when.
    complaints: Quiet<(IpAddr, &'static str)>,
    context: IntakeContext,
}

impl Listener {
    async fn accept(self: Arc<Self>, socket: TcpListener) {
        let stop = self.context.stop.clone();
        while let Some(accepted) = stop.run_until_cancelled(socket.accept()).await {
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer.ip().to_canonical()),
                // Such as no file handles left: other connections must end first, and trying at once would
                // be a tight loop.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    let _ = stop.run_until_cancelled(tokio::time::sleep(ACCEPT_WAIT)).await;
                }
            }
        }
    }

    // The handshake is the connection's own affair: a peer that stalls in it holds up nobody.
    fn admit(self: &Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let Some(place) = self.places.take(peer) else {
            return self.refuse(peer, "too many connections", &"from this address, or in all");
        };
        let listener = Arc::clone(self);
        self.context.spawn_short(async move { listener.greet(stream, peer, place).await });
    }

    async fn greet(&self, stream: TcpStream, peer: IpAddr, place: Place) {
        let stop = &self.context.stop;
        // Acknowledgements are six bytes and must not wait for company.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.serve(stream, peer, &[], place).await };
        match stop.run_until_cancelled(timeout(HANDSHAKE_MAX, tls.accept(stream))).await {
            Some(Ok(Ok(stream))) => {
                let names = senders::names(stream.get_ref().1.peer_certificates());
                self.serve(stream, peer, &names, place).await;
            }
            Some(Ok(Err(error))) => self.refuse(peer, "TLS handshake", &error),
            Some(Err(_)) => self.refuse(peer, "TLS handshake", &"not done in time"),
            None => {}
        }
    }

    async fn serve(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: IpAddr,
        names: &[String],
        _place: Place,
    ) {
        let Some(known) = self.senders.find(names, peer) else {
            let name = senders::logged(names);
            return self.refuse(peer, "unknown sender", &name);
        };
        let Some(_connection) = known.connection() else {
            return self.refuse(peer, "too many connections", &"of this printer");
        };
        let printer = known.normaliser.printer();
        tracing::debug!(%printer, %peer, "a sender has connected");
        let end = Connection::new(stream, known.clone(), &self.context, self.held.part()).serve().await;
        self.log_end(printer, peer, &end);
    }

    /// Counts a connection that was not taken, and says why.
    fn refuse(&self, peer: IpAddr, what: &'static str, why: &dyn Display) {
        self.context.counters.senders_refused.one();
        if let Some(unsaid) = self.complaints.may_say((peer, what)) {
            tracing::warn!(%peer, what, %why, unsaid, "a sender was refused");
        }
    }

    fn log_end(&self, printer: &PrinterId, peer: IpAddr, end: &End) {
        let (what, why): (_, &dyn Display) = match end {
            End::Refused(error) => {
                self.context.counters.frames_refused.one();
                (error.name(), error)
            }
            End::Crowded => ("crowded", &"the windows of all senders together take too much memory"),
            End::Decided(Why::Stalled) => ("stalled", &"a window began and did not end"),
            End::Decided(Why::Nacked) => {
                ("nacked", &"a window could not be stored; the sender sends it again")
            }
            End::Broken(error) => {
                return tracing::debug!(%printer, %peer, %error, "a sender's connection broke");
            }
            End::Decided(why) => return tracing::debug!(%printer, %peer, ?why, "a sender's connection ended"),
        };
        if let Some(unsaid) = self.complaints.may_say((peer, what)) {
            tracing::warn!(%printer, %peer, what, %why, unsaid, "a sender's connection was closed");
        }
    }
}
