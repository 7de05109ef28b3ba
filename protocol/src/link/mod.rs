//! What the adapter's two halves say to each other over their Unix socket. The intake sends batches of readings, the
//! uplink answers each with one of three words, and neither can say anything else.
//!
//! A batch is `OWL1`, a slot that tells its answer from others, the length of what follows, and in that the thing's
//! name, the number of readings and the readings. All integers are big-endian; a text has its length in a byte before
//! it. **A reading is rebuilt through the catalogue**: what comes out of [`decode_batch`] is made by the catalogue's own
//! constructors, and a frame whose claim differs from what they make of it (a number out of range that calls itself
//! good, a code of another item, a padded text) is refused. So a sender that was taken over can send nothing but
//! catalogued items.
//!
//! An answer ([`encode_answer`], [`decode_answer`]) has six bytes: the slot, which of the answers it is, and how long to
//! wait where it is `Busy`, within a limit. A slot must be one that waits, so it tells nothing either.

mod answer;
mod batch;
mod error;
mod fuzz;
mod reading;
#[cfg(test)]
mod tests;

pub use answer::{ANSWER_BYTES, Answer, Rejection, decode_answer, encode_answer};
pub use batch::{Batch, HEAD_BYTES, decode_batch, encode_batch};
pub use error::Error;
#[doc(hidden)]
pub use fuzz::fuzz_body;

/// What came of decoding the beginning of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded<T> {
    /// A whole one, and how many bytes of the input it took.
    Complete {
        /// It.
        value: T,
        /// Bytes to take off the input.
        used: usize,
    },
    /// More bytes are needed.
    Incomplete,
}
