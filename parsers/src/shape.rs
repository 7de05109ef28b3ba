//! The shape of a text that no parser knows: enough to tell formats apart, nothing to read.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::limits::SHAPE_BYTES_MAX;

/// The hash over the classes of the text's characters, a run of one class taken as one character.
///
/// The key is fixed: the same format has the same shape at every site, so that its maker can be asked for it.
pub(crate) fn shape(text: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    let mut last = 0;
    for byte in text.iter().take(SHAPE_BYTES_MAX) {
        let class = class(*byte);
        if class != last {
            hasher.write_u8(class);
        }
        last = class;
    }
    hasher.finish()
}

fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => b'a',
        b'0'..=b'9' => b'0',
        b' ' | b'\t'..=b'\r' => b' ',
        0..=0x1f | 0x7f => 1,
        punctuation => punctuation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_format_have_one_shape_whatever_they_say() {
        assert_eq!(shape(b"user anna printed 12 parts"), shape(b"user J\xf6rg   made 7 cups"));
        assert_ne!(shape(b"user anna printed 12 parts"), shape(b"[anna] 12 parts"));
    }
}
