//! What a series is, told from its values as they come: constant, counter, counts, ratio or any number.
//!
//! The nature decides in which form a series is judged. A counter is judged by its increments; what
//! is never negative by its square root, which makes the spread of counts and rates the same at
//! every level (Bartlett 1936, Anscombe 1948) and keeps large spikes from hiding small dips; all
//! else as it is. `auto` meets this.

use super::state::{floats, read_floats};
use serde_json::{Value, json};
use std::fmt;

/// Samples before a rise at each step may mean a counter; asked again at each doubling.
const LEAST: u64 = 30;
/// A counter falls only when it starts anew, to less than half of what it was.
const RESET: f64 = 0.5;
/// Most falls of a counter: one in fifty samples.
const FALLS: u64 = 50;

/// What a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// One value so far.
    Constant,
    /// Never falls but to start anew.
    Counter,
    /// Whole numbers, half of them zero.
    SparseCounts,
    /// Whole numbers from zero.
    Counts,
    /// From zero to one.
    Ratio,
    /// Any number from zero.
    Amount,
    /// Any number.
    Continuous,
}

impl Nature {
    /// The word of the explanation and of a saved state.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Counter => "counter",
            Self::SparseCounts => "sparse counts",
            Self::Counts => "counts",
            Self::Ratio => "ratio",
            Self::Amount => "amount",
            Self::Continuous => "continuous",
        }
    }
}

impl fmt::Display for Nature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What the values of a series so far have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traits {
    n: u64,
    zeros: u64,
    rises: u64,
    resets: u64,
    falls: u64,
    whole: bool,
    least: f64,
    most: f64,
    last: f64,
    counter: bool,
}

impl Traits {
    pub(super) const fn new() -> Self {
        Self { n: 0, zeros: 0, rises: 0, resets: 0, falls: 0, whole: true, least: 0.0, most: 0.0, last: 0.0, counter: false }
    }

    pub(super) fn learn(&mut self, x: f64) {
        if self.n == 0 {
            (self.least, self.most) = (x, x);
        } else if x > self.last {
            self.rises += 1;
        } else if x < self.last && self.last > 0.0 && x < RESET * self.last {
            self.resets += 1;
        } else if x < self.last {
            self.falls += 1;
            self.counter = false;
        }
        self.n += 1;
        self.zeros += u64::from(x.abs() <= 0.0);
        self.whole &= x.fract().abs() <= 0.0;
        (self.least, self.most, self.last) = (self.least.min(x), self.most.max(x), x);
        if self.n.is_multiple_of(LEAST) && (self.n / LEAST).is_power_of_two() {
            let rises = self.falls == 0 && self.resets * FALLS <= self.n && self.rises * 2 >= self.n;
            self.counter = rises && self.least >= 0.0;
        }
    }

    pub(super) fn nature(&self) -> Nature {
        match () {
            () if self.least >= self.most => Nature::Constant,
            () if self.counter => Nature::Counter,
            () if self.least < 0.0 => Nature::Continuous,
            () if self.whole && self.most > 1.0 && self.zeros * 2 >= self.n => Nature::SparseCounts,
            () if self.whole && self.most > 1.0 => Nature::Counts,
            () if self.most <= 1.0 => Nature::Ratio,
            () => Nature::Amount,
        }
    }

    /// Whether increments are judged.
    pub(super) const fn counts_up(&self) -> bool {
        self.counter
    }

    /// Whether nothing was ever negative, so that square roots are judged.
    pub(super) fn rooted(&self) -> bool {
        self.least >= 0.0
    }

    /// From where the step to `x` counts: the last sample, which is `passed` where that was not learned; zero where it started anew.
    pub(super) fn base(&self, x: f64, passed: Option<f64>) -> f64 {
        let last = passed.unwrap_or(self.last);
        if x < RESET * last { 0.0 } else { last }
    }

    pub(super) fn save(&self) -> Value {
        json!({
            "counts": [self.n, self.zeros, self.rises, self.resets, self.falls],
            "whole": self.whole,
            "counter": self.counter,
            "values": floats([self.least, self.most, self.last]),
        })
    }

    pub(super) fn restore(state: &Value) -> Option<Self> {
        let counts: Vec<u64> = state.get("counts")?.as_array()?.iter().map(Value::as_u64).collect::<Option<_>>()?;
        let [n, zeros, rises, resets, falls] = counts[..] else { return None };
        let [least, most, last] = read_floats(state.get("values")?)?[..] else { return None };
        let (whole, counter) = (state.get("whole")?.as_bool()?, state.get("counter")?.as_bool()?);
        Some(Self { n, zeros, rises, resets, falls, whole, least, most, last, counter })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = f64>) -> Nature {
        let mut traits = Traits::new();
        values.into_iter().for_each(|x| traits.learn(x));
        traits.nature()
    }

    #[test]
    fn each_nature_is_told() {
        let i = || (0..240).map(f64::from);
        assert_eq!(of(i().map(|_| 7.5)), Nature::Constant);
        assert_eq!(of(i().map(|i| 10.0 * i + i % 7.0)), Nature::Counter);
        assert_eq!(of(i().map(|i| 10.0 * (i % 100.0))), Nature::Counter, "it started anew twice");
        assert_eq!(of(i().map(|i| if i % 9.0 < 1.0 { i % 4.0 } else { 0.0 })), Nature::SparseCounts);
        assert_eq!(of(i().map(|i| 3.0 + (i * 7.0) % 11.0)), Nature::Counts);
        assert_eq!(of(i().map(|i| ((i * 7.0) % 11.0) / 11.0)), Nature::Ratio);
        assert_eq!(of(i().map(|i| 80.5 + (i * 7.0) % 11.0)), Nature::Amount);
        assert_eq!(of(i().map(|i| (i * 7.0) % 11.0 - 5.0)), Nature::Continuous);
    }

    #[test]
    fn one_fall_ends_a_counter_and_increments_begin_anew_at_a_reset() {
        let mut traits = Traits::new();
        (0..60).for_each(|i| traits.learn(f64::from(i) * 5.0));
        assert!(traits.counts_up());
        assert!((traits.base(302.0, None) - 295.0).abs() < 1e-12 && traits.base(4.0, None) < 1e-12);
        assert!((traits.base(302.0, Some(300.0)) - 300.0).abs() < 1e-12, "from one that was withheld");
        traits.learn(290.0);
        assert!(!traits.counts_up());
    }

    #[test]
    fn a_state_comes_back() {
        let mut traits = Traits::new();
        (0..45).for_each(|i| traits.learn(f64::from(i)));
        let again = Traits::restore(&traits.save()).unwrap();
        assert_eq!(format!("{traits:?}"), format!("{again:?}"));
        assert!(Traits::restore(&Value::Null).is_none());
    }
}
