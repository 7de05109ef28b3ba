//! The listener that Filebeat and Metricbeat ship to. A window is acknowledged when the platform has stored
//! what came of it, and never before; while it waits, the sender is told so and does not send again.
//!
//! Nothing is ever sent to a printer but acknowledgements.

mod connection;
mod flow;
mod limits;
pub(super) mod places;
mod seats;
pub(super) mod senders;
pub(super) mod socket;
mod strangers;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use self::connection::{Connection, End};
use self::flow::Why;
pub(crate) use self::limits::CONNECTIONS_MAX;
use self::limits::{ACCEPT_WAIT, HANDSHAKE_MAX};
use self::places::{Place, Places};
use self::senders::Senders;
pub use self::strangers::{Stranger, Strangers};
use crate::config::{Listener as Config, Printer, PrinterId};
use crate::intake::IntakeContext;
use crate::normalise::Quiet;
use crate::tls::{TlsError, Watched};

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

/// What a running listener shows of itself.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Where it is bound.
    pub address: SocketAddr,
    /// Its TLS; `None` in clear.
    pub tls: Option<Arc<Watched>>,
    /// Who was refused.
    pub strangers: Arc<Strangers>,
}

/// Starts the listener.
///
/// # Errors
/// A file of its TLS cannot be used, or its address cannot be listened on.
pub async fn start(
    config: &Config,
    printers: &[Printer],
    context: IntakeContext,
) -> Result<Listening, BeatsError> {
    let tls = config.tls.as_ref().map(Watched::load).transpose()?.map(Arc::new);
    if tls.is_none() {
        tracing::warn!(listen = %config.listen, "the Beats listener runs without TLS, as the configuration says");
    }
    let failed = |source| BeatsError::Listen { listen: config.listen, source };
    let socket = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let strangers = Arc::<Strangers>::default();
    let listener = Arc::new(Listener {
        tls: tls.clone(),
        strangers: Arc::clone(&strangers),
        senders: Senders::new(printers, &context),
        places: Arc::new(Places::default()),
        complaints: Quiet::new(),
        context,
    });
    let context = listener.context.clone();
    context.spawn("Beats listener", listener.accept(socket));
    if let Some(tls) = &tls {
        context.spawn("certificates", Arc::clone(tls).run(context.stop.clone()));
    }
    Ok(Listening { address, tls, strangers })
}

/// What all connections share.
struct Listener {
    tls: Option<Arc<Watched>>,
    strangers: Arc<Strangers>,
    senders: Senders,
    places: Arc<Places>,
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
            return self.refuse(peer, &[], "too many connections", &"from this address, or in all");
        };
        let listener = Arc::clone(self);
        self.context.spawn_short(async move { listener.greet(stream, peer, place).await });
    }

    async fn greet(&self, stream: TcpStream, peer: IpAddr, place: Place) {
        let stop = &self.context.stop;
        // A connection without what is asked for here is served all the same.
        if let Err(error) = socket::set_up(&stream) {
            tracing::debug!(%peer, %error, "TCP does not take all settings");
        }
        let Some(tls) = &self.tls else { return self.serve(stream, peer, &[], place).await };
        match stop.run_until_cancelled(timeout(HANDSHAKE_MAX, tls.acceptor().accept(stream))).await {
            Some(Ok(Ok(stream))) => {
                let names = senders::names(stream.get_ref().1.peer_certificates());
                self.serve(stream, peer, &names, place).await;
            }
            Some(Ok(Err(error))) => self.refuse(peer, &[], "TLS handshake", &error),
            Some(Err(_)) => self.refuse(peer, &[], "TLS handshake", &"not done in time"),
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
            return self.refuse(peer, names, "unknown sender", &senders::logged(names));
        };
        let Some((seat, _connection)) = known.connection() else {
            return self.refuse(peer, names, "too many connections", &"of this printer");
        };
        let printer = known.normaliser.printer();
        tracing::debug!(%printer, %peer, "a sender has connected");
        let end = Connection::new(stream, known.clone(), &self.context, seat).serve().await;
        self.log_end(printer, peer, &end);
    }

    /// Counts a connection that was not taken, and says why. `names` are those of its certificate.
    fn refuse(&self, peer: IpAddr, names: &[String], what: &'static str, why: &dyn Display) {
        self.context.counters.senders_refused.one(what);
        self.strangers.refused(names, peer, what, &why.to_string());
        if let Some(unsaid) = self.complaints.may_say((peer, what)) {
            tracing::warn!(%peer, what, %why, unsaid, "a sender was refused");
        }
    }

    fn log_end(&self, printer: &PrinterId, peer: IpAddr, end: &End) {
        let (what, why): (_, &dyn Display) = match end {
            End::Decided(Why::Refused(error)) => (error.name(), error),
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
