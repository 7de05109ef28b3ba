//! How a question shows that we may ask it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use secrecy::{ExposeSecret as _, SecretString};

use super::digest::{Asked, Challenge};

/// How a question shows that we may ask it.
#[derive(Clone, Debug)]
pub enum Auth {
    /// It need not, or the driver puts the key where it belongs ([`super::Get::secret`]).
    None,
    /// By the key in this header, such as `X-Api-Key`.
    Header(HeaderName),
    /// By HTTP digest, where the key is a password that is never sent.
    Digest(Proof),
}

/// Proves a password by HTTP digest. What the server last challenged with is answered at each question, until it
/// challenges anew.
#[derive(Clone, Debug)]
pub struct Proof {
    user: Arc<str>,
    /// Makes the client's nonce for a challenge; none where there are no random bytes, and then nothing can be proved.
    nonce: fn() -> Option<String>,
    /// Shared by the questions of one printer, of which one is open at a time.
    standing: Arc<Mutex<Option<Standing>>>,
}

/// A challenge, how often it has been answered, and by which nonce of ours.
#[derive(Debug)]
struct Standing {
    challenge: Challenge,
    count: u32,
    cnonce: Option<String>,
}

impl Auth {
    /// Adds what a question of this path and query needs. A key that no header can carry was refused with the
    /// configuration.
    pub(super) fn apply(&self, key: Option<&SecretString>, target: &str, headers: &mut HeaderMap) {
        let value = |text: &str| HeaderValue::from_str(text).ok();
        let (name, value) = match (self, key) {
            (Self::Header(name), Some(key)) => (name.clone(), value(key.expose_secret())),
            (Self::Digest(proof), Some(key)) => {
                (AUTHORIZATION, proof.answer(key, target).as_deref().and_then(value))
            }
            _ => return,
        };
        if let Some(mut value) = value {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }

    /// The server has answered 401: its challenge is what is answered from now on.
    pub(super) fn challenged(&self, headers: &HeaderMap) {
        let Self::Digest(proof) = self else { return };
        let offers = headers.get_all(WWW_AUTHENTICATE).into_iter().filter_map(|value| value.to_str().ok());
        let challenge = Challenge::best(offers);
        *proof.standing() =
            challenge.map(|challenge| Standing { challenge, count: 0, cnonce: (proof.nonce)() });
    }

    /// Whether there is a challenge that was not answered yet.
    pub(super) fn is_challenged(&self) -> bool {
        let Self::Digest(proof) = self else { return false };
        proof.standing().as_ref().is_some_and(|standing| standing.count == 0)
    }
}

impl Proof {
    /// For this user. `nonce` gives another text each time, by chance: letters and digits.
    pub(in crate::intake::poll) fn new(user: &str, nonce: fn() -> Option<String>) -> Self {
        Self { user: user.into(), nonce, standing: Arc::default() }
    }

    fn answer(&self, password: &SecretString, target: &str) -> Option<String> {
        let mut standing = self.standing();
        let Standing { challenge, count, cnonce } = standing.as_mut()?;
        *count = count.saturating_add(1);
        let (user, password, count, cnonce) =
            (&self.user, password.expose_secret(), *count, cnonce.as_ref()?);
        Some(challenge.answer(&Asked { user, password, target, count, cnonce }))
    }

    fn standing(&self) -> MutexGuard<'_, Option<Standing>> {
        // Whoever panicked with it in hand left a challenge or none, and both will do.
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
