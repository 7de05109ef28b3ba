//! What is said to a printer that called, and when the connection ends: decisions only. The connection's task performs
//! the actions and tells of what happened.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::pip::{
    self, ActiveAlarms, Credits, Cursor, Description, ErrorCode, ErrorReply, Gap, HelloAck, NotifyAck, Reply,
    Request, Subscribe, Subscribed, Text, capability,
};
use tokio::time::Instant;

use super::limits::{ALARMS_AGAIN, CREDITS, INTERVAL, PAYLOAD_BYTES_MAX, STOP_MAX};
use crate::intake::limits::PAUSE_MAX;
use crate::intake::pip::{Patience, RequestIds, hello};
use crate::receipt::Outcome;

/// What happened on a connection.
#[derive(Debug)]
pub(super) enum Event {
    /// The connection stands.
    Up,
    /// The printer said something.
    Heard { id: u32, reply: Box<Reply> },
    /// What became of the NOTIFY with this ticket.
    Resolved { ticket: u64, outcome: Outcome },
    /// The printer closed its side.
    Ended,
    /// A newer connection of the same printer is there.
    Replaced,
    /// The adapter stops.
    Stop,
    /// A deadline may have passed.
    Tick,
}

/// What the task must do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Send this.
    Send { id: u32, request: Request },
    /// The printer is who it says here; its log is of the instance named in it, which is a new one or not.
    Meet { hello: Box<HelloAck>, new_instance: bool },
    /// This is what it offers.
    Described(Description),
    /// It tells what happens from now on.
    Subscribed,
    /// These alarms are active, and no others.
    Alarms(ActiveAlarms),
    /// Count that something is not taken, for this reason.
    Refused(&'static str),
    /// Count and report a gap.
    Missed(Gap),
    /// Store these events; their outcome is told with this ticket.
    Store { ticket: u64, events: Vec<pip::Event> },
    /// Remember for the next connection how far the log is stored.
    Remember(Stored),
    /// Close the connection, and do nothing after.
    Close(Why),
}

/// How far one instance's log is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) instance: Text,
    /// `None` where nothing is known of it yet.
    pub(super) sequence: Option<u64>,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The printer went, as it said.
    Bye,
    /// The printer went without a word.
    Ended,
    /// It did not answer in time.
    Gone,
    /// It is no printer that pushes, or speaks no version of ours.
    Unfit(&'static str),
    /// It answered with an error of its own.
    Failed,
    /// It broke the protocol.
    Nonsense(&'static str),
    /// Something could not be kept: without an acknowledgement the printer sends it again.
    Nacked,
    /// A newer connection of the same printer is there.
    Replaced,
    /// Everything that came is acknowledged and the adapter stops.
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Hello,
    Describe,
    Subscribe,
    Alarms,
    Ping,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    id: u32,
    what: What,
    until: Instant,
}

#[derive(Debug)]
struct Waiting {
    last: u64,
    accepted: bool,
}

/// One connection of a printer that called.
#[derive(Debug)]
pub(super) struct Flow {
    known: Option<Stored>,
    cursor: Cursor,
    asked: Option<Asked>,
    ids: RequestIds,
    /// The id of the subscription that stands.
    subscription: Option<u32>,
    /// What to ask again, and when: the printer was busy.
    again: Option<(What, Instant)>,
    /// Whether it answers ALARMS.
    alarms: bool,
    /// Which alarms are active is to be asked: nothing told of it.
    alarms_due: bool,
    waiting: VecDeque<Waiting>,
    /// The ticket of the first of `waiting`.
    first_ticket: u64,
    patience: Patience,
    heard: Instant,
    /// When something was last said to it: it closes on who says nothing.
    said: Instant,
    stopping_since: Option<Instant>,
}

impl Flow {
    /// A connection of a printer of which this much is known.
    pub(super) fn new(known: Option<Stored>, now: Instant) -> Self {
        Self {
            known,
            cursor: Cursor::default(),
            asked: None,
            ids: RequestIds::default(),
            subscription: None,
            again: None,
            alarms: false,
            alarms_due: false,
            waiting: VecDeque::new(),
            first_ticket: 0,
            patience: Patience::default(),
            heard: now,
            said: now,
            stopping_since: None,
        }
    }

    /// Whether it was told that the adapter stops.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping_since.is_some()
    }

    /// When `Tick` is due at the latest.
    pub(super) fn deadline(&self) -> Instant {
        // One question at a time: the next one waits for the answer.
        let again = self.again.map(|(_, at)| at).filter(|_| self.asked.is_none());
        let next = self.asked.map_or_else(|| self.ping_at(), |asked| asked.until);
        let stop = self.stopping_since.map(|since| since + STOP_MAX);
        [again, stop].into_iter().flatten().fold(next, Instant::min)
    }

    /// A sign of life is due where the printer was silent for too long, and where we were: events and values do not keep
    /// a connection for the printer's side.
    fn ping_at(&self) -> Instant {
        let silent = self.heard + self.patience.heartbeat + self.patience.silence;
        silent.min(self.said + self.patience.word())
    }

    /// Takes in what happened, and says what to do.
    pub(super) fn handle(&mut self, event: Event, now: Instant) -> Vec<Action> {
        match event {
            Event::Up => vec![self.ask(What::Hello, hello(PAYLOAD_BYTES_MAX), now)],
            Event::Heard { id, reply } => {
                self.heard = now;
                let mut actions = self.heard(id, *reply, now);
                actions.extend(self.look_at_alarms(now));
                actions
            }
            Event::Resolved { ticket, outcome } => self.resolved(ticket, outcome, now),
            Event::Ended => vec![Action::Close(Why::Ended)],
            Event::Replaced => vec![Action::Close(Why::Replaced)],
            Event::Stop => {
                self.stopping_since.get_or_insert(now);
                self.end_if_done().into_iter().collect()
            }
            Event::Tick => self.tick(now),
        }
    }

    fn ask(&mut self, what: What, request: Request, now: Instant) -> Action {
        let id = self.ids.next();
        let Patience { heartbeat, answer, silence } = self.patience;
        let wait = if what == What::Ping { heartbeat } else { answer };
        self.asked = Some(Asked { id, what, until: now + wait + silence });
        self.said = now;
        Action::Send { id, request }
    }

    /// Asks for the alarms, where nothing told of them and no other question is open.
    fn look_at_alarms(&mut self, now: Instant) -> Option<Action> {
        let may = self.asked.is_none() && self.again.is_none() && self.subscription.is_some();
        (may && std::mem::take(&mut self.alarms_due)).then(|| self.ask(What::Alarms, Request::Alarms, now))
    }

    fn heard(&mut self, id: u32, reply: Reply, now: Instant) -> Vec<Action> {
        match reply {
            Reply::Bye => return vec![Action::Close(Why::Bye)],
            Reply::Notify(list) => return self.notified(id, list),
            // Of the subscription, such as for an acknowledgement that the printer does not understand.
            Reply::Error(_) if Some(id) == self.subscription => return vec![Action::Close(Why::Failed)],
            _ => {}
        }
        let Some(asked) = self.asked.take_if(|asked| asked.id == id) else {
            return vec![Action::Close(Why::Nonsense("an answer that nobody asked for"))];
        };
        match (reply, asked.what) {
            (Reply::HelloAck(hello), What::Hello) => self.met(hello, now),
            (Reply::Described(description), What::Describe) => {
                vec![Action::Described(description), self.subscribe(now)]
            }
            (Reply::Subscribed(subscribed), What::Subscribe) => self.subscribed(id, subscribed),
            (Reply::Alarms(alarms), What::Alarms) => vec![Action::Alarms(alarms)],
            (Reply::Pong, What::Ping) => Vec::new(),
            (Reply::Busy { retry_after_ms }, asked @ (What::Describe | What::Subscribe | What::Alarms)) => {
                self.again = Some((asked, now + milliseconds(retry_after_ms).min(PAUSE_MAX)));
                Vec::new()
            }
            (Reply::Error(error), What::Alarms) if !ends(error.code) => self.no_alarms(&error, now),
            (Reply::Error(error), _) if matches!(error.code, ErrorCode::VERSION | ErrorCode::REFUSED) => {
                vec![Action::Close(Why::Unfit("it does not let the adapter in"))]
            }
            (Reply::Error(_) | Reply::Busy { .. }, _) => vec![Action::Close(Why::Failed)],
            _ => vec![Action::Close(Why::Nonsense("an answer of another type than was asked for"))],
        }
    }

    /// What happens is told all the same. Who takes no ALARMS is not asked again, and who failed may come back.
    fn no_alarms(&mut self, error: &ErrorReply, now: Instant) -> Vec<Action> {
        if matches!(error.code, ErrorCode::UNSUPPORTED | ErrorCode::MALFORMED) {
            self.alarms = false;
            return vec![Action::Refused("an answer that it offers and does not give")];
        }
        let wait = error.retry_after_ms.map_or(ALARMS_AGAIN, milliseconds);
        self.again = Some((What::Alarms, now + wait.clamp(INTERVAL, PAUSE_MAX)));
        vec![Action::Refused("its alarms, for which it answers with an error")]
    }

    fn met(&mut self, hello: HelloAck, now: Instant) -> Vec<Action> {
        if hello.version_in_common(pip::VERSION..=pip::VERSION).is_none() {
            return vec![Action::Close(Why::Unfit("it does not speak version 1 of PIP"))];
        }
        if !hello.offers(capability::SUBSCRIBE) {
            return vec![Action::Close(Why::Unfit("it does not offer `subscribe`"))];
        }
        self.patience = Patience::of(&hello);
        self.alarms = hello.offers(capability::ALARMS);
        let new_instance = self.known.as_ref().is_some_and(|known| known.instance != hello.instance);
        if new_instance || self.known.is_none() {
            self.known = Some(Stored { instance: hello.instance.clone(), sequence: None });
        }
        let meet = Action::Meet { hello: Box::new(hello), new_instance };
        vec![meet, self.ask(What::Describe, Request::Describe, now)]
    }

    fn subscribe(&mut self, now: Instant) -> Action {
        let from = self.known.as_ref().and_then(|known| known.sequence).map(|stored| stored + 1);
        let interval_ms = u32::try_from(INTERVAL.as_millis()).unwrap_or(u32::MAX);
        let subscribe = Subscribe { from, credits: credits(usize::from(CREDITS)), interval_ms };
        self.ask(What::Subscribe, Request::Subscribe(subscribe), now)
    }

    /// What the printer holds says at once what is missing behind what is stored.
    fn subscribed(&mut self, id: u32, subscribed: Subscribed) -> Vec<Action> {
        let Some(known) = &mut self.known else { return Vec::new() };
        self.subscription = Some(id);
        let stored = *known.sequence.get_or_insert(subscribed.acknowledged());
        self.cursor = Cursor::after(stored);
        self.alarms_due = self.alarms;
        let mut actions = vec![Action::Subscribed, Action::Remember(known.clone())];
        actions.extend(self.cursor.meet(subscribed.held()).map(Action::Missed));
        actions
    }

    fn notified(&mut self, id: u32, list: pip::EventList) -> Vec<Action> {
        if Some(id) != self.subscription {
            return vec![Action::Close(Why::Nonsense("a NOTIFY without a subscription"))];
        }
        if self.waiting.len() >= usize::from(CREDITS) {
            return vec![Action::Close(Why::Nonsense("a NOTIFY without a credit"))];
        }
        let taken = self.cursor.take(list);
        let last = self.cursor.next().unwrap_or_default().saturating_sub(1);
        let ticket = self.first_ticket + self.waiting.len() as u64;
        self.waiting.push_back(Waiting { last, accepted: false });
        // The log says what changed, and cannot know what changed in a gap.
        self.alarms_due |= self.alarms && taken.gap.is_some();
        let missed = taken.gap.map(Action::Missed);
        missed.into_iter().chain([Action::Store { ticket, events: taken.events }]).collect()
    }

    fn resolved(&mut self, ticket: u64, outcome: Outcome, now: Instant) -> Vec<Action> {
        if outcome == Outcome::Nacked {
            return vec![Action::Close(Why::Nacked)];
        }
        let index = ticket.checked_sub(self.first_ticket).and_then(|index| usize::try_from(index).ok());
        if let Some(waiting) = index.and_then(|index| self.waiting.get_mut(index)) {
            waiting.accepted = true;
        }
        let (mut stored, mut given_back) = (None, 0);
        // An acknowledgement is for everything before it as well.
        while self.waiting.front().is_some_and(|waiting| waiting.accepted) {
            stored = self.waiting.pop_front().map(|waiting| waiting.last);
            self.first_ticket += 1;
            given_back += 1;
        }
        let (Some(sequence), Some(known), Some(id)) = (stored, &mut self.known, self.subscription) else {
            return Vec::new();
        };
        known.sequence = Some(sequence);
        self.said = now;
        let remember = Action::Remember(known.clone());
        // Who stops has no room any more.
        let credits = credits(if self.is_stopping() { 0 } else { given_back });
        let request = Request::NotifyAck(NotifyAck { sequence, credits });
        let mut actions = vec![remember, Action::Send { id, request }];
        actions.extend(self.end_if_done());
        actions
    }

    fn end_if_done(&self) -> Option<Action> {
        (self.is_stopping() && self.waiting.is_empty()).then_some(Action::Close(Why::Stopped))
    }

    fn tick(&mut self, now: Instant) -> Vec<Action> {
        if self.stopping_since.is_some_and(|since| now >= since + STOP_MAX) {
            return vec![Action::Close(Why::Stopped)];
        }
        if self.asked.is_some_and(|asked| now >= asked.until) {
            return vec![Action::Close(Why::Gone)];
        }
        if self.asked.is_some() {
            return Vec::new();
        }
        match self.again.take_if(|(_, at)| now >= *at) {
            Some((What::Describe, _)) => vec![self.ask(What::Describe, Request::Describe, now)],
            Some((What::Alarms, _)) => {
                self.alarms_due = false;
                vec![self.ask(What::Alarms, Request::Alarms, now)]
            }
            Some(_) => vec![self.subscribe(now)],
            None if now >= self.ping_at() => vec![self.ask(What::Ping, Request::Ping, now)],
            None => Vec::new(),
        }
    }
}

/// After this error there is nothing more to say on the connection, whatever was asked.
fn ends(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::VERSION | ErrorCode::ORDER | ErrorCode::REFUSED)
}

fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn credits(count: usize) -> Credits {
    u8::try_from(count).ok().and_then(|count| Credits::new(count).ok()).unwrap_or(Credits::MAX)
}

#[cfg(test)]
mod tests;
