//! Wire formats as pure codecs: [`lumberjack`] (what Filebeat and Metricbeat speak), [`pip`] (the printers'
//! own interface), [`mtconnect`] (what machine tools' agents answer), [`mdns`] (how printers announce themselves),
//! [`link`] (what the adapter's two halves say to each other) and [`thingworx`] (what the platform takes). Bytes go in,
//! values come out, and the other way.
//!
//! This crate opens no socket, asks no clock and knows no async runtime. Every decoder gives one of three
//! answers: complete, need more, or fatal. Every length that a peer states is held against [`limits`] before
//! anything is kept for it, and no memory is set aside for a number that a peer only announced.

mod bounded;
#[cfg(test)]
mod fixtures;
pub mod inflate;
pub mod limits;
pub mod link;
pub mod lumberjack;
pub mod mdns;
pub mod mtconnect;
pub mod pip;
pub mod thingworx;
mod time;
