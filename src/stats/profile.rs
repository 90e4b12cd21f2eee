//! An isolation forest over single numbers, as the step function it is.
//!
//! Between two neighbouring cuts of all trees every number takes the same way down each tree. So
//! the sum of depths is a list of steps, and a lookup is one binary search instead of a walk down
//! a hundred trees; the range of usual numbers can be read off. The detector `isolation-forest`
//! keeps this in place of the trees where it judges one number.

use super::forest::score_of;

/// Sums of depths by ranges of numbers.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The cuts of all trees, ascending.
    cuts: Vec<f64>,
    /// The sum of depths up to each cut, and last the one beyond all.
    sums: Vec<u32>,
    trees: usize,
    usual: f64,
}

impl Profile {
    /// From the sum below all cuts, and by how much it changes beyond each cut, in any order.
    pub(super) fn new(first: u32, mut steps: Vec<(f64, i64)>, trees: usize, usual: f64) -> Self {
        steps.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (mut cuts, mut sums) = (Vec::with_capacity(steps.len()), Vec::with_capacity(steps.len() + 1));
        let mut sum = i64::from(first);
        for (cut, change) in steps {
            cuts.push(cut);
            sums.push(sum as u32);
            sum += change;
        }
        sums.push(sum as u32);
        Self { cuts, sums, trees, usual }
    }

    /// Where `x` lies: the number of cuts below it.
    fn place(&self, x: f64) -> usize {
        self.cuts.partition_point(|&cut| cut < x)
    }

    /// The sum of depths of `x`, as the forest gives it.
    pub fn depth(&self, x: f64) -> u32 {
        self.sums[self.place(x)]
    }

    /// The score that belongs to a sum of depths.
    pub fn score_of(&self, sum: u32) -> f64 {
        score_of(sum, self.trees, self.usual)
    }

    /// The range around `x` in which no number is odder than `limit`; its ends may be infinite.
    /// `None` where `x` itself is odder.
    pub fn range(&self, x: f64, limit: u32) -> Option<(f64, f64)> {
        let place = self.place(x);
        if self.sums[place] < limit {
            return None;
        }
        let low = self.sums[..place].iter().rposition(|&sum| sum < limit).map_or(f64::NEG_INFINITY, |odd| self.cuts[odd]);
        let high = self.sums[place..].iter().position(|&sum| sum < limit).map_or(f64::INFINITY, |odd| self.cuts[place + odd - 1]);
        Some((low, high))
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        self.cuts.capacity() * size_of::<f64>() + self.sums.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> Profile {
        Profile::new(10, vec![(3.0, -5), (1.0, 20), (2.0, 10)], 1, 1.0)
    }

    #[test]
    fn a_number_on_a_cut_counts_as_below_it() {
        let found: Vec<u32> = [0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 9.0].iter().map(|&x| steps().depth(x)).collect();
        assert_eq!(found, [10, 10, 30, 30, 40, 40, 35]);
    }

    #[test]
    fn the_range_ends_where_numbers_become_odd() {
        assert_eq!(steps().range(2.5, 20), Some((1.0, f64::INFINITY)));
        assert_eq!(steps().range(2.5, 36), Some((2.0, 3.0)));
        assert_eq!(steps().range(2.5, 41), None);
        assert_eq!(steps().range(2.5, 0), Some((f64::NEG_INFINITY, f64::INFINITY)));
    }
}
