//! The one place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use catalog::Timestamp;

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
