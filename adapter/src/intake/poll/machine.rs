//! How one printer is queried: when to connect, what to ask, how long to wait, and whose fault it is when
//! nothing comes. Decisions only; the task in `mod.rs` performs them and tells of what happened.

use protocol::limits::{PIP_PAYLOAD_BYTES_MAX, PIP_PAYLOAD_BYTES_START};
use protocol::pip::{self, ErrorCode, Hello, HelloAck, Reply, Request, Text};
use tokio::time::{Duration, Instant};

use super::Now;
use super::backoff::{Backoff, Dice};
use super::limits::{ANSWER, PAUSE_MAX};
use super::reach::{Reach, Trouble};
use super::session::{Session, What};
use super::words::{Offered, Translator, Words};

/// What happened.
#[derive(Debug)]
pub(super) enum Event {
    /// The task began.
    Started,
    /// The connection stands, TLS included.
    Connected,
    /// The connection could not be made, or was lost; without a trouble, the printer or the network ended it
    /// and nothing says whose fault it is.
    Lost(Option<Trouble>),
    /// An answer came.
    Answered { id: u32, reply: Reply },
    /// A deadline may have passed.
    Tick,
}

/// What the task must do.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// Connect; the answer is `Connected` or `Lost`.
    Connect,
    /// Send a request.
    Ask { id: u32, request: Request },
    /// Payloads may have this many bytes from now on.
    Limit(usize),
    /// Close the connection.
    Close,
    /// Hand on readings, and count what was refused.
    Say(Words),
    /// Log a transition of the reachability: once, however long it lasts.
    Turned { code: &'static str, why: String },
}

#[derive(Debug)]
enum State {
    /// Not connected until then.
    Resting { until: Instant },
    /// The task is connecting, and limits the time itself.
    Connecting,
    /// The printer was asked who it is.
    Greeting { asked: Asked },
    /// The printer was asked what it offers.
    Describing { session: Session, asked: Asked },
    /// The printer is asked for values.
    Reading { session: Session, asked: Option<Asked> },
}

/// The one question that is open: PIP allows one.
#[derive(Clone, Copy, Debug)]
struct Asked {
    id: u32,
    what: What,
    until: Instant,
}

/// The queries to one printer.
#[derive(Debug)]
pub(super) struct Machine {
    interval: Duration,
    state: State,
    translator: Translator,
    reach: Reach,
    backoff: Backoff,
    dice: Dice,
    next_id: u32,
}

impl Machine {
    pub(super) fn new(interval: Duration, translator: Translator, mut dice: Dice, now: Now) -> Self {
        // Twenty printers are not all called in the same moment.
        let until = now.mono + dice.up_to(interval.min(Backoff::CEILING));
        let state = State::Resting { until };
        let (reach, backoff) = (Reach::new(now), Backoff::new());
        Self { interval, state, translator, reach, backoff, dice, next_id: 1 }
    }

    /// When `Tick` is due at the latest; `None` while only the task's own limits run.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let next = match &self.state {
            State::Resting { until } => Some(*until),
            State::Connecting => None,
            State::Greeting { asked } | State::Describing { asked, .. } => Some(asked.until),
            State::Reading { asked: Some(asked), .. } => Some(asked.until),
            State::Reading { session, asked: None } => Some(session.due()),
        };
        next.into_iter().chain(self.reach.again_at()).min()
    }

    /// Takes in what happened, and says what to do.
    pub(super) fn handle(&mut self, event: Event, now: Now) -> Vec<Action> {
        let mut actions = match event {
            Event::Started => vec![self.say_reach(now)],
            Event::Connected => self.greet(now),
            Event::Lost(trouble) => self.lost(trouble, now),
            Event::Answered { id, reply } => self.answered(id, reply, now),
            Event::Tick => self.tick(now),
        };
        if self.reach.is_due(now) {
            actions.push(self.say_reach(now));
        }
        actions
    }

    fn say_reach(&mut self, now: Now) -> Action {
        Action::Say(self.translator.reachability(self.reach.say(now), now))
    }

    /// The reachability is this from now on; nothing to do where it was before.
    fn turn(&mut self, trouble: Option<Trouble>, now: Now) -> Vec<Action> {
        let why = trouble.as_ref().map_or_else(|| "it answers".to_owned(), ToString::to_string);
        let code = trouble.map_or("available", |trouble| trouble.code());
        if self.reach.turn(code) {
            vec![Action::Turned { code, why }, self.say_reach(now)]
        } else {
            Vec::new()
        }
    }

    fn greet(&mut self, now: Now) -> Vec<Action> {
        let hello = Hello {
            version_min: pip::VERSION,
            version_max: pip::VERSION,
            client: Text::cut(concat!("oneway-adapter ", env!("CARGO_PKG_VERSION"))),
            payload_bytes_max: u32::try_from(PIP_PAYLOAD_BYTES_MAX).unwrap_or(u32::MAX),
        };
        let (asked, ask) = self.ask(What::Hello, Request::Hello(hello), ANSWER.0, now);
        self.state = State::Greeting { asked };
        vec![Action::Limit(PIP_PAYLOAD_BYTES_START), ask]
    }

    fn ask(&mut self, what: What, request: Request, answer_max: Duration, now: Now) -> (Asked, Action) {
        let id = self.next_id;
        // 0 is the id of BYE.
        self.next_id = self.next_id.checked_add(1).unwrap_or(1);
        (Asked { id, what, until: now.mono + answer_max }, Action::Ask { id, request })
    }

    fn lost(&mut self, trouble: Option<Trouble>, now: Now) -> Vec<Action> {
        if let State::Resting { .. } = &self.state {
            return Vec::new();
        }
        let trouble = trouble.or_else(|| match &self.state {
            // It takes connections and hangs up before a word: whoever we are, we are not wanted.
            State::Greeting { .. } => Some(Trouble::Refused("it hangs up before its HELLO-ACK".into())),
            _ => self.reach.setback("it ends each connection before it gives a value"),
        });
        self.rest(Duration::ZERO, now);
        trouble.map(|trouble| self.turn(Some(trouble), now)).unwrap_or_default()
    }

    /// Not connected for a while, at least for as long as the printer asked for.
    fn rest(&mut self, at_least: Duration, now: Now) {
        let wait = self.backoff.next(&mut self.dice).max(at_least.min(PAUSE_MAX));
        self.state = State::Resting { until: now.mono + wait };
        self.reach.doubt();
    }

    fn close(&mut self, trouble: Option<Trouble>, at_least: Duration, now: Now) -> Vec<Action> {
        self.rest(at_least, now);
        let mut actions = vec![Action::Close];
        if let Some(trouble) = trouble {
            actions.extend(self.turn(Some(trouble), now));
        }
        actions
    }

    fn tick(&mut self, now: Now) -> Vec<Action> {
        match &self.state {
            State::Resting { until } if *until <= now.mono => {
                self.state = State::Connecting;
                vec![Action::Connect]
            }
            State::Greeting { asked } | State::Describing { asked, .. } if asked.until <= now.mono => {
                let trouble = Trouble::Failed("it takes a connection and does not answer".into());
                self.close(Some(trouble), Duration::ZERO, now)
            }
            // A half-open connection, or a printer without mains: the next connection will tell.
            State::Reading { asked: Some(asked), .. } if asked.until <= now.mono => {
                let trouble = self.reach.setback("it does not answer what it is asked");
                self.close(trouble, Duration::ZERO, now)
            }
            State::Reading { session, asked: None } if session.due() <= now.mono => self.ask_next(now),
            _ => Vec::new(),
        }
    }

    fn ask_next(&mut self, now: Now) -> Vec<Action> {
        let jitter = self.dice.up_to(self.interval / 10);
        let State::Reading { session, .. } = &mut self.state else { return Vec::new() };
        let Some((what, request)) = session.question(now.mono, jitter) else { return Vec::new() };
        let answer_max = session.answer_max(what);
        let (question, action) = self.ask(what, request, answer_max, now);
        if let State::Reading { asked, .. } = &mut self.state {
            *asked = Some(question);
        }
        vec![action]
    }

    fn answered(&mut self, id: u32, reply: Reply, now: Now) -> Vec<Action> {
        if reply == Reply::Bye {
            return self.close(None, Duration::ZERO, now);
        }
        let open = match &self.state {
            State::Greeting { asked } | State::Describing { asked, .. } => Some(*asked),
            State::Reading { asked, .. } => *asked,
            State::Resting { .. } | State::Connecting => return Vec::new(),
        };
        let Some(asked) = open.filter(|asked| asked.id == id) else {
            return self.nonsense("an answer to nothing that was asked", now);
        };
        match (reply, asked.what) {
            (Reply::HelloAck(hello), What::Hello) => self.greeted(&hello, now),
            (Reply::Described(description), What::Describe) => {
                let alarms = matches!(&self.state, State::Describing { session, .. } if session.alarms);
                let (offered, words) = self.translator.described(&description, alarms);
                self.begin_reading(offered, now);
                vec![Action::Say(words)]
            }
            (Reply::Values(values), What::Read) => {
                self.heard(now, Duration::ZERO);
                self.backoff.reset();
                self.reach.works();
                let words = self.translator.values(&values, now);
                let mut actions = self.turn(None, now);
                actions.push(Action::Say(words));
                actions
            }
            (Reply::Alarms(alarms), What::Alarms) => {
                let mut actions = self.signed(now);
                actions.push(Action::Say(self.translator.alarms(&alarms, now)));
                actions
            }
            (Reply::Pong, What::Ping) => self.signed(now),
            (Reply::Busy { retry_after_ms }, _) => {
                self.busy(Duration::from_millis(retry_after_ms.into()), now)
            }
            (Reply::Error(error), _) => {
                let wait = error.retry_after_ms.map_or(Duration::ZERO, |ms| Duration::from_millis(ms.into()));
                // The printer's text may name anything: its code is enough. One that we do not know counts as
                // INTERNAL, as every other that is no word about us.
                let why = format!("it answers with error {}", error.code);
                match error.code {
                    ErrorCode::VERSION => self.close(Some(Trouble::Refused(why)), wait, now),
                    // Our mistake, which a smaller question mends.
                    ErrorCode::TOO_LARGE if asked.what == What::Read && self.ask_for_less() => {
                        self.busy(wait, now)
                    }
                    _ => self.failed(why, wait, now),
                }
            }
            _ => self.nonsense("an answer of another type than was asked for", now),
        }
    }

    fn greeted(&mut self, hello: &HelloAck, now: Now) -> Vec<Action> {
        if !(hello.version_min..=hello.version_max).contains(&pip::VERSION) {
            let trouble = Trouble::Refused("it does not speak version 1 of PIP".into());
            return self.close(Some(trouble), Duration::ZERO, now);
        }
        let session = Session::new(hello, self.interval, now.mono);
        let limit = usize::try_from(hello.payload_bytes_max).unwrap_or(usize::MAX).min(PIP_PAYLOAD_BYTES_MAX);
        let words = self.translator.hello(hello, now);
        let answer_max = session.answer_max(What::Describe);
        let (asked, ask) = self.ask(What::Describe, Request::Describe, answer_max, now);
        self.state = State::Describing { session, asked };
        vec![Action::Limit(limit), Action::Say(words), ask]
    }

    fn begin_reading(&mut self, offered: Vec<Offered>, now: Now) {
        if let State::Describing { mut session, .. } = std::mem::replace(&mut self.state, State::Connecting) {
            session.items = offered.into_iter().map(|offered| (offered, now.mono)).collect();
            session.heard = now.mono;
            self.state = State::Reading { session, asked: None };
        }
    }

    /// The open question is answered, and the next one is not asked before the pause is over.
    fn heard(&mut self, now: Now, pause: Duration) {
        if let State::Reading { session, asked } = &mut self.state {
            session.heard = now.mono;
            session.pause = now.mono + pause.min(PAUSE_MAX);
            *asked = None;
        }
    }

    fn ask_for_less(&mut self) -> bool {
        let State::Reading { session, .. } = &mut self.state else { return false };
        session.ask_for_less()
    }

    /// A sign of life. Where there are values it is they that prove that the printer works; where there are none,
    /// this must do.
    fn signed(&mut self, now: Now) -> Vec<Action> {
        self.heard(now, Duration::ZERO);
        let nothing_to_read =
            matches!(&self.state, State::Reading { session, .. } if session.items.is_empty());
        if !nothing_to_read {
            return Vec::new();
        }
        self.backoff.reset();
        self.reach.works();
        self.turn(None, now)
    }

    fn busy(&mut self, retry_after: Duration, now: Now) -> Vec<Action> {
        let State::Reading { session, asked } = &mut self.state else {
            return self.close(None, retry_after, now);
        };
        if asked.is_some_and(|asked| asked.what == What::Read) {
            // It was not answered, so it is due as before.
            session.items.iter_mut().for_each(|(_, due)| *due = (*due).min(now.mono));
        }
        self.heard(now, retry_after);
        Vec::new()
    }

    /// It answers with its own error. The connection stays where it is of use.
    fn failed(&mut self, why: String, retry_after: Duration, now: Now) -> Vec<Action> {
        let trouble = Some(Trouble::Failed(why));
        if !matches!(self.state, State::Reading { .. }) {
            return self.close(trouble, retry_after, now);
        }
        let wait = self.backoff.next(&mut self.dice).max(retry_after);
        self.heard(now, wait);
        self.turn(trouble, now)
    }

    fn nonsense(&mut self, why: &str, now: Now) -> Vec<Action> {
        self.close(Some(Trouble::Nonsense(why.to_owned())), Duration::ZERO, now)
    }
}
