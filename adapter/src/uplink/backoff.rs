//! How long to wait before the next try: exponential with a ceiling and full jitter, after Amazon's
//! "Exponential Backoff And Jitter". Neither clock nor randomness in it.

use std::time::Duration;

/// The waiting time after failures in a row.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    base: Duration,
    ceiling: Duration,
    failures: u32,
}

/// The longest wait that a platform may ask for; a wrong header must not silence a site for a day.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);
/// The shortest wait: full jitter alone could come near none at all.
const WAIT_MIN: Duration = Duration::from_millis(50);

impl Backoff {
    /// From `base`, doubling with each failure up to `ceiling`. A base of zero, or over the ceiling, is
    /// mended rather than refused: both come from constants.
    pub fn new(base: Duration, ceiling: Duration) -> Self {
        let base = base.max(WAIT_MIN);
        Self { base, ceiling: ceiling.max(base), failures: 0 }
    }

    /// The next wait. `random` is anywhere from 0 up to but not including 1; `retry_after` is what the
    /// platform asked for: never less than that, and jitter on top, so that not all sites come back at once.
    pub fn failed(&mut self, random: f64, retry_after: Option<Duration>) -> Duration {
        let doubled = self.base.saturating_mul(1u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        self.failures = self.failures.saturating_add(1).min(31);
        let jitter = doubled.min(self.ceiling).mul_f64(random.clamp(0.0, 1.0));
        let asked = retry_after.map(|asked| asked.min(RETRY_AFTER_MAX));
        asked.map_or(jitter.max(WAIT_MIN), |asked| asked + jitter.min(asked.max(self.base)))
    }

    /// It went well: the next failure is a first one.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_span_doubles_up_to_the_ceiling_and_starts_again() {
        let mut backoff = Backoff::new(SECOND, SECOND * 10);
        let waits: Vec<_> = (0..6).map(|_| backoff.failed(1.0, None).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
        backoff.succeeded();
        assert_eq!(backoff.failed(1.0, None), SECOND);
    }

    #[test]
    fn what_the_platform_asks_for_is_the_least() {
        for (random, asked, expected) in
            [(0.0, 7, 7_000), (0.5, 7, 7_500), (0.0, 0, 0), (0.0, 100_000, 300_000)]
        {
            let wait = Backoff::new(SECOND, SECOND * 10).failed(random, Some(SECOND * asked));
            assert_eq!(wait.as_millis(), expected, "{random} {asked}");
        }
    }

    proptest! {
        #[test]
        fn it_stays_in_its_bounds(failures in 1usize..80, random in 0.0f64..1.0) {
            let mut backoff = Backoff::new(SECOND, SECOND * 30);
            for _ in 0..failures {
                let wait = backoff.failed(random, None);
                prop_assert!(wait >= WAIT_MIN && wait <= SECOND * 30);
            }
        }
    }
}
