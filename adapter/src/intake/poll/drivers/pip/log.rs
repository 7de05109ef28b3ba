//! How far a printer's log of events was read: what it tells, and what it proves to be missing.

use catalog::{Timestamp, items};
use protocol::pip::{Cursor, EventList, Gap, HelloAck, Text};
use tokio::time::Duration;

use super::translate::Translator;
use crate::intake::pip::Said;
use crate::intake::poll::Now;
use crate::intake::poll::found::Found;

/// One printer's log. It outlives its connections: what was read stays read.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// What is known of the printer's present instance, once it was met.
    instance: Option<Instance>,
    /// Events that are gone for good, since the adapter started.
    lost: u64,
}

#[derive(Debug)]
struct Instance {
    name: Text,
    cursor: Cursor,
}

/// What has come of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// The printer holds more.
    pub(super) more: bool,
    /// Something is missing, and with it what changed meanwhile.
    pub(super) gap: bool,
    /// An alarm began or ended.
    pub(super) alarm: bool,
}

impl Log {
    /// The printer has introduced itself. A log that began anew is read from its beginning, and nobody can say what the old
    /// one still held.
    pub(super) fn meet(&mut self, hello: &HelloAck, now: Now, found: &mut Found<'_>) {
        if self.instance.as_ref().is_some_and(|instance| instance.name == hello.instance) {
            return;
        }
        let cursor = if self.instance.is_some() {
            found.proved(&items::INTERFACE_EVENT).at(now.wall).code("restarted");
            Cursor::after(0)
        } else {
            // An adapter that has just started reads what there is: what was stored before has the same origins.
            Cursor::default()
        };
        self.instance = Some(Instance { name: hello.instance.clone(), cursor });
    }

    /// The first event that is wanted.
    pub(super) fn from(&self) -> Option<u64> {
        self.instance.as_ref().and_then(|instance| instance.cursor.next())
    }

    /// Takes in HELD-EVENTS. `faults_every` is the time in which the faults are said again by other means.
    pub(super) fn take(
        &mut self,
        list: EventList,
        translator: &mut Translator,
        faults_every: Duration,
        now: Now,
        found: &mut Found<'_>,
    ) -> Read {
        let Some(Instance { cursor, .. }) = &mut self.instance else { return Read::default() };
        let last = list.held().last();
        let taken = cursor.take(list);
        let more = !taken.events.is_empty() && cursor.next().is_some_and(|next| next <= last);
        let mut read = Read { more, gap: taken.gap.is_some(), alarm: false };
        if let Some(gap) = taken.gap {
            self.lost = self.lost.saturating_add(gap.count().unwrap_or_default());
            let code = if gap == Gap::WentBack { "backwards" } else { "gap" };
            found.proved(&items::INTERFACE_EVENT).at(now.wall).code(code);
        }
        // A count of events is far below what a number holds exactly.
        found.proved(&items::INTERFACE_LOST).number(self.lost as f64);
        for event in &taken.events {
            let told = match translator.interpreter.tell(event, &translator.offers, now.wall) {
                Ok(Some(told)) => told,
                Ok(None) => continue,
                Err(why) => {
                    found.refuse(None, why);
                    continue;
                }
            };
            // What the printer's clock would show now, had it run on evenly since.
            found.clock(Timestamp(now.wall.0.saturating_sub(told.off_ms.unwrap_or_default())));
            let every = if told.item.is_fault() { faults_every } else { Duration::ZERO };
            read.alarm |= told.item.is_fault();
            let seen = found.of(told.item).part(told.part).at(told.time).quality(told.quality).every(every);
            match told.said {
                Said::Number(number) => seen.number(number),
                Said::Code(code) => seen.code(code),
            }
        }
        read
    }
}
