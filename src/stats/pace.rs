//! When observations of a series come, and its usual step: how far apart in event time they are.
//!
//! [`Seen`] tells a gap from trouble that was withheld from learning. [`Pace`] adds the step, a mean that follows slowly and lets a gap count as a few steps at most. Detectors that measure
//! age or change by time meet it; who must know how regular the steps are takes `lengths`.

use crate::model::Timestamp;

/// An interval counts as at most so many usual ones, so that one gap does not become the usual step.
const GAP: f64 = 4.0;
/// Intervals whose plain mean is the usual one; from then on a new one has this part in it, so that a
/// new pace is followed within some hundred observations.
const SETTLED: u64 = 64;

/// When observations came, and for how long none did.
///
/// A gap is time in which nothing came. While an alert fires, what is flagged is judged and not
/// learned; to who looks only at what was learned, an hour of trouble is an hour's gap. So every
/// observation that is judged is noted, whether or not it is learned. A gap counts until one is:
/// what comes first after it may be withheld too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The latest moment.
    last: Option<Timestamp>,
    /// The moment last judged, while it is not learned.
    open: Option<Timestamp>,
    /// The longest time without any since one was learned, in milliseconds.
    pause: i64,
}

impl Seen {
    /// Of no observations.
    pub const fn new() -> Self {
        Self { last: None, open: None, pause: 0 }
    }

    /// Notes that an observation is judged. Answers whether the one judged before it was withheld from
    /// learning; asking twice about one moment withholds nothing.
    pub fn look(&mut self, at: Timestamp) -> bool {
        let withheld = self.open.is_some_and(|open| open != at);
        self.come(at);
        self.open = Some(at);
        withheld
    }

    /// Notes that an observation is learned; answers the pause before it.
    pub fn learn(&mut self, at: Timestamp) -> i64 {
        self.come(at);
        self.open = None;
        std::mem::take(&mut self.pause)
    }

    fn come(&mut self, at: Timestamp) {
        self.pause = self.pause(at);
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    /// The longest time up to `at` in which nothing came since one was learned, in milliseconds.
    pub fn pause(&self, at: Timestamp) -> i64 {
        self.pause.max(self.last.map_or(0, |last| at.since(last).get()))
    }

    /// The last moment, the one that is not learned, and the pause, in milliseconds.
    pub fn parts(&self) -> ([Option<i64>; 2], i64) {
        ([self.last, self.open].map(|at| at.map(Timestamp::as_millis)), self.pause)
    }

    /// From the parts that [`Seen::parts`] gave.
    pub fn from_parts(moments: [Option<i64>; 2], pause: i64) -> Self {
        let [last, open] = moments.map(|at| at.map(Timestamp::from_millis));
        Self { last, open, pause: pause.max(0) }
    }
}

/// When observations came, and the usual step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    seen: Seen,
    steps: u64,
    step: f64,
}

impl Pace {
    /// Of no observations.
    pub const fn new() -> Self {
        Self { seen: Seen::new(), steps: 0, step: 0.0 }
    }

    /// Notes the moment of an observation that is judged, see [`Seen::look`].
    pub fn look(&mut self, at: Timestamp) -> bool {
        self.seen.look(at)
    }

    /// Takes in the moment of an observation that is learned. One that is not later than the last makes no step.
    #[inline]
    pub fn push(&mut self, at: Timestamp) {
        let elapsed = self.seen.learn(at) as f64;
        if elapsed > 0.0 {
            self.steps += 1;
            let elapsed = if self.steps == 1 { elapsed } else { elapsed.min(GAP * self.step) };
            let share = if self.steps < SETTLED { 1.0 / self.steps as f64 } else { 1.0 / SETTLED as f64 };
            self.step += (elapsed - self.step) * share;
        }
    }

    /// Milliseconds in which nothing came, up to `at`, see [`Seen::pause`]; zero before the first and
    /// where `at` is not later. For who never looks, since the last one learned.
    #[inline]
    pub fn elapsed(&self, at: Timestamp) -> f64 {
        self.seen.pause(at) as f64
    }

    /// The usual step in milliseconds; zero before the first.
    pub const fn step(&self) -> f64 {
        self.step
    }

    /// When observations came, how many steps there were, and the usual one.
    pub const fn parts(&self) -> (Seen, u64, f64) {
        (self.seen, self.steps, self.step)
    }

    /// From the parts that [`Pace::parts`] gave; `None` where they cannot have come from there.
    pub fn from_parts(seen: Seen, steps: u64, step: f64) -> Option<Self> {
        (step.is_finite() && step >= 0.0).then_some(Self { seen, steps, step })
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
        assert!(gap.step() < 1100.0 && gap.elapsed(Timestamp::from_millis(year + 5)) < 6.0);
        let new = pace((0..200).map(|i| i * 1000).chain((0..600).map(|i| 300_000 + i * 60_000)));
        assert!((59_000.0..60_001.0).contains(&new.step()), "a new pace is followed: {}", new.step());
    }

    #[test]
    fn equal_and_backward_moments_make_no_step() {
        let steps = pace([5_000, 5_000, 4_000, 7_000]);
        assert!((steps.step() - 2_000.0).abs() < 1e-9 && steps.elapsed(Timestamp::from_millis(1)) <= 0.0);
        let (seen, count, step) = steps.parts();
        let (moments, pause) = seen.parts();
        assert_eq!(Pace::from_parts(Seen::from_parts(moments, pause), count, step), Some(steps));
        assert_eq!(Pace::from_parts(seen, 0, f64::NAN), None);
        assert!(pace([i64::MIN / 4, i64::MAX / 4, i64::MIN / 4]).step().is_finite());
    }
    #[test]
    fn what_is_withheld_is_no_gap_and_a_gap_counts_until_something_is_learned() {
        let at = Timestamp::from_millis;
        let mut steps = pace((0..100).map(|i| i * 1000));
        for i in 100..600 {
            assert_eq!(steps.look(at(i * 1000)), i > 100, "{i}");
            assert!((steps.elapsed(at(i * 1000)) - 1000.0).abs() < 1e-9);
        }
        assert!(!steps.look(at(599_000)), "the same moment asked about again");
        steps.push(at(599_000));
        assert!((steps.step() - 1000.0).abs() < 1e-6 && !steps.look(at(600_000)));
        assert!(steps.look(at(900_000)) && steps.look(at(901_000)));
        assert!((steps.elapsed(at(902_000)) - 300_000.0).abs() < 1e-9, "three hundred seconds without any");
        steps.push(at(902_000));
        assert!((steps.elapsed(at(903_000)) - 1000.0).abs() < 1e-9);
    }
}
