//! Payloads of other forms than plain JSON: told from each other by reading the sample as each of
//! them in turn, and taken where nearly every record fits. What fits none is left to `shape`.

use super::field::path_of;
use super::sample::{SampleRecord, TopicSample};
use super::shape::{EVENTS, Event, Shape};
use crate::decode::{Fate, FormatName, Reader, RejectRing, Schema, StreamSpec, TopicPattern, exposed_labels, format, logfmt_keys};
use crate::model::{RecordRef, SourceId, Timestamp, Value};
use serde_json::Map;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The share of records that must fit a form: a header and some broken ones are no reason against it.
const SHARE: f64 = 0.9;
/// Most keys taken from lines of logfmt, and labels from expositions.
const KEYS: usize = 100;
/// What may stand between the fields of a CSV.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Fields by the parts of their paths.
type Fields = Vec<Vec<String>>;

/// What the sample's texts are written in, where that is clear.
pub(super) fn of_text(topic: &TopicSample) -> Option<Shape> {
    number(topic).or_else(|| syslog(topic)).or_else(|| prometheus(topic)).or_else(|| logfmt(topic)).or_else(|| csv(topic))
}

/// collectd's value lists; `shape` has seen that they are some.
pub(super) fn collectd(topic: &TopicSample) -> Option<Shape> {
    let events = read(topic, &spec("collectd"), &known("collectd"))?;
    Some(shaped("collectd", events, "value lists of collectd"))
}

fn spec(format: FormatName) -> StreamSpec {
    StreamSpec { format, ..StreamSpec::new("sample", TopicPattern::Name("sample".into())) }
}

/// The fields a format offers by itself.
fn known(name: &str) -> Fields {
    format(name).map_or(&[][..], |f| f.fields).iter().map(|f| vec![(*f).to_owned()]).collect()
}

fn shaped(format: FormatName, events: Vec<Event>, note: &str) -> Shape {
    Shape { format, records: None, events, note: note.to_owned(), csv: None }
}

fn number(topic: &TopicSample) -> Option<Shape> {
    let events = read(topic, &spec("number"), &known("number"))?;
    Some(shaped("number", events, "plain numbers"))
}

fn syslog(topic: &TopicSample) -> Option<Shape> {
    let fields = ["severity", "facility", "hostname", "app_name", "timestamp"].map(|f| vec![f.to_owned()]).to_vec();
    let events = read(topic, &spec("syslog"), &fields)?;
    // A time in front alone makes a line of any log.
    let told = events.iter().filter(|e| e.fields.contains_key("severity") || e.fields.contains_key("app_name")).count();
    (told as f64 >= SHARE * events.len() as f64).then(|| shaped("syslog", events, "syslog"))
}

fn prometheus(topic: &TopicSample) -> Option<Shape> {
    // A word and a number alone may be anything.
    let (clear, all) =
        texts(topic).fold((0, 0), |(clear, all), t| (clear + usize::from(t.contains("# TYPE ") || t.contains('{')), all + 1));
    if clear * 2 <= all {
        return None;
    }
    let labels: BTreeSet<String> = texts(topic).flat_map(str::lines).flat_map(exposed_labels).take(EVENTS).collect();
    let mut fields = known("prometheus");
    fields.extend(labels.into_iter().take(KEYS).map(|label| vec!["labels".to_owned(), label]));
    let events = read(topic, &spec("prometheus"), &fields)?;
    Some(shaped("prometheus", events, "Prometheus' text"))
}

fn logfmt(topic: &TopicSample) -> Option<Shape> {
    let mut keys = BTreeSet::new();
    let (mut lines, mut fit) = (0, 0);
    for line in texts(topic).flat_map(str::lines).filter(|l| !l.trim().is_empty()).take(EVENTS) {
        lines += 1;
        let Some((valued, alone)) = logfmt_keys(line) else { continue };
        // Words of a sentence would be keys without values.
        if valued.len() >= 2 && valued.len() > alone {
            fit += 1;
            keys.extend(valued);
        }
    }
    if lines == 0 || f64::from(fit) < SHARE * f64::from(lines) {
        return None;
    }
    let fields: Fields = keys.into_iter().take(KEYS).map(|key| vec![key]).collect();
    let events = read(topic, &spec("logfmt"), &fields)?;
    Some(shaped("logfmt", events, "lines of key=value"))
}

fn csv(topic: &TopicSample) -> Option<Shape> {
    DELIMITERS.iter().find_map(|delimiter| csv_with(topic, *delimiter))
}

fn csv_with(topic: &TopicSample, delimiter: u8) -> Option<Shape> {
    let first = texts(topic).next()?.lines().next()?;
    let width = first.split(char::from(delimiter)).count();
    let unnamed: Vec<String> = (1..=width).map(|n| format!("c{n}")).collect();
    if width < 2 {
        return None;
    }
    let with = |columns: &[String]| {
        let columns: Vec<Arc<str>> = columns.iter().map(|c| c.as_str().into()).collect();
        StreamSpec { columns, delimiter, ..spec("csv") }
    };
    let alone = |columns: &[String]| columns.iter().map(|c| vec![c.clone()]).collect::<Fields>();
    let events = read(topic, &with(&unnamed), &alone(&unnamed))?;
    let numeric = |e: &Event, column: &String| e.fields.get(column).is_some_and(serde_json::Value::is_number);
    let numbers: Vec<&String> = unnamed
        .iter()
        .filter(|column| events.iter().filter(|e| numeric(e, column)).count() as f64 >= SHARE * events.len().saturating_sub(1) as f64)
        .collect();
    let top = events.first().filter(|_| events.len() > 2 && !numbers.is_empty())?;
    let names: Vec<String> = first.trim_end_matches('\r').split(char::from(delimiter)).map(|n| n.trim().to_owned()).collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    let named = numbers.iter().any(|column| !numeric(top, column)) && distinct.len() == width && names.iter().all(|n| path_of(n).is_some());
    let (columns, note) =
        if named { (names, "CSV, its header among the records") } else { (unnamed, "CSV without a header: name its columns") };
    let events = read(topic, &with(&columns), &alone(&columns))?;
    Some(Shape { csv: Some((columns, char::from(delimiter))), ..shaped("csv", events, note) })
}

fn texts(topic: &TopicSample) -> impl Iterator<Item = &str> {
    topic.records.iter().filter_map(|r| std::str::from_utf8(r.payload.as_deref()?).ok()).filter(|text| !text.trim().is_empty())
}

/// The events of the sample, read as `spec` says; `None` where too few of them fit.
fn read(topic: &TopicSample, spec: &StreamSpec, fields: &Fields) -> Option<Vec<Event>> {
    let mut schema = Schema::new();
    let mut places = Vec::new();
    for parts in fields {
        let Some(path) = parts.iter().map(|p| path_of(p)).collect::<Option<Vec<_>>>() else { continue };
        places.push((schema.field(&path.join(".")).ok()?, parts));
    }
    let mut reader = Reader::new(spec, schema).ok()?;
    let (mut rejects, mut events) = (RejectRing::new(), Vec::new());
    let name: Arc<str> = "sample".into();
    for (nth, sample) in topic.records.iter().filter(|r| r.payload.as_ref().is_some_and(|p| !p.is_empty())).enumerate() {
        let record = RecordRef::plain(SourceId(0), &name, 0, nth as i64, sample.payload.as_deref());
        reader.read(&record, Timestamp::default(), &mut rejects, &mut |event| {
            if events.len() < EVENTS {
                let found = places.iter().map(|(field, parts)| (*parts, event.get(*field)));
                events.push(of(found, sample));
            }
            Fate::Accepted
        });
    }
    let counters = reader.counters();
    let broken = counters.undecodable + counters.invalid + counters.erroneous;
    let all = counters.accepted + broken;
    (counters.accepted > 0 && counters.accepted as f64 >= SHARE * all as f64).then_some(events)
}

fn of<'v>(found: impl Iterator<Item = (&'v Vec<String>, Value<'v>)>, sample: &SampleRecord) -> Event {
    let mut fields = Map::new();
    for (parts, value) in found {
        let value = match value {
            Value::Missing => continue,
            Value::Bool(b) => b.into(),
            // A number without a fraction stays one without a point, as in JSON.
            Value::Number(x) if x.fract().abs() < f64::EPSILON && x.abs() < 9e15 => (x as i64).into(),
            Value::Number(x) => x.into(),
            Value::Text(text) => text.into(),
        };
        match parts.as_slice() {
            [name] => {
                fields.insert(name.clone(), value);
            }
            [outer, name] => {
                let below = fields.entry(outer.clone()).or_insert_with(|| Map::new().into());
                if let Some(below) = below.as_object_mut() {
                    below.insert(name.clone(), value);
                }
            }
            _ => {}
        }
    }
    let key = sample.key.as_deref().and_then(|k| std::str::from_utf8(k).ok()).map(str::to_owned);
    Event { fields, key, time: sample.time }
}
