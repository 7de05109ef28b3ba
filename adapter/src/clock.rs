//! The one place that asks what time it is, and how far another's clock is off.

use std::time::{SystemTime, UNIX_EPOCH};

use catalog::Timestamp;
use reqwest::header::{DATE, HeaderMap};

/// The wall clock, handed to whatever needs it so that tests can hand another.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Source);

#[derive(Clone, Copy, Debug)]
enum Source {
    System,
    Fixed(Timestamp),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still, for tests.
    pub fn fixed(at: Timestamp) -> Self {
        Self(Source::Fixed(at))
    }

    /// The time now, in milliseconds since 1970-01-01 UTC; a clock before that year says 0.
    #[expect(clippy::disallowed_methods, reason = "this is the place that the lint's text names")]
    pub fn now(self) -> Timestamp {
        match self.0 {
            Source::Fixed(at) => at,
            Source::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }
}

/// What a server's clock said, to the second: `Date`, RFC 9110, section 5.6.7.
pub(crate) fn http_date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp(date.timestamp().as_millisecond()))
}

/// How far another's clock, which tells whole seconds, is ahead of ours, in milliseconds: 0 where it may be right.
pub(crate) fn ahead_ms(date: Timestamp, now: Timestamp) -> i64 {
    // What it says stands for all of its second.
    match now.0.saturating_sub(date.0) {
        0..1000 => 0,
        behind if behind < 0 => behind.saturating_neg(),
        ahead => 999 - ahead,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_clock_of_whole_seconds_is_off_only_beyond_its_second() {
        let date = Timestamp(10_000);
        for (now, ahead) in
            [(10_000, 0), (10_999, 0), (11_000, -1), (14_999, -4_000), (9_999, 1), (4_000, 6_000)]
        {
            assert_eq!(ahead_ms(date, Timestamp(now)), ahead, "{now}");
        }
        assert_eq!(ahead_ms(Timestamp(i64::MAX), Timestamp(i64::MIN)), i64::MAX);
    }

    #[test]
    fn the_date_of_an_answer() {
        let of = |text: &'static str| {
            http_date(&HeaderMap::from_iter([(DATE, HeaderValue::from_static(text))])).map(|time| time.0)
        };
        assert_eq!(of("Sun, 22 Nov 2026 15:20:01 GMT"), Some(1_795_360_801_000));
        assert_eq!((of("now"), http_date(&HeaderMap::new())), (None, None));
    }
}
