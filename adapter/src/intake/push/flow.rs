//! What is said to a printer that called, and when the connection ends: decisions only. The connection's task performs
//! the actions and tells of what happened.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::pip::{
    self, Credits, Cursor, Description, ErrorCode, ErrorReply, Gap, HelloAck, NotifyAck, Reply, Request,
    Subscribe, Subscribed, capability,
};
use tokio::time::Instant;

use super::actions::{Action, Event, Why};
use super::limits::{CREDITS, INTERVAL, PAYLOAD_BYTES_MAX, STANDING_AGAIN, STOP_MAX};
use super::standing::Standing;
use super::stored::Stored;
use crate::intake::limits::PAUSE_MAX;
use crate::intake::pip::{Offers, Patience, RequestIds, hello};
use crate::receipt::Outcome;

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Hello,
    Describe,
    Subscribe,
    Read,
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
    /// DESCRIBE or SUBSCRIBE, where one of these is to be asked next.
    todo: Option<What>,
    /// Nothing but a sign of life is asked before then: the printer was busy, or has failed.
    pause: Option<Instant>,
    /// The id of the subscription that stands.
    subscription: Option<u32>,
    /// The id of the one before it, in which the log went back: what it still tells comes again in the next.
    given_up: Option<u32>,
    standing: Standing,
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
            todo: None,
            pause: None,
            subscription: None,
            given_up: None,
            standing: Standing::new(None),
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
        let next = self.asked.map_or_else(|| self.ping_at(), |asked| asked.until);
        let stop = self.stopping_since.map(|since| since + STOP_MAX);
        [self.due_at(), stop].into_iter().flatten().fold(next, Instant::min)
    }

    /// When the next question may be asked, if there is one. One question at a time: it waits for the answer to the last.
    fn due_at(&self) -> Option<Instant> {
        if self.asked.is_some() || self.is_stopping() {
            return None;
        }
        let due = match self.todo {
            Some(_) => self.may_go_on().then_some(self.heard),
            None => self.subscription.and_then(|_| self.standing.due_at(self.heard)),
        };
        due.map(|due| self.pause.map_or(due, |pause| pause.max(due)))
    }

    /// Behind a log that went back nothing is asked for before what it told until then is stored: so credits bound what is
    /// on its way, however often it goes back.
    fn may_go_on(&self) -> bool {
        self.todo != Some(What::Subscribe) || self.waiting.is_empty()
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
                actions.extend(self.ask_on(now));
                actions
            }
            Event::Resolved { ticket, outcome } => {
                let mut actions = self.resolved(ticket, outcome, now);
                actions.extend(self.ask_on(now));
                actions
            }
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

    /// The next question, where no other is open and it is due.
    fn ask_on(&mut self, now: Instant) -> Option<Action> {
        if self.due_at().is_none_or(|at| now < at) {
            return None;
        }
        self.pause = None;
        if let Some(what) = self.todo.take() {
            return Some(if what == What::Subscribe {
                self.subscribe(now)
            } else {
                self.ask(What::Describe, Request::Describe, now)
            });
        }
        let (what, request) = self.standing.question(now)?;
        Some(self.ask(what, request, now))
    }

    fn heard(&mut self, id: u32, reply: Reply, now: Instant) -> Vec<Action> {
        match reply {
            Reply::Bye => return vec![Action::Close(Why::Bye)],
            Reply::Notify(_) | Reply::Error(_) if Some(id) == self.given_up => return Vec::new(),
            Reply::Notify(list) => return self.notified(id, list, now),
            // Of the subscription, such as for an acknowledgement that the printer does not understand.
            Reply::Error(_) if Some(id) == self.subscription => return vec![Action::Close(Why::Failed)],
            _ => {}
        }
        let Some(asked) = self.asked.take_if(|asked| asked.id == id) else {
            return vec![Action::Close(Why::Nonsense("an answer that nobody asked for"))];
        };
        match (reply, asked.what) {
            (Reply::HelloAck(hello), What::Hello) => self.met(hello),
            (Reply::Described(description), What::Describe) => self.described(&description),
            (Reply::Subscribed(subscribed), What::Subscribe) => self.subscribed(id, subscribed, now),
            (Reply::Values(values), What::Read) => {
                self.standing.read();
                vec![Action::Values(values)]
            }
            (Reply::Alarms(alarms), What::Alarms) => vec![Action::Alarms(alarms)],
            (Reply::Pong, What::Ping) => Vec::new(),
            (Reply::Busy { retry_after_ms }, asked) if asked != What::Hello => {
                self.rest(asked, milliseconds(retry_after_ms), now);
                self.subscription.is_none().then_some(Action::Waits).into_iter().collect()
            }
            (Reply::Error(error), asked @ (What::Read | What::Alarms)) if !ends(error.code) => {
                self.not_said(asked, &error, now)
            }
            (Reply::Error(error), _) if matches!(error.code, ErrorCode::VERSION | ErrorCode::REFUSED) => {
                vec![Action::Close(Why::Unfit("it does not let the adapter in"))]
            }
            (Reply::Error(_) | Reply::Busy { .. }, _) => vec![Action::Close(Why::Failed)],
            _ => vec![Action::Close(Why::Nonsense("an answer of another type than was asked for"))],
        }
    }

    /// The question is asked again, after a pause: a printer that asks for none is not asked as fast as it answers.
    fn rest(&mut self, asked: What, pause: Duration, now: Instant) {
        match asked {
            What::Describe | What::Subscribe => self.todo = Some(asked),
            _ => self.standing.again(asked),
        }
        self.pause_until(now + pause.clamp(INTERVAL, PAUSE_MAX));
    }

    /// Of two pauses the longer one.
    fn pause_until(&mut self, until: Instant) {
        self.pause = Some(self.pause.map_or(until, |before| before.max(until)));
    }

    /// What happens is told all the same. Who does not take the question is not asked again, and who failed may come back.
    fn not_said(&mut self, asked: What, error: &ErrorReply, now: Instant) -> Vec<Action> {
        let wait = error.retry_after_ms.map(milliseconds);
        match error.code {
            // Our mistake, which a smaller question mends.
            ErrorCode::TOO_LARGE if self.standing.ask_for_less(asked) => {
                self.rest(asked, wait.unwrap_or_default(), now);
                Vec::new()
            }
            ErrorCode::UNSUPPORTED | ErrorCode::MALFORMED => {
                self.standing.never_again(asked);
                vec![Action::Refused("an answer that it offers and does not give")]
            }
            _ => {
                self.rest(asked, wait.unwrap_or(STANDING_AGAIN).max(INTERVAL), now);
                vec![Action::Refused(match asked {
                    What::Read => "its values, for which it answers with an error",
                    _ => "its alarms, for which it answers with an error",
                })]
            }
        }
    }

    fn met(&mut self, hello: HelloAck) -> Vec<Action> {
        if hello.version_in_common(pip::VERSION..=pip::VERSION).is_none() {
            return vec![Action::Close(Why::Unfit("it does not speak version 1 of PIP"))];
        }
        if !hello.offers(capability::SUBSCRIBE) {
            return vec![Action::Close(Why::Unfit("it does not offer `subscribe`"))];
        }
        self.patience = Patience::of(&hello);
        self.standing = Standing::new(Some(&hello));
        let new_instance = self.known.as_ref().is_some_and(|known| known.instance != hello.instance);
        if new_instance || self.known.is_none() {
            self.known = Some(Stored::new(hello.instance.clone()));
        }
        self.todo = Some(What::Describe);
        vec![Action::Meet { hello: Box::new(hello), new_instance }]
    }

    fn described(&mut self, description: &Description) -> Vec<Action> {
        let mut refused = Vec::new();
        let offers = Offers::of(description, |one| refused.push(one));
        self.standing.offered(&offers);
        self.todo = Some(What::Subscribe);
        vec![Action::Described(offers, refused)]
    }

    fn subscribe(&mut self, now: Instant) -> Action {
        let from = self.known.as_ref().and_then(|known| known.sequence).map(|stored| stored + 1);
        let interval_ms = u32::try_from(INTERVAL.as_millis()).unwrap_or(u32::MAX);
        let subscribe = Subscribe { from, credits: credits(usize::from(CREDITS)), interval_ms };
        self.ask(What::Subscribe, Request::Subscribe(subscribe), now)
    }

    /// What the printer holds says at once what is missing behind what is stored.
    fn subscribed(&mut self, id: u32, subscribed: Subscribed, now: Instant) -> Vec<Action> {
        let Some(known) = &mut self.known else { return Vec::new() };
        (self.subscription, self.given_up) = (Some(id), None);
        let stored = *known.sequence.get_or_insert(subscribed.acknowledged());
        self.cursor = Cursor::after(stored);
        self.standing.look();
        let mut actions = vec![Action::Subscribed];
        actions.extend(match self.cursor.meet(subscribed.held()) {
            Some(gap) => self.missed(gap, now),
            None => self.remember().into_iter().collect(),
        });
        actions
    }

    /// Something is missing: what of it is news, and that it was reported. Of a log that went back everything is asked for
    /// that is not acknowledged, since by its numbers it is not what was stored: after an interval, since it may go back again.
    fn missed(&mut self, gap: Gap, now: Instant) -> Vec<Action> {
        let Some(known) = &mut self.known else { return Vec::new() };
        let mut actions: Vec<_> = known.report(gap).into_iter().map(Action::Missed).collect();
        if gap == Gap::WentBack {
            (self.given_up, self.todo) = (self.subscription.take(), Some(What::Subscribe));
            self.pause_until(now + INTERVAL);
        }
        self.standing.look();
        actions.extend(self.remember());
        actions
    }

    fn remember(&self) -> Option<Action> {
        self.known.clone().map(Action::Remember)
    }

    fn notified(&mut self, id: u32, list: pip::EventList, now: Instant) -> Vec<Action> {
        if Some(id) != self.subscription {
            return vec![Action::Close(Why::Nonsense("a NOTIFY without a subscription"))];
        }
        if self.waiting.len() >= usize::from(CREDITS) {
            return vec![Action::Close(Why::Nonsense("a NOTIFY without a credit"))];
        }
        let taken = self.cursor.take(list);
        let mut actions = taken.gap.map(|gap| self.missed(gap, now)).unwrap_or_default();
        if taken.gap == Some(Gap::WentBack) {
            return actions;
        }
        let last = self.cursor.next().unwrap_or_default().saturating_sub(1);
        let ticket = self.first_ticket + self.waiting.len() as u64;
        self.waiting.push_back(Waiting { last, accepted: false });
        actions.push(Action::Store { ticket, events: taken.events });
        actions
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
            return self.end_if_done().into_iter().collect();
        };
        known.reach(sequence);
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
        let ping =
            |flow: &mut Self| (now >= flow.ping_at()).then(|| flow.ask(What::Ping, Request::Ping, now));
        self.ask_on(now).or_else(|| ping(self)).into_iter().collect()
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
