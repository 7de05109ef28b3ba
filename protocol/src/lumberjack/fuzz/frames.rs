//! Any bytes at all.

use super::{Cut, decode};
use crate::limits;

/// Whatever the bytes are: no panic, no more memory than the limit, the same windows and the same error however
/// the bytes are cut, and no acknowledgement of what was not sent.
#[doc(hidden)]
pub fn fuzz_frames(input: &[u8]) {
    let Some(cut) = Cut::of(input) else { return };
    let whole = decode(&[cut.stream]);
    assert_eq!(decode(&cut.pieces(cut.stream)), whole, "cut in pieces of {:?}", cut.sizes);
    for window in &whole.0 {
        assert_eq!(window.last_sequence, window.events.last().map_or(0, |event| event.sequence));
        assert!(window.events.len() <= limits::WINDOW_EVENTS_MAX);
        assert!(window.events.iter().all(|event| event.json.len() <= limits::EVENT_BYTES_MAX));
    }
}
