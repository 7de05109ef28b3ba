//! The body of the fuzz target, called by a unit test as well.

use super::{ANSWER_BYTES, Decoded, HEAD_BYTES, decode_answer, decode_batch, encode_answer, encode_batch};
use crate::limits;

/// Whatever the bytes are: no panic, and a batch or an answer that is taken is the very bytes that our own would be, so
/// that nothing can be hidden in one. The bytes are tried as a payload as well, since chance hits no length.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    batch(data);
    if let (Some((slot, payload)), Ok(length)) =
        (data.split_first(), u32::try_from(data.len().saturating_sub(1)))
    {
        let head = [b"OWL1".as_slice(), &[slot % limits::LINK_SLOTS_MAX], &length.to_be_bytes()].concat();
        batch(&[&head, payload].concat());
    }
    if let Ok(Decoded::Complete { value: (slot, answer), used }) = decode_answer(data) {
        assert_eq!(used, ANSWER_BYTES);
        assert_eq!(encode_answer(slot, answer), data.get(..used).unwrap_or_default());
    }
}

fn batch(data: &[u8]) {
    let Ok(Decoded::Complete { value: batch, used }) = decode_batch(data) else { return };
    assert!(used <= HEAD_BYTES + limits::LINK_PAYLOAD_BYTES_MAX);
    assert!((1..=limits::LINK_READINGS_MAX).contains(&batch.readings.len()));
    assert_eq!(encode_batch(batch.slot, &batch.thing, &batch.readings), data.get(..used).unwrap_or_default());
}
