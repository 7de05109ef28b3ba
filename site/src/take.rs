//! Whether a box takes a stick: what it holds, held against what the box has taken before and what time it is.

use release::Time;

use crate::document::{Document, decode};
use crate::{Envelope, Trust, Why, limits};

/// What a good stick is to a box.
#[derive(Debug)]
pub enum Offer {
    /// What the box has not.
    New(Box<Document>),
    /// What it has already: the stick was left in.
    Same(Box<Document>),
}

/// Reads a file that the box took before, or any other, without asking what time it is: what was taken stays good.
///
/// # Errors
/// Its form, its signature, or what it says.
pub fn open(bytes: &[u8], trust: &Trust) -> Result<Document, Why> {
    if bytes.len() > limits::FILE_BYTES_MAX {
        return Err(Why::TooLong);
    }
    let envelope = Envelope::parse(bytes)?;
    if !trust.has(&envelope.key) {
        return Err(Why::Stranger);
    }
    if !envelope.is_signed() {
        return Err(Why::Changed);
    }
    decode(&envelope.body).map_err(Why::Document)
}

/// Decides about a stick. `before` is the file that the box took last, as its bytes and what [`open`] made of them.
///
/// # Errors
/// See [`Why`].
pub fn take(
    bytes: &[u8],
    trust: &Trust,
    before: Option<(&[u8], &Document)>,
    now: Time,
) -> Result<Offer, Why> {
    let document = open(bytes, trust)?;
    if let Some((taken, known)) = before {
        // Before all else: one that was left in has expired some day, and is no fault.
        if taken == bytes {
            return Ok(Offer::Same(Box::new(document)));
        }
        if document.adapter != known.adapter {
            return Err(Why::OtherAdapter { found: document.adapter, wanted: known.adapter.clone() });
        }
        if document.serial < known.serial {
            return Err(Why::Older { made: document.made, taken: known.made });
        }
        if document.serial == known.serial {
            return Err(Why::SameNumber);
        }
    }
    if now.after(limits::CLOCK_BEHIND_MAX) < document.made {
        return Err(Why::ClockBehind { made: document.made, now });
    }
    if document.expires <= now {
        return Err(Why::Expired { expired: document.expires, now });
    }
    Ok(Offer::New(Box::new(document)))
}
