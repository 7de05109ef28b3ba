//! How long what runs was not shown to be separated. One clock for every reason: an engine that refuses, an image that is
//! gone or takes minutes to be loaded, a half that ends again and again. It begins with the supervisor, since a killed one may
//! have left the halves running, and it is heard beside whatever the supervisor is waiting for.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::limits::{PASS_INTERVAL, UNVERIFIED_MAX};

/// The clock. All its clones are one.
#[derive(Clone, Debug)]
pub(super) struct Unverified {
    /// The moment at which it has to be stopped; nothing while nothing runs.
    due: watch::Sender<Option<Due>>,
}

#[derive(Clone, Copy, Debug)]
enum Due {
    Now,
    At(Instant),
}

impl Unverified {
    /// Something may run, and nobody has shown anything of it.
    pub(super) fn new(now: Instant) -> Self {
        Self { due: watch::Sender::new(Some(Due::after(now))) }
    }

    /// What is left of the time since the proof, if there is one; nothing left, and it has to be stopped.
    pub(super) fn left(&self, proof: Option<Instant>, now: Instant) -> Duration {
        if let Some(proof) = proof {
            self.due.send_replace(Some(Due::after(proof)));
        } else {
            self.runs(now);
        }
        match *self.due.borrow() {
            None => UNVERIFIED_MAX,
            Some(Due::Now) => Duration::ZERO,
            Some(Due::At(at)) => at.saturating_duration_since(now),
        }
    }

    /// Something is started: it counts from now on, unless it counted already.
    pub(super) fn runs(&self, now: Instant) {
        self.due.send_if_modified(|due| {
            let counts = due.is_some();
            due.get_or_insert(Due::after(now));
            !counts
        });
    }

    /// It was to be stopped and was not: that is tried again without a wait.
    pub(super) fn is_due(&self) {
        self.due.send_replace(Some(Due::Now));
    }

    /// Nothing runs.
    pub(super) fn stopped(&self) {
        self.due.send_replace(None);
    }

    /// Until what runs has to be stopped. `runs` says whether anything does, as far as is known; where nothing does, it counts
    /// anew, since something may be started at this moment.
    pub(super) async fn overdue(&self, runs: impl AsyncFn() -> Option<bool>) {
        loop {
            self.until_due().await;
            if runs().await != Some(false) {
                return;
            }
            self.due.send_replace(Some(Due::after(Instant::now())));
        }
    }

    /// Does some work, and has what runs stopped as soon as that has to be. `stop` says whether nothing runs any more.
    pub(super) async fn meanwhile<T>(
        &self,
        work: impl Future<Output = T>,
        stop: impl AsyncFn() -> bool,
    ) -> T {
        let stops = async || -> Infallible {
            loop {
                self.until_due().await;
                if stop().await {
                    self.due.send_replace(Some(Due::after(Instant::now())));
                } else {
                    sleep(PASS_INTERVAL).await;
                }
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            never = stops() => match never {},
        }
    }

    async fn until_due(&self) {
        let mut due = self.due.subscribe();
        loop {
            let now = *due.borrow_and_update();
            // The clock is here, so its other end is too.
            match now {
                Some(Due::Now) => return,
                Some(Due::At(at)) => {
                    if timeout_at(at, due.changed()).await.is_err() {
                        return;
                    }
                }
                None => {
                    let _ = due.changed().await;
                }
            }
        }
    }
}

impl Due {
    fn after(now: Instant) -> Self {
        Self::At(now + UNVERIFIED_MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Mutex;

    use tokio::time::{advance, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_counts_from_the_last_proof_and_whatever_happens_meanwhile() {
        let clock = Unverified::new(Instant::now());
        let proof = Instant::now();
        assert_eq!(clock.left(Some(proof), Instant::now()), UNVERIFIED_MAX);
        // What was shown before is no new proof, however often it is asked for.
        for seconds in [59, 1] {
            advance(Duration::from_secs(seconds)).await;
            assert_eq!(clock.left(Some(proof), Instant::now()), UNVERIFIED_MAX - proof.elapsed());
        }
        assert_eq!(clock.left(Some(Instant::now()), Instant::now()), UNVERIFIED_MAX);
        assert_eq!(clock.left(None, Instant::now()), UNVERIFIED_MAX);
        advance(UNVERIFIED_MAX / 2).await;
        assert_eq!(clock.left(None, Instant::now()), UNVERIFIED_MAX / 2);
        clock.runs(Instant::now());
        advance(UNVERIFIED_MAX / 2).await;
        assert!(clock.left(None, Instant::now()).is_zero());
        // It could not be stopped: it stays due.
        advance(UNVERIFIED_MAX).await;
        assert!(clock.left(None, Instant::now()).is_zero());
        clock.stopped();
        assert_eq!(clock.left(None, Instant::now()), UNVERIFIED_MAX);
        // A stop after a breach that failed is due at once, until it is done or proved.
        clock.is_due();
        assert!(clock.left(None, Instant::now()).is_zero());
        assert_eq!(clock.left(Some(Instant::now()), Instant::now()), UNVERIFIED_MAX);
        assert_eq!(clock.left(None, Instant::now()), UNVERIFIED_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn it_begins_with_the_supervisor_and_no_wait_holds_it_up() {
        let (start, clock) = (Instant::now(), Unverified::new(Instant::now()));
        advance(UNVERIFIED_MAX / 4).await;
        // The engine takes the second stop only.
        let stops = Mutex::new(Vec::new());
        let stop = async || {
            let mut stops = stops.lock().unwrap();
            stops.push(start.elapsed());
            stops.len() > 1
        };
        assert!(
            timeout(UNVERIFIED_MAX, clock.meanwhile(pending::<()>(), &stop)).await.is_err(),
            "it waits for ever"
        );
        clock.meanwhile(sleep(UNVERIFIED_MAX * 2), &stop).await;
        let second = UNVERIFIED_MAX + PASS_INTERVAL;
        // And again later, since somebody may have started one by hand.
        let expected = [UNVERIFIED_MAX, second, second + UNVERIFIED_MAX, second + UNVERIFIED_MAX * 2];
        let found: Vec<_> = stops.lock().unwrap().iter().map(Duration::as_secs).collect();
        assert_eq!(found, expected.map(|at| at.as_secs()));
        // What comes after the wait is given no time of its own.
        let clock = Unverified::new(Instant::now());
        clock.meanwhile(sleep(UNVERIFIED_MAX), async || false).await;
        assert!(clock.left(None, Instant::now()).is_zero());
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_takes_long_is_left_where_something_runs() {
        let clock = Unverified::new(Instant::now());
        let overdue = async |runs: Option<bool>, within: Duration| {
            timeout(within, clock.overdue(async || runs)).await.is_ok()
        };
        let second = Duration::from_secs(1);
        assert!(!overdue(Some(true), UNVERIFIED_MAX - second).await);
        assert!(overdue(Some(true), second * 2).await);
        // An engine that does not say so is no proof that nothing does.
        assert!(overdue(None, second).await);
        // An image may take ten minutes while nothing runs; what is started in the end has its two.
        assert!(!overdue(Some(false), UNVERIFIED_MAX * 5).await);
        clock.stopped();
        assert!(!overdue(Some(true), UNVERIFIED_MAX * 5).await);
        clock.runs(Instant::now());
        assert!(!overdue(Some(true), UNVERIFIED_MAX - second).await);
        assert!(overdue(Some(true), second * 2).await);
        // A proof that comes meanwhile.
        clock.left(Some(Instant::now()), Instant::now());
        assert!(!overdue(Some(true), UNVERIFIED_MAX - second).await);
    }
}
