//! The envelope of `kcat -J`: a JSON object that holds the payload as a string beside topic,
//! partition, offset, time, key and headers, which count as the record's own.

use super::format::Format;
use super::json::{Document, utf8};
use super::layout::{Draft, Headers, Layout, Origin, Sink};
use super::redact::{REDACTED, Redactor};
use super::scan::{Fault, Scan, unescape};
use crate::model::Timestamp;
use base64::Engine as _;
use std::ops::Range;

/// `kcat -J` lines.
pub(super) const FORMAT: Format = Format {
    name: "kcat",
    summary: "lines of `kcat -J`: JSON payloads in an envelope that names topic, partition, offset, time, key and headers",
    fields: &[],
    empty: false,
    own: &[],
    records: None,
    read,
    redact,
};

/// What an envelope says.
#[derive(Default)]
struct Envelope {
    topic: Option<String>,
    partition: Option<f64>,
    offset: Option<f64>,
    time: Option<f64>,
    untimed: bool,
    key: Option<Vec<u8>>,
    headers: Vec<(String, Option<String>)>,
    payload: Option<Vec<u8>>,
    /// Where the values of key and payload stand in the envelope.
    key_at: Option<Range<usize>>,
    payload_at: Option<Range<usize>>,
}

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    let envelope = open(utf8(payload)?)?;
    let inner = envelope.payload.as_deref().ok_or(Fault::whole("tombstone: the envelope's payload is null or absent"))?;
    let headers: &[_] = &envelope.headers;
    let origin = Origin {
        topic: envelope.topic.as_deref().unwrap_or(origin.topic),
        partition: envelope.partition.map_or(origin.partition, |p| p as i32),
        offset: envelope.offset.map_or(origin.offset, |o| o as i64),
        time: match envelope.time {
            Some(ms) if !envelope.untimed && ms >= 0.0 => Some(Timestamp::from_millis(ms as i64)),
            _ => origin.time,
        },
        key: envelope.key.as_deref().or(origin.key),
        headers: if headers.is_empty() { origin.headers } else { Headers::Listed(headers) },
        ..*origin
    };
    let text = inner_text(inner)?;
    draft.begin(layout, &origin);
    let document = Document { layout, draft, text, origin: &origin, sink, index: 0 };
    document.read().map_err(|fault| if fault.at.is_some() { Fault { at: fault.at, why: inside(fault.why) } } else { fault })
}

fn inner_text(inner: &[u8]) -> Result<&str, Fault> {
    if inner.is_empty() {
        return Err(Fault::whole("the envelope's payload is empty"));
    }
    utf8(inner)
}

/// Offsets of an inner fault count within the inner payload, which the words must say.
fn inside(why: &'static str) -> &'static str {
    match why {
        "ends too early" => "payload in the envelope ends too early",
        "not UTF-8" => "payload in the envelope is not UTF-8",
        "expected a value" => "payload in the envelope: expected a value",
        "more follows after the value" => "payload in the envelope: more follows after the value",
        _ => "payload in the envelope is no JSON",
    }
}

fn open(text: &str) -> Result<Envelope, Fault> {
    let mut scan = Scan::new(text);
    if scan.peek() != b'{' {
        return Err(Fault { at: Some(scan.at), why: "expected the envelope of kcat -J" });
    }
    let mut envelope = Envelope::default();
    let mut more = scan.enter(b'}')?;
    while more {
        let key = scan.key()?;
        let name = unescaped(&text[key.range()]);
        scan.peek();
        let start = scan.at;
        scan.skip()?;
        envelope.member(&name, text, start..scan.at)?;
        more = scan.more(b'}')?;
    }
    scan.end()?;
    Ok(envelope)
}

impl Envelope {
    fn member(&mut self, name: &str, text: &str, at: Range<usize>) -> Result<(), Fault> {
        let value = &text[at.clone()];
        match name {
            "topic" => self.topic = string(value),
            "partition" => self.partition = value.parse().ok(),
            "offset" => self.offset = value.parse().ok(),
            "ts" => self.time = value.parse().ok(),
            "tstype" => self.untimed = value == "\"unknown\"",
            "headers" => self.headers = headers(value),
            "key" => {
                self.key = bytes(value);
                self.key_at = Some(at);
            }
            "key_b64" => {
                self.key = Some(base64(value, at.start)?);
                self.key_at = Some(at);
            }
            "payload" => {
                self.payload = bytes(value);
                self.payload_at = Some(at);
            }
            "payload_b64" => {
                self.payload = Some(base64(value, at.start)?);
                self.payload_at = Some(at);
            }
            _ => {}
        }
        Ok(())
    }
}

fn unescaped(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    unescape(content, &mut out);
    out
}

/// The text of a JSON string; `None` for anything else.
fn string(value: &str) -> Option<String> {
    value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).map(unescaped)
}

/// Bytes of a key or payload: a string's content, nothing for null, else the JSON itself (`kcat -s` unpacks some).
fn bytes(value: &str) -> Option<Vec<u8>> {
    if value == "null" {
        return None;
    }
    Some(string(value).unwrap_or_else(|| value.to_owned()).into_bytes())
}

fn base64(value: &str, at: usize) -> Result<Vec<u8>, Fault> {
    let decoded = string(value).and_then(|v| base64::engine::general_purpose::STANDARD.decode(v).ok());
    decoded.ok_or(Fault { at: Some(at), why: "no base64" })
}

/// kcat writes headers as one flat array: name, value, name, value; values may be null.
fn headers(value: &str) -> Vec<(String, Option<String>)> {
    let mut list = Vec::new();
    let mut scan = Scan::new(value);
    let mut name: Option<String> = None;
    let mut more = scan.peek() == b'[' && scan.enter(b']').unwrap_or(false);
    while more {
        scan.peek();
        let start = scan.at;
        if scan.skip().is_err() {
            break;
        }
        let text = string(&value[start..scan.at]);
        match name.take() {
            None => name = Some(text.unwrap_or_default()),
            Some(n) => list.push((n, text)),
        }
        more = scan.more(b']').unwrap_or(false);
    }
    list
}

/// Redacts the payload in its envelope; one that cannot be read is replaced wholly, the envelope stays.
fn redact(redactor: &Redactor, payload: &[u8]) -> Result<Vec<u8>, Fault> {
    let text = utf8(payload)?;
    let envelope = open(text)?;
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    if let (Some(at), Some(inner)) = (envelope.payload_at, &envelope.payload) {
        let shown = redactor.json(inner).unwrap_or_else(|_| REDACTED.into());
        let shown = String::from_utf8_lossy(&shown);
        let in_base64 = text[..at.start].trim_end().ends_with("\"payload_b64\":");
        let shown = if in_base64 { base64::engine::general_purpose::STANDARD.encode(shown.as_bytes()) } else { shown.into_owned() };
        edits.push((at, quoted(&shown)));
    }
    if let (Some(at), true, true) = (envelope.key_at, redactor.key, envelope.key.is_some()) {
        edits.push((at, quoted(REDACTED)));
    }
    edits.sort_by_key(|(at, _)| at.start);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, shown) in edits {
        out.push_str(&text[from..at.start]);
        out.push_str(&shown);
        from = at.end;
    }
    out.push_str(&text[from..]);
    Ok(out.into_bytes())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
