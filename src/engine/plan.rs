//! All the machine is told at its start. `config` makes it; it has been checked.

use crate::alert::RuleSpec;
use crate::decode::StreamSpec;
use crate::detect::DetectorSpec;
use crate::measure::MetricSpec;
use crate::model::{Millis, SourceId};
use crate::store::StoreLimits;
use std::sync::Arc;

/// A source as the machine needs to know it.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcePlan {
    /// Its id.
    pub id: SourceId,
    /// Its name.
    pub name: Arc<str>,
    /// Its kind: `kafka`, `host`, `probe`, `tail`.
    pub kind: &'static str,
    /// Silent for longer than this, it is stale.
    pub stale_after: Millis,
}

/// Named limits of the machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The store's.
    pub store: StoreLimits,
    /// Windows open at once, over all metrics.
    pub open_windows: usize,
    /// Rows of the anomaly table.
    pub anomalies: usize,
    /// Partitions tracked.
    pub partitions: usize,
    /// False alerts a week that the whole console may raise; `None`: detectors judge by their kinds' own thresholds.
    pub false_alerts: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { store: StoreLimits::default(), open_windows: 200_000, anomalies: 1_000, partitions: 10_000, false_alerts: None }
    }
}

/// The plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Sources by id.
    pub sources: Vec<SourcePlan>,
    /// Streams; a record belongs to the first whose topic matches.
    pub streams: Vec<StreamSpec>,
    /// Metrics over streams.
    pub metrics: Vec<MetricSpec>,
    /// Detectors over metrics (also the sources' own) and streams.
    pub detectors: Vec<DetectorSpec>,
    /// Rules over detectors and metrics.
    pub rules: Vec<RuleSpec>,
    /// Limits.
    pub limits: Limits,
    /// The tick grid.
    pub tick: Millis,
}

impl Plan {
    /// The tick grid where no step is finer.
    pub const TICK: Millis = Millis::from_secs(1);
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            streams: Vec::new(),
            metrics: Vec::new(),
            detectors: Vec::new(),
            rules: Vec::new(),
            limits: Limits::default(),
            tick: Self::TICK,
        }
    }
}
