//! One container as it comes and goes: when it may be started again, and how often it was. Pure: the clock and the
//! randomness are given.

use std::time::Duration;

use tokio::time::Instant;

use super::limits::{RESTART_BASE, RESTART_CEILING, STEADY};
use crate::uplink::Backoff;

/// What is remembered of a container between two looks.
#[derive(Debug)]
pub(super) struct Half {
    /// How often it was started again.
    pub(super) restarts: u64,
    backoff: Backoff,
    /// Since when it runs, as far as was seen.
    runs: Option<Instant>,
    /// Whether it ever ran: the first start is none again.
    ran: bool,
    /// Not to be started before.
    not_before: Option<Instant>,
    /// When it was last made.
    made: Option<Instant>,
}

/// What is to be done with a container that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Start it.
    Now,
    /// It has just ended: wait this long.
    Ended(Duration),
    /// Wait this long still.
    In(Duration),
}

impl Half {
    pub(super) fn new() -> Self {
        let backoff = Backoff::new(RESTART_BASE, RESTART_CEILING);
        Self { restarts: 0, backoff, runs: None, ran: false, not_before: None, made: None }
    }

    /// It was seen to run.
    pub(super) fn runs(&mut self, now: Instant) {
        let since = *self.runs.get_or_insert(now);
        self.ran = true;
        if now.duration_since(since) >= STEADY {
            self.backoff.succeeded();
        }
    }

    /// It was seen not to run. `random` is from 0 up to but not including 1.
    pub(super) fn down(&mut self, now: Instant, random: f64) -> Due {
        let ended = self.runs.take().is_some();
        let Some(at) = self.not_before else {
            if !self.ran {
                return Due::Now;
            }
            let wait = self.backoff.failed(random, None);
            self.not_before = Some(now + wait);
            return if ended { Due::Ended(wait) } else { Due::In(wait) };
        };
        match at.checked_duration_since(now) {
            Some(wait) if !wait.is_zero() => Due::In(wait),
            _ => Due::Now,
        }
    }

    /// It was made.
    pub(super) fn made(&mut self, now: Instant) {
        self.made = Some(now);
    }

    /// Whether it was made only just.
    pub(super) fn is_new(&self, now: Instant) -> bool {
        self.made.is_some_and(|made| now.duration_since(made) < STEADY)
    }

    /// It was started.
    pub(super) fn started(&mut self, now: Instant) {
        self.restarts += u64::from(self.ran);
        self.ran = true;
        self.runs = Some(now);
        self.not_before = None;
    }

    /// It was stopped by the supervisor itself: its next start waits for nothing.
    pub(super) fn stopped(&mut self) {
        self.runs = None;
        self.ran = false;
        self.not_before = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_start_is_at_once_and_each_next_one_waits_longer() {
        let mut half = Half::new();
        let now = Instant::now();
        assert_eq!(half.down(now, 0.5), Due::Now);
        half.started(now);
        let mut waits = Vec::new();
        for _ in 0..10 {
            let Due::Ended(wait) = half.down(Instant::now(), 0.99) else { panic!("it had run") };
            assert_eq!(half.down(Instant::now(), 0.99), Due::In(wait));
            tokio::time::advance(wait).await;
            assert_eq!(half.down(Instant::now(), 0.99), Due::Now);
            half.started(Instant::now());
            waits.push(wait);
        }
        assert!(
            waits.is_sorted() && waits[9] > Duration::from_secs(20) && waits[9] <= RESTART_CEILING,
            "{waits:?}"
        );
        assert_eq!(half.restarts, 10);
        // One that stays up is forgiven.
        half.runs(Instant::now());
        tokio::time::advance(STEADY).await;
        half.runs(Instant::now());
        let Due::Ended(wait) = half.down(Instant::now(), 0.99) else { panic!("it had run") };
        assert!(wait <= RESTART_BASE, "{wait:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_found_running_has_run_and_one_that_was_stopped_comes_at_once() {
        let mut half = Half::new();
        half.runs(Instant::now());
        assert!(matches!(half.down(Instant::now(), 0.5), Due::Ended(_)));
        half.stopped();
        assert_eq!(half.down(Instant::now(), 0.5), Due::Now);
        half.started(Instant::now());
        assert_eq!(half.restarts, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_made_is_new_for_a_while_even_if_it_was_stopped() {
        let mut half = Half::new();
        assert!(!half.is_new(Instant::now()));
        half.made(Instant::now());
        half.stopped();
        assert!(half.is_new(Instant::now()));
        tokio::time::advance(STEADY).await;
        assert!(!half.is_new(Instant::now()));
    }
}
