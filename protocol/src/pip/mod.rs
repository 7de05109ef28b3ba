//! PIP/1, the printer interface protocol, as `docs/pip.md` specifies it: frames with a checksum, JSON in them.
//!
//! [`frame::decode`] takes frames from a stream. [`Request`] is what a reader may ask: there is no variant that
//! writes, so a client built on this crate cannot send one, and a printer's half that meets a frame type of the
//! reserved write range gets [`Error::Unsupported`]. [`Reply`] is what a printer answers.

mod error;
pub mod frame;
mod fuzz;
mod kind;
mod payload;
mod reply;
mod request;
#[cfg(test)]
mod tests;
mod text;

pub use error::Error;
pub use frame::{Decoded, Frame};
#[doc(hidden)]
pub use fuzz::fuzz_body;
pub use kind::FrameType;
pub use payload::{
    ActiveAlarm, ActiveAlarms, Description, ErrorCode, ErrorReply, HelloAck, ItemDescription, Qualifier,
    Sample, SampleValue, Values,
};
pub use reply::Reply;
pub use request::{Hello, Read, Request};
pub use text::{Text, TextError};

/// The one version of the protocol that there is.
pub const VERSION: u8 = 1;
/// The TCP port with TLS.
pub const PORT_TLS: u16 = 7881;
/// The TCP port in clear, where a configuration insists on it.
pub const PORT_CLEAR: u16 = 7880;
