//! The fields of an event that are read, in the shapes of each version.

use std::borrow::Cow;

use catalog::Timestamp;

use super::field::{Field as _, Message, object};
use super::scan::{Scanner, Stop};
use super::system::System;
use super::text::Text;
use super::{Beat, Event, EventError, File};
use crate::civil;

object! {
    /// The fields that are read, as they stand in the JSON.
    pub(super) struct Raw<'a> {
        timestamp: Text<'a> = b"@timestamp",
        metadata: Metadata<'a> = b"@metadata",
        agent: Agent<'a> = b"agent",
        /// 6 and older.
        beat: OldBeat<'a> = b"beat",
        message: Message<'a> = b"message",
        log: Log<'a> = b"log",
        /// The path, in 6 and older; ECS has an object of this name.
        source: Text<'a> = b"source",
        /// In 6 and older, and in a frame of pairs.
        offset: Text<'a> = b"offset",
        event: Dataset<'a> = b"event",
        metricset: Metricset<'a> = b"metricset",
        system: System<'a> = b"system",
        /// The message, in a frame of pairs.
        line: Text<'a> = b"line",
        /// The path, in a frame of pairs.
        file: Text<'a> = b"file",
        /// The sender, in a frame of pairs; ECS has an object of this name.
        host: Text<'a> = b"host",
    }

    struct Metadata<'a> {
        beat: Text<'a> = b"beat",
    }

    struct Agent<'a> {
        id: Text<'a> = b"id",
        kind: Text<'a> = b"type",
    }

    struct OldBeat<'a> {
        hostname: Text<'a> = b"hostname",
        name: Text<'a> = b"name",
    }

    struct Log<'a> {
        offset: Text<'a> = b"offset",
        file: LogFile<'a> = b"file",
    }

    struct LogFile<'a> {
        path: Text<'a> = b"path",
        fingerprint: Text<'a> = b"fingerprint",
        device_id: Text<'a> = b"device_id",
        inode: Text<'a> = b"inode",
    }

    struct Dataset<'a> {
        dataset: Text<'a> = b"dataset",
    }

    struct Metricset<'a> {
        module: Text<'a> = b"module",
        name: Text<'a> = b"name",
    }
}

impl<'a> Raw<'a> {
    /// The event that the one object makes which the JSON is.
    pub(super) fn parse(json: &'a [u8]) -> Result<Event<'a>, EventError> {
        let mut scanner = Scanner::new(json);
        let mut raw = Self::default();
        raw.whole(&mut scanner).map_err(|stop| scanner.error(stop))?;
        Ok(raw.event())
    }

    fn whole(&mut self, scanner: &mut Scanner<'a>) -> Result<(), Stop> {
        if scanner.peek()? != b'{' {
            return Err(scanner.misplaced());
        }
        self.read(scanner)?;
        scanner.end()
    }

    /// The event that they make.
    fn event(mut self) -> Event<'a> {
        let mut message = self.message.bytes();
        if message.is_none() {
            message = self.pairs();
        }
        let beat = match self.metadata.beat.or(self.agent.kind).bytes().as_deref() {
            Some(b"filebeat") => Beat::Filebeat,
            Some(b"metricbeat") => Beat::Metricbeat,
            _ => Beat::Other,
        };
        Event {
            beat,
            timestamp: self.timestamp.bytes().and_then(|text| time(&text)),
            agent_id: self.agent.id.or(self.beat.hostname).or(self.beat.name).text().unwrap_or_default(),
            message,
            offset: self.log.offset.or(self.offset).bytes().and_then(|offset| whole(&offset)),
            file: self.log.file.identity(self.source),
            dataset: self.event.dataset.text().or_else(|| self.metricset.dataset()),
            system: self.system,
        }
    }

    /// The line of a frame of pairs, whose other fields then stand in for those of a beat. Only there: the origins
    /// of a shipper that has a message and, say, a `host` beside it must stay what they are.
    fn pairs(&mut self) -> Option<Cow<'a, [u8]>> {
        let line = self.line.bytes()?;
        self.source = self.source.or(self.file);
        self.beat.name = self.beat.name.or(self.host);
        Some(line)
    }
}

impl<'a> Metricset<'a> {
    fn dataset(&self) -> Option<Cow<'a, str>> {
        let name = self.name.text()?;
        Some(self.module.text().map_or(name.clone(), |module| Cow::Owned(format!("{module}.{name}"))))
    }
}

impl<'a> LogFile<'a> {
    fn identity(&self, old_path: Text<'a>) -> Option<File<'a>> {
        if let Some(print) = self.fingerprint.text() {
            return Some(File::Fingerprint(print));
        }
        if let Some((device, inode)) = self.device_id.text().zip(self.inode.text()) {
            return Some(File::Inode { device, inode });
        }
        self.path.or(old_path).text().map(File::Path)
    }
}

fn time(text: &[u8]) -> Option<Timestamp> {
    let time = civil::instant(text).or_else(|| std::str::from_utf8(text).ok()?.parse().ok())?;
    Some(Timestamp(time.as_millisecond()))
}

fn whole(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
