//! Random numbers that are the same on every machine and in every version: SplitMix64.
//!
//! A forest must come out the same after a restart and in a replay, so the generator stands here
//! and not in a crate whose next version may draw differently. Whoever samples, shuffles or
//! invents data in the machine meets it.

/// What SplitMix64 adds at each step: the golden ratio's fraction, odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
/// 2⁻⁵³: the gap between neighbouring numbers that [`Random::unit`] gives.
const UNIT: f64 = 1.0 / (1u64 << 53) as f64;

/// Scatters the bits of `x`: close inputs give unrelated outputs.
pub const fn scatter(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A seed made of several parts; their order matters.
pub fn seed_of(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |seed, &part| scatter(seed.wrapping_add(STEP) ^ scatter(part.wrapping_add(STEP))))
}

/// A generator of random numbers; eight bytes of state, good for sampling, not for secrets.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that always draws the same numbers for the same seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        scatter(self.0)
    }

    /// A number from 0 up to, not including, 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * UNIT
    }

    /// A whole number below `n`; 0 for `n` = 0.
    ///
    /// Multiplied instead of divided (Lemire 2019). What the missing rejection step skews is at
    /// most `n` / 2⁶⁴, far below anything a sample could show.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// A number from the normal distribution with mean 0 and standard deviation 1 (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_the_published_generator() {
        // Reference values of SplitMix64 for the seed 1234567 (Vigna's splitmix64.c).
        let mut random = Random::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn draws_fill_their_range_evenly() {
        let mut random = Random::new(7);
        let mut counts = [0u32; 10];
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..100_000 {
            counts[random.below(10) as usize] += 1;
            let x = random.normal();
            sum += x;
            squares += x * x;
            assert!((0.0..1.0).contains(&random.unit()));
        }
        assert!(counts.iter().all(|&c| (9_600..10_400).contains(&c)), "{counts:?}");
        assert!((sum / 1e5).abs() < 0.02 && (squares / 1e5 - 1.0).abs() < 0.02);
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn seeds_of_other_parts_or_another_order_differ() {
        assert_ne!(seed_of(&[1, 2]), seed_of(&[2, 1]));
        assert_ne!(seed_of(&[0]), seed_of(&[0, 0]));
        assert_eq!(seed_of(&[3, 4]), seed_of(&[3, 4]));
    }
}
