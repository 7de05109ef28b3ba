//! What is kept of an agent's answer while it comes: what is ours by the model, and nothing of the rest. An answer is
//! never whole in memory.

use std::sync::Arc;

use catalog::{Identity, Item, Kind, Timestamp, items};
use protocol::mtconnect::{
    AgentError, Description, Device, Error, Event, Header, Level, Observation, Reader, Text, Value,
};

use super::codes;
use super::limits::NAME_BYTES_MAX;
use super::model::{Draft, Model, Role};
use crate::intake::poll::transport::http::Body;

/// An answer that is being read.
#[derive(Debug)]
pub(in crate::intake::poll) struct Digest {
    reader: Reader,
    broken: Option<Error>,
    pub(super) header: Option<Header>,
    pub(super) error: Option<AgentError>,
    pub(super) contents: Contents,
    /// Data items and observations that say too little to be taken.
    pub(super) unfit: u32,
}

/// What an answer holds.
#[derive(Debug)]
pub(super) enum Contents {
    /// Of `/probe`.
    Devices(Box<Devices>),
    /// Of `/current` and `/sample`.
    Values { model: Arc<Model>, seen: Vec<Seen> },
}

/// The devices of an agent.
#[derive(Debug, Default)]
pub(super) struct Devices {
    pub(super) draft: Draft,
    /// Devices that are not the agent itself.
    pub(super) count: u32,
    pub(super) description: Option<Description>,
    /// What comes is about the agent.
    is_agent: bool,
}

/// One observation of a data item that is ours.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) role: Role,
    /// Its number: within a document they stand by component and not in their order.
    pub(super) sequence: u64,
    pub(super) time: Option<Timestamp>,
    pub(super) value: Told,
}

/// What was said, as far as it can be of use.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    Number(f64),
    Code(&'static str),
    /// A name of which only a hash may leave.
    Name(Text),
    Identity(Identity),
    /// The device does not know, or does not answer its agent.
    Unavailable,
    /// A condition of a data item: its native code tells it from others of the same.
    Condition {
        level: Level,
        native_code: Option<Text>,
        qualifier: Option<Text>,
    },
    /// No value that the item takes, and why.
    Refused(&'static str),
}

impl Digest {
    /// Of an answer to `/probe`.
    pub(super) fn devices() -> Self {
        Self::of(Contents::Devices(Box::default()))
    }

    /// Of an answer to `/current` or `/sample`.
    pub(super) fn values(model: Arc<Model>) -> Self {
        Self::of(Contents::Values { model, seen: Vec::new() })
    }

    fn of(contents: Contents) -> Self {
        Self { reader: Reader::new(), broken: None, header: None, error: None, contents, unfit: 0 }
    }

    /// What was wrong with the answer, now that there is no more of it.
    pub(super) fn finish(&self) -> Result<(), Error> {
        self.broken.map_or_else(|| self.reader.finish(), Err)
    }

    fn event(&mut self, event: Event) {
        match (event, &mut self.contents) {
            (Event::Header(header), _) => self.header = Some(header),
            (Event::Error(error), _) => self.error = self.error.take().or(Some(error)),
            (Event::Unfit(_), _) => self.unfit = self.unfit.saturating_add(1),
            (Event::Device(device), Contents::Devices(devices)) => devices.begin(&device),
            (Event::Description(description), Contents::Devices(devices)) if !devices.is_agent => {
                devices.description = Some(description);
            }
            (Event::DataItem(item), Contents::Devices(devices)) if !devices.is_agent => {
                devices.draft.add(&item)
            }
            (Event::Observation(observation), Contents::Values { model, seen }) => {
                seen.extend(model.roles.get(&observation.data_item).map(|role| Seen::of(*role, observation)));
            }
            _ => {}
        }
    }
}

impl Body for Digest {
    type Read = Self;

    fn take(&mut self, mut piece: &[u8]) -> bool {
        loop {
            match self.reader.next_event(&mut piece) {
                Ok(Some(event)) => self.event(event),
                Ok(None) => return true,
                Err(error) => {
                    self.broken = Some(error);
                    return false;
                }
            }
        }
    }

    fn done(self) -> Self {
        self
    }
}

impl Devices {
    fn begin(&mut self, device: &Device) {
        self.is_agent = device.is_agent;
        self.count += u32::from(!device.is_agent);
    }
}

impl Seen {
    fn of(role: Role, observation: Observation) -> Self {
        let Observation { sequence, time, value, .. } = observation;
        let value = match (value, role) {
            (Value::Unavailable, _) => Told::Unavailable,
            (Value::Condition { level, native_code, qualifier, .. }, Role::Alarm { .. }) => {
                Told::Condition { level, native_code, qualifier }
            }
            (Value::Text(text), role) => told(role, text),
            // A job that has no name is no job.
            (Value::Empty, Role::Value { item, .. }) if item.kind() == Kind::Hash => Told::Unavailable,
            (Value::Empty, _) => Told::Refused("an empty value"),
            (Value::Unread | Value::Condition { .. }, _) => {
                Told::Refused("a value of another kind than the item takes")
            }
        };
        Self { role, sequence, time, value }
    }
}

fn told(role: Role, text: Text) -> Told {
    let Role::Value { item, .. } = role else {
        return match (role, text.as_str()) {
            (Role::Availability, "AVAILABLE") => Told::Code("AVAILABLE"),
            _ => Told::Refused("a word that is not in the standard"),
        };
    };
    match item.kind() {
        Kind::Gauge(_) | Kind::Counter(_) => {
            let number = if is_moment(item) { seconds(&text) } else { text.number() };
            number.map_or(Told::Refused("not a number"), Told::Number)
        }
        Kind::State(_) | Kind::Event(_) => codes::code(item, text.as_str())
            .map_or(Told::Refused("a code that is not in the item's vocabulary"), Told::Code),
        Kind::Hash if text.as_str().len() > NAME_BYTES_MAX => Told::Refused("a name that is too long"),
        Kind::Hash => Told::Name(text),
        Kind::Identity => Identity::from_interface(text.as_str())
            .map_or(Told::Refused("no text that an identity can be"), Told::Identity),
    }
}

/// The standard writes a moment as a date, the catalogue as seconds.
pub(super) fn is_moment(item: &Item) -> bool {
    *item == items::BUILD_START || *item == items::BUILD_END
}

fn seconds(text: &Text) -> Option<f64> {
    let time: jiff::Timestamp = text.as_str().parse().ok()?;
    Some(time.as_duration().as_secs_f64())
}
