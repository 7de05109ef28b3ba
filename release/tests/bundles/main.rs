//! Whole bundles: every case of `fixtures/release`, every changed bit, and all that a release can say.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

mod bundle;
mod cases;
mod flips;
mod shape;
