//! What the detectors share: how a distance becomes a score, and which observations are judged at all.

use crate::model::Observation;
use crate::stats::welford::LARGEST;

/// Farther than this many limits away, scores no longer differ in 64 bits.
const FARTHEST: f64 = 1e8;

/// The score at the limit, for detectors that measure a distance.
pub(super) const HALF: f64 = 0.5;

/// The score of a distance given in limits: 0 at none, one half at the limit, towards 1 beyond.
///
/// r² / (1 + r²): only arithmetic that every machine rounds alike, growing as far as numbers go.
#[inline]
#[expect(clippy::manual_clamp, reason = "this makes nought of what is no number, to which a spoilt state can lead")]
pub(super) fn squash(limits: f64) -> f64 {
    let r = limits.max(0.0).min(FARTHEST);
    r * r / (1.0 + r * r)
}

/// The numbers of an observation, where there are `dims` of them (any count where `dims` is 0) and all are finite.
#[inline]
pub(super) fn judged<'a>(x: &Observation<'a>, dims: usize) -> Option<&'a [f64]> {
    let numbers = x.numbers();
    let fits = !numbers.is_empty() && (dims == 0 || numbers.len() == dims);
    (fits && numbers.iter().all(|x| x.is_finite())).then_some(numbers)
}

/// `x`, or the largest magnitude that sums of squares can bear.
#[inline]
pub(super) fn bounded(x: f64) -> f64 {
    x.clamp(-LARGEST, LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_scores_one_half_and_farther_is_odder() {
        assert!((squash(1.0) - HALF).abs() < 1e-15);
        let scores: Vec<f64> = [-1.0, 0.0, 0.5, 1.0, 2.7, 10.0, 1e6, f64::MAX].map(squash).to_vec();
        assert!(scores.windows(2).all(|pair| pair[0] <= pair[1]), "{scores:?}");
        assert!(scores.iter().all(|s| (0.0..=1.0).contains(s)), "{scores:?}");
    }

    #[test]
    fn only_finite_numbers_of_the_right_count_are_judged() {
        assert!(judged(&Observation::Numbers(&[1.0]), 0).is_some());
        assert!(judged(&Observation::Numbers(&[1.0]), 2).is_none());
        assert!(judged(&Observation::Numbers(&[f64::NAN]), 1).is_none());
        assert!(judged(&Observation::Numbers(&[]), 0).is_none());
        assert!(judged(&Observation::Category("a"), 0).is_none());
    }
}
