//! `[[case.input]]`: records of a stream from a template, or readings of a series.

use super::super::diagnostic::Sink;
use super::super::section::{At, Section, number, type_of};
use super::super::suggest;
use super::notation::{self, ITEMS_LIMIT, Item};
use super::template::{CaseInput, Fill, Payload, Template};
use crate::config::Loaded;
use crate::decode::{StreamSpec, TimeSource, TimeUnit, TopicPattern};
use crate::history::Moment;
use crate::model::{Millis, SourceId};
use serde_json::Value;
use std::sync::Arc;
use toml::de::DeValue;

/// Shortest and longest time between two inputs of a row.
const EVERY: (Millis, Millis) = (Millis::new(1), Millis::from_secs(7 * 86_400));
/// All keys a row of inputs may have.
const KEYS: [&str; 14] =
    ["series", "values", "source", "stream", "topic", "from", "every", "count", "fields", "vary", "field", "payload", "key", "headers"];
/// Formats whose payload is JSON made of fields; for others it is written out.
const JSON_FORMATS: [&str; 3] = ["json", "line", "cloudevents"];
/// Deepest nesting of a constant.
const DEPTH: usize = 16;

/// Reads one row of inputs.
pub(super) fn input(section: &Section<'_>, loaded: &Loaded, nth: usize) -> Option<CaseInput> {
    let from = match section.text("from").map(|t| (Moment::parse(&t.value), t)) {
        None => Millis::ZERO,
        Some((Ok(Moment::After(length)), _)) => length,
        Some((_, t)) => {
            section.sink().error(&t.span, format!("from: {:?} is no time after the start", t.value), "write \"+0s\" or \"+5m\"");
            Millis::ZERO
        }
    };
    let every = section.length("every", EVERY.0, EVERY.1).map_or(Millis::from_secs(1), |e| e.value);
    let count = section.whole("count", 1, ITEMS_LIMIT as u64).map(|c| c.value as usize);
    let made = if section.has("series") { readings(section, loaded) } else { records(section, loaded, nth) };
    // After a fault not every key was asked for, and those are not unknown.
    for key in KEYS.iter().filter(|_| made.is_none()) {
        section.has(key);
    }
    section.finish();
    let (source, what, longest) = made?;
    let Some(count) = count.or(longest) else {
        section.sink().error(
            &section.span,
            "nothing says how many records there are",
            "add count = 60, or values that vary: vary = { amount = \"10x59\" }",
        );
        return None;
    };
    Some(CaseInput { source, from, every, count, what })
}

type Made = Option<(SourceId, Payload, Option<usize>)>;

fn row(text: &At<String>, sink: &Sink) -> Option<Vec<Item>> {
    let row = notation::parse(&text.value);
    row.map_err(|why| sink.error(&text.span, why, "values are written 5, 1+2x10, 5x3, _x3, paid, 'sold out'x3, stale")).ok()
}

fn readings(section: &Section<'_>, loaded: &Loaded) -> Made {
    let sink = section.sink();
    let series = section.filled("series")?;
    let values = section.required("values", "\"0.2x60\"").and_then(|t| row(&t, sink));
    let named = section.filled("source");
    let Some((name, mut labels)) = key(&series.value) else {
        sink.error(&series.span, format!("{:?} is no series", series.value), "write name{label=\"value\"}");
        return None;
    };
    if let Some(metric) = loaded.plan.metrics.iter().find(|m| *m.name == *name) {
        let hint = format!("feed records to it: stream = {:?}", metric.stream);
        sink.error(&series.span, format!("{name} is made of records of stream {:?} and takes no values itself", metric.stream), hint);
        return None;
    }
    let kind = if name.starts_with("probe.") { "probe" } else { "host" };
    let probe = labels.iter().find(|(n, _)| kind == "probe" && &**n == "probe").map(|(_, v)| v.to_string());
    let wanted = named.as_ref().map(|n| n.value.clone()).or(probe);
    let mut found = loaded.plan.sources.iter().filter(|s| wanted.as_ref().map_or(s.kind == kind, |w| *s.name == **w));
    let Some(source) = found.next() else {
        let known = loaded.plan.sources.iter().map(|s| &*s.name);
        let word = wanted.unwrap_or_else(|| kind.to_owned());
        let place = named.map_or(series.span, |n| n.span);
        sink.error(&place, format!("the configuration has no source {word:?}, which {name} would come from"), suggest::hint(&word, known));
        return None;
    };
    if kind == "probe" && !labels.iter().any(|(n, _)| &**n == "probe") {
        labels.push(("probe".into(), Arc::clone(&source.name)));
    }
    let mut numbers = Vec::new();
    for item in values? {
        numbers.push(match item {
            Item::Number(x) => Some(x),
            Item::Missing => None,
            Item::Bool(_) | Item::Text(_) => {
                sink.error(&section.place("values"), "the values of a series are numbers", "");
                return None;
            }
        });
    }
    let count = numbers.len();
    Some((source.id, Payload::Readings { name: name.into(), labels, values: numbers }, Some(count)))
}

/// Names and values of labels.
type Labels = Vec<(Arc<str>, Arc<str>)>;

/// Name and labels of `name{a="b"}`.
fn key(text: &str) -> Option<(String, Labels)> {
    let text = text.trim();
    let Some((name, rest)) = text.split_once('{') else {
        return (!text.contains(['"', '}', ' '])).then(|| (text.to_owned(), Vec::new()));
    };
    let mut rest = rest.strip_suffix('}')?.trim();
    let mut labels = Vec::new();
    while !rest.is_empty() {
        let (label, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = value[1..].split_once(quote)?;
        labels.push((label.trim().into(), value.into()));
        let after = after.trim_start();
        rest = after.strip_prefix(',').map_or(after, str::trim_start);
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
    }
    (!name.trim().is_empty()).then(|| (name.trim().to_owned(), labels))
}

fn records(section: &Section<'_>, loaded: &Loaded, nth: usize) -> Made {
    let sink = section.sink();
    let (stream, topic) = stream(section, loaded)?;
    let mut template = Template { key: section.text("key").map(|k| k.value), ..Template::default() };
    template.raw = section.filled("payload").map(|p| p.value);
    if let Some(headers) = section.table("headers") {
        template.headers = headers.properties().into_iter().map(|(k, v)| (k.value, v.value)).collect();
    }
    if let Some(fields) = section.table("fields") {
        for (name, node) in fields.entries() {
            let value = constant(node.get_ref(), DEPTH);
            if value.is_none() {
                sink.error(
                    &node.span(),
                    format!("field {:?} cannot hold {}", name.value, type_of(node.get_ref())),
                    "write a text, a number, true or false",
                );
            }
            template.fields.push((path(&name, sink)?, Fill::Constant(value?)));
        }
    }
    let mut longest = None;
    for (name, values) in varying(section) {
        let row = row(&values, sink)?;
        longest = longest.max(Some(row.len()));
        template.fields.push((path(&name, sink)?, Fill::Row(row)));
    }
    if template.raw.is_none() && !JSON_FORMATS.contains(&stream.format) {
        let hint = "write it out: payload = '…{n}…{ms}…{FIELD}…'";
        sink.error(&section.span, format!("a payload of format {:?} cannot be made of fields", stream.format), hint);
        return None;
    }
    complete(&mut template, stream, nth);
    let source = source(stream, loaded).or_else(|| {
        sink.error(&section.span, format!("no source delivers topic {topic:?}"), "add [[kafka]] to the configuration");
        None
    })?;
    Some((source, Payload::Records { topic, template }, longest))
}

/// `field` with `values`, and all of `vary`.
fn varying(section: &Section<'_>) -> Vec<(At<String>, At<String>)> {
    let mut out: Vec<_> = section.table("vary").map(|t| t.properties()).unwrap_or_default();
    match (section.filled("field"), section.filled("values")) {
        (Some(field), Some(values)) => out.push((field, values)),
        (Some(field), None) => section.sink().error(&field.span, "field has no values", "add values = \"1+2x10\""),
        (None, Some(values)) => {
            section.sink().error(&values.span, "values of which field?", "add field = \"amount\", or series = \"…\" for readings");
        }
        (None, None) => {}
    }
    out
}

/// Adds what the stream needs of every record and the case does not say: its time, what makes it unique, a `CloudEvent`'s attributes.
fn complete(template: &mut Template, stream: &StreamSpec, nth: usize) {
    let cloud = stream.format == "cloudevents";
    let mut add = |name: &str, fill: Fill| {
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        let there = template.fields.iter().any(|(p, _)| *p == path);
        if !there && !name.starts_with('@') {
            template.fields.push((path, fill));
        }
    };
    if let TimeSource::Field { path, unit } = &stream.time {
        add(path, Fill::Time(if cloud { TimeUnit::Rfc3339 } else { *unit }));
    }
    for field in &stream.unique {
        add(field, Fill::Constant(format!("{nth}-{{n}}").into()));
    }
    if cloud {
        for (name, value) in
            [("specversion", "1.0".to_owned()), ("id", format!("{nth}-{{n}}")), ("source", "/case".to_owned()), ("type", "case".to_owned())]
        {
            add(name, Fill::Constant(value.into()));
        }
    }
}

fn stream<'l>(section: &Section<'_>, loaded: &'l Loaded) -> Option<(&'l StreamSpec, Arc<str>)> {
    let sink = section.sink();
    let streams = &loaded.plan.streams;
    let topic = section.filled("topic");
    let Some(name) = section.filled("stream") else {
        let Some(topic) = topic else {
            sink.error(
                &section.span,
                "[[case.input]] says neither stream nor series",
                "add stream = \"…\" for records, or series = \"system.cpu.utilization\" for readings",
            );
            return None;
        };
        let reads = |s: &&StreamSpec| match &s.topic {
            TopicPattern::Name(name) => **name == *topic.value,
            TopicPattern::Regex(text) => regex::Regex::new(text).is_ok_and(|r| r.is_match(&topic.value)),
        };
        let found = streams.iter().find(reads);
        if found.is_none() {
            let known = streams.iter().map(|s| super::super::topic_text(&s.topic));
            sink.error(&topic.span, format!("no stream reads topic {:?}", topic.value), suggest::hint(&topic.value, known));
        }
        return Some((found?, topic.value.into()));
    };
    let Some(stream) = streams.iter().find(|s| *s.name == *name.value) else {
        let hint = suggest::hint(&name.value, streams.iter().map(|s| &*s.name));
        sink.error(&name.span, format!("the configuration has no stream {:?}", name.value), hint);
        return None;
    };
    match (topic, &stream.topic) {
        (Some(topic), _) => Some((stream, topic.value.into())),
        (None, TopicPattern::Name(topic)) => Some((stream, Arc::clone(topic))),
        (None, TopicPattern::Regex(pattern)) => {
            sink.error(&name.span, format!("stream {:?} reads all topics like {pattern}", name.value), "add topic = \"…\"");
            None
        }
    }
}

fn source(stream: &StreamSpec, loaded: &Loaded) -> Option<SourceId> {
    let mut sources = loaded.plan.sources.iter();
    let found = match &stream.source {
        Some(name) => sources.find(|s| s.name == *name),
        None => sources.find(|s| !matches!(s.kind, "host" | "probe")),
    };
    found.map(|s| s.id)
}

/// The names of a path; arrays are written out as a payload.
fn path(name: &At<String>, sink: &Sink) -> Option<Vec<String>> {
    if name.value.contains('[') || name.value.starts_with('@') {
        sink.error(
            &name.span,
            format!("{:?} cannot be set as a field", name.value),
            "write the whole record: payload = '{\"a\":[{n}]}', key = \"…\", headers = { name = \"…\" }",
        );
        return None;
    }
    Some(name.value.split('.').map(|p| p.trim_matches('"').to_owned()).collect())
}

fn constant(value: &DeValue<'_>, depth: usize) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Integer(x) => x.as_str().parse::<i64>().map_or_else(|_| number(value).map_or(Value::Null, Value::from), Value::from),
        DeValue::Float(_) => Value::from(number(value)?),
        DeValue::Array(items) if depth > 0 => Value::Array(items.iter().map(|v| constant(v.get_ref(), depth - 1)).collect::<Option<_>>()?),
        DeValue::Table(table) if depth > 0 => {
            let pairs = table.iter().map(|(k, v)| Some((k.get_ref().to_string(), constant(v.get_ref(), depth - 1)?)));
            Value::Object(pairs.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_series_are_read() {
        let shown =
            |text: &str| key(text).map(|(n, l)| format!("{n} {}", l.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")));
        assert_eq!(shown("a.b").as_deref(), Some("a.b "));
        assert_eq!(shown("a{x=\"1\", y = 'z w'}").as_deref(), Some("a x=1,y=z w"));
        assert_eq!(shown("a{}").as_deref(), Some("a "));
        for bad in ["{x=\"1\"}", "a{x}", "a{x=1}", "a{x=\"1\"", "a{x=\"1\" y=\"2\"}"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }
}
