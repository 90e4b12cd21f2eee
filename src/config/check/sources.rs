//! `[[kafka]]`, `[host]`, `[[probe]]`, `[[tail]]`, `[[scrape]]`: what is read, and which topics from where.
//!
//! Ids follow the kinds in this order, and the file within a kind, so that the effective
//! configuration in a recording, which is written anew, gives every source the id it had.

use super::Context;
use super::http::{probe, scrape};
use crate::config::names::declare;
use crate::config::overrides::parse_from;
use crate::config::section::{At, Section};
use crate::decode::{StreamSpec, TopicPattern};
use crate::engine::SourcePlan;
use crate::model::{Millis, SourceId};
use crate::source::{From, HostSpec, KafkaSource, KafkaSpec, SourceKind, SourceSpec, TailPath, TailSpec};
use crate::ui::{CLUSTER_COLOURS, Cluster, NO_COLOUR};

/// Where a person finds the names of properties.
const PROPERTIES: &str = "see CONFIGURATION.md of librdkafka for names and values";
/// The broker that is asked where none is named: Kafka's own default on this machine.
const BROKER: &str = "localhost:9092";
/// A Kafka cluster that delivers nothing for so long is stale.
const KAFKA_STALE: Millis = Millis::from_secs(60);
/// A tailed file may well be silent for a while.
const TAIL_STALE: Millis = Millis::from_secs(300);
/// Readings come at an interval; three missed ones and a little are no accident.
pub(super) const MISSED: i64 = 3;
/// The little: a second or two of a busy machine.
pub(super) const GRACE: Millis = Millis::from_secs(2);
/// Shortest and longest interval of host and probe.
pub(super) const EVERY: (Millis, Millis) = (Millis::new(100), Millis::from_secs(3_600));
/// Bounds of `stale_after`.
const STALE: (Millis, Millis) = (Millis::new(100), Millis::from_secs(30 * 86_400));
/// Most sources: ids are 16 bits wide, and nobody watches thousands from one terminal.
const SOURCE_LIMIT: usize = 1_000;

/// All sources, with what the machine is told of them. Topics are filled in by [`assign_topics`].
pub(in crate::config) fn sources(cx: &mut Context<'_>, root: &Section<'_>) -> (Vec<SourceSpec>, Vec<SourcePlan>) {
    let mut found: Vec<(At<String>, SourceKind, Millis)> = Vec::new();
    for (name, value) in &cx.overrides.properties {
        if let Err(message) = KafkaSource::check_property(name, value) {
            cx.sink.error_outside(format!("-X: {message}"), PROPERTIES);
        }
    }
    for (nth, section) in root.tables("kafka").iter().enumerate() {
        found.push(kafka(cx, section, nth == 0));
        let label = found.last().and_then(|(name, ..)| cluster(section, &name.value));
        cx.clusters.extend(label);
    }
    if found.is_empty() && !root.has("kafka") && !cx.overrides.brokers.is_empty() {
        let spec = KafkaSpec {
            brokers: cx.overrides.brokers.clone(),
            properties: cx.overrides.properties.clone(),
            topics: Vec::new(),
            from: cx.overrides.from.unwrap_or(From::Auto),
            exit_at_end: cx.overrides.exit_at_end,
        };
        found.push((At { value: "kafka".to_owned(), span: 0..0 }, SourceKind::Kafka(spec), KAFKA_STALE));
    }
    found.extend(root.table("host").map(|s| host(&s)));
    found.extend(root.tables("probe").iter().filter_map(|s| probe(cx, s)));
    found.extend(root.tables("tail").iter().filter_map(|s| tail(cx, s)));
    found.extend(root.tables("scrape").iter().filter_map(|s| scrape(cx, s)));
    one_standard_input(cx, &found);
    let (mut specs, mut plans) = (Vec::new(), Vec::new());
    for (name, kind, stale_after) in found {
        let word = kind.word();
        if !declare("source", &name, cx.names.sources.contains_key(&name.value), cx.sink) {
            continue;
        }
        if specs.len() >= SOURCE_LIMIT {
            cx.sink.error(&name.span, format!("there are more than {SOURCE_LIMIT} sources"), "");
            break;
        }
        let id = SourceId(specs.len() as u16);
        plans.push(SourcePlan { id, name: name.value.as_str().into(), kind: word, stale_after });
        if let SourceKind::Scrape(scrape) = &kind {
            cx.names.note_scrape(&scrape.metrics);
        }
        specs.push(SourceSpec { id, name: name.value.as_str().into(), kind });
        cx.names.sources.insert(name.value, word);
    }
    cx.names.note_readings();
    (specs, plans)
}

fn one_standard_input(cx: &Context<'_>, found: &[(At<String>, SourceKind, Millis)]) {
    let stdin = found.iter().filter(|(_, kind, _)| matches!(kind, SourceKind::Tail(t) if t.path == TailPath::Stdin));
    for (name, ..) in stdin.skip(1) {
        cx.sink.error(&name.span, format!("tail {:?}: standard input is read already", name.value), "only one tail may have path = \"-\"");
    }
}

/// The name of a source, or the word of its kind.
fn name(section: &Section<'_>, default: &str) -> At<String> {
    section.filled("name").unwrap_or_else(|| At { value: default.to_owned(), span: section.span.clone() })
}

pub(super) fn stale_after(section: &Section<'_>, default: Millis) -> Millis {
    section.length("stale_after", STALE.0, STALE.1).map_or(default, |l| l.value)
}

fn kafka(cx: &Context<'_>, section: &Section<'_>, first: bool) -> (At<String>, SourceKind, Millis) {
    let name = name(section, "kafka");
    let mut brokers: Vec<String> = Vec::new();
    for broker in section.texts("brokers") {
        brokers.extend(broker_list(cx, &broker));
    }
    if brokers.is_empty() {
        brokers.push(BROKER.to_owned());
    }
    if first && !cx.overrides.brokers.is_empty() {
        brokers.clone_from(&cx.overrides.brokers);
    }
    let mut from = From::Auto;
    if let Some(text) = section.filled("from") {
        match parse_from(&text.value) {
            Ok(place) => from = place,
            Err(message) => cx.sink.error(&text.span, message, ""),
        }
    }
    let mut properties = section.table("properties").map(|s| properties(cx, &s)).unwrap_or_default();
    for (key, value) in &cx.overrides.properties {
        properties.retain(|(k, _)| k != key);
        properties.push((key.clone(), value.clone()));
    }
    let stale = stale_after(section, KAFKA_STALE);
    let _ = (section.has("color"), section.has("environment"));
    section.finish();
    let spec = KafkaSpec {
        brokers,
        properties,
        topics: Vec::new(),
        from: cx.overrides.from.unwrap_or(from),
        exit_at_end: cx.overrides.exit_at_end,
    };
    (name, SourceKind::Kafka(spec), stale)
}

/// What tells the cluster from others on the screen: `environment = "production"`, `color = "red"`.
fn cluster(section: &Section<'_>, source: &str) -> Option<Cluster> {
    let color = section.word("color", &CLUSTER_COLOURS).map(|word| word.value);
    let label = section.filled("environment").map(|text| text.value);
    if color.is_none() && label.is_none() {
        return None;
    }
    let place = color.and_then(|word| CLUSTER_COLOURS.iter().position(|known| *known == word));
    let label = label.unwrap_or_else(|| source.to_owned());
    Some(Cluster { source: source.into(), label: label.into(), colour: place.map_or(NO_COLOUR, |i| i as u8) })
}

/// `"a:9092,b:9092"` is several brokers, as everywhere else in Kafka.
fn broker_list(cx: &Context<'_>, text: &At<String>) -> Vec<String> {
    let mut out = Vec::new();
    for part in text.value.split(',') {
        let part = part.trim();
        let host = part.rsplit_once("://").map_or(part, |(_, h)| h);
        let port_ok = host.rsplit_once(':').is_none_or(|(h, p)| h.ends_with(']') || h.contains(':') || p.parse::<u16>().is_ok());
        if part.is_empty() || part.contains(char::is_whitespace) || host.starts_with(':') || !port_ok {
            cx.sink.error(&text.span, format!("{part:?} is no broker"), "write host:port, for instance \"localhost:9092\"");
            continue;
        }
        out.push(part.to_owned());
    }
    out
}

fn properties(cx: &Context<'_>, section: &Section<'_>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (key, value) in section.properties() {
        if matches!(key.value.as_str(), "bootstrap.servers" | "metadata.broker.list") {
            cx.sink.error(&key.span, format!("{} is not set here", key.value), "write brokers = [\"host:port\"] in [[kafka]]");
            continue;
        }
        if key.value.chars().any(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))) {
            cx.sink.error(&key.span, format!("{:?} is no name of a librdkafka property", key.value), "");
            continue;
        }
        if let Err(message) = KafkaSource::check_property(&key.value, &value.value) {
            cx.sink.error(&key.span, message, PROPERTIES);
            continue;
        }
        out.push((key.value, value.value));
    }
    out
}

fn host(section: &Section<'_>) -> (At<String>, SourceKind, Millis) {
    let every = section.length("every", EVERY.0, EVERY.1).map_or(Millis::from_secs(1), |l| l.value);
    let processes = section.flag("processes").is_some_and(|f| f.value);
    let stale = stale_after(section, Millis::new(every.get() * MISSED + GRACE.get()));
    section.finish();
    let name = At { value: "host".to_owned(), span: section.span.clone() };
    (name, SourceKind::Host(HostSpec { every, processes }), stale)
}

fn tail(cx: &Context<'_>, section: &Section<'_>) -> Option<(At<String>, SourceKind, Millis)> {
    let name = section.required("name", "\"app-log\"");
    let path = section.required("path", "\"/var/log/app.jsonl\"");
    let from_beginning = section.flag("from_beginning").is_some_and(|f| f.value);
    let stale = stale_after(section, TAIL_STALE);
    section.finish();
    let path = path.map(|p| if p.value == "-" { TailPath::Stdin } else { TailPath::File(p.value.into()) });
    let path = path.unwrap_or_else(|| TailPath::File(std::path::PathBuf::new()));
    Some((name?, SourceKind::Tail(TailSpec { path, from_beginning, header: false, exit_at_end: cx.overrides.exit_at_end }), stale))
}

/// Gives each Kafka cluster the topics of the streams that read it, and answers the topics of the
/// command line that no stream reads.
pub(in crate::config) fn assign_topics(cx: &Context<'_>, specs: &mut [SourceSpec], streams: &[StreamSpec]) -> Vec<TopicPattern> {
    let asked = &cx.overrides.topics;
    let tails: Vec<_> = specs.iter().filter(|s| matches!(s.kind, SourceKind::Tail(_))).map(|s| s.name.clone()).collect();
    let of_tail = |s: &StreamSpec| {
        let here = |n: &std::sync::Arc<str>| tails.contains(n);
        s.source.as_ref().map_or_else(|| matches!(&s.topic, TopicPattern::Name(n) if here(n)), here)
    };
    let missing: Vec<TopicPattern> = asked.iter().filter(|t| !streams.iter().any(|s| !of_tail(s) && reads(&s.topic, t))).cloned().collect();
    let mut first = true;
    for spec in specs.iter_mut() {
        if let SourceKind::Tail(tail) = &mut spec.kind {
            let mine = |s: &StreamSpec| {
                s.source
                    .as_ref()
                    .map_or_else(|| reads(&s.topic, &TopicPattern::Name(std::sync::Arc::clone(&spec.name))), |n| *n == spec.name)
            };
            tail.header = streams.iter().any(|s| mine(s) && s.format == "csv" && s.columns.is_empty());
        }
        let SourceKind::Kafka(kafka) = &mut spec.kind else { continue };
        let mine = streams.iter().filter(|s| !of_tail(s) && s.source.as_ref().is_none_or(|n| *n == spec.name));
        for stream in mine {
            let wanted: Vec<TopicPattern> = if asked.is_empty() {
                vec![stream.topic.clone()]
            } else {
                asked.iter().filter(|t| reads(&stream.topic, t)).cloned().collect()
            };
            for topic in wanted {
                if !kafka.topics.contains(&topic) {
                    kafka.topics.push(topic);
                }
            }
        }
        if std::mem::take(&mut first) {
            kafka.topics.extend(missing.iter().cloned());
        }
    }
    missing
}

/// Whether a stream's topic covers a topic that was asked for.
fn reads(stream: &TopicPattern, asked: &TopicPattern) -> bool {
    match (stream, asked) {
        (TopicPattern::Regex(pattern), TopicPattern::Name(name)) => {
            regex::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|r| r.is_match(name))
        }
        (TopicPattern::Name(name), TopicPattern::Regex(pattern)) => {
            regex::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|r| r.is_match(name))
        }
        (one, other) => one == other,
    }
}
