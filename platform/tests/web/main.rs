//! The dashboard over a seeded store, without a network: every page, and what guards it.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod alarms;
mod guard;
mod house;
mod pages;
mod printer;
mod retire;
#[path = "../seed/mod.rs"]
mod seed;
mod stick;
