//! How a stream is to be read: which records, which fields, what is clean. Checked by `config`.

use crate::model::Millis;
use std::sync::Arc;

/// Which topics a stream reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicPattern {
    /// One topic by name.
    Name(Arc<str>),
    /// All topics whose whole name the regular expression matches (written with a leading `^`, as librdkafka does).
    Regex(Arc<str>),
}

/// Name of an entry of `FORMATS`: `json`, `csv`, `syslog`, …
pub type FormatName = &'static str;

/// The unit of a numeric time field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeUnit {
    /// Told apart by magnitude.
    #[default]
    Auto,
    /// Seconds, also fractional.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
    /// RFC 3339 text.
    Rfc3339,
}

/// Where an event's time comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TimeSource {
    /// The record's own time; the machine's clock where it has none.
    #[default]
    Record,
    /// A field.
    Field {
        /// Its path.
        path: Arc<str>,
        /// Its unit.
        unit: TimeUnit,
    },
}

/// Bounds of a field beyond which an event is erroneous.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldLimit {
    /// The field's path.
    pub field: Arc<str>,
    /// Lowest value that is no error.
    pub min: f64,
    /// Highest value that is no error.
    pub max: f64,
}

/// A stream: a topic and how to read it.
///
/// Field paths are names joined by dots (`meta.rssi`), array places in brackets (`readings[0].v`),
/// names with dots in quotes (`"a.b".c`); `@key`, `@topic`, `@partition`, `@offset`, `@time` and
/// `@header.NAME` name parts of the record itself (so a key can be a label), `@value` the payload itself.
/// With `records`, a path is looked for in each record first, then from the root of the payload.
/// A redacted field is the text `[redacted]` wherever it is used, also in `unique` and `sample_by`.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamSpec {
    /// Its name.
    pub name: Arc<str>,
    /// The source it belongs to; `None` is every source that has the topic.
    pub source: Option<Arc<str>>,
    /// Its topics.
    pub topic: TopicPattern,
    /// How payloads are written.
    pub format: FormatName,
    /// The names of a CSV's columns; empty: the first record holds them.
    pub columns: Vec<Arc<str>>,
    /// What stands between the fields of a CSV.
    pub delimiter: u8,
    /// Path of an array of records inside the payload; `None`: the payload is one record, or an array of them at its root.
    pub records: Option<Arc<str>>,
    /// Where event time comes from.
    pub time: TimeSource,
    /// Fields that make an event unique; empty: no such check.
    pub unique: Vec<Arc<str>>,
    /// How many keys the check for `unique` remembers.
    pub unique_window: usize,
    /// How long the watermark waits behind the newest event time.
    pub lateness: Millis,
    /// The share of keys that is kept, 0…1.
    pub sample: f64,
    /// The fields whose hash decides what is sampled; empty: the record's key, else its position.
    pub sample_by: Vec<Arc<str>>,
    /// Fields kept out of screens and recordings.
    pub redact: Vec<Arc<str>>,
    /// Bounds beyond which an event is erroneous.
    pub limits: Vec<FieldLimit>,
    /// Fields that must be there and be finite numbers, else the event is invalid.
    pub numeric: Vec<Arc<str>>,
}

impl StreamSpec {
    /// The window of `unique` keys where the configuration names none.
    pub const UNIQUE_WINDOW: usize = 100_000;

    /// A JSON stream of one topic with defaults throughout.
    pub fn new(name: &str, topic: TopicPattern) -> Self {
        Self {
            name: name.into(),
            source: None,
            topic,
            format: "json",
            columns: Vec::new(),
            delimiter: b',',
            records: None,
            time: TimeSource::Record,
            unique: Vec::new(),
            unique_window: Self::UNIQUE_WINDOW,
            lateness: Millis::from_secs(2),
            sample: 1.0,
            sample_by: Vec::new(),
            redact: Vec::new(),
            limits: Vec::new(),
            numeric: Vec::new(),
        }
    }
}
