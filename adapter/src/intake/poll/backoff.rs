//! How long to wait before the next try.

use std::time::Duration;

/// Dice for waits. Nothing secret hangs on it, only that twenty printers are not asked at once.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice that fall as the seed says, so that tests repeat.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A duration from zero to this one, evenly.
    pub(super) fn up_to(&mut self, max: Duration) -> Duration {
        // SplitMix64; the upper 32 bits make a fraction that `f64` holds exactly.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let [a, b, c, d, ..] = (mixed ^ (mixed >> 31)).to_be_bytes();
        max.mul_f64(f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX))
    }
}

/// Exponential backoff with full jitter: a wait between nothing and a bound that doubles up to a ceiling.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
    ceiling: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_secs(1);
    /// A printer that is switched on is seen within two of its intervals, but for these bounds: a call costs a printer
    /// that is off nothing, and the network next to nothing.
    const CEILING_LOWEST: Duration = Duration::from_secs(10);
    pub(super) const CEILING: Duration = Duration::from_secs(60);
    /// Full jitter may say zero, and zero again and again is a tight loop.
    const FLOOR: Duration = Duration::from_millis(200);

    /// For a printer that is asked at this interval.
    pub(super) fn new(interval: Duration) -> Self {
        Self { failures: 0, ceiling: (interval * 2).clamp(Self::CEILING_LOWEST, Self::CEILING) }
    }

    /// Things work again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure.
    pub(super) fn next(&mut self, dice: &mut Dice) -> Duration {
        let bound = Self::FIRST.saturating_mul(1 << self.failures.min(10)).min(self.ceiling);
        self.failures = self.failures.saturating_add(1);
        dice.up_to(bound).max(Self::FLOOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_bounded_spread_and_grow_to_the_ceiling() {
        let mut dice = Dice::new(7);
        for (interval, ceiling) in [(1, 10), (5, 10), (20, 40), (600, 60)] {
            let mut longest = [Duration::ZERO; 12];
            for _ in 0..200 {
                let mut backoff = Backoff::new(Duration::from_secs(interval));
                for longest in &mut longest {
                    *longest = backoff.next(&mut dice).max(*longest);
                }
            }
            let ceiling = Duration::from_secs(ceiling);
            assert!(longest[0] <= Backoff::FIRST && longest[0] > Backoff::FIRST / 2);
            assert!(longest[2] <= Backoff::FIRST * 4 && longest[2] > Backoff::FIRST * 2);
            assert!(longest[11] <= ceiling && longest[11] > ceiling.mul_f64(0.9));
        }
        assert!((0..200).all(|_| Backoff::new(Duration::ZERO).next(&mut dice) >= Backoff::FLOOR));
    }
}
