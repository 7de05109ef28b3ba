//! The listener that printers call. What they push is acknowledged when the platform has stored it, and never before.
//!
//! A printer that called is asked and acknowledged as any other: nothing else can be said to it.

mod callers;
mod connection;
mod flow;
mod limits;
#[cfg(test)]
mod tests;
mod words;

use std::fmt::Display;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use self::callers::Callers;
use self::connection::{Connection, End};
use self::flow::Why;
use self::limits::{ACCEPT_WAIT, HANDSHAKE_MAX};
use super::beats::Strangers;
use super::beats::places::{Place, Places};
use super::beats::{senders, socket};
use crate::config::{Listener as Config, Printer};
use crate::intake::IntakeContext;
use crate::normalise::Quiet;
use crate::tls::{TlsError, Watched};

/// Why the listener did not start. The owner's to mend.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// Its certificate, key or root.
    #[error("[push]")]
    Tls(#[from] TlsError),
    /// Its address.
    #[error("[push]: cannot listen on {listen}: another program has it, or it is no address of this machine")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Starts the listener, and says where it is bound. Who is refused is remembered among `strangers`.
///
/// # Errors
/// A file of its TLS cannot be used, or its address cannot be listened on.
pub async fn start(
    config: &Config,
    printers: &[Printer],
    strangers: Arc<Strangers>,
    context: IntakeContext,
) -> Result<SocketAddr, PushError> {
    let tls = config.tls.as_ref().map(Watched::load).transpose()?.map(Arc::new);
    if tls.is_none() {
        tracing::warn!(listen = %config.listen, "printers call without TLS, as the configuration says");
    }
    let failed = |source| PushError::Listen { listen: config.listen, source };
    let socket = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let listener = Arc::new(Listener {
        tls: tls.clone(),
        strangers,
        callers: Callers::new(printers, &context),
        places: Arc::new(Places::default()),
        complaints: Quiet::new(),
        context,
    });
    let context = listener.context.clone();
    context.spawn("push listener", listener.accept(socket));
    if let Some(tls) = tls {
        context.spawn("push certificates", tls.run(context.stop.clone()));
    }
    Ok(address)
}

/// What all connections share.
struct Listener {
    tls: Option<Arc<Watched>>,
    strangers: Arc<Strangers>,
    callers: Callers,
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
        let Some(caller) = self.callers.find(names, peer) else {
            return self.refuse(peer, names, "unknown printer", &senders::logged(names));
        };
        tracing::debug!(printer = %caller.normaliser.printer(), %peer, "a printer has called");
        let end = Connection::new(stream, Arc::clone(caller), &self.context).serve().await;
        self.log_end(caller, peer, &end);
    }

    /// Counts a connection that was not taken, and says why. `names` are those of its certificate.
    fn refuse(&self, peer: IpAddr, names: &[String], what: &'static str, why: &dyn Display) {
        self.context.counters.senders_refused.one(what);
        self.strangers.refused(names, peer, what, &why.to_string());
        if let Some(unsaid) = self.complaints.may_say((peer, what)) {
            tracing::warn!(%peer, what, %why, unsaid, "a printer that called was refused");
        }
    }

    fn log_end(&self, caller: &callers::Caller, peer: IpAddr, end: &End) {
        let printer = caller.normaliser.printer();
        let (what, why): (_, &dyn Display) = match end {
            End::Refused(error) => {
                self.context.counters.frames_refused.one(error.name());
                // The whole text may quote the printer.
                ("a frame was refused", &error.name())
            }
            End::Decided(Why::Nonsense(why)) => {
                self.context.counters.frames_refused.one("order");
                ("it broke the protocol", why)
            }
            End::Decided(Why::Unfit(why)) => ("it does not push", why),
            End::Decided(Why::Nacked) => {
                ("nacked", &"what came could not be stored; the printer sends it again")
            }
            End::Broken(error) => return tracing::debug!(%printer, %peer, %error, "a call broke"),
            End::Decided(why) => return tracing::debug!(%printer, %peer, ?why, "a call ended"),
        };
        if let Some(unsaid) = self.complaints.may_say((peer, what)) {
            tracing::warn!(%printer, %peer, what, %why, unsaid, "a printer's call was closed");
        }
    }
}
