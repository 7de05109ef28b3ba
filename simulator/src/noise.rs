//! Seeded randomness: the same seed makes the same fleet, so a demo that went wrong can be run again.

/// A SplitMix64 stream. It decides sensor noise, phases and jitter; nothing secret is ever made from it.
#[derive(Clone, Debug)]
pub struct Noise(u64);

impl Noise {
    /// A stream from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for a part, such as one printer: streams of near seeds are not alike.
    pub fn split(seed: u64, part: &str) -> Self {
        let mixed = part.bytes().fold(seed, |hash, byte| Self(hash ^ u64::from(byte)).bits());
        Self(mixed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, 1.
    pub fn unit(&mut self) -> f64 {
        // 53 bits: every value a double can hold between 0 and 1 at equal steps.
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number between two bounds.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number from `low` up to, not including, `high`; `low` when the range is empty.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        let width = u64::from(high.saturating_sub(low).max(1));
        low + u32::try_from(self.bits() % width).unwrap_or(0)
    }

    /// Sensor noise around 0, never further than three times `sigma`.
    pub fn around_zero(&mut self, sigma: f64) -> f64 {
        // The sum of four uniforms is bell-shaped enough; its own deviation is 1/√3.
        let sum: f64 = (0..4).map(|_| self.unit() - 0.5).sum();
        (sum * 3f64.sqrt()).clamp(-3.0, 3.0) * sigma
    }

    /// One of several; `None` of none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let count = u32::try_from(of.len()).unwrap_or(u32::MAX);
        of.get(self.whole(0, count) as usize)
    }

    /// A version-4-shaped UUID, as Beats name their agents by.
    pub fn uuid(&mut self) -> String {
        let bits = u128::from(self.bits()) << 64 | u128::from(self.bits());
        let hex = format!("{bits:032x}");
        let (a, b, c, d) = (&hex[..8], &hex[8..12], &hex[13..16], &hex[17..20]);
        format!("{a}-{b}-4{c}-a{d}-{}", &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_stream_and_another_part_is_not() {
        let draw = |mut noise: Noise| [noise.bits(), noise.bits()];
        assert_eq!(draw(Noise::split(7, "p01")), draw(Noise::split(7, "p01")));
        assert_ne!(draw(Noise::split(7, "p01")), draw(Noise::split(7, "p02")));
    }

    #[test]
    fn draws_stay_in_their_bounds() {
        let mut noise = Noise::new(1);
        for _ in 0..10_000 {
            assert!((2.0..3.0).contains(&noise.between(2.0, 3.0)));
            assert!((5..9).contains(&noise.whole(5, 9)));
            assert!(noise.around_zero(1.0).abs() <= 3.0);
        }
        assert_eq!(noise.uuid().len(), 36);
    }
}
