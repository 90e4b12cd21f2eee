//! How strictly each detector judges, for those who look at the console.

use super::machine::Engine;
use super::sensitivity::Pool;
use crate::detect::DetectorSpec;
use std::sync::Arc;

/// How strictly a detector judges.
#[derive(Clone, Debug, PartialEq)]
pub struct Strictness {
    /// The detector's name.
    pub detector: Arc<str>,
    /// Its kind.
    pub kind: &'static str,
    /// Whether it follows the knob.
    pub follows: bool,
    /// Series, keys and groups it has judged.
    pub instances: usize,
    /// The score from which on it flags; `None` before the first verdict.
    pub threshold: Option<f64>,
    /// False alerts to be expected of all of them in a week; `None` while too little is known.
    pub weekly: Option<f64>,
    /// Hours of series its history holds.
    pub hours: u64,
    /// Hours of event time it has been watched: the budget is a promise once they are [`PROMISED_AFTER`].
    pub watched: u64,
}

/// Hours of event time after which the budget is a promise: a week, so that each day of it was seen.
pub const PROMISED_AFTER: u64 = 168;

impl Engine {
    /// How many false alerts a week the whole console may raise; `None`: kinds have their own thresholds.
    pub fn weekly_budget(&self) -> Option<f64> {
        self.judge.sensitivity.weekly
    }

    /// How strictly each detector judges, in the order of the configuration.
    pub fn strictness(&self) -> Vec<Strictness> {
        let one = |(spec, pool): (&DetectorSpec, &Pool)| Strictness {
            detector: Arc::clone(&spec.name),
            kind: spec.kind,
            follows: pool.follows,
            instances: pool.instances(),
            threshold: pool.threshold,
            weekly: pool.weekly(),
            hours: pool.history.hours() as u64,
            watched: pool.history.watched(),
        };
        self.judge.detectors.iter().zip(&self.judge.sensitivity.pools).map(one).collect()
    }
}
