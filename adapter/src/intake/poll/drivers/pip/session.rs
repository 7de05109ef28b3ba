//! What is asked of a printer once HELLO and DESCRIBE are answered, and when.

use protocol::pip::{HelloAck, Read, Request};
use tokio::time::{Duration, Instant};

use super::translate::Offered;
use crate::intake::limits::{ANSWER, HEARTBEAT};
use crate::intake::poll::driver::Pace;
use crate::intake::poll::limits::{IDS_MAX, READS_PER_ALARMS};

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Hello,
    Describe,
    Read,
    Alarms,
    Ping,
}

/// What HELLO and DESCRIBE agreed on, and what of a round is still to be asked.
#[derive(Debug)]
pub(super) struct Session {
    shortest: Duration,
    heartbeat: Duration,
    /// Whether the printer answers ALARMS.
    pub(super) alarms: bool,
    /// What is read, and before when not again.
    pub(super) items: Vec<(Offered, Instant)>,
    /// Items asked for in one READ: fewer where the printer's answers would be too large.
    ids_max: usize,
    rounds_until_alarms: u32,
    read_due: bool,
    alarms_due: bool,
}

impl Session {
    /// What HELLO agreed on; the items come with DESCRIBE.
    pub(super) fn new(hello: &HelloAck) -> Self {
        Self {
            shortest: Duration::from_millis(hello.poll_ms_min.into()),
            heartbeat: Duration::from_millis(hello.heartbeat_ms.into()).clamp(HEARTBEAT.0, HEARTBEAT.1),
            alarms: hello.capabilities.iter().any(|capability| capability == "alarms"),
            items: Vec::new(),
            ids_max: IDS_MAX,
            rounds_until_alarms: 0,
            read_due: false,
            alarms_due: false,
        }
    }

    /// A PING costs no work, and follows on a heartbeat of silence: a printer that is silent for a second one is gone.
    /// Any other answer may take three, since a resin printer is silent through an exposure.
    pub(super) fn pace(&self) -> Pace {
        Pace {
            shortest: self.shortest,
            answer_max: (self.heartbeat * 3).clamp(ANSWER.0, ANSWER.1),
            heartbeat: Some(self.heartbeat),
        }
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

    /// Values are wanted, and at each few rounds the faults.
    pub(super) fn round(&mut self) {
        self.read_due = true;
        if self.rounds_until_alarms == 0 {
            (self.alarms_due, self.rounds_until_alarms) = (self.alarms, READS_PER_ALARMS);
        }
        self.rounds_until_alarms -= 1;
    }

    /// The next question of the round. READ comes first, so that two of them are never closer than two rounds.
    pub(super) fn question(&mut self, now: Instant) -> Option<(What, Request)> {
        if std::mem::take(&mut self.read_due)
            && let Some(read) = self.read(now)
        {
            return Some((What::Read, Request::Read(read)));
        }
        std::mem::take(&mut self.alarms_due).then_some((What::Alarms, Request::Alarms))
    }

    /// The READ was not answered, so its items are due as before.
    pub(super) fn not_read(&mut self, now: Instant) {
        self.items.iter_mut().for_each(|(_, due)| *due = (*due).min(now));
    }

    /// The answer to a READ would be too large: the next ones ask for half as much. Says whether that was possible.
    pub(super) fn ask_for_less(&mut self) -> bool {
        let less = self.ids_max.min(self.items.len()) / 2;
        if less > 0 {
            self.ids_max = less;
        }
        less > 0
    }

    fn read(&mut self, now: Instant) -> Option<Read> {
        // Where not all fit into one READ, those that have waited longest come first.
        self.items.sort_by_key(|(_, due)| *due);
        let mut ids = Vec::new();
        for (offered, due) in self.items.iter_mut().take(self.ids_max).take_while(|(_, due)| *due <= now) {
            *due = now + offered.every.max(self.shortest);
            ids.push(offered.id.clone());
        }
        (!ids.is_empty()).then_some(Read::Ids(ids))
    }
}
