//! What is asked of a printer once HELLO and DESCRIBE are answered, and when.

use protocol::limits::PIP_EVENTS_MAX;
use protocol::pip::{EventsFrom, HelloAck, Read, Request, Text, capability};
use tokio::time::{Duration, Instant};

use crate::intake::limits::IDS_MAX;
use crate::intake::pip::{Offered, Patience};
use crate::intake::poll::driver::Pace;
use crate::intake::poll::limits::{EVENTS_PER_ROUND_MAX, READS_PER_ALARMS};

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Hello,
    Describe,
    Read,
    Alarms,
    Events,
    Ping,
}

/// What HELLO and DESCRIBE agreed on, and what of a round is still to be asked.
#[derive(Debug)]
pub(super) struct Session {
    shortest: Duration,
    patience: Patience,
    /// Whether the printer answers ALARMS.
    pub(super) alarms: bool,
    /// Whether it answers EVENTS.
    pub(super) events: bool,
    /// What is read, and before when not again.
    pub(super) items: Vec<(Offered, Instant)>,
    /// Items asked for in one READ: fewer where the printer's answers would be too large.
    ids_max: usize,
    /// Events asked for in one EVENTS, likewise.
    events_max: usize,
    rounds_until_alarms: u32,
    read_due: bool,
    alarms_due: bool,
    /// EVENTS that may still be asked in this round.
    events_due: u32,
}

impl Session {
    /// What HELLO agreed on; the items come with DESCRIBE.
    pub(super) fn new(hello: &HelloAck) -> Self {
        Self {
            shortest: Duration::from_millis(hello.poll_ms_min.into()),
            patience: Patience::of(hello),
            alarms: hello.offers(capability::ALARMS),
            events: hello.offers(capability::EVENTS),
            items: Vec::new(),
            ids_max: IDS_MAX,
            events_max: PIP_EVENTS_MAX,
            rounds_until_alarms: 0,
            read_due: false,
            alarms_due: false,
            events_due: 0,
        }
    }

    pub(super) fn pace(&self) -> Pace {
        let Patience { heartbeat, answer: answer_max, silence } = self.patience;
        let (heartbeat, word) = (Some(heartbeat), Some(self.patience.word()));
        Pace { shortest: self.shortest, answer_max, heartbeat, word, in_pauses: true, silence }
    }

    /// How long it takes until each item was asked for, where not all fit into one READ.
    pub(super) fn sweep(&self, interval: Duration) -> Duration {
        let reads = self.items.len().div_ceil(self.ids_max);
        interval.max(self.shortest) * u32::try_from(reads).unwrap_or(u32::MAX)
    }

    /// The time between two ALARMS.
    pub(super) fn alarms_every(&self, interval: Duration) -> Duration {
        interval.max(self.shortest) * READS_PER_ALARMS
    }

    /// Values are wanted, and what has happened, and at each few rounds the faults.
    pub(super) fn round(&mut self) {
        self.read_due = true;
        self.events_due = if self.events { EVENTS_PER_ROUND_MAX } else { 0 };
        if self.rounds_until_alarms == 0 {
            (self.alarms_due, self.rounds_until_alarms) = (self.alarms, READS_PER_ALARMS);
        }
        self.rounds_until_alarms -= 1;
    }

    /// The next question of the round. READ comes first, so that two of them are never closer than two rounds; then what
    /// has happened, and the faults last, since they are how things stand after it. `from` is the first event that is
    /// wanted.
    pub(super) fn question(&mut self, from: Option<u64>, now: Instant) -> Option<(What, Request)> {
        if std::mem::take(&mut self.read_due)
            && let Some(read) = self.read(now)
        {
            return Some((What::Read, Request::Read(read)));
        }
        if self.events_due > 0 {
            self.events_due -= 1;
            let events_max = u16::try_from(self.events_max).ok();
            return Some((What::Events, Request::Events(EventsFrom { from, events_max })));
        }
        std::mem::take(&mut self.alarms_due).then_some((What::Alarms, Request::Alarms))
    }

    /// The question was not answered, and is due again in the next round: not sooner, whatever pause was asked for.
    pub(super) fn not_answered(&mut self, asked: What, now: Instant) {
        match asked {
            What::Read => self.all_due(now),
            What::Alarms => self.rounds_until_alarms = 0,
            // Due in every round.
            What::Events => self.events_due = 0,
            What::Hello | What::Describe | What::Ping => {}
        }
    }

    /// The log has nothing more for now.
    pub(super) fn no_more_events(&mut self) {
        self.events_due = 0;
    }

    /// The log cannot say how things stand: the next READ asks for everything, and ALARMS is asked.
    pub(super) fn look_at_all(&mut self, now: Instant) {
        self.all_due(now);
        self.look_at_alarms();
    }

    /// Which alarms are active is to be asked in this round.
    pub(super) fn look_at_alarms(&mut self) {
        self.alarms_due = self.alarms;
    }

    /// The printer does not take this question, which is not asked again on this connection. Says whether there are
    /// others.
    pub(super) fn never_again(&mut self, asked: What) -> bool {
        match asked {
            What::Alarms => (self.alarms, self.alarms_due) = (false, false),
            What::Events => (self.events, self.events_due) = (false, 0),
            What::Hello | What::Describe | What::Read | What::Ping => return false,
        }
        true
    }

    /// The answer would be too large: the next ones ask for half as much. Says whether that was possible.
    pub(super) fn ask_for_less(&mut self, asked: What) -> bool {
        let (max, of) = match asked {
            What::Read => (&mut self.ids_max, self.items.len()),
            What::Events => (&mut self.events_max, PIP_EVENTS_MAX),
            What::Hello | What::Describe | What::Alarms | What::Ping => return false,
        };
        let less = (*max).min(of) / 2;
        if less > 0 {
            *max = less;
        }
        less > 0
    }

    fn all_due(&mut self, now: Instant) {
        self.items.iter_mut().for_each(|(_, due)| *due = (*due).min(now));
    }

    fn read(&mut self, now: Instant) -> Option<Read> {
        // Where not all fit into one READ, those that have waited longest come first.
        self.items.sort_by_key(|(offered, due)| (*due, offered.item.id()));
        let mut ids = Vec::new();
        for (offered, due) in self.items.iter_mut().take(self.ids_max).take_while(|(_, due)| *due <= now) {
            *due = now + offered.every.max(self.shortest);
            ids.push(Text::cut(offered.item.id()));
        }
        (!ids.is_empty()).then_some(Read::Ids(ids))
    }
}
