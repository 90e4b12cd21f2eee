//! Mean and spread of numbers that lose weight with age.
//!
//! Every number weighs one when it comes and half of that a half-life later, whatever came in
//! between; irregular steps and gaps need no care of their own. An incremental form of the weighted
//! moments (West 1979), so that a small spread around a large mean keeps its digits. Detectors that
//! forget by time meet it.

use super::welford::{LARGEST, noise_floor};

/// Weights below 2⁻⁶⁰ are nothing beside one: no bit of a sum would change.
const FARTHEST: f64 = 60.0;
/// Farther than this many deviations off, a number pulls no more than one that far: four deviations hold
/// all but one in ten thousand numbers of a bell curve, so usual numbers are hardly ever cut.
const REACH: f64 = 4.0;
/// Doublings after which nothing is cut any more: 2¹⁰²³ is the largest power that is finite.
const DOUBLINGS_MAX: u32 = 1_000;

/// 2⁻ˣ for x from 0 on, with the same bits on every machine; exact to eight digits.
pub fn halved(x: f64) -> f64 {
    let x = if x > 0.0 { x.min(FARTHEST) } else { return 1.0 };
    let halvings = (x + 0.5) as u32;
    let whole = f64::from(halvings);
    // e to the power of r, which is between −0.35 and 0.35, by its series.
    let r = (whole - x) * std::f64::consts::LN_2;
    let series = 1.0 + r * (1.0 + r / 2.0 * (1.0 + r / 3.0 * (1.0 + r / 4.0 * (1.0 + r / 5.0 * (1.0 + r / 6.0 * (1.0 + r / 7.0))))));
    series / (1u64 << halvings) as f64
}

/// Mean, squared deviations and weight of ageing numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Decayed {
    weight: f64,
    mean: f64,
    m2: f64,
    /// The standard deviation, worked out once for each number.
    stddev: f64,
    /// How many numbers in a row were cut.
    cut: u32,
}

impl Decayed {
    /// Of no numbers.
    pub const fn new() -> Self {
        Self { weight: 0.0, mean: 0.0, m2: 0.0, stddev: 0.0, cut: 0 }
    }

    /// From the parts that [`Decayed::parts`] gave; `None` where they cannot have come from there.
    pub fn from_parts(parts: &[f64]) -> Option<Self> {
        let &[weight, mean, m2, cut] = parts else { return None };
        let fits = weight >= 0.0 && mean.is_finite() && m2 >= 0.0 && (0.0..=f64::from(DOUBLINGS_MAX)).contains(&cut);
        let mut found = Self { weight, mean, m2, stddev: 0.0, cut: cut as u32 };
        found.settle();
        (fits && weight.is_finite() && m2.is_finite()).then_some(found)
    }

    #[inline]
    fn settle(&mut self) {
        self.stddev = if self.weight > 0.0 { (self.m2 / self.weight).max(0.0).sqrt() } else { 0.0 };
    }

    /// All it knows.
    pub fn parts(&self) -> [f64; 4] {
        [self.weight, self.mean, self.m2, f64::from(self.cut)]
    }

    /// Takes weight from all that came so far.
    pub fn age(&mut self, factor: f64) {
        self.weight *= factor;
        self.m2 *= factor;
    }

    /// Takes in one number as it is. One that is not finite is left out; one too large is taken as [`LARGEST`].
    #[inline]
    pub fn push(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        let x = x.clamp(-LARGEST, LARGEST);
        self.weight += 1.0;
        let delta = x - self.mean;
        self.mean += delta / self.weight;
        self.m2 += delta * (x - self.mean);
        self.settle();
    }

    /// Takes in one number whose pull is bounded: beyond four deviations it counts as one there.
    ///
    /// The bound doubles with each number in a row that exceeds it. So a single odd number, however
    /// large, hardly moves mean and spread, and a level that stays is learned: ten in a row may pull
    /// a thousand times as far.
    #[inline]
    pub fn push_bounded(&mut self, x: f64) {
        let doubled = if self.cut == 0 { 1.0 } else { 2f64.powi(self.cut as i32) };
        let reach = REACH * self.stddev.max(noise_floor(self.mean)) * doubled;
        let cut = x.clamp(self.mean - reach, self.mean + reach);
        let same = (x - cut).abs() <= 0.0;
        self.cut = if same { 0 } else { (self.cut + 1).min(DOUBLINGS_MAX) };
        self.push(cut);
    }

    /// Lets the next numbers pull as far as they lie, and makes all that came so far weigh no more than `weight`.
    pub fn loosen(&mut self, weight: f64) {
        self.cut = DOUBLINGS_MAX;
        if self.weight > weight {
            self.age(weight / self.weight);
            self.settle();
        }
    }

    /// What all numbers together weigh: as much as that many new ones.
    pub const fn weight(&self) -> f64 {
        self.weight
    }

    /// The mean; 0 of none.
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// The standard deviation; 0 of none. Age does not change it.
    pub const fn stddev(&self) -> f64 {
        self.stddev
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_odd_number_moves_little_and_ten_in_a_row_move_all() {
        let mut moments = Decayed::new();
        for i in 0..200 {
            moments.age(halved(1.0 / 50.0));
            moments.push_bounded(f64::from(i % 3));
        }
        let before = moments;
        moments.push_bounded(1e9);
        assert!((moments.mean() - before.mean()).abs() < 0.2 && moments.stddev() < 2.0 * before.stddev());
        for _ in 0..40 {
            moments.age(halved(1.0 / 50.0));
            moments.push_bounded(1e9);
        }
        assert!(moments.mean() > 1e8, "{moments:?}");
        let mut told = before;
        told.loosen(3.0);
        told.push_bounded(1e9);
        assert!(told.mean() > 2e8, "{told:?}");
    }

    #[test]
    fn nothing_that_is_not_finite_enters_and_huge_numbers_do_not_overflow() {
        let mut moments = Decayed::new();
        moments.push(f64::NAN);
        for i in 0..100_000 {
            moments.age(0.99);
            moments.push_bounded(if i % 2 == 0 { f64::MAX } else { f64::MIN });
        }
        assert!(moments.mean().is_finite() && moments.stddev().is_finite() && moments.weight() < 101.0);
        assert_eq!(Decayed::from_parts(&moments.parts()), Some(moments));
        assert_eq!(Decayed::from_parts(&[f64::NAN, 0.0, 0.0, 0.0]), None);
        assert_eq!(Decayed::from_parts(&[1.0, 0.0]), None);
    }

    proptest! {
        #[test]
        fn halving_is_the_power_of_two(x in 0.0f64..60.0) {
            prop_assert!((halved(x) / (-x).exp2() - 1.0).abs() < 1e-8);
        }

        #[test]
        fn equals_the_weighted_sums(values in prop::collection::vec((-1e3f64..1e3, 0.0f64..3.0), 1..60)) {
            let mut moments = Decayed::new();
            let mut all: Vec<(f64, f64)> = Vec::new();
            for &(x, age) in &values {
                moments.age(halved(age));
                moments.push(x);
                for (weight, _) in &mut all { *weight *= halved(age); }
                all.push((1.0, x));
            }
            let weight: f64 = all.iter().map(|(w, _)| w).sum();
            let mean = all.iter().map(|(w, x)| w * x).sum::<f64>() / weight;
            let variance = all.iter().map(|(w, x)| w * (x - mean).powi(2)).sum::<f64>() / weight;
            prop_assert!((moments.weight() - weight).abs() < 1e-9);
            prop_assert!((moments.mean() - mean).abs() < 1e-6);
            prop_assert!((moments.stddev() - variance.sqrt()).abs() < 1e-5);
        }
    }
}
