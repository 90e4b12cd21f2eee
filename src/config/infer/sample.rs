//! What the inference is given.

use crate::model::Timestamp;
use std::collections::BTreeSet;

/// A record of a topic, as it was delivered.
#[derive(Clone, Debug, Default)]
pub struct SampleRecord {
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its payload; `None` is a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Its own time.
    pub time: Option<Timestamp>,
    /// The names of its headers.
    pub headers: Vec<String>,
}

/// The first records of a topic.
#[derive(Clone, Debug, Default)]
pub struct TopicSample {
    /// The topic.
    pub topic: String,
    /// How many partitions it has; 0 where that is not known.
    pub partitions: usize,
    /// Records, oldest first.
    pub records: Vec<SampleRecord>,
}

/// What the inference is told beside the records.
#[derive(Clone, Debug, Default)]
pub struct InferContext {
    /// Brokers for `[[kafka]]`.
    pub brokers: Vec<String>,
    /// `from` for `[[kafka]]`, as [`crate::config::parse_from`] reads it.
    pub from: Option<String>,
    /// Write only the part for these topics: the rest is configured already, and [`crate::config::join`] puts both together.
    pub part: bool,
    /// Names of streams, metrics, detectors, rules and pages that are taken.
    pub taken: BTreeSet<String>,
}
