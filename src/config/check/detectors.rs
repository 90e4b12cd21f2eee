//! `[[detector]]`: a kind, what it judges, and the kind's own parameters written beside.

use super::Context;
use super::metrics::stream_of;
use crate::config::names::declare;
use crate::config::registry;
use crate::config::section::{Section, number, range, type_of};
use crate::config::suggest;
use crate::detect::{DetectorOn, DetectorSpec, Kind, Param, ParamValue, Params, Sees};
use crate::model::Millis;
use toml::de::DeValue;

/// Most keys a detector may be allowed.
const KEYS_MAX: u64 = 1_000_000;
/// Most numbers judged together.
const FIELDS_MAX: usize = 32;
/// Longest trouble before it is the new level: nobody waits for more than a month.
const ACCEPT_MAX: Millis = Millis::from_secs(31 * 86_400);
/// Kinds for which it is enough that an event came.
const WITHOUT_FIELD: [&str; 1] = ["absence"];

/// All detectors.
pub(in crate::config) fn detectors(cx: &mut Context<'_>, root: &Section<'_>) -> Vec<DetectorSpec> {
    let mut out = Vec::new();
    for section in root.tables("detector") {
        let name = section.required("name", "\"odd-amount\"");
        let kind = kind(cx, &section);
        let on = on(cx, &section, kind);
        let accept_after = section.length("accept_after", Millis::ZERO, ACCEPT_MAX).map_or(DetectorSpec::ACCEPT_AFTER, |l| l.value);
        let keys_max = section.whole("keys_max", 1, KEYS_MAX).map(|n| n.value as usize);
        let params = kind.map(|k| params(cx, &section, k)).unwrap_or_default();
        if kind.is_some() {
            section.finish();
        }
        let Some(name) = name else { continue };
        let events = section.has("stream");
        if declare("detector", &name, cx.names.detectors.contains_key(&name.value), cx.sink) {
            cx.names.detectors.insert(name.value.clone(), events);
        }
        let (Some(kind), Some(on)) = (kind, on) else { continue };
        let usual = if kind.keys_max == 0 { DetectorSpec::KEYS_MAX } else { kind.keys_max };
        let keys_max = keys_max.unwrap_or(usual);
        out.push(DetectorSpec { name: name.value.as_str().into(), kind: kind.name, on, params, keys_max, accept_after });
    }
    check_votes(cx, root, &out);
    out
}

/// A detector over the scores of another one names one that scores the series of a metric.
fn check_votes(cx: &Context<'_>, root: &Section<'_>, all: &[DetectorSpec]) {
    for section in root.tables("detector") {
        let Some(of) = section.filled("of") else { continue };
        let Some(known) = cx.names.detectors.get(&of.value) else {
            let hint = suggest::hint(&of.value, cx.names.detectors.keys().map(String::as_str));
            cx.sink.error(&of.span, format!("no detector is called {:?}", of.value), hint);
            continue;
        };
        let scores = |d: &DetectorSpec| matches!(d.on, DetectorOn::Metric(_)) && registry::sees(d.kind) == Some(Sees::Numbers);
        let other = all.iter().find(|d| *d.name == *of.value);
        if *known || other.is_some_and(|d| !scores(d)) {
            let message = format!("{:?} has no scores of single series to go by", of.value);
            cx.sink.error(&of.span, message, "name a detector of a metric, of a kind that judges numbers: sigma, mad, auto …");
        }
    }
}

fn kind(cx: &Context<'_>, section: &Section<'_>) -> Option<&'static Kind> {
    let kinds = registry::detectors();
    let word = section.required("kind", "\"sigma\"")?;
    let found = kinds.iter().copied().find(|k| k.name == word.value);
    if found.is_none() {
        let hint = suggest::hint(&word.value, kinds.iter().map(|k| k.name));
        cx.sink.error(&word.span, format!("no kind of detector is called {:?}", word.value), hint);
    }
    found
}

fn on(cx: &mut Context<'_>, section: &Section<'_>, kind: Option<&'static Kind>) -> Option<DetectorOn> {
    if section.has("of") {
        return on_detector(cx, section, kind);
    }
    match (section.has("metric"), section.has("stream")) {
        (true, true) => {
            cx.sink.error(&section.place("stream"), "a detector judges a metric or a stream, not both", "make two detectors of it");
            let _ = (section.filled("metric"), on_stream(cx, section, kind));
            None
        }
        (false, false) => {
            cx.sink.error(
                &section.span,
                "[[detector]] has neither metric nor stream",
                "add metric = \"name\", or stream = \"name\" and field = \"amount\"",
            );
            for key in ["field", "by", "where", "show"] {
                let _ = section.has(key);
            }
            None
        }
        (true, false) => on_metric(cx, section, kind),
        (false, true) => on_stream(cx, section, kind),
    }
}

fn sees_groups(kind: Option<&'static Kind>) -> bool {
    kind.is_some_and(|k| k.sees == Sees::Group)
}

/// The scores of another detector; whether that one is there is seen when all are read.
fn on_detector(cx: &Context<'_>, section: &Section<'_>, kind: Option<&'static Kind>) -> Option<DetectorOn> {
    for key in ["metric", "stream", "field", "where", "show"] {
        if section.has(key) {
            let hint = "the other detector says what is judged; by = [\"host\"] says whose scores belong together";
            cx.sink.error(&section.place(key), format!("{key} has no place beside of"), hint);
        }
    }
    if let Some(kind) = kind.filter(|k| k.sees != Sees::Group) {
        let message = format!("a {} detector does not judge the scores of another one", kind.name);
        cx.sink.error(&section.place("of"), message, "write metric = \"…\" or stream = \"…\"; kinds that judge groups, as vote, take of");
    }
    let (of, by) = (section.filled("of")?, section.texts("by"));
    Some(DetectorOn::Detector { of: of.value.as_str().into(), by: by.iter().map(|b| b.value.as_str().into()).collect() })
}

fn on_metric(cx: &Context<'_>, section: &Section<'_>, kind: Option<&'static Kind>) -> Option<DetectorOn> {
    let groups = sees_groups(kind);
    for key in ["field", "by", "where", "show"] {
        if section.has(key) && !(groups && key == "by") {
            let hint = "the metric itself says field, by and where; to judge single events write stream = \"…\"";
            cx.sink.error(&section.place(key), format!("{key} belongs to a detector of a stream, and this one is of a metric"), hint);
        }
    }
    let metric = section.filled("metric")?;
    if !cx.names.matches_metric(&metric.value) {
        cx.sink.error(&metric.span, format!("no metric is called {:?}", metric.value), cx.names.metric_hint(&metric.value));
    }
    let name = metric.value.as_str().into();
    if !groups {
        return Some(DetectorOn::Metric(name));
    }
    if cx.names.metrics.get(&metric.value) == Some(&0) {
        let message = format!("metric {:?} has no step, so that its series have no moments in common", metric.value);
        cx.sink.error(&metric.span, message, "add step = \"1m\" and a measure to the metric");
    }
    let together = metric.value.strip_suffix('*').map_or(0, |start| cx.names.all_metrics().filter(|m| m.starts_with(start)).count());
    if together > 1 && kind.is_some_and(|k| k.name == "peers") {
        let message = format!("{:?} are {together} metrics, and all their series are compared with each other", metric.value);
        cx.sink.warn(&metric.span, message, "write a detector for each metric, unless they measure the same thing");
    }
    Some(DetectorOn::Group { metric: name, by: section.texts("by").iter().map(|b| b.value.as_str().into()).collect() })
}

fn on_stream(cx: &mut Context<'_>, section: &Section<'_>, kind: Option<&'static Kind>) -> Option<DetectorOn> {
    let stream = stream_of(cx, section)?;
    let cx = &*cx;
    if let Some(kind) = kind.filter(|k| k.sees == Sees::Group) {
        let message = format!("a {} detector judges many series at one moment, and events have none in common", kind.name);
        cx.sink.error(&section.place("stream"), message, "write metric = \"name\", or of = \"the name of another detector\"");
    }
    let fields = section.texts("field");
    let events_alone = kind.is_some_and(|k| WITHOUT_FIELD.contains(&k.name));
    if fields.is_empty() && !section.has("field") && !events_alone {
        cx.sink.error(&section.span, "[[detector]] has no field to judge", "add field = \"amount\", or several: field = [\"a\", \"b\"]");
    } else if fields.len() > FIELDS_MAX {
        cx.sink.error(&section.place("field"), format!("field names more than {FIELDS_MAX} fields"), "");
    }
    Some(DetectorOn::Stream {
        fields: cx.fields(&fields, &stream.value),
        by: cx.fields(&section.texts("by"), &stream.value),
        filter: cx.condition(section, "where", &stream.value),
        show: cx.fields(&section.texts("show"), &stream.value),
        stream: stream.value.as_str().into(),
    })
}

/// The kind's own parameters.
fn params(cx: &Context<'_>, section: &Section<'_>, kind: &Kind) -> Params {
    let mut params = Params::default();
    let mut sound = true;
    for param in kind.params {
        let Some(node) = section.raw(param.name) else {
            if param.required {
                let hint = format!("{} {}", param.doc, example(param)).trim().to_owned();
                cx.sink.error(&section.span, format!("a {} detector needs {}", kind.name, param.name), hint);
                sound = false;
            }
            continue;
        };
        match value(param, node.get_ref()) {
            Ok(value) => {
                params.0.insert(param.name.to_owned(), value);
            }
            Err((message, hint)) => {
                cx.sink.error(&node.span(), message, hint);
                sound = false;
            }
        }
    }
    if sound {
        for (key, message, hint) in (kind.check)(&params) {
            cx.sink.error(&section.place(key), message, hint);
        }
    }
    params
}

fn example(param: &Param) -> String {
    match (param.words.first(), param.default) {
        (Some(word), _) => format!("({} = {word:?})", param.name),
        (None, "") => String::new(),
        (None, default) => format!("({} = {default})", param.name),
    }
}

fn value(param: &Param, value: &DeValue<'_>) -> Result<ParamValue, (String, String)> {
    let name = param.name;
    if !param.words.is_empty() {
        let Some(word) = value.as_str() else {
            return Err((format!("{name} must be a word"), format!("known here: {}", param.words.join(", "))));
        };
        if !param.words.contains(&word) {
            return Err((format!("{name}: {word:?} is not known"), suggest::hint(word, param.words.iter().copied())));
        }
        return Ok(ParamValue::Word(word.to_owned()));
    }
    if matches!(param.default, "true" | "false") {
        return value.as_bool().map(ParamValue::Flag).ok_or_else(|| (format!("{name} must be true or false"), param.doc.to_owned()));
    }
    let Some(x) = number(value) else {
        return Err((format!("{name} must be a number, not {}", type_of(value)), param.doc.to_owned()));
    };
    if !x.is_finite() || x < param.min || x > param.max {
        return Err((format!("{name} is {x}, which is not {}", range(param.min, param.max)), param.doc.to_owned()));
    }
    Ok(ParamValue::Number(x))
}

#[cfg(test)]
#[path = "detectors_tests.rs"]
mod tests;
