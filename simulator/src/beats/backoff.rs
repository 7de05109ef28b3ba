//! Waiting between tries: longer each time, never together with the others.

use std::time::Duration;

use crate::noise::Noise;

/// Longest first wait. Filebeat's own is a second; a fleet in a test has less time.
const FIRST: Duration = Duration::from_millis(400);
/// Longest wait of all.
const CEILING: Duration = Duration::from_secs(10);

/// The waits of one connection.
#[derive(Debug)]
pub struct Backoff {
    tries: u32,
    noise: Noise,
}

impl Backoff {
    /// Waits with jitter from a stream of its own.
    pub fn new(noise: Noise) -> Self {
        Self { tries: 0, noise }
    }

    /// The next wait: between half of the step and the step, which doubles up to the ceiling.
    pub fn wait(&mut self) -> Duration {
        let step = FIRST.saturating_mul(1 << self.tries.min(10)).min(CEILING);
        self.tries = self.tries.saturating_add(1);
        step.mul_f64(self.noise.between(0.5, 1.0))
    }

    /// Begins anew, after something went well.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_at_first_then_slower_up_to_a_ceiling_and_never_the_same() {
        let mut backoff = Backoff::new(Noise::new(1));
        let first = backoff.wait();
        assert!(Duration::from_millis(200) <= first && first <= FIRST);
        let waits: Vec<Duration> = (0..20).map(|_| backoff.wait()).collect();
        assert!(waits.iter().all(|wait| *wait <= CEILING));
        assert!(waits[10..].iter().all(|wait| *wait >= CEILING / 2));
        assert_ne!(waits[10], waits[11]);
        backoff.reset();
        assert!(backoff.wait() <= FIRST);
    }
}
