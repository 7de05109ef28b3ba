//! Where the texts of JSON end, found for sixty-four bytes at a time.

use wide::u8x16;

/// Bytes that are looked at together: as many as a word has bits.
const WINDOW: usize = 64;
/// Windows of nearly every event: their marks need no memory but the stack's.
const USUAL: usize = 32;

/// The words of some bytes' marks, one bit a byte, the first lowest; each with the word behind it, so that any
/// sixty-four bytes are in one pair.
pub(super) struct Words {
    usual: [[u64; 2]; USUAL],
    /// Those of longer bytes.
    long: Vec<[u64; 2]>,
}

/// The quotes, backslashes and control characters of some bytes: where a text ends, or must not go on.
#[derive(Clone, Copy)]
pub(super) struct Marks<'w>(&'w [[u64; 2]]);

impl Words {
    pub(super) fn new() -> Self {
        Self { usual: [[u64::MAX; 2]; USUAL], long: Vec::new() }
    }

    /// The marks of the bytes. Their end is one, and whatever is behind it.
    pub(super) fn marks(&mut self, bytes: &[u8]) -> Marks<'_> {
        let (windows, rest) = bytes.as_chunks();
        let pairs = match self.usual.get_mut(..=windows.len()) {
            Some(pairs) => pairs,
            None => {
                self.long.resize(windows.len() + 1, [u64::MAX; 2]);
                &mut self.long
            }
        };
        let mut behind = u64::MAX;
        for (n, pair) in pairs.iter_mut().enumerate().rev() {
            let here = windows.get(n).map_or_else(|| last(rest), marks);
            *pair = [here, behind];
            behind = here;
        }
        Marks(pairs)
    }
}

impl Marks<'_> {
    /// Where the first mark from `at` on stands; the length of the bytes where none does.
    ///
    /// Sixty-four bytes from `at` on are looked at, whatever window they are in: whether a text goes over the end of
    /// its window is nothing that a processor could guess.
    #[inline(always)]
    pub(super) fn next(self, mut at: usize) -> usize {
        while let Some([here, behind]) = self.0.get(at / WINDOW) {
            let (from, rest) = (at % WINDOW, (at % WINDOW) ^ (WINDOW - 1));
            let ahead = here >> from | behind << 1 << rest;
            if ahead != 0 {
                return at + ahead.trailing_zeros() as usize;
            }
            at += WINDOW;
        }
        at
    }
}

/// The marks of the last window. Zeros are marks.
fn last(rest: &[u8]) -> u64 {
    let mut padded = [0; WINDOW];
    if let Some(begin) = padded.get_mut(..rest.len()) {
        begin.copy_from_slice(rest);
    }
    marks(&padded)
}

/// One bit a byte.
#[inline]
fn marks(bytes: &[u8; WINDOW]) -> u64 {
    let (parts, _) = bytes.as_chunks();
    let of = |part: &[u8; 16]| {
        let part = u8x16::new(*part);
        let is = |byte| part.simd_eq(u8x16::splat(byte));
        // Up to the last control character, the smaller of the two is the byte itself.
        let control = part.min(u8x16::splat(0x1f)).simd_eq(part);
        (is(b'"') | is(b'\\') | control).to_bitmask()
    };
    parts.iter().rev().fold(0, |bits, part| bits << 16 | u64::from(of(part)))
}
