//! How things stand: what is asked once a printer tells what happens, and again after a gap, since its log says what changed
//! and cannot know what changed in the gap (`docs/pip.md`, sections 8 and 10). Which question, and when; nothing is sent here.

use std::time::Duration;

use protocol::pip::{HelloAck, Read, Request, Text, capability};
use tokio::time::Instant;

use super::flow::What;
use crate::intake::limits::IDS_MAX;
use crate::intake::pip::Offers;

/// What is still to be asked of how things stand.
#[derive(Debug)]
pub(super) struct Standing {
    items: Vec<Item>,
    /// Items of one READ: fewer where the printer's answers would be too large.
    ids_max: usize,
    /// The printer's shortest time between two READs, …
    shortest: Duration,
    /// … and no READ before then.
    read_at: Option<Instant>,
    /// Whether it answers ALARMS.
    alarms: bool,
    alarms_due: bool,
}

/// An item whose changes are told.
#[derive(Debug)]
struct Item {
    id: Text,
    /// The shortest time in which it can change.
    every: Duration,
    state: State,
    /// Not to be asked for before then.
    at: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Known,
    Wanted,
    /// In the READ that is open.
    Asked,
}

impl Standing {
    /// Of a printer that introduces itself; what it offers comes with DESCRIBED.
    pub(super) fn new(hello: Option<&HelloAck>) -> Self {
        let shortest = hello.map_or(0, |hello| hello.poll_ms_min);
        Self {
            items: Vec::new(),
            ids_max: IDS_MAX,
            shortest: Duration::from_millis(shortest.into()),
            read_at: None,
            alarms: hello.is_some_and(|hello| hello.offers(capability::ALARMS)),
            alarms_due: false,
        }
    }

    /// What it offers. Only what is in its log is read: nobody would say of another value that it has changed, and an old
    /// one would stand as if it were new. Faults come from ALARMS where those are answered.
    pub(super) fn offered(&mut self, offers: &Offers) {
        let told = offers.all().filter(|offered| offered.told && !(self.alarms && offered.item.is_fault()));
        let item = |offered: crate::intake::pip::Offered| Item {
            id: Text::cut(offered.item.id()),
            every: offered.every,
            state: State::Known,
            at: None,
        };
        self.items = told.map(item).collect();
        self.items.sort_unstable_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
    }

    /// Nothing is known any more of how things stand.
    pub(super) fn look(&mut self) {
        self.items.iter_mut().for_each(|item| item.state = State::Wanted);
        self.alarms_due = self.alarms;
    }

    /// When the next question may be asked, if there is one.
    pub(super) fn due_at(&self, now: Instant) -> Option<Instant> {
        if self.alarms_due {
            return Some(now);
        }
        let wanted = self.items.iter().filter(|item| item.state == State::Wanted);
        let first = wanted.map(|item| item.at.unwrap_or(now)).min()?;
        Some(self.read_at.map_or(first, |at| at.max(first)))
    }

    /// The next question. READ comes first, since its answer may be followed by another.
    pub(super) fn question(&mut self, now: Instant) -> Option<(What, Request)> {
        if self.read_at.is_none_or(|at| at <= now) {
            let ids = self.ids(now);
            if !ids.is_empty() {
                self.read_at = Some(now + self.shortest);
                return Some((What::Read, Request::Read(Read::Ids(ids))));
            }
        }
        std::mem::take(&mut self.alarms_due).then_some((What::Alarms, Request::Alarms))
    }

    fn ids(&mut self, now: Instant) -> Vec<Text> {
        let wanted = self.items.iter_mut().filter(|item| item.state == State::Wanted);
        let due = wanted.filter(|item| item.at.is_none_or(|at| at <= now)).take(self.ids_max);
        let ask = |item: &mut Item| {
            (item.state, item.at) = (State::Asked, Some(now + item.every));
            item.id.clone()
        };
        due.map(ask).collect()
    }

    /// The values came. One that is wanted anew since it was asked for still is.
    pub(super) fn read(&mut self) {
        self.turn(State::Known);
    }

    /// The question was not answered and is to be asked again.
    pub(super) fn again(&mut self, asked: What) {
        match asked {
            What::Read => self.turn(State::Wanted),
            What::Alarms => self.alarms_due = true,
            _ => {}
        }
    }

    /// The answer would be too large: fewer are asked for. Says whether that was possible.
    pub(super) fn ask_for_less(&mut self, asked: What) -> bool {
        let count = self.items.iter().filter(|item| item.state == State::Asked).count();
        if asked != What::Read || count < 2 {
            return false;
        }
        self.ids_max = count / 2;
        self.turn(State::Wanted);
        true
    }

    /// The printer does not take this question: it is not asked again on this connection.
    pub(super) fn never_again(&mut self, asked: What) {
        match asked {
            What::Read => self.items.clear(),
            What::Alarms => (self.alarms, self.alarms_due) = (false, false),
            _ => {}
        }
    }

    fn turn(&mut self, state: State) {
        for item in self.items.iter_mut().filter(|item| item.state == State::Asked) {
            item.state = state;
            if state == State::Wanted {
                // It was not given, so that no interval of its own runs.
                item.at = None;
            }
        }
    }
}
