//! Performs what a printer's machine decides: one task a printer.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::time::{Instant, sleep_until, timeout};

use super::Now;
use super::driver::Driver;
use super::found::Words;
use super::limits::FAREWELL_MAX;
use super::machine::{Action, Event, Machine};
use super::reach;
use super::transport::{Loss, Transport};
use crate::counters::PrinterCounters;
use crate::intake::IntakeContext;
use crate::normalise::Normaliser;

/// One printer's task.
pub(super) struct Poller<D, T> {
    pub(super) machine: Machine<D>,
    pub(super) transport: T,
    pub(super) normaliser: Normaliser,
    pub(super) context: IntakeContext,
    pub(super) counters: Arc<PrinterCounters>,
}

impl<D, T> Poller<D, T>
where
    D: Driver,
    T: Transport<Query = D::Query, Answer = D::Answer>,
{
    /// Runs until the intake stops.
    pub(super) async fn run(mut self) {
        let stop = self.context.stop.clone();
        stop.run_until_cancelled(self.converse()).await;
        if let Some(query) = self.machine.farewell() {
            let farewell = async {
                if self.transport.ask(query).await.is_ok() {
                    let _ = self.transport.heard().await;
                }
            };
            // A printer that does not answer forgets the session by itself.
            let _ = timeout(FAREWELL_MAX, farewell).await;
        }
        self.transport.close();
    }

    async fn converse(&mut self) {
        let mut events = VecDeque::from([Event::Started]);
        loop {
            let event = match events.pop_front() {
                Some(event) => event,
                None => self.next_event().await,
            };
            let now = Now { mono: Instant::now(), wall: self.context.clock.now() };
            for action in self.machine.handle(event, now) {
                events.extend(self.perform(action).await);
            }
        }
    }

    async fn perform(&mut self, action: Action<D::Query>) -> Option<Event<D::Answer>> {
        match action {
            Action::Connect => {
                return Some(match self.transport.connect().await {
                    Ok(()) => Event::Connected,
                    Err(trouble) => Event::Lost(Some(trouble)),
                });
            }
            Action::Ask(query) => return self.transport.ask(query).await.err().map(|loss| self.lost(loss)),
            Action::Close => {
                self.counters.connections_lost.one();
                self.transport.close();
            }
            Action::Say(words) => self.say(words),
            Action::Turned { code, why } => {
                reach::turned(self.normaliser.printer(), &self.counters, code, &why);
            }
        }
        None
    }

    /// Waits for a word of the printer, the end of the connection, or the machine's deadline.
    async fn next_event(&mut self) -> Event<D::Answer> {
        let deadline = self.machine.deadline();
        tokio::select! {
            heard = self.transport.heard() => match heard {
                Ok(answer) => {
                    self.counters.heard_now();
                    Event::Heard(answer)
                }
                Err(loss) => self.lost(loss),
            },
            () = wait_until(deadline) => Event::Tick,
        }
    }

    fn lost(&mut self, loss: Loss) -> Event<D::Answer> {
        self.counters.connections_lost.one();
        self.transport.close();
        if let Some(name) = loss.refused {
            self.context.counters.frames_refused.one(name);
        }
        Event::Lost(loss.trouble)
    }

    fn say(&self, words: Words) {
        for (item, why) in &words.refused {
            self.normaliser.refused(*item, why, why);
        }
        self.normaliser.answered(D::NAME, &words.readings);
        self.counters.clock_off(self.machine.clock_off_ms());
        if !words.readings.is_empty() {
            self.context.buffer.put_polled(self.normaliser.printer(), words.readings);
        }
    }
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
