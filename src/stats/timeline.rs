//! A bounded history of any length of time: means of buckets that double their width when room ends.
//!
//! Finding a season needs to look back over many of its rounds, whether these are hours or weeks,
//! and nobody says beforehand which. The seasonal detector meets it.

use super::welford::LARGEST;

/// Buckets held: three rounds of 128 buckets each, in 3 KiB.
pub const BUCKETS: usize = 384;
/// Two looks in each doubling: often enough to find a season soon, seldom enough to cost next to nothing.
const LOOKS: [usize; 2] = [BUCKETS * 3 / 4, BUCKETS];
/// Steps of time that are looked at before the first width is chosen.
const STEPS: u64 = 8;
/// With fewer filled buckets than this, a gap longer than the whole history only shows that the width was too small.
const FILLED: usize = 64;
/// How a gap is written down: larger than any number taken in.
const GAP: f64 = f64::MAX;

/// Means over buckets of equal width; NaN where nothing came.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Width in milliseconds; 0 until it is known.
    width: i64,
    /// The width it began with.
    first_width: i64,
    /// Start of the first bucket.
    start: i64,
    /// When the last number came.
    last: i64,
    /// Numbers seen before the width was known.
    early: u64,
    /// Closed buckets.
    means: Vec<f64>,
    sum: f64,
    count: u64,
}

impl Timeline {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a finite number; true where it is time to look for a season. Times that go backward count to the open bucket.
    pub fn push(&mut self, at: i64, x: f64) -> bool {
        let step = at.saturating_sub(self.last);
        if self.width == 0 {
            self.begin(at, step);
        }
        self.last = if self.early == 1 { at } else { self.last.max(at) };
        if self.width == 0 {
            return false;
        }
        let mut place = (at.saturating_sub(self.start) / self.width).max(0) as usize;
        if place >= self.means.len() + BUCKETS && self.means.iter().filter(|x| x.is_finite()).count() >= FILLED {
            self.restart(at);
            place = 0;
        }
        let before = self.means.len();
        let mut look = false;
        while place > self.means.len() {
            if self.means.len() >= BUCKETS {
                self.double();
                place = (at.saturating_sub(self.start) / self.width).max(0) as usize;
                continue;
            }
            self.means.push(if self.count > 0 { self.sum / self.count as f64 } else { f64::NAN });
            (self.sum, self.count) = (0.0, 0);
            look |= LOOKS.contains(&self.means.len());
        }
        self.sum += x.clamp(-LARGEST, LARGEST);
        self.count += 1;
        look && self.means.len() > before.min(BUCKETS - 1)
    }

    /// The smallest of the first steps is the width: too small a one mends itself by doubling, too large a one never.
    fn begin(&mut self, at: i64, step: i64) {
        if self.early > 0 && step > 0 {
            self.first_width = if self.first_width == 0 { step } else { self.first_width.min(step) };
        }
        self.early += 1;
        if self.early > STEPS && self.first_width > 0 {
            self.width = self.first_width;
            self.start = at.saturating_sub(at.rem_euclid(self.width));
        }
    }

    fn restart(&mut self, at: i64) {
        self.width = self.first_width;
        self.start = at.saturating_sub(at.rem_euclid(self.width));
        self.means.clear();
        (self.sum, self.count) = (0.0, 0);
    }

    fn double(&mut self) {
        let mean = |pair: &[f64]| match (pair[0].is_finite(), pair[1].is_finite()) {
            (true, true) => f64::midpoint(pair[0], pair[1]),
            (true, false) => pair[0],
            _ => pair[1],
        };
        for i in 0..self.means.len() / 2 {
            self.means[i] = mean(&self.means[2 * i..2 * i + 2]);
        }
        self.means.truncate(self.means.len() / 2);
        self.width = self.width.saturating_mul(2);
    }

    /// The closed buckets, the first one's start and their width, in milliseconds.
    pub fn view(&self) -> (&[f64], i64, i64) {
        (&self.means, self.start, self.width)
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        self.means.capacity() * size_of::<f64>()
    }

    /// All it knows: whole numbers and finite ones.
    pub fn save(&self) -> (Vec<i64>, Vec<f64>) {
        let whole = vec![self.width, self.first_width, self.start, self.last, self.early as i64, self.count as i64];
        let numbers = self.means.iter().map(|x| if x.is_finite() { *x } else { GAP });
        (whole, std::iter::once(self.sum).chain(numbers).collect())
    }

    /// What [`Timeline::save`] gave; `None` where it cannot have come from there.
    pub fn restore(whole: &[i64], numbers: &[f64]) -> Option<Self> {
        let [width, first_width, start, last, early, count] = *whole else { return None };
        let (sum, means) = numbers.split_first()?;
        if width < 0 || first_width < 0 || early < 0 || count < 0 || means.len() > BUCKETS {
            return None;
        }
        let means = means.iter().map(|x| if *x < GAP { *x } else { f64::NAN }).collect();
        Some(Self { width, first_width, start, last, early: early as u64, means, sum: *sum, count: count as u64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_of_time_fits_and_means_stay_means() {
        let mut line = Timeline::new();
        let mut looks = 0;
        for i in 0..100_000i64 {
            looks += u32::from(line.push(i * 1000, i as f64));
        }
        let (means, start, width) = line.view();
        assert!(means.len() <= BUCKETS && means.len() >= BUCKETS / 2 - 1);
        assert_eq!(width, 1000 << 9);
        for (i, mean) in means.iter().enumerate() {
            let first = (start + i as i64 * width) / 1000;
            assert!((mean - (first as f64 + 255.5)).abs() < 1.0, "{i}: {mean}");
        }
        assert!((10..=20).contains(&looks), "{looks}");
    }

    #[test]
    fn a_gap_of_a_year_begins_anew_and_a_short_one_stays_a_gap() {
        let mut line = Timeline::new();
        for i in (0..100i64).chain(110..200) {
            line.push(i * 60_000, 1.0);
        }
        let gaps = line.view().0.iter().filter(|x| x.is_nan()).count();
        assert_eq!(gaps, 10);
        line.push(31_536_000_000, 1.0);
        assert_eq!(line.view().0.len(), 0);
        assert_eq!(line.view().2, 60_000);
    }

    #[test]
    fn equal_and_backward_times_never_fail() {
        let mut line = Timeline::new();
        for i in 0..1000i64 {
            line.push(5000 - (i % 7) * 1000, 1.0);
        }
        assert!(line.view().0.len() <= 8);
        let mut equal = Timeline::new();
        assert!((0..1000).all(|_| !equal.push(0, 1.0)));
        for (i, at) in [i64::MIN / 4, i64::MAX / 4, 0, i64::MAX / 4].into_iter().cycle().take(100).enumerate() {
            line.push(at, i as f64);
        }
        assert!(line.view().0.len() <= BUCKETS);
    }

    #[test]
    fn it_comes_back_as_it_was() {
        let mut line = Timeline::new();
        for i in (0..100i64).chain(120..700) {
            line.push(i * 60_000, i as f64 * 0.1);
        }
        let (whole, numbers) = line.save();
        let mut again = Timeline::restore(&whole, &numbers).unwrap();
        for i in 700..900i64 {
            assert_eq!(line.push(i * 60_000, 1.5), again.push(i * 60_000, 1.5));
        }
        assert_eq!(line.save(), again.save());
        assert!(Timeline::restore(&whole[1..], &numbers).is_none());
    }
}
