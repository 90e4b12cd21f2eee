//! Telegraf's JSON: a metric `{"name":…,"tags":{…},"fields":{…},"timestamp":…}`, or a batch
//! `{"metrics":[…]}` of them; each metric is an event. (Telegraf, serializer `json`.)

use super::format::Format;
use super::json::{Document, utf8};
use super::layout::{Draft, Found, Layout, Origin, Sink};
use super::redact::Redactor;
use super::scan::Fault;
use super::walk::Slot;

/// Telegraf's JSON, single or in batches.
pub(super) const FORMAT: Format = Format {
    name: "telegraf",
    summary: "Telegraf's JSON, single metrics or batches: `name`, `tags.…`, `fields.…`, `timestamp`",
    fields: &["name", "timestamp"],
    empty: false,
    own: &["fields"],
    records: Some("metrics"),
    read,
    redact: Redactor::json,
};

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    let text = utf8(payload)?;
    draft.begin(layout, origin);
    let fields = layout.own[0] as usize;
    let mut checked = |found: &Found<'_>| {
        let fault = (!matches!(found.slots[fields], Slot::Compound)).then_some("no metric of Telegraf: it has no `fields`");
        sink(&Found { fault: found.fault.or(fault), ..*found });
    };
    Document { layout, draft, text, origin, sink: &mut checked, index: 0 }.read()
}
