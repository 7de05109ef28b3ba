//! What a connection is answered, and what it is sent unasked, without any input or output.

use catalog::Timestamp;
use protocol::limits;
use protocol::pip::{
    ErrorCode, ErrorReply, EventList, EventsFrom, Frame, Hello, NotifyAck, Read, Reply, Request, Subscribe,
    Text, VERSION, Values, frame,
};
use tokio::time::Instant;

use super::delivery::{Delivery, Refused};
use super::words;
use crate::printer::{CHANNELS, Channel};
use crate::unit::{Controller, Nameplate};

/// After how long without a frame the reader should ask for a sign of life, ms.
pub(super) const HEARTBEAT_MS: u32 = 10_000;
/// Shortest time between two READs, ms.
pub(super) const POLL_MS_MIN: u32 = 100;
/// When to try to subscribe again while another connection has a subscription, ms.
const TAKEN_MS: u32 = 5_000;

/// One connection's memory.
#[derive(Debug)]
pub struct Session {
    greeted: bool,
    payload_bytes_max: usize,
    read_at: Option<Timestamp>,
    delivery: Option<Delivery>,
}

/// What comes of a frame.
#[derive(Debug)]
pub struct Answer {
    /// What to send; nothing for an acknowledgement that is in order.
    pub reply: Option<Reply>,
    /// Whether the request was refused.
    pub refused: bool,
    /// Whether to close the connection after it.
    pub close: bool,
}

impl Answer {
    fn to(reply: Reply) -> Self {
        Self { reply: Some(reply), refused: false, close: false }
    }

    fn refusal(code: ErrorCode, text: &str) -> Self {
        let reply = Reply::Error(ErrorReply { code, retry_after_ms: None, text: Text::cut(text) });
        Self { reply: Some(reply), refused: true, close: false }
    }
}

impl Default for Session {
    fn default() -> Self {
        let payload_bytes_max = limits::PIP_PAYLOAD_BYTES_START;
        Self { greeted: false, payload_bytes_max, read_at: None, delivery: None }
    }
}

impl Session {
    /// Longest payload that may come or go, in bytes.
    pub fn payload_bytes_max(&self) -> usize {
        self.payload_bytes_max
    }

    /// Whether HELLO has come.
    pub fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// Whether there is a subscription.
    pub fn is_subscribed(&self) -> bool {
        self.delivery.is_some()
    }

    /// The answer to a frame.
    pub fn answer(
        &mut self,
        frame: &Frame,
        plate: &Nameplate,
        controller: &mut Controller,
        now: Timestamp,
    ) -> Answer {
        let request = match Request::parse(frame) {
            Ok(request) => request,
            Err(error) => {
                if frame.kind() == protocol::pip::FrameType::NOTIFY_ACK {
                    self.delivery = None;
                }
                return Answer::refusal(error.code(), &error.to_string());
            }
        };
        let answer = match request {
            Request::Hello(hello) => self.hello(&hello, plate, controller),
            _ if !self.greeted => Answer::refusal(ErrorCode::ORDER, "HELLO comes first"),
            Request::Describe => Answer::to(Reply::Described(words::description())),
            Request::Read(read) => self.read(&read, controller, now),
            Request::Alarms => Answer::to(Reply::Alarms(words::alarms(controller))),
            Request::Events(from) => self.events(from, controller),
            Request::Subscribe(subscribe) => self.subscribe(frame.id(), &subscribe, controller),
            Request::NotifyAck(ack) => self.acknowledged(frame.id(), &ack, controller),
            Request::Ping => Answer::to(Reply::Pong),
        };
        let too_large = |reply: &Reply| payload_bytes(reply) > self.payload_bytes_max;
        if answer.reply.as_ref().is_some_and(too_large) {
            return Answer::refusal(ErrorCode::TOO_LARGE, "the answer is over the agreed length");
        }
        answer
    }

    /// When a NOTIFY may go; `None` while there is nothing to send or nobody to send it to.
    pub fn notify_at(&self, controller: &Controller, now: Instant) -> Option<Instant> {
        self.delivery.as_ref()?.due(controller, now)
    }

    /// The NOTIFY that may go now, with its id.
    pub fn notify(&mut self, controller: &mut Controller, now: Instant) -> Option<(u32, Reply)> {
        let payload_bytes_max = self.payload_bytes_max;
        let delivery = self.delivery.as_mut()?;
        let list = delivery.take(controller, now, |list| fitting(list, payload_bytes_max, Reply::Notify))?;
        Some((delivery.id, Reply::Notify(list)))
    }

    fn hello(&mut self, hello: &Hello, plate: &Nameplate, controller: &Controller) -> Answer {
        if self.greeted {
            return Answer::refusal(ErrorCode::ORDER, "HELLO comes once");
        }
        if hello.version_in_common(VERSION..=VERSION).is_none() {
            let refusal = Answer::refusal(ErrorCode::VERSION, "this printer speaks version 1");
            return Answer { close: true, ..refusal };
        }
        self.greeted = true;
        let theirs = usize::try_from(hello.payload_bytes_max).unwrap_or(usize::MAX);
        self.payload_bytes_max = theirs.min(limits::PIP_PAYLOAD_BYTES_MAX);
        Answer::to(Reply::HelloAck(words::hello_ack(plate, controller)))
    }

    fn read(&mut self, read: &Read, controller: &Controller, now: Timestamp) -> Answer {
        let since = self.read_at.map_or(i64::MAX, |before| now.0.saturating_sub(before.0));
        let wait = i64::from(POLL_MS_MIN).saturating_sub(since);
        // A clock that stepped back must not lock the reader out.
        if since >= 0 && wait > 0 {
            return Answer::to(Reply::Busy { retry_after_ms: u32::try_from(wait).unwrap_or(POLL_MS_MIN) });
        }
        self.read_at = Some(now);
        let wanted = |channel: &Channel| match read {
            Read::Ids(ids) => ids.iter().any(|id| id.as_str() == channel.item.id()),
            Read::Group(group) => group.as_str() == channel.group,
        };
        let values = CHANNELS.iter().zip(&controller.observed).filter(|(channel, _)| wanted(channel));
        let values = values.map(|(channel, observed)| words::sample(channel, observed, controller)).collect();
        Answer::to(Reply::Values(Values { values }))
    }

    fn events(&self, from: EventsFrom, controller: &mut Controller) -> Answer {
        let events_max = from.events_max.map_or(usize::MAX, usize::from);
        let list = words::events(controller, from.from.unwrap_or_default(), events_max);
        let list = list.ok().and_then(|list| fitting(list, self.payload_bytes_max, Reply::HeldEvents));
        let Some(list) = list else { return Answer::refusal(ErrorCode::INTERNAL, "the log is out of order") };
        if let Some(last) = list.events().last() {
            controller.log.sent(last.sequence);
        }
        Answer::to(Reply::HeldEvents(list))
    }

    fn subscribe(&mut self, id: u32, subscribe: &Subscribe, controller: &mut Controller) -> Answer {
        match Delivery::begin(self.delivery.take(), id, subscribe, controller) {
            Ok((delivery, subscribed)) => {
                self.delivery = Some(delivery);
                Answer::to(Reply::Subscribed(subscribed))
            }
            Err(Refused::Taken) => Answer::to(Reply::Busy { retry_after_ms: TAKEN_MS }),
            Err(Refused::Mistake(code, text)) => Answer::refusal(code, text),
        }
    }

    fn acknowledged(&mut self, id: u32, ack: &NotifyAck, controller: &mut Controller) -> Answer {
        let Some(delivery) = &mut self.delivery else {
            return Answer::refusal(ErrorCode::ORDER, "there is no subscription");
        };
        match delivery.acknowledged(id, ack, controller) {
            Ok(()) => Answer { reply: None, refused: false, close: false },
            Err(refused) => {
                self.delivery = None;
                match refused {
                    Refused::Mistake(code, text) => Answer::refusal(code, text),
                    Refused::Taken => Answer::refusal(ErrorCode::ORDER, "the subscription is another's"),
                }
            }
        }
    }
}

/// As many of the events as fit; one always does, since both sides take at least the longest event.
fn fitting(
    list: EventList,
    payload_bytes_max: usize,
    reply: impl Fn(EventList) -> Reply,
) -> Option<EventList> {
    let mut list = list;
    while payload_bytes(&reply(list.clone())) > payload_bytes_max {
        let held = list.held();
        let half = list.events().len() / 2;
        let events: Vec<_> = list.into_events().into_iter().take(half.max(1)).collect();
        if half == 0 {
            return None;
        }
        list = EventList::new(held, events).ok()?;
    }
    Some(list)
}

fn payload_bytes(reply: &Reply) -> usize {
    reply.encode(0).len() - frame::HEAD_BYTES - frame::CHECKSUM_BYTES
}

#[cfg(test)]
mod tests {
    use protocol::pip::Decoded;

    use super::*;
    use crate::noise::Noise;
    use crate::unit::Unit;

    #[test]
    fn an_answer_over_the_agreed_length_is_refused_and_a_smaller_one_is_given() {
        let [id, model, serial] = ["p01", "ProJet 7000 HD", "SIM-1"].map(ToOwned::to_owned);
        let unit = Unit::new(Nameplate { id, model, serial }, Noise::new(1), Timestamp(0));
        // Less than any side may ask for, since all of this printer's answers are within that.
        let mut session = Session { greeted: true, payload_bytes_max: 1_024, ..Session::default() };
        let mut ask = |request: Request| {
            let Ok(Decoded::Complete { frame, .. }) = frame::decode(&request.encode(1), 1_024) else {
                panic!()
            };
            session.answer(&frame, &unit.nameplate, &mut unit.controller(), Timestamp(0))
        };
        let refused = ask(Request::Describe);
        assert!(refused.refused && !refused.close);
        let code = match refused.reply {
            Some(Reply::Error(error)) => error.code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code, ErrorCode::TOO_LARGE);
        assert_eq!(ask(Request::Ping).reply, Some(Reply::Pong));
    }
}
