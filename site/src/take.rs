//! Whether a box takes a stick: what it holds, held against what the box has taken before and what time it is.

use release::Time;
use serde::{Deserialize, Serialize};

use crate::document::{Document, Serial, decode};
use crate::{AdapterName, Envelope, Trust, Why, limits};

/// What a good stick is to a box.
#[derive(Debug)]
pub enum Offer {
    /// What the box has not.
    New(Box<Document>),
    /// What it has already: the stick was left in.
    Same(Box<Document>),
}

/// What is left of a stick that was taken, where its file cannot be read any more: nothing older is taken all the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// Whose it was.
    pub adapter: AdapterName,
    /// Its number.
    pub serial: Serial,
    /// When it was made.
    pub made: Time,
}

/// What a box has taken before.
#[derive(Clone, Copy, Debug)]
pub enum Before<'a> {
    /// Nothing.
    Nothing,
    /// Something that cannot be read any more.
    Number(&'a Floor),
    /// This file, and what [`open`] made of it.
    Taken(&'a [u8], &'a Document),
}

impl Document {
    /// What outlives it.
    pub fn floor(&self) -> Floor {
        Floor { adapter: self.adapter.clone(), serial: self.serial, made: self.made }
    }
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

/// Decides about a stick.
///
/// **A clock that is behind refuses nothing.** A box whose battery is empty starts with a time of long ago, and the servers of the time come
/// with a stick. Whoever could set its clock could set it to when any stick was good; what keeps an old one out is its number.
///
/// # Errors
/// See [`Why`].
pub fn take(bytes: &[u8], trust: &Trust, before: Before<'_>, now: Time) -> Result<Offer, Why> {
    let document = open(bytes, trust)?;
    let floor = match before {
        Before::Nothing => None,
        Before::Number(floor) => Some(floor.clone()),
        // Before all else: one that was left in has expired some day, and is no fault.
        Before::Taken(taken, _) if taken == bytes => return Ok(Offer::Same(Box::new(document))),
        Before::Taken(_, known) => Some(known.floor()),
    };
    if let Some(floor) = &floor {
        if document.adapter != floor.adapter {
            return Err(Why::OtherAdapter { found: document.adapter, wanted: floor.adapter.clone() });
        }
        if document.serial < floor.serial {
            return Err(Why::Older { made: document.made, taken: floor.made });
        }
        if document.serial == floor.serial && matches!(before, Before::Taken(..)) {
            return Err(Why::SameNumber);
        }
    }
    // It is at least as late as when the last one was made, whatever the clock says.
    let now = floor.map_or(now, |floor| now.max(floor.made));
    if document.expires <= now {
        return Err(Why::Expired { expired: document.expires, now });
    }
    if let Some(mistake) = document.unreachable().into_iter().next() {
        return Err(Why::Document(mistake.to_string()));
    }
    Ok(Offer::New(Box::new(document)))
}
