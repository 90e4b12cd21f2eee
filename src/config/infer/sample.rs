//! What the inference is given.

use crate::model::{RecordRef, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Records of a topic that are enough to know it.
const RECORDS_ENOUGH: usize = 300;
/// With fewer than this it is worth waiting a moment for more.
const RECORDS_FEW: usize = 100;
/// The least share of a partition, where there are many.
const SHARE_LEAST: usize = 10;
/// Most records kept of a topic, however many partitions it has.
const RECORDS_MOST: usize = 2_000;

/// A record of a topic, as it was delivered.
#[derive(Clone, Debug, Default)]
pub struct SampleRecord {
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its payload; `None` is a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Its own time.
    pub time: Option<Timestamp>,
    /// Its headers; those whose value is no text stand without one.
    pub headers: Vec<(String, Option<String>)>,
}

impl SampleRecord {
    /// A copy of what counts of a record.
    pub fn of(record: &RecordRef<'_>) -> Self {
        let text = |v: Option<&[u8]>| v.and_then(|v| std::str::from_utf8(v).ok()).map(str::to_owned);
        Self {
            key: record.key.map(<[u8]>::to_vec),
            payload: record.payload.map(<[u8]>::to_vec),
            time: record.time,
            headers: record.headers().map(|(name, value)| (name.to_owned(), text(value))).collect(),
        }
    }
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
    /// How many of each partition.
    pub(super) kept: BTreeMap<i32, usize>,
}

impl TopicSample {
    /// Keeps a record where it says something new: every partition has its share, because
    /// partitions are often split by key, so that one alone knows few of the keys.
    pub fn take(&mut self, record: &RecordRef<'_>) {
        let share = self.share();
        let kept = self.kept.entry(record.partition).or_default();
        if *kept < share && self.records.len() < RECORDS_MOST {
            *kept += 1;
            self.records.push(SampleRecord::of(record));
        }
    }

    /// Records of each partition that are enough.
    fn share(&self) -> usize {
        (RECORDS_ENOUGH / self.partitions.max(1)).max(SHARE_LEAST)
    }

    /// Whether what lies ready in its partitions (number and records) has been seen, as far as it is wanted.
    pub fn enough(&self, ready: impl IntoIterator<Item = (i32, u64)>) -> bool {
        let share = self.share();
        let seen = |(partition, there): (i32, u64)| self.kept.get(&partition).copied().unwrap_or(0) as u64 >= there.min(share as u64);
        self.records.len() >= RECORDS_MOST || (self.records.len() >= RECORDS_FEW && ready.into_iter().all(seen))
    }

    /// The sample as the inference takes it: under its name, oldest first.
    pub fn finished(&self, topic: &str) -> Self {
        let mut sample = Self { topic: topic.to_owned(), ..self.clone() };
        sample.records.sort_by_key(|r| r.time);
        sample
    }
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
