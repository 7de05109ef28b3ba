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
use std::net::IpAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use self::callers::Caller;
use self::connection::{Connection, End};
use self::flow::Why;
use crate::config::{Listener as Config, Printer};
use crate::intake::IntakeContext;
use crate::intake::listener::{self, Host, ListenError, Listening, Refused, Strangers};
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
    let host = Push { context: context.clone(), complaints: Quiet::new() };
    listener::start(config, host, callers::callers(printers, &context), strangers, context).await
}

struct Push {
    context: IntakeContext,
    /// Per address and reason, what was said when.
    complaints: Quiet<(IpAddr, &'static str)>,
}

impl Host for Push {
    const SECTION: &'static str = "push";
    const UNKNOWN: &'static str = "unknown printer";
    type Printer = Arc<Caller>;

    async fn serve<S>(&self, stream: S, caller: Arc<Caller>, peer: IpAddr) -> Result<(), Refused>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        tracing::debug!(printer = %caller.normaliser.printer(), %peer, "a printer has called");
        let end = Connection::new(stream, Arc::clone(&caller), &self.context).serve().await;
        self.log_end(&caller, peer, &end);
        Ok(())
    }
}

impl Push {
    fn log_end(&self, caller: &Caller, peer: IpAddr, end: &End) {
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
