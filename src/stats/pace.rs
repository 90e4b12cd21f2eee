//! The usual step of a series: how far apart in event time its observations come.
//!
//! A mean that follows slowly and lets a gap count as a few steps at most. Detectors that measure
//! age or change by time meet it; who must know how regular the steps are takes `lengths`.

use crate::model::Timestamp;

/// An interval counts as at most so many usual ones, so that one gap does not become the usual step.
const GAP: f64 = 4.0;
/// Intervals whose plain mean is the usual one; from then on a new one has this part in it, so that a
/// new pace is followed within some hundred observations.
const SETTLED: u64 = 64;

/// The last moment and the usual step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    last: Option<Timestamp>,
    steps: u64,
    step: f64,
}

impl Pace {
    /// Of no observations.
    pub const fn new() -> Self {
        Self { last: None, steps: 0, step: 0.0 }
    }

    /// Takes in the moment of an observation. One that is not later than the last makes no step.
    #[inline]
    pub fn push(&mut self, at: Timestamp) {
        let elapsed = self.elapsed(at);
        if elapsed > 0.0 {
            self.steps += 1;
            let elapsed = if self.steps == 1 { elapsed } else { elapsed.min(GAP * self.step) };
            let share = if self.steps < SETTLED { 1.0 / self.steps as f64 } else { 1.0 / SETTLED as f64 };
            self.step += (elapsed - self.step) * share;
        }
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    /// Milliseconds from the last moment to `at`; zero before the first and where `at` is not later.
    #[inline]
    pub fn elapsed(&self, at: Timestamp) -> f64 {
        self.last.map_or(0.0, |last| at.since(last).get().max(0) as f64)
    }

    /// The last moment.
    pub const fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// The usual step in milliseconds; zero before the first.
    pub const fn step(&self) -> f64 {
        self.step
    }

    /// The last moment, how many steps there were, and the usual one.
    pub fn parts(&self) -> (Option<i64>, u64, f64) {
        (self.last.map(Timestamp::as_millis), self.steps, self.step)
    }

    /// From the parts that [`Pace::parts`] gave; `None` where they cannot have come from there.
    pub fn from_parts(last: Option<i64>, steps: u64, step: f64) -> Option<Self> {
        (step.is_finite() && step >= 0.0).then_some(Self { last: last.map(Timestamp::from_millis), steps, step })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(moments: impl IntoIterator<Item = i64>) -> Pace {
        let mut pace = Pace::new();
        for at in moments {
            pace.push(Timestamp::from_millis(at));
        }
        pace
    }

    #[test]
    fn the_step_is_learned_and_a_gap_is_not() {
        let year = 31_557_600_000;
        let steps = pace((0..200).map(|i| i * 1000));
        assert!((steps.step() - 1000.0).abs() < 1e-6);
        let mut gap = steps;
        gap.push(Timestamp::from_millis(year));
        assert!(gap.step() < 1100.0 && gap.last() == Some(Timestamp::from_millis(year)));
        let new = pace((0..200).map(|i| i * 1000).chain((0..600).map(|i| 300_000 + i * 60_000)));
        assert!((59_000.0..60_001.0).contains(&new.step()), "a new pace is followed: {}", new.step());
    }

    #[test]
    fn equal_and_backward_moments_make_no_step() {
        let steps = pace([5_000, 5_000, 4_000, 7_000]);
        assert!((steps.step() - 2_000.0).abs() < 1e-9 && steps.elapsed(Timestamp::from_millis(1)) <= 0.0);
        let (last, count, step) = steps.parts();
        assert_eq!(Pace::from_parts(last, count, step), Some(steps));
        assert_eq!(Pace::from_parts(None, 0, f64::NAN), None);
        assert!(pace([i64::MIN / 4, i64::MAX / 4, i64::MIN / 4]).step().is_finite());
    }
}
