//! By how much a printer's clock is off.

use catalog::Timestamp;

use super::limits::CLOCK_OFF_MS_MAX;

/// By how much a clock that shows this is behind, in milliseconds, where that is more than is believed.
pub(super) fn off_ms(shows: Timestamp, wall: Timestamp) -> Option<i64> {
    let off = wall.0.saturating_sub(shows.0);
    (off.unsigned_abs() > CLOCK_OFF_MS_MAX).then_some(off)
}
