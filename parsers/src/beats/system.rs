//! What Metricbeat's `system` module measures, as far as it is read: one part an event, by its data set.

use std::borrow::Cow;

use super::field::{Measure, object};
use super::text::Text;

object! {
    /// `system`.
    pub(crate) struct System<'a> {
        pub(crate) cpu: Cpu = b"cpu",
        pub(crate) load: Load = b"load",
        pub(crate) memory: Memory = b"memory",
        pub(crate) filesystem: Filesystem<'a> = b"filesystem",
        pub(crate) fsstat: Fsstat = b"fsstat",
        network: Network<'a> = b"network",
    }

    pub(crate) struct Cpu {
        pub(crate) cores: Measure = b"cores",
        pub(crate) total: Share = b"total",
        pub(crate) idle: Share = b"idle",
    }

    /// A share: `pct` is 1.0 for one whole core in `cpu` and for the whole elsewhere; `norm` is over all cores.
    pub(crate) struct Share {
        pub(crate) pct: Measure = b"pct",
        pub(crate) norm: Pct = b"norm",
    }

    pub(crate) struct Pct {
        pub(crate) pct: Measure = b"pct",
    }

    pub(crate) struct Load {
        pub(crate) one_minute: Measure = b"1",
    }

    pub(crate) struct Memory {
        pub(crate) total: Measure = b"total",
        pub(crate) used: Pct = b"used",
        /// Without what the system would give back at once.
        pub(crate) actual: Actual = b"actual",
    }

    pub(crate) struct Actual {
        pub(crate) used: Pct = b"used",
    }

    pub(crate) struct Filesystem<'a> {
        mount_point: Text<'a> = b"mount_point",
        device_name: Text<'a> = b"device_name",
        /// What an ordinary user may still fill.
        pub(crate) available: Measure = b"available",
        pub(crate) free: Measure = b"free",
        pub(crate) used: Pct = b"used",
    }

    pub(crate) struct Fsstat {
        pub(crate) total_files: Measure = b"total_files",
    }

    pub(crate) struct Network<'a> {
        name: Text<'a> = b"name",
    }
}

impl<'a> System<'a> {
    /// What tells the events of one data set and time apart: the mount point, or the network interface.
    pub(crate) fn disk(&self) -> Option<Cow<'a, str>> {
        self.filesystem.name().or_else(|| self.network.name.text())
    }
}

impl<'a> Filesystem<'a> {
    /// The mount point, else the device.
    pub(crate) fn name(&self) -> Option<Cow<'a, str>> {
        self.mount_point.or(self.device_name).text()
    }
}
