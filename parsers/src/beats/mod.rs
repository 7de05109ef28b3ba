//! The events that Beats send: the envelope, and where an event came from.
//!
//! Shapes of Filebeat and Metricbeat 7 and 8, and of 6 and older (`beat.*`, `source`, `offset`). A field of an
//! unexpected type counts as absent, since `fields_under_root` lets a site put anything anywhere.

mod fields;
mod marks;
mod raw;
mod scan;
mod text;
mod values;

use std::borrow::Cow;
use std::fmt;

use catalog::{Place, Salt, Source, Timestamp};

use crate::limits::JSON_DEPTH_MAX;
pub(crate) use fields::Field;
use text::Text;
pub(crate) use values::Measure;
use values::Values;

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
    /// `agent.id`, else what names the agent in older versions; empty where nothing does. It only ever is compared and
    /// hashed, so that whether it is UTF-8 does not matter.
    pub agent_id: Cow<'a, [u8]>,
    /// The log line, as bytes: a beat may pass on what is not UTF-8.
    pub message: Option<Cow<'a, [u8]>>,
    /// Where the line begins in its file, in bytes.
    pub offset: Option<u64>,
    /// What tells the file from others; `None` where the event is not from a file.
    pub file: Option<File<'a>>,
    /// `event.dataset`, else `metricset.module` and `metricset.name`, such as `system.cpu`.
    pub dataset: Option<Cow<'a, str>>,
    /// All values of an event that has a field `system`.
    system: Option<Box<Values<'a>>>,
}

/// What tells a log file from others, best first.
#[derive(Clone, PartialEq, Eq)]
pub enum File<'a> {
    /// A hash of the file's first bytes, which Filebeat makes.
    Fingerprint(Cow<'a, [u8]>),
    /// The file system's own numbers.
    Inode {
        /// The device.
        device: Cow<'a, [u8]>,
        /// The file on it.
        inode: Cow<'a, [u8]>,
    },
    /// Its path. It stands for every file that ever had it.
    Path(Cow<'a, [u8]>),
}

impl File<'_> {
    /// The same with texts of its own.
    pub fn into_owned(self) -> File<'static> {
        let own = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        match self {
            Self::Fingerprint(print) => File::Fingerprint(own(print)),
            Self::Inode { device, inode } => File::Inode { device: own(device), inode: own(inode) },
            Self::Path(path) => File::Path(own(path)),
        }
    }
}

/// Why bytes are no event. It holds nothing of what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not JSON, or a number in a field that is read and that no double can hold.
    #[error("no JSON from byte {column} on")]
    Syntax {
        /// Where it stops being JSON, from 1; its last byte where it ends too soon.
        column: usize,
    },
    /// JSON that is no object, that has a field twice which is read, or a message that is no text.
    #[error("JSON, but no event of a beat, by its byte {column}")]
    NoEvent {
        /// Where that became clear, from 1.
        column: usize,
    },
    /// Objects and arrays in each other, more of them than [`JSON_DEPTH_MAX`].
    #[error("JSON that is more than {JSON_DEPTH_MAX} objects and arrays deep, from byte {column} on")]
    TooDeep {
        /// Where the first one too many opens, from 1.
        column: usize,
    },
    /// A measurement without `@timestamp`: nothing would tell it from the next one.
    #[error("a Metricbeat event without a valid `@timestamp`")]
    NoTime,
}

impl EventError {
    /// A short name of it, to count by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "not_json",
            Self::NoEvent { .. } => "no_event",
            Self::TooDeep { .. } => "too_deep",
            Self::NoTime => "no_time",
        }
    }
}

impl<'a> Event<'a> {
    /// Takes one event apart. What it does not know it skips, at any depth up to [`JSON_DEPTH_MAX`], without keeping it.
    pub fn parse(json: &'a [u8]) -> Result<Self, EventError> {
        let mut values = Values::new(json);
        values.find()?;
        values.event()
    }

    /// Where the event came from: the same for a resend, also after a restart of the beat or of the adapter.
    ///
    /// A log line is known by agent, file, offset and the check of its message; one without an offset, by the beat's
    /// time instead. So a line with no clock of its own has one origin whenever it is sent: its readings have the time
    /// at which a beat first read it, since a store keeps the first that it got of an origin. A measurement is known by agent, data set, time and disk.
    pub fn place(&self, salt: &Salt) -> Place {
        self.place_in(self.source(salt), salt)
    }

    /// The same for one whose source is known, as for the next line of a file.
    pub fn place_in(&self, source: Source, salt: &Salt) -> Place {
        let time = self.timestamp.map_or(0, |time| time.0.unsigned_abs());
        match self.line() {
            Some(line) => source.place(self.offset.unwrap_or(time), salt.check(line)),
            None => source.place(time, 0),
        }
    }

    /// What all lines of its file have in common, or all measurements of its kind.
    pub fn source(&self, salt: &Salt) -> Source {
        let agent = self.agent_id.as_ref();
        if self.line().is_none() {
            let dataset = self.dataset.as_deref().unwrap_or_default();
            let disk = self.disk().or_else(|| self.of_system(Field::NetworkName).text()).unwrap_or_default();
            return salt.source(&[b"metric", agent, dataset.as_bytes(), disk.as_bytes()]);
        }
        match &self.file {
            Some(File::Fingerprint(print)) => salt.source(&[b"fingerprint", agent, print]),
            Some(File::Inode { device, inode }) => salt.source(&[b"inode", agent, device, inode]),
            Some(File::Path(path)) => salt.source(&[b"path", agent, unrotated(path)]),
            None => salt.source(&[b"stream", agent]),
        }
    }

    /// The mount point that a measurement is of, else the device.
    pub(crate) fn disk(&self) -> Option<Cow<'a, str>> {
        let mount_point = self.of_system(Field::FilesystemMountPoint);
        mount_point.or(self.of_system(Field::FilesystemDeviceName)).text()
    }

    /// A number that Metricbeat's `system` module measures.
    pub(crate) fn measure(&self, field: Field) -> Measure {
        self.system.as_ref().map_or(Measure::Absent, |system| system.measure(field))
    }

    fn of_system(&self, field: Field) -> Text<'a> {
        self.system.as_ref().map_or(Text::Absent, |system| system.text(field))
    }

    fn line(&self) -> Option<&[u8]> {
        self.message.as_deref().filter(|_| self.beat != Beat::Metricbeat)
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
/// of the new file, where that says something else: a line without a stamp may say the same, and nothing here tells these
/// two apart (`docs/configuration.md`, `[beats]`).
fn unrotated(path: &[u8]) -> &[u8] {
    let digits = path.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let stem = path.get(..path.len() - digits).and_then(|stem| stem.strip_suffix(b"."));
    stem.filter(|_| digits > 0).unwrap_or(path)
}

/// What the fuzz target runs: no bytes make the parser panic, the place depends on nothing but them, and what is an
/// event is JSON too where it is passed over.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    let salt = Salt::new([7; 16]);
    let place = |event: Event<'_>| event.place(&salt);
    let parsed = Event::parse(data);
    let skipped = Event::parse(&[b"{\"skipped\":", data, b"}"].concat()).map(drop);
    match parsed {
        Ok(_) | Err(EventError::NoTime) => {
            assert!(matches!(skipped, Ok(()) | Err(EventError::TooDeep { .. })))
        }
        Err(EventError::Syntax { .. } | EventError::TooDeep { .. } | EventError::NoEvent { .. }) => {}
    }
    assert_eq!(parsed.map(place), Event::parse(data).map(place));
}

#[cfg(test)]
mod tests;
