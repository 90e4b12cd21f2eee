//! Sums that do not depend on the order of their terms.
//!
//! A window's value must be the same whatever order its events came in, to the last bit, or a
//! replay could not be compared with the run it repeats. Adding with plain `+` rounds at each
//! step; here every rounding error is kept (Shewchuk's expansions), and the sum is rounded once,
//! when it is asked for. Two numbers are kept in place, which is enough for usual data; what does
//! not fit goes to a short list.

/// The exact sum of any finite numbers, rounded once.
///
/// Terms beyond about 1e300 may overflow it; [`ExactSum::value`] then has no answer.
#[derive(Clone, Debug, Default)]
pub struct ExactSum {
    high: f64,
    low: f64,
    /// Errors of `low`, a non-overlapping expansion by growing magnitude. Mostly absent.
    #[expect(clippy::box_collection, reason = "absent nearly always, and there is a sum in each open window: 8 bytes instead of 24")]
    rest: Option<Box<Vec<f64>>>,
}

/// `a + b` and the error of that addition, exactly.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    let a_part = sum - b_part;
    (sum, (a - a_part) + (b - b_part))
}

/// `a * b` and the error of that product, exactly, as long as nothing over- or underflows.
///
/// Dekker's way, because a fused multiply-add is a slow call on machines that lack the instruction.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    /// 2^27 + 1: splits 53 bits into two halves.
    const SPLITTER: f64 = 134_217_729.0;
    let split = |x: f64| {
        let c = SPLITTER * x;
        let high = c - (c - x);
        (high, x - high)
    };
    let product = a * b;
    let ((ah, al), (bh, bl)) = (split(a), split(b));
    (product, ((ah * bh - product) + ah * bl + al * bh) + al * bl)
}

/// Whether it is zero of either sign.
fn is_zero(x: f64) -> bool {
    x.to_bits() << 1 == 0
}

/// Adds `x` to an expansion, exactly.
fn grow(expansion: &mut Vec<f64>, mut x: f64) {
    let mut kept = 0;
    for i in 0..expansion.len() {
        let (sum, error) = two_sum(x, expansion[i]);
        if !is_zero(error) {
            expansion[kept] = error;
            kept += 1;
        }
        x = sum;
    }
    expansion.truncate(kept);
    if !is_zero(x) {
        expansion.push(x);
    }
}

/// The number nearest to an expansion, halves to even.
fn round(expansion: &[f64]) -> f64 {
    let mut parts = expansion.iter().rev().copied();
    let Some(mut high) = parts.next() else { return 0.0 };
    while let Some(next) = parts.next() {
        let (sum, error) = two_sum(high, next);
        high = sum;
        if !is_zero(error) {
            // Just half a unit is left over: what follows decides to which side it goes.
            if let Some(below) = parts.next()
                && ((error < 0.0) == (below < 0.0))
            {
                let doubled = error * 2.0;
                let (moved, left) = two_sum(high, doubled);
                if is_zero(left) && is_zero((moved - high) - doubled) {
                    high = moved;
                }
            }
            break;
        }
    }
    high
}

impl ExactSum {
    /// The sum of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finite number.
    #[inline]
    pub fn add(&mut self, x: f64) {
        let (sum, error) = two_sum(self.high, x);
        let (low, left) = two_sum(self.low, error);
        (self.high, self.low) = two_sum(sum, low);
        if !is_zero(left) {
            self.spill(left);
        }
    }

    #[cold]
    fn spill(&mut self, left: f64) {
        // After an overflow there is nothing left to keep exact.
        if left.is_finite() {
            grow(self.rest.get_or_insert_default(), left);
        }
    }

    /// Adds all another sum holds.
    pub fn merge(&mut self, other: &Self) {
        self.add(other.high);
        self.add(other.low);
        for &x in other.rest.iter().flat_map(|r| r.iter()) {
            self.add(x);
        }
    }

    fn expansion(&self) -> Vec<f64> {
        let mut all = self.rest.as_deref().cloned().unwrap_or_default();
        grow(&mut all, self.low);
        grow(&mut all, self.high);
        all
    }

    /// The sum, rounded once; `None` where it is beyond what a number can hold.
    pub fn value(&self) -> Option<f64> {
        if self.rest.is_none() {
            // `high` is already the rounded sum of both, because `low` is its error.
            return self.high.is_finite().then_some(self.high + 0.0);
        }
        let value = round(&self.expansion());
        value.is_finite().then_some(value)
    }

    /// Bytes it holds outside itself.
    pub fn heap(&self) -> usize {
        self.rest.as_ref().map_or(0, |r| size_of::<Vec<f64>>() + r.capacity() * size_of::<f64>())
    }
}

/// Count, mean and sample standard deviation of numbers, not depending on their order.
///
/// The squares are summed exactly, so that the variance does not drown in cancellation when the
/// numbers are large and close together.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    n: u64,
    sum: ExactSum,
    squares: ExactSum,
}

impl Moments {
    /// Of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a finite number.
    pub fn add(&mut self, x: f64) {
        self.n += 1;
        self.sum.add(x);
        let (square, error) = two_product(x, x);
        self.squares.add(square);
        self.squares.add(error);
    }

    /// Takes all another has taken.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
    }

    /// How many it has taken.
    pub fn count(&self) -> u64 {
        self.n
    }

    /// The mean; `None` of nothing.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum.value().map(|s| s / self.n as f64)).flatten()
    }

    /// The standard deviation over N − 1; `None` of fewer than two, and of numbers beyond 1e150,
    /// whose squares no number holds.
    pub fn stddev(&self) -> Option<f64> {
        if self.n < 2 {
            return None;
        }
        // n·Σx² − (Σx)², every product and sum exact, rounded once at the end.
        let n = self.n as f64;
        let mut exact = ExactSum::new();
        for q in self.squares.expansion() {
            let (p, e) = two_product(n, q);
            exact.add(p);
            exact.add(e);
        }
        let parts = self.sum.expansion();
        for &a in &parts {
            for &b in &parts {
                let (p, e) = two_product(a, b);
                exact.add(-p);
                exact.add(-e);
            }
        }
        let spread = exact.value()?.max(0.0);
        let stddev = (spread / n / (n - 1.0)).sqrt();
        stddev.is_finite().then_some(stddev)
    }

    /// Bytes it holds outside itself.
    pub fn heap(&self) -> usize {
        self.sum.heap() + self.squares.heap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum_of(xs: &[f64]) -> ExactSum {
        let mut sum = ExactSum::new();
        for &x in xs {
            sum.add(x);
        }
        sum
    }

    fn moments_of(xs: &[f64]) -> Moments {
        let mut m = Moments::new();
        for &x in xs {
            m.add(x);
        }
        m
    }

    /// Numbers of very different size, as bits so that comparing is exact.
    fn numbers() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((-1.0f64..1.0, -40i32..40).prop_map(|(m, e)| m * f64::from(e).exp2()), 0..200)
    }

    #[test]
    fn what_plain_addition_loses_is_kept() {
        assert_eq!(sum_of(&[1e16, 1.0, -1e16]).value().map(f64::to_bits), Some(1f64.to_bits()));
        assert_eq!(sum_of(&[1e100, 1.0, -1e100, 1e-100]).value().map(f64::to_bits), Some(1f64.to_bits()));
        assert_eq!(sum_of(&[0.1; 10]).value().map(f64::to_bits), Some(1f64.to_bits()));
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).value(), None);
    }

    #[test]
    fn the_reference_case() {
        let m = moments_of(&[100.0, 200.0, 300.0, 400.0, 500.0]);
        assert_eq!(m.mean().map(|x| format!("{x}")), Some("300".to_owned()));
        assert_eq!(m.stddev().map(|x| format!("{x:.2}")), Some("158.11".to_owned()));
    }

    #[test]
    fn large_close_numbers_keep_their_deviation() {
        let m = moments_of(&[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
        assert_eq!(m.stddev().map(f64::to_bits), Some(30f64.sqrt().to_bits()));
        assert_eq!(moments_of(&[0.1; 1000]).stddev().map(f64::to_bits), Some(0));
        assert_eq!(moments_of(&[1.0]).stddev(), None);
        assert_eq!(moments_of(&[1e200, -1e200]).stddev(), None);
    }

    proptest! {
        #[test]
        fn order_changes_not_one_bit(xs in numbers(), seed in any::<u64>()) {
            let mut shuffled = xs.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            prop_assert_eq!(sum_of(&xs).value().map(f64::to_bits), sum_of(&shuffled).value().map(f64::to_bits));
            prop_assert_eq!(moments_of(&xs).stddev().map(f64::to_bits), moments_of(&shuffled).stddev().map(f64::to_bits));
        }

        #[test]
        fn merged_parts_equal_the_whole(xs in numbers(), cut in 0usize..200) {
            let (left, right) = xs.split_at(cut.min(xs.len()));
            let mut sum = sum_of(left);
            sum.merge(&sum_of(right));
            prop_assert_eq!(sum.value().map(f64::to_bits), sum_of(&xs).value().map(f64::to_bits));
            let mut m = moments_of(left);
            m.merge(&moments_of(right));
            prop_assert_eq!(m.stddev().map(f64::to_bits), moments_of(&xs).stddev().map(f64::to_bits));
            prop_assert_eq!(m.count(), xs.len() as u64);
        }

        #[test]
        fn the_sum_is_the_integer_sum(xs in prop::collection::vec(-1_000_000i64..1_000_000, 0..300)) {
            let floats: Vec<f64> = xs.iter().map(|&x| x as f64).collect();
            prop_assert_eq!(sum_of(&floats).value(), Some(xs.iter().sum::<i64>() as f64));
        }
    }
}
