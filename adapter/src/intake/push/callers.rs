//! The printers that may call.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Identity, Mark, Quality, items};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::presence::{Ending, Presence, Word};
use super::stored::Stored;
use crate::config::{Printer, Sender};
use crate::counters::{Call, PrinterCounters};
use crate::intake::IntakeContext;
use crate::intake::poll::Now;
use crate::intake::poll::reach;
use crate::normalise::{Normaliser, Quiet, Way};

/// A printer that may call.
pub(super) struct Caller {
    pub(super) normaliser: Normaliser,
    pub(super) model: Option<Identity>,
    pub(super) counters: Arc<PrinterCounters>,
    context: IntakeContext,
    /// Where it calls from, where the configuration knows it by that.
    address: Option<IpAddr>,
    /// It is asked by nobody: that it calls is all that shows whether it is there.
    push_only: bool,
    /// When it was last said that something of its log is lost, and that it went back.
    pub(super) complaints: Quiet<Gone>,
    state: Mutex<State>,
    /// The state has changed.
    changed: Notify,
}

/// How something of a log is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Gone {
    Lost,
    WentBack,
}

struct State {
    stored: Option<Stored>,
    /// The connection that there is; a newer one cancels it.
    connection: CancellationToken,
    presence: Presence,
}

/// The printers that may call, each with how it is known.
pub(super) fn callers(printers: &[Printer], context: &IntakeContext) -> Vec<(Sender, Arc<Caller>)> {
    let callers = printers.iter().filter_map(|printer| {
        let sender = printer.push.clone()?;
        let (presence, word) = Presence::new(now(context));
        let caller = Arc::new(Caller {
            normaliser: Normaliser::new(printer, Way::Push, context),
            model: printer.model.clone(),
            counters: context.counters.printer(&printer.id),
            context: context.clone(),
            address: if let Sender::Address(address) = sender { Some(address) } else { None },
            push_only: printer.interface.is_none(),
            complaints: Quiet::new(),
            state: Mutex::new(State { stored: None, connection: CancellationToken::new(), presence }),
            changed: Notify::new(),
        });
        caller.say(Some(word));
        Some((sender, caller))
    });
    callers.collect()
}

fn now(context: &IntakeContext) -> Now {
    Now { mono: Instant::now(), wall: context.clock.now() }
}

impl Caller {
    /// A new connection. The one before it ends: a printer that lost its power has left it behind.
    pub(super) fn connected(&self, peer: IpAddr) -> (Call, CancellationToken) {
        let newer = CancellationToken::new();
        // Which call is the latest and which one ends for it is one thing: of two at once the later is the one that stays.
        let mut state = self.state();
        let call = self.counters.calls.begin(peer);
        state.presence.called();
        std::mem::replace(&mut state.connection, newer.clone()).cancel();
        (call, newer)
    }

    /// It tells what happens from now on.
    pub(super) fn works(&self, call: Call) {
        self.tell(|presence, now| self.counters.calls.is_latest(call).then(|| presence.works(now)).flatten());
    }

    /// It has called, and asks for time before it tells anything.
    pub(super) fn waits(&self, call: Call) {
        self.tell(|presence, now| self.counters.calls.is_latest(call).then(|| presence.waits(now)).flatten());
    }

    /// A connection is over.
    pub(super) fn ended(&self, call: Call, ending: Ending) {
        self.tell(|presence, now| {
            self.counters.calls.end(call).then(|| presence.ended(ending, now)).flatten()
        });
    }

    /// Somebody was not let in, for this reason, who is this printer by its address or its id.
    pub(super) fn refused(&self, why: &'static str) {
        self.tell(|presence, now| presence.refused(why, now));
    }

    /// Where it calls from, as far as that is known.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.counters.calls.from().or(self.address)
    }

    /// Something came from it.
    pub(super) fn heard(&self, peer: IpAddr) {
        self.counters.heard_now();
        self.context.neighbours.answered(peer, Instant::now());
    }

    /// Says what time alone shows, until the intake stops.
    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            let deadline = self.state().presence.deadline();
            let due = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.context.stop.cancelled() => return,
                () = self.changed.notified() => {}
                () = due => {
                    let others = |since| {
                        self.context.neighbours.answer(self.address(), Some(since), Instant::now())
                    };
                    let word = self.state().presence.tick(others, now(&self.context));
                    self.say(word);
                }
            }
        }
    }

    /// How far its log is stored.
    pub(super) fn stored(&self) -> Option<Stored> {
        self.state().stored.clone()
    }

    /// Its log is stored so far, as its latest call knows: one before it may be of another instance of the log.
    pub(super) fn remember(&self, call: Call, stored: Stored) {
        let mut state = self.state();
        if self.counters.calls.is_latest(call) {
            self.counters.calls.acknowledge(stored.sequence);
            state.stored = Some(stored);
        }
    }

    /// The event is told under the lock, so that which call is the latest stays true for as long as it takes.
    fn tell(&self, event: impl FnOnce(&mut Presence, Now) -> Option<Word>) {
        let word = event(&mut self.state().presence, now(&self.context));
        self.say(word);
        self.changed.notify_one();
    }

    /// Of a printer that is asked, the questions show whether it is there.
    fn say(&self, word: Option<Word>) {
        let Some(Word { code, turned }) = word.filter(|_| self.push_only) else { return };
        let (item, time) = (&items::PRINTER_REACHABILITY, self.context.clock.now());
        let printer = self.normaliser.printer();
        let source = self.context.salt.source(&[b"push", printer.as_str().as_bytes(), item.id().as_bytes()]);
        let place = source.place(time.0.unsigned_abs(), self.context.salt.check(code.as_bytes()));
        let mark = Mark { part: 0, time, quality: Quality::Good, origin: place.origin(0) };
        self.context.buffer.put_polled(printer, item.code(code, mark).into_iter().collect());
        if let Some(why) = turned {
            reach::turned(printer, &self.counters, code, &why);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use protocol::pip::Text;

    use super::*;
    use crate::normalise::testing;

    #[tokio::test(start_paused = true)]
    async fn of_two_calls_the_later_is_what_counts_whatever_the_earlier_still_does() {
        let bench = testing::bench();
        let printer = Printer { push: Some(Sender::Certificate("p01".into())), ..testing::printer() };
        let (_, caller) = callers(&[printer], &bench.context).remove(0);
        let peer = IpAddr::from([10, 0, 0, 7]);
        let stored = |sequence| {
            let mut stored = Stored::new(Text::cut("i-1"));
            stored.reach(sequence);
            stored
        };
        let ((earlier, replaced), (later, stands)) = (caller.connected(peer), caller.connected(peer));
        assert!(replaced.is_cancelled() && !stands.is_cancelled());
        caller.works(later);
        caller.remember(later, stored(9));
        let deadline = caller.state().presence.deadline();
        // It is only now that the earlier one sees that it is over.
        caller.works(earlier);
        caller.remember(earlier, stored(4));
        caller.ended(earlier, Ending::Cut("it hangs up"));
        assert_eq!(caller.stored().and_then(|stored| stored.sequence), Some(9));
        assert_eq!(caller.state().presence.deadline(), deadline);
        assert!(caller.counters.calls.since().is_some());
    }
}
