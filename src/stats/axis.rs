//! One dimension of a cloud of points: where its middle lies, how wide it is, what is outside.
//!
//! Detectors that judge several numbers at once meet it to say which of them is off, and how.

use super::rank::{median, quantile};
use super::welford::noise_floor;
use crate::model::Band;

/// A value outside these quantiles of its own dimension is odd alone, not as a combination.
const ALONE: (f64, f64) = (0.01, 0.99);
/// The quantiles that lie one standard deviation from the median of a normal distribution.
const ONE_SIGMA: (f64, f64) = (0.158_655, 0.841_345);

/// What is known of one dimension of the history.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The median.
    pub median: f64,
    /// One standard deviation, were it normal.
    pub scale: f64,
    /// A value outside is odd alone.
    pub alone: Band,
    /// All values of the history.
    pub range: Band,
}

impl Axis {
    /// Of the numbers in `column`.
    pub fn new(mut column: Vec<f64>) -> Self {
        let middle = median(&mut column).unwrap_or_default();
        let mut at = |q| quantile(&mut column, q).unwrap_or(middle);
        let spread = (at(ONE_SIGMA.1) - at(ONE_SIGMA.0)) / 2.0;
        let range = Band::new(at(0.0), at(1.0));
        let alone = Band::new(at(ALONE.0), at(ALONE.1));
        Self { median: middle, scale: spread.max(noise_floor(middle)), alone, range }
    }

    /// How far `x` is from the median, in standard deviations.
    pub fn distance(&self, x: f64) -> f64 {
        (x - self.median).abs() / self.scale
    }

    /// From the lowest to the highest value.
    pub fn width(&self) -> f64 {
        self.range.high - self.range.low
    }

    /// How likely one random cut between the history and `x` parts the two: 0 within the history,
    /// towards 1 far outside. Rounding is not outside. `None` where no cut is possible.
    pub fn parts(&self, x: f64) -> Option<f64> {
        let gap = (x - self.range.high).max(self.range.low - x).max(0.0);
        let gap = if gap > noise_floor(self.median) { gap } else { 0.0 };
        let width = self.width() + gap;
        (width > 0.0).then(|| gap / width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_knows_its_middle_and_what_is_outside() {
        let axis = Axis::new((0..=100).map(f64::from).collect());
        assert!((axis.median - 50.0).abs() < 1e-12 && (axis.width() - 100.0).abs() < 1e-12);
        assert!((axis.scale - 34.134_5).abs() < 1e-3, "{}", axis.scale);
        assert!(axis.alone.contains(2.0) && !axis.alone.contains(0.5));
        assert_eq!(axis.parts(50.0), Some(0.0));
        assert!((axis.parts(200.0).unwrap() - 0.5).abs() < 1e-12);
        assert!((axis.distance(50.0 - axis.scale) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_constant_axis_parts_nothing_but_what_differs() {
        let axis = Axis::new(vec![5.0; 9]);
        assert_eq!(axis.parts(5.0), None);
        assert!((axis.parts(6.0).unwrap() - 1.0).abs() < 1e-12);
    }
}
