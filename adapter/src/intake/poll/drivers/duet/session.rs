//! The one session that the adapter keeps at a Duet. A Duet has eight; each login stands in its own log; and a session that
//! nobody uses for eight seconds is gone.

use tokio::time::Duration;

use super::api::Login;
use super::limits::{PASSWORD_AGAIN, SESSION, SESSION_AGAIN, SESSION_SHARE, SESSION_USUAL};
use crate::intake::poll::driver::Verdict;
use crate::intake::poll::drivers::field::right;
use crate::intake::poll::transport::http::Get;
use crate::intake::poll::trouble::{Trouble, Why};

/// Whether there is a session.
#[derive(Debug, Default)]
pub(super) enum Session {
    #[default]
    None,
    Open(Open),
}

/// A session.
#[derive(Debug)]
pub(super) struct Open {
    /// `None` at a Duet that knows a session by the client's address.
    key: Option<u64>,
    timeout: Duration,
    /// A question was answered in it. Until then, one that is refused is no sign that the session is gone.
    proved: bool,
}

impl Session {
    /// Takes what `rr_connect` answered.
    pub(super) fn login(&mut self, login: &Login) -> Verdict {
        *self = Self::None;
        match login.err {
            0 => {
                let timeout = right(&login.timeout_ms).map_or(SESSION_USUAL, |ms| Duration::from_millis(*ms));
                let timeout = timeout.clamp(SESSION.0, SESSION.1);
                let key = right(&login.key).copied().filter(|key| *key != 0);
                *self = Self::Open(Open { key, timeout, proved: false });
                Verdict::Alive
            }
            1 => Verdict::Cannot(Trouble::Refused("it does not take our password".into()), PASSWORD_AGAIN),
            2 => Verdict::Cannot(Trouble::Refused("all of its sessions are taken".into()), SESSION_AGAIN),
            err => {
                let why = Why::Numbered("it takes no login, with error", err);
                Verdict::Cannot(Trouble::Refused(why), SESSION_AGAIN)
            }
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// Puts the session's key to a question.
    pub(super) fn sign(&self, get: Get) -> Get {
        match self {
            Self::Open(Open { key: Some(key), .. }) => get.session(*key),
            _ => get,
        }
    }

    /// A question was answered in it.
    pub(super) fn prove(&mut self) {
        if let Self::Open(open) = self {
            open.proved = true;
        }
    }

    /// A question was refused: the session is gone. One that was never answered in is not worth another login, which would
    /// be refused as well and take a session each time.
    pub(super) fn lost(&mut self) -> Verdict {
        match std::mem::take(self) {
            Self::Open(Open { proved: true, .. }) => Verdict::Alive,
            _ => {
                let why = "it takes our login, and then no question";
                Verdict::Cannot(Trouble::Refused(why.into()), PASSWORD_AGAIN)
            }
        }
    }

    /// After so long without a question the session must be kept by one.
    pub(super) fn heartbeat(&self) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::Open(open) => Some(open.timeout.mul_f64(SESSION_SHARE)),
        }
    }
}
