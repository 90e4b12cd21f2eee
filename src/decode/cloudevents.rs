//! CloudEvents 1.0 over Kafka. Structured: the payload is the JSON envelope, its attributes and
//! `data.…` are fields. Binary: attributes are headers (`ce_type`), the payload is `data`. Batches
//! are arrays of structured events. (CloudEvents specification; Kafka protocol binding, sections 3.1, 3.2.)

use super::format::Format;
use super::json::{Document, utf8};
use super::layout::{Draft, Found, Layout, Origin, Sink};
use super::redact::Redactor;
use super::scan::{Fault, Scan};
use super::trie::ROOT;
use super::walk::Slot;

/// CloudEvents 1.0.
pub(super) const FORMAT: Format = Format {
    name: "cloudevents",
    summary: "CloudEvents 1.0, structured or binary: attributes are fields (`type`, `source`, `time`), the payload is `data.…`",
    fields: &["id", "source", "type", "time", "subject", "specversion", "datacontenttype"],
    empty: true,
    own: &["specversion"],
    records: None,
    read,
    redact: Redactor::json,
};

/// The attribute every CloudEvent has; in binary mode its header tells the mode.
const VERSION_HEADER: &str = "ce_specversion";

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    if origin.header(VERSION_HEADER).is_some() {
        return binary(layout, draft, origin, payload, sink);
    }
    if payload.is_empty() {
        return Err(Fault::whole("empty, and no header ce_specversion"));
    }
    let text = utf8(payload)?;
    draft.begin(layout, origin);
    let version = layout.own[0] as usize;
    let mut checked = |found: &Found<'_>| {
        let fault = matches!(found.slots[version], Slot::Missing).then_some("no CloudEvent: it has no attribute `specversion`");
        sink(&Found { fault: found.fault.or(fault), ..*found });
    };
    Document { layout, draft, text, origin, sink: &mut checked, index: 0 }.read()
}

fn binary(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    draft.begin(layout, origin);
    let content_type = origin.header("content-type");
    for (slot, name) in &layout.members {
        let value = if **name == *"datacontenttype" { content_type } else { origin.header(&format!("ce_{name}")) };
        if let Some(text) = value {
            draft.slots[*slot as usize] = Slot::keep(text, &mut draft.arena);
        }
    }
    let is_json = content_type.is_none_or(|t| t.to_ascii_lowercase().contains("json"));
    let data = layout.trie.named(ROOT, "data");
    if payload.is_empty() || !is_json {
        // No data, or data that is text: there are no fields below, but it is an event.
        let text = std::str::from_utf8(payload).unwrap_or_default();
        if let Some(slot) = data.and_then(|node| layout.trie.slot(node)) {
            draft.slots[slot as usize] = if text.is_empty() { Slot::Missing } else { Slot::Plain(0, text.len() as u32) };
        }
        sink(&Found { text, arena: &draft.arena, slots: &draft.slots, origin, index: 0, fault: None });
        return Ok(());
    }
    let text = utf8(payload)?;
    if let Some(node) = data {
        return Document { layout, draft, text, origin, sink, index: 0 }.object(node);
    }
    let mut scan = Scan::new(text);
    scan.skip()?;
    scan.end()?;
    sink(&Found { text, arena: &draft.arena, slots: &draft.slots, origin, index: 0, fault: None });
    Ok(())
}
