//! A fleet of printers that speaks the real protocols: the printer interface (PIP/1 over TLS), `projet` logs in
//! a directory, and the two Beats of the printer's computer. It takes no short cut past a wire: whoever wants to
//! know what a printer says must read its logs, its Beats or its interface, as with a real one.
//!
//! The physical model in [`printer`] is pure and seeded; everything that touches a disk or a socket is beside it.

pub mod beats;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod counts;
pub mod faults;
pub mod fleet;
pub mod health;
pub mod lifecycle;
pub mod logs;
pub mod noise;
pub mod pip;
pub mod printer;
pub mod scribe;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod trace;
pub mod unit;
