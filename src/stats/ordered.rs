//! The last n numbers in order: exact median, median absolute deviation and quantiles.
//!
//! A sorted list beside a ring. Taking in a number moves at most n places of the list, which for a
//! hundred numbers is one short copy; nothing is approximated, so nothing drifts.

use std::collections::VecDeque;

/// The last numbers, by age and by size.
#[derive(Clone, Debug)]
pub struct Ordered {
    limit: usize,
    aged: VecDeque<f64>,
    sorted: Vec<f64>,
}

impl Ordered {
    /// Of the last `limit` numbers; of at least one.
    pub const fn new(limit: usize) -> Self {
        Self { limit: if limit == 0 { 1 } else { limit }, aged: VecDeque::new(), sorted: Vec::new() }
    }

    /// Takes in one number, and drops the oldest where there are too many. One that is not finite is left out.
    pub fn push(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        if self.aged.len() == self.limit
            && let Some(old) = self.aged.pop_front()
        {
            let place = self.sorted.partition_point(|&y| y < old);
            self.sorted.remove(place);
        }
        self.aged.push_back(x);
        let place = self.sorted.partition_point(|&y| y < x);
        self.sorted.insert(place, x);
    }

    /// How many numbers it holds.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The median; 0 of none.
    pub fn median(&self) -> f64 {
        let half = self.len() / 2;
        match self.len() {
            0 => 0.0,
            n if n % 2 == 1 => self.sorted[half],
            _ => self.sorted[half - 1].midpoint(self.sorted[half]),
        }
    }

    /// The upper median of the distances from `centre`; 0 of none.
    pub fn deviation(&self, centre: f64) -> f64 {
        // The nearest half of the numbers lies around the centre without a hole: two fingers take them in order of distance.
        let mut above = self.sorted.partition_point(|&y| y < centre);
        let (mut below, mut distance) = (above, 0.0);
        for _ in 0..=self.len() / 2 {
            let down = if below > 0 { centre - self.sorted[below - 1] } else { f64::INFINITY };
            let up = self.sorted.get(above).map_or(f64::INFINITY, |y| y - centre);
            if down.min(up) == f64::INFINITY {
                break;
            }
            distance = down.min(up);
            if down <= up { below -= 1 } else { above += 1 }
        }
        distance
    }

    /// The distance between the smallest and the largest number without `share` of them at each end.
    pub fn spread(&self, share: f64) -> f64 {
        let cut = (self.len() as f64 * share) as usize;
        match self.len() {
            0 => 0.0,
            n if 2 * cut >= n => 0.0,
            n => self.sorted[n - 1 - cut] - self.sorted[cut],
        }
    }

    /// The numbers, oldest first.
    pub fn numbers(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        self.aged.iter().copied()
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        (self.aged.capacity() + self.sorted.capacity()) * size_of::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_median_and_its_deviation_by_hand() {
        let mut window = Ordered::new(5);
        assert!(window.is_empty() && window.median().abs() < 1e-300 && window.deviation(0.0).abs() < 1e-300);
        for x in [100.0, 1.0, 2.0, 3.0, 4.0, f64::NAN, 9.0] {
            window.push(x);
        }
        assert_eq!(window.numbers().collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0, 9.0]);
        assert!((window.median() - 3.0).abs() < 1e-12 && (window.deviation(3.0) - 1.0).abs() < 1e-12);
        assert!((window.spread(0.2) - 2.0).abs() < 1e-12 && (window.spread(0.1) - 8.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn equals_sorting_anew(numbers in prop::collection::vec(-1e9f64..1e9, 1..80), limit in 1usize..20) {
            let mut window = Ordered::new(limit);
            for end in 1..=numbers.len() {
                window.push(numbers[end - 1]);
                let mut last = numbers[end.saturating_sub(limit)..end].to_vec();
                last.sort_by(f64::total_cmp);
                prop_assert_eq!(&window.sorted, &last);
                let centre = window.median();
                let mut away: Vec<f64> = last.iter().map(|x| (x - centre).abs()).collect();
                away.sort_by(f64::total_cmp);
                prop_assert!((window.deviation(centre) - away[away.len() / 2]).abs() < 1e-6);
            }
        }
    }
}
