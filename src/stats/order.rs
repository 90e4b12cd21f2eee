//! Median and spread of the last n numbers, exact at every step.
//!
//! The numbers are held twice: in the order they came, and sorted. One step moves what lies between
//! the place of the number that leaves and the place of the one that comes, a few kilobytes at most,
//! which a processor does faster than any tree is walked. Nothing is approximated, so nothing drifts.
//! Robust baselines of detectors meet it.

use super::welford::LARGEST;

/// The last numbers, sorted.
#[derive(Clone, Debug)]
pub struct Sorted {
    limit: usize,
    /// As they came; once full, the place of the oldest is `head`.
    ring: Vec<f64>,
    head: usize,
    ordered: Vec<f64>,
}

impl Sorted {
    /// Of the last `limit` numbers; of at least one.
    pub const fn new(limit: usize) -> Self {
        Self { limit: if limit == 0 { 1 } else { limit }, ring: Vec::new(), head: 0, ordered: Vec::new() }
    }

    /// Takes in one number, and drops the oldest where the window is full. One that is not finite is left out.
    pub fn push(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        // Adding zero makes one zero of both, so that equal numbers are equal bit for bit.
        let x = x.clamp(-LARGEST, LARGEST) + 0.0;
        if self.ring.len() < self.limit {
            self.ring.push(x);
            let place = self.below(x);
            self.ordered.insert(place, x);
            return;
        }
        let old = std::mem::replace(&mut self.ring[self.head], x);
        self.head = if self.head + 1 == self.limit { 0 } else { self.head + 1 };
        let (from, to) = (self.below(old), self.below(x));
        if from < to {
            // What lies between moves down; the place before `to` is then free.
            self.ordered.copy_within(from + 1..to, from);
            self.ordered[to - 1] = x;
        } else {
            self.ordered.copy_within(to..from, to + 1);
            self.ordered[to] = x;
        }
    }

    /// How many of the numbers are below `x`.
    fn below(&self, x: f64) -> usize {
        self.ordered.partition_point(|&other| other < x)
    }

    /// The numbers, smallest first.
    pub fn numbers(&self) -> &[f64] {
        &self.ordered
    }

    /// How many numbers it holds.
    pub fn len(&self) -> usize {
        self.ordered.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.ordered.is_empty()
    }

    /// The median; 0 of none.
    pub fn median(&self) -> f64 {
        let n = self.ordered.len();
        match (self.ordered.get(n / 2), n % 2) {
            (None, _) => 0.0,
            (Some(&middle), 1) => middle,
            // Halved before they are added, so that equal neighbours give themselves.
            (Some(&upper), _) => self.ordered[n / 2 - 1] / 2.0 + upper / 2.0,
        }
    }

    /// The median of the distances from `centre`; 0 of no numbers.
    ///
    /// The r + 1 smallest distances belong to neighbours in the sorted list, so a search for where
    /// these neighbours begin is all it takes.
    pub fn deviation(&self, centre: f64) -> f64 {
        let (n, s) = (self.ordered.len(), &self.ordered[..]);
        if n == 0 {
            return 0.0;
        }
        let rank = (n - 1) / 2;
        // The first start at which the upper end is at least as far as the lower one.
        let (mut low, mut high) = (0, n - rank);
        while low < high {
            let middle = usize::midpoint(low, high);
            let near = s[middle + rank] - centre < centre - s[middle];
            (low, high) = if near { (middle + 1, high) } else { (low, middle) };
        }
        let upper = |start: usize| s.get(start + rank).map_or(f64::INFINITY, |x| x - centre);
        let lower = |start: usize| start.checked_sub(1).map_or(f64::INFINITY, |place| centre - s[place]);
        // The smallest `rank + 1` begin at `low` or one before it.
        let start = if upper(low) <= lower(low) { low } else { low - 1 };
        let at_rank = upper(start).max(centre - s[start]);
        if n % 2 == 1 {
            return at_rank;
        }
        let next = lower(start).min(s.get(start + rank + 1).map_or(f64::INFINITY, |x| x - centre));
        at_rank / 2.0 + next / 2.0
    }

    /// The mean of the distances from `centre`; 0 of no numbers. Takes as long as there are numbers.
    pub fn mean_deviation(&self, centre: f64) -> f64 {
        let n = self.ordered.len().max(1) as f64;
        self.ordered.iter().map(|x| (x - centre).abs()).sum::<f64>() / n
    }

    /// The numbers as they came, oldest first: what [`Sorted::restore`] takes.
    pub fn save(&self) -> Vec<f64> {
        let (newer, older) = self.ring.split_at(self.head);
        older.iter().chain(newer).copied().collect()
    }

    /// The window that gave this to [`Sorted::save`], `None` where none can have.
    pub fn restore(limit: usize, numbers: &[f64]) -> Option<Self> {
        if numbers.len() > limit || !numbers.iter().all(|x| x.is_finite()) {
            return None;
        }
        let ring: Vec<f64> = numbers.iter().map(|x| x.clamp(-LARGEST, LARGEST) + 0.0).collect();
        let mut ordered = ring.clone();
        ordered.sort_unstable_by(f64::total_cmp);
        Some(Self { limit, ring, head: 0, ordered })
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        (self.ring.capacity() + self.ordered.capacity()) * size_of::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::rank::median;
    use proptest::prelude::*;

    /// Median and median distance as one computes them from a list.
    fn batch(numbers: &[f64]) -> (f64, f64) {
        let centre = median(&mut numbers.to_vec()).unwrap();
        let mut distances: Vec<f64> = numbers.iter().map(|x| (x - centre).abs()).collect();
        (centre, median(&mut distances).unwrap())
    }

    #[test]
    fn a_case_worked_by_hand() {
        let mut window = Sorted::new(5);
        assert!(window.is_empty() && window.median().abs() < 1e-300 && window.deviation(0.0).abs() < 1e-300);
        for x in [9.0, 1.0, 2.0, 4.0, 6.0, 100.0] {
            window.push(x);
        }
        // 1, 2, 4, 6, 100: distances from 4 are 3, 2, 0, 2, 96.
        assert!((window.median() - 4.0).abs() < 1e-300 && (window.deviation(4.0) - 2.0).abs() < 1e-300);
        assert!((window.mean_deviation(4.0) - 20.6).abs() < 1e-12);
        assert_eq!(window.len(), 5);
    }

    #[test]
    fn nothing_that_is_not_finite_enters_and_huge_numbers_do_not_overflow() {
        let mut window = Sorted::new(4);
        for x in [f64::NAN, f64::MAX, f64::MIN, f64::INFINITY, f64::MAX, f64::MIN, 0.0, -0.0] {
            window.push(x);
        }
        assert_eq!(window.len(), 4);
        assert!(window.median().is_finite() && window.deviation(window.median()).is_finite());
        assert!(Sorted::restore(2, &[1.0; 3]).is_none() && Sorted::restore(2, &[f64::NAN]).is_none());
    }

    proptest! {
        #[test]
        fn equals_the_batch_over_the_last_numbers_at_every_step(
            numbers in prop::collection::vec(prop_oneof![(-9i32..9).prop_map(f64::from), -1e6f64..1e6], 1..150), limit in 1usize..40,
        ) {
            let mut window = Sorted::new(limit);
            for end in 1..=numbers.len() {
                window.push(numbers[end - 1]);
                let last = &numbers[end.saturating_sub(limit)..end];
                let (centre, spread) = batch(last);
                prop_assert!((window.median() - centre).abs() < 1e-9);
                prop_assert!((window.deviation(window.median()) - spread).abs() < 1e-9, "{:?}", window.numbers());
                prop_assert!(window.numbers().is_sorted());
            }
        }

        #[test]
        fn goes_on_the_same_after_a_restart(numbers in prop::collection::vec(-1e6f64..1e6, 1..100), cut in 0usize..100) {
            let cut = cut.min(numbers.len());
            let mut whole = Sorted::new(17);
            for &x in &numbers[..cut] { whole.push(x); }
            let mut again = Sorted::restore(17, &whole.save()).unwrap();
            for &x in &numbers[cut..] {
                whole.push(x);
                again.push(x);
                prop_assert_eq!(whole.numbers(), again.numbers());
                prop_assert_eq!(whole.save(), again.save());
            }
        }
    }
}
