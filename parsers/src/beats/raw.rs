//! What an event is made of, in the shapes of each version.

use std::borrow::Cow;

use catalog::Timestamp;

use super::fields::Field;
use super::text::{Text, WHOLE_DIGITS};
use super::values::Values;
use super::{Beat, Event, EventError, File};
use crate::stamp;

impl<'a> Values<'a> {
    /// The event that they make.
    pub(super) fn event(&self) -> Result<Event<'a>, EventError> {
        let line = self.text(Field::Line);
        let message = self.text(Field::Message).bytes();
        // The line of a frame of pairs, whose other fields then stand in for those of a beat. Only there: the origins
        // of a shipper that has a message and, say, a `host` beside it must stay what they are.
        let of_pairs =
            |field| if message.is_none() && line.is_there() { self.text(field) } else { Text::Absent };
        let beat = match self.text(Field::MetadataBeat).or(self.text(Field::AgentType)).bytes().as_deref() {
            Some(b"filebeat") => Beat::Filebeat,
            Some(b"metricbeat") => Beat::Metricbeat,
            _ => Beat::Other,
        };
        let timestamp = self.text(Field::Timestamp).bytes().and_then(|text| time(&text));
        if beat == Beat::Metricbeat && timestamp.is_none() {
            return Err(EventError::NoTime);
        }
        let agent =
            self.text(Field::AgentId).or(self.text(Field::BeatHostname)).or(self.text(Field::BeatName));
        let offset = self.text(Field::LogOffset).or(self.text(Field::Offset));
        Ok(Event {
            beat,
            timestamp,
            agent_id: agent.or(of_pairs(Field::Host)).bytes().unwrap_or_default(),
            offset: offset.bytes().and_then(|offset| whole(&offset)),
            file: self.file(self.text(Field::Source).or(of_pairs(Field::File))),
            dataset: self.text(Field::EventDataset).text().or_else(|| self.metricset()),
            // Few events have it, and the others must not carry its room.
            system: self.has(Field::System).then(|| Box::new(self.clone())),
            message: message.or_else(|| line.bytes()),
        })
    }

    fn metricset(&self) -> Option<Cow<'a, str>> {
        let name = self.text(Field::MetricsetName).text()?;
        let module = self.text(Field::MetricsetModule).text();
        Some(module.map_or(name.clone(), |module| Cow::Owned(format!("{module}.{name}"))))
    }

    fn file(&self, old_path: Text<'a>) -> Option<File<'a>> {
        if let Some(print) = self.text(Field::LogFileFingerprint).bytes() {
            return Some(File::Fingerprint(print));
        }
        let (device, inode) = (self.text(Field::LogFileDevice), self.text(Field::LogFileInode));
        if let Some((device, inode)) = device.bytes().zip(inode.bytes()) {
            return Some(File::Inode { device, inode });
        }
        self.text(Field::LogFilePath).or(old_path).bytes().map(File::Path)
    }
}

fn time(text: &[u8]) -> Option<Timestamp> {
    let time = stamp::instant(text).or_else(|| std::str::from_utf8(text).ok()?.parse().ok())?;
    Some(Timestamp(time.as_millisecond()))
}

#[inline]
fn whole(text: &[u8]) -> Option<u64> {
    if (1..=WHOLE_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        return Some(text.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')));
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}
