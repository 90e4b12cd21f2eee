//! CONTRACT STUB: a naive store with the final interface, to be replaced by the real one.

use crate::model::{Band, Millis, Sample, SeriesId, SeriesKey, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a series is told at its birth.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSpec {
    /// Its unit, for display.
    pub unit: Arc<str>,
    /// Its step; `None`: raw, at any moment.
    pub step: Option<Millis>,
    /// Watched by a detector, a rule or a pane: never evicted.
    pub watched: bool,
}

/// Named limits of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Series in all.
    pub series: usize,
    /// Raw samples per series.
    pub raw: usize,
    /// How far back rollups reach.
    pub retention: Millis,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { series: 20_000, raw: 1_024, retention: Millis::from_secs(86_400) }
    }
}

/// One bucket of a range: the samples that fell into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The bucket's start.
    pub at: Timestamp,
    /// Samples in it; 0 is a gap, and then all else is meaningless.
    pub count: u64,
    /// Lowest.
    pub min: f64,
    /// Highest.
    pub max: f64,
    /// Sum.
    pub sum: f64,
    /// Last.
    pub last: f64,
    /// The band expected for the last, where it was judged.
    pub band: Option<Band>,
    /// Whether one of them was flagged.
    pub flagged: bool,
}

impl Bucket {
    /// An empty bucket: a gap.
    pub const fn gap(at: Timestamp) -> Self {
        Self { at, count: 0, min: 0.0, max: 0.0, sum: 0.0, last: 0.0, band: None, flagged: false }
    }

    /// The mean, `None` for a gap.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// What is known of a series without looking at its samples.
#[derive(Clone, Debug)]
pub struct SeriesInfo {
    /// Its id.
    pub id: SeriesId,
    /// Its key.
    pub key: SeriesKey,
    /// What it was told at its birth.
    pub spec: SeriesSpec,
    /// The newest sample.
    pub last: Option<Sample>,
    /// The value of the open window, which may still change.
    pub provisional: Option<Sample>,
    /// When it was last touched, on the machine's clock.
    pub heard: Timestamp,
    /// Samples taken in all.
    pub samples: u64,
}

/// All series.
#[derive(Debug, Default)]
pub struct Store {
    infos: Vec<SeriesInfo>,
    keys: BTreeMap<SeriesKey, SeriesId>,
    raw: Vec<Vec<(Sample, Option<Band>, bool)>>,
}

impl Store {
    /// An empty store.
    pub fn new(_limits: StoreLimits) -> Self {
        Self::default()
    }

    /// The series of `key`, made where it is new. `None` where the limit of series is reached and
    /// nothing unwatched can give way; the refusal is counted.
    pub fn open(&mut self, key: &SeriesKey, spec: &SeriesSpec) -> Option<SeriesId> {
        if let Some(id) = self.keys.get(key) {
            return Some(*id);
        }
        let id = SeriesId(self.infos.len() as u32);
        self.infos.push(SeriesInfo {
            id,
            key: key.clone(),
            spec: spec.clone(),
            last: None,
            provisional: None,
            heard: Timestamp::MIN,
            samples: 0,
        });
        self.keys.insert(key.clone(), id);
        self.raw.push(Vec::new());
        Some(id)
    }

    /// Appends a sample. One not later than the newest is dropped for raw series at the same moment (last wins).
    pub fn push(&mut self, id: SeriesId, sample: Sample, now: Timestamp) {
        let info = &mut self.infos[id.index()];
        info.last = Some(sample);
        info.heard = now;
        info.samples += 1;
        self.raw[id.index()].push((sample, None, false));
    }

    /// Keeps the verdict on the newest sample: its band and whether it was flagged.
    pub fn judge(&mut self, id: SeriesId, band: Option<Band>, flagged: bool) {
        if let Some(last) = self.raw[id.index()].last_mut() {
            last.1 = band;
            last.2 |= flagged;
        }
    }

    /// Sets the value of the open window.
    pub fn provisional(&mut self, id: SeriesId, sample: Option<Sample>) {
        self.infos[id.index()].provisional = sample;
    }

    /// What is known of `id`.
    pub fn info(&self, id: SeriesId) -> &SeriesInfo {
        &self.infos[id.index()]
    }

    /// All series, in the order of their birth.
    pub fn iter(&self) -> impl Iterator<Item = &SeriesInfo> {
        self.infos.iter()
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.infos.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.infos.is_empty()
    }

    /// The series of `key`.
    pub fn find(&self, key: &SeriesKey) -> Option<SeriesId> {
        self.keys.get(key).copied()
    }

    /// All series of the metric `name`, by labels.
    pub fn of_metric<'a>(&'a self, name: &'a str) -> impl Iterator<Item = SeriesId> + 'a {
        self.keys.iter().filter(move |(k, _)| k.name.as_ref() == name).map(|(_, id)| *id)
    }

    /// `buckets` equal buckets from `from` (inclusive) to `to` (exclusive), from the finest
    /// resolution that reaches back to `from`; buckets without samples are gaps. `out` is cleared first.
    pub fn range(&self, id: SeriesId, from: Timestamp, to: Timestamp, buckets: usize, out: &mut Vec<Bucket>) {
        out.clear();
        let width = (to.since(from).get() / buckets.max(1) as i64).max(1);
        for i in 0..buckets {
            let at = from + Millis::new(width * i as i64);
            let mut bucket = Bucket::gap(at);
            for (s, band, flagged) in &self.raw[id.index()] {
                if s.at >= at && s.at < at + Millis::new(width) {
                    bucket.min = if bucket.count == 0 { s.value } else { bucket.min.min(s.value) };
                    bucket.max = if bucket.count == 0 { s.value } else { bucket.max.max(s.value) };
                    bucket.count += 1;
                    bucket.sum += s.value;
                    bucket.last = s.value;
                    bucket.band = *band;
                    bucket.flagged |= flagged;
                }
            }
            out.push(bucket);
        }
    }

    /// The last `n` raw samples, oldest first, each with whether it was flagged. `out` is cleared first.
    pub fn tail(&self, id: SeriesId, n: usize, out: &mut Vec<(Sample, bool)>) {
        out.clear();
        let raw = &self.raw[id.index()];
        out.extend(raw[raw.len().saturating_sub(n)..].iter().map(|(s, _, f)| (*s, *f)));
    }

    /// Counts per bin over the last 24 hours: (lower edge, upper edge, count), in order of value. At most `bins` bins. `out` is cleared first.
    pub fn histogram(&self, id: SeriesId, bins: usize, out: &mut Vec<(f64, f64, u64)>) {
        let _ = (id, bins);
        out.clear();
    }

    /// A percentile (0…100) over the last 24 hours, from the same sketch as the histogram.
    pub fn percentile(&self, id: SeriesId, p: f64) -> Option<f64> {
        let _ = (id, p);
        None
    }

    /// Series refused because the limit was reached.
    pub fn refused(&self) -> u64 {
        0
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        0
    }
}
