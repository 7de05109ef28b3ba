//! The bodies of the fuzz targets, which the unit tests call as well.

mod frames;
#[cfg(test)]
mod tests;
mod windows;

pub use frames::fuzz_frames;
pub use windows::fuzz_windows;

use super::{Error, Window, Windows};
use crate::limits;

/// What comes out of a new connection, and what ended it.
type Outcome = (Vec<Window>, Option<Error>);

/// An input that says how a stream is cut: a byte for how many sizes there are, so many sizes, and the stream.
struct Cut<'a> {
    sizes: &'a [u8],
    stream: &'a [u8],
}

impl<'a> Cut<'a> {
    /// Sizes that one input may choose: more find nothing that these do not.
    const SIZES_MAX: u8 = 8;

    fn of(input: &'a [u8]) -> Option<Self> {
        let (count, rest) = input.split_first()?;
        let (sizes, stream) = rest.split_at_checked(usize::from(count % (Self::SIZES_MAX + 1)))?;
        Some(Self { sizes, stream })
    }

    /// The stream in pieces of these sizes, round and round; without sizes, whole.
    fn pieces<'b>(&self, mut stream: &'b [u8]) -> Vec<&'b [u8]> {
        let mut pieces = Vec::new();
        for size in self.sizes.iter().cycle() {
            let Some((piece, rest)) = stream.split_at_checked(usize::from(*size) + 1) else { break };
            pieces.push(piece);
            stream = rest;
        }
        pieces.push(stream);
        pieces
    }
}

/// Decodes as a server does: pushes a piece, and drains.
fn decode(pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Windows::new();
    let mut windows = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_window() {
                Ok(Some(window)) => windows.push(window),
                Ok(None) => break,
                Err(error) => return (windows, Some(error)),
            }
        }
        let room = decoder.decoder().room();
        assert!(room <= limits::DECODER_BYTES_MAX + piece.len(), "{room} bytes held");
    }
    (windows, None)
}
