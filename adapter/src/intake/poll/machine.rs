//! The manners of a poller: when to connect, when to ask, how long to wait, when to say that a value has grown stale,
//! and whose fault it is when nothing comes. It knows no protocol: the driver has the words. Decisions only; the task
//! in `poller.rs` performs them and tells of what happened.

use tokio::time::{Duration, Instant};

use super::Now;
use super::backoff::{Backoff, Dice};
use super::driver::{Driver, Next, Pace, Verdict};
use super::found::{Found, Words};
use super::limits::{PAUSE_MIN, TOLD_AT_ONCE_MAX};
use super::memory::Memory;
use super::reach::{Reach, UNKNOWN};
use super::trouble::Trouble;
use crate::intake::limits::PAUSE_MAX;

/// What happened.
#[derive(Debug)]
pub(super) enum Event<Answer> {
    /// The task began.
    Started,
    /// The connection stands, TLS included.
    Connected,
    /// The connection could not be made, or was lost; without a trouble, the printer or the network ended it
    /// and nothing says whose fault it is.
    Lost(Option<Trouble>),
    /// Something was heard: an answer, or a word that was not asked for.
    Heard(Answer),
    /// A deadline may have passed.
    Tick,
}

/// What the task must do.
#[derive(Debug, PartialEq)]
pub(super) enum Action<Query> {
    /// Connect; the answer is `Connected` or `Lost`.
    Connect,
    /// Send a question, or an acknowledgement.
    Ask(Query),
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
    /// Connected.
    Talking(Talk),
}

/// What is known of a connection that stands.
#[derive(Clone, Copy, Debug)]
struct Talk {
    /// Until when the open question, of which there is at most one, may be answered.
    open: Option<Instant>,
    /// Not to ask anything before then: the printer wants a pause, or has failed.
    pause: Instant,
    /// When the last round began; none has before the driver first rests.
    round: Option<Instant>,
    /// What comes on top of the interval, so that twenty printers are not asked at once.
    jitter: Duration,
    heard: Instant,
    /// When something was last said to it.
    said: Instant,
    /// Whether anything was heard at all.
    greeted: bool,
}

/// The queries to one printer.
#[derive(Debug)]
pub(super) struct Machine<D> {
    driver: D,
    memory: Memory,
    state: State,
    reach: Reach,
    backoff: Backoff,
    dice: Dice,
}

impl<D: Driver> Machine<D> {
    pub(super) fn new(driver: D, memory: Memory, mut dice: Dice, now: Now) -> Self {
        // Twenty printers are not all called in the same moment.
        let until = now.mono + dice.up_to(memory.interval().min(Backoff::CEILING));
        let backoff = Backoff::new(memory.interval());
        let state = State::Resting { until };
        Self { driver, memory, state, reach: Reach::new(now), backoff, dice }
    }

    /// When `Tick` is due at the latest; `None` while only the task's own limits run.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let next = match &self.state {
            State::Resting { until } => Some(*until),
            State::Connecting => None,
            State::Talking(Talk { open: Some(until), .. }) => Some(*until),
            State::Talking(talk) => Some(self.due(talk)),
        };
        next.into_iter().chain(self.reach.again_at()).chain(self.memory.expires_at()).min()
    }

    /// When to ask on, where no question is open.
    fn due(&self, talk: &Talk) -> Instant {
        let pace = self.driver.pace();
        let round = self.round_due(talk).max(talk.pause);
        let life = life_due(&pace, talk);
        let life = life.map(|life| if pace.in_pauses { life } else { life.max(talk.pause) });
        life.map_or(round, |life| life.min(round))
    }

    fn round_due(&self, talk: &Talk) -> Instant {
        let interval = self.memory.interval().max(self.driver.pace().shortest);
        talk.round.map_or(talk.heard, |began| began + interval + talk.jitter)
    }

    /// By how much the printer's clock is behind, in milliseconds, where that is more than is believed.
    pub(super) fn clock_off_ms(&self) -> Option<i64> {
        self.memory.clock_off_ms()
    }

    /// Takes in what happened, and says what to do.
    pub(super) fn handle(&mut self, event: Event<D::Answer>, now: Now) -> Vec<Action<D::Query>> {
        // Before an answer, which may be late because this machine slept: what had grown stale by then is said all the same.
        let stale = Words { readings: self.memory.expire(now), refused: Vec::new() };
        let mut actions: Vec<_> = said(stale).into_iter().collect();
        actions.extend(match event {
            Event::Started => self.say_reach(now),
            Event::Connected => self.connected(now),
            Event::Lost(trouble) => self.lost(trouble, now),
            Event::Heard(answer) => self.heard(answer, now),
            Event::Tick => self.tick(now),
        });
        if self.reach.is_due(now) {
            actions.extend(self.say_reach(now));
        }
        actions
    }

    /// The last question before the adapter stops, if the printer is to be told.
    pub(super) fn farewell(&mut self) -> Option<D::Query> {
        matches!(self.state, State::Talking(_)).then(|| self.driver.farewell()).flatten()
    }

    fn say_reach(&mut self, now: Now) -> Vec<Action<D::Query>> {
        let reading = self.memory.reachability(self.reach.say(now), now);
        reading
            .into_iter()
            .map(|reading| Action::Say(Words { readings: vec![reading], refused: Vec::new() }))
            .collect()
    }

    /// The reachability is this from now on; nothing to do where it was before.
    fn turn(&mut self, trouble: Option<Trouble>, now: Now) -> Vec<Action<D::Query>> {
        let why = trouble.as_ref().map_or_else(|| "it answers".to_owned(), ToString::to_string);
        self.turn_to(trouble.map_or("available", |trouble| trouble.code()), why, now)
    }

    fn turn_to(&mut self, code: &'static str, why: String, now: Now) -> Vec<Action<D::Query>> {
        let mut actions = Vec::new();
        if self.reach.turn(code) {
            actions.push(Action::Turned { code, why });
            actions.extend(self.say_reach(now));
        }
        actions
    }

    fn connected(&mut self, now: Now) -> Vec<Action<D::Query>> {
        let (open, round, greeted) = (None, None, false);
        let (pause, jitter, heard, said) = (now.mono, Duration::ZERO, now.mono, now.mono);
        let talk = Talk { open, pause, round, jitter, heard, said, greeted };
        self.state = State::Talking(talk);
        self.driver.begin(now);
        self.go_on(now)
    }

    fn lost(&mut self, trouble: Option<Trouble>, now: Now) -> Vec<Action<D::Query>> {
        let trouble = match &self.state {
            State::Resting { .. } => return Vec::new(),
            _ if trouble.is_some() => trouble,
            // It takes connections and hangs up before a word: whoever we are, we are not wanted.
            State::Talking(Talk { greeted: false, .. }) => {
                Some(Trouble::Refused("it hangs up before it says a word".into()))
            }
            _ => self.reach.setback("it ends each connection before it gives a value"),
        };
        self.rest(Duration::ZERO, now);
        trouble.map(|trouble| self.turn(Some(trouble), now)).unwrap_or_default()
    }

    /// Not connected for a while, at least for as long as the printer asked for.
    fn rest(&mut self, at_least: Duration, now: Now) {
        let wait = self.backoff.next(&mut self.dice).max(at_least.min(PAUSE_MAX));
        self.state = State::Resting { until: now.mono + wait };
        self.reach.doubt();
    }

    fn close(&mut self, trouble: Option<Trouble>, at_least: Duration, now: Now) -> Vec<Action<D::Query>> {
        self.rest(at_least, now);
        let mut actions = vec![Action::Close];
        if let Some(trouble) = trouble {
            actions.extend(self.turn(Some(trouble), now));
        }
        actions
    }

    fn tick(&mut self, now: Now) -> Vec<Action<D::Query>> {
        match &self.state {
            State::Resting { until } if *until <= now.mono => {
                self.state = State::Connecting;
                vec![Action::Connect]
            }
            State::Talking(Talk { open: Some(until), greeted, .. }) if *until <= now.mono => {
                let trouble = if *greeted {
                    // A half-open connection, or a printer without mains: the next connection will tell.
                    self.reach.setback("it does not answer what it is asked")
                } else {
                    Some(Trouble::Failed("it takes a connection and does not answer".into()))
                };
                self.close(trouble, Duration::ZERO, now)
            }
            State::Talking(talk) if talk.open.is_none() && self.due(talk) <= now.mono => self.go_on(now),
            _ => Vec::new(),
        }
    }

    /// No question is open: asks what is due.
    fn go_on(&mut self, now: Now) -> Vec<Action<D::Query>> {
        let mut actions = Vec::new();
        for _ in 0..TOLD_AT_ONCE_MAX {
            let State::Talking(mut talk) = self.state else { break };
            let (pace, pausing) = (self.driver.pace(), now.mono < talk.pause);
            if talk.open.is_some() || pausing && !pace.in_pauses {
                break;
            }
            match if pausing { Next::Rest } else { self.driver.next(now) } {
                Next::Ask(query) => {
                    talk.open = Some(now.mono + pace.answer_max + pace.silence);
                    talk.said = now.mono;
                    actions.push(Action::Ask(query));
                }
                Next::Tell(query) => {
                    talk.said = now.mono;
                    actions.push(Action::Ask(query));
                }
                Next::Rest if !pausing && self.round_due(&talk) <= now.mono => {
                    talk.round = Some(now.mono);
                    talk.jitter = self.dice.up_to(self.memory.interval() / 10);
                    let words = self.find(now, |driver, found| driver.round(now, found)).1;
                    actions.extend(said(words));
                }
                Next::Rest => {
                    let due = life_due(&pace, &talk).is_some_and(|at| at <= now.mono);
                    let Some(heartbeat) = pace.heartbeat.filter(|_| due) else { break };
                    match self.driver.sign_of_life(pausing) {
                        Some(query) => {
                            talk.open = Some(now.mono + heartbeat + pace.silence);
                            talk.said = now.mono;
                            actions.push(Action::Ask(query));
                        }
                        // Nothing can be asked: silence proves nothing.
                        None => (talk.heard, talk.said) = (now.mono, now.mono),
                    }
                }
            }
            self.state = State::Talking(talk);
        }
        actions
    }

    fn find<T>(&mut self, now: Now, of: impl FnOnce(&mut D, &mut Found<'_>) -> T) -> (T, Words) {
        let mut words = Words::default();
        let found = of(&mut self.driver, &mut Found::new(&mut self.memory, now, &mut words));
        (found, words)
    }

    fn heard(&mut self, answer: D::Answer, now: Now) -> Vec<Action<D::Query>> {
        let State::Talking(talk) = &mut self.state else { return Vec::new() };
        (talk.heard, talk.greeted) = (now.mono, true);
        let (verdict, words) = self.find(now, |driver, found| driver.answer(answer, now, found));
        let mut actions = self.judge(verdict, now);
        // After the word that the printer is there, what it says.
        actions.extend(said(words));
        actions.extend(self.go_on(now));
        actions
    }

    fn judge(&mut self, verdict: Verdict, now: Now) -> Vec<Action<D::Query>> {
        let State::Talking(talk) = &mut self.state else { return Vec::new() };
        if !matches!(verdict, Verdict::Pushed | Verdict::Noted) {
            talk.open = None;
        }
        match verdict {
            Verdict::Works | Verdict::Pushed => {
                self.backoff.reset();
                self.reach.works();
                self.turn(None, now)
            }
            Verdict::Alive | Verdict::Noted => Vec::new(),
            Verdict::Shows(trouble) => {
                self.backoff.reset();
                self.reach.works();
                self.turn(Some(trouble), now)
            }
            // Of two pauses the longer one: a sign of life may be answered in the first.
            Verdict::Wait(pause) => {
                talk.pause = talk.pause.max(now.mono + pause.clamp(PAUSE_MIN, PAUSE_MAX));
                // It is neither off nor out of reach any more, and what it is else is not known yet.
                if !self.reach.lost_sight() {
                    return Vec::new();
                }
                self.turn_to(UNKNOWN, "it answers, and asks for a pause".to_owned(), now)
            }
            Verdict::Cannot(trouble, at_least) => {
                let wait = self.backoff.next(&mut self.dice).max(at_least.min(PAUSE_MAX));
                talk.pause = talk.pause.max(now.mono + wait);
                self.turn(Some(trouble), now)
            }
            Verdict::Close(trouble, at_least) => self.close(trouble, at_least, now),
        }
    }
}

/// When a sign of life is due: the printer was silent for too long, or we were.
fn life_due(pace: &Pace, talk: &Talk) -> Option<Instant> {
    let silent = talk.heard + pace.heartbeat? + pace.silence;
    Some(pace.word.map_or(silent, |word| silent.min(talk.said + word)))
}

fn said<Query>(words: Words) -> Option<Action<Query>> {
    (words != Words::default()).then_some(Action::Say(words))
}
