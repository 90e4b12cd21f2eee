//! From text to a checked configuration, with every fault at once.

use super::check::{self, Context};
use super::defaults;
use super::diagnostic::{Diagnostics, Sink};
use super::effective;
use super::loaded::Loaded;
use super::names::Names;
use super::overrides::Overrides;
use super::section::Section;
use crate::engine::Plan;
use crate::measure::MetricSpec;
use crate::model::Millis;
use crate::source::{SourceKind, SourceSpec};
use std::collections::BTreeSet;
use toml::de::DeTable;

/// Longest configuration read: a hundred times what anybody writes.
pub const TEXT_LIMIT: usize = 4 << 20;

/// Reads and checks a configuration. `file` is how messages call it.
///
/// # Errors
/// All faults of the text, warnings among them, sorted by their place. Where there are only
/// warnings, they stand in [`Loaded::warnings`].
pub fn load(text: &str, file: &str, overrides: &Overrides) -> Result<Loaded, Diagnostics> {
    if text.len() > TEXT_LIMIT {
        return Err(Diagnostics::of_file(file, format!("the configuration is longer than {} MiB", TEXT_LIMIT >> 20), ""));
    }
    let (root, faults) = DeTable::parse_recoverable(text);
    let sink = Sink::default();
    let mut loaded = checked(text, root.get_ref(), overrides, &sink);
    let mut items = sink.into_items();
    if !faults.is_empty() {
        items = syntax(text, &faults, items);
    }
    let all = Diagnostics::new(file, text, items);
    if all.errors() > 0 {
        return Err(all);
    }
    loaded.text = effective::text(text, overrides);
    loaded.warnings = all;
    Ok(loaded)
}

/// What the checks ask for in a text, section by section, and what they find wrong.
#[cfg(test)]
pub(super) fn load_asked(text: &str) -> (std::collections::BTreeMap<String, BTreeSet<String>>, Vec<super::Diagnostic>) {
    let (root, _) = DeTable::parse_recoverable(text);
    let sink = Sink::default();
    checked(text, root.get_ref(), &Overrides::default(), &sink);
    (sink.asked.take(), sink.into_items())
}

/// The checks in the order in which sections name each other.
fn checked(text: &str, root: &DeTable<'_>, overrides: &Overrides, sink: &Sink) -> Loaded {
    let root = Section::new("the configuration", root, 0..0, sink);
    let mut cx = Context { text, overrides, sink, names: Names::default(), clusters: Vec::new() };
    let limits = check::limits(&root);
    let (mut sources, source_plans) = check::sources(&mut cx, &root);
    let streams = check::streams(&mut cx, &root);
    let metrics = check::metrics(&mut cx, &root);
    let detectors = check::detectors(&mut cx, &root);
    let channels = check::channels(&mut cx, &root);
    let rules = check::rules(&mut cx, &root);
    let mut ui = check::screen(&cx, &root);
    let state = check::state(&root);
    root.finish();
    let missing = check::assign_topics(&cx, &mut sources, &streams);
    warn_unused(&cx, &root, &sources);
    let tick = tick(&metrics);
    let plan = Plan { sources: source_plans, streams, metrics, detectors, rules, limits, tick };
    ui.pages = defaults::pages(std::mem::take(&mut ui.pages), &plan);
    let warnings = Diagnostics::new("", "", Vec::new());
    let theme = super::theme_text(&ui.theme, overrides.config_home.as_deref()).ok().flatten();
    Loaded { plan, sources, channels, ui, theme, state, text: String::new(), missing, warnings }
}

/// Faults of syntax first; what the checks say of the same lines follows from them and is left out.
fn syntax(text: &str, faults: &[toml::de::Error], found: Vec<super::Diagnostic>) -> Vec<super::Diagnostic> {
    let sink = Sink::default();
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line = |at: usize| ends.partition_point(|end| *end < at);
    let mut broken = BTreeSet::new();
    for fault in faults {
        let span = fault.span().unwrap_or(0..0);
        broken.extend(line(span.start)..=line(span.end));
        sink.error(&span, fault.message(), "");
    }
    let mut items = sink.into_items();
    items.extend(found.into_iter().filter(|d| d.span.as_ref().is_none_or(|s| !broken.contains(&line(s.start)))));
    items
}

/// Things that are written and have no effect.
fn warn_unused(cx: &Context<'_>, root: &Section<'_>, sources: &[SourceSpec]) {
    for section in root.tables("stream") {
        let name = section.filled("name").or_else(|| section.filled("topic"));
        let Some(name) = name.filter(|n| cx.names.streams.get(&n.value).is_some_and(|s| !s.used)) else { continue };
        let hint = "add a [[metric]] or a [[detector]] with stream = \"…\"";
        cx.sink.warn(&name.span, format!("nothing is made of stream {:?}", name.value), hint);
    }
    for section in root.tables("channel") {
        let Some(name) = section.filled("name").filter(|n| cx.names.channels.get(&n.value) == Some(&false)) else { continue };
        if name.value != "bell" && name.value != "desktop" {
            cx.sink.warn(&name.span, format!("no rule tells channel {:?}", name.value), "name it in a rule's notify");
        }
    }
    for section in root.tables("kafka") {
        let name = section.filled("name").map_or_else(|| "kafka".to_owned(), |n| n.value);
        let idle = sources.iter().any(|s| *s.name == *name && matches!(&s.kind, SourceKind::Kafka(k) if k.topics.is_empty()));
        if idle && cx.overrides.topics.is_empty() {
            cx.sink.warn(&section.span, format!("no stream reads cluster {name:?}"), "add [[stream]] with topic = \"…\"");
        }
    }
}

/// A second, or the largest step of the grid that every finer step is a multiple of.
fn tick(metrics: &[MetricSpec]) -> Millis {
    let gcd = |mut a: i64, mut b: i64| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let fine = metrics.iter().filter_map(|m| m.step).filter(|s| *s < Plan::TICK);
    Millis::new(fine.fold(Plan::TICK.get(), |tick, step| gcd(tick, step.get()))).max(MetricSpec::STEP_MIN)
}
