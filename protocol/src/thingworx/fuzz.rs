//! The body of the fuzz target, called by a unit test as well.

use super::{Row, decode_update, encode_update};

/// Whatever the bytes are: no panic, rows that decode survive their own encoding, and so does a reading in one.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    let Ok(rows) = decode_update(data) else { return };
    // Our own encoding may be longer than what came, and so over the limit.
    if let Ok(again) = decode_update(&encode_update(&rows, true)) {
        assert_eq!(again, rows);
    }
    for reading in rows.iter().filter_map(|row| row.reading().ok()) {
        assert_eq!(Row::from_reading(&reading).reading(), Ok(reading));
    }
}
