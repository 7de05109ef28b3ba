//! `adapter discover`: printers that announce themselves on the LAN, and the lines that configure them. It asks by
//! multicast DNS and listens; it connects to nothing that it finds, and writes no file.
//!
//! The questions and what comes of their answers are pure (`seen.rs`, `printers.rs`, `page.rs`); `ask.rs` carries them.
//! The codec is ours (`protocol/src/mdns`) and no library: those that there are keep a responder and a cache running on
//! every interface and both families of addresses, resolve by themselves, and do not tell how much of what they heard
//! they could not read. What is needed of the protocol is one question a packet and four types of records.

mod ask;
mod interfaces;
mod kinds;
mod limits;
mod page;
mod printers;
mod seen;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

pub(crate) use limits::{LISTEN_DEFAULT, LISTEN_MAX, LISTEN_MIN};
pub(crate) use page::page;
pub(crate) use printers::Found;

/// Why nothing could be asked at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscoverError {
    /// The system does not tell which interfaces it has.
    #[error("/proc/net/igmp: cannot be read, so the interfaces are not known")]
    Interfaces(#[source] io::Error),
    /// There is none, or not this one.
    #[error("{0}")]
    NoInterface(String),
    /// None of them could be asked.
    #[error("interface {interface}: cannot be asked")]
    Ask {
        /// The first of them.
        interface: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What was heard.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The printers, each once.
    pub(crate) printers: Vec<Found>,
    /// The interfaces that were asked.
    pub(crate) asked: Vec<String>,
    /// Those that could not be, and why.
    pub(crate) failed: Vec<(String, String)>,
    /// Packets that answered something.
    pub(crate) answers: u64,
    /// Packets that could not be read.
    pub(crate) unreadable: u64,
    /// Whether there was more than is looked at.
    pub(crate) overrun: bool,
}

/// Asks on these interfaces, or without any on all but loopback, and listens for so long.
///
/// # Errors
/// See [`DiscoverError`].
pub(crate) async fn discover(interfaces: &[String], listen: Duration) -> Result<Heard, DiscoverError> {
    let interfaces = interfaces::chosen(interfaces)?;
    let asked = interfaces.iter().map(|interface| ask::listen(interface, listen));
    let outcomes = futures::future::join_all(asked).await;
    let (mut seen, mut failed, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    let mut first = None;
    for (interface, outcome) in interfaces.into_iter().zip(outcomes) {
        match outcome {
            Ok(one) => {
                asked.push(interface.name);
                seen.push(one);
            }
            Err(source) => {
                failed.push((interface.name.clone(), source.to_string()));
                first.get_or_insert(DiscoverError::Ask { interface: interface.name, source });
            }
        }
    }
    if let (true, Some(error)) = (asked.is_empty(), first) {
        return Err(error);
    }
    Ok(Heard {
        printers: printers::of(&seen),
        asked,
        failed,
        answers: seen.iter().map(|seen| seen.answers).sum(),
        unreadable: seen.iter().map(|seen| seen.unreadable).sum(),
        overrun: seen.iter().any(|seen| seen.overrun),
    })
}
