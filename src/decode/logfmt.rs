//! logfmt: `level=info msg="took \"long\"" duration=0.25 cached`, one event a line.

use super::format::Format;
use super::json::utf8;
use super::layout::{Draft, Layout, Origin, Sink};
use super::lines::{closing_quote, each_line, quoted, replaced, scalar, slot_of};
use super::redact::Redactor;
use super::scan::{Fault, Span};
use super::walk::Slot;
use std::ops::Range;

/// Lines of `key=value`.
pub(super) const FORMAT: Format = Format {
    name: "logfmt",
    summary: "lines of key=value pairs; a value in quotes may hold spaces and escapes, a key alone is true",
    fields: &[],
    empty: false,
    own: &[],
    records: None,
    read,
    redact,
};

/// What stands behind a key.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// Nothing: the key alone.
    Alone,
    /// A word.
    Word(Span),
    /// A text in quotes; the span is its content.
    Quoted(Span),
}

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    let text = utf8(payload)?;
    each_line(layout, draft, origin, text, sink, &mut |draft, line| {
        pairs(text, line, |key, told| {
            let Some(slot) = slot_of(layout, text, key) else { return };
            draft.slots[slot] = match told {
                Told::Alone => Slot::Bool(true),
                Told::Word(span) => scalar(text, span.start, span.end),
                Told::Quoted(span) => quoted(text, span, &mut draft.arena),
            };
        })?;
        Ok(true)
    })
}

/// The keys with values of a line of logfmt, and how many stand alone; `None` where it is none.
pub fn logfmt_keys(line: &str) -> Option<(Vec<String>, usize)> {
    let (mut valued, mut alone) = (Vec::new(), 0);
    let read = pairs(line, 0..line.len(), |key, told| match told {
        Told::Alone => alone += 1,
        Told::Word(_) | Told::Quoted(_) => valued.push(line.get(key.range()).unwrap_or_default().to_owned()),
    });
    read.is_ok().then_some((valued, alone))
}

/// Hands each pair of the line at `line` to `take`; a line without any `=` is none of logfmt.
#[inline]
fn pairs(text: &str, line: Range<usize>, mut take: impl FnMut(Span, Told)) -> Result<(), Fault> {
    let bytes = text.as_bytes().get(..line.end).unwrap_or_default();
    let byte = |at: usize| bytes.get(at).copied();
    let plain = |start: usize, end: usize| Span { start, end, escaped: false };
    let (mut at, mut valued) = (line.start, false);
    while at < line.end {
        if matches!(byte(at), Some(0..=b' ')) {
            at += 1;
            continue;
        }
        let start = at;
        while byte(at).is_some_and(|b| b > b' ' && b != b'=' && b != b'"') {
            at += 1;
        }
        match byte(at) {
            Some(b'"') => return Err(Fault { at: Some(at), why: "a quote where a key was expected" }),
            Some(b'=') if at == start => return Err(Fault { at: Some(at), why: "a value without a key" }),
            Some(b'=') => {}
            _ => {
                take(plain(start, at), Told::Alone);
                continue;
            }
        }
        let key = plain(start, at);
        valued = true;
        at += 1;
        if byte(at) == Some(b'"') {
            let content = closing_quote(text.get(..line.end).unwrap_or_default(), at + 1)?;
            take(key, Told::Quoted(content));
            at = content.end + 1;
        } else {
            let from = at;
            while byte(at).is_some_and(|b| b > b' ') {
                at += 1;
            }
            take(key, Told::Word(plain(from, at)));
        }
    }
    if valued { Ok(()) } else { Err(Fault { at: Some(line.start), why: "no key=value in the line" }) }
}

fn redact(redactor: &Redactor, payload: &[u8]) -> Result<Vec<u8>, Fault> {
    let text = utf8(payload)?;
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split('\n') {
        let start = at;
        at += line.len() + 1;
        let mut hidden = Vec::new();
        let read = pairs(text, start..start + line.len(), |key, told| {
            let value = match told {
                Told::Alone => return,
                Told::Word(span) => span.range(),
                Told::Quoted(span) => span.start - 1..span.end + 1,
            };
            if redactor.hides(text.get(key.range()).unwrap_or_default()) {
                hidden.push(value);
            }
        });
        match read {
            Ok(()) => found.append(&mut hidden),
            Err(_) if line.trim().is_empty() => {}
            // A line that cannot be read may hold anything.
            Err(_) => found.push(start..start + line.trim_end_matches('\r').len()),
        }
    }
    Ok(replaced(text, &found))
}
