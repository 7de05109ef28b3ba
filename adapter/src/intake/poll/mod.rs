//! Queries printers: who they are, what they offer, their values and their faults. Each printer has a task, a connection
//! and a backoff of its own, so that one that is off or broken delays no other (P6). There is no query that writes (P1).
//!
//! Three parts that know nothing of each other's work: the machine has the manners (`machine.rs`), a driver has the words
//! of one kind of interface (`driver.rs`, `drivers/`), a transport carries them (`transport/`). Readings leave a driver
//! through `found.rs` alone.

mod backoff;
pub mod driver;
mod drivers;
pub mod found;
#[doc(hidden)]
pub mod fuzz;
mod limits;
mod look;
mod machine;
mod memory;
pub mod neighbours;
mod poller;
pub(in crate::intake) mod reach;
mod start;
#[cfg(test)]
mod tests;
pub mod transport;
pub mod trouble;

use catalog::Timestamp;
use tokio::time::Instant;

pub use look::{Look, look};
pub use start::{StartError, check, start};

/// A moment: for waiting, and for the calendar.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For waiting: it never steps.
    pub mono: Instant,
    /// For the calendar.
    pub wall: Timestamp,
}
