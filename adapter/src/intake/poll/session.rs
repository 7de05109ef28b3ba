//! What is asked of a printer once HELLO and DESCRIBE are answered, and when.

use protocol::pip::{HelloAck, Read, Request};
use tokio::time::{Duration, Instant};

use super::limits::{ANSWER, HEARTBEAT, IDS_MAX, READS_PER_ALARMS};
use super::words::Offered;

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Hello,
    Describe,
    Read,
    Alarms,
    Ping,
}

/// What HELLO and DESCRIBE agreed on.
#[derive(Debug)]
pub(super) struct Session {
    interval: Duration,
    heartbeat: Duration,
    answer_max: Duration,
    /// Whether the printer answers ALARMS.
    pub(super) alarms: bool,
    pub(super) items: Vec<(Offered, Instant)>,
    /// Items asked for in one READ: fewer where the printer's answers would be too large.
    ids_max: usize,
    reads_until_alarms: u32,
    /// Not to ask anything before then: the printer wants a pause.
    pub(super) pause: Instant,
    /// Not to READ before then, whatever is due.
    read_after: Instant,
    pub(super) heard: Instant,
}

impl Session {
    /// What HELLO agreed on; the items come with DESCRIBE.
    pub(super) fn new(hello: &HelloAck, interval: Duration, now: Instant) -> Self {
        let heartbeat = Duration::from_millis(hello.heartbeat_ms.into()).clamp(HEARTBEAT.0, HEARTBEAT.1);
        Self {
            interval: interval.max(Duration::from_millis(hello.poll_ms_min.into())),
            heartbeat,
            answer_max: (heartbeat * 3).clamp(ANSWER.0, ANSWER.1),
            alarms: hello.capabilities.iter().any(|capability| capability == "alarms"),
            items: Vec::new(),
            ids_max: IDS_MAX,
            reads_until_alarms: 0,
            pause: now,
            read_after: now,
            heard: now,
        }
    }

    /// How long the answer to a question may take. A PING costs no work, and follows on a heartbeat of silence: a
    /// printer that is silent for a second one is gone.
    pub(super) fn answer_max(&self, what: What) -> Duration {
        if what == What::Ping { self.heartbeat } else { self.answer_max }
    }

    fn first_due(&self) -> Option<Instant> {
        self.items.iter().map(|(_, due)| *due).min()
    }

    /// When the next question is due.
    pub(super) fn due(&self) -> Instant {
        let silence = self.heard + self.heartbeat;
        let read = self.first_due().map_or(silence, |due| due.max(self.read_after));
        read.min(silence).max(self.pause)
    }

    /// The next question, if one is due: values, alarms after each few of them, or a sign of life.
    pub(super) fn question(&mut self, now: Instant, jitter: Duration) -> Option<(What, Request)> {
        if now < self.pause {
            return None;
        }
        if self.first_due().is_some_and(|due| due.max(self.read_after) <= now) {
            if self.alarms && self.reads_until_alarms == 0 {
                self.reads_until_alarms = READS_PER_ALARMS;
                return Some((What::Alarms, Request::Alarms));
            }
            return Some((What::Read, Request::Read(self.read(now, jitter))));
        }
        if now < self.heard + self.heartbeat {
            return None;
        }
        let ask_alarms = self.alarms && self.items.is_empty();
        Some(if ask_alarms { (What::Alarms, Request::Alarms) } else { (What::Ping, Request::Ping) })
    }

    /// The answer to a READ would be too large: the next ones ask for half as much. Says whether that was possible.
    pub(super) fn ask_for_less(&mut self) -> bool {
        let less = self.ids_max.min(self.items.len()) / 2;
        if less > 0 {
            self.ids_max = less;
        }
        less > 0
    }

    fn read(&mut self, now: Instant, jitter: Duration) -> Read {
        self.reads_until_alarms = self.reads_until_alarms.saturating_sub(1);
        self.read_after = now + self.interval;
        let mut ids = Vec::new();
        // Where not all fit into one READ, those that have waited longest come first.
        self.items.sort_by_key(|(_, due)| *due);
        for (offered, due) in self.items.iter_mut().filter(|(_, due)| *due <= now).take(self.ids_max) {
            // The jitter comes on top: never more often than the printer allows.
            *due = now + self.interval.max(offered.every) + jitter;
            ids.push(offered.id.clone());
        }
        Read::Ids(ids)
    }
}
