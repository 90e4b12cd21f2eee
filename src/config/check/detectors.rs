//! `[[detector]]`: a kind, what it judges, and the kind's own parameters written beside.

use super::Context;
use super::metrics::stream_of;
use crate::config::names::declare;
use crate::config::registry;
use crate::config::section::{Section, number, range, type_of};
use crate::config::suggest;
use crate::detect::{DetectorOn, DetectorSpec, Kind, Param, ParamValue, Params};
use toml::de::DeValue;

/// Most keys a detector may be allowed.
const KEYS_MAX: u64 = 1_000_000;
/// Most numbers judged together.
const FIELDS_MAX: usize = 32;

/// All detectors.
pub(in crate::config) fn detectors(cx: &mut Context<'_>, root: &Section<'_>) -> Vec<DetectorSpec> {
    let mut out = Vec::new();
    for section in root.tables("detector") {
        let name = section.required("name", "\"odd-amount\"");
        let kind = kind(cx, &section);
        let on = on(cx, &section);
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
        out.push(DetectorSpec { name: name.value.as_str().into(), kind: kind.name, on, params, keys_max: keys_max.unwrap_or(usual) });
    }
    out
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

fn on(cx: &mut Context<'_>, section: &Section<'_>) -> Option<DetectorOn> {
    match (section.has("metric"), section.has("stream")) {
        (true, true) => {
            cx.sink.error(&section.place("stream"), "a detector judges a metric or a stream, not both", "make two detectors of it");
            let _ = (section.filled("metric"), on_stream(cx, section));
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
        (true, false) => on_metric(cx, section),
        (false, true) => on_stream(cx, section),
    }
}

fn on_metric(cx: &Context<'_>, section: &Section<'_>) -> Option<DetectorOn> {
    for key in ["field", "by", "where", "show"] {
        if section.has(key) {
            let hint = "the metric itself says field, by and where; to judge single events write stream = \"…\"";
            cx.sink.error(&section.place(key), format!("{key} belongs to a detector of a stream, and this one is of a metric"), hint);
        }
    }
    let metric = section.filled("metric")?;
    if !cx.names.matches_metric(&metric.value) {
        cx.sink.error(&metric.span, format!("no metric is called {:?}", metric.value), cx.names.metric_hint(&metric.value));
    }
    Some(DetectorOn::Metric(metric.value.as_str().into()))
}

fn on_stream(cx: &mut Context<'_>, section: &Section<'_>) -> Option<DetectorOn> {
    let stream = stream_of(cx, section)?;
    let cx = &*cx;
    let fields = section.texts("field");
    if fields.is_empty() && !section.has("field") {
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
