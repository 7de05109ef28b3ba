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
    /// A window came in whole. Its ticket is one more than the last one's.
    Window { last_sequence: u32 },
    /// What became of the window with this ticket.
    Resolved { ticket: u64, outcome: Outcome },
    /// The peer closed its side.
    Ended,
    /// The adapter stops.
    Stop,
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
    /// A window could not be kept: without an acknowledgement the peer sends it again.
    Nacked,
    /// Nothing was said for too long.
    Idle,
    /// A window began and did not end.
    Stalled,
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
            stopping_since: None,
        }
    }

    /// Whether more windows may be taken; when not, the peer is left to its own flow control.
    pub(super) fn takes_more(&self) -> bool {
        self.stopping_since.is_none() && self.waiting.len() < WINDOWS_IN_FLIGHT_MAX
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
            Event::Window { last_sequence } => {
                if self.waiting.is_empty() {
                    self.said = now;
                }
                self.partial_since = None;
                self.waiting.push_back(Waiting { last_sequence, accepted: false });
                Vec::new()
            }
            Event::Resolved { ticket, outcome } => self.resolved(ticket, outcome, now),
            Event::Ended => vec![Action::Close(Why::Ended)],
            Event::Stop => {
                self.stopping_since.get_or_insert(now);
                self.partial_since = None;
                self.end_if_done()
            }
            Event::Tick => self.tick(now),
        }
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
        let done = self.stopping_since.is_some() && self.waiting.is_empty();
        done.then_some(Action::Close(Why::Stopped)).into_iter().collect()
    }

    /// The limit that passes first, and since when it runs.
    fn pressing(&self) -> (Instant, Duration) {
        let keep_alive = (!self.waiting.is_empty()).then_some((self.said, KEEP_ALIVE));
        // A peer that waits for us, or that we do not read from, is not idle and does not stall.
        let idle = self.waiting.is_empty().then_some((self.heard, IDLE_MAX));
        let stall = self.partial_since.filter(|_| self.takes_more()).map(|since| (since, STALL_MAX));
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
        if !self.waiting.is_empty() && now >= self.said + KEEP_ALIVE {
            self.said = now;
            return vec![Action::Write(lumberjack::ack(0))];
        }
        vec![Action::Close(if self.partial_since.is_some() { Why::Stalled } else { Why::Idle })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCEPTED: Outcome = Outcome::Accepted;

    fn ack(sequence: u32) -> Action {
        Action::Write(lumberjack::ack(sequence))
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    /// A flow in which windows that end with these sequences were read.
    fn flow_with(sequences: &[u32]) -> (Flow, Instant) {
        let now = Instant::now();
        let mut flow = Flow::new(now);
        for last_sequence in sequences {
            assert!(flow.takes_more());
            assert_eq!(flow.handle(Event::Window { last_sequence: *last_sequence }, now), []);
        }
        (flow, now)
    }

    #[test]
    fn the_acknowledgement_is_the_last_frames_sequence() {
        let (mut flow, now) = flow_with(&[4711]);
        assert_eq!(flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, now), [ack(4711)]);
    }

    #[test]
    fn windows_are_acknowledged_in_the_order_in_which_they_came() {
        let (mut flow, now) = flow_with(&[10, 20, 30]);
        assert_eq!(flow.handle(Event::Resolved { ticket: 2, outcome: ACCEPTED }, now), []);
        assert_eq!(flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, now), [ack(10)]);
        assert_eq!(flow.handle(Event::Resolved { ticket: 1, outcome: ACCEPTED }, now), [ack(20), ack(30)]);
        assert_eq!(flow.next_ticket(), 3);
    }

    #[test]
    fn a_nack_closes_without_a_word() {
        let (mut flow, now) = flow_with(&[10, 20]);
        let actions = flow.handle(Event::Resolved { ticket: 1, outcome: Outcome::Nacked }, now);
        assert_eq!(actions, [Action::Close(Why::Nacked)]);
    }

    #[test]
    fn while_a_window_waits_the_peer_is_told_every_three_seconds() {
        let (mut flow, start) = flow_with(&[10]);
        for n in 1..1000 {
            assert_eq!(flow.deadline(), start + KEEP_ALIVE * n);
            assert_eq!(flow.handle(Event::Tick, start + KEEP_ALIVE * n - Duration::from_millis(1)), []);
            assert_eq!(flow.handle(Event::Tick, start + KEEP_ALIVE * n), [ack(0)]);
        }
    }

    #[test]
    fn back_pressure_begins_at_the_limit_and_ends_with_an_acknowledgement() {
        let (mut flow, now) = flow_with(&[1; WINDOWS_IN_FLIGHT_MAX]);
        assert!(!flow.takes_more());
        flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, now);
        assert!(flow.takes_more());
    }

    #[test]
    fn an_idle_peer_is_given_up_and_a_waiting_one_is_not() {
        let (mut flow, start) = flow_with(&[]);
        assert_eq!(flow.deadline(), start + IDLE_MAX);
        flow.handle(Event::Heard { partial: false }, start + seconds(60));
        assert_eq!(flow.handle(Event::Tick, start + IDLE_MAX), []);
        assert_eq!(flow.handle(Event::Tick, start + seconds(60) + IDLE_MAX), [Action::Close(Why::Idle)]);
        let (mut flow, start) = flow_with(&[1]);
        assert_eq!(flow.handle(Event::Tick, start + IDLE_MAX * 2), [ack(0)]);
    }

    #[test]
    fn a_window_that_drips_is_given_up_though_bytes_come() {
        let (mut flow, start) = flow_with(&[]);
        for n in 0..60 {
            flow.handle(Event::Heard { partial: true }, start + seconds(n));
        }
        assert_eq!(flow.handle(Event::Tick, start + STALL_MAX), [Action::Close(Why::Stalled)]);
    }

    #[test]
    fn a_stop_waits_for_what_is_in_flight_but_not_for_ever() {
        let (mut flow, start) = flow_with(&[5]);
        assert_eq!(flow.handle(Event::Stop, start), []);
        assert!(!flow.takes_more());
        let actions = flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, start);
        assert_eq!(actions, [ack(5), Action::Close(Why::Stopped)]);
        let (mut flow, start) = flow_with(&[5]);
        flow.handle(Event::Stop, start);
        assert_eq!(flow.handle(Event::Tick, start + STOP_MAX), [Action::Close(Why::Stopped)]);
        let (mut flow, start) = flow_with(&[]);
        assert_eq!(flow.handle(Event::Stop, start), [Action::Close(Why::Stopped)]);
    }
}
