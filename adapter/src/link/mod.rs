//! The one place where the intake's half and the uplink's half meet. Data goes down it; of what comes back, nothing can
//! say more than [`Answer`] (promise P1).
//!
//! In one process the link is the uplink itself. In two it is a Unix socket: [`SocketLink`] is the intake's end of it and
//! [`Gate`] the uplink's. What they say to each other is `protocol/src/link`: a taken-over intake can have nothing sent
//! but items of the catalogue, for things of this adapter, and a taken-over uplink can say nothing but the three answers.
//! A batch whose answer was lost with the connection is delivered again, which its readings' origins make harmless.

mod client;
mod gate;
pub(crate) mod limits;
mod session;
mod slots;
mod state;
#[cfg(test)]
mod tests;

use std::future::Future;

use catalog::Reading;

pub use client::SocketLink;
pub use gate::{Gate, GateError};
pub use protocol::link::{Answer, Rejection};
pub use state::LinkState;

use crate::config::ThingName;

/// Most readings of one batch.
pub const BATCH_READINGS_MAX: usize = protocol::limits::LINK_READINGS_MAX;

/// Readings of one thing, sent and answered as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Whose.
    pub thing: ThingName,
    /// At least one, at most [`BATCH_READINGS_MAX`].
    pub readings: Vec<Reading>,
}

/// The way to the platform.
pub trait Link: Send + Sync {
    /// Delivers one batch. It always answers, within a time of its own; whatever it does not know is `Busy`.
    fn deliver(&self, batch: &Batch) -> impl Future<Output = Answer> + Send;
}
