//! What runs on a printer's own computer: a log shipper that behaves as Filebeat 8 and a reporter that behaves
//! as Metricbeat 8, each with a connection of its own. Behaviour after `shared/reference/lumberjack.md`.

mod agent;
mod backoff;
mod connection;
mod dial;
mod event;
mod files;
mod metrics;
mod report;
mod ship;

pub use agent::Agent;
pub use backoff::Backoff;
pub use connection::Lost;
pub use dial::{Dial, TlsDial};
pub use files::{Files, Line, Window};
pub use metrics::Host;
pub use report::Reporter;
pub use ship::Shipper;

#[cfg(test)]
mod tests;
