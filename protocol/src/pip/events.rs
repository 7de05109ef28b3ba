//! The printer's log of events: what happened, in one row of sequence numbers, so that a gap can be proved.

use catalog::{Quality, Timestamp};
use serde::{Deserialize, Serialize};

use super::alarms::Alarm;
use super::items::{SampleValue, quality};
use super::text::Text;
use crate::bounded::List;
use crate::limits;

/// EVENTS: which events are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsFrom {
    /// The first sequence that is wanted; absent for the oldest that the printer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// How many are wanted at most; absent for as many as one answer may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_max: Option<u16>,
}

/// Which sequences a printer holds: all from the first to the last. An empty log has a last that is one less than
/// its first; the first event of an instance has sequence 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "HeldFields")]
pub struct Held {
    first: u64,
    last: u64,
}

/// Events of the log without a hole, with what the log holds: the payload of HELD-EVENTS and of NOTIFY.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "EventListFields")]
pub struct EventList {
    #[serde(flatten)]
    held: Held,
    events: Vec<Event>,
}

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "EventFields", into = "EventFields")]
pub struct Event {
    /// Counts the events of the instance, from 1 and without a hole.
    pub sequence: u64,
    /// When it happened, by the printer's clock.
    pub time: Timestamp,
    /// When it happened, in milliseconds since the printer booted.
    pub mono_ms: u64,
    /// What happened.
    pub what: Occurrence,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq)]
pub enum Occurrence {
    /// An item has a new value.
    Changed {
        /// The item's id.
        id: Text,
        /// Which one of several; 0 where there is only one.
        part: u8,
        /// The value from now on.
        value: SampleValue,
        /// How far it can be trusted.
        quality: Quality,
    },
    /// An alarm began.
    Raised(Alarm),
    /// An alarm ended.
    Cleared(Alarm),
    /// Something that this version has no word for. It has its place in the sequence, and no more.
    Other,
}

impl Held {
    /// From the first to the last.
    ///
    /// # Errors
    /// What is wrong with the numbers, in words.
    pub fn new(first: u64, last: u64) -> Result<Self, &'static str> {
        if first == 0 {
            Err("the first sequence is 1, so `first` is not 0")
        } else if last < first - 1 {
            Err("`last` is at least `first` - 1, which says that the log is empty")
        } else if last > limits::PIP_SEQUENCE_MAX {
            Err("a sequence is at most 2^53 - 1, which every JSON library takes exactly")
        } else {
            Ok(Self { first, last })
        }
    }

    /// The oldest sequence that the printer holds.
    pub fn first(self) -> u64 {
        self.first
    }

    /// The newest sequence that the printer holds; one less than the first where it holds none.
    pub fn last(self) -> u64 {
        self.last
    }
}

impl EventList {
    /// Events in the order of their sequences.
    ///
    /// # Errors
    /// What is wrong with them, in words: too many, a hole, or one that the log does not hold.
    pub fn new(held: Held, events: Vec<Event>) -> Result<Self, &'static str> {
        if events.len() > limits::PIP_EVENTS_MAX {
            return Err(TOO_MANY);
        }
        if events.windows(2).any(|two| matches!(two, [a, b] if a.sequence.checked_add(1) != Some(b.sequence)))
        {
            return Err("each event's `sequence` is one more than the last one's");
        }
        let holds = |event: &Event| (held.first..=held.last).contains(&event.sequence);
        if events.first().is_some_and(|event| !holds(event))
            || events.last().is_some_and(|event| !holds(event))
        {
            return Err("each event's `sequence` lies from `first` to `last`");
        }
        Ok(Self { held, events })
    }

    /// What the printer held when it sent this.
    pub fn held(&self) -> Held {
        self.held
    }

    /// The events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The events, without what the printer held.
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }
}

const TOO_MANY: &str = "more events than one frame may have";

#[derive(Deserialize)]
struct HeldFields {
    first: u64,
    last: u64,
}

impl TryFrom<HeldFields> for Held {
    type Error = &'static str;

    fn try_from(fields: HeldFields) -> Result<Self, Self::Error> {
        Self::new(fields.first, fields.last)
    }
}

#[derive(Deserialize)]
struct EventListFields {
    first: u64,
    last: u64,
    events: List<Event, { limits::PIP_EVENTS_MAX }>,
}

impl TryFrom<EventListFields> for EventList {
    type Error = &'static str;

    fn try_from(fields: EventListFields) -> Result<Self, Self::Error> {
        let held = Held::new(fields.first, fields.last)?;
        if fields.events.overflowed { Err(TOO_MANY) } else { Self::new(held, fields.events.elements) }
    }
}

/// An event as it stands on the wire: one of `value`, `raised` and `cleared`.
#[derive(Serialize, Deserialize)]
struct EventFields {
    sequence: u64,
    #[serde(with = "crate::time")]
    time: Timestamp,
    mono_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<SampleValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quality: Option<QualityWord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raised: Option<Alarm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleared: Option<Alarm>,
}

#[derive(Serialize, Deserialize)]
struct QualityWord(#[serde(with = "quality")] Quality);

impl TryFrom<EventFields> for Event {
    type Error = &'static str;

    fn try_from(fields: EventFields) -> Result<Self, Self::Error> {
        let EventFields { sequence, time, mono_ms, id, part, value, quality, raised, cleared } = fields;
        let what = match (id, value, raised, cleared) {
            (Some(id), Some(value), None, None) => {
                let Some(QualityWord(quality)) = quality else {
                    return Err("an event with `value` has `quality`");
                };
                Occurrence::Changed { id, part: part.unwrap_or_default(), value, quality }
            }
            (_, None, Some(alarm), None) => Occurrence::Raised(alarm),
            (_, None, None, Some(alarm)) => Occurrence::Cleared(alarm),
            (_, None, None, None) => Occurrence::Other,
            (None, Some(_), None, None) => return Err("an event with `value` has `id`"),
            _ => return Err("an event has one of `value`, `raised` and `cleared`"),
        };
        Ok(Self { sequence, time, mono_ms, what })
    }
}

impl From<Event> for EventFields {
    fn from(event: Event) -> Self {
        let Event { sequence, time, mono_ms, what } = event;
        let (id, part, value, quality, raised, cleared) = (None, None, None, None, None, None);
        let fields = Self { sequence, time, mono_ms, id, part, value, quality, raised, cleared };
        match what {
            Occurrence::Changed { id, part, value, quality } => Self {
                id: Some(id),
                part: Some(part),
                value: Some(value),
                quality: Some(QualityWord(quality)),
                ..fields
            },
            Occurrence::Raised(alarm) => Self { raised: Some(alarm), ..fields },
            Occurrence::Cleared(alarm) => Self { cleared: Some(alarm), ..fields },
            Occurrence::Other => fields,
        }
    }
}
