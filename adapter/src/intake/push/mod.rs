//! The listener that printers call. What they push is acknowledged when the platform has stored it, and never before.
//!
//! A printer that called is asked and acknowledged as any other: nothing else can be said to it.

mod actions;
mod callers;
mod connection;
mod flow;
mod limits;
mod presence;
mod standing;
mod stored;
#[cfg(test)]
mod tests;
mod words;

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use self::actions::Why;
use self::callers::{Caller, callers};
use self::connection::{Connection, End};
use self::presence::Ending;
use crate::config::{Listener as Config, Printer};
use crate::intake::IntakeContext;
use crate::intake::listener::{self, Host, ListenError, Listening, Otherwise, Refused, Strangers};
use crate::intake::poll::trouble::{Trouble, Why as Cause};
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
    let known = callers(printers, &context);
    let callers: Vec<_> = known.iter().map(|(_, caller)| Arc::clone(caller)).collect();
    let otherwise = Otherwise::of(printers, |printer| printer.beats.as_ref());
    let host =
        Push { callers: callers.clone(), context: context.clone(), complaints: Quiet::new(), otherwise };
    let listening =
        listener::start(config, host, known.into_iter().collect(), strangers, context.clone()).await?;
    for caller in callers {
        context.spawn(format!("calls of {}", caller.normaliser.printer()), caller.watch());
    }
    Ok(listening)
}

const NO_TLS: &str =
    "it calls, and comes to no TLS connection: one side does not accept the other's certificate";
const OTHER_NAME: &str =
    "it calls, and its certificate is not the one that the configuration has as its push";

struct Push {
    callers: Vec<Arc<Caller>>,
    context: IntakeContext,
    /// Per address and reason, what was said when.
    complaints: Quiet<(IpAddr, &'static str)>,
    otherwise: Otherwise,
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
        let connection = Connection::new(stream, Arc::clone(&caller), peer, &self.context);
        let call = connection.call();
        let end = connection.serve().await;
        caller.ended(call, ending(&end));
        self.log_end(&caller, peer, &end);
        Ok(())
    }

    // Who shows a certificate is known by its names alone: another printer may be behind the same address. Without one, an
    // address that two printers have had says nothing of either.
    fn refused(&self, peer: IpAddr, names: &[String]) {
        if let Some((printer, _)) = self.otherwise.find(names) {
            let caller = self.callers.iter().find(|caller| caller.normaliser.printer() == printer);
            return caller.into_iter().for_each(|caller| caller.refused(OTHER_NAME));
        }
        let mut here = self.callers.iter().filter(|caller| caller.address() == Some(peer));
        if let (true, Some(caller), None) = (names.is_empty(), here.next(), here.next()) {
            caller.refused(NO_TLS);
        }
    }

    fn otherwise(&self) -> &Otherwise {
        &self.otherwise
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
        caller.counters.calls.refused.one(what);
        if let Some(unsaid) = self.complaints.may_say((peer, what)) {
            tracing::warn!(%printer, %peer, what, %why, unsaid, "a printer's call was closed");
        }
    }
}

/// What the end of a connection shows of the printer.
fn ending(end: &End) -> Ending {
    let trouble = match end {
        End::Decided(Why::Replaced | Why::Nacked | Why::Stopped) => return Ending::Ours,
        End::Decided(Why::Bye) => return Ending::Bye,
        End::Decided(Why::Ended) | End::Broken(_) => {
            return Ending::Cut("it ends each call before it tells anything");
        }
        End::Decided(Why::Gone) => return Ending::Cut("it calls and does not answer"),
        End::Decided(Why::Failed) => Trouble::Failed("it answers with an error".into()),
        End::Decided(Why::Unfit(why)) => Trouble::Refused((*why).into()),
        End::Decided(Why::Nonsense(why)) => Trouble::Nonsense((*why).into()),
        End::Refused(error) => Trouble::Nonsense(Cause::Named("a frame was refused:", error.name())),
    };
    Ending::Trouble(trouble)
}
