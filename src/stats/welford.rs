//! Mean and standard deviation in one pass, without loss of digits (Welford 1962; merging: Chan,
//! Golub, LeVeque 1979).
//!
//! The textbook formula Σx² − (Σx)²/n loses every digit of a small spread around a large mean;
//! this one does not. Baselines of detectors and the measure `stddev` meet it.

/// Numbers of larger magnitude are taken as this: its square, summed 10²⁰ times, is still finite.
pub const LARGEST: f64 = 1e140;
/// Differences below this share of a value are rounding, not change: some thousand times the last bit of a 64-bit float.
const NOISE_SHARE: f64 = 1e-12;
/// Differences below this are rounding around zero, where a share says nothing.
const NOISE: f64 = 1e-12;

/// The difference from `value` below which two numbers count as the same.
#[inline]
pub fn noise_floor(value: f64) -> f64 {
    (value.abs() * NOISE_SHARE).max(NOISE)
}

/// Count, mean and squared deviations of numbers; mergeable.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Welford {
    n: u64,
    mean: f64,
    m2: f64,
}

impl Welford {
    /// Of no numbers.
    pub const fn new() -> Self {
        Self { n: 0, mean: 0.0, m2: 0.0 }
    }

    /// From the parts that [`Welford::parts`] gave; `None` where they cannot have come from there.
    pub fn from_parts(n: u64, mean: f64, m2: f64) -> Option<Self> {
        (mean.is_finite() && m2.is_finite() && m2 >= 0.0).then_some(Self { n, mean, m2 })
    }

    /// Count, mean and the sum of squared deviations.
    pub const fn parts(&self) -> (u64, f64, f64) {
        (self.n, self.mean, self.m2)
    }

    /// Takes in one number. One that is not finite is left out; see [`LARGEST`] for huge ones.
    #[inline]
    pub fn push(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        let x = x.clamp(-LARGEST, LARGEST);
        self.n += 1;
        let delta = x - self.mean;
        self.mean += delta / self.n as f64;
        self.m2 += delta * (x - self.mean);
    }

    /// What it would be, had it taken in the numbers of `other` too.
    #[inline]
    pub fn merged(&self, other: &Self) -> Self {
        if self.n == 0 {
            return *other;
        }
        if other.n == 0 {
            return *self;
        }
        let n = self.n + other.n;
        let delta = other.mean - self.mean;
        let share = other.n as f64 / n as f64;
        Self { n, mean: self.mean + delta * share, m2: self.m2 + other.m2 + delta * delta * share * self.n as f64 }
    }

    /// As few as three numbers with the same mean and deviation, where it is of more: what comes next
    /// soon outweighs them.
    pub fn few(&self) -> [f64; 3] {
        let spread = self.stddev();
        [self.mean - spread, self.mean, self.mean + spread]
    }

    /// How many numbers.
    pub const fn count(&self) -> u64 {
        self.n
    }

    /// The mean; 0 of none.
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// The sample variance (N − 1); 0 of fewer than two.
    #[inline]
    pub fn variance(&self) -> f64 {
        if self.n < 2 { 0.0 } else { (self.m2 / (self.n - 1) as f64).max(0.0) }
    }

    /// The sample standard deviation (N − 1); 0 of fewer than two.
    #[inline]
    pub fn stddev(&self) -> f64 {
        self.variance().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(numbers: &[f64]) -> Welford {
        let mut w = Welford::new();
        for &x in numbers {
            w.push(x);
        }
        w
    }

    #[test]
    fn the_reference_case_of_the_project() {
        let w = of(&[100.0, 200.0, 300.0, 400.0, 500.0]);
        assert!((w.mean() - 300.0).abs() < 1e-12);
        assert!((w.stddev() - 158.113_883).abs() < 1e-6);
    }

    #[test]
    fn three_numbers_stand_for_many() {
        let many = of(&[1.0, 5.0, 2.0, 8.0, 4.0]);
        let few = of(&many.few());
        assert!((few.mean() - many.mean()).abs() < 1e-12 && (few.stddev() - many.stddev()).abs() < 1e-12 && few.count() == 3);
    }

    #[test]
    fn a_small_spread_around_a_large_mean_keeps_its_digits() {
        let w = of(&[1e12 + 1.0, 1e12 + 2.0, 1e12 + 3.0]);
        assert!((w.stddev() - 1.0).abs() < 1e-9, "{}", w.stddev());
    }

    #[test]
    fn nothing_that_is_not_finite_enters_and_huge_numbers_do_not_overflow() {
        let mut w = of(&[1.0, f64::NAN, f64::INFINITY, 3.0]);
        assert_eq!(w.count(), 2);
        for i in 0..1000 {
            w.push(if i % 2 == 0 { f64::MAX } else { f64::MIN });
        }
        assert!(w.mean().is_finite() && w.stddev().is_finite());
    }

    proptest! {
        #[test]
        fn equals_the_batch_formula_and_the_merge_of_any_two_parts(
            numbers in prop::collection::vec(-1e6f64..1e6, 2..100), cut in 0usize..100,
        ) {
            let w = of(&numbers);
            let n = numbers.len() as f64;
            let mean = numbers.iter().sum::<f64>() / n;
            let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
            prop_assert!((w.mean() - mean).abs() < 1e-6);
            prop_assert!((w.variance() - variance).abs() <= 1e-9 * variance.max(1.0));
            let (a, b) = numbers.split_at(cut.min(numbers.len()));
            let merged = of(a).merged(&of(b));
            prop_assert_eq!(merged.count(), w.count());
            prop_assert!((merged.mean() - w.mean()).abs() < 1e-6);
            prop_assert!((merged.variance() - w.variance()).abs() <= 1e-9 * variance.max(1.0));
        }
    }
}
