//! A stream in the machine: its reader, its meter, its detectors on events, its place in the store.

use super::excerpts::Recent;
use super::keyed::Keyed;
use super::parts::Parts;
use crate::decode::{Reader, Schema, StreamSpec, TopicPattern};
use crate::measure::{Measured, Meter, MetricSpec};
use crate::model::{SeriesId, Timestamp};
use crate::store::SeriesSpec;
use regex::Regex;
use std::sync::Arc;

/// Whether a group of a metric has its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seat {
    /// Not asked for yet, or refused: asked for again with the next value.
    Open,
    /// It has.
    Taken(SeriesId),
}

/// A stream while it runs.
pub(super) struct Stream {
    pub spec: StreamSpec,
    pub reader: Reader,
    /// The reader's fields, shared so that they can be read while it reads.
    pub schema: Arc<Schema>,
    pub meter: Meter,
    /// Its metrics; after those of the plan come those that only explain others.
    pub metrics: Vec<MetricSpec>,
    /// Series by metric and group.
    pub series: Vec<Vec<Seat>>,
    pub keyed: Vec<Keyed>,
    /// What carries deviations of its metrics.
    pub parts: Parts,
    /// The highest event time of an accepted event.
    pub newest: Timestamp,
    /// When the last record came, on the machine's clock.
    pub heard: Timestamp,
    /// Samples of the meter, between one call and the next.
    pub measured: Vec<Measured>,
    pattern: Option<Regex>,
    /// Its last records, some of them.
    pub recent: Recent,
    /// Its partitions read back, each at a moment of its own: what lies between two events is no interval.
    pub crosses: bool,
}

impl Stream {
    pub fn new(spec: StreamSpec, reader: Reader, meter: Meter, (metrics, visible): (Vec<MetricSpec>, usize), keyed: Vec<Keyed>) -> Self {
        let pattern = match &spec.topic {
            TopicPattern::Regex(text) => Regex::new(text).ok(),
            TopicPattern::Name(_) => None,
        };
        let parts = Parts::new(&metrics, visible);
        let series = vec![Vec::new(); metrics.len()];
        let schema = Arc::new(reader.schema().clone());
        Self {
            spec,
            reader,
            schema,
            meter,
            metrics,
            series,
            keyed,
            parts,
            newest: Timestamp::MIN,
            heard: Timestamp::MIN,
            measured: Vec::new(),
            pattern,
            recent: Recent::default(),
            crosses: false,
        }
    }

    /// Whether it reads `topic` of the source called `source`.
    pub fn reads(&self, source: &str, topic: &str) -> bool {
        if self.spec.source.as_ref().is_some_and(|s| s.as_ref() != source) {
            return false;
        }
        match (&self.spec.topic, &self.pattern) {
            (TopicPattern::Name(name), _) => name.as_ref() == topic,
            (TopicPattern::Regex(_), Some(pattern)) => pattern.find(topic).is_some_and(|m| m.start() == 0 && m.end() == topic.len()),
            (TopicPattern::Regex(_), None) => false,
        }
    }

    /// Takes over from `old`, the same stream with other metrics or detectors: what is measured and judged as before goes on.
    pub fn adopt(&mut self, mut old: Self) {
        let before: Vec<Option<u16>> = self.metrics.iter().map(|new| old.metrics.iter().position(|m| m == new).map(|i| i as u16)).collect();
        if self.metrics == old.metrics {
            self.parts = std::mem::take(&mut old.parts);
        }
        self.crosses = old.crosses;
        let Self { reader, meter, mut series, keyed, newest, heard, .. } = old;
        for (seats, place) in self.series.iter_mut().zip(&before) {
            *seats = place.map(|i| std::mem::take(&mut series[i as usize])).unwrap_or_default();
        }
        self.reader.adopt(reader);
        self.meter.adopt(meter, &before);
        for old in keyed {
            if let Some(new) = self.keyed.iter_mut().find(|new| new.spec == old.spec) {
                new.adopt(old);
            }
        }
        (self.newest, self.heard) = (newest, heard);
    }

    /// How the store is told of a series of `metric`.
    pub fn series_spec(&self, metric: u16, watched: bool) -> SeriesSpec {
        let spec = &self.metrics[metric as usize];
        SeriesSpec { unit: spec.unit.clone(), step: spec.step, watched }
    }
}
