//! Whose fault it is that nothing comes (promise P8).

use std::fmt;

use tokio::time::Instant;

use super::Now;
use super::limits::SAID_EVERY;

/// Why the adapter cannot talk to a printer. The text never holds the printer's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The network does not lead there.
    Unreachable(String),
    /// The network leads there and nobody is at home.
    Off(String),
    /// The printer answers, and says or shows that it cannot do its work.
    Failed(String),
    /// The printer does not take us, or we do not take it: certificates, versions.
    Refused(String),
    /// What it sends is not PIP.
    Nonsense(String),
}

impl Trouble {
    /// The catalogue's word for it.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "network_unreachable",
            Self::Off(_) => "printer_off",
            Self::Failed(_) => "printer_failed",
            Self::Refused(_) => "refused",
            Self::Nonsense(_) => "nonsense",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why)
            | Self::Off(why)
            | Self::Failed(why)
            | Self::Refused(why)
            | Self::Nonsense(why) => f.write_str(why),
        }
    }
}

/// What is known of a printer's reachability, and when it was last said.
#[derive(Debug)]
pub(super) struct Reach {
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
    pub(super) fn new(now: Now) -> Self {
        Self { code: "starting", said: now.mono, doubted: false, setbacks: 0 }
    }

    /// It is this from now on. Says whether that is another than before.
    pub(super) fn turn(&mut self, code: &'static str) -> bool {
        self.doubted = false;
        std::mem::replace(&mut self.code, code) != code
    }

    /// The connection is lost and nothing says why.
    pub(super) fn doubt(&mut self) {
        self.doubted = self.code == "available";
    }

    /// Values come.
    pub(super) fn works(&mut self) {
        self.setbacks = 0;
    }

    /// A session broke. Once can be the network, or the mains, and the next connection will tell; a second
    /// time, with a connection that stood in between, it is the printer.
    pub(super) fn setback(&mut self, why: &str) -> Option<Trouble> {
        self.setbacks = self.setbacks.saturating_add(1);
        (self.setbacks >= 2).then(|| Trouble::Failed(why.to_owned()))
    }

    /// When it is to be said again, though nothing has changed; never while it is doubted.
    pub(super) fn again_at(&self) -> Option<Instant> {
        (!self.doubted).then(|| self.said + SAID_EVERY)
    }

    pub(super) fn is_due(&self, now: Now) -> bool {
        self.again_at().is_some_and(|at| at <= now.mono)
    }

    /// What to say now.
    pub(super) fn say(&mut self, now: Now) -> &'static str {
        self.said = now.mono;
        self.code
    }
}
