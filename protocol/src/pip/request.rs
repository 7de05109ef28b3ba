//! What a reader may send.

use super::error::Error;
use super::events::EventsFrom;
use super::frame::Frame;
use super::hello::Hello;
use super::kind::FrameType;
use super::read::Read;
use super::subscription::{NotifyAck, Subscribe};

/// A question to a printer, or the acknowledgement of what it sent. There is no variant that writes, and a reader's
/// frames are made of nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Who are you?
    Hello(Hello),
    /// What can be read?
    Describe,
    /// What are these values?
    Read(Read),
    /// Which alarms are active?
    Alarms,
    /// What happened?
    Events(EventsFrom),
    /// Tell me what happens.
    Subscribe(Subscribe),
    /// What you told me is stored. It has no answer.
    NotifyAck(NotifyAck),
    /// Are you there?
    Ping,
}

impl Request {
    /// Its type. All are below 0x40.
    pub fn kind(&self) -> FrameType {
        match self {
            Self::Hello(_) => FrameType::HELLO,
            Self::Describe => FrameType::DESCRIBE,
            Self::Read(_) => FrameType::READ,
            Self::Alarms => FrameType::ALARMS,
            Self::Events(_) => FrameType::EVENTS,
            Self::Subscribe(_) => FrameType::SUBSCRIBE,
            Self::NotifyAck(_) => FrameType::NOTIFY_ACK,
            Self::Ping => FrameType::PING,
        }
    }

    /// The bytes of the request as a frame with this id.
    pub fn encode(&self, id: u32) -> Vec<u8> {
        self.frame(id).encode()
    }

    pub(super) fn frame(&self, id: u32) -> Frame {
        let kind = self.kind();
        match self {
            Self::Hello(hello) => Frame::of(kind, id, hello),
            Self::Read(read) => Frame::of(kind, id, read),
            Self::Events(from) => Frame::of(kind, id, from),
            Self::Subscribe(subscribe) => Frame::of(kind, id, subscribe),
            Self::NotifyAck(ack) => Frame::of(kind, id, ack),
            Self::Describe | Self::Alarms | Self::Ping => Frame::bare(kind, id),
        }
    }

    /// The request in a frame: the printer's half. Any type that is no request, those reserved for writes among
    /// them, is [`Error::Unsupported`].
    ///
    /// # Errors
    /// Another type, or a payload that does not say what its type must.
    pub fn parse(frame: &Frame) -> Result<Self, Error> {
        match frame.kind() {
            FrameType::HELLO => frame.json().map(Self::Hello),
            FrameType::DESCRIBE => Ok(Self::Describe),
            FrameType::READ => frame.json().map(Self::Read),
            FrameType::ALARMS => Ok(Self::Alarms),
            FrameType::EVENTS => frame.json().map(Self::Events),
            FrameType::SUBSCRIBE => frame.json().map(Self::Subscribe),
            FrameType::NOTIFY_ACK => frame.json().map(Self::NotifyAck),
            FrameType::PING => Ok(Self::Ping),
            other => Err(Error::Unsupported(other)),
        }
    }
}
