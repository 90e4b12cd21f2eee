//! The inputs of a case, made one after the other: records from a template, or readings.

use super::notation::Item;
use crate::decode::TimeUnit;
use crate::model::{Batch, Millis, OwnedInput, Reading, RecordRef, SourceId, TimeKind, Timestamp};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A row of inputs on a grid.
#[derive(Clone, Debug)]
pub struct CaseInput {
    /// The source they come from.
    pub source: SourceId,
    /// When the first comes, after the start.
    pub from: Millis,
    /// How often one comes.
    pub every: Millis,
    /// How many there are.
    pub count: usize,
    /// What they are.
    pub what: Payload,
}

/// What a row of inputs is.
#[derive(Clone, Debug)]
pub enum Payload {
    /// Records of a topic.
    Records {
        /// The topic.
        topic: Arc<str>,
        /// How each is made.
        template: Template,
    },
    /// Readings of one series.
    Readings {
        /// The metric.
        name: Arc<str>,
        /// Its labels.
        labels: Vec<(Arc<str>, Arc<str>)>,
        /// The values; `None`: no reading at this step.
        values: Vec<Option<f64>>,
    },
}

/// How the records of a row are made.
#[derive(Clone, Debug, Default)]
pub struct Template {
    pub(super) fields: Vec<(Vec<String>, Fill)>,
    /// The payload as it is to be, with places in braces; `None`: JSON of the fields.
    pub(super) raw: Option<String>,
    pub(super) key: Option<String>,
    pub(super) headers: Vec<(String, String)>,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub(super) enum Fill {
    /// The same in each record, but for places in braces.
    Constant(Value),
    /// One value after the other.
    Row(Vec<Item>),
    /// The time of the record.
    Time(TimeUnit),
}

impl CaseInput {
    /// When the input at `n` is due, `None` past the last.
    pub fn due(&self, start: Timestamp, n: usize) -> Option<Timestamp> {
        (n < self.count).then(|| start + self.from + Millis::new(self.every.get().saturating_mul(n as i64)))
    }

    /// Makes the input at `n`; `None`: it is missing. `offset` is its record's.
    pub fn make(&self, at: Timestamp, n: usize, offset: i64) -> Option<OwnedInput> {
        match &self.what {
            Payload::Readings { name, labels, values } => {
                let value = values.get(n).copied().flatten()?;
                let reading = Reading { name: Arc::clone(name), labels: labels.clone(), value, unit: "" };
                Some(OwnedInput::Readings { source: self.source, at, readings: vec![reading] })
            }
            Payload::Records { topic, template } => {
                let payload = template.payload(at, n)?;
                let key = template.key.as_ref().map(|k| template.filled(k, at, n));
                let mut batch = Batch::new(self.source);
                let mut record = RecordRef::plain(self.source, topic, 0, offset, Some(payload.as_bytes()));
                record.time = Some(at);
                record.time_kind = TimeKind::Create;
                record.key = key.as_ref().map(String::as_bytes);
                let headers: Vec<_> = template.headers.iter().map(|(k, v)| (k, template.filled(v, at, n))).collect();
                batch.push(&record, headers.iter().map(|(k, v)| (k.as_str(), Some(v.as_bytes()))));
                Some(OwnedInput::Records(batch))
            }
        }
    }
}

impl Template {
    /// The payload at `n`; `None` where all that varies is missing.
    fn payload(&self, at: Timestamp, n: usize) -> Option<String> {
        let mut rows = self.fields.iter().filter_map(|(_, f)| if let Fill::Row(row) = f { Some(row) } else { None }).peekable();
        if rows.peek().is_some() && rows.all(|row| matches!(row.get(n), None | Some(Item::Missing))) {
            return None;
        }
        if let Some(raw) = &self.raw {
            return Some(self.filled(raw, at, n));
        }
        let mut root = Map::new();
        for (path, fill) in &self.fields {
            if let Some(value) = self.value(fill, at, n) {
                insert(&mut root, path, value);
            }
        }
        Some(Value::Object(root).to_string())
    }

    fn value(&self, fill: &Fill, at: Timestamp, n: usize) -> Option<Value> {
        match fill {
            Fill::Constant(value) => Some(self.places(value, at, n)),
            Fill::Time(unit) => Some(time(at, *unit)),
            Fill::Row(row) => match row.get(n)? {
                Item::Number(x) => Some(number(*x)),
                Item::Bool(b) => Some(Value::Bool(*b)),
                Item::Text(t) => Some(Value::String(t.clone())),
                Item::Missing => None,
            },
        }
    }

    /// A constant with its places filled; a text that is nothing but `{n}` becomes a number.
    fn places(&self, value: &Value, at: Timestamp, n: usize) -> Value {
        match value {
            Value::String(text) => match text.as_str() {
                "{n}" => Value::from(n),
                "{ms}" => Value::from(at.as_millis()),
                "{s}" => time(at, TimeUnit::Seconds),
                _ => Value::String(self.filled(text, at, n)),
            },
            Value::Array(items) => Value::Array(items.iter().map(|v| self.places(v, at, n)).collect()),
            Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), self.places(v, at, n))).collect()),
            other => other.clone(),
        }
    }

    /// A text with `{n}`, `{ms}`, `{s}`, `{time}` and the values of rows in their places.
    fn filled(&self, text: &str, at: Timestamp, n: usize) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        let plain = |value: Value| if let Value::String(text) = value { text } else { value.to_string() };
        let mut out = text
            .replace("{n}", &n.to_string())
            .replace("{ms}", &at.as_millis().to_string())
            .replace("{s}", &plain(time(at, TimeUnit::Seconds)))
            .replace("{time}", &plain(time(at, TimeUnit::Rfc3339)));
        for (path, fill) in &self.fields {
            if let Fill::Row(_) = fill {
                out = out.replace(&format!("{{{}}}", path.join(".")), &self.value(fill, at, n).map(plain).unwrap_or_default());
            }
        }
        out
    }
}

fn insert(map: &mut Map<String, Value>, path: &[String], value: Value) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        map.insert(first.clone(), value);
        return;
    }
    let inner = map.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        insert(inner, rest, value);
    }
}

/// Numbers without a fraction are written as such: ids compare as text in some streams.
fn number(x: f64) -> Value {
    const EXACT: f64 = 9e15;
    if x.fract().abs() < f64::EPSILON && x.abs() < EXACT { Value::from(x as i64) } else { Value::from(x) }
}

fn time(at: Timestamp, unit: TimeUnit) -> Value {
    let ms = at.as_millis();
    match unit {
        TimeUnit::Auto | TimeUnit::Millis => Value::from(ms),
        TimeUnit::Seconds => number(ms as f64 / 1000.0),
        TimeUnit::Micros => Value::from(ms.saturating_mul(1_000)),
        TimeUnit::Nanos => Value::from(ms.saturating_mul(1_000_000)),
        TimeUnit::Rfc3339 => Value::String(jiff::Timestamp::from_millisecond(ms).map(|t| t.to_string()).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_made_of_constants_rows_and_places() {
        let path = |p: &str| p.split('.').map(str::to_owned).collect::<Vec<_>>();
        let template = Template {
            fields: vec![
                (path("ts"), Fill::Time(TimeUnit::Auto)),
                (path("id"), Fill::Constant("{n}".into())),
                (path("who"), Fill::Constant("u-{n}".into())),
                (path("net.rx"), Fill::Row(vec![Item::Number(1.0), Item::Missing, Item::Number(0.5)])),
            ],
            ..Template::default()
        };
        let at = Timestamp::from_millis(1_764_000_000_500);
        assert_eq!(template.payload(at, 0).unwrap(), r#"{"id":0,"net":{"rx":1},"ts":1764000000500,"who":"u-0"}"#);
        assert_eq!(template.payload(at, 1), None, "all that varies is missing");
        assert_eq!(template.payload(at, 2).unwrap(), r#"{"id":2,"net":{"rx":0.5},"ts":1764000000500,"who":"u-2"}"#);
        let raw = Template { raw: Some("{time} {s} rx={net.rx}".to_owned()), ..template };
        assert_eq!(raw.payload(at, 2).unwrap(), "2025-11-24T16:00:00.5Z 1764000000.5 rx=0.5");
    }
}
