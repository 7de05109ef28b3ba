//! Lumberjack v2, the protocol of Filebeat and Metricbeat: windows of events towards us, acknowledgements back.
//!
//! [`Decoder`] is the receiving half and [`ack`] makes its only answer. [`encode_window`] and [`AckDecoder`] are
//! a sender's half, for the simulator and for tests.

mod decoder;
mod error;
mod frame;
mod fuzz;
mod sender;
#[cfg(test)]
mod tests;
mod window;

pub use decoder::Decoder;
pub use error::Error;
#[doc(hidden)]
pub use fuzz::fuzz_body;
pub use sender::{AckDecoder, encode_window};
pub use window::{Event, Window, ack};
