//! The last 24 hours of a series as a sketch: histogram and percentiles.
//!
//! One slice for each hour, so that old values leave; all share one list of bins, which is kept
//! short by joining neighbours (as in `stats/ddsketch`). A series whose values lie close together
//! keeps narrow bins, a series of many decades wide ones.

use super::spread::Spread;
use crate::stats::ddsketch::{coarser, edges_of, key_of};

/// Bins of a series: about as many as a histogram has columns. With 24 hours of small counts
/// this makes 4 KiB.
const BINS: usize = 64;
/// Low bits of a number that do not choose its bin at first: bins are 15 parts in a million wide.
const FIRST_SHIFT: u32 = 36;
/// The length of a slice.
const HOUR: i64 = 3_600_000;
/// Slices kept.
pub const HOURS: i64 = 24;

/// Counts of one slice: two bytes each while they suffice.
#[derive(Clone, Debug)]
enum Counts {
    Small(Vec<u16>),
    Large(Vec<u32>),
}

impl Counts {
    fn get(&self, i: usize) -> u32 {
        match self {
            Self::Small(c) => c.get(i).copied().map_or(0, u32::from),
            Self::Large(c) => c.get(i).copied().unwrap_or(0),
        }
    }

    fn add(&mut self, i: usize, n: u32) {
        let sum = self.get(i).saturating_add(n);
        match self {
            Self::Large(c) => c[i] = sum,
            Self::Small(c) => {
                if let Ok(small) = u16::try_from(sum) {
                    c[i] = small;
                } else {
                    let mut large: Vec<u32> = c.iter().copied().map(u32::from).collect();
                    large[i] = sum;
                    *self = Self::Large(large);
                }
            }
        }
    }

    fn insert(&mut self, i: usize) {
        match self {
            Self::Small(c) => c.insert(i, 0),
            Self::Large(c) => c.insert(i, 0),
        }
    }

    fn remove(&mut self, i: usize) -> u32 {
        match self {
            Self::Small(c) => u32::from(c.remove(i)),
            Self::Large(c) => c.remove(i),
        }
    }

    fn heap(&self) -> usize {
        match self {
            Self::Small(c) => c.capacity() * size_of::<u16>(),
            Self::Large(c) => c.capacity() * size_of::<u32>(),
        }
    }
}

#[derive(Clone, Debug)]
struct Slice {
    hour: i64,
    min: f64,
    max: f64,
    counts: Counts,
}

/// The values of the last 24 hours of event time.
#[derive(Clone, Debug)]
pub struct Day {
    shift: u32,
    keys: Vec<i32>,
    /// By time, the newest last.
    slices: Vec<Slice>,
}

impl Day {
    /// Of nothing.
    pub fn new() -> Self {
        Self { shift: FIRST_SHIFT, keys: Vec::new(), slices: Vec::new() }
    }

    /// Takes a value at `at`; one of 24 hours before the newest is let go.
    pub fn add(&mut self, at: i64, x: f64) {
        let Some(slice) = self.slice(at.div_euclid(HOUR)) else { return };
        let bin = self.bin(key_of(x + 0.0, self.shift), x);
        let slice = &mut self.slices[slice];
        slice.min = slice.min.min(x);
        slice.max = slice.max.max(x);
        slice.counts.add(bin, 1);
    }

    fn slice(&mut self, hour: i64) -> Option<usize> {
        let newest = self.slices.last().map(|s| s.hour);
        if newest == Some(hour) {
            return Some(self.slices.len() - 1);
        }
        let after_newest = newest.is_none_or(|n| n < hour);
        if after_newest {
            self.slices.retain(|s| s.hour > hour - HOURS);
        } else if newest.is_some_and(|n| hour <= n - HOURS) {
            return None;
        }
        let i = self.slices.partition_point(|s| s.hour < hour);
        if self.slices.get(i).is_none_or(|s| s.hour != hour) {
            let counts = Counts::Small(vec![0; self.keys.len()]);
            self.slices.insert(i, Slice { hour, min: f64::INFINITY, max: f64::NEG_INFINITY, counts });
        }
        Some(i)
    }

    fn bin(&mut self, key: i32, x: f64) -> usize {
        match self.keys.binary_search(&key) {
            Ok(i) => i,
            Err(i) if self.keys.len() < BINS => {
                self.keys.insert(i, key);
                self.slices.iter_mut().for_each(|s| s.counts.insert(i));
                i
            }
            Err(_) => {
                self.make_room();
                self.bin(key_of(x + 0.0, self.shift), x)
            }
        }
    }

    /// Lets empty bins go; where there are none, joins neighbours until there is room.
    fn make_room(&mut self) {
        for i in (0..self.keys.len()).rev() {
            if self.slices.iter().all(|s| s.counts.get(i) == 0) {
                self.keys.remove(i);
                for slice in &mut self.slices {
                    slice.counts.remove(i);
                }
            }
        }
        while self.keys.len() >= BINS {
            self.shift += 1;
            self.keys.iter_mut().for_each(|k| *k = coarser(*k, 1));
            for i in (1..self.keys.len()).rev() {
                if self.keys[i] == self.keys[i - 1] {
                    self.join(i);
                }
            }
        }
    }

    /// Adds bin `i` to the one before it.
    fn join(&mut self, i: usize) {
        self.keys.remove(i);
        for slice in &mut self.slices {
            let n = slice.counts.remove(i);
            slice.counts.add(i - 1, n);
        }
    }

    /// All values as stretches with counts.
    pub fn spread(&self) -> Spread {
        let min = self.slices.iter().fold(f64::INFINITY, |m, s| m.min(s.min));
        let max = self.slices.iter().fold(f64::NEG_INFINITY, |m, s| m.max(s.max));
        let mut spread = Spread::new();
        for (i, &key) in self.keys.iter().enumerate() {
            let n: u64 = self.slices.iter().map(|s| u64::from(s.counts.get(i))).sum();
            let (near, far) = edges_of(key, self.shift);
            let (low, high) = if key == 0 { (-far, far) } else { (near.min(far), near.max(far)) };
            spread.add(low.clamp(min, max.max(min)), high.clamp(min, max.max(min)), n);
        }
        spread
    }

    /// Bytes it holds.
    pub fn heap(&self) -> usize {
        let slices: usize = self.slices.iter().map(|s| s.counts.heap()).sum();
        self.keys.capacity() * size_of::<i32>() + self.slices.capacity() * size_of::<Slice>() + slices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_leave_after_a_day() {
        let mut day = Day::new();
        for hour in 0..48 {
            day.add(hour * HOUR + 5, hour as f64);
        }
        assert_eq!(day.spread().total(), 24);
        day.add(0, 1.0);
        assert_eq!(day.spread().total(), 24, "too late for today");
        day.add(30 * HOUR, 1.0);
        assert_eq!(day.spread().total(), 25);
    }

    #[test]
    fn close_values_keep_narrow_bins_and_wide_ones_stay_small() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut narrow = Day::new();
        let mut wide = Day::new();
        for i in 0..86_400i64 {
            narrow.add(i * 1_000, 300.0 + rng.f64());
            wide.add(i * 1_000, (rng.f64() - 0.5) * 10f64.powf(rng.f64() * 300.0));
        }
        let median = narrow.spread().percentile(50.0).unwrap();
        assert!((median - 300.5).abs() < 0.02, "{median}");
        for day in [&narrow, &wide] {
            assert_eq!(day.spread().total(), 86_400);
            assert!(day.keys.len() <= BINS && day.heap() <= 8 * 1_024, "{} bins, {} bytes", day.keys.len(), day.heap());
        }
    }

    #[test]
    fn many_equal_values_are_counted() {
        let mut day = Day::new();
        (0..200_000).for_each(|_| day.add(0, 7.5));
        assert_eq!(day.spread().total(), 200_000);
        assert_eq!(day.spread().percentile(99.0).map(|p| (p * 1_000.0).round()), Some(7_500.0));
    }
}
