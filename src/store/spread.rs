//! Counts over stretches of value, whatever they were made of: histogram and percentiles.

/// Where all values are of one sign and the largest is so many times the smallest, the bins of a
/// histogram grow with the value; equal ones would put nearly all into the first.
const WIDE: f64 = 1_000.0;

/// Stretches of value, each with how many values it holds, evenly spread. They may overlap.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    parts: Vec<(f64, f64, u64)>,
    total: u64,
}

/// A number that grows as `x` does, step by step.
fn order_of(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

/// The number at a place of [`order_of`].
fn number_of(order: i64) -> f64 {
    let bits = if order < 0 { i64::MIN.wrapping_sub(order) } else { order };
    f64::from_bits(bits as u64)
}

impl Spread {
    /// Of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `n` values between `low` and `high`.
    pub fn add(&mut self, low: f64, high: f64, n: u64) {
        if n > 0 {
            self.parts.push((low, high, n));
            self.total += n;
        }
    }

    /// How many values.
    #[cfg(test)]
    pub fn total(&self) -> u64 {
        self.total
    }

    fn ends(&self) -> Option<(f64, f64)> {
        let low = self.parts.iter().map(|p| p.0).reduce(f64::min)?;
        let high = self.parts.iter().map(|p| p.1).reduce(f64::max)?;
        Some((low, high))
    }

    /// How many values are less than `x`, in proportion within a stretch.
    fn below(&self, x: f64) -> f64 {
        let of_part = |&(low, high, n): &(f64, f64, u64)| {
            let n = n as f64;
            if low >= x {
                0.0
            } else if high <= x {
                n
            } else {
                // Halved first, because the ends may be too far apart for their distance.
                n * ((x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)).clamp(0.0, 1.0)
            }
        };
        self.parts.iter().map(of_part).sum()
    }

    /// The value below which `p` percent lie.
    pub fn percentile(&self, p: f64) -> Option<f64> {
        let (low, high) = self.ends()?;
        let rank = p.clamp(0.0, 100.0) / 100.0 * (self.total - 1) as f64;
        if self.parts.iter().all(|p| p.0 >= p.1) {
            return Some(self.between_points(rank));
        }
        // Found by halving over the order of all numbers, so that any range is searched to the bit.
        // Ranks are counted in the middle between two values: the median of 1, 2, 3 is 2.
        let (mut low, mut high) = (order_of(low), order_of(high));
        while low < high {
            let middle = low + ((i128::from(high) - i128::from(low)) / 2) as i64;
            if self.below(number_of(middle)) >= rank + 0.5 { high = middle } else { low = middle + 1 }
        }
        Some(number_of(low))
    }

    /// The exact percentile where each stretch is one point.
    fn between_points(&self, rank: f64) -> f64 {
        let mut points: Vec<(f64, u64)> = self.parts.iter().map(|p| (p.0, p.2)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let at = |rank: u64| {
            let mut seen = 0;
            let found = points.iter().find(|p| {
                seen += p.1;
                seen > rank
            });
            found.or(points.last()).map_or(0.0, |p| p.0)
        };
        let share = rank.fract();
        at(rank.floor() as u64) * (1.0 - share) + at(rank.ceil() as u64) * share
    }

    /// At most `bins` bins as (lower edge, upper edge, count), by value, without holes.
    pub fn histogram(&self, bins: usize, out: &mut Vec<(f64, f64, u64)>) {
        let Some((low, high)) = self.ends() else { return };
        let bins = if high <= low { 1 } else { bins.max(1) };
        let same_sign = (low > 0.0) == (high > 0.0) && low.abs().min(high.abs()) > 0.0;
        let grows = same_sign && (high / low).max(low / high) > WIDE;
        let edge = |i: usize| {
            let share = i as f64 / bins as f64;
            if i == 0 {
                low
            } else if i == bins {
                high
            } else if grows {
                low.signum() * (low.abs().ln() * (1.0 - share) + high.abs().ln() * share).exp()
            } else {
                low * (1.0 - share) + high * share
            }
        };
        let mut before = 0;
        for i in 0..bins {
            let upto = if i + 1 == bins { self.total } else { (self.below(edge(i + 1)).round() as u64).clamp(before, self.total) };
            out.push((edge(i), edge(i + 1), upto - before));
            before = upto;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(xs: &[f64]) -> Spread {
        let mut spread = Spread::new();
        for &x in xs {
            spread.add(x, x, 1);
        }
        spread
    }

    fn histogram(spread: &Spread, bins: usize) -> Vec<(f64, f64, u64)> {
        let mut out = Vec::new();
        spread.histogram(bins, &mut out);
        out
    }

    #[test]
    fn points_fall_into_their_bins() {
        let spread = points(&[0.0, 1.0, 2.5, 9.0, 10.0]);
        assert_eq!(histogram(&spread, 2), [(0.0, 5.0, 3), (5.0, 10.0, 2)]);
        assert_eq!(histogram(&points(&[3.0, 3.0]), 10), [(3.0, 3.0, 2)]);
        assert_eq!(histogram(&Spread::new(), 10), []);
    }

    #[test]
    fn many_decades_get_growing_bins() {
        let bins = histogram(&points(&[0.01, 0.1, 1.0, 10.0, 100.0]), 4);
        assert_eq!(bins.iter().map(|b| b.2).sum::<u64>(), 5);
        assert!((bins[1].0 - 0.1).abs() < 1e-9 && (bins[3].0 - 10.0).abs() < 1e-9, "{bins:?}");
        let negative = histogram(&points(&[-1e6, -1.0]), 2);
        assert!((negative[0].1 + 1e3).abs() < 1e-6, "{negative:?}");
    }

    #[test]
    fn percentiles_of_points_and_of_the_widest_stretch() {
        let spread = points(&[100.0, 200.0, 300.0, 400.0, 500.0]);
        assert_eq!(spread.percentile(50.0).map(f64::round), Some(300.0));
        assert_eq!(spread.percentile(0.0).map(f64::round), Some(100.0));
        assert_eq!(spread.percentile(100.0).map(f64::round), Some(500.0));
        let mut wide = Spread::new();
        wide.add(-f64::MAX, f64::MAX, 100);
        assert!(wide.percentile(50.0).is_some_and(|p| p.abs() < f64::MAX / 10.0));
        assert_eq!(Spread::new().percentile(50.0), None);
    }
}
