//! `[[channel]]`: how people are told. `bell`, `desktop` and `terminal` are there without being written.

use super::Context;
use crate::config::names::declare;
use crate::config::registry;
use crate::config::section::Section;
use crate::config::suggest;
use crate::model::Millis;
use crate::notify::{ChannelSpec, Way};

/// Longest `min_interval`: a day of silence is the most a rate limit should make.
const INTERVAL_MAX: Millis = Millis::from_secs(86_400);

/// All channels, those of the program first.
pub(in crate::config) fn channels(cx: &mut Context<'_>, root: &Section<'_>) -> Vec<ChannelSpec> {
    let kinds = registry::channels();
    let words: Vec<&'static str> = kinds.iter().map(|(name, _)| *name).collect();
    let mut out: Vec<ChannelSpec> =
        kinds.iter().map(|(name, interval)| ChannelSpec { name: (*name).into(), kind: name, min_interval: *interval, way: None }).collect();
    let own = out.len();
    for section in root.tables("channel") {
        let name = section.required("name", "\"pager\"");
        if !section.has("kind") {
            cx.sink.error(&section.span, "[[channel]] has no kind", format!("add kind = {:?}", words.first().unwrap_or(&"bell")));
        }
        let kind = section.word("kind", &words);
        let interval = section.length("min_interval", Millis::ZERO, INTERVAL_MAX);
        let way = section.word("way", &Way::WORDS);
        if let (Some(way), Some(kind)) = (&way, &kind)
            && kind.value != "terminal"
        {
            cx.sink.error(&way.span, format!("a channel of kind {:?} has no way", kind.value), "only those of kind \"terminal\" have");
        }
        section.finish();
        let Some(name) = name else { continue };
        if !declare("channel", &name, cx.names.channels.contains_key(&name.value), cx.sink) {
            continue;
        }
        cx.names.channels.insert(name.value.clone(), false);
        let Some(kind) = kind else { continue };
        let usual = kinds.iter().find(|(n, _)| *n == kind.value).map_or(Millis::ZERO, |(_, i)| *i);
        let spec = ChannelSpec {
            name: name.value.as_str().into(),
            kind: kind.value,
            min_interval: interval.map_or(usual, |i| i.value),
            way: way.and_then(|w| Way::named(w.value)),
        };
        match out[..own].iter().position(|c| c.name == spec.name) {
            Some(at) if spec.kind != out[at].kind => {
                let message = format!("channel {:?} is always of kind {:?}", name.value, out[at].kind);
                cx.sink.error(&kind.span, message, "give this one another name");
            }
            Some(at) => out[at] = spec,
            None => out.push(spec),
        }
    }
    out
}

/// Answers whether a channel is known, noting that it is used.
pub(super) fn receiver(cx: &mut Context<'_>, name: &crate::config::section::At<String>) -> bool {
    if let Some(used) = cx.names.channels.get_mut(&name.value) {
        *used = true;
        return true;
    }
    let own = registry::channels();
    if own.iter().any(|(n, _)| *n == name.value) {
        return true;
    }
    let known = own.iter().map(|(n, _)| *n).chain(cx.names.channels.keys().map(String::as_str));
    cx.sink.error(&name.span, format!("no channel is called {:?}", name.value), suggest::hint(&name.value, known));
    false
}
