//! The printer's logs in the `projet` format (`docs/projet-log.md`): what a line says and where it is written.

mod line;
mod writer;

pub use line::{Subsystem, body, fault_body, fault_notes};
pub use writer::{LogError, LogWriter, Record, Retention, Written};
