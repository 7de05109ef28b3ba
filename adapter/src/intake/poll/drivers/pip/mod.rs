//! PIP/1 (`docs/pip.md`), and the example of `docs/writing-a-driver.md`: HELLO and DESCRIBE on each connection, then
//! READ and EVENTS at each interval, ALARMS at some of them, and PING where nothing else is asked. Of the log it is told by
//! EVENTS and not by SUBSCRIBE, which acknowledges: `ARCHITECTURE.md` says why.

mod log;
mod session;
#[cfg(test)]
mod tests;
mod translate;

use protocol::limits::PIP_PAYLOAD_BYTES_MAX;
use protocol::pip::{self, ErrorCode, ErrorReply, EventList, HelloAck, Reply, Request};
use tokio::time::Duration;

use self::log::{Log, Read};
use self::session::{Session, What};
use self::translate::Translator;
use crate::intake::pip::{RequestIds, hello};
use crate::intake::poll::Now;
use crate::intake::poll::driver::{Driver, Next, Pace, Verdict};
use crate::intake::poll::found::Found;
use crate::intake::poll::trouble::{Trouble, Why};

/// A request, and the id that its answer will carry.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::intake::poll) struct Query {
    pub(in crate::intake::poll) id: u32,
    pub(in crate::intake::poll) request: Request,
}

/// What a printer sent.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::intake::poll) struct Answer {
    pub(in crate::intake::poll) id: u32,
    pub(in crate::intake::poll) reply: Reply,
}

/// The conversation with one printer.
#[derive(Debug, Default)]
pub(in crate::intake::poll) struct Pip {
    state: State,
    /// The open question.
    open: Option<(u32, What)>,
    /// The last sign of life was asked for in a pause that the printer wants.
    pausing: bool,
    ids: RequestIds,
    translator: Translator,
    log: Log,
    /// How long the printer may be unable to answer, as it said the last time: it may be exposing as it is called.
    silence: Duration,
}

#[derive(Debug, Default)]
enum State {
    /// It was not yet asked who it is.
    #[default]
    New,
    /// It was not yet asked what it offers.
    Greeted(Session),
    /// It is asked for values.
    Reading(Session),
}

impl Driver for Pip {
    const NAME: &'static str = "pip";
    type Query = Query;
    type Answer = Answer;

    fn begin(&mut self, _: Now) {
        (self.state, self.open) = (State::New, None);
    }

    fn round(&mut self, _: Now, _: &mut Found<'_>) {
        if let State::Reading(session) = &mut self.state {
            session.round();
        }
    }

    fn next(&mut self, now: Now) -> Next<Query> {
        let question = match &mut self.state {
            State::New => Some((What::Hello, hello(payload_bytes_max()))),
            State::Greeted(_) => Some((What::Describe, Request::Describe)),
            State::Reading(session) => session.question(self.log.from(), now.mono),
        };
        question.map_or(Next::Rest, |(what, request)| Next::Ask(self.ask(what, request)))
    }

    fn answer(&mut self, Answer { id, reply }: Answer, now: Now, found: &mut Found<'_>) -> Verdict {
        if reply == Reply::Bye {
            return Verdict::Close(None, Duration::ZERO);
        }
        let Some((_, asked)) = self.open.take_if(|(open, _)| *open == id) else {
            return nonsense("an answer to nothing that was asked", found);
        };
        match (reply, asked) {
            (Reply::HelloAck(hello), What::Hello) => self.greeted(&hello, now, found),
            (Reply::Described(description), What::Describe) => {
                if let State::Greeted(mut session) = std::mem::take(&mut self.state) {
                    let offered = self.translator.described(&description, session.alarms, found);
                    session.items = offered.into_iter().map(|offered| (offered, now.mono)).collect();
                    self.state = State::Reading(session);
                }
                Verdict::Alive
            }
            (Reply::Values(values), What::Read) => {
                let sweep = self.session().map_or(Duration::ZERO, |session| session.sweep(found.interval()));
                self.translator.values(&values, sweep, found);
                Verdict::Works
            }
            (Reply::Alarms(alarms), What::Alarms) => {
                let every =
                    self.session().map_or(Duration::ZERO, |session| session.alarms_every(found.interval()));
                self.translator.alarms(&alarms, every, found);
                self.signed()
            }
            (Reply::HeldEvents(list), What::Events) => self.happened(list, now, found),
            (Reply::Pong, What::Ping) => self.lives(),
            (Reply::Busy { retry_after_ms }, asked) => self.busy(asked, milliseconds(retry_after_ms), now),
            (Reply::Error(error), asked) => self.failed(&error, asked, now, found),
            _ => nonsense("an answer of another type than was asked for", found),
        }
    }

    fn pace(&self) -> Pace {
        let before_hello = || Pace { silence: self.silence, ..Pace::default() };
        self.session().map_or_else(before_hello, Session::pace)
    }

    fn sign_of_life(&mut self, pausing: bool) -> Option<Query> {
        let State::Reading(session) = &self.state else { return None };
        self.pausing = pausing;
        // In a pause nothing else may be asked (section 12).
        Some(if session.alarms && session.items.is_empty() && !pausing {
            self.ask(What::Alarms, Request::Alarms)
        } else {
            self.ask(What::Ping, Request::Ping)
        })
    }
}

impl Pip {
    fn session(&self) -> Option<&Session> {
        match &self.state {
            State::New => None,
            State::Greeted(session) | State::Reading(session) => Some(session),
        }
    }

    fn ask(&mut self, what: What, request: Request) -> Query {
        let id = self.ids.next();
        self.open = Some((id, what));
        Query { id, request }
    }

    fn greeted(&mut self, hello: &HelloAck, now: Now, found: &mut Found<'_>) -> Verdict {
        if hello.version_in_common(pip::VERSION..=pip::VERSION).is_none() {
            let trouble = Trouble::Refused("it does not speak version 1 of PIP".into());
            return Verdict::Close(Some(trouble), Duration::ZERO);
        }
        translate::who(hello, found);
        let session = Session::new(hello);
        self.silence = session.pace().silence;
        self.translator.interpreter.meet(hello, now.wall);
        if session.events {
            self.log.meet(hello, now, found);
        }
        self.state = State::Greeted(session);
        Verdict::Alive
    }

    /// What the log tells shows no more than that somebody answers: an old value is none of now.
    fn happened(&mut self, list: EventList, now: Now, found: &mut Found<'_>) -> Verdict {
        let State::Reading(session) = &mut self.state else { return Verdict::Alive };
        let faults_every = session.alarms_every(found.interval());
        let Read { more, gap, alarm } = self.log.take(list, &mut self.translator, faults_every, now, found);
        if gap {
            session.look_at_all(now.mono);
        } else if alarm {
            session.look_at_alarms();
        }
        if !more {
            session.no_more_events();
        }
        self.lives()
    }

    /// A sign of life. Where there are values it is they that prove that the printer works; where there are none,
    /// this must do.
    fn signed(&self) -> Verdict {
        let nothing_to_read = self.session().is_some_and(|session| session.items.is_empty());
        if nothing_to_read { Verdict::Works } else { Verdict::Alive }
    }

    /// It answers. Of a printer with alarms and no values it is the alarms that prove that it works.
    fn lives(&self) -> Verdict {
        if self.session().is_some_and(|session| session.alarms) { Verdict::Alive } else { self.signed() }
    }

    fn busy(&mut self, asked: What, pause: Duration, now: Now) -> Verdict {
        if self.in_pause(asked) {
            return Verdict::Alive;
        }
        let State::Reading(session) = &mut self.state else { return Verdict::Close(None, pause) };
        session.not_answered(asked, now.mono);
        Verdict::Wait(pause)
    }

    /// A sign of life goes on being asked for in a pause, and whatever its answer is, it is one. What it wishes makes the pause no
    /// longer: a printer that wishes for one each time would never be asked for its values again.
    fn in_pause(&self, asked: What) -> bool {
        asked == What::Ping && self.pausing
    }

    /// The printer's text may name anything: its code is enough. One that we do not know counts as INTERNAL, as every
    /// other that is no word about us.
    fn failed(&mut self, error: &ErrorReply, asked: What, now: Now, found: &mut Found<'_>) -> Verdict {
        let wait = error.retry_after_ms.map_or(Duration::ZERO, milliseconds);
        let why = Why::Numbered("it answers with error", error.code.0.into());
        let session = match (error.code, &mut self.state) {
            (ErrorCode::VERSION | ErrorCode::REFUSED, _) => {
                return Verdict::Close(Some(Trouble::Refused(why)), wait);
            }
            // Of what was said before on this connection the two sides think otherwise.
            (ErrorCode::ORDER, _) | (_, State::New | State::Greeted(_)) => {
                return Verdict::Close(Some(Trouble::Failed(why)), wait);
            }
            (_, State::Reading(session)) => session,
        };
        match error.code {
            // Our mistake, which a smaller question mends.
            ErrorCode::TOO_LARGE if session.ask_for_less(asked) => return self.busy(asked, wait, now),
            ErrorCode::UNSUPPORTED | ErrorCode::MALFORMED if session.never_again(asked) => {
                found.refuse(None, "an answer that it offers and does not give");
                return Verdict::Wait(wait);
            }
            _ => {}
        }
        if asked == What::Events {
            // Whether the printer works is proved by its values, which are asked for as before.
            session.no_more_events();
            found.refuse(None, "its log, for which it answers with an error");
            return Verdict::Wait(wait);
        }
        if asked == What::Ping {
            found.refuse(None, "a sign of life, for which it answers with an error");
            if self.in_pause(asked) {
                return Verdict::Alive;
            }
            if self.signed() == Verdict::Alive {
                // Somebody is there, and its values will tell the rest.
                return Verdict::Wait(wait);
            }
        }
        Verdict::Cannot(Trouble::Failed(why), wait)
    }
}

/// What breaks the protocol is counted, as any other that is not taken.
fn nonsense(why: &'static str, found: &mut Found<'_>) -> Verdict {
    found.refuse(None, why);
    Verdict::nonsense(why)
}

fn payload_bytes_max() -> u32 {
    u32::try_from(PIP_PAYLOAD_BYTES_MAX).unwrap_or(u32::MAX)
}

fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
