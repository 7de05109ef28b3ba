//! From the stamp that a printer wrote to a point in time.

use catalog::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A point in time, and whether another one had the same local time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moment {
    pub(crate) time: Timestamp,
    pub(crate) doubtful: bool,
}

impl Moment {
    /// The moment of a local time. One that the zone has twice is taken as the earlier moment and one that it skips as
    /// the later, whatever stood above in the file: a line read again must give the same time.
    pub(crate) fn local(civil: DateTime, zone: &TimeZone) -> Option<Self> {
        let local = zone.to_ambiguous_timestamp(civil);
        let doubtful = local.is_ambiguous();
        let time = Timestamp(local.compatible().ok()?.as_millisecond());
        Some(Self { time, doubtful })
    }
}
