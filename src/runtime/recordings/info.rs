//! `recording info`: what a recording holds.

use super::output::{header_of, open, warned};
use crate::config::{self, Overrides};
use crate::history::{Header, Recording};
use crate::model::{Command, Input, Millis, Timestamp};
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

/// Topics that are told one by one; a hostile recording may name a million.
const TOPICS: usize = 1_000;

#[derive(Default, Serialize)]
struct Topic {
    records: u64,
    bytes: u64,
    partitions: Vec<i32>,
}

#[derive(Default, Serialize)]
struct Info {
    file: String,
    bytes: u64,
    compressed: bool,
    tool: String,
    host: String,
    from: Option<i64>,
    to: Option<i64>,
    ended: bool,
    records: u64,
    readings: u64,
    ticks: u64,
    marks: Vec<String>,
    payload_bytes: u64,
    sources: Vec<String>,
    topics: BTreeMap<String, Topic>,
    config: String,
}

/// Prints what a recording holds.
///
/// # Errors
/// Why it cannot be read.
pub fn info(file: &Path, json: bool) -> anyhow::Result<()> {
    let mut recording = open::<&str>(file, &[])?;
    let header = header_of(&recording);
    let mut info = Info { file: file.display().to_string(), bytes: recording.size(), compressed: recording.packed(), ..Info::default() };
    info.tool.clone_from(&header.tool);
    info.host.clone_from(&header.host);
    info.config = configuration(&header);
    (info.from, info.to) = recording.span().map_or((None, None), |(a, b)| (Some(a.as_millis()), Some(b.as_millis())));
    count(&mut recording, &mut info);
    info.sources = recording.sources().iter().map(ToString::to_string).collect();
    let text = if json { serde_json::to_string(&info)? + "\n" } else { shown(&info, &header) };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(warned(file, recording.warnings(), recording.error())?)
}

fn count(recording: &mut Recording, info: &mut Info) {
    while let Some(input) = recording.next() {
        info.ended |= matches!(input, crate::model::OwnedInput::Ended(_));
        input.each(|i| match i {
            Input::Record(r) => {
                let bytes = r.payload.map_or(0, <[u8]>::len) as u64;
                info.records += 1;
                info.payload_bytes += bytes;
                if info.topics.len() >= TOPICS && !info.topics.contains_key(&**r.topic) {
                    return;
                }
                if !info.topics.contains_key(&**r.topic) {
                    info.topics.insert(r.topic.to_string(), Topic::default());
                }
                let Some(topic) = info.topics.get_mut(&**r.topic) else { return };
                topic.records += 1;
                topic.bytes += bytes;
                if let Err(at) = topic.partitions.binary_search(&r.partition) {
                    topic.partitions.insert(at, r.partition);
                }
            }
            Input::Readings { readings, .. } => {
                info.readings += readings.len() as u64;
            }
            Input::Tick(_) => info.ticks += 1,
            Input::Command(Command::Mark { text }) if info.marks.len() < TOPICS => info.marks.push(text.to_string()),
            _ => {}
        });
        if let crate::model::OwnedInput::Records(batch) = input {
            recording.recycle(batch);
        }
    }
}

fn configuration(header: &Header) -> String {
    if header.config.trim().is_empty() {
        return "none".to_owned();
    }
    match config::load(&header.config, "header", &Overrides::default()) {
        Ok(loaded) => {
            let plan = &loaded.plan;
            let (streams, metrics, detectors, rules) = (plan.streams.len(), plan.metrics.len(), plan.detectors.len(), plan.rules.len());
            format!("{streams} streams, {metrics} metrics, {detectors} detectors, {rules} rules")
        }
        Err(faults) => format!("cannot be used here: {} faults", faults.errors()),
    }
}

/// A moment in the recording's time zone.
pub(in crate::runtime) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

fn shown(info: &Info, header: &Header) -> String {
    let zone = TimeZone::get(&header.tz).unwrap_or(TimeZone::UTC);
    let mut out = String::new();
    let mut row = |name: &str, value: String| {
        let value = crate::model::Safe::message(&value);
        let _ = writeln!(out, "{name:<14}{value}");
    };
    let packed = if info.compressed { ", compressed" } else { "" };
    row("file", format!("{} ({}{packed})", info.file, bytes(info.bytes)));
    if let (Some(from), Some(to)) = (info.from, info.to) {
        let (from, to) = (Timestamp::from_millis(from), Timestamp::from_millis(to));
        row("from", moment(from, &zone));
        row("to", format!("{} ({})", moment(to, &zone), Millis::new(to.since(from).get())));
    }
    row("ended", if info.ended { "in order" } else { "not in order: it was cut off, or is still being written" }.to_owned());
    row("written by", [info.tool.as_str(), info.host.as_str()].join(" on "));
    row("configuration", info.config.clone());
    row("sources", info.sources.join(", "));
    row("records", format!("{} ({} of payload)", info.records, bytes(info.payload_bytes)));
    row("readings", info.readings.to_string());
    row("ticks", info.ticks.to_string());
    for mark in &info.marks {
        row("mark", mark.clone());
    }
    for (name, topic) in &info.topics {
        let parts = topic.partitions.len();
        row(
            "topic",
            format!(
                "{name}: {} records, {}, {parts} {}",
                topic.records,
                bytes(topic.bytes),
                if parts == 1 { "partition" } else { "partitions" }
            ),
        );
    }
    out
}

fn bytes(n: u64) -> String {
    let mut size = n as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if size < 1_000.0 {
            return if unit == "B" { format!("{n} B") } else { format!("{size:.1} {unit}") };
        }
        size /= 1_000.0;
    }
    format!("{size:.1} TB")
}
