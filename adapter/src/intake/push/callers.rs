//! The printers that may call.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Identity, Mark, Quality, items};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::flow::Stored;
use super::presence::{Ending, Presence, Word};
use crate::config::{Printer, Sender};
use crate::counters::{Call, PrinterCounters};
use crate::intake::IntakeContext;
use crate::intake::poll::Now;
use crate::intake::poll::reach;
use crate::normalise::{Normaliser, Way};

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
    state: Mutex<State>,
    /// The state has changed.
    changed: Notify,
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
        let (call, newer) = (self.counters.calls.begin(peer), CancellationToken::new());
        let mut state = self.state();
        state.presence.called();
        std::mem::replace(&mut state.connection, newer.clone()).cancel();
        (call, newer)
    }

    /// It tells what happens from now on.
    pub(super) fn works(&self, call: Call) {
        if self.counters.calls.is_latest(call) {
            self.tell(Presence::works);
        }
    }

    /// A connection is over.
    pub(super) fn ended(&self, call: Call, ending: Ending) {
        if self.counters.calls.end(call) {
            self.tell(|presence, now| presence.ended(ending, now));
        }
    }

    /// Somebody came to no TLS connection who is this printer by its address.
    pub(super) fn refused(&self) {
        self.tell(Presence::refused);
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

    /// Its log is stored so far.
    pub(super) fn remember(&self, stored: Stored) {
        self.counters.calls.acknowledge(stored.sequence);
        self.state().stored = Some(stored);
    }

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
