//! The listener that Filebeat and Metricbeat ship to. A window is acknowledged when the platform has stored
//! what came of it, and never before; while it waits, the sender is told so and does not send again.
//!
//! Nothing is ever sent to a printer but acknowledgements.

mod connection;
mod flow;
mod limits;
mod seats;
mod senders;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use self::connection::{Connection, End};
use self::flow::Why;
use self::senders::Known;
use crate::config::{Listener as Config, Printer, PrinterId};
use crate::intake::IntakeContext;
use crate::intake::listener::{self, Host, ListenError, Listening, Otherwise, Refused, Strangers};
use crate::normalise::Quiet;

/// Starts the listener. Who is refused is remembered among `strangers`.
///
/// # Errors
/// A file of its TLS cannot be used, or its address cannot be listened on.
pub async fn start(
    config: &Config,
    printers: &[Printer],
    strangers: Arc<Strangers>,
    context: IntakeContext,
) -> Result<Listening, ListenError> {
    let otherwise = Otherwise::of(printers, |printer| printer.push.as_ref());
    let host = Beats { context: context.clone(), complaints: Quiet::new(), otherwise };
    listener::start(config, host, senders::senders(printers, &context), strangers, context).await
}

struct Beats {
    context: IntakeContext,
    /// Per address and reason, what was said when.
    complaints: Quiet<(IpAddr, &'static str)>,
    otherwise: Otherwise,
}

impl Host for Beats {
    const SECTION: &'static str = "beats";
    const UNKNOWN: &'static str = "unknown sender";
    type Printer = Known;

    fn otherwise(&self) -> &Otherwise {
        &self.otherwise
    }

    async fn serve<S>(&self, stream: S, known: Known, peer: IpAddr) -> Result<(), Refused>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let (seat, _connection) =
            known.connection().ok_or(Refused("too many connections", "of this printer"))?;
        let printer = known.normaliser.printer().clone();
        tracing::debug!(%printer, %peer, "a sender has connected");
        let end = Connection::new(stream, known, &self.context, seat).serve().await;
        self.log_end(&printer, peer, &end);
        Ok(())
    }
}

impl Beats {
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
