//! Payloads that are just a number, with its time behind it where the sender knows that: `12.5` or
//! `12.5 1732130047`.

use super::format::Format;
use super::json::utf8;
use super::layout::{Draft, Layout, Origin, Sink};
use super::lines::{each_line, redact_whole};
use super::scan::Fault;
use super::walk::Slot;
use std::ops::Range;

/// Plain numbers.
pub(super) const FORMAT: Format = Format {
    name: "number",
    summary: "a number alone, or a number and its time: `12.5 1732130047`; fields `value` and `time`",
    fields: &["value", "time"],
    empty: false,
    own: &["value", "time"],
    records: None,
    read,
    redact: redact_whole,
};

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    let text = utf8(payload)?;
    each_line(layout, draft, origin, text, sink, &mut |draft, line| {
        let mut words = words(text, line);
        let value = words.next().unwrap_or(0..0);
        draft.slots[layout.own[0] as usize] = number(text, &value)?;
        if let Some(time) = words.next() {
            draft.slots[layout.own[1] as usize] = number(text, &time)?;
        }
        match words.next() {
            Some(more) => Err(Fault { at: Some(more.start), why: "more follows after the number and its time" }),
            None => Ok(true),
        }
    })
}

/// The words of a line, parted by white space, commas or semicolons.
fn words(text: &str, line: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = line.start;
    let line_text = text.get(line).unwrap_or_default();
    let cut = line_text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '\u{feff}'));
    let placed = cut.map(move |word| {
        let start = at;
        // Every sign that parts words is counted by its own length.
        at += word.len() + text.get(start + word.len()..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        start..start + word.len()
    });
    placed.filter(|word| !word.is_empty())
}

/// The number at `at`. Words such as `nan` and `inf`, which Rust reads as numbers, are none.
fn number(text: &str, at: &Range<usize>) -> Result<Slot, Fault> {
    let word = text.get(at.clone()).unwrap_or_default();
    let digits = word.bytes().any(|b| b.is_ascii_digit());
    match word.parse::<f64>() {
        Ok(x) if digits && x.is_finite() => Ok(Slot::Number(x)),
        Ok(x) if digits && x.is_infinite() => Ok(Slot::Infinite),
        _ => Err(Fault { at: Some(at.start), why: "no number" }),
    }
}
