//! What a picture keeps of a file of any length: about a thousand buckets of neighbouring rows, each
//! with its lowest and highest value, so that no spike is lost.

use crate::model::{Scored, Timestamp};

/// Most buckets; where they are full, neighbours are joined. Between one and two stand for a pixel.
const BUCKETS: usize = 2_048;

/// Neighbouring rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// Milliseconds of the first row.
    pub at: i64,
    pub low: f64,
    pub high: f64,
    /// The expected band: the means of its finite ends.
    pub band: (Mean, Mean),
    /// The highest score, and its threshold.
    pub score: Option<(f64, f64)>,
    /// The oddest flagged row: score, moment, value.
    pub flag: Option<(f64, i64, f64)>,
}

/// A mean in the making.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean(f64, u32);

impl Mean {
    fn add(&mut self, x: f64) {
        if x.is_finite() {
            self.1 += 1;
            self.0 += (x - self.0) / f64::from(self.1);
        }
    }

    fn join(self, other: Self) -> Self {
        let n = self.1 + other.1;
        if n == 0 {
            return self;
        }
        let share = f64::from(other.1) / f64::from(n);
        Self(self.0 * (1.0 - share) + other.0 * share, n)
    }

    /// The mean, where there was anything.
    pub(super) fn value(self) -> Option<f64> {
        (self.1 > 0).then_some(self.0)
    }
}

impl Bucket {
    fn join(&self, other: &Self) -> Self {
        let higher = |a: Option<(f64, f64)>, b: Option<(f64, f64)>| match (a, b) {
            (Some(a), Some(b)) => Some(if b.0 > a.0 { b } else { a }),
            (a, b) => a.or(b),
        };
        let odder = match (self.flag, other.flag) {
            (Some(a), Some(b)) => Some(if b.0 > a.0 { b } else { a }),
            (a, b) => a.or(b),
        };
        Self {
            at: self.at,
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            band: (self.band.0.join(other.band.0), self.band.1.join(other.band.1)),
            score: higher(self.score, other.score),
            flag: odder,
        }
    }
}

/// The rows of a file, in little.
#[derive(Debug)]
pub(super) struct Sketch {
    pub buckets: Vec<Bucket>,
    /// Rows to a bucket, and rows in the last.
    width: usize,
    filled: usize,
}

impl Default for Sketch {
    fn default() -> Self {
        Self { buckets: Vec::with_capacity(BUCKETS), width: 1, filled: 0 }
    }
}

impl Sketch {
    /// Takes a row; one that could not be read leaves no trace.
    pub(super) fn add(&mut self, at: Option<Timestamp>, x: f64, scored: Option<&Scored>) {
        let Some(at) = at.map(Timestamp::as_millis).filter(|_| x.is_finite()) else { return };
        let mut band = (Mean::default(), Mean::default());
        if let Some(expected) = scored.and_then(|scored| scored.expected) {
            band.0.add(expected.low);
            band.1.add(expected.high);
        }
        let score = scored.map(|scored| (scored.score, scored.threshold));
        let flag = scored.filter(|scored| scored.flagged).map(|scored| (scored.score, at, x));
        let bucket = Bucket { at, low: x, high: x, band, score, flag };
        if self.filled < self.width
            && let Some(last) = self.buckets.last_mut()
        {
            *last = last.join(&bucket);
            self.filled += 1;
            return;
        }
        if self.buckets.len() == BUCKETS {
            self.buckets = self.buckets.chunks(2).map(|pair| pair.get(1).map_or(pair[0], |other| pair[0].join(other))).collect();
            self.width *= 2;
        }
        self.buckets.push(bucket);
        self.filled = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_keeps_its_spike_and_its_length() {
        let mut sketch = Sketch::default();
        for i in 0..100_000_i64 {
            let x = if i == 77_777 { 1e6 } else { (i % 10) as f64 };
            sketch.add(Some(Timestamp::from_millis(i)), x, None);
        }
        assert!((BUCKETS / 2..=BUCKETS).contains(&sketch.buckets.len()), "{}", sketch.buckets.len());
        let spikes: Vec<_> = sketch.buckets.iter().filter(|bucket| bucket.high > 10.0).collect();
        assert!(spikes.len() == 1 && spikes[0].at <= 77_777 && spikes[0].at > 77_777 - 100);
        assert!(sketch.buckets.last().unwrap().at > 99_000);
    }
}
