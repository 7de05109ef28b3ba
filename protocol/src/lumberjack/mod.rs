//! Lumberjack v2, the protocol of Filebeat and Metricbeat: windows of events towards us, acknowledgements back.
//!
//! [`Decoder`] is the receiving half and [`ack`] makes its only answer. [`encode_window`] and [`AckDecoder`] are
//! a sender's half, for the simulator and for tests.

mod buffer;
mod decoder;
mod error;
mod frame;
mod fuzz;
mod key_value;
mod layer;
mod sender;
#[cfg(test)]
mod tests;
mod window;

pub use decoder::{Decoder, Step};
pub use error::Error;
#[doc(hidden)]
pub use fuzz::{fuzz_frames, fuzz_windows};
pub use sender::{AckDecoder, encode_window};
pub use window::{Event, Window, Windows, ack};
