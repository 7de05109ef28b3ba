//! What a printer answers.

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::frame::Frame;
use super::kind::FrameType;
use super::payload::{ActiveAlarms, Description, ErrorReply, HelloAck, Values};
use super::request::{empty, frame, payload};

/// A printer's answer. It carries the id of its request.
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
    /// To PING.
    Pong,
    /// To what could not be done.
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
    /// The answer to the request with this id, as a frame.
    pub fn frame(&self, id: u32) -> Frame {
        match self {
            Self::HelloAck(hello) => frame(FrameType::HELLO_ACK, id, hello),
            Self::Described(description) => frame(FrameType::DESCRIBED, id, description),
            Self::Values(values) => frame(FrameType::VALUES, id, values),
            Self::Alarms(alarms) => frame(FrameType::ACTIVE_ALARMS, id, alarms),
            Self::Pong => empty(FrameType::PONG, id),
            Self::Error(error) => frame(FrameType::ERROR, id, error),
            Self::Busy { retry_after_ms } => {
                frame(FrameType::BUSY, id, &Busy { retry_after_ms: *retry_after_ms })
            }
            Self::Bye => empty(FrameType::BYE, id),
        }
    }

    /// The answer in a frame: the reader's half. Any type that is no answer is [`Error::Unsupported`].
    pub fn parse(frame: &Frame) -> Result<Self, Error> {
        match frame.kind {
            FrameType::HELLO_ACK => payload(frame).map(Self::HelloAck),
            FrameType::DESCRIBED => payload(frame).map(Self::Described),
            FrameType::VALUES => payload(frame).map(Self::Values),
            FrameType::ACTIVE_ALARMS => payload(frame).map(Self::Alarms),
            FrameType::PONG => Ok(Self::Pong),
            FrameType::ERROR => payload(frame).map(Self::Error),
            FrameType::BUSY => payload(frame).map(|Busy { retry_after_ms }| Self::Busy { retry_after_ms }),
            FrameType::BYE => Ok(Self::Bye),
            other => Err(Error::Unsupported(other)),
        }
    }
}
