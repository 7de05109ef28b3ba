//! Whole bundles: every case of `fixtures/release`, every changed bit, and all that a release can say.

mod bundle;
mod cases;
mod flips;
mod shape;
