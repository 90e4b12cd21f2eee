//! What a metric is: a measure of a field of a stream, by labels, per step. Checked by `config`.

use crate::model::Millis;
use std::sync::Arc;

/// What is made of the values of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// How many events.
    Count,
    /// Events a second.
    Rate,
    /// Their sum.
    Sum,
    /// Their arithmetic mean.
    Mean,
    /// The lowest.
    Min,
    /// The highest.
    Max,
    /// The last by event time, then partition, then offset.
    Last,
    /// A percentile, 0…100; the median is 50.
    Percentile(f64),
    /// Sample standard deviation (N − 1).
    Stddev,
    /// How many different values, estimated.
    Distinct,
    /// Events for which `of` holds by events for which `to` holds.
    Ratio,
}

impl Measure {
    /// Reads `count`, `rate`, `sum`, `mean`, `min`, `max`, `last`, `median`, `p99`, `p99.9`, `stddev`, `distinct`, `ratio`.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "count" => Self::Count,
            "rate" => Self::Rate,
            "sum" => Self::Sum,
            "mean" => Self::Mean,
            "min" => Self::Min,
            "max" => Self::Max,
            "last" => Self::Last,
            "median" => Self::Percentile(50.0),
            "stddev" => Self::Stddev,
            "distinct" => Self::Distinct,
            "ratio" => Self::Ratio,
            other => {
                let p: f64 = other.strip_prefix('p')?.parse().ok()?;
                return (p > 0.0 && p < 100.0).then_some(Self::Percentile(p));
            }
        })
    }

    /// Whether it needs a `field`.
    pub const fn needs_field(self) -> bool {
        !matches!(self, Self::Count | Self::Rate | Self::Ratio)
    }
}

/// A metric's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSpec {
    /// Its name.
    pub name: Arc<str>,
    /// The stream it measures.
    pub stream: Arc<str>,
    /// The field, a path as in [`crate::decode::StreamSpec`].
    pub field: Option<Arc<str>>,
    /// What is made of it.
    pub measure: Measure,
    /// For a ratio: the condition above the line, an expression.
    pub of: Option<Arc<str>>,
    /// For a ratio: the condition below the line; `None`: all events.
    pub to: Option<Arc<str>>,
    /// Fields that become labels.
    pub by: Vec<Arc<str>>,
    /// Only events for which this expression holds.
    pub filter: Option<Arc<str>>,
    /// The step; `None`: each event is a sample (`measure` is then `last`).
    pub step: Option<Millis>,
    /// The unit of its values, for display.
    pub unit: Arc<str>,
    /// How many series it may have; more are folded into one with the labels' values `other`.
    pub max_series: usize,
    /// Fields by which a deviation is explained: the parts of each series are kept by their values.
    pub explain_by: Vec<Arc<str>>,
}

impl MetricSpec {
    /// The limit of series where the configuration names none.
    pub const MAX_SERIES: usize = 1_000;
    /// Shortest step.
    pub const STEP_MIN: Millis = Millis::new(100);
    /// Longest step.
    pub const STEP_MAX: Millis = Millis::from_secs(3_600);
}
