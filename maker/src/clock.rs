//! The one place of this program that reads the machine's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use release::Time;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is the place that the ban points to")]
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
