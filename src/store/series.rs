//! The words of the store: what a series is told, what is known of it, what a range is made of.

use crate::model::{Band, Millis, Sample, SeriesId, SeriesKey, Timestamp};
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
    /// Raw samples per series, where `memory` suffices.
    pub raw: usize,
    /// Bytes for all series together. Where it does not suffice, raw samples and the finer rollups reach less far back.
    pub memory: usize,
    /// How far back rollups reach.
    pub retention: Millis,
}

impl Default for StoreLimits {
    fn default() -> Self {
        // Twenty thousand full series of 75 KB fit; a hundred thousand with their detectors stay below 4 GiB.
        Self { series: 20_000, raw: 1_024, memory: 2 << 30, retention: Millis::from_secs(86_400) }
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
