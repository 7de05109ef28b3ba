//! A subscription: what may be sent, when, and what may be forgotten.

use std::sync::Arc;
use std::time::Duration;

use protocol::pip::{Credits, ErrorCode, EventList, NotifyAck, Subscribe, Subscribed};
use tokio::time::Instant;

use super::words;
use crate::unit::Controller;

/// The subscription of one connection. It stands for as long as this lives.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The id of its SUBSCRIBE, which its NOTIFYs carry.
    pub(super) id: u32,
    credits: Credits,
    interval: Duration,
    /// The sequence that goes next.
    next: u64,
    /// Not to send before then.
    after: Option<Instant>,
    _stands: Arc<()>,
}

/// Why there is no subscription, or none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Another connection has one.
    Taken,
    /// The reader has made a mistake, in words.
    Mistake(ErrorCode, &'static str),
}

impl Delivery {
    /// Begins one; `ours` is the connection's one before, whose place it takes.
    pub(super) fn begin(
        ours: Option<Self>,
        id: u32,
        subscribe: &Subscribe,
        controller: &mut Controller,
    ) -> Result<(Self, Subscribed), Refused> {
        drop(ours);
        if controller.subscriber.upgrade().is_some() {
            return Err(Refused::Taken);
        }
        let log = &controller.log;
        let internal = |why| Refused::Mistake(ErrorCode::INTERNAL, why);
        let held = words::held(log).map_err(internal)?;
        let subscribed = Subscribed::new(held, log.acknowledged()).map_err(internal)?;
        let next = subscribe.from.unwrap_or(log.acknowledged() + 1);
        let stands = Arc::new(());
        controller.subscriber = Arc::downgrade(&stands);
        let interval = Duration::from_millis(subscribe.interval_ms.into());
        let delivery = Self { id, credits: subscribe.credits, interval, next, after: None, _stands: stands };
        Ok((delivery, subscribed))
    }

    /// When the next NOTIFY may go; `None` while nothing waits or there is no credit for it.
    pub(super) fn due(&self, controller: &Controller, now: Instant) -> Option<Instant> {
        let waits = controller.log.from(self.next).next().is_some();
        (waits && self.credits > Credits::default()).then(|| self.after.unwrap_or(now))
    }

    /// Takes the events of the next NOTIFY, which `fits` may cut down, and spends a credit on them.
    pub(super) fn take(
        &mut self,
        controller: &mut Controller,
        now: Instant,
        fits: impl Fn(EventList) -> Option<EventList>,
    ) -> Option<EventList> {
        if self.due(controller, now)? > now {
            return None;
        }
        let list = fits(words::events(controller, self.next, usize::MAX).ok()?)?;
        let last = list.events().last()?.sequence;
        self.credits = self.credits.spend()?;
        self.next = last + 1;
        self.after = Some(now + self.interval);
        controller.log.sent(last);
        Some(list)
    }

    /// The reader has stored something, or has room.
    pub(super) fn acknowledged(
        &mut self,
        id: u32,
        ack: &NotifyAck,
        controller: &mut Controller,
    ) -> Result<(), Refused> {
        if id != self.id {
            return Err(Refused::Mistake(ErrorCode::ORDER, "no subscription has this id"));
        }
        if !controller.log.acknowledge(ack.sequence) {
            return Err(Refused::Mistake(
                ErrorCode::MALFORMED,
                "an event that was never sent is acknowledged",
            ));
        }
        self.credits = self.credits.and(ack.credits);
        Ok(())
    }
}
