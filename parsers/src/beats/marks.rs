//! Where the texts of JSON end, found for sixty-four bytes at a time.

/// Bytes that are looked at together: as many as a word has bits.
const WINDOW: usize = 64;

/// The quotes, backslashes and control characters of some bytes: where a text ends, or must not go on.
#[derive(Clone, Copy)]
pub(super) struct Marks<'a> {
    bytes: &'a [u8],
    /// Which window `bits` is of.
    window: usize,
    /// One bit a byte, the first lowest.
    bits: u64,
}

impl<'a> Marks<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, window: usize::MAX, bits: 0 }
    }

    /// Where the first mark from `at` on stands; the length of the bytes where none does.
    #[inline]
    pub(super) fn next(&mut self, mut at: usize) -> usize {
        loop {
            if self.window == at / WINDOW {
                let ahead = self.bits >> (at % WINDOW);
                if ahead != 0 {
                    return at + ahead.trailing_zeros() as usize;
                }
                at = (self.window + 1) * WINDOW;
            }
            self.window = at / WINDOW;
            self.bits = look(self.bytes, self.window);
        }
    }
}

/// The marks of one window.
#[inline(never)]
fn look(bytes: &[u8], window: usize) -> u64 {
    let (windows, rest) = bytes.as_chunks();
    windows.get(window).map_or_else(|| last(rest), marks)
}

/// The marks of the last window. Zeros are marks: the end of the bytes is one.
fn last(rest: &[u8]) -> u64 {
    let mut padded = [0; WINDOW];
    if let Some(begin) = padded.get_mut(..rest.len()) {
        begin.copy_from_slice(rest);
    }
    marks(&padded)
}

/// One bit a byte. Written so that the compiler compares sixteen bytes at once, on any processor: a processor's own
/// instruction for it would need unsafe code.
fn marks(bytes: &[u8; WINDOW]) -> u64 {
    let flags = bytes.map(|byte| u8::from((byte == b'"') | (byte == b'\\') | (byte < b' ')));
    let (words, _) = flags.as_chunks();
    // The product has, in its highest byte, the lowest bits of the eight bytes side by side.
    let gathered = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    words.iter().enumerate().fold(0, |bits, (n, word)| bits | gathered(word) << (8 * n))
}
