//! Readers as the engine uses them: records in, events, counts and rejects out.

mod clean;
mod formats;
mod hostile;
mod producers;
mod redaction;

use super::{Fate, Reader, RejectClass, RejectRing, Schema, StreamSpec, TopicPattern};
use crate::model::{Batch, RecordRef, SourceId, Timestamp, Value};
use std::sync::Arc;

/// The present of these tests: 2026-11-21T05:14:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_238_040_000);

/// An event as text, values in the order the fields were asked for.
type Row = (i64, Vec<String>);

/// A reader with everything around it.
struct Desk {
    reader: Reader,
    rejects: RejectRing,
    rows: Vec<Row>,
    /// Events before this are late.
    late_before: Option<Timestamp>,
    now: Timestamp,
    next: i64,
}

fn spec() -> StreamSpec {
    StreamSpec::new("s", TopicPattern::Name("t".into()))
}

fn shown(value: Value<'_>) -> String {
    match value {
        Value::Missing => "-".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(x) if x.abs() > 0.0 && x.abs() < 1e-9 => format!("{x:e}"),
        Value::Number(x) => x.to_string(),
        Value::Text(t) => format!("'{t}'"),
    }
}

impl Desk {
    fn new(spec: &StreamSpec, fields: &[&str]) -> Self {
        let mut schema = Schema::new();
        for f in fields {
            schema.field(f).unwrap();
        }
        let reader = Reader::new(spec, schema).unwrap();
        Self { reader, rejects: RejectRing::new(), rows: Vec::new(), late_before: None, now: NOW, next: 0 }
    }

    fn record(&mut self, record: &RecordRef<'_>) {
        let Self { reader, rejects, rows, late_before, now, .. } = self;
        reader.read(record, *now, rejects, &mut |event| {
            if late_before.is_some_and(|t| event.at < t) {
                return Fate::Late;
            }
            rows.push((event.at.as_millis(), event.values.iter().map(|v| shown(*v)).collect()));
            Fate::Accepted
        });
        assert!(reader.counters().balanced(), "{:?}", reader.counters());
    }

    /// Reads a payload at the next position of a partition.
    fn payload(&mut self, payload: impl AsRef<[u8]>) {
        let topic: Arc<str> = "t".into();
        self.next += 1;
        self.record(&RecordRef::plain(SourceId(0), &topic, 0, self.next, Some(payload.as_ref())));
    }

    /// Reads a record with key and headers.
    fn full(&mut self, key: Option<&[u8]>, headers: &[(&str, Option<&[u8]>)], payload: Option<&[u8]>) {
        let topic: Arc<str> = "t".into();
        self.next += 1;
        let mut batch = Batch::new(SourceId(0));
        let mut record = RecordRef::plain(SourceId(0), &topic, 3, self.next, payload);
        record.key = key;
        batch.push(&record, headers.iter().copied());
        self.record(&batch.get(0).unwrap());
    }

    /// The values of all events so far, one line each.
    fn values(&self) -> String {
        self.rows.iter().map(|(_, values)| values.join(" ")).collect::<Vec<_>>().join("\n")
    }

    fn times(&self) -> Vec<i64> {
        self.rows.iter().map(|(at, _)| *at).collect()
    }

    /// What was said of the rejects of `class`, one line each.
    fn reasons(&self, class: RejectClass) -> String {
        self.rejects.of(class).map(|r| format!("{} {}", r.position, r.reason)).collect::<Vec<_>>().join("\n")
    }

    /// accepted late duplicate invalid erroneous / undecodable
    fn counts(&self) -> String {
        let c = self.reader.counters();
        format!("{} {} {} {} {} / {}", c.accepted, c.late, c.duplicate, c.invalid, c.erroneous, c.undecodable)
    }
}
