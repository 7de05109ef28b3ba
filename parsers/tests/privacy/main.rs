//! Promise P3, from the outside: whatever a line or an event holds, nothing of its text is in what leaves.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

mod corpus;
mod events;
mod lines;
mod support;
