//! READ: which values are asked for.

use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::bounded;

/// Which values are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ReadFields", into = "ReadFields")]
pub enum Read {
    /// Those of these items, each with all its parts.
    Ids(Vec<Text>),
    /// Those of this group of items.
    Group(Text),
}

/// READ's payload as it stands on the wire: one of the two.
#[derive(Serialize, Deserialize)]
struct ReadFields {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_list")]
    ids: Option<Vec<Text>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
}

fn some_list<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Vec<Text>>, D::Error> {
    bounded::list(from).map(Some)
}

impl TryFrom<ReadFields> for Read {
    type Error = &'static str;

    fn try_from(fields: ReadFields) -> Result<Self, Self::Error> {
        match (fields.ids, fields.group) {
            (Some(ids), None) => Ok(Self::Ids(ids)),
            (None, Some(group)) => Ok(Self::Group(group)),
            _ => Err("READ has either `ids` or `group`"),
        }
    }
}

impl From<Read> for ReadFields {
    fn from(read: Read) -> Self {
        match read {
            Read::Ids(ids) => Self { ids: Some(ids), group: None },
            Read::Group(group) => Self { ids: None, group: Some(group) },
        }
    }
}
