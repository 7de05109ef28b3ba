//! What Metricbeat's `system` module measures, as far as it is read: one part an event, by its data set.

use serde::Deserialize;

use super::lenient::{Measure, Text, object};

/// `system`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct System<'a> {
    #[serde(deserialize_with = "object")]
    pub(crate) cpu: Cpu,
    #[serde(deserialize_with = "object")]
    pub(crate) load: Load,
    #[serde(deserialize_with = "object")]
    pub(crate) memory: Memory,
    #[serde(borrow, deserialize_with = "object")]
    pub(crate) filesystem: Filesystem<'a>,
    #[serde(deserialize_with = "object")]
    pub(crate) fsstat: Fsstat,
    #[serde(borrow, deserialize_with = "object")]
    network: Network<'a>,
}

impl System<'_> {
    /// What tells the events of one data set and time apart: the mount point, or the network interface.
    pub(crate) fn disk(&self) -> Option<&str> {
        self.filesystem.name().or(self.network.name.0.as_deref())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cpu {
    pub(crate) cores: Measure,
    #[serde(deserialize_with = "object")]
    pub(crate) total: Share,
    #[serde(deserialize_with = "object")]
    pub(crate) idle: Share,
}

/// A share: `pct` is 1.0 for one whole core in `cpu` and for the whole elsewhere; `norm` is over all cores.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Share {
    pub(crate) pct: Measure,
    #[serde(deserialize_with = "object")]
    pub(crate) norm: Pct,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Pct {
    pub(crate) pct: Measure,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Load {
    #[serde(rename = "1")]
    pub(crate) one_minute: Measure,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    pub(crate) total: Measure,
    #[serde(deserialize_with = "object")]
    pub(crate) used: Pct,
    /// Without what the system would give back at once.
    #[serde(deserialize_with = "object")]
    pub(crate) actual: Actual,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Actual {
    #[serde(deserialize_with = "object")]
    pub(crate) used: Pct,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filesystem<'a> {
    #[serde(borrow)]
    mount_point: Text<'a>,
    #[serde(borrow)]
    device_name: Text<'a>,
    /// What an ordinary user may still fill.
    pub(crate) available: Measure,
    pub(crate) free: Measure,
    #[serde(deserialize_with = "object")]
    pub(crate) used: Pct,
}

impl Filesystem<'_> {
    /// The mount point, else the device.
    pub(crate) fn name(&self) -> Option<&str> {
        self.mount_point.0.as_deref().or(self.device_name.0.as_deref())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fsstat {
    pub(crate) total_files: Measure,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Network<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}
