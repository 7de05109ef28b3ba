//! What an agent says of itself, its devices and their data items.

use catalog::Timestamp;

use super::error::Wrong;
use super::tag::Attributed;
use super::text::Text;
use crate::time;

/// Which answer a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// `MTConnectDevices`, to `/probe`.
    Devices,
    /// `MTConnectStreams`, to `/current` and `/sample`.
    Streams,
    /// `MTConnectError`, to anything.
    Error,
}

/// The head of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which answer it is.
    pub document: Document,
    /// `instanceId`: another number after each start of the agent that emptied its buffer. An error may have none.
    pub instance: Option<u64>,
    /// When the document was made, by the agent's clock.
    pub created: Option<Timestamp>,
    /// Observations that the agent's buffer holds.
    pub buffer_size: Option<u64>,
    /// Sequence number of the oldest observation in the buffer.
    pub first_sequence: Option<u64>,
    /// Sequence number of the newest observation in the buffer.
    pub last_sequence: Option<u64>,
    /// Sequence number to ask for next.
    pub next_sequence: Option<u64>,
    /// When the devices' description was last changed, in the agent's words; since MTConnect 1.7.
    pub model_changed: Option<Text>,
}

impl Header {
    pub(super) fn read(document: Document, attributes: &Attributed<'_>) -> Result<Self, Wrong> {
        Ok(Self {
            document,
            instance: attributes.number("instanceId")?,
            created: attributes.raw("creationTime").and_then(|text| time::parse(text.trim())),
            buffer_size: attributes.number("bufferSize")?,
            first_sequence: attributes.number("firstSequence")?,
            last_sequence: attributes.number("lastSequence")?,
            next_sequence: attributes.number("nextSequence")?,
            model_changed: attributes.text("deviceModelChangeTime")?,
        })
    }
}

/// A device of the agent's. Since MTConnect 2.0 the agent speaks of itself as a device as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Whether it is the agent itself.
    pub is_agent: bool,
    /// Its name, by which it can be asked for alone.
    pub name: Option<Text>,
    /// Its identity, for ever.
    pub uuid: Option<Text>,
}

impl Device {
    pub(super) fn read(kind: &str, attributes: &Attributed<'_>) -> Result<Self, Wrong> {
        Ok(Self { is_agent: kind == "Agent", name: attributes.text("name")?, uuid: attributes.text("uuid")? })
    }
}

/// Who made a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its maker.
    pub manufacturer: Option<Text>,
    /// Its model.
    pub model: Option<Text>,
    /// Its serial number.
    pub serial: Option<Text>,
}

impl Description {
    pub(super) fn read(attributes: &Attributed<'_>) -> Result<Self, Wrong> {
        Ok(Self {
            manufacturer: attributes.text("manufacturer")?,
            model: attributes.text("model")?,
            serial: attributes.text("serialNumber")?,
        })
    }
}

/// A part of a device, such as an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// What it is, such as `Linear` or `Heating`.
    pub kind: Text,
    /// Its id.
    pub id: Text,
    /// Its name, such as `X`.
    pub name: Option<Text>,
}

impl Component {
    pub(super) fn read(kind: &str, attributes: &Attributed<'_>) -> Result<Self, Wrong> {
        Ok(Self {
            kind: Text::attribute(kind)?,
            id: attributes.text("id")?.unwrap_or_default(),
            name: attributes.text("name")?,
        })
    }

    /// Memory of its texts, in bytes.
    pub(super) fn room(&self) -> usize {
        let name = self.name.as_ref().map_or(0, |name| name.as_str().len());
        self.kind.as_str().len() + self.id.as_str().len() + name
    }
}

/// What kind of thing a data item says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// A number that was measured.
    Sample,
    /// A state, a message, a count.
    Event,
    /// Whether something is wrong.
    Condition,
}

/// What a device can say.
#[derive(Clone, Debug, PartialEq)]
pub struct DataItem {
    /// Its id, which each of its observations names.
    pub id: Text,
    /// Its name.
    pub name: Option<Text>,
    /// What kind of thing it says.
    pub category: Category,
    /// Its type, such as `TEMPERATURE`.
    pub kind: Text,
    /// Its subtype, such as `ACTUAL`.
    pub sub_type: Option<Text>,
    /// The unit in which the agent gives it, such as `CELSIUS`.
    pub units: Option<Text>,
    /// The unit in which the device gives it to the agent.
    pub native_units: Option<Text>,
    /// How its value is written: a plain one, where it is not said.
    pub representation: Option<Text>,
    /// What was made of several measurements, such as `AVERAGE`.
    pub statistic: Option<Text>,
    /// What its values can be.
    pub constraints: Constraints,
    /// The component that it belongs to, behind all that lie around that: the device first.
    pub components: Vec<Component>,
}

impl DataItem {
    /// `None` where it has no id, no type, or a category that we do not know.
    pub(super) fn read(attributes: &Attributed<'_>, components: &[Component]) -> Result<Option<Self>, Wrong> {
        let category = match attributes.raw("category") {
            Some("SAMPLE") => Category::Sample,
            Some("EVENT") => Category::Event,
            Some("CONDITION") => Category::Condition,
            _ => return Ok(None),
        };
        let (Some(id), Some(kind)) = (attributes.text("id")?, attributes.text("type")?) else {
            return Ok(None);
        };
        Ok(Some(Self {
            id,
            name: attributes.text("name")?,
            category,
            kind,
            sub_type: attributes.text("subType")?,
            units: attributes.text("units")?,
            native_units: attributes.text("nativeUnits")?,
            representation: attributes.text("representation")?,
            statistic: attributes.text("statistic")?,
            constraints: Constraints::default(),
            components: components.to_vec(),
        }))
    }
}

/// What a data item's values can be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// Its words; with one alone it is a constant.
    pub values: Vec<Text>,
    /// Its lowest value.
    pub minimum: Option<f64>,
    /// Its highest value.
    pub maximum: Option<f64>,
    /// Its value when all is well.
    pub nominal: Option<f64>,
}

impl Constraints {
    /// Memory of its words, in bytes.
    pub(super) fn room(&self) -> usize {
        self.values.iter().map(|value| value.as_str().len()).sum()
    }
}

/// Why the agent did not answer what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentError {
    /// Its code, such as `OUT_OF_RANGE`.
    pub code: Text,
}

impl AgentError {
    /// From 2.6 on the element's own name says it, such as `OutOfRange`.
    pub(super) fn read(name: &str, attributes: &Attributed<'_>) -> Result<Self, Wrong> {
        if let Some(code) = attributes.text("errorCode")? {
            return Ok(Self { code });
        }
        let mut code = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !code.is_empty() {
                code.push('_');
            }
            code.extend(letter.to_uppercase());
        }
        Ok(Self { code: Text::attribute(&code)? })
    }
}
