//! Two views of how far a sample is from what was usual just before it: robust and exponential.
//!
//! The robust one measures from the median of the last hundred or so samples, in a spread joined from
//! three (median deviation, inner four fifths, and the slow mean deviation of the whole series),
//! so that none of them can be zero alone where a series mostly stands still. The exponential one
//! has no edge at which an old burst drops out. `auto` weighs both by their histories.

use super::state::{count, floats, read_floats};
use crate::stats::ordered::Ordered;
use crate::stats::welford::noise_floor;
use serde_json::{Value, json};

/// Samples of the window: between 70 and 150 it makes little difference; fewer follow every slope, more miss daily ones.
const WINDOW: usize = 128;
/// Samples before a distance means anything.
const LEAST: usize = 10;
/// The standard deviation of normal numbers in median deviations.
const NORMAL: f64 = 1.4826;
/// The inner four fifths of normal numbers are this many standard deviations wide.
const FIFTHS: f64 = 2.56;
/// The share cut off at each end for the inner four fifths.
const END: f64 = 0.1;
/// The weight of the slow spread: a mean deviation is 0.8 standard deviations, so 0.7 keeps it the smallest of the three in steady series.
const SLOW: f64 = 0.7;
/// The slow mean deviation is over at most this many samples: two weeks of minutes; shorter ones follow the day.
const LONG: f64 = 20_000.0;
/// A sample enters the sums as no farther than this many times the farthest before it: one absurd value must not blind them for months.
const FARTHER: f64 = 10.0;
/// The exponential view forgets this share at each sample: about the last thirty count.
const FORGET: f64 = 0.03;

/// Where a sample was expected: its centre and spread, and how far it is from there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distance {
    pub(super) centre: f64,
    pub(super) scale: f64,
    pub(super) z: f64,
}

/// `off`, or the farthest that counts; remembers the farthest.
fn bound(off: f64, farthest: &mut f64) -> f64 {
    let reach = if *farthest > 0.0 { FARTHER * *farthest } else { f64::INFINITY };
    let off = off.clamp(-reach, reach);
    *farthest = farthest.max(off.abs());
    off
}

/// The robust view.
#[derive(Clone, Debug)]
pub(super) struct Robust {
    window: Ordered,
    n: f64,
    mean: f64,
    deviation: f64,
    farthest: f64,
    /// Median and spread, from the rest: asked twice for each sample.
    baseline: (f64, f64),
}

impl Robust {
    pub(super) const fn new() -> Self {
        Self { window: Ordered::new(WINDOW), n: 0.0, mean: 0.0, deviation: 0.0, farthest: 0.0, baseline: (0.0, 0.0) }
    }

    /// Works out median and spread of the window.
    fn baseline(&self) -> (f64, f64) {
        let centre = self.window.median();
        let parts = [NORMAL * self.window.deviation(centre), self.window.spread(END) / FIFTHS, SLOW * self.deviation];
        let scale = parts.iter().map(|part| part * part).sum::<f64>().sqrt();
        (centre, scale.max(noise_floor(centre)))
    }

    /// How far `y` is off; `None` before there are ten samples.
    pub(super) fn distance(&self, y: f64) -> Option<Distance> {
        let (centre, scale) = self.baseline;
        (self.window.len() >= LEAST).then(|| Distance { centre, scale, z: (y - centre) / scale })
    }

    pub(super) fn learn(&mut self, y: f64) {
        if self.n <= 0.0 {
            self.mean = y;
        }
        self.n = (self.n + 1.0).min(LONG);
        let off = bound(y - self.mean, &mut self.farthest);
        self.mean += off / self.n;
        self.deviation += ((off * (1.0 - 1.0 / self.n)).abs() - self.deviation) / self.n;
        self.window.push(y);
        self.baseline = self.baseline();
    }

    /// How many samples the window holds.
    pub(super) fn len(&self) -> u64 {
        self.window.len() as u64
    }

    /// Empties the window and keeps the slow sums.
    pub(super) fn pause(&mut self) {
        self.window = Ordered::new(WINDOW);
    }

    /// The numbers of the window, oldest first.
    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        self.window.numbers()
    }

    pub(super) fn save(&self) -> Value {
        json!({"window": floats(self.window.numbers()), "slow": floats([self.n, self.mean, self.deviation, self.farthest])})
    }

    pub(super) fn restore(state: &Value) -> Option<Self> {
        let numbers = read_floats(state.get("window")?).filter(|numbers| numbers.len() <= WINDOW)?;
        let [n, mean, deviation, farthest] = read_floats(state.get("slow")?)?[..] else { return None };
        let mut window = Ordered::new(WINDOW);
        for y in numbers {
            window.push(y);
        }
        let mut own = Self { window, n, mean, deviation, farthest, baseline: (0.0, 0.0) };
        own.baseline = own.baseline();
        (n >= 0.0 && deviation >= 0.0).then_some(own)
    }

    pub(super) fn memory(&self) -> usize {
        self.window.memory()
    }
}

/// The exponential view.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent {
    n: u64,
    mean: f64,
    variance: f64,
    farthest: f64,
}

impl Recent {
    pub(super) const fn new() -> Self {
        Self { n: 0, mean: 0.0, variance: 0.0, farthest: 0.0 }
    }

    fn scale(&self) -> f64 {
        self.variance.sqrt().max(noise_floor(self.mean))
    }

    /// How far `y` is off; `None` before there are ten samples.
    pub(super) fn distance(&self, y: f64) -> Option<Distance> {
        let (centre, scale) = (self.mean, self.scale());
        (self.n >= LEAST as u64).then(|| Distance { centre, scale, z: (y - centre) / scale })
    }

    pub(super) fn learn(&mut self, y: f64) {
        if self.n == 0 {
            self.mean = y;
        }
        let share = FORGET.max(1.0 / (self.n as f64 + 1.0));
        let off = bound(y - self.mean, &mut self.farthest);
        self.mean += share * off;
        self.variance = (1.0 - share) * (self.variance + share * off * off);
        self.n += 1;
    }

    pub(super) fn save(&self) -> Value {
        json!({"n": self.n, "moments": floats([self.mean, self.variance, self.farthest])})
    }

    pub(super) fn restore(state: &Value) -> Option<Self> {
        let [mean, variance, farthest] = read_floats(state.get("moments")?)?[..] else { return None };
        let n = count(state.get("n")?)?;
        (variance >= 0.0).then_some(Self { n, mean, variance, farthest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_by_hand() {
        let mut robust = Robust::new();
        let mut recent = Recent::new();
        for i in 0..200 {
            assert_eq!(robust.distance(1.0).is_some(), i >= 10);
            let y = f64::from(i % 5);
            robust.learn(y);
            recent.learn(y);
        }
        let far = robust.distance(12.0).unwrap();
        // The median is 2, the median deviation 1, the inner four fifths 0 to 4, the mean deviation 1.2.
        let scale = (1.4826f64.powi(2) + (4.0f64 / 2.56).powi(2) + (0.7f64 * 1.2).powi(2)).sqrt();
        assert!((far.centre - 2.0).abs() < 1e-9 && (far.scale / scale - 1.0).abs() < 0.02, "{far:?} {scale}");
        let far = recent.distance(12.0).unwrap();
        assert!((far.centre - 2.0).abs() < 0.2 && (far.scale - 2f64.sqrt()).abs() < 0.1, "{far:?}");
    }

    #[test]
    fn one_absurd_value_does_not_blind() {
        let (mut robust, mut recent) = (Robust::new(), Recent::new());
        let mut y = |y: f64| {
            robust.learn(y);
            recent.learn(y);
            (robust.distance(20.0), recent.distance(20.0))
        };
        let mut last = y(2.0);
        (0..300).for_each(|i| last = y(f64::from(i % 5)));
        assert!(last.0.is_some());
        last = y(1e100);
        assert!(last.1.is_some());
        (0..600).for_each(|i| last = y(f64::from(i % 5)));
        let (robust, recent) = (last.0.unwrap(), last.1.unwrap());
        assert!(robust.z > 6.0 && recent.z > 6.0, "{robust:?} {recent:?}");
    }

    #[test]
    fn a_constant_is_never_far_from_itself() {
        let (mut robust, mut recent) = (Robust::new(), Recent::new());
        for _ in 0..300 {
            robust.learn(0.3);
            recent.learn(0.3);
        }
        let z = |y: f64| [robust.distance(y).unwrap().z, recent.distance(y).unwrap().z];
        assert!(z(0.1 + 0.2).iter().all(|z| z.abs() < 0.01));
        assert!(z(0.4).iter().all(|z| *z > 1e6));
    }
}
