//! Multicast DNS (RFC 6762) and service discovery in it (RFC 6763), as much of both as finds printers: one question a
//! packet, and of an answer the four types of records that say who offers a service, where, and what it says of itself.
//!
//! [`question`] makes a packet that asks. [`answer`] reads one that answers. There is no way to make an answer: this
//! crate announces nothing.

mod error;
mod fuzz;
mod name;
mod packet;
mod question;
#[cfg(test)]
mod tests;

pub use error::Error;
#[doc(hidden)]
pub use fuzz::fuzz_body;
pub use name::Name;
pub use packet::{Data, Record, Txt, answer};
pub use question::{Wanted, question};
