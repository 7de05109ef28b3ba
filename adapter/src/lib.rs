//! The appliance: takes telemetry in from printers, makes readings of the catalogue, and pushes them one way
//! to the platform. It acknowledges to a source only what the platform has stored, holds data in bounded
//! memory only, opens no file for writing while it runs, listens to nothing but its printers' senders, and
//! takes no command from anyone: `adapter status` is told, at a socket that is only written to.

pub mod app;
pub mod buffer;
pub mod cli;
pub mod clock;
pub mod config;
pub mod counters;
mod discover;
mod dispatcher;
mod enrol;
mod files;
pub mod half;
mod handles;
pub mod intake;
pub mod lifecycle;
pub mod link;
pub mod normalise;
pub mod receipt;
mod site;
pub mod status;
mod supervise;
mod tap;
mod telemetry;
#[cfg(test)]
mod testing;
pub mod tls;
mod update;
pub mod uplink;
