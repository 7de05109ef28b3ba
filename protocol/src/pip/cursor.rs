//! How far a reader has come in a printer's log of events, and what it has missed.

use super::events::{Event, EventList, Held};

/// A reader's place in the log of one instance. A new instance is a new log: begin with a new cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    next: Option<u64>,
}

/// What is new to a reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// What was missed before these events.
    pub gap: Option<Gap>,
    /// The events that the reader has not had yet, in the order of their sequences.
    pub events: Vec<Event>,
}

/// What a reader has missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The events from the first to the last of these are gone: the printer had no room for them any more.
    Lost {
        /// The first sequence that is missing.
        first: u64,
        /// The last sequence that is missing.
        last: u64,
    },
    /// The printer's log has gone back without a new instance, against the protocol: nobody can say what is missing.
    WentBack,
}

impl Gap {
    /// How many events are gone; `None` where nobody can say it.
    pub fn count(self) -> Option<u64> {
        match self {
            Self::Lost { first, last } => Some(last - first + 1),
            Self::WentBack => None,
        }
    }
}

impl Cursor {
    /// A reader that has had everything up to this sequence; 0 for nothing yet.
    pub fn after(sequence: u64) -> Self {
        Self { next: Some(sequence.saturating_add(1)) }
    }

    /// The sequence that the reader wants next: for EVENTS and SUBSCRIBE. `None` before it has had any.
    pub fn next(self) -> Option<u64> {
        self.next
    }

    /// What the printer holds, as SUBSCRIBED says it: what is missing already is told before the first event comes.
    pub fn meet(&mut self, held: Held) -> Option<Gap> {
        self.arrive(held, held.first())
    }

    /// Takes in a HELD-EVENTS or a NOTIFY. Events that the reader has had are left out.
    pub fn take(&mut self, list: EventList) -> Taken {
        let begins = list.events().first().map_or(list.held().first(), |event| event.sequence);
        let gap = self.arrive(list.held(), begins);
        let wanted = self.next.unwrap_or_default();
        let events: Vec<_> =
            list.into_events().into_iter().filter(|event| event.sequence >= wanted).collect();
        if let Some(last) = events.last() {
            *self = Self::after(last.sequence);
        }
        Taken { gap, events }
    }

    /// The log goes on at `begins`, or earlier.
    fn arrive(&mut self, held: Held, begins: u64) -> Option<Gap> {
        let Some(next) = self.next else {
            self.next = Some(begins);
            return None;
        };
        let gap = if next > held.last().saturating_add(1) {
            Gap::WentBack
        } else if begins > next {
            Gap::Lost { first: next, last: begins - 1 }
        } else {
            return None;
        };
        self.next = Some(begins);
        Some(gap)
    }
}
