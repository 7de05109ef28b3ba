//! Whose fault it is that nothing comes (promise P8).

use tokio::time::Instant;

use super::Now;
use super::limits::SAID_EVERY;
use super::trouble::Trouble;
use crate::config::PrinterId;
use crate::counters::PrinterCounters;

/// Nothing is known yet of a printer.
pub(in crate::intake) const UNKNOWN: &str = "starting";

/// What is known of a printer's reachability, and when it was last said.
#[derive(Debug)]
pub(in crate::intake) struct Reach {
    code: &'static str,
    said: Instant,
    /// Between the loss of a connection and the outcome of the next one, "available" is not known any more
    /// and is not repeated.
    doubted: bool,
    /// Sessions since the last value that ended in silence or were hung up on.
    setbacks: u32,
}

impl Reach {
    /// Nothing is known yet.
    pub(in crate::intake) fn new(now: Now) -> Self {
        Self { code: UNKNOWN, said: now.mono, doubted: false, setbacks: 0 }
    }

    /// It is this from now on. Says whether that is another than before.
    pub(in crate::intake) fn turn(&mut self, code: &'static str) -> bool {
        self.doubted = false;
        std::mem::replace(&mut self.code, code) != code
    }

    /// The connection is lost and nothing says why.
    pub(in crate::intake) fn doubt(&mut self) {
        self.doubted = self.code == "available";
    }

    /// The last that was known is that nobody is there, or that no way leads there.
    pub(in crate::intake) fn lost_sight(&self) -> bool {
        matches!(self.code, "printer_off" | "network_unreachable")
    }

    /// Values come.
    pub(in crate::intake) fn works(&mut self) {
        self.setbacks = 0;
    }

    /// A session broke. Once can be the network, or the mains, and the next connection will tell; a second
    /// time, with a connection that stood in between, it is the printer.
    pub(in crate::intake) fn setback(&mut self, why: &'static str) -> Option<Trouble> {
        self.setbacks = self.setbacks.saturating_add(1);
        (self.setbacks >= 2).then(|| Trouble::Failed(why.into()))
    }

    /// When it is to be said again, though nothing has changed; never while it is doubted.
    pub(in crate::intake) fn again_at(&self) -> Option<Instant> {
        (!self.doubted).then(|| self.said + SAID_EVERY)
    }

    pub(in crate::intake) fn is_due(&self, now: Now) -> bool {
        self.again_at().is_some_and(|at| at <= now.mono)
    }

    /// What to say now.
    pub(in crate::intake) fn say(&mut self, now: Now) -> &'static str {
        self.said = now.mono;
        self.code
    }
}

/// Logs that a printer's reachability is another one from now on: once, however long it lasts.
pub(in crate::intake) fn turned(
    printer: &PrinterId,
    counters: &PrinterCounters,
    code: &'static str,
    why: &str,
) {
    counters.turned(code);
    match code {
        // Off is as normal as available.
        "available" | "printer_off" => {
            tracing::info!(%printer, code, why, "the printer's reachability changed")
        }
        _ => tracing::warn!(%printer, code, why, "the printer's reachability changed"),
    }
}
