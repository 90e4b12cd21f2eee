//! Seeded randomness in the forms the generators need.
//!
//! Only sums and products of uniform numbers: nothing here depends on a platform's mathematical
//! library, so that a seed gives the same records everywhere.

use fastrand::Rng;

/// A seeded source of randomness.
#[derive(Clone, Debug)]
pub(super) struct Dice(Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// True with the probability `p`.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.0.f64() < p
    }

    /// A whole number from `low` to before `high`.
    pub(super) fn int(&mut self, low: u32, high: u32) -> u32 {
        self.0.u32(low..high.max(low + 1))
    }

    /// A number from `low` to `high`, all alike.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.f64()
    }

    /// A bell without tails, never further than 3.46 deviations from its mean: values of which a
    /// three-sigma band flags next to none.
    pub(super) fn tame(&mut self, mean: f64, sd: f64) -> f64 {
        // The variance of a uniform number is 1/12; that of the sum of four, 1/3.
        let sum: f64 = (0..4).map(|_| self.0.f64()).sum();
        mean + (sum - 2.0) * sd * 1.732_050_807_568_877_2
    }

    /// One of `items`, all alike.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.0.usize(..items.len())]
    }

    /// The index of one of `weights`, each as likely as its weight.
    pub(super) fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.0.u32(..weights.iter().sum::<u32>().max(1));
        for (i, weight) in weights.iter().enumerate() {
            if left < *weight {
                return i;
            }
            left -= weight;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bells_have_the_mean_and_deviation_asked_for_and_no_tails() {
        let mut dice = Dice::new(1);
        let xs: Vec<f64> = (0..20_000).map(|_| dice.tame(10.0, 2.0)).collect();
        let mean = xs.iter().sum::<f64>() / xs.len() as f64;
        let variance = xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / xs.len() as f64;
        assert!((mean - 10.0).abs() < 0.1, "{mean}");
        assert!((variance.sqrt() - 2.0).abs() < 0.1, "{variance}");
        assert!(xs.iter().all(|x| (x - 10.0).abs() < 7.0));
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new(2);
        let mut counts = [0; 3];
        (0..3_000).for_each(|_| counts[dice.weighted(&[1, 0, 2])] += 1);
        assert_eq!(counts[1], 0);
        assert!((900..1_100).contains(&counts[0]), "{counts:?}");
    }
}
