//! The fields of an event that are read, in the shapes of each version.

use std::borrow::Cow;

use catalog::Timestamp;
use serde::Deserialize;

use super::lenient::{Bytes, Text, object};
use super::system::System;
use super::{Beat, Event, File};

/// The fields that are read, as they stand in the JSON.
#[derive(Deserialize)]
pub(super) struct Raw<'a> {
    #[serde(borrow, default, rename = "@timestamp")]
    timestamp: Text<'a>,
    #[serde(borrow, default, rename = "@metadata", deserialize_with = "object")]
    metadata: Metadata<'a>,
    #[serde(borrow, default, deserialize_with = "object")]
    agent: Agent<'a>,
    /// 6 and older.
    #[serde(borrow, default, deserialize_with = "object")]
    beat: OldBeat<'a>,
    #[serde(borrow, default)]
    message: Option<Bytes<'a>>,
    #[serde(borrow, default, deserialize_with = "object")]
    log: Log<'a>,
    /// The path, in 6 and older; ECS has an object of this name.
    #[serde(borrow, default)]
    source: Text<'a>,
    /// In 6 and older.
    #[serde(borrow, default)]
    offset: Text<'a>,
    #[serde(borrow, default, deserialize_with = "object")]
    event: Dataset<'a>,
    #[serde(borrow, default, deserialize_with = "object")]
    metricset: Metricset<'a>,
    #[serde(borrow, default, deserialize_with = "object")]
    system: System<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    beat: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Agent<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OldBeat<'a> {
    #[serde(borrow)]
    hostname: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Log<'a> {
    #[serde(borrow)]
    offset: Text<'a>,
    #[serde(borrow, deserialize_with = "object")]
    file: LogFile<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LogFile<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    fingerprint: Text<'a>,
    #[serde(borrow)]
    device_id: Text<'a>,
    #[serde(borrow)]
    inode: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Dataset<'a> {
    #[serde(borrow)]
    dataset: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metricset<'a> {
    #[serde(borrow)]
    module: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

impl<'a> Raw<'a> {
    /// The event that they make.
    pub(super) fn event(self) -> Event<'a> {
        let agent = self.agent;
        let old = self.beat;
        let log = self.log;
        let kind = self.metadata.beat.0.or(agent.kind.0);
        let dataset = self.event.dataset.0.or_else(|| self.metricset.dataset());
        let beat = match kind.as_deref() {
            Some("filebeat") => Beat::Filebeat,
            Some("metricbeat") => Beat::Metricbeat,
            _ => Beat::Other,
        };
        Event {
            beat,
            timestamp: self.timestamp.0.and_then(|text| time(&text)),
            agent_id: agent.id.0.or(old.hostname.0).or(old.name.0).unwrap_or_default(),
            message: self.message.map(|bytes| bytes.0),
            offset: log.offset.0.or(self.offset.0).and_then(|offset| offset.parse().ok()),
            file: log.file.identity(self.source.0),
            dataset,
            system: self.system,
        }
    }
}

impl<'a> Metricset<'a> {
    fn dataset(self) -> Option<Cow<'a, str>> {
        let name = self.name.0?;
        Some(self.module.0.map_or(name.clone(), |module| Cow::Owned(format!("{module}.{name}"))))
    }
}

impl<'a> LogFile<'a> {
    fn identity(self, old_path: Option<Cow<'a, str>>) -> Option<File<'a>> {
        let inode = self.device_id.0.zip(self.inode.0);
        let path = self.path.0.or(old_path);
        (self.fingerprint.0.map(File::Fingerprint))
            .or(inode.map(|(device, inode)| File::Inode { device, inode }))
            .or(path.map(File::Path))
    }
}

fn time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(time.as_millisecond()))
}
