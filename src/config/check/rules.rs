//! `[[rule]]`: when somebody is told, and who.

use super::Context;
use super::channels::receiver;
use crate::alert::{RuleSpec, Severity, When};
use crate::config::names::declare;
use crate::config::section::{At, Section, type_of};
use crate::config::suggest;
use crate::model::Millis;
use std::sync::Arc;
use toml::de::DeValue;

/// Longest `for`, `hold` and the like: a month.
const LONGEST: Millis = Millis::from_secs(31 * 86_400);
/// One odd event has no duration; it counts for so long where nothing is said.
const HOLD: Millis = Millis::from_secs(60);
/// An alert without observations becomes stale after so long where nothing is said, or after three steps.
const STALE: Millis = Millis::from_secs(120);
/// Steps without a value before an alert is stale.
const STALE_STEPS: i64 = 3;
/// Most flags or observations a rule counts: it remembers each.
const COUNT_MAX: u32 = 10_000;
/// What annotations may hold in braces, beside `label.NAME`.
const PLACES: [&str; 9] = ["value", "expected", "score", "why", "pattern", "since", "contributions", "rule", "subject"];

/// All rules.
pub(in crate::config) fn rules(cx: &mut Context<'_>, root: &Section<'_>) -> Vec<RuleSpec> {
    let mut out = Vec::new();
    for section in root.tables("rule") {
        let name = section.required("name", "\"PaymentFailures\"");
        let spec = rule(cx, &section, name.as_ref());
        section.finish();
        let Some(name) = name else { continue };
        if declare("rule", &name, cx.names.rules.contains(&name.value), cx.sink) {
            cx.names.rules.insert(name.value);
        }
        out.extend(spec);
    }
    out
}

fn rule(cx: &mut Context<'_>, section: &Section<'_>, name: Option<&At<String>>) -> Option<RuleSpec> {
    let condition = condition(cx, section);
    let length = |key| section.length(key, Millis::ZERO, LONGEST).map(|l| l.value);
    let (hold_for, keep) = (length("for"), length("keep_firing_for"));
    let (hold, stale) = (length("hold"), length("stale_after"));
    let severity = section.word("severity", &["info", "warning", "critical"]).and_then(|w| Severity::from_word(w.value));
    let labels = pairs(cx, section, "labels");
    let annotations = pairs(cx, section, "annotations");
    for (_, text) in &annotations {
        check_places(cx, text);
    }
    let notify = notify(cx, section);
    let (when, step) = condition?;
    let hold = hold.unwrap_or(match &when {
        When::Count { within, .. } => *within,
        _ => HOLD,
    });
    let shared = |list: Vec<(At<String>, At<String>)>| {
        list.into_iter().map(|(k, v)| (Arc::from(k.value.as_str()), Arc::from(v.value.as_str()))).collect::<Vec<(Arc<str>, Arc<str>)>>()
    };
    Some(RuleSpec {
        name: name?.value.as_str().into(),
        when,
        hold_for: hold_for.unwrap_or_default(),
        keep_firing_for: keep.unwrap_or_default(),
        hold,
        stale_after: stale.unwrap_or_else(|| STALE.max(Millis::new(step * STALE_STEPS))),
        severity: severity.unwrap_or_default(),
        labels: shared(labels),
        annotations: shared(annotations),
        notify,
    })
}

/// The condition, and the longest step of what it looks at.
fn condition(cx: &Context<'_>, section: &Section<'_>) -> Option<(When, i64)> {
    let when = section.required("when", "\"a-detector\", or \"a_metric > 5\"");
    let count = section.filled("count");
    let share = section.filled("share");
    let clear = section.filled("clear");
    let when = when?;
    let word = when.value.trim();
    if let Some(events) = cx.names.detectors.get(word) {
        if let Some(clear) = &clear {
            cx.sink.error(&clear.span, "clear belongs to a rule on an expression", "a threshold detector has clear values of its own");
        }
        return Some((on_detector(cx, word, *events, count.as_ref(), share.as_ref())?, 0));
    }
    for (key, value) in [("count", &count), ("share", &share)] {
        if let Some(value) = value {
            cx.sink.error(&value.span, format!("{key} belongs to a rule on a detector"), "name a detector in when");
        }
    }
    let lone = word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if lone && !cx.names.matches_metric(word) {
        let known = cx.names.detectors.keys().map(String::as_str);
        let known: Vec<&str> = known.chain(cx.names.all_metrics()).collect();
        cx.sink.error(&when.span, format!("no detector or metric is called {word:?}"), suggest::hint(word, known));
        return None;
    }
    let step = expression(cx, &when);
    let clear_step = clear.as_ref().map(|c| expression(cx, c));
    let step = step?.max(clear_step.unwrap_or(Some(0))?);
    let clear = clear.map(|c| c.value.as_str().into());
    Some((When::Expression { trigger: word.into(), clear }, step))
}

/// Checks an expression over metrics; answers the longest step among them.
fn expression(cx: &Context<'_>, value: &At<String>) -> Option<i64> {
    let names = cx.expression(value)?;
    let mut step = 0;
    for name in names.iter().map(|n| metric_of(n)) {
        if cx.names.matches_metric(name) && !name.ends_with('*') {
            step = step.max(cx.names.metrics.get(name).copied().unwrap_or(0));
        } else {
            let span = value.value.find(name).map_or_else(|| value.span.clone(), |at| cx.inside(value, at, name.len()));
            cx.sink.error(&span, format!("no metric is called {name:?}"), cx.names.metric_hint(name));
        }
    }
    if names.is_empty() {
        cx.sink.error(&value.span, "the expression speaks of no metric", "compare a metric: \"failure_ratio > 0.05\"");
        return None;
    }
    Some(step)
}

/// The metric of a series: without its labels, and without the backticks that names with dashes stand in.
fn metric_of(series: &str) -> &str {
    let name = series.split('{').next().unwrap_or(series).trim();
    name.strip_prefix('`').and_then(|n| n.strip_suffix('`')).unwrap_or(name)
}

fn on_detector(cx: &Context<'_>, name: &str, events: bool, count: Option<&At<String>>, share: Option<&At<String>>) -> Option<When> {
    let detector: Arc<str> = name.into();
    match (count, share) {
        (Some(_), Some(share)) => {
            cx.sink.error(&share.span, "a rule has count or share, not both", "make two rules of it");
            None
        }
        (Some(text), None) => {
            let read = text.value.split_once(" in ").and_then(|(n, within)| n.trim().parse::<u32>().ok().zip(Millis::parse(within).ok()));
            match read {
                Some((count, within)) if (1..=COUNT_MAX).contains(&count) && within > Millis::ZERO && within <= LONGEST => {
                    Some(When::Count { detector, count, within })
                }
                _ => {
                    let hint = format!("write how many in which time: \"3 in 5m\", at most {COUNT_MAX}");
                    cx.sink.error(&text.span, format!("count: {:?} is not understood", text.value), hint);
                    None
                }
            }
        }
        (None, Some(text)) => {
            let read = text.value.split_once(" of ").and_then(|(s, last)| percent(s).zip(last.trim().parse::<u32>().ok()));
            match read {
                Some((share, last)) if (1..=COUNT_MAX).contains(&last) => Some(When::Share { detector, share, last }),
                _ => {
                    let hint = format!("write a share of the last observations: \"30% of 20\", at most {COUNT_MAX}");
                    cx.sink.error(&text.span, format!("share: {:?} is not understood", text.value), hint);
                    None
                }
            }
        }
        (None, None) if events => Some(When::Count { detector, count: 1, within: HOLD }),
        (None, None) => Some(When::Detector(detector)),
    }
}

fn percent(text: &str) -> Option<f64> {
    let share = text.trim().strip_suffix('%')?.trim().parse::<f64>().ok()? / 100.0;
    (0.0..1.0).contains(&share).then_some(share)
}

/// `labels` or `annotations`: names and texts.
fn pairs(cx: &Context<'_>, section: &Section<'_>, key: &'static str) -> Vec<(At<String>, At<String>)> {
    let Some(table) = section.table(key) else { return Vec::new() };
    let mut out = Vec::new();
    for (name, node) in table.entries() {
        match node.get_ref() {
            DeValue::String(text) => out.push((name, At { value: text.to_string(), span: node.span() })),
            other => {
                let message = format!("{key}.{} must be a text, not {}", name.value, type_of(other));
                cx.sink.error(&node.span(), message, "put it in quotes");
            }
        }
    }
    out
}

/// Names the `{…}` of an annotation that nothing will be put into.
fn check_places(cx: &Context<'_>, text: &At<String>) {
    let mut from = 0;
    while let Some(open) = text.value[from..].find('{').map(|i| i + from) {
        let Some(close) = text.value[open..].find('}').map(|i| i + open) else { return };
        let word = &text.value[open + 1..close];
        let label = word.strip_prefix("label.").is_some_and(|l| !l.is_empty());
        if !label && !PLACES.contains(&word) {
            let hint = format!("known here: {}, label.NAME", PLACES.join(", "));
            cx.sink.error(&cx.inside(text, open, close + 1 - open), format!("{{{word}}} stands for nothing"), hint);
        }
        from = close + 1;
    }
}

/// The receivers. None at all is a warning unless it is written: `notify = []`.
fn notify(cx: &mut Context<'_>, section: &Section<'_>) -> Vec<Arc<str>> {
    if !section.has("notify") {
        let message = "nobody receives this rule: its alerts only stand on the screen and in the log";
        cx.sink.warn(&section.span, message, "add notify = [\"bell\"], or notify = [] if that is meant");
    }
    let mut out: Vec<Arc<str>> = Vec::new();
    for name in section.texts("notify") {
        if out.iter().any(|n| **n == *name.value) {
            cx.sink.warn(&name.span, format!("{:?} is named twice", name.value), "");
        } else if receiver(cx, &name) {
            out.push(name.value.as_str().into());
        }
    }
    out
}
