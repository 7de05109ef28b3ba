//! What a vendor's engineer implements for one kind of printer interface: a conversation, and nothing else.
//!
//! A driver decides what is asked and what an answer means. It never waits, opens no connection and asks no clock:
//! the machine (`machine.rs`) has the manners, a transport (`transport/`) carries the questions. It tells of what it
//! found through [`Found`], which takes catalogue items only, so a driver has no way to let a text out.
//! `docs/writing-a-driver.md` leads through one.

use tokio::time::Duration;

use super::Now;
use super::found::Found;
use super::trouble::Trouble;
use crate::intake::limits::ANSWER;

/// One kind of printer interface, as a pure conversation with one printer.
///
/// The machine calls, in this order: [`begin`](Self::begin) on each new connection;
/// [`next`](Self::next) until it rests, for what must be known first; then, at each interval,
/// [`round`](Self::round) and `next` again until it rests. Each question of [`Next::Ask`] is followed by one
/// [`answer`](Self::answer) before the next one is asked, or by `begin` where the connection is lost.
pub trait Driver: Send + 'static {
    /// Its name, such as `octoprint`. It is part of the origin of every value: once released it never changes.
    const NAME: &'static str;
    /// A question of the transport's.
    type Query: Send;
    /// An answer of the transport's.
    type Answer: Send;

    /// A new connection stands: forget the session. What the printer's values were is remembered elsewhere.
    fn begin(&mut self, now: Now);

    /// An interval is over: from now on `next` asks for values. A driver that is told without asking
    /// ([`Verdict::Pushed`]) says here what it has, once an interval.
    fn round(&mut self, now: Now, found: &mut Found<'_>);

    /// What to ask now. Called after `begin`, `round` and each answer, never while a question is open.
    fn next(&mut self, now: Now) -> Next<Self::Query>;

    /// Takes an answer in, and says what it shows of the printer.
    fn answer(&mut self, answer: Self::Answer, now: Now, found: &mut Found<'_>) -> Verdict;

    /// The printer's own wishes, asked for each time they matter, since an answer may change them.
    fn pace(&self) -> Pace {
        Pace::default()
    }

    /// A question that costs the printer nothing, asked when [`Pace::heartbeat`] passes without a word from it. `pausing`: in
    /// a pause that it wants, which is where [`Pace::in_pauses`] allows it.
    fn sign_of_life(&mut self, _pausing: bool) -> Option<Self::Query> {
        None
    }

    /// A last question before the adapter stops, such as one that gives a session back. Nobody waits long for it.
    fn farewell(&mut self) -> Option<Self::Query> {
        None
    }
}

/// What to ask.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<Query> {
    /// This, and wait for the answer.
    Ask(Query),
    /// This, which has no answer: an acknowledgement.
    Tell(Query),
    /// Nothing until something is heard or the next round begins.
    Rest,
}

/// What an answer shows of the printer.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It does its work: it gave the values that it was asked for.
    Works,
    /// It is alive; whether it works is open.
    Alive,
    /// It said something that it was not asked for, which shows that it works. An open question stays open.
    Pushed,
    /// It said something that it was not asked for and that shows nothing by itself: what comes of it is said with the
    /// next round. An open question stays open.
    Noted,
    /// The interface works and shows that the printer behind it is off or has failed. It is asked on at each interval.
    Shows(Trouble),
    /// It asks for a pause of this length. It is not questioned before that is over.
    Wait(Duration),
    /// It cannot, for this reason. It is asked again after a pause that grows, on the same connection, and not before
    /// so long.
    Cannot(Trouble, Duration),
    /// The connection is of no use, for this reason if there is one. It is called again after a pause that grows, and
    /// not before so long.
    Close(Option<Trouble>, Duration),
}

impl Verdict {
    /// It does not speak its protocol.
    pub fn nonsense(why: &'static str) -> Self {
        Self::Close(Some(Trouble::Nonsense(why.into())), Duration::ZERO)
    }
}

/// A printer's own wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The shortest time between two rounds that the printer allows; the configured interval may be longer.
    pub shortest: Duration,
    /// How long an answer may take.
    pub answer_max: Duration,
    /// After so long without a word, [`Driver::sign_of_life`] is asked, and may take as long again. `None` where each
    /// question makes its own connection, or where the rounds are enough.
    pub heartbeat: Option<Duration>,
    /// After so long without a word from us a sign of life is asked as well, where the printer closes on who says nothing.
    /// `None` where it does not.
    pub word: Option<Duration>,
    /// Whether a sign of life may be asked in a pause that the printer wants: without one, a connection that is gone shows only
    /// when the pause is over.
    pub in_pauses: bool,
    /// The longest time in which the printer cannot answer though it is well, such as the exposure of a layer. Each wait
    /// for it is so much longer.
    pub silence: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let (shortest, silence) = (Duration::ZERO, Duration::ZERO);
        Self { shortest, answer_max: ANSWER.0, heartbeat: None, word: None, in_pauses: false, silence }
    }
}
