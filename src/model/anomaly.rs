//! An anomaly: one flagged observation, with all a person asks about it.

use super::{Band, Baseline, LabelSet, Millis, Pattern, SeriesId, SeriesKey, Timestamp};
use std::fmt;
use std::sync::Arc;

/// What was judged: a series, or a key of a stream's events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A series.
    Series(SeriesKey),
    /// The events of a stream with these labels.
    Key {
        /// The stream.
        stream: Arc<str>,
        /// The key's labels; none where the detector is not grouped.
        labels: LabelSet,
    },
}

impl Subject {
    /// The labels of the series or key.
    pub fn labels(&self) -> &LabelSet {
        match self {
            Self::Series(key) => &key.labels,
            Self::Key { labels, .. } => labels,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Series(key) => write!(f, "{key}"),
            Self::Key { stream, labels } => write!(f, "{stream}{labels}"),
        }
    }
}

/// Where a record stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]@{}", self.topic, self.partition, self.offset)
    }
}

/// A field of an event kept for the table: numbers stay numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldText {
    /// The event does not have it.
    Missing,
    /// A number.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// Text as it came: not safe to draw.
    Text(Arc<str>),
}

/// What carries a part of a deviation: a label's value, a member of a group, a number of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// By name: `region=EU`, `cpu.load`.
    pub what: Arc<str>,
    /// Its share of the deviation, 1 is all of it; negative where it moved the other way.
    pub share: f64,
}

/// One flagged observation, or a run of the same one.
#[derive(Clone, Debug)]
pub struct Anomaly {
    /// Counts up from 1, in the order the machine found them.
    pub id: u64,
    /// Event time of the first.
    pub at: Timestamp,
    /// Event time of the last of the run.
    pub last_at: Timestamp,
    /// The time since the observation before the first, flagged or not: the pace of what is judged. Nought where unknown.
    pub step: Millis,
    /// How many observations the run holds.
    pub count: u32,
    /// The detector's name in the configuration.
    pub detector: Arc<str>,
    /// What was judged.
    pub subject: Subject,
    /// The series' id, for a series.
    pub series: Option<SeriesId>,
    /// The value judged: the one that deviates most where there are several. Of the run's highest score.
    pub value: f64,
    /// The highest score of the run.
    pub score: f64,
    /// The threshold.
    pub threshold: f64,
    /// Where the value was expected.
    pub expected: Option<Band>,
    /// The form of the deviation.
    pub pattern: Pattern,
    /// What the judgement rests on: kind, basis, centre, scale, window, since when.
    pub baseline: Baseline,
    /// What carries the deviation, the largest share first; empty where nobody can say.
    pub contributions: Vec<Contribution>,
    /// One sentence: why.
    pub why: Arc<str>,
    /// The unit of the value, for display.
    pub unit: Arc<str>,
    /// The fields named in `show`, in that order.
    pub fields: Vec<(Arc<str>, FieldText)>,
    /// The record, for a single event.
    pub position: Option<Position>,
}
