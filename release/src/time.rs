//! A time in UTC, to the second, as documents have it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A second, written as `2026-11-22T20:00:00Z` and in no other way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Time(Timestamp);

impl Time {
    /// So many seconds after 1970 began; the first or last second that can be written where it is out of range.
    pub fn from_seconds(seconds: i64) -> Self {
        let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        Self(Timestamp::from_second(seconds.clamp(first, last)).unwrap_or_default())
    }

    /// Seconds since 1970 began.
    pub fn seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        let time = Self::from_seconds(text.parse::<Timestamp>().ok()?.as_second());
        (time.to_string() == text).then_some(time)
    }

    /// So much later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self::from_seconds(self.0.as_second().saturating_add(seconds))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Time {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a time is written as 2026-11-22T20:00:00Z")
    }
}

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_way_to_write_a_time() {
        for (text, good) in [
            ("2026-11-22T20:00:00Z", true),
            ("9999-12-30T21:59:59Z", true),
            ("2026-11-22T20:00:00.5Z", false),
            ("2026-11-22T20:00:00+00:00", false),
            ("2026-11-22T21:00:00+01:00", false),
            ("2026-11-22 20:00:00Z", false),
            ("2026-11-22t20:00:00z", false),
            ("2026-02-30T20:00:00Z", false),
            ("2026-11-22T24:00:00Z", false),
            ("", false),
        ] {
            assert_eq!(
                Time::parse(text).map(|time| time.to_string()),
                good.then(|| text.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_time_never_leaves_its_range() {
        let last = Time::from_seconds(i64::MAX);
        assert_eq!(last.after(Duration::MAX), last);
        assert!(Time::from_seconds(i64::MIN) < Time::from_seconds(0));
        assert_eq!(Time::parse(&last.to_string()), Some(last));
    }
}
