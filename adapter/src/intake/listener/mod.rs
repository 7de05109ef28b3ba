//! What every listener has in common: it takes connections, greets them with TLS, knows whose they are, and refuses the
//! rest. What is said on a connection is its [`Host`]'s affair.

mod limits;
mod otherwise;
mod places;
mod senders;
mod socket;
mod strangers;

use std::fmt::Display;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

pub(crate) use self::limits::CONNECTIONS_MAX;
use self::limits::{ACCEPT_WAIT, HANDSHAKE_MAX};
pub(super) use self::otherwise::Otherwise;
use self::places::{Place, Places};
pub(super) use self::senders::Senders;
pub use self::strangers::{Stranger, Strangers};
use crate::config::Listener as Config;
use crate::intake::IntakeContext;
use crate::normalise::Quiet;
use crate::tls::{TlsError, Watched};

/// The reason by which a peer is refused whose name stands elsewhere in the configuration.
const KNOWN_OTHERWISE: &str = "known otherwise";

/// Serves the connections of a listener.
pub(super) trait Host: Send + Sync + 'static {
    /// The section of the configuration that opens the listener.
    const SECTION: &'static str;
    /// The reason by which a peer is refused that no printer is configured for.
    const UNKNOWN: &'static str;
    /// A printer whose connections these are.
    type Printer: Clone + Send + Sync + 'static;

    /// Serves a connection of this printer to its end. One that is not taken is refused for the reason.
    fn serve<S>(
        &self,
        stream: S,
        printer: Self::Printer,
        peer: IpAddr,
    ) -> impl Future<Output = Result<(), Refused>> + Send
    where
        S: AsyncRead + AsyncWrite + Unpin + Send;

    /// Somebody at this address was not let in: by the names of a certificate that is nobody's here; without one, since one
    /// side does not accept the other's, or its version of TLS.
    fn refused(&self, _peer: IpAddr, _names: &[String]) {}

    /// The printers that the configuration has under other names than those of this listener.
    fn otherwise(&self) -> &Otherwise;
}

/// Why a printer's connection was not taken: a name of the reason, and the reason.
pub(super) struct Refused(pub(super) &'static str, pub(super) &'static str);

/// Why a listener did not start. The owner's to mend.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Its certificate, key or root.
    #[error("[{section}]")]
    Tls {
        /// The section of the configuration.
        section: &'static str,
        /// Why.
        source: TlsError,
    },
    /// Its address.
    #[error(
        "[{section}]: cannot listen on {listen}: another program has it, or it is no address of this machine"
    )]
    Listen {
        /// The section of the configuration.
        section: &'static str,
        /// The address.
        listen: SocketAddr,
        /// Why.
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
}

/// Starts a listener for these printers. Who is refused is remembered among `strangers`.
///
/// # Errors
/// A file of its TLS cannot be used, or its address cannot be listened on.
pub(super) async fn start<H: Host>(
    config: &Config,
    host: H,
    printers: Senders<H::Printer>,
    strangers: Arc<Strangers>,
    context: IntakeContext,
) -> Result<Listening, ListenError> {
    let section = H::SECTION;
    let tls = config.tls.as_ref().map(Watched::load).transpose();
    let tls = tls.map_err(|source| ListenError::Tls { section, source })?.map(Arc::new);
    if tls.is_none() {
        tracing::warn!(section, listen = %config.listen, "listens without TLS, as the configuration says");
    }
    let failed = |source| ListenError::Listen { section, listen: config.listen, source };
    let socket = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let listener = Arc::new(Listener {
        host,
        tls: tls.clone(),
        strangers,
        printers,
        places: Arc::new(Places::default()),
        complaints: Quiet::new(),
        context,
    });
    let context = listener.context.clone();
    context.spawn(format!("[{section}] listener"), listener.accept(socket));
    if let Some(tls) = &tls {
        context.spawn(format!("[{section}] certificates"), Arc::clone(tls).run(context.stop.clone()));
    }
    Ok(Listening { address, tls })
}

/// What all connections share.
struct Listener<H: Host> {
    host: H,
    tls: Option<Arc<Watched>>,
    strangers: Arc<Strangers>,
    printers: Senders<H::Printer>,
    places: Arc<Places>,
    /// Per address and reason, what was said when.
    complaints: Quiet<(IpAddr, &'static str)>,
    context: IntakeContext,
}

impl<H: Host> Listener<H> {
    async fn accept(self: Arc<Self>, socket: TcpListener) {
        let stop = self.context.stop.clone();
        while let Some(accepted) = stop.run_until_cancelled(socket.accept()).await {
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer.ip().to_canonical()),
                // Such as no file handles left: other connections must end first, and trying at once would
                // be a tight loop.
                Err(error) => {
                    tracing::warn!(section = H::SECTION, %error, "a connection could not be accepted");
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
            Some(Ok(Err(error))) => {
                self.host.refused(peer, &[]);
                self.refuse(peer, &[], "TLS handshake", &error);
            }
            Some(Err(_)) => self.refuse(peer, &[], "TLS handshake", &"not done in time"),
            None => {}
        }
    }

    async fn serve(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send,
        peer: IpAddr,
        names: &[String],
        _place: Place,
    ) {
        let Some(printer) = self.printers.find(names, peer) else {
            return self.unknown(peer, names);
        };
        if let Err(Refused(what, why)) = self.host.serve(stream, printer.clone(), peer).await {
            self.refuse(peer, names, what, &why);
        }
    }

    /// No printer is known here by what it shows; one that is known otherwise is a line of the configuration to mend.
    fn unknown(&self, peer: IpAddr, names: &[String]) {
        self.host.refused(peer, names);
        let Some((printer, name)) = self.host.otherwise().find(names) else {
            return self.refuse(peer, names, H::UNKNOWN, &senders::logged(names));
        };
        let section = H::SECTION;
        let why = format!(
            "the configuration has the printer {printer}, and not this certificate as its {section}: if it is that one, write \
             {section} = {{ certificate = {name:?} }} there"
        );
        self.refuse(peer, names, KNOWN_OTHERWISE, &why);
    }

    /// Counts a connection that was not taken, and says why. `names` are those of its certificate.
    fn refuse(&self, peer: IpAddr, names: &[String], what: &'static str, why: &dyn Display) {
        self.context.counters.senders_refused.one(what);
        self.strangers.refused(names, peer, what, &why.to_string());
        if let Some(unsaid) = self.complaints.may_say((peer, what)) {
            tracing::warn!(section = H::SECTION, %peer, what, %why, unsaid, "a sender was refused");
        }
    }
}
