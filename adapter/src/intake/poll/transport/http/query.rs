//! What can be asked over HTTP: GET of a listed path. There is no constructor for another method.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use catalog::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::Duration;

use crate::intake::poll::driver::Verdict;
use crate::intake::poll::trouble::{Trouble, Why};

/// What stands in a query as it is (RFC 3986, section 2.3); all else is escaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How long to wait where a printer asks for a pause and does not say how long.
const PAUSE: Duration = Duration::from_secs(10);

/// The status of an answer that has no head.
pub const NO_HEAD: u16 = 0;

/// One path that a driver may ask for. A driver lists all of them as statics, and a transport sends no other.
#[derive(Debug, PartialEq, Eq)]
pub struct Path {
    pub(super) path: &'static str,
    pub(super) body_bytes_max: usize,
    /// Whether an answer without a head is one.
    pub(super) bare: bool,
}

impl Path {
    /// A path such as `/api/version`, and the longest body that is read of its answer.
    pub const fn new(path: &'static str, body_bytes_max: usize) -> Self {
        Self { path, body_bytes_max, bare: false }
    }

    /// As well where the answer is a body without a head, as an OctoPrint's that is starting: its status is then
    /// [`NO_HEAD`].
    pub const fn or_bare(self) -> Self {
        Self { bare: true, ..self }
    }

    /// The path.
    pub fn as_str(&self) -> &'static str {
        self.path
    }
}

/// A GET.
#[derive(Clone, PartialEq, Eq)]
pub struct Get {
    path: &'static Path,
    pairs: Vec<(Cow<'static, str>, Term)>,
    session: Option<SessionKey>,
}

/// The key of a session, as a printer gave it: as good as a password.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(String);

impl SessionKey {
    /// Characters of one: those of today are a number, or 32 hexadecimal digits.
    const LENGTH_MAX: usize = 64;

    /// Letters, digits and hyphens; `None` for anything else, which has no place in a header.
    pub fn parse(key: &str) -> Option<Self> {
        let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (plain && (1..=Self::LENGTH_MAX).contains(&key.len())).then(|| Self(key.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value of a query parameter.
#[derive(Clone, PartialEq, Eq)]
enum Term {
    /// The name stands alone.
    None,
    Number(u64),
    Word(&'static str),
    /// The two are written together.
    Numbered(&'static str, u64),
    Words(&'static [&'static str]),
    /// The printer's key, which only the transport knows.
    Secret,
}

// By hand: users name what is asked for, and a session's key is as good as a password. Neither must reach a log, not even
// by `{:?}`.
impl std::fmt::Debug for Get {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Get").field("path", &self.path.path).finish_non_exhaustive()
    }
}

impl Get {
    /// GET of this path.
    pub fn new(path: &'static Path) -> Self {
        Self { path, pairs: Vec::new(), session: None }
    }

    /// With `name=number`.
    pub fn number(self, name: &'static str, number: u64) -> Self {
        self.pair(name.into(), Term::Number(number))
    }

    /// With `name=word`.
    pub fn word(self, name: &'static str, word: &'static str) -> Self {
        self.pair(name.into(), Term::Word(word))
    }

    /// With `name=wordNUMBER`.
    pub fn numbered(self, name: &'static str, word: &'static str, number: u64) -> Self {
        self.pair(name.into(), Term::Numbered(word, number))
    }

    /// With a name alone, which may be the printer's own, such as that of one of its objects.
    pub fn flag(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.pair(name.into(), Term::None)
    }

    /// With `name=word,word,…`, where the name may be the printer's own.
    pub fn words(self, name: impl Into<Cow<'static, str>>, words: &'static [&'static str]) -> Self {
        self.pair(name.into(), Term::Words(words))
    }

    /// With `name=` and the key that the configuration names, for printers that take it in no header.
    pub fn secret(self, name: &'static str) -> Self {
        self.pair(name.into(), Term::Secret)
    }

    /// With the key of a session in the header `X-Session-Key`.
    pub fn session(self, key: SessionKey) -> Self {
        Self { session: Some(key), ..self }
    }

    fn pair(mut self, name: Cow<'static, str>, term: Term) -> Self {
        self.pairs.push((name, term));
        self
    }

    pub(in crate::intake::poll) fn path(&self) -> &'static Path {
        self.path
    }

    pub(super) fn session_key(&self) -> Option<&SessionKey> {
        self.session.as_ref()
    }

    /// Path and query behind the prefix that the configuration gives.
    pub(in crate::intake::poll) fn target(&self, prefix: &str, key: Option<&SecretString>) -> String {
        let mut target = format!("{prefix}{}", self.path.path);
        for (index, (name, term)) in self.pairs.iter().enumerate() {
            target.push(if index == 0 { '?' } else { '&' });
            target.extend(utf8_percent_encode(name, ESCAPED));
            match term {
                Term::None => {}
                Term::Number(number) => {
                    let _ = write!(target, "={number}");
                }
                Term::Word(word) => {
                    let _ = write!(target, "={}", utf8_percent_encode(word, ESCAPED));
                }
                Term::Numbered(word, number) => {
                    let _ = write!(target, "={word}{number}");
                }
                Term::Words(words) => {
                    let _ = write!(target, "={}", utf8_percent_encode(&words.join(","), ESCAPED));
                }
                Term::Secret => {
                    let key = key.map(|key| key.expose_secret()).unwrap_or_default();
                    let _ = write!(target, "={}", utf8_percent_encode(key, ESCAPED));
                }
            }
        }
        target
    }
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Got<B = Bytes> {
    /// The path that was asked for.
    pub path: &'static Path,
    /// The status, such as 200.
    pub status: u16,
    /// How long the printer asks to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// What the printer's clock showed (`Date`).
    pub date: Option<Timestamp>,
    /// What it said: whole, or what was made of it as it came.
    pub body: B,
}

// By hand: what a printer wrote must not reach a log, not even by `{:?}`.
impl<B> std::fmt::Debug for Got<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut got = f.debug_struct("Got");
        got.field("path", &self.path.path).field("status", &self.status);
        got.finish_non_exhaustive()
    }
}

impl Got {
    /// The JSON of the body.
    ///
    /// # Errors
    /// What to say where it is none, or of another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Verdict> {
        serde_json::from_slice(&self.body)
            .map_err(|_| Verdict::nonsense("an answer that is not the JSON of its path"))
    }
}

impl<B> Got<B> {
    /// What a status shows that the driver has no other use for.
    pub fn unusual(&self) -> Verdict {
        let wait = self.retry_after.unwrap_or_default();
        let why = |words| Why::Numbered(words, self.status.into());
        match self.status {
            401 | 403 => {
                Verdict::Cannot(Trouble::Refused(why("it does not take our key: HTTP status")), wait)
            }
            429 => Verdict::Wait(self.retry_after.unwrap_or(PAUSE)),
            503 if self.retry_after.is_some() => Verdict::Wait(wait),
            500..=599 => Verdict::Cannot(Trouble::Failed(why("it answers with HTTP status")), wait),
            300..=399 => Verdict::Cannot(
                Trouble::Refused(why("it sends us elsewhere, and we do not go: HTTP status")),
                wait,
            ),
            _ => Verdict::Cannot(Trouble::Nonsense(why("it answers with HTTP status")), wait),
        }
    }
}
