//! When a window is acknowledged, when the peer is told to wait, and when the connection ends: decisions only.
//! The connection's task performs the actions and tells of what happened.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::lumberjack;
use tokio::time::Instant;

use super::limits::{IDLE_MAX, KEEP_ALIVE, STALL_MAX, STOP_MAX, WINDOWS_IN_FLIGHT_MAX};
use crate::receipt::Outcome;

/// What happened on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Bytes came in; `partial` when a window has begun and is not whole.
    Heard { partial: bool },
    /// We do not go on with what the peer has sent, since the buffer has no room for it; or do
    /// again.
    HeldUp(bool),
    /// A window came in whole. Its ticket is one more than the last one's; `partial` when the next has begun.
    Window { last_sequence: u32, partial: bool },
    /// What became of the window with this ticket.
    Resolved { ticket: u64, outcome: Outcome },
    /// The peer closed its side.
    Ended,
    /// What came in is no Lumberjack, or is over a limit.
    Refused(lumberjack::Error),
    /// The adapter stops.
    Stop,
    /// A new connection of the same printer has the place.
    Replaced,
    /// A deadline may have passed.
    Tick,
}

/// What the task must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Write these bytes.
    Write([u8; 6]),
    /// Close the connection, and do nothing after.
    Close(Why),
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The peer went.
    Ended,
    /// Everything read is acknowledged and the adapter stops.
    Stopped,
    /// Everything that came before what is no Lumberjack, or is over a limit, is acknowledged.
    Refused(lumberjack::Error),
    /// A window could not be kept: without an acknowledgement the peer sends it again.
    Nacked,
    /// Nothing was said for too long.
    Idle,
    /// A window began and did not end.
    Stalled,
    /// Nothing was said for a while, and a new connection of the same printer took the place.
    Replaced,
}

#[derive(Debug)]
struct Waiting {
    last_sequence: u32,
    accepted: bool,
}

/// One connection's windows, in the order in which they came.
#[derive(Debug)]
pub(super) struct Flow {
    waiting: VecDeque<Waiting>,
    /// The ticket of the first window of `waiting`.
    first_ticket: u64,
    /// When something was last written while windows wait.
    said: Instant,
    /// When the peer last said something, or was last told something that it must answer.
    heard: Instant,
    /// Since when a window has been incomplete.
    partial_since: Option<Instant>,
    /// We do not go on with what the peer has sent.
    held_up: bool,
    refused: Option<lumberjack::Error>,
    stopping_since: Option<Instant>,
}

impl Flow {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            waiting: VecDeque::new(),
            first_ticket: 0,
            said: now,
            heard: now,
            partial_since: None,
            held_up: false,
            refused: None,
            stopping_since: None,
        }
    }

    /// Whether more windows may be taken; when not, the peer is left to its own flow control.
    pub(super) fn takes_more(&self) -> bool {
        self.stopping_since.is_none() && self.refused.is_none() && self.waiting.len() < WINDOWS_IN_FLIGHT_MAX
    }

    /// Since when the peer has been silent with nothing in flight.
    pub(super) fn quiet_since(&self) -> Option<Instant> {
        (!self.waits() && self.partial_since.is_none()).then_some(self.heard)
    }

    /// Whether it was told that the adapter stops.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping_since.is_some()
    }

    /// The ticket that the next window gets.
    pub(super) fn next_ticket(&self) -> u64 {
        self.first_ticket + self.waiting.len() as u64
    }

    /// When `Tick` is due at the latest.
    pub(super) fn deadline(&self) -> Instant {
        let (since, limit) = self.pressing();
        since + limit
    }

    /// Takes in what happened, and says what to do.
    pub(super) fn handle(&mut self, event: Event, now: Instant) -> Vec<Action> {
        match event {
            Event::Heard { partial } => {
                self.heard = now;
                self.partial_since = partial.then(|| self.partial_since.unwrap_or(now));
                Vec::new()
            }
            Event::HeldUp(held_up) => {
                self.held_up(held_up, now);
                Vec::new()
            }
            Event::Window { last_sequence, partial } => {
                if !self.waits() {
                    self.said = now;
                }
                self.partial_since = partial.then_some(now);
                self.waiting.push_back(Waiting { last_sequence, accepted: false });
                Vec::new()
            }
            Event::Resolved { ticket, outcome } => self.resolved(ticket, outcome, now),
            Event::Ended => vec![Action::Close(Why::Ended)],
            // The windows before it are whole, and would be sent again for ever with it behind them.
            Event::Refused(error) => {
                self.refused = Some(error);
                self.partial_since = None;
                self.end_if_done()
            }
            Event::Replaced => vec![Action::Close(Why::Replaced)],
            Event::Stop => {
                self.stopping_since.get_or_insert(now);
                self.partial_since = None;
                self.end_if_done()
            }
            Event::Tick => self.tick(now),
        }
    }

    fn held_up(&mut self, held_up: bool, now: Instant) {
        if held_up && !self.waits() {
            self.said = now;
        }
        if self.held_up && !held_up {
            // We did not read, so the peer could not go on.
            (self.partial_since, self.heard) = (self.partial_since.map(|_| now), now);
        }
        self.held_up = held_up;
    }

    /// Whether the peer waits for us, and must be told so.
    fn waits(&self) -> bool {
        self.held_up || !self.waiting.is_empty()
    }

    /// Whether the peer can go on sending.
    fn reads(&self) -> bool {
        self.takes_more() && !self.held_up
    }

    fn resolved(&mut self, ticket: u64, outcome: Outcome, now: Instant) -> Vec<Action> {
        if outcome == Outcome::Nacked {
            return vec![Action::Close(Why::Nacked)];
        }
        let index = ticket.checked_sub(self.first_ticket).and_then(|index| usize::try_from(index).ok());
        if let Some(window) = index.and_then(|index| self.waiting.get_mut(index)) {
            window.accepted = true;
        }
        let mut actions = Vec::new();
        // A later window's acknowledgement would be taken for the earlier one's as well.
        while self.waiting.front().is_some_and(|window| window.accepted) {
            let Some(window) = self.waiting.pop_front() else { break };
            self.first_ticket += 1;
            (self.said, self.heard) = (now, now);
            // While there was no room we did not read, so the peer could not go on.
            self.partial_since = self.partial_since.map(|_| now);
            actions.push(Action::Write(lumberjack::ack(window.last_sequence)));
        }
        actions.extend(self.end_if_done());
        actions
    }

    fn end_if_done(&self) -> Vec<Action> {
        let stopped = self.stopping_since.map(|_| Why::Stopped);
        let why = self.refused.map(Why::Refused).or(stopped).filter(|_| self.waiting.is_empty());
        why.map(Action::Close).into_iter().collect()
    }

    /// The limit that passes first, and since when it runs.
    fn pressing(&self) -> (Instant, Duration) {
        let keep_alive = self.waits().then_some((self.said, KEEP_ALIVE));
        // A peer that waits for us, or that we do not read from, is not idle and does not stall.
        let idle = (!self.waits()).then_some((self.heard, IDLE_MAX));
        let stall = self.partial_since.filter(|_| self.reads()).map(|since| (since, STALL_MAX));
        let stop = self.stopping_since.map(|since| (since, STOP_MAX));
        let all = [keep_alive, idle, stall, stop];
        all.into_iter()
            .flatten()
            .min_by_key(|(since, limit)| *since + *limit)
            .unwrap_or((self.heard, IDLE_MAX))
    }

    fn tick(&mut self, now: Instant) -> Vec<Action> {
        let (since, limit) = self.pressing();
        if now < since + limit {
            return Vec::new();
        }
        if self.stopping_since.is_some_and(|since| now >= since + STOP_MAX) {
            return vec![Action::Close(Why::Stopped)];
        }
        if self.waits() && now >= self.said + KEEP_ALIVE {
            self.said = now;
            return vec![Action::Write(lumberjack::ack(0))];
        }
        vec![Action::Close(if self.partial_since.is_some() { Why::Stalled } else { Why::Idle })]
    }
}

#[cfg(test)]
mod tests;
