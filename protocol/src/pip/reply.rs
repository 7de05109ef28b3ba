//! What a printer sends.

use serde::{Deserialize, Serialize};

use super::alarms::ActiveAlarms;
use super::error::Error;
use super::events::EventList;
use super::frame::Frame;
use super::hello::HelloAck;
use super::items::{Description, Values};
use super::kind::FrameType;
use super::refusal::ErrorReply;
use super::subscription::Subscribed;

/// A printer's answer, with the id of its request; or a NOTIFY, with the id of its subscription.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To HELLO.
    HelloAck(HelloAck),
    /// To DESCRIBE.
    Described(Description),
    /// To READ.
    Values(Values),
    /// To ALARMS.
    Alarms(ActiveAlarms),
    /// To EVENTS.
    HeldEvents(EventList),
    /// To SUBSCRIBE.
    Subscribed(Subscribed),
    /// Events as they happen, at least one. Not an answer.
    Notify(EventList),
    /// To PING.
    Pong,
    /// To what could not be done. With the id of a subscription it ends that.
    Error(ErrorReply),
    /// To what cannot be done now.
    Busy {
        /// When to ask again, in milliseconds from now.
        retry_after_ms: u32,
    },
    /// The printer closes the connection, such as before it is switched off. Its id is 0.
    Bye,
}

/// BUSY's payload.
#[derive(Serialize, Deserialize)]
struct Busy {
    retry_after_ms: u32,
}

impl Reply {
    /// Its type. All are from 0x41 to 0x7F.
    pub fn kind(&self) -> FrameType {
        match self {
            Self::HelloAck(_) => FrameType::HELLO_ACK,
            Self::Described(_) => FrameType::DESCRIBED,
            Self::Values(_) => FrameType::VALUES,
            Self::Alarms(_) => FrameType::ACTIVE_ALARMS,
            Self::HeldEvents(_) => FrameType::HELD_EVENTS,
            Self::Subscribed(_) => FrameType::SUBSCRIBED,
            Self::Notify(_) => FrameType::NOTIFY,
            Self::Pong => FrameType::PONG,
            Self::Error(_) => FrameType::ERROR,
            Self::Busy { .. } => FrameType::BUSY,
            Self::Bye => FrameType::BYE,
        }
    }

    /// The bytes of the answer to the request with this id, as a frame.
    pub fn encode(&self, id: u32) -> Vec<u8> {
        self.frame(id).encode()
    }

    pub(super) fn frame(&self, id: u32) -> Frame {
        let kind = self.kind();
        match self {
            Self::HelloAck(hello) => Frame::of(kind, id, hello),
            Self::Described(description) => Frame::of(kind, id, description),
            Self::Values(values) => Frame::of(kind, id, values),
            Self::Alarms(alarms) => Frame::of(kind, id, alarms),
            Self::HeldEvents(events) | Self::Notify(events) => Frame::of(kind, id, events),
            Self::Subscribed(subscribed) => Frame::of(kind, id, subscribed),
            Self::Error(error) => Frame::of(kind, id, error),
            Self::Busy { retry_after_ms } => Frame::of(kind, id, &Busy { retry_after_ms: *retry_after_ms }),
            Self::Pong | Self::Bye => Frame::bare(kind, id),
        }
    }

    /// What a frame of a printer's says: the reader's half. Any other type is [`Error::Unsupported`].
    ///
    /// # Errors
    /// Another type, or a payload that does not say what its type must.
    pub fn parse(frame: &Frame) -> Result<Self, Error> {
        match frame.kind() {
            FrameType::HELLO_ACK => frame.json().map(Self::HelloAck),
            FrameType::DESCRIBED => frame.json().map(Self::Described),
            FrameType::VALUES => frame.json().map(Self::Values),
            FrameType::ACTIVE_ALARMS => frame.json().map(Self::Alarms),
            FrameType::HELD_EVENTS => frame.json().map(Self::HeldEvents),
            FrameType::SUBSCRIBED => frame.json().map(Self::Subscribed),
            FrameType::NOTIFY => notify(frame),
            FrameType::PONG => Ok(Self::Pong),
            FrameType::ERROR => frame.json().map(Self::Error),
            FrameType::BUSY => frame.json().map(|Busy { retry_after_ms }| Self::Busy { retry_after_ms }),
            FrameType::BYE => Ok(Self::Bye),
            other => Err(Error::Unsupported(other)),
        }
    }
}

// One without an event would cost a credit and could not be acknowledged.
fn notify(frame: &Frame) -> Result<Reply, Error> {
    let events: EventList = frame.json()?;
    if events.events().is_empty() {
        let reason = "a NOTIFY has at least one event".to_owned();
        return Err(Error::Payload { kind: frame.kind(), reason });
    }
    Ok(Reply::Notify(events))
}
