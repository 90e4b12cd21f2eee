//! `[[metric]]`: a measure of a field, by labels, per step.

use super::Context;
use crate::config::names::declare;
use crate::config::section::{At, Section};
use crate::config::suggest;
use crate::engine::adds_up;
use crate::measure::{Measure, MetricSpec};
use crate::model::Millis;

/// The measures a hint lists.
pub(in crate::config) const MEASURES: [&str; 12] =
    ["count", "rate", "sum", "mean", "min", "max", "last", "median", "p99", "stddev", "distinct", "ratio"];
/// Most series a metric may be allowed.
const MAX_SERIES: u64 = 1_000_000;
/// Most fields a deviation is explained by: each is a further split of every event.
const EXPLAIN_MAX: usize = 8;
/// Longest unit: it stands behind every number.
const UNIT_LIMIT: usize = 16;

/// All metrics over streams.
pub(in crate::config) fn metrics(cx: &mut Context<'_>, root: &Section<'_>) -> Vec<MetricSpec> {
    let mut out = Vec::new();
    for section in root.tables("metric") {
        let name = section.required("name", "\"orders_per_second\"");
        let spec = metric(cx, &section, name.as_ref());
        section.finish();
        let Some(name) = name else { continue };
        check_name(cx, &name);
        let taken = cx.names.all_metrics().any(|m| m == name.value);
        if declare("metric", &name, taken, cx.sink) {
            let step = spec.as_ref().and_then(|s| s.step).map_or(0, Millis::get);
            cx.names.metrics.insert(name.value, step);
        }
        out.extend(spec);
    }
    out
}

/// Signs that would make a metric unreachable in panes and expressions.
fn check_name(cx: &Context<'_>, name: &At<String>) {
    if let Some(sign) = name.value.chars().find(|c| matches!(c, '{' | '}' | ',' | '*' | '"' | '\'' | '(' | ')')) {
        cx.sink.error(&name.span, format!("the name of a metric cannot hold {sign}"), "letters, digits, '_', '.' and '-' can");
    }
}

/// Reads the stream a metric or detector is over; reports one that is not there.
pub(super) fn stream_of(cx: &mut Context<'_>, section: &Section<'_>) -> Option<At<String>> {
    let stream = section.required("stream", "\"orders\"")?;
    if let Some(known) = cx.names.streams.get_mut(&stream.value) {
        known.used = true;
    } else {
        let hint = suggest::hint(&stream.value, cx.names.streams.keys().map(String::as_str));
        cx.sink.error(&stream.span, format!("no stream is called {:?}", stream.value), hint);
    }
    Some(stream)
}

fn metric(cx: &mut Context<'_>, section: &Section<'_>, name: Option<&At<String>>) -> Option<MetricSpec> {
    let stream = stream_of(cx, section);
    let cx = &*cx;
    let stream_name = stream.as_ref().map_or("", |s| s.value.as_str());
    let step = section.length("step", MetricSpec::STEP_MIN, MetricSpec::STEP_MAX).map(|l| l.value);
    let measure = measure(cx, section, step.is_some() || section.has("step"));
    let field = section.filled("field");
    let of = cx.condition(section, "of", stream_name);
    let to = cx.condition(section, "to", stream_name);
    let filter = cx.condition(section, "where", stream_name);
    let by = cx.fields(&section.texts("by"), stream_name);
    let explain_by = explain_by(cx, section, stream_name, measure, step.is_some());
    let unit = section.text("unit");
    if let Some(unit) = unit.as_ref().filter(|u| u.value.chars().count() > UNIT_LIMIT) {
        cx.sink.error(&unit.span, format!("unit is longer than {UNIT_LIMIT} characters"), "");
    }
    let max_series = section.whole("max_series", 1, MAX_SERIES).map_or(MetricSpec::MAX_SERIES, |n| n.value as usize);
    let path = check_field(cx, section, measure, field.as_ref(), stream_name);
    check_ratio(cx, section, measure);
    Some(MetricSpec {
        name: name?.value.as_str().into(),
        stream: stream?.value.as_str().into(),
        field: path,
        measure: measure?,
        of,
        to,
        by,
        filter,
        step,
        // A ratio is a share, which is read in percent.
        unit: unit.map_or_else(|| if measure == Some(Measure::Ratio) { "1" } else { "" }.into(), |u| u.value.as_str().into()),
        max_series,
        explain_by,
    })
}

/// The measure; a raw metric is the last value, and a stepped one must say which it is.
fn measure(cx: &Context<'_>, section: &Section<'_>, stepped: bool) -> Option<Measure> {
    let Some(word) = section.filled("measure") else {
        if section.has("measure") {
            return None;
        }
        if !stepped {
            return Some(Measure::Last);
        }
        cx.sink.error(
            &section.span,
            "[[metric]] has a step but no measure",
            format!("add measure = \"mean\", or one of {}", MEASURES.join(", ")),
        );
        return None;
    };
    let Some(measure) = Measure::parse(&word.value) else {
        let hint = match word.value.as_str() {
            "avg" | "average" => "did you mean \"mean\"?".to_owned(),
            p if p.strip_prefix('p').is_some_and(|n| n.parse::<f64>().is_ok()) => {
                "a percentile lies between 0 and 100, both left out: p50, p99, p99.9".to_owned()
            }
            other => suggest::hint(other, MEASURES),
        };
        cx.sink.error(&word.span, format!("measure {:?} is not known", word.value), hint);
        return None;
    };
    if !stepped && measure != Measure::Last {
        cx.sink.error(
            &word.span,
            format!("measure {:?} needs a step", word.value),
            "add step = \"1m\"; without one each event is a sample",
        );
    }
    Some(measure)
}

/// The fields a deviation is explained by: only of measures whose parts add up.
fn explain_by(cx: &Context<'_>, section: &Section<'_>, stream: &str, measure: Option<Measure>, stepped: bool) -> Vec<std::sync::Arc<str>> {
    let fields = section.texts("explain_by");
    if !fields.is_empty() && measure.is_some_and(|m| !stepped || !adds_up(m)) {
        let hint = "count, rate, sum, mean and ratio with a step can be explained; take explain_by away";
        cx.sink.error(&section.place("explain_by"), "the parts of this measure do not add up to it", hint);
    } else if fields.len() > EXPLAIN_MAX {
        cx.sink.error(
            &section.place("explain_by"),
            format!("explain_by names more than {EXPLAIN_MAX} fields"),
            "each costs as much as a metric",
        );
    }
    cx.fields(&fields, stream)
}

fn check_field(
    cx: &Context<'_>,
    section: &Section<'_>,
    measure: Option<Measure>,
    field: Option<&At<String>>,
    stream: &str,
) -> Option<std::sync::Arc<str>> {
    let needs = measure.is_some_and(Measure::needs_field);
    match field {
        None => {
            if needs && !section.has("field") {
                cx.sink.error(&section.span, "[[metric]] has no field to measure", "add field = \"amount\", or measure = \"count\"");
            }
            None
        }
        Some(field) if measure.is_some() && !needs => {
            cx.sink.warn(&field.span, "field has no effect: count, rate and ratio speak of events", "write a condition: where = \"…\"");
            None
        }
        Some(field) => {
            cx.names.check_redacted(stream, field, cx.sink);
            cx.path(field)
        }
    }
}

fn check_ratio(cx: &Context<'_>, section: &Section<'_>, measure: Option<Measure>) {
    match measure {
        Some(Measure::Ratio) if !section.has("of") => {
            cx.sink.error(&section.span, "a ratio has no of", "add of = \"status == 'failed'\", and to = \"…\" for the whole");
        }
        Some(Measure::Ratio) | None => {}
        Some(_) => {
            for key in ["of", "to"] {
                if section.has(key) {
                    cx.sink.error(
                        &section.place(key),
                        format!("{key} belongs to a ratio"),
                        "add measure = \"ratio\", or write where = \"…\"",
                    );
                }
            }
        }
    }
}
