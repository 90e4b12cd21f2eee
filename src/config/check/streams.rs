//! `[[stream]]`: a topic and how to read it.

use super::Context;
use crate::config::names::{StreamName, declare};
use crate::config::overrides::topic;
use crate::config::registry;
use crate::config::section::{At, Section};
use crate::config::suggest;
use crate::decode::{FieldLimit, StreamSpec, TimeSource, TimeUnit, TopicPattern};
use crate::model::Millis;
use std::sync::Arc;
use toml::de::DeValue;

/// Longest lateness: windows stay open for so long, and memory with them.
const LATENESS_MAX: Millis = Millis::from_secs(3_600);
/// Largest memory of unique keys; each costs some tens of bytes.
const UNIQUE_WINDOW_MAX: u64 = 10_000_000;
/// Kafka's own limit of a topic's name.
const TOPIC_LIMIT: usize = 249;
/// Most columns of a CSV, as many as a stream has fields.
const COLUMN_LIMIT: usize = 1_024;
/// The units of a time field, as they are written.
const UNITS: [(&str, TimeUnit); 6] = [
    ("auto", TimeUnit::Auto),
    ("s", TimeUnit::Seconds),
    ("ms", TimeUnit::Millis),
    ("us", TimeUnit::Micros),
    ("ns", TimeUnit::Nanos),
    ("rfc3339", TimeUnit::Rfc3339),
];

/// All streams.
pub(in crate::config) fn streams(cx: &mut Context<'_>, root: &Section<'_>) -> Vec<StreamSpec> {
    let mut out: Vec<StreamSpec> = Vec::new();
    for section in root.tables("stream") {
        if let Some((name, spec)) = stream(cx, &section) {
            let redact = spec.redact.iter().map(ToString::to_string).collect();
            if declare("stream", &name, cx.names.streams.contains_key(&name.value), cx.sink) {
                cx.names.streams.insert(name.value.clone(), StreamName { redact, used: false });
            }
            if let Some(first) = out.iter().find(|s| s.topic == spec.topic && (s.source.is_none() || s.source == spec.source)) {
                let message = format!("stream {:?} never sees a record: {:?} before it reads the same topic", name.value, first.name);
                cx.sink.warn(&section.place("topic"), message, "several metrics and detectors may share one stream");
            }
            out.push(spec);
        }
        section.finish();
    }
    out
}

fn stream(cx: &Context<'_>, section: &Section<'_>) -> Option<(At<String>, StreamSpec)> {
    let source = section.filled("source");
    let tail = source.as_ref().filter(|s| check_source(cx, s) == Some("tail"));
    let name = section.filled("name");
    let topic = match (section.filled("topic"), tail) {
        (Some(topic), _) => Some(topic),
        (None, Some(tail)) => Some(tail.clone()),
        (None, None) if section.has("topic") => None,
        (None, None) => {
            cx.sink.error(&section.span, "[[stream]] has no topic", "add topic = \"orders\", or a pattern such as \"^orders-.*\"");
            None
        }
    };
    let name = name.or_else(|| topic.clone())?;
    let pattern = topic.as_ref().map_or(TopicPattern::Name("".into()), |t| check_topic(cx, t, tail.is_some()));
    let mut spec = StreamSpec::new(&name.value, pattern);
    spec.source = source.map(|s| s.value.as_str().into());
    if let Some(format) = section.word("format", &registry::formats()) {
        spec.format = format.value;
    }
    csv(cx, section, &mut spec);
    spec.records = section.filled("records").and_then(|p| cx.path(&p));
    spec.time = time(cx, section);
    clean(cx, section, &mut spec);
    spec.sample = section.number("sample", 0.0, 1.0).map_or(1.0, |n| n.value);
    if spec.sample <= 0.0 {
        cx.sink.error(&section.place("sample"), "sample = 0 would keep nothing", "write the share that is kept: 0.1");
    }
    let paths = |key| section.texts(key).iter().filter_map(|p| cx.path(p)).collect::<Vec<_>>();
    spec.sample_by = paths("sample_by");
    if !spec.sample_by.is_empty() && !section.has("sample") {
        cx.sink.warn(&section.place("sample_by"), "sample_by has no effect without sample", "add sample = 0.1");
    }
    spec.redact = paths("redact");
    spec.numeric = paths("numeric");
    if spec.format == "csv" && !spec.redact.is_empty() && spec.columns.is_empty() {
        let message = "redact needs to know the columns of a CSV before its first record";
        cx.sink.error(&section.place("redact"), message, "name them: columns = [\"time\", \"user\", \"amount\"]");
    }
    check_own_redactions(cx, section, &spec);
    Some((name, spec))
}

/// `columns` and `delimiter`, which say how a CSV is written.
fn csv(cx: &Context<'_>, section: &Section<'_>, spec: &mut StreamSpec) {
    for column in section.texts("columns") {
        if spec.columns.iter().any(|c| **c == *column.value) {
            cx.sink.error(&column.span, format!("there are two columns called {:?}", column.value), "");
        } else if spec.columns.len() >= COLUMN_LIMIT {
            cx.sink.error(&column.span, format!("there are more than {COLUMN_LIMIT} columns"), "");
            break;
        } else {
            spec.columns.push(column.value.as_str().into());
        }
    }
    if let Some(delimiter) = section.text("delimiter") {
        match delimiter.value.as_bytes() {
            [sign] if sign.is_ascii() && !matches!(sign, b'"' | b'\n' | b'\r') => spec.delimiter = *sign,
            _ => {
                let message = format!("delimiter {:?} is not one plain sign", delimiter.value);
                cx.sink.error(&delimiter.span, message, "write \",\", \";\", \"|\" or \"\\t\"");
            }
        }
    }
    for key in ["columns", "delimiter"] {
        if spec.format != "csv" && section.has(key) {
            cx.sink.warn(&section.place(key), format!("{key} has no effect without format = \"csv\""), "add format = \"csv\"");
        }
    }
}

/// The kind of the source, `None` where it is not known, which is reported.
fn check_source(cx: &Context<'_>, source: &At<String>) -> Option<&'static str> {
    let kind = cx.names.sources.get(&source.value).copied();
    match kind {
        None => {
            let known = cx.names.sources.iter().filter(|(_, k)| matches!(**k, "kafka" | "tail")).map(|(n, _)| n.as_str());
            cx.sink.error(&source.span, format!("no source is called {:?}", source.value), suggest::hint(&source.value, known));
        }
        Some("host" | "probe" | "scrape") => {
            cx.sink.error(&source.span, format!("source {:?} delivers metrics, not records", source.value), "leave the stream out");
        }
        Some(_) => {}
    }
    kind
}

fn check_topic(cx: &Context<'_>, text: &At<String>, of_tail: bool) -> TopicPattern {
    let pattern = topic(&text.value);
    match &pattern {
        TopicPattern::Regex(_) => {
            cx.regex(text);
        }
        TopicPattern::Name(name) => {
            let fits = name.len() <= TOPIC_LIMIT && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
            if !fits && !of_tail && cx.names.sources.get(&text.value) != Some(&"tail") {
                let message = format!("{:?} cannot be the name of a topic: letters, digits, '.', '_' and '-' can", text.value);
                cx.sink.error(&text.span, message, "a pattern begins with ^");
            }
        }
    }
    pattern
}

fn time(cx: &Context<'_>, section: &Section<'_>) -> TimeSource {
    let unit = section.word("time_unit", &UNITS.map(|(word, _)| word));
    let Some(path) = section.filled("time") else {
        if let Some(unit) = unit {
            cx.sink.warn(&unit.span, "time_unit has no effect without time", "add time = \"ts\", the field that holds the time");
        }
        return TimeSource::Record;
    };
    let unit = unit.and_then(|w| UNITS.iter().find(|(word, _)| *word == w.value)).map_or(TimeUnit::Auto, |(_, u)| *u);
    cx.path(&path).map_or(TimeSource::Record, |path| TimeSource::Field { path, unit })
}

/// `unique`, `lateness` and `limits`.
fn clean(cx: &Context<'_>, section: &Section<'_>, spec: &mut StreamSpec) {
    spec.unique = section.texts("unique").iter().filter_map(|p| cx.path(p)).collect();
    if let Some(window) = section.whole("unique_window", 1, UNIQUE_WINDOW_MAX) {
        spec.unique_window = window.value as usize;
        if spec.unique.is_empty() {
            cx.sink.warn(&window.span, "unique_window has no effect without unique", "add unique = [\"order_id\"]");
        }
    }
    if let Some(lateness) = section.length("lateness", Millis::ZERO, LATENESS_MAX) {
        spec.lateness = lateness.value;
    }
    let Some(limits) = section.table("limits") else { return };
    for (field, node) in limits.entries() {
        let Some(path) = cx.path(&field) else { continue };
        let DeValue::Table(table) = node.get_ref() else {
            section.wrong_type(&format!("limits.{}", field.value), node, "a table", "write { min = 0, max = 1000 }");
            continue;
        };
        let one = Section::new(format!("limits.{}", field.value), table, node.span(), cx.sink);
        let min = one.number("min", f64::NEG_INFINITY, f64::INFINITY).map_or(f64::NEG_INFINITY, |n| n.value);
        let max = one.number("max", f64::NEG_INFINITY, f64::INFINITY).map_or(f64::INFINITY, |n| n.value);
        one.finish();
        if min > max {
            cx.sink.error(&node.span(), format!("min {min} is above max {max}"), "no value could pass");
        }
        spec.limits.push(FieldLimit { field: path, min, max });
    }
}

/// Reports fields that the stream itself needs and redacts: what they hold would show in messages and recordings.
fn check_own_redactions(cx: &Context<'_>, section: &Section<'_>, spec: &StreamSpec) {
    let time = if let TimeSource::Field { path, .. } = &spec.time { vec![path.clone()] } else { Vec::new() };
    let lists: [(&str, Vec<Arc<str>>); 5] = [
        ("unique", spec.unique.clone()),
        ("time", time),
        ("numeric", spec.numeric.clone()),
        ("limits", spec.limits.iter().map(|l| l.field.clone()).collect()),
        ("sample_by", spec.sample_by.clone()),
    ];
    for (key, fields) in lists {
        for field in fields.iter().filter(|f| spec.redact.contains(f)) {
            let message = format!("field {field:?} is redacted and cannot be used in {key}");
            cx.sink.error(&section.place(key), message, format!("take {field:?} out of redact, or out of {key}"));
        }
    }
}
