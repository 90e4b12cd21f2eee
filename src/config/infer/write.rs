//! Writes the configuration of what was found, with a comment on why each thing is there.

use super::judges::{forest, never, odd, unlike};
use super::pick::{Label, Picked, pick};
use super::sample::{InferContext, TopicSample};
use super::told::{AllTold, Told, told};
use super::{alike, words};
use crate::model::Safe;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Most topics with a page of their own; the rest stand in the overview and the list of series.
const PAGES: usize = 40;
/// Most panes of charts on a page.
const CHARTS: usize = 4;
/// Faster than this per series, a second is averaged; slower, each event is a sample.
const RAW_BELOW: f64 = 1.2;
/// Most values of a label that a comment names.
const SHOWN_VALUES: usize = 6;
/// How long an alert goes on after the last odd sample, where samples come every few seconds or faster.
const KEEP: &str = "30s";
/// Longest comment.
const NOTE_LIMIT: usize = 300;

/// A configuration for these topics, with comments.
pub fn infer(topics: &[TopicSample], context: &InferContext) -> String {
    let mut out = Out { text: String::new(), taken: context.taken.clone(), keep: KEEP, slow: false };
    let mut titles = Out { text: String::new(), taken: context.taken.clone(), keep: KEEP, slow: false };
    titles.taken.extend(["overview".to_owned(), "sources".to_owned()]);
    if !context.part {
        head(&mut out, context);
    }
    let mut seen = BTreeSet::new();
    let mut pages = Vec::new();
    for topic in topics.iter().filter(|t| legal(&t.topic)) {
        if seen.insert(&topic.topic) {
            let mut page = of_topic(&mut out, topic);
            page.name = titles.name(&page.name);
            pages.push(page);
        }
    }
    if out.slow && !context.part {
        out.line("");
        out.note("a day of such slow series would be a few points");
        out.line("[store]");
        out.line("retention = \"31d\"");
    }
    screen(&mut out, &pages, context.part);
    out.text
}

/// Whether a broker can have a topic of this name.
fn legal(topic: &str) -> bool {
    (1..=249).contains(&topic.len()) && topic.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// The text so far, and the names taken.
pub(super) struct Out {
    text: String,
    taken: BTreeSet<String>,
    /// How long alerts of this topic go on after the last odd sample.
    pub(super) keep: &'static str,
    /// A topic has series of fewer samples than one a minute.
    slow: bool,
}

impl Out {
    /// A line.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// `key = "text"`.
    pub(super) fn set(&mut self, key: &str, text: &str) {
        let _ = writeln!(self.text, "{key} = {}", quoted(text));
    }

    /// `key = ["a", "b"]`, nothing for none.
    pub(super) fn list(&mut self, key: &str, items: &[&str]) {
        if !items.is_empty() {
            let _ = writeln!(self.text, "{key} = {}", list(items));
        }
    }

    /// A comment; what comes from data is made safe, so that it neither ends the comment nor steers a terminal.
    pub(super) fn note(&mut self, note: &str) {
        let short: String = note.chars().take(NOTE_LIMIT).collect();
        let _ = writeln!(self.text, "# {}", Safe::message(&short).as_str().trim_end());
    }

    /// A name that nothing has yet, made of `wish`.
    pub(super) fn name(&mut self, wish: &str) -> String {
        let mut name = wish.to_owned();
        let mut n = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wish}_{n}");
            n += 1;
        }
        name
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(items: &[&str]) -> String {
    format!("[{}]", items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", "))
}

fn head(out: &mut Out, context: &InferContext) {
    out.line("# Written from the first records of these topics: a start to be bettered by hand.");
    out.line("# Check it with: bellwether check bellwether.toml");
    out.line("");
    out.line("[[kafka]]");
    let brokers: Vec<&str> = context.brokers.iter().map(String::as_str).collect();
    out.list("brokers", if brokers.is_empty() { &["localhost:9092"] } else { &brokers });
    out.set("from", context.from.as_deref().unwrap_or("auto"));
}

/// What a topic's page shows.
struct Page {
    name: String,
    charts: Vec<String>,
}

fn of_topic(out: &mut Out, topic: &TopicSample) -> Page {
    let found = pick(topic);
    let base: String = topic.topic.chars().map(|c| if c == '-' { '_' } else { c }).collect();
    let stream = out.name(&topic.topic);
    stream_section(out, topic, &found, &stream);
    let mut charts = Vec::new();
    let rate = rate_metric(out, &found, &stream, &base);
    charts.push(rate.clone());
    let mut judged = vec![(rate, true)];
    if let Some(all) = told(&found.shape) {
        for name in told_metrics(out, &found, &stream, &base, &all) {
            charts.push(name.clone());
            judged.push((name, false));
        }
        for (metric, lasting) in &judged {
            odd(out, metric, *lasting);
        }
        never(out, &found, &stream, None);
        return Page { name: topic.topic.clone(), charts };
    }
    let best = best_label(&found).cloned();
    out.keep = keep(&found, best.as_ref());
    let mut fleet = Vec::new();
    out.slow |= matches!(out.keep, "15m" | "3h");
    for path in &found.numbers {
        let name = number_metric(out, &found, &stream, &base, path, best.as_ref());
        charts.push(name.clone());
        if best.as_ref().is_some_and(|label| alike::step(&found, path, label).is_some()) {
            fleet.push(name.clone());
        }
        judged.push((name, false));
    }
    if let Some(name) = failure_metric(out, &found, &stream, &base) {
        charts.insert(1.min(charts.len()), name.clone());
        judged.push((name, true));
    }
    state_metric(out, &found, &stream, &base);
    for (metric, lasting) in &judged {
        odd(out, metric, *lasting);
    }
    for metric in &fleet {
        unlike(out, metric);
    }
    never(out, &found, &stream, best.as_ref().filter(|_| !fleet.is_empty()));
    forest(out, &found, &stream, best.as_ref());
    Page { name: topic.topic.clone(), charts }
}

fn stream_section(out: &mut Out, topic: &TopicSample, found: &Picked, stream: &str) {
    out.line("");
    let partitions = if topic.partitions > 0 { format!(", {} partitions", topic.partitions) } else { String::new() };
    out.note(&format!("--- {}: {} events in {} records{partitions}", topic.topic, found.shape.events.len(), topic.records.len()));
    if !found.shape.note.is_empty() {
        out.note(&found.shape.note);
    }
    out.line("[[stream]]");
    out.set("name", stream);
    out.set("topic", &topic.topic);
    if found.shape.format != "json" {
        out.set("format", found.shape.format);
    }
    if let Some((columns, delimiter)) = &found.shape.csv {
        out.list("columns", &columns.iter().map(String::as_str).collect::<Vec<_>>());
        out.set("delimiter", &delimiter.to_string());
    }
    if let Some(path) = &found.shape.records {
        out.set("records", path);
    }
    match &found.time {
        Some(time) => {
            out.set("time", &time.path);
            out.set("time_unit", time.unit);
        }
        None => out.note("no field is surely a time: the record's own time is taken; else: time = \"ts\""),
    }
    if let Some(id) = found.ids.first() {
        out.note(&format!("no two events share {id}; to leave out repeated events: unique = {}", list(&[id])));
    }
    for label in &found.labels {
        let values: Vec<&str> = label.values.iter().take(SHOWN_VALUES).map(String::as_str).collect();
        let more = if label.values.len() > SHOWN_VALUES { ", …" } else { "" };
        out.note(&format!("label {}: {}{more}", label.path, values.join(", ")));
    }
}

/// The label numbers are split by: a thing that is watched, else nothing.
fn best_label(found: &Picked) -> Option<&Label> {
    found.labels.iter().find(|l| l.thing).or_else(|| found.labels.first())
}

fn rate_metric(out: &mut Out, found: &Picked, stream: &str, base: &str) -> String {
    let step = step(found.rate, 1.0);
    // So many a second is no figure for what comes a few times an hour.
    let (word, rate) = match step {
        "1m" => ("per_minute", false),
        "10m" => ("per_10m", false),
        "1h" => ("per_hour", false),
        _ => ("rate", true),
    };
    let name = out.name(&format!("{base}.{word}"));
    metric(out, &name, stream);
    out.set("measure", if rate { "rate" } else { "count" });
    out.set("step", step);
    if rate {
        out.set("unit", "/s");
    }
    name
}

/// A step of one to ten events, or the longest: with less than one a regular stream looks like a comb
/// of zeros, with more the news is old. `share` is the part of the events that a count gets.
fn step(rate: Option<f64>, share: f64) -> &'static str {
    const STEPS: [(f64, &str); 4] = [(1.0, "1s"), (0.1, "10s"), (0.02, "1m"), (0.002, "10m")];
    let rate = rate.unwrap_or(f64::INFINITY) * share;
    STEPS.iter().find(|(least, _)| rate >= *least).map_or("1h", |(_, step)| *step)
}

fn metric(out: &mut Out, name: &str, stream: &str) {
    out.line("");
    out.line("[[metric]]");
    out.set("name", name);
    out.set("stream", stream);
}

/// A mean a second, or each event as a sample where they are slower; answers the name.
fn number_metric(out: &mut Out, found: &Picked, stream: &str, base: &str, path: &str, label: Option<&Label>) -> String {
    let name = out.name(&format!("{base}.{}", plain(path)));
    let per_series = found.rate.map(|r| r / label.map_or(1.0, |l| l.values.len().max(1) as f64));
    let stepped = per_series.is_none_or(|r| r >= RAW_BELOW);
    let step = if stepped { Some("1s") } else { label.and_then(|label| alike::step(found, path, label)) };
    metric(out, &name, stream);
    out.set("field", path);
    if step.is_some() {
        out.set("measure", "mean");
    }
    if let Some(label) = label {
        out.list("by", &[&label.path]);
    }
    if let Some(step) = step {
        out.set("step", step);
    }
    if !words::unit(path).is_empty() {
        out.set("unit", words::unit(path));
    }
    name
}

/// The metrics that the records themselves name; answers their names.
fn told_metrics(out: &mut Out, found: &Picked, stream: &str, base: &str, all: &AllTold) -> Vec<String> {
    let names = all.metrics.iter().map(|one| told_metric(out, found, stream, base, one)).collect();
    if all.more > 0 {
        out.line("");
        out.note(&format!("{} further metrics are left out; each is written as those above", all.more));
    }
    if !all.counters.is_empty() {
        out.line("");
        out.note(&format!("counters as they stand, which say little until they are rates: {}", all.counters.join(", ")));
    }
    names
}

fn told_metric(out: &mut Out, found: &Picked, stream: &str, base: &str, told: &Told) -> String {
    let name = out.name(&format!("{base}.{}", plain(&told.name)));
    let share = told.events as f64 / found.shape.events.len().max(1) as f64;
    let stepped = found.rate.is_none_or(|r| r * share / told.series.max(1) as f64 >= RAW_BELOW);
    metric(out, &name, stream);
    out.set("field", &told.field);
    if stepped {
        out.set("measure", "mean");
    }
    out.list("by", &told.by.iter().map(String::as_str).collect::<Vec<_>>());
    if !told.filter.is_empty() {
        out.set("where", &told.filter);
    }
    if stepped {
        out.set("step", "1s");
    }
    if !words::unit(&told.name).is_empty() {
        out.set("unit", words::unit(&told.name));
    }
    name
}

/// A path as a part of a metric's name: only signs that expressions take.
pub(super) fn plain(path: &str) -> String {
    let name: String = path.chars().map(|c| if c.is_alphanumeric() || c == '.' { c } else { '_' }).collect();
    name.trim_matches('_').chars().take(80).collect()
}

/// Whether an expression can name this path as it is.
fn speakable(path: &str) -> bool {
    const WORDS: [&str; 9] = ["and", "or", "not", "in", "true", "false", "null", "is", "like"];
    path.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !WORDS.contains(&part.to_lowercase().as_str())
    })
}

/// The share of events whose state says that something failed.
fn failure_metric(out: &mut Out, found: &Picked, stream: &str, base: &str) -> Option<String> {
    let said = |l: &Label| l.values.iter().find(|v| words::is_failure(v)).map(|v| (plain(v), format!("{} == '{v}'", l.path)));
    let coded = |l: &Label| words::is_http_status(&l.path, &l.values).then(|| ("5xx".to_owned(), format!("{} >= 500", l.path)));
    let mut labels = found.labels.iter().filter(|l| speakable(&l.path));
    let (what, of) = labels.clone().find_map(said).or_else(|| labels.find_map(coded))?;
    let name = out.name(&format!("{base}.{what}_ratio"));
    metric(out, &name, stream);
    out.set("measure", "ratio");
    out.set("of", &of);
    out.set("step", parted(found.rate));
    Some(name)
}

/// The step of what splits the events into a few: each part is slower than all of them.
fn parted(rate: Option<f64>) -> &'static str {
    match step(rate, 0.1) {
        "1s" => "10s",
        "10s" => "1m",
        slower => slower,
    }
}

/// An alert goes on for three usual samples of a series, so that one odd stretch is not a dozen alerts.
fn keep(found: &Picked, label: Option<&Label>) -> &'static str {
    const KEEPS: [(f64, &str); 3] = [(0.1, KEEP), (0.025, "2m"), (0.003, "15m")];
    let parts = label.map_or(1.0, |l| l.values.len().max(1) as f64);
    let rate = found.rate.map_or(f64::INFINITY, |rate| rate / parts);
    KEEPS.iter().find(|(least, _)| rate >= *least).map_or("3h", |(_, keep)| *keep)
}

/// How many events are in each state.
fn state_metric(out: &mut Out, found: &Picked, stream: &str, base: &str) {
    let Some(label) = found.labels.iter().find(|l| !l.thing && l.path != "@key") else { return };
    let name = out.name(&format!("{base}.by_{}", plain(&label.path)));
    metric(out, &name, stream);
    out.set("measure", "count");
    out.list("by", &[&label.path]);
    out.set("step", parted(found.rate));
}

fn screen(out: &mut Out, pages: &[Page], part: bool) {
    if !part {
        out.line("");
        out.line("[[page]]");
        out.line("name = \"overview\"");
        out.line("rows = [[\"overview\"], [\"anomalies\"]]");
        out.line("heights = [3, 2]");
    }
    for page in pages.iter().take(PAGES) {
        let charts: Vec<String> = page.charts.iter().take(CHARTS).map(|c| format!("chart:{c}")).collect();
        let mut rows: Vec<String> = charts.chunks(2).map(|row| list(&row.iter().map(String::as_str).collect::<Vec<_>>())).collect();
        // The sentence of an anomaly needs the width; what fires stands in the overview and on the alerts page.
        rows.push(list(&["anomalies"]));
        out.line("");
        out.line("[[page]]");
        out.set("name", &page.name);
        let _ = writeln!(out.text, "rows = [{}]", rows.join(", "));
    }
    if !part {
        out.line("");
        out.line("[[page]]");
        out.line("name = \"sources\"");
        out.line("rows = [[\"sources\"], [\"log\"]]");
    }
}
