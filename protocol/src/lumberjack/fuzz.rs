//! The body of the fuzz target, called by a unit test as well.

use super::{Decoder, Error, Window};
use crate::limits;

/// Whatever the bytes are: no panic, no more memory than the limit, and the same windows and the same error
/// however the bytes are cut. The first byte chooses the cut.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    let Some((cut, data)) = data.split_first() else { return };
    let whole = run(&[data]);
    let pieces: Vec<&[u8]> = data.chunks(usize::from(*cut) + 1).collect();
    assert_eq!(run(&pieces), whole, "cut at every {}", usize::from(*cut) + 1);
}

fn run(pieces: &[&[u8]]) -> (Vec<Window>, Option<Error>) {
    let mut decoder = Decoder::new();
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
        assert!(decoder.buffered() <= limits::DECODER_BYTES_MAX, "{} bytes held", decoder.buffered());
    }
    (windows, None)
}
