//! A sender's half, for the simulator and for tests.

use bytes::{Buf as _, BytesMut};
use nom::bytes::streaming::tag;
use nom::number::streaming::be_u32;
use nom::{Err, IResult};

use super::error::Error;
use crate::inflate::deflate;

/// A window of events as Filebeat sends it: `W` in plain, then the events, which with a compression level
/// (0 to 9; Filebeat's default is 3) lie in one `C` frame. Sequences count up from `first_sequence` and roll over.
pub fn encode_window(first_sequence: u32, events: &[impl AsRef<[u8]>], compression: Option<u32>) -> Vec<u8> {
    let mut frames = Vec::new();
    let mut sequence = first_sequence;
    for event in events {
        frames.extend_from_slice(b"2J");
        frames.extend_from_slice(&sequence.to_be_bytes());
        put(&mut frames, event.as_ref());
        sequence = sequence.wrapping_add(1);
    }
    let mut window = b"2W".to_vec();
    window.extend_from_slice(&length(events.len()));
    match compression {
        Some(level) if !events.is_empty() => {
            window.extend_from_slice(b"2C");
            put(&mut window, &deflate(&frames, level));
        }
        _ => window.extend_from_slice(&frames),
    }
    window
}

fn put(out: &mut Vec<u8>, body: &[u8]) {
    out.extend_from_slice(&length(body.len()));
    out.extend_from_slice(body);
}

// What does not fit in 32 bits is over every receiver's limit and is refused there.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

/// Takes a receiver's bytes in pieces of any size and gives the sequences that it acknowledged, as an iterator
/// that may be asked again after each push. An acknowledgement of 0 means that the receiver is still at work.
#[derive(Debug, Default)]
pub struct AckDecoder {
    input: BytesMut,
    failed: Option<Error>,
}

impl AckDecoder {
    /// A decoder for a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.input.extend_from_slice(bytes);
        }
    }

    /// What the receiver sent instead of an acknowledgement: close the connection and send the window again.
    pub fn refused(&self) -> Option<Error> {
        self.failed
    }
}

impl Iterator for AckDecoder {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match acknowledgement(&self.input) {
            Ok((rest, sequence)) => {
                let used = self.input.len() - rest.len();
                self.input.advance(used);
                Some(sequence)
            }
            Err(Err::Incomplete(_)) => None,
            Err(_) => {
                *self = Self { failed: Some(Error::NoAck), ..Self::default() };
                None
            }
        }
    }
}

fn acknowledgement(input: &[u8]) -> IResult<&[u8], u32, Error> {
    let (input, _) = tag(&b"2A"[..])(input)?;
    be_u32(input)
}
