//! A level and a spread that no single number moves far.
//!
//! Sixteen bytes of numbers and two counters: for detectors that hold one for each member of a
//! group. The detectors `change-point`, `peers` and `vote` meet it.

use super::welford::{LARGEST, noise_floor};

/// Spreads beyond which a number pulls no harder.
const CLIP: f64 = 3.0;
/// The first numbers are all believed: there is nothing yet to doubt them by.
const FIRST: u32 = 8;
/// From so many far numbers in a row on, each doubles the pull: a new level, not a spike.
const WILD: u32 = 6;
/// Doublings after which anything is learned: from the last bit of a float to its largest.
const WILD_MOST: u32 = 1_000;
/// Mean absolute deviation to standard deviation, of a normal distribution.
const OF_MEAN: f64 = 1.253_314_137;

/// Level and spread of the last numbers, later ones weighing more.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Steady {
    level: f64,
    spread: f64,
    n: u32,
    wild: u32,
}

impl Steady {
    /// One that starts from what is known already, as if from `n` numbers.
    pub fn of(level: f64, spread: f64, n: u32) -> Self {
        Self { level: level.clamp(-LARGEST, LARGEST), spread: spread.clamp(0.0, LARGEST), n, wild: 0 }
    }

    /// Numbers taken in, counted up to some 4 billion.
    pub fn count(&self) -> u32 {
        self.n
    }

    /// The level; 0 of none.
    pub fn level(&self) -> f64 {
        self.level
    }

    /// The standard deviation around it, never below what rounding can do.
    pub fn spread(&self) -> f64 {
        self.spread.max(noise_floor(self.level))
    }

    /// Takes in a finite number; `most` is how many the level rests on at most.
    pub fn push(&mut self, x: f64, most: f64) {
        let x = x.clamp(-LARGEST, LARGEST);
        self.n = self.n.saturating_add(1);
        if self.n == 1 {
            self.level = x;
            return;
        }
        let (rest, scale) = (x - self.level, self.spread());
        self.wild = if rest.abs() > CLIP * scale { (self.wild + 1).min(WILD_MOST) } else { self.wild / 2 };
        let more = if self.n <= FIRST { LARGEST } else { f64::from(self.wild.saturating_sub(WILD)).exp2() };
        let reach = (CLIP * scale * more).min(LARGEST);
        let (rest, rate) = (rest.clamp(-reach, reach), 1.0 / f64::from(self.n).min(most));
        self.level += rate * rest;
        self.spread += rate * (OF_MEAN * rest.abs() - self.spread);
    }

    /// As [`Steady::push`], but many far numbers in a row pull no harder: what moves slowly away is then seen to.
    pub fn follow(&mut self, x: f64, most: f64) {
        self.wild = 0;
        self.push(x, most);
    }

    /// What comes next is usual, whatever it is.
    pub fn accept(&mut self) {
        self.n = self.n.min(FIRST / 2);
    }

    /// All it knows: two counts and two finite numbers.
    pub fn save(&self) -> ([u32; 2], [f64; 2]) {
        ([self.n, self.wild], [self.level, self.spread])
    }

    /// What [`Steady::save`] gave; `None` where it cannot have come from there.
    pub fn restore([n, wild]: [u32; 2], [level, spread]: [f64; 2]) -> Option<Self> {
        (level.is_finite() && spread.is_finite() && spread >= 0.0).then_some(Self { level, spread, n, wild })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    #[test]
    fn spikes_hardly_move_it_and_a_new_level_does() {
        let (mut steady, mut random) = (Steady::default(), Random::new(1));
        for i in 0..2000 {
            steady.push(if i % 40 == 39 { 1e6 } else { 10.0 + random.normal() }, 300.0);
        }
        assert!((steady.level() - 10.0).abs() < 0.5, "{steady:?}");
        assert!(steady.spread() < 1.6, "{steady:?}");
        for _ in 0..1000 {
            steady.push(50.0 + random.normal(), 300.0);
        }
        assert!((steady.level() - 50.0).abs() < 3.0, "{steady:?}");
    }

    #[test]
    fn nothing_overflows_and_it_comes_back_as_it_was() {
        let mut steady = Steady::default();
        for i in 0..100_000 {
            steady.push(if i % 2 == 0 { f64::MAX } else { f64::MIN }, 300.0);
            assert!(steady.level().is_finite() && steady.spread().is_finite());
        }
        let (counts, numbers) = steady.save();
        assert_eq!(Steady::restore(counts, numbers), Some(steady));
        assert_eq!(Steady::restore(counts, [f64::NAN, 1.0]), None);
    }
}
