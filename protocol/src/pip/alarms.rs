//! What is wrong with the printer, in its own words and in the catalogue's.

use catalog::Timestamp;
use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::bounded;

/// The alarms that are active now; empty when all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveAlarms {
    /// The alarms.
    #[serde(deserialize_with = "bounded::list")]
    pub alarms: Vec<Alarm>,
}

/// One alarm, active now, or as an event of the log says that it began or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The maker's own code.
    pub code: Text,
    /// The code's class in words of the catalogue, such as `jammed` or `over_temperature`.
    pub class: Text,
    /// What has it, such as `recoater`.
    pub subsystem: Text,
    /// Which one of several; 0 where there is only one.
    #[serde(default)]
    pub part: u8,
    /// On which side of its limits a number is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
    /// Since when, by the printer's clock.
    #[serde(with = "crate::time")]
    pub since: Timestamp,
}

/// On which side of its limits a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Qualifier {
    /// Below.
    Low,
    /// Above.
    High,
}
