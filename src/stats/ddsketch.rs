//! A quantile sketch with a relative error: DDSketch, with bins that widen when they become many.
//!
//! Few numbers are kept as they are and answered exactly. More are counted in bins whose width is
//! a fixed share of their distance from zero (the linearly interpolated mapping: the exponent and
//! the first bits of the mantissa of a number are its bin, so no logarithm is taken and every
//! machine agrees). Beyond a limit of bins, neighbours are joined pairwise, which doubles the
//! error. The state depends only on which numbers were taken, never on their order or on how
//! sketches were merged.

/// Numbers kept exactly before bins are made: more than a handful, so that small windows are
/// exact, and still only a kilobyte.
pub const EXACT: usize = 128;

/// Low bits of a number that do not choose its bin: six of the mantissa do, which makes 64 bins for
/// each doubling and an error of 0.8 % at the most.
pub const FINE: u32 = MANTISSA - 6;

/// Bits of a mantissa. Where that many are left out, a bin holds a doubling.
const MANTISSA: u32 = 52;

/// Bins of a window's sketch: 32 doublings at full resolution, nine decades, in 8 KiB.
pub const BINS: usize = 2_048;

/// The coarsest resolution: a handful of bins for all numbers.
const COARSEST: u32 = 61;

/// The bin of a number when its `shift` low bits are left out: growing with the number, 0 at zero.
/// `shift` lies between 36 and 62.
#[inline]
pub fn key_of(x: f64, shift: u32) -> i32 {
    // The smallest numbers share the bin of zero; that is exact enough below 1e-300.
    let size = (x.abs().to_bits() >> shift) as i32;
    if x < 0.0 { -size } else { size }
}

/// The edges of a bin nearer to and farther from zero, both with the sign of the bin.
pub fn edges_of(key: i32, shift: u32) -> (f64, f64) {
    let near = f64::from_bits(u64::from(key.unsigned_abs()) << shift);
    let past = (u128::from(key.unsigned_abs()) + 1) << shift;
    // The last bin ends at the largest number.
    let far = f64::from_bits(past.min(u128::from(f64::MAX.to_bits())) as u64);
    if key < 0 { (-near, -far) } else { (near, far) }
}

/// The number that stands for a bin: its middle; zero for the bin of zero.
fn middle_of(key: i32, shift: u32) -> f64 {
    if key == 0 {
        return 0.0;
    }
    let (near, far) = edges_of(key, shift);
    near + (far - near) / 2.0
}

/// The bin that a bin becomes part of when the resolution is halved `times` times.
pub const fn coarser(key: i32, times: u32) -> i32 {
    // The sign is kept apart, so that both sides of zero are treated alike.
    let size = (key.unsigned_abs() >> times) as i32;
    if key < 0 { -size } else { size }
}

/// Quantiles of numbers.
///
/// Exact up to [`EXACT`] numbers; beyond, within 1 % of the number itself while the numbers fill at
/// most [`BINS`] bins (nine decades filled without a hole), then within 2 %, 4 % and so on.
#[derive(Clone, Debug)]
pub struct Sketch {
    limit: usize,
    shift: u32,
    n: u64,
    min: f64,
    max: f64,
    /// The numbers themselves, unsorted, until there are too many.
    exact: Vec<f64>,
    /// Bin and count, sorted by bin.
    bins: Vec<(i32, u32)>,
}

impl Default for Sketch {
    fn default() -> Self {
        Self::with_limit(BINS)
    }
}

impl Sketch {
    /// An empty sketch.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty sketch of at most `limit` bins.
    pub fn with_limit(limit: usize) -> Self {
        Self { limit: limit.max(8), shift: FINE, n: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, exact: Vec::new(), bins: Vec::new() }
    }

    /// Takes a finite number.
    pub fn add(&mut self, x: f64) {
        let x = x + 0.0;
        self.n += 1;
        self.min = self.min.min(x);
        self.max = self.max.max(x);
        if self.bins.is_empty() {
            if self.exact.len() < EXACT {
                self.exact.push(x);
                return;
            }
            self.make_bins();
        }
        self.count(key_of(x, self.shift), 1);
    }

    fn make_bins(&mut self) {
        for x in std::mem::take(&mut self.exact) {
            self.count(key_of(x, self.shift), 1);
        }
    }

    fn count(&mut self, key: i32, n: u32) {
        match self.bins.binary_search_by_key(&key, |b| b.0) {
            Ok(i) => self.bins[i].1 = self.bins[i].1.saturating_add(n),
            Err(i) => {
                self.bins.insert(i, (key, n));
                while self.bins.len() > self.limit && self.shift < COARSEST {
                    self.coarsen();
                }
            }
        }
    }

    /// Halves the resolution.
    fn coarsen(&mut self) {
        self.shift += 1;
        for bin in &mut self.bins {
            bin.0 = coarser(bin.0, 1);
        }
        self.bins.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
    }

    /// Takes all another has taken.
    pub fn merge(&mut self, other: &Self) {
        if other.bins.is_empty() {
            other.exact.iter().for_each(|&x| self.add(x));
            return;
        }
        self.n += other.n;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.make_bins();
        while self.shift < other.shift {
            self.coarsen();
        }
        for &(key, n) in &other.bins {
            self.count(coarser(key, self.shift - other.shift), n);
        }
    }

    /// How many numbers it has taken.
    pub fn count_of(&self) -> u64 {
        self.n
    }

    /// The number below which `p` percent lie (0…100), between neighbours in proportion as
    /// spreadsheets and numpy do; `None` of nothing.
    pub fn percentile(&self, p: f64) -> Option<f64> {
        if self.n == 0 {
            return None;
        }
        let rank = (p.clamp(0.0, 100.0) / 100.0) * (self.n - 1) as f64;
        let (below, share) = (rank.floor(), rank.fract());
        let sorted = {
            let mut sorted = self.exact.clone();
            sorted.sort_by(f64::total_cmp);
            sorted
        };
        let low = self.at_rank(&sorted, below as u64);
        if share <= 0.0 {
            return Some(low);
        }
        let high = self.at_rank(&sorted, below as u64 + 1);
        // Both shares apart, because the difference of two huge numbers may not be one.
        Some((low * (1.0 - share) + high * share).clamp(low, high))
    }

    fn at_rank(&self, sorted: &[f64], rank: u64) -> f64 {
        if self.bins.is_empty() {
            return sorted.get(rank as usize).copied().unwrap_or(self.max);
        }
        if rank == 0 {
            return self.min;
        }
        let mut seen = 0u64;
        for &(key, n) in &self.bins {
            seen += u64::from(n);
            if seen > rank {
                return middle_of(key, self.shift).clamp(self.min, self.max);
            }
        }
        self.max
    }

    /// The largest relative error of an answer, as it stands.
    pub fn relative_error(&self) -> f64 {
        match self.shift {
            _ if self.bins.is_empty() => 0.0,
            shift if shift > MANTISSA => f64::INFINITY,
            shift => 0.5 / (1u64 << (MANTISSA - shift)) as f64,
        }
    }

    /// Bytes it holds outside itself.
    pub fn heap(&self) -> usize {
        self.exact.capacity() * size_of::<f64>() + self.bins.capacity() * size_of::<(i32, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(xs: &[f64], limit: usize) -> Sketch {
        let mut sketch = Sketch::with_limit(limit);
        for &x in xs {
            sketch.add(x);
        }
        sketch
    }

    fn answers(sketch: &Sketch) -> Vec<Option<u64>> {
        [0.0, 1.0, 10.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 100.0].iter().map(|&p| sketch.percentile(p).map(f64::to_bits)).collect()
    }

    fn exact_percentile(xs: &[f64], p: f64) -> (f64, f64) {
        let mut sorted = xs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = p / 100.0 * (sorted.len() - 1) as f64;
        (sorted[rank.floor() as usize], sorted[rank.ceil() as usize])
    }

    fn numbers() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((-1.0f64..1.0, -12i32..12).prop_map(|(m, e)| m * 10f64.powi(e)), 1..600)
    }

    #[test]
    fn few_numbers_are_exact() {
        let five = of(&[500.0, 100.0, 300.0, 200.0, 400.0], BINS);
        assert_eq!(five.percentile(50.0).map(|m| m.to_string()), Some("300".to_owned()));
        assert_eq!(of(&[1.0, 2.0], BINS).percentile(50.0).map(|m| m.to_string()), Some("1.5".to_owned()));
        assert_eq!(of(&[], BINS).percentile(50.0), None);
        let huge = of(&[-f64::MAX, f64::MAX], BINS);
        assert!(huge.percentile(50.0).is_some_and(f64::is_finite));
    }

    #[test]
    fn an_hour_of_latencies_stays_small_and_within_one_percent() {
        let mut rng = fastrand::Rng::with_seed(7);
        let xs: Vec<f64> = (0..3_600 * 100).map(|_| 0.5 + (-(1.0 - rng.f64()).ln()).powi(3) * 40.0).collect();
        let sketch = of(&xs, BINS);
        for p in [1.0, 50.0, 95.0, 99.0, 99.9] {
            let (low, high) = exact_percentile(&xs, p);
            let got = sketch.percentile(p).unwrap();
            assert!(got >= low * 0.99 && got <= high * 1.01, "p{p}: {got} is not within 1 % of {low}…{high}");
        }
        assert!(sketch.heap() <= 16 * 1024 + EXACT * 8, "{}", sketch.heap());
    }

    #[test]
    fn every_number_lies_within_the_edges_of_its_bin() {
        for x in [0.0, 1e-310, 0.1, 1.0, 1.5, 999.0, 1e300, f64::MAX, -0.1, -7.0, -f64::MAX] {
            for shift in [36, 40, FINE, 52, 58, COARSEST] {
                let (near, far) = edges_of(key_of(x, shift), shift);
                assert!(near.abs() <= x.abs() && x.abs() <= far.abs(), "{x} at {shift}: {near}…{far}");
                assert_eq!(coarser(key_of(x, 36), shift - 36), key_of(x, shift), "{x} at {shift}");
            }
        }
    }

    proptest! {
        #[test]
        fn order_changes_nothing(xs in numbers(), seed in any::<u64>(), limit in 8usize..200) {
            let mut shuffled = xs.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            prop_assert_eq!(answers(&of(&xs, limit)), answers(&of(&shuffled, limit)));
        }

        #[test]
        fn merged_parts_equal_the_whole(xs in numbers(), cut in 0usize..600, limit in 8usize..200) {
            let (left, right) = xs.split_at(cut.min(xs.len()));
            let mut merged = of(left, limit);
            merged.merge(&of(right, limit));
            prop_assert_eq!(answers(&merged), answers(&of(&xs, limit)));
            prop_assert_eq!(merged.count_of(), xs.len() as u64);
        }

        #[test]
        fn the_error_is_what_it_says_and_bins_are_bounded(xs in numbers(), p in 0.0f64..100.0, limit in 8usize..3000) {
            let sketch = of(&xs, limit);
            prop_assert!(sketch.bins.len() <= limit);
            let (low, high) = exact_percentile(&xs, p);
            let got = sketch.percentile(p).unwrap();
            let slack = |x: f64| x.abs() * sketch.relative_error() * 1.000_001 + 1e-300;
            prop_assert!(got >= low - slack(low) && got <= high + slack(high), "{got} not in {low}…{high} at {}", sketch.relative_error());
        }
    }
}
