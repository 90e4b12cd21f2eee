//! Prometheus' text exposition as a format of records: every sample of a payload is an event with
//! `name`, `value`, `time` and `labels.…`; comments are none.

use super::exposition::{Said, each_label, parse};
use super::format::Format;
use super::json::utf8;
use super::layout::{Draft, Layout, Origin, Sink};
use super::lines::{each_line, quoted, replaced};
use super::redact::Redactor;
use super::scan::{Fault, Span};
use super::trie::ROOT;
use super::walk::Slot;

/// Prometheus' text exposition.
pub(super) const FORMAT: Format = Format {
    name: "prometheus",
    summary: "Prometheus' text exposition or OpenMetrics, one line or many: `name`, `value`, `time`, `labels.NAME`",
    fields: &["name", "value", "time"],
    empty: false,
    own: &["name", "value", "time"],
    records: None,
    read,
    redact,
};

/// What is said of a value that is no number: an event cannot be judged by it.
const NOT_FINITE: &str = "the value is not finite";

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    let text = utf8(payload)?;
    let labels = layout.trie.named(ROOT, "labels");
    let [name, value, time] = [0, 1, 2].map(|place: usize| layout.own[place] as usize);
    each_line(layout, draft, origin, text, sink, &mut |draft, line| {
        let Said::Sample(parts) = parse(text, line)? else { return Ok(false) };
        draft.slots[name] = Slot::Plain(parts.name.start as u32, parts.name.end as u32);
        draft.slots[time] = parts.time.map_or(Slot::Missing, Slot::Number);
        let Draft { slots, arena, .. } = draft;
        each_label(text, parts.labels, |name, span| {
            let name = Span { start: name.start, end: name.end, escaped: false };
            let slot = labels.and_then(|node| layout.trie.member(node, text, name)).and_then(|n| layout.trie.slot(n));
            if let Some(slot) = slot {
                slots[slot as usize] = quoted(text, span, arena);
            }
        })?;
        if !parts.value.is_finite() {
            return Err(Fault::whole(NOT_FINITE));
        }
        slots[value] = Slot::Number(parts.value);
        Ok(true)
    })
}

fn redact(redactor: &Redactor, payload: &[u8]) -> Result<Vec<u8>, Fault> {
    let text = utf8(payload)?;
    if ["name", "value", "time"].iter().any(|f| redactor.hides(f)) {
        return Err(Fault::whole("a sample without its name, value or time is none"));
    }
    let (mut found, mut at) = (Vec::new(), 0);
    for line in text.split('\n') {
        let (start, end) = (at, at + line.len());
        at = end + 1;
        let Said::Sample(parts) = parse(text, start..end)? else { continue };
        each_label(text, parts.labels, |name, value| {
            if redactor.hides_below(&["labels", text.get(name).unwrap_or_default()]) {
                found.push(value.range());
            }
        })?;
    }
    Ok(replaced(text, &found))
}
