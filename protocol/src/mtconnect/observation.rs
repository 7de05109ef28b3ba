//! What a device has said at a moment.

use catalog::Timestamp;

use super::error::Wrong;
use super::model::Category;
use super::tag::Attributed;
use super::text::Text;
use crate::time;

/// One observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The id of its data item.
    pub data_item: Text,
    /// Its number in the agent's buffer: with the agent's instance, it is this observation's for ever.
    pub sequence: u64,
    /// When it was made; `None` where the agent's time is no RFC 3339.
    pub time: Option<Timestamp>,
    /// What kind of thing it says.
    pub category: Category,
    /// What was observed.
    pub value: Value,
}

/// What was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The device does not know, or does not answer its agent.
    Unavailable,
    /// A word, a number or a text: nothing says which but the data item's type.
    Text(Text),
    /// Nothing at all.
    Empty,
    /// A data set, a table, or a text over [`crate::limits::MTCONNECT_TEXT_BYTES_MAX`].
    Unread,
    /// Whether something is wrong; what a person is told of it is not kept.
    Condition {
        /// How bad it is.
        level: Level,
        /// The type of the condition, such as `TEMPERATURE`.
        kind: Option<Text>,
        /// The device's own code.
        native_code: Option<Text>,
        /// `HIGH` or `LOW`.
        qualifier: Option<Text>,
    },
}

/// How bad a condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// All is well.
    Normal,
    /// It works, and will not for long.
    Warning,
    /// It does not work without a person.
    Fault,
    /// The device does not know.
    Unavailable,
}

impl Level {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "Normal" => Self::Normal,
            "Warning" => Self::Warning,
            "Fault" => Self::Fault,
            "Unavailable" => Self::Unavailable,
            _ => return None,
        })
    }
}

impl Observation {
    /// An observation whose text is still to come. `None` where it names no data item or no sequence number, or has a
    /// level that we do not know.
    pub(super) fn read(
        name: &str,
        category: Category,
        attributes: &Attributed<'_>,
    ) -> Result<Option<Self>, Wrong> {
        let sequence = attributes.raw("sequence").and_then(|text| text.trim().parse().ok());
        let (Some(data_item), Some(sequence)) = (attributes.text("dataItemId")?, sequence) else {
            return Ok(None);
        };
        let value = match category {
            Category::Sample | Category::Event => Value::Empty,
            Category::Condition => {
                let Some(level) = Level::of(name) else { return Ok(None) };
                Value::Condition {
                    level,
                    kind: attributes.text("type")?,
                    native_code: attributes.text("nativeCode")?,
                    qualifier: attributes.text("qualifier")?,
                }
            }
        };
        let time = attributes.raw("timestamp").and_then(|text| time::parse(text.trim()));
        Ok(Some(Self { data_item, sequence, time, category, value }))
    }

    /// It holds elements: a data set or a table.
    pub(super) fn unread(&mut self) {
        if self.category != Category::Condition {
            self.value = Value::Unread;
        }
    }

    /// The text between its tags has come; `None` where it was not kept.
    pub(super) fn complete(&mut self, text: Option<&str>) {
        if self.value != Value::Empty {
            return;
        }
        self.value = match text.map(str::trim) {
            None => Value::Unread,
            Some("") => Value::Empty,
            Some("UNAVAILABLE") => Value::Unavailable,
            Some(text) => Value::Text(Text::content(text)),
        };
    }
}
