//! The controller's log of events: what changed and which faults came and went, in one row of numbers.

use std::collections::VecDeque;

use catalog::Timestamp;

use super::{CHANNELS, NativeFault, Readout};

/// Events that the controller has room for: half an hour of a printer at work.
const ROOM: usize = 4_096;
/// The shortest time between two entries of a number, ms: a log is no recorder.
pub const NUMBER_MS_MIN: u32 = 10_000;

/// The log of one instance.
#[derive(Clone, Debug)]
pub struct EventLog {
    events: VecDeque<Entry>,
    /// The sequence of the next event; the first one of an instance is 1.
    next: u64,
    /// The highest sequence that was sent to anybody.
    sent: u64,
    acknowledged: u64,
    room: usize,
    /// When each channel was last entered, in ms since boot.
    entered: Vec<Option<u64>>,
}

/// An event of the log.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its place in the log.
    pub sequence: u64,
    /// When, by the printer's clock.
    pub time: Timestamp,
    /// When, in ms since boot.
    pub mono_ms: u64,
    /// What.
    pub what: Entered,
}

/// What an event says.
#[derive(Clone, Copy, Debug)]
pub enum Entered {
    /// The channel with this place in [`CHANNELS`] has a new value.
    Value(usize, Readout),
    /// A fault became active.
    Raised(&'static NativeFault),
    /// A fault that was active since then, in ms since boot, went.
    Cleared(&'static NativeFault, u64),
}

impl Default for EventLog {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl EventLog {
    /// The empty log of the next instance.
    pub fn anew(&self) -> Self {
        Self::with_room(self.room)
    }

    /// An empty log with room for so many events.
    pub fn with_room(room: usize) -> Self {
        let entered = vec![None; CHANNELS.len()];
        Self { events: VecDeque::new(), next: 1, sent: 0, acknowledged: 0, room, entered }
    }

    /// The oldest sequence that is held; one more than the last where none is.
    pub fn first(&self) -> u64 {
        self.events.front().map_or(self.next, |entry| entry.sequence)
    }

    /// The newest sequence, held or not; 0 where there has been none.
    pub fn last(&self) -> u64 {
        self.next - 1
    }

    /// The last sequence that was acknowledged; 0 for none.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Everything up to this one was sent to somebody.
    pub fn sent(&mut self, sequence: u64) {
        self.sent = self.sent.max(sequence);
    }

    /// Everything up to this one is stored elsewhere: `false` where it was never sent. Older words than the last
    /// change nothing.
    #[must_use]
    pub fn acknowledge(&mut self, sequence: u64) -> bool {
        if sequence <= self.sent {
            self.acknowledged = self.acknowledged.max(sequence);
        }
        sequence <= self.sent
    }

    /// The events that are held, from this sequence on.
    pub fn from(&self, sequence: u64) -> impl Iterator<Item = &Entry> {
        let passed = sequence.saturating_sub(self.first());
        self.events.iter().skip(usize::try_from(passed).unwrap_or(usize::MAX))
    }

    /// A value has changed. A code is always entered, a number only from time to time.
    pub fn changed(&mut self, channel: usize, readout: Readout, time: Timestamp, mono_ms: u64) {
        let Some(entered) = self.entered.get_mut(channel) else { return };
        let waits = |last: u64| mono_ms < last.saturating_add(NUMBER_MS_MIN.into());
        if matches!(readout, Readout::Number(_)) && entered.is_some_and(waits) {
            return;
        }
        *entered = Some(mono_ms);
        self.enter(Entered::Value(channel, readout), time, mono_ms);
    }

    /// Something happened. The oldest event makes room, acknowledged or not.
    pub fn enter(&mut self, what: Entered, time: Timestamp, mono_ms: u64) {
        if self.events.len() >= self.room {
            self.events.pop_front();
        }
        self.events.push_back(Entry { sequence: self.next, time, mono_ms, what });
        self.next += 1;
    }

    /// As if so much had happened at once that nothing of what was held is left, nor of what came after it.
    pub fn overrun(&mut self) {
        self.events.clear();
        self.next += self.room as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: Readout = Readout::Code("idle");

    fn log(events: u64) -> EventLog {
        let mut log = EventLog::with_room(4);
        (1..=events).for_each(|at| log.enter(Entered::Value(0, CODE), Timestamp(0), at));
        log
    }

    #[test]
    fn the_oldest_makes_room_and_numbers_go_on() {
        for (events, first, last, from_three) in
            [(0, 1, 0, vec![]), (2, 1, 2, vec![]), (4, 1, 4, vec![3, 4]), (9, 6, 9, vec![6, 7, 8, 9])]
        {
            let log = log(events);
            let held: Vec<u64> = log.from(3).map(|entry| entry.sequence).collect();
            assert_eq!((log.first(), log.last(), held), (first, last, from_three), "{events}");
        }
    }

    #[test]
    fn after_an_overrun_nothing_is_held_and_the_numbers_prove_it() {
        let mut log = log(3);
        log.overrun();
        assert_eq!((log.first(), log.last(), log.from(1).count()), (8, 7, 0));
        log.enter(Entered::Value(0, CODE), Timestamp(0), 9);
        assert_eq!((log.first(), log.last()), (8, 8));
    }

    #[test]
    fn an_acknowledgement_only_goes_up_and_never_ahead() {
        let mut log = log(4);
        log.sent(3);
        for (told, taken, expected) in [(2, true, 2), (1, true, 2), (3, true, 3), (4, false, 3)] {
            assert_eq!((log.acknowledge(told), log.acknowledged()), (taken, expected), "{told}");
        }
    }

    #[test]
    fn a_number_is_entered_from_time_to_time_and_a_code_always() {
        let mut log = EventLog::with_room(100);
        for at in 0..=30 {
            log.changed(1, Readout::Number(at as f64), Timestamp(0), at * 1_000);
            log.changed(0, CODE, Timestamp(0), at * 1_000);
        }
        let entered = |channel| {
            log.from(1).filter(|it| matches!(it.what, Entered::Value(of, _) if of == channel)).count()
        };
        assert_eq!((entered(1), entered(0)), (4, 31));
    }
}
