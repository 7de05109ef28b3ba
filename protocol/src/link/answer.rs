//! What comes back for a batch: three words, one of them with a reason and one with a time.

use std::time::Duration;

use super::Decoded;
use super::error::Error;
use crate::limits;

/// Bytes of an answer.
pub const ANSWER_BYTES: usize = 6;

const ACCEPTED: u8 = 0;
const UNKNOWN_THING: u8 = 1;
const MALFORMED: u8 = 2;
const TOO_LARGE: u8 = 3;
const BUSY: u8 = 4;

/// What becomes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The platform has stored every reading, durably.
    Accepted,
    /// The platform will not take this batch as it is.
    Rejected(Rejection),
    /// Not now, for whatever reason: nothing is known about the readings, so they stay.
    Busy {
        /// How long to wait before the next batch of any thing.
        retry_after: Duration,
    },
}

/// Why the platform will not take a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It knows no such thing, or this adapter may not write to it. The readings stay.
    UnknownThing,
    /// A reading in it is wrong.
    Malformed,
    /// It is too long as one.
    TooLarge,
}

/// The answer to the batch in this slot. A wait over [`limits::LINK_WAIT_MS_MAX`] becomes that.
pub fn encode_answer(slot: u8, answer: Answer) -> [u8; ANSWER_BYTES] {
    let (code, wait_ms) = match answer {
        Answer::Accepted => (ACCEPTED, 0),
        Answer::Rejected(Rejection::UnknownThing) => (UNKNOWN_THING, 0),
        Answer::Rejected(Rejection::Malformed) => (MALFORMED, 0),
        Answer::Rejected(Rejection::TooLarge) => (TOO_LARGE, 0),
        Answer::Busy { retry_after } => {
            let wait_ms = u32::try_from(retry_after.as_millis()).unwrap_or(u32::MAX);
            (BUSY, wait_ms.min(limits::LINK_WAIT_MS_MAX))
        }
    };
    let [a, b, c, d] = wait_ms.to_be_bytes();
    [slot, code, a, b, c, d]
}

/// Takes the answer that the input begins with, and the slot that it is for.
///
/// # Errors
/// It is none of the answers that there are.
pub fn decode_answer(input: &[u8]) -> Result<Decoded<(u8, Answer)>, Error> {
    let &[slot, code, a, b, c, d, ..] = input else { return Ok(Decoded::Incomplete) };
    if slot >= limits::LINK_SLOTS_MAX {
        return Err(Error::Slot(slot));
    }
    let wait_ms = u32::from_be_bytes([a, b, c, d]);
    let answer = match (code, wait_ms) {
        (ACCEPTED, 0) => Answer::Accepted,
        (UNKNOWN_THING, 0) => Answer::Rejected(Rejection::UnknownThing),
        (MALFORMED, 0) => Answer::Rejected(Rejection::Malformed),
        (TOO_LARGE, 0) => Answer::Rejected(Rejection::TooLarge),
        (BUSY, ..=limits::LINK_WAIT_MS_MAX) => {
            Answer::Busy { retry_after: Duration::from_millis(u64::from(wait_ms)) }
        }
        (ACCEPTED..=BUSY, _) => return Err(Error::Wait(wait_ms)),
        _ => return Err(Error::Answer(code)),
    };
    Ok(Decoded::Complete { value: (slot, answer), used: ANSWER_BYTES })
}
