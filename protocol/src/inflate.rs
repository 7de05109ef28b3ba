//! The one place that inflates: capped, so that no compressed input can take more memory than its reader set.

#![expect(clippy::disallowed_types, reason = "this is the capped reader that every other place must use")]

use std::io::Write as _;

use flate2::{Compression, Decompress, FlushDecompress, Status};

/// What the output grows by at least.
const STEP_BYTES: usize = 16 << 10;

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

/// Inflates a whole zlib stream (RFC 1950) of at most `max` bytes of output. The output's memory grows as the
/// stream gives bytes and never over `max`.
pub fn inflate(input: &[u8], max: usize) -> Result<Vec<u8>, InflateError> {
    let mut stream = Decompress::new(true);
    let mut output = Vec::new();
    loop {
        let (read, written) = (consumed(&stream, input), output.len());
        let rest = input.get(read..).unwrap_or_default();
        let status = if written == max {
            probe(&mut stream, rest, max)?
        } else {
            grow(&mut output, max);
            stream
                .decompress_vec(rest, &mut output, FlushDecompress::None)
                .map_err(|_| InflateError::Corrupt)?
        };
        let read_now = consumed(&stream, input);
        match status {
            Status::StreamEnd => return ended(input.len() - read_now, output),
            _ if read_now == read && output.len() == written => return Err(InflateError::Truncated),
            _ => {}
        }
    }
}

/// Deflates into a zlib stream, for senders. `level` is 0 (stored) to 9 (smallest); Beats use 3.
pub fn deflate(input: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::new(level.min(9)));
    // Writing to a vector cannot fail.
    let _ = encoder.write_all(input);
    encoder.finish().unwrap_or_default()
}

fn consumed(stream: &Decompress, input: &[u8]) -> usize {
    usize::try_from(stream.total_in()).map_or(input.len(), |read| read.min(input.len()))
}

// Doubling, but not over the limit: `Vec` itself would round up.
fn grow(output: &mut Vec<u8>, max: usize) {
    if output.len() == output.capacity() {
        let more = output.len().max(STEP_BYTES).min(max - output.len());
        output.reserve_exact(more);
    }
}

// The output is full: only the stream's end may follow.
fn probe(stream: &mut Decompress, rest: &[u8], max: usize) -> Result<Status, InflateError> {
    let written = stream.total_out();
    let status =
        stream.decompress(rest, &mut [0], FlushDecompress::None).map_err(|_| InflateError::Corrupt)?;
    if stream.total_out() > written { Err(InflateError::TooLarge { max }) } else { Ok(status) }
}

fn ended(trailing: usize, output: Vec<u8>) -> Result<Vec<u8>, InflateError> {
    if trailing == 0 { Ok(output) } else { Err(InflateError::Trailing { bytes: trailing }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_deflated_comes_back_whole_at_any_limit_that_holds_it() {
        for length in [0, 1, STEP_BYTES - 1, STEP_BYTES, STEP_BYTES + 1, 300_000] {
            let plain: Vec<u8> = (0..=255).cycle().take(length).collect();
            for level in [0, 3, 9, 100] {
                let packed = deflate(&plain, level);
                assert_eq!(inflate(&packed, length), Ok(plain.clone()), "{length} at level {level}");
                assert_eq!(inflate(&packed, length + 1), Ok(plain.clone()));
            }
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit_and_takes_no_more_memory() {
        let bomb = deflate(&vec![0; 64 << 20], 9);
        assert!(bomb.len() < 100_000);
        assert_eq!(inflate(&bomb, 1 << 20), Err(InflateError::TooLarge { max: 1 << 20 }));
        assert_eq!(inflate(&bomb, 0), Err(InflateError::TooLarge { max: 0 }));
        assert!(inflate(&bomb, 64 << 20).is_ok_and(|plain| plain.capacity() <= 64 << 20));
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
