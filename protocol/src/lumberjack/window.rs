//! Whole windows, for a peer that wants them: the simulator's tests, and ours. A server takes the steps.

use super::decoder::{Decoder, Step};
use super::error::Error;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The sender's number for it.
    pub sequence: u32,
    /// The event's JSON text, as [`Step::Event`] has it.
    pub json: Vec<u8>,
}

/// Events that are acknowledged together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The events in the order of sending; empty for a window of 0.
    pub events: Vec<Event>,
    /// What to acknowledge, as [`Step::End`] has it.
    pub last_sequence: u32,
}

/// A decoder that keeps the events of the open window. It takes what memory they need.
#[derive(Debug, Default)]
pub struct Windows {
    decoder: Decoder,
    open: Window,
}

impl Windows {
    /// For a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.decoder.push(bytes);
    }

    /// The decoder.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// The next whole window, or `None` when more bytes are needed.
    pub fn next_window(&mut self) -> Result<Option<Window>, Error> {
        while let Some(step) = self.decoder.next_step()? {
            match step {
                Step::Event { sequence, json } => {
                    self.open.events.push(Event { sequence, json: json.to_vec() })
                }
                Step::End { last_sequence } => {
                    return Ok(Some(Window { last_sequence, ..std::mem::take(&mut self.open) }));
                }
            }
        }
        Ok(None)
    }
}

/// The acknowledgement of everything up to and with `sequence`. `ack(0)` says "still at work": it keeps a
/// sender from giving up and sending all again.
pub fn ack(sequence: u32) -> [u8; 6] {
    let [a, b, c, d] = sequence.to_be_bytes();
    [b'2', b'A', a, b, c, d]
}
