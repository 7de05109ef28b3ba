//! The one session that the adapter keeps at a Duet. A Duet has eight; each login stands in its own log; and a session that
//! nobody uses for eight seconds is gone.

use tokio::time::Duration;

use super::api::{BoardKey, BoardLogin, Login};
use super::limits::{PASSWORD_AGAIN, SESSION, SESSION_AGAIN, SESSION_SHARE, SESSION_TRIES, SESSION_USUAL};
use crate::intake::poll::driver::Verdict;
use crate::intake::poll::drivers::field::right;
use crate::intake::poll::transport::http::{Get, SessionKey};
use crate::intake::poll::trouble::{Trouble, Why};

/// Whether there is a session.
#[derive(Debug, Default)]
pub(super) struct Session {
    open: Option<Open>,
    /// How often in a row there was none to be had.
    refused: u32,
}

/// A session.
struct Open {
    /// `None` at a Duet that knows a session by the client's address.
    key: Option<SessionKey>,
    timeout: Duration,
    /// A question was answered in it. Until then, one that is refused is no sign that the session is gone.
    proved: bool,
}

// By hand: its key is as good as the password and must not reach a log, not even by `{:?}`.
impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open")
            .field("timeout", &self.timeout)
            .field("proved", &self.proved)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Takes what `rr_connect` answered.
    pub(super) fn login(&mut self, login: &Login) -> Verdict {
        self.open = None;
        match login.err {
            0 => {
                let timeout = right(&login.timeout_ms).map_or(SESSION_USUAL, |ms| Duration::from_millis(*ms));
                let timeout = timeout.clamp(SESSION.0, SESSION.1);
                let key = right(&login.key).filter(|key| **key != 0).map(ToString::to_string);
                self.begin(key.as_deref().and_then(SessionKey::parse), timeout);
                Verdict::Alive
            }
            1 => Self::wrong_password(),
            2 => self.refused("all of its sessions are taken".into()),
            err => self.refused(Why::Numbered("it takes no login, with error", err)),
        }
    }

    /// Takes what `/machine/connect` answered.
    pub(super) fn board_login(&mut self, login: &BoardLogin) -> Verdict {
        let key = match &login.key {
            BoardKey::Number(number) => SessionKey::parse(&number.to_string()),
            BoardKey::Text(text) => SessionKey::parse(text),
        };
        let Some(key) = key else { return Verdict::nonsense("a session with a key that is none") };
        self.begin(Some(key), SESSION_USUAL);
        Verdict::Alive
    }

    fn begin(&mut self, key: Option<SessionKey>, timeout: Duration) {
        (self.open, self.refused) = (Some(Open { key, timeout, proved: false }), 0);
    }

    /// Each try is a line in the Duet's own log.
    pub(super) fn wrong_password() -> Verdict {
        Verdict::Cannot(Trouble::Refused("it does not take our password".into()), PASSWORD_AGAIN)
    }

    /// There is no session to be had, and one may be free in a moment, or not for long.
    fn refused(&mut self, why: Why) -> Verdict {
        self.refused = self.refused.saturating_add(1);
        let again = if self.refused <= SESSION_TRIES { SESSION_AGAIN } else { PASSWORD_AGAIN };
        Verdict::Cannot(Trouble::Refused(why), again)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Puts the session's key to a question.
    pub(super) fn sign(&self, get: Get) -> Get {
        match self.open.as_ref().and_then(|open| open.key.clone()) {
            Some(key) => get.session(key),
            None => get,
        }
    }

    /// A question was answered in it.
    pub(super) fn prove(&mut self) {
        if let Some(open) = &mut self.open {
            open.proved = true;
        }
    }

    /// A question was refused: the session is gone. One that was never answered in is not worth another login, which would
    /// be refused as well and take a session each time.
    pub(super) fn lost(&mut self) -> Verdict {
        if self.open.take().is_some_and(|open| open.proved) {
            return Verdict::Alive;
        }
        let why = "it takes our login, and then no question";
        Verdict::Cannot(Trouble::Refused(why.into()), PASSWORD_AGAIN)
    }

    /// Whoever it was with may not be there any more.
    pub(super) fn forget(&mut self) {
        self.open = None;
    }

    /// After so long without a question the session must be kept by one.
    pub(super) fn heartbeat(&self) -> Option<Duration> {
        self.open.as_ref().map(|open| open.timeout.mul_f64(SESSION_SHARE))
    }
}
