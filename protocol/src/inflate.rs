//! The one place that inflates: capped, so that no compressed input can take more memory than its reader set.

#![expect(clippy::disallowed_types, reason = "this is the capped reader that every other place must use")]

use std::io::Write as _;

use flate2::{Compression, Decompress, FlushDecompress, Status};

/// Why input was not inflated. All are the sender's fault, and none can be helped by trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// The output is over the limit: a bomb, or a sender with larger batches than agreed.
    #[error("compressed data inflates to over {max} bytes; have the sender make smaller batches")]
    TooLarge {
        /// The limit, in bytes.
        max: usize,
    },
    /// Not a zlib stream, or damaged.
    #[error("compressed data is no zlib stream (RFC 1950), or is damaged")]
    Corrupt,
    /// The stream stops before its end.
    #[error("compressed data stops before its end")]
    Truncated,
    /// Something stands behind the stream's end.
    #[error("{bytes} bytes stand behind the end of the compressed data")]
    Trailing {
        /// How many.
        bytes: usize,
    },
}

/// Inflates one zlib stream (RFC 1950) piece by piece, up to a limit.
#[derive(Debug)]
pub struct Inflater {
    stream: Decompress,
    max: usize,
    written: usize,
    /// What the stream ends with: said when everything before it was given.
    end: Option<Result<(), InflateError>>,
}

/// What one call has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inflated {
    /// Bytes of the input that were used up.
    pub read: usize,
    /// Bytes of the output that were written.
    pub written: usize,
    /// The stream has ended, with its checksum right, and everything was given.
    pub ended: bool,
}

impl Inflater {
    /// For a stream that may give `max` bytes.
    pub fn new(max: usize) -> Self {
        Self { stream: Decompress::new(true), max, written: 0, end: None }
    }

    /// Inflates from `input` into `output`, which must not be empty, as far as it goes. Nothing read and nothing
    /// written means that it needs more input. What stands before a mistake in the stream is given first, so that the
    /// same comes out however the stream is cut.
    pub fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Result<Inflated, InflateError> {
        if let Some(end) = self.end {
            return end.map(|()| Inflated { ended: true, ..Inflated::default() });
        }
        let room = self.max - self.written;
        // Full: only the stream's end may follow.
        let mut probe = [0];
        let output = match output.len().min(room) {
            0 => &mut probe[..],
            length => output.get_mut(..length).unwrap_or_default(),
        };
        let before = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(input, output, FlushDecompress::None);
        let read = since(self.stream.total_in(), before.0);
        let written = since(self.stream.total_out(), before.1);
        if written > room {
            return Err(InflateError::TooLarge { max: self.max });
        }
        self.written += written;
        self.end = match status {
            Ok(Status::StreamEnd) => Some(Ok(())),
            Ok(_) => None,
            Err(_) => Some(Err(InflateError::Corrupt)),
        };
        match self.end {
            Some(end) if written == 0 => end.map(|()| Inflated { read, written, ended: true }),
            _ => Ok(Inflated { read, written, ended: false }),
        }
    }
}

fn since(now: u64, before: u64) -> usize {
    usize::try_from(now - before).unwrap_or(usize::MAX)
}

/// Deflates into a zlib stream, for senders. `level` is 0 (stored) to 9 (smallest); Beats use 3.
pub fn deflate(input: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::new(level.min(9)));
    // Writing to a vector cannot fail.
    let _ = encoder.write_all(input);
    encoder.finish().unwrap_or_default()
}

/// The body of the fuzz target: a stream that is made of the input, and the input taken for a stream.
#[doc(hidden)]
pub fn fuzz_body(input: &[u8]) {
    let Some(([level, low, high], data)) = input.split_first_chunk() else { return };
    let max = usize::from(u16::from_le_bytes([*low, *high]));
    comes_back(data, u32::from(level % 10));
    agrees_with_itself(data, max);
}

// What was deflated comes back at every limit that holds it, and at no other.
fn comes_back(plain: &[u8], level: u32) {
    let mut packed = deflate(plain, level);
    let inflate = |packed: &[u8], max| whole(packed, max, packed.len());
    assert_eq!(inflate(&packed, plain.len()).as_deref(), Ok(plain));
    assert_eq!(inflate(&packed, plain.len() + 1).as_deref(), Ok(plain));
    assert_eq!(whole(&packed, plain.len(), 1).as_deref(), Ok(plain));
    if let Some(max) = plain.len().checked_sub(1) {
        assert_eq!(inflate(&packed, max), Err(InflateError::TooLarge { max }));
    }
    packed.push(0);
    assert_eq!(inflate(&packed, plain.len()), Err(InflateError::Trailing { bytes: 1 }));
    packed.truncate(packed.len() - 2);
    assert_eq!(inflate(&packed, plain.len()), Err(InflateError::Truncated));
}

// A limit changes nothing but whether it is over, and cutting changes nothing at all.
fn agrees_with_itself(data: &[u8], max: usize) {
    let (tight, wide) = (whole(data, max, data.len()), whole(data, 1 << 20, data.len()));
    assert_eq!(whole(data, max, 1), tight);
    match &tight {
        Err(InflateError::TooLarge { .. }) => {
            assert!(wide.as_ref().map_or(true, |plain| plain.len() > max), "{tight:?}, {wide:?}");
        }
        _ => assert_eq!(tight, wide),
    }
}

/// A whole stream, given to the inflater in pieces of `read` bytes.
fn whole(input: &[u8], max: usize, read: usize) -> Result<Vec<u8>, InflateError> {
    let (mut inflater, mut plain, mut rest, mut step) = (Inflater::new(max), Vec::new(), input, [0; 1024]);
    loop {
        let piece = rest.get(..read.min(rest.len())).unwrap_or_default();
        let done = inflater.inflate(piece, &mut step)?;
        rest = rest.get(done.read..).unwrap_or_default();
        plain.extend_from_slice(step.get(..done.written).unwrap_or_default());
        if done.ended {
            return if rest.is_empty() {
                Ok(plain)
            } else {
                Err(InflateError::Trailing { bytes: rest.len() })
            };
        }
        if done.written == 0 && rest.is_empty() {
            return Err(InflateError::Truncated);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflate(packed: &[u8], max: usize) -> Result<Vec<u8>, InflateError> {
        whole(packed, max, packed.len())
    }

    #[test]
    fn what_was_deflated_comes_back_whole_at_any_limit_that_holds_it() {
        for length in [0, 1, 1023, 1024, 1025, 300_000] {
            let plain: Vec<u8> = (0..=255).cycle().take(length).collect();
            for level in [0, 3, 9, 100] {
                let packed = deflate(&plain, level);
                assert_eq!(inflate(&packed, length), Ok(plain.clone()), "{length} at level {level}");
                assert_eq!(inflate(&packed, length + 1), Ok(plain.clone()));
            }
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = deflate(&vec![0; 64 << 20], 9);
        assert!(bomb.len() < 100_000);
        assert_eq!(inflate(&bomb, 1 << 20), Err(InflateError::TooLarge { max: 1 << 20 }));
        assert_eq!(inflate(&bomb, 0), Err(InflateError::TooLarge { max: 0 }));
        assert!(inflate(&bomb, 64 << 20).is_ok_and(|plain| plain.len() == 64 << 20));
    }

    #[test]
    fn the_fuzz_body_holds_for_the_corpus() {
        for input in crate::fixtures::corpus("inflate") {
            fuzz_body(&input);
        }
    }

    #[test]
    fn damage_is_named() {
        let packed = deflate(b"twenty printers in a row, twenty printers in a row", 6);
        for end in 0..packed.len() {
            assert_eq!(inflate(&packed[..end], 1000), Err(InflateError::Truncated), "cut at {end}");
        }
        let trailing = [&packed[..], b"xy"].concat();
        assert_eq!(inflate(&trailing, 1000), Err(InflateError::Trailing { bytes: 2 }));
        assert_eq!(inflate(b"not compressed at all", 1000), Err(InflateError::Corrupt));
        let mut flipped = packed;
        if let Some(last) = flipped.last_mut() {
            *last ^= 1;
        }
        assert_eq!(inflate(&flipped, 1000), Err(InflateError::Corrupt), "the checksum is checked");
    }
}
