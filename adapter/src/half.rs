//! Which half of the adapter a process is.

use serde::{Deserialize, Serialize};

/// The whole adapter, or one of the two halves that it can be cut into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// Both in one process: `adapter run`.
    Whole,
    /// What is on the printers' network: `adapter intake`.
    Intake,
    /// What is on the way out: `adapter uplink`.
    Uplink,
}

impl Half {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Intake, Self::Uplink];

    /// The part of those items that each process says of itself, such as its memory, so that the two halves do not
    /// overwrite each other's.
    pub(crate) fn part(self) -> u8 {
        match self {
            Self::Whole => 0,
            Self::Intake => 1,
            Self::Uplink => 2,
        }
    }
}
