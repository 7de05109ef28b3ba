//! The platform: where service staff watch alarms and history, and admins keep the keys. It takes readings
//! from adapters over HTTPS, stores each exactly once, judges it against operating limits, and shows it.
//!
//! It never calls an adapter or a printer: an adapter gets an answer to its own request and nothing else.

pub mod alarms;
mod app;
pub mod audit;
pub mod cli;
mod clock;
pub mod config;
mod connections;
pub mod device_api;
mod health;
pub mod identity;
pub mod keys;
mod lifecycle;
pub mod report;
pub mod retire;
pub mod secret;
pub mod server;
pub mod sticks;
pub mod store;
#[cfg(test)]
mod testing;
pub mod web;

pub use app::{App, Counters, Settings};
pub use clock::Clock;
