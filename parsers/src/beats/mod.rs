//! The events that Beats send: the envelope, and where an event came from.
//!
//! Shapes of Filebeat and Metricbeat 7 and 8, and of 6 and older (`beat.*`, `source`, `offset`). A field of an
//! unexpected type counts as absent, since `fields_under_root` lets a site put anything anywhere.

pub(crate) mod lenient;
mod raw;
pub(crate) mod system;

use std::borrow::Cow;
use std::fmt;

use catalog::{Place, Salt, Source, Timestamp};
use serde_json::error::Category;

use raw::Raw;
use system::System;

/// Which program sent an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Beat {
    /// Log lines.
    Filebeat,
    /// Measurements of the host.
    Metricbeat,
    /// Any other, or none that says its name.
    Other,
}

/// One event. Texts are borrowed from the JSON where they have no escapes.
pub struct Event<'a> {
    /// Which program sent it.
    pub beat: Beat,
    /// `@timestamp`: when the beat read the line or took the measurement.
    pub timestamp: Option<Timestamp>,
    /// `agent.id`, else what names the agent in older versions; empty where nothing does.
    pub agent_id: Cow<'a, str>,
    /// The log line, as bytes: a beat may pass on what is not UTF-8.
    pub message: Option<Cow<'a, [u8]>>,
    /// Where the line begins in its file, in bytes.
    pub offset: Option<u64>,
    /// What tells the file from others; `None` where the event is not from a file.
    pub file: Option<File<'a>>,
    /// `event.dataset`, else `metricset.module` and `metricset.name`, such as `system.cpu`.
    pub dataset: Option<Cow<'a, str>>,
    pub(crate) system: System<'a>,
}

/// What tells a log file from others, best first.
#[derive(Clone, PartialEq, Eq)]
pub enum File<'a> {
    /// A hash of the file's first bytes, which Filebeat makes.
    Fingerprint(Cow<'a, str>),
    /// The file system's own numbers.
    Inode {
        /// The device.
        device: Cow<'a, str>,
        /// The file on it.
        inode: Cow<'a, str>,
    },
    /// Its path.
    Path(Cow<'a, str>),
}

/// Why bytes are no event. It holds nothing of what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not JSON.
    #[error("no JSON from byte {column} on")]
    Syntax {
        /// Where it stops being JSON, from 1.
        column: usize,
    },
    /// JSON that is no object, that has a field twice, or a message that is no text.
    #[error("JSON, but no event of a beat, by its byte {column}")]
    NoEvent {
        /// Where that became clear, from 1.
        column: usize,
    },
    /// A measurement without `@timestamp`: nothing would tell it from the next one.
    #[error("a Metricbeat event without a valid `@timestamp`")]
    NoTime,
}

impl<'a> Event<'a> {
    /// Takes one event apart. What it does not know it skips, at any depth, without keeping it.
    pub fn parse(json: &'a [u8]) -> Result<Self, EventError> {
        // An array would be taken as the fields in their order.
        if json.trim_ascii_start().first() == Some(&b'[') {
            return Err(EventError::NoEvent { column: 1 });
        }
        let raw: Raw<'a> = serde_json::from_slice(json).map_err(|error| match error.classify() {
            Category::Data => EventError::NoEvent { column: error.column() },
            _ => EventError::Syntax { column: error.column() },
        })?;
        let event = raw.event();
        if event.beat == Beat::Metricbeat && event.timestamp.is_none() {
            return Err(EventError::NoTime);
        }
        Ok(event)
    }

    /// Where the event came from: the same for a resend, also after a restart of the beat or of the adapter.
    ///
    /// A log line is known by agent, file, offset and the check of its message; one that is from no file, by
    /// the beat's time instead of the offset. A measurement is known by agent, data set, time and disk.
    pub fn place(&self, salt: &Salt) -> Place {
        let time = self.timestamp.map_or(0, |time| time.0.unsigned_abs());
        let agent = self.agent_id.as_bytes();
        match &self.message {
            Some(message) if self.beat != Beat::Metricbeat => {
                self.file_source(salt, agent).place(self.offset.unwrap_or(time), salt.check(message))
            }
            _ => {
                let dataset = self.dataset.as_deref().unwrap_or_default();
                let disk = self.system.disk().unwrap_or_default();
                salt.source(&[b"metric", agent, dataset.as_bytes(), disk.as_bytes()]).place(time, 0)
            }
        }
    }

    fn file_source(&self, salt: &Salt, agent: &[u8]) -> Source {
        match &self.file {
            Some(File::Fingerprint(print)) => salt.source(&[b"fingerprint", agent, print.as_bytes()]),
            Some(File::Inode { device, inode }) => {
                salt.source(&[b"inode", agent, device.as_bytes(), inode.as_bytes()])
            }
            Some(File::Path(path)) => salt.source(&[b"path", agent, unrotated(path).as_bytes()]),
            None => salt.source(&[b"stream", agent]),
        }
    }
}

// Written by hand: an event's texts must not reach a log, not even by `{:?}`.
impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("beat", &self.beat)
            .field("timestamp", &self.timestamp)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for File<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fingerprint(_) => "Fingerprint(…)",
            Self::Inode { .. } => "Inode(…)",
            Self::Path(_) => "Path(…)",
        })
    }
}

/// The path without the number that rotation puts at its end: a line that is sent again after its file was rotated
/// has a new path and must have the old place. The check of the message tells it from the line at the same offset
/// of the new file.
fn unrotated(path: &str) -> &str {
    let stem = path.trim_end_matches(|c: char| c.is_ascii_digit());
    let rotated = stem.len() < path.len();
    stem.strip_suffix('.').filter(|_| rotated).unwrap_or(path)
}

/// What the fuzz target runs: no bytes make the parser panic, and the place depends on nothing but them.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    let salt = Salt::new([7; 16]);
    let place = |event: Event<'_>| event.place(&salt);
    assert_eq!(Event::parse(data).map(place), Event::parse(data).map(place));
}

#[cfg(test)]
mod tests;
