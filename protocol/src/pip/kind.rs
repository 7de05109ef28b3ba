//! What a frame is, by its type byte.

use std::fmt;

/// A frame's type. Codes that this version does not know are kept, so that a refusal can name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameType(pub u8);

// A reader sends 0x01 to 0x3F, a printer 0x41 to 0x7F. A reply's code is its request's with bit 6 set.
impl FrameType {
    /// Asks who is there, and says who asks. The first frame of a connection.
    pub const HELLO: Self = Self(0x01);
    /// Asks what can be read.
    pub const DESCRIBE: Self = Self(0x02);
    /// Asks for values.
    pub const READ: Self = Self(0x03);
    /// Asks for the active alarms.
    pub const ALARMS: Self = Self(0x04);
    /// Asks for the events from a sequence on.
    pub const EVENTS: Self = Self(0x05);
    /// Asks to be sent the events as they happen.
    pub const SUBSCRIBE: Self = Self(0x06);
    /// Acknowledges events that came in NOTIFY; it has no answer.
    pub const NOTIFY_ACK: Self = Self(0x07);
    /// Asks for a sign of life.
    pub const PING: Self = Self(0x10);
    /// Answers HELLO.
    pub const HELLO_ACK: Self = Self(0x41);
    /// Answers DESCRIBE.
    pub const DESCRIBED: Self = Self(0x42);
    /// Answers READ.
    pub const VALUES: Self = Self(0x43);
    /// Answers ALARMS.
    pub const ACTIVE_ALARMS: Self = Self(0x44);
    /// Answers EVENTS.
    pub const HELD_EVENTS: Self = Self(0x45);
    /// Answers SUBSCRIBE.
    pub const SUBSCRIBED: Self = Self(0x46);
    /// Events as they happen, for a subscription.
    pub const NOTIFY: Self = Self(0x47);
    /// Answers PING.
    pub const PONG: Self = Self(0x50);
    /// Answers what could not be done.
    pub const ERROR: Self = Self(0x60);
    /// Answers what cannot be done now.
    pub const BUSY: Self = Self(0x61);
    /// Says that the printer closes the connection.
    pub const BYE: Self = Self(0x62);

    /// Whether the code lies in 0x80 to 0xBF, which is reserved for writes for ever and defined by no version.
    pub fn is_write(self) -> bool {
        (0x80..=0xBF).contains(&self.0)
    }

    fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::HELLO => "HELLO",
            Self::DESCRIBE => "DESCRIBE",
            Self::READ => "READ",
            Self::ALARMS => "ALARMS",
            Self::EVENTS => "EVENTS",
            Self::SUBSCRIBE => "SUBSCRIBE",
            Self::NOTIFY_ACK => "NOTIFY-ACK",
            Self::PING => "PING",
            Self::HELLO_ACK => "HELLO-ACK",
            Self::DESCRIBED => "DESCRIBED",
            Self::VALUES => "VALUES",
            Self::ACTIVE_ALARMS => "ACTIVE-ALARMS",
            Self::HELD_EVENTS => "HELD-EVENTS",
            Self::SUBSCRIBED => "SUBSCRIBED",
            Self::NOTIFY => "NOTIFY",
            Self::PONG => "PONG",
            Self::ERROR => "ERROR",
            Self::BUSY => "BUSY",
            Self::BYE => "BYE",
            _ => return None,
        })
    }
}

impl fmt::Display for FrameType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None if self.is_write() => write!(f, "{:#04x} (in the range reserved for writes)", self.0),
            None => write!(f, "{:#04x}", self.0),
        }
    }
}
