//! PIP/1, the printer interface protocol, as `docs/pip.md` specifies it: frames with a checksum, JSON in them.
//!
//! [`frame::decode`] takes frames from a stream. [`Request`] is what a reader may send: questions, and the
//! acknowledgement of what came. There is no variant that writes and no other way to make a frame, so a client built
//! on this crate cannot send one, and a printer's half that meets a frame type of the reserved write range gets
//! [`Error::Unsupported`]. [`Reply`] is what a printer sends. [`Cursor`] proves what a reader has missed of its events.

mod alarms;
mod cursor;
mod error;
mod events;
pub mod frame;
mod fuzz;
mod hello;
mod items;
mod kind;
mod read;
mod refusal;
mod reply;
mod request;
mod subscription;
#[cfg(test)]
mod tests;
mod text;

pub use alarms::{ActiveAlarms, Alarm, Qualifier};
pub use cursor::{Cursor, Gap, Taken};
pub use error::Error;
pub use events::{Event, EventList, EventsFrom, Held, Occurrence};
pub use frame::{Decoded, Frame};
#[doc(hidden)]
pub use fuzz::fuzz_body;
pub use hello::{Hello, HelloAck, capability};
pub use items::{Description, ItemDescription, Sample, SampleValue, Values};
pub use kind::FrameType;
pub use read::Read;
pub use refusal::{ErrorCode, ErrorReply};
pub use reply::Reply;
pub use request::Request;
pub use subscription::{Credits, CreditsError, NotifyAck, Subscribe, Subscribed};
pub use text::{Text, TextError};

/// The one version of the protocol that there is.
pub const VERSION: u8 = 1;
/// The TCP port with TLS.
pub const PORT_TLS: u16 = 7881;
/// The TCP port in clear, where a configuration insists on it.
pub const PORT_CLEAR: u16 = 7880;
