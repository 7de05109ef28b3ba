//! How long what runs was not shown to be separated. One clock for every reason: an engine that refuses, an image that is
//! gone, a half that ends again and again. Pure: the clock is given.

use std::time::Duration;

use tokio::time::Instant;

use super::limits::UNVERIFIED_MAX;

/// The clock.
#[derive(Debug)]
pub(super) struct Unverified {
    /// The moment at which it has to be stopped; nothing while it is verified.
    due: Option<Due>,
}

#[derive(Clone, Copy, Debug)]
enum Due {
    Now,
    At(Instant),
}

impl Unverified {
    pub(super) fn new() -> Self {
        Self { due: None }
    }

    /// What is left of the time; nothing left, and it has to be stopped.
    pub(super) fn left(&mut self, verified: bool, now: Instant) -> Duration {
        if verified {
            self.due = None;
            return UNVERIFIED_MAX;
        }
        match *self.due.get_or_insert(Due::At(now + UNVERIFIED_MAX)) {
            Due::Now => Duration::ZERO,
            Due::At(at) => at.saturating_duration_since(now),
        }
    }

    /// It was to be stopped and was not: that is tried again without a wait.
    pub(super) fn is_due(&mut self) {
        self.due = Some(Due::Now);
    }

    /// Nothing runs.
    pub(super) fn stopped(&mut self) {
        self.due = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_counts_from_the_last_proof_and_whatever_happens_meanwhile() {
        let mut clock = Unverified::new();
        assert_eq!(clock.left(true, Instant::now()), UNVERIFIED_MAX);
        assert_eq!(clock.left(false, Instant::now()), UNVERIFIED_MAX);
        tokio::time::advance(UNVERIFIED_MAX / 2).await;
        assert_eq!(clock.left(false, Instant::now()), UNVERIFIED_MAX / 2);
        tokio::time::advance(UNVERIFIED_MAX / 2).await;
        assert!(clock.left(false, Instant::now()).is_zero());
        // It could not be stopped: it stays due.
        tokio::time::advance(UNVERIFIED_MAX).await;
        assert!(clock.left(false, Instant::now()).is_zero());
        clock.stopped();
        assert_eq!(clock.left(false, Instant::now()), UNVERIFIED_MAX);
        // A stop after a breach that failed is due at once, until it is done or proved.
        clock.is_due();
        assert!(clock.left(false, Instant::now()).is_zero());
        assert_eq!(clock.left(true, Instant::now()), UNVERIFIED_MAX);
        assert_eq!(clock.left(false, Instant::now()), UNVERIFIED_MAX);
    }
}
