//! How a topic's payloads are written, and the events in them.

use super::field::path_of;
use super::formats;
use super::sample::{SampleRecord, TopicSample};
use crate::decode::line_level;
use crate::model::Timestamp;
use serde_json::{Map, Value};

/// Most events looked at: more say nothing new.
pub(super) const EVENTS: usize = 2_000;
/// Longest payload read whole: what is longer is no telemetry.
const PAYLOAD_LIMIT: usize = 1 << 20;
/// Deepest place where an array of records is looked for.
const ARRAY_DEPTH: usize = 3;
/// The share of records that must be JSON for a topic to be one of JSON: a few broken ones are no reason against it.
const JSON_SHARE: f64 = 0.5;

/// One event of the sample.
#[derive(Debug)]
pub(super) struct Event {
    /// Its fields.
    pub(super) fields: Map<String, Value>,
    /// The record's key, where it is text.
    pub(super) key: Option<String>,
    /// The record's time.
    pub(super) time: Option<Timestamp>,
}

/// What was found out about a topic's payloads.
#[derive(Debug)]
pub(super) struct Shape {
    /// The format's name.
    pub(super) format: &'static str,
    /// Where an array of records stands inside of each payload.
    pub(super) records: Option<String>,
    /// The events.
    pub(super) events: Vec<Event>,
    /// The columns of a CSV, and what stands between them.
    pub(super) csv: Option<(Vec<String>, char)>,
    /// What is worth a comment.
    pub(super) note: String,
}

/// Reads the sample of a topic.
pub(super) fn shape(topic: &TopicSample) -> Shape {
    let payloads = topic.records.iter().filter(|r| r.payload.as_ref().is_some_and(|p| !p.is_empty())).count();
    let parsed: Vec<(&SampleRecord, Value)> =
        topic.records.iter().filter_map(|r| Some((r, parse(r.payload.as_deref()?)?))).take(EVENTS).collect();
    if (parsed.len() as f64) < JSON_SHARE * payloads.min(EVENTS) as f64 || parsed.is_empty() {
        return formats::of_text(topic).unwrap_or_else(|| opaque(topic, payloads));
    }
    if most(&parsed, is_envelope) {
        let inner = parsed.iter().filter_map(|(r, v)| opened(r, v)).collect();
        return read(inner, "kcat", "each record is an envelope as kcat -J writes it");
    }
    if most(&parsed, is_value_list)
        && let Some(shape) = formats::collectd(topic)
    {
        return shape;
    }
    if most(&parsed, is_telegraf) {
        let metrics = |v: Value| v.get("metrics").cloned().unwrap_or(v);
        let parsed = parsed.into_iter().map(|(r, v)| (r, metrics(v))).collect();
        return read(parsed, "telegraf", "metrics of Telegraf");
    }
    let structured = most(&parsed, |v| ["specversion", "type", "source", "id"].iter().all(|k| v.get(k).is_some()));
    if structured {
        return read(parsed, "cloudevents", "CloudEvents");
    }
    if parsed.iter().filter(|(r, _)| is_binary_event(r)).count() * 2 > parsed.len() {
        let parsed = parsed.into_iter().map(|(r, v)| (r, with_attributes(r, v))).collect();
        return read(parsed, "cloudevents", "CloudEvents, their attributes in the headers");
    }
    read(parsed, "json", "")
}

/// A payload as JSON with fields in it; a lone number or text has none.
fn parse(payload: &[u8]) -> Option<Value> {
    if payload.len() > PAYLOAD_LIMIT {
        return None;
    }
    let value: Value = serde_json::from_slice(payload).ok()?;
    (value.is_object() || value.as_array().is_some_and(|a| a.iter().any(Value::is_object))).then_some(value)
}

fn most(parsed: &[(&SampleRecord, Value)], holds: impl Fn(&Value) -> bool) -> bool {
    parsed.iter().filter(|(_, v)| holds(v)).count() * 2 > parsed.len()
}

fn is_envelope(value: &Value) -> bool {
    ["topic", "partition", "offset", "payload"].iter().all(|k| value.get(k).is_some())
}

/// Whether a payload is value lists as collectd sends them.
fn is_value_list(value: &Value) -> bool {
    let list = |v: &Value| v.get("values").is_some_and(Value::is_array) && ["dsnames", "plugin", "type"].iter().all(|k| v.get(k).is_some());
    value.as_array().map_or_else(|| list(value), |all| all.iter().all(list))
}

/// Whether a payload is a metric of Telegraf, or a batch of them.
fn is_telegraf(value: &Value) -> bool {
    let metric = |v: &Value| {
        let object = |key| v.get(key).is_some_and(Value::is_object);
        object("fields") && object("tags") && ["name", "timestamp"].iter().all(|k| v.get(k).is_some())
    };
    value.get("metrics").and_then(Value::as_array).map_or_else(|| metric(value), |all| !all.is_empty() && all.iter().all(metric))
}

/// The record inside of an envelope.
fn opened<'r>(record: &'r SampleRecord, envelope: &Value) -> Option<(&'r SampleRecord, Value)> {
    match envelope.get("payload")? {
        Value::String(text) => Some((record, parse(text.as_bytes())?)),
        inner @ Value::Object(_) => Some((record, inner.clone())),
        _ => None,
    }
}

/// Whether a record is a CloudEvent in binary mode: its attributes are headers.
fn is_binary_event(record: &SampleRecord) -> bool {
    record.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("ce_specversion"))
}

/// The event as the format's reader gives it: attributes as fields, the payload below `data`.
fn with_attributes(record: &SampleRecord, payload: Value) -> Value {
    let attribute = |(name, value): &(String, Option<String>)| {
        Some((name.to_ascii_lowercase().strip_prefix("ce_")?.to_owned(), Value::from(value.as_deref()?)))
    };
    let mut fields: Map<String, Value> = record.headers.iter().filter_map(attribute).collect();
    fields.insert("data".to_owned(), payload);
    Value::Object(fields)
}

/// Text lines, bytes or nothing: only their rate is known, and the level of lines that state one.
fn opaque(topic: &TopicSample, payloads: usize) -> Shape {
    let text =
        topic.records.iter().filter_map(|r| r.payload.as_deref()).filter(|p| !p.is_empty() && std::str::from_utf8(p).is_ok()).count();
    let (format, note) = match (payloads, text) {
        (0, _) => ("json", "no record with a payload was seen: what it holds is not known yet"),
        (all, text) if text * 2 > all => ("line", "lines of text"),
        _ => ("line", "payloads are neither JSON nor text: only their rate is watched"),
    };
    let level = |r: &SampleRecord| {
        let text = r.payload.as_deref().filter(|_| format == "line").and_then(|p| std::str::from_utf8(p).ok())?;
        Some(("level".to_owned(), Value::from(line_level(text)?)))
    };
    let keyed = |r: &SampleRecord| Event { fields: level(r).into_iter().collect(), key: key_of(r), time: r.time };
    Shape { format, records: None, events: topic.records.iter().take(EVENTS).map(keyed).collect(), note: note.to_owned(), csv: None }
}

fn key_of(record: &SampleRecord) -> Option<String> {
    record.key.as_deref().and_then(|k| std::str::from_utf8(k).ok()).map(str::to_owned)
}

fn read(parsed: Vec<(&SampleRecord, Value)>, format: &'static str, note: &str) -> Shape {
    let records = if matches!(format, "cloudevents" | "telegraf") { None } else { records_path(&parsed) };
    let mut events = Vec::new();
    for (record, value) in parsed {
        let found = match &records {
            Some((names, _)) => names.iter().try_fold(&value, |v, name| v.get(name)).cloned().unwrap_or(Value::Null),
            None => value,
        };
        let list = if let Value::Array(items) = found { items } else { vec![found] };
        for item in list {
            if let Value::Object(fields) = item
                && events.len() < EVENTS
            {
                events.push(Event { fields, key: key_of(record), time: record.time });
            }
        }
    }
    Shape { format, records: records.map(|(_, path)| path), events, note: note.to_owned(), csv: None }
}

/// The path of an array of records inside of every payload, where there is one: its elements hold
/// numbers, and the payload beside it holds none.
fn records_path(parsed: &[(&SampleRecord, Value)]) -> Option<(Vec<String>, String)> {
    let (_, first) = parsed.iter().find(|(_, v)| v.is_object())?;
    let mut found = Vec::new();
    arrays(first.as_object()?, &mut Vec::new(), &mut found);
    let in_most = |names: &Vec<String>| {
        let here = |v: &Value| names.iter().try_fold(v, |v, n| v.get(n)).is_some_and(Value::is_array);
        most(parsed, here)
    };
    let names = found.into_iter().find(in_most)?;
    let beside = parsed.iter().take(20).filter_map(|(_, v)| v.as_object()).any(|o| holds_measures(o, 0));
    if beside && !most(parsed, |v| timed_elements(v, &names)) {
        return None;
    }
    let path = names.iter().map(|n| path_of(n)).collect::<Option<Vec<_>>>()?.join(".");
    Some((names, path))
}

/// Whether the elements of the array at `names` say when they were: then each is an event, whatever stands beside them.
fn timed_elements(value: &Value, names: &[String]) -> bool {
    let array = names.iter().try_fold(value, |v, n| v.get(n)).and_then(Value::as_array);
    array.and_then(|a| a.first()?.as_object()).is_some_and(|o| o.keys().any(|name| super::words::time_rank(name) > 30))
}

/// Arrays whose elements are tables with numbers, shallowest first.
fn arrays(object: &Map<String, Value>, prefix: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    for (name, value) in object {
        let numbers = |v: &Value| v.as_object().is_some_and(|o| o.values().any(is_number));
        if value.as_array().is_some_and(|a| a.iter().any(numbers)) {
            out.push(prefix.iter().cloned().chain([name.clone()]).collect());
        }
    }
    if prefix.len() + 1 < ARRAY_DEPTH {
        for (name, value) in object {
            if let Value::Object(inner) = value {
                prefix.push(name.clone());
                arrays(inner, prefix, out);
                prefix.pop();
            }
        }
    }
}

/// Whether a table holds numbers that are measures: no time, no identity, no place in a sequence.
fn holds_measures(object: &Map<String, Value>, depth: usize) -> bool {
    object.iter().any(|(name, value)| match value {
        Value::Object(inner) => depth < ARRAY_DEPTH && holds_measures(inner, depth + 1),
        value => {
            let other = super::words::time_rank(name) > 0 || super::words::is_id(name) || super::words::is_sequence(name);
            is_number(value) && !other && !super::words::words(name).iter().any(|w| w == "count")
        }
    })
}

fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}
