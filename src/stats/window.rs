//! Mean and standard deviation of the last n numbers, each step in constant time on average.
//!
//! Taking an old number out of a running sum by subtraction leaves its rounding behind: once an
//! outlier of 10²⁰ has left, the spread of what remains is noise. So nothing is subtracted. The
//! window is two stacks: the older half holds, at each place, the moments from there to its
//! newest number, so that dropping the oldest only uncovers the next; the newer half is summed as
//! numbers come in. When the older half is used up, the newer one is turned into it.

use super::welford::{LARGEST, Welford};
use std::collections::VecDeque;

/// The moments of the last numbers.
#[derive(Clone, Debug)]
pub struct Window {
    limit: usize,
    /// Oldest first. The first `settled` hold mean and squared deviations from there to the end of
    /// the older half; the others hold a number and nothing.
    places: VecDeque<(f64, f64)>,
    settled: usize,
    newer: Welford,
}

impl Window {
    /// Of the last `limit` numbers; of at least one.
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), places: VecDeque::new(), settled: 0, newer: Welford::new() }
    }

    /// Takes in one number, and drops the oldest where the window is full. One that is not finite is left out.
    #[inline]
    pub fn push(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        if self.places.len() == self.limit {
            if self.settled == 0 {
                self.settle();
            }
            self.places.pop_front();
            self.settled -= 1;
        }
        let x = x.clamp(-LARGEST, LARGEST);
        self.places.push_back((x, 0.0));
        self.newer.push(x);
    }

    /// Turns the newer half into the older one.
    fn settle(&mut self) {
        let mut sum = Welford::new();
        for place in self.places.iter_mut().rev() {
            sum.push(place.0);
            let (_, mean, m2) = sum.parts();
            *place = (mean, m2);
        }
        self.settled = self.places.len();
        self.newer = Welford::new();
    }

    /// The moments of the numbers in the window.
    #[inline]
    pub fn moments(&self) -> Welford {
        match self.places.front() {
            Some(&(mean, m2)) if self.settled > 0 => {
                let older = Welford::from_parts(self.settled as u64, mean, m2).unwrap_or_default();
                older.merged(&self.newer)
            }
            _ => self.newer,
        }
    }

    /// How many numbers it holds.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        self.places.capacity() * size_of::<(f64, f64)>()
    }

    /// All it holds: how many places are settled, then those as pairs, then the newer numbers.
    pub fn save(&self) -> (usize, Vec<f64>) {
        let mut numbers = Vec::with_capacity(self.places.len() + self.settled);
        for (i, &(a, b)) in self.places.iter().enumerate() {
            numbers.push(a);
            if i < self.settled {
                numbers.push(b);
            }
        }
        (self.settled, numbers)
    }

    /// The window that gave this to [`Window::save`], `None` where none can have.
    pub fn restore(limit: usize, settled: usize, numbers: &[f64]) -> Option<Self> {
        let pairs = settled.checked_mul(2)?;
        let newer = numbers.get(pairs..)?;
        if !numbers.iter().all(|x| x.is_finite()) || settled + newer.len() > limit {
            return None;
        }
        let mut window = Self::new(limit);
        window.places.extend(numbers[..pairs].chunks_exact(2).map(|pair| (pair[0], pair[1].max(0.0))));
        window.settled = settled;
        for &x in newer {
            window.push(x);
        }
        Some(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn batch(numbers: &[f64]) -> Welford {
        let mut w = Welford::new();
        for &x in numbers {
            w.push(x);
        }
        w
    }

    #[test]
    fn an_outlier_that_left_leaves_nothing_behind() {
        let mut window = Window::new(10);
        window.push(1e20);
        for i in 0..10 {
            window.push(f64::from(i % 2));
        }
        assert!((window.moments().mean() - 0.5).abs() < 1e-12);
        assert!((window.moments().stddev() - 0.527_046).abs() < 1e-6);
    }

    #[test]
    fn a_million_jumps_do_not_overflow() {
        let mut window = Window::new(1000);
        for i in 0..1_000_000 {
            window.push(if i % 2 == 0 { f64::MAX } else { -f64::MAX });
        }
        assert!(window.moments().mean().is_finite() && window.moments().stddev().is_finite());
        assert_eq!(window.len(), 1000);
    }

    proptest! {
        #[test]
        fn equals_the_batch_over_the_last_numbers_at_every_step(
            numbers in prop::collection::vec(-1e6f64..1e6, 1..200), limit in 1usize..40,
        ) {
            let mut window = Window::new(limit);
            for end in 1..=numbers.len() {
                window.push(numbers[end - 1]);
                let expected = batch(&numbers[end.saturating_sub(limit)..end]);
                let found = window.moments();
                prop_assert_eq!(found.count(), expected.count());
                prop_assert!((found.mean() - expected.mean()).abs() < 1e-6);
                prop_assert!((found.stddev() - expected.stddev()).abs() < 1e-5);
            }
        }

        #[test]
        fn goes_on_the_same_after_a_restart(numbers in prop::collection::vec(-1e6f64..1e6, 1..100), cut in 0usize..100) {
            let cut = cut.min(numbers.len());
            let mut whole = Window::new(17);
            for &x in &numbers[..cut] {
                whole.push(x);
            }
            let (settled, saved) = whole.save();
            let mut again = Window::restore(17, settled, &saved).unwrap();
            for &x in &numbers[cut..] {
                whole.push(x);
                again.push(x);
                prop_assert_eq!(whole.moments(), again.moments());
            }
        }
    }

    #[test]
    fn a_state_that_fits_no_window_is_refused() {
        assert!(Window::restore(3, 2, &[1.0]).is_none());
        assert!(Window::restore(3, 0, &[1.0, f64::NAN]).is_none());
        assert!(Window::restore(3, 0, &[1.0; 4]).is_none());
    }
}
