//! What the formats of lines share: a payload of one line or of many, numbers told from words,
//! and values found by their whole names.

use super::layout::{Draft, Found, Layout, Origin, Sink};
use super::redact::{REDACTED, Redactor};
use super::scan::{Fault, Scan, Span, unescape};
use super::trie::ROOT;
use super::walk::Slot;
use std::ops::Range;

/// Most events of one payload of lines, as of a JSON array: one payload must not hold up the loop.
const EVENT_LIMIT: u32 = 100_000;
/// Longest run of digits that a float keeps exactly; longer ones are identities and stay text.
const EXACT_DIGITS: usize = 15;

/// What a reader of one line answers: whether it is an event (comments and headers are none).
pub(super) type ReadLine<'r> = dyn FnMut(&mut Draft, Range<usize>) -> Result<bool, Fault> + 'r;

/// Hands over one event for each line of `text` that `read` takes for one. A payload of one line that
/// cannot be read is undecodable as a whole; among several, only that line is lost.
pub(super) fn each_line(
    layout: &Layout,
    draft: &mut Draft,
    origin: &Origin<'_>,
    text: &str,
    sink: &mut Sink<'_>,
    read: &mut ReadLine<'_>,
) -> Result<(), Fault> {
    let content = text.trim_end_matches(['\n', '\r']);
    let alone = !content.contains('\n');
    let (mut index, mut at, mut blank) = (0, 0, true);
    for line in content.split('\n') {
        let start = at;
        at += line.len() + 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            continue;
        }
        blank = false;
        draft.begin(layout, origin);
        let fault = match read(draft, start..start + line.len()) {
            Ok(true) => None,
            Ok(false) => continue,
            Err(fault) if alone => return Err(fault),
            Err(fault) => Some(fault.why),
        };
        if index == EVENT_LIMIT {
            return Err(Fault::whole("more than 100000 lines in one payload; those behind are not read"));
        }
        sink(&Found { text, arena: &draft.arena, slots: &draft.slots, origin, index, fault });
        index += 1;
    }
    if blank { Err(Fault::whole("blank")) } else { Ok(()) }
}

/// The number that `token` is as a whole, as JSON writes them; infinite where no float holds it.
#[inline]
pub(super) fn number(token: &str) -> Option<f64> {
    if !matches!(token.as_bytes().first(), Some(b'-' | b'0'..=b'9')) {
        return None;
    }
    let mut scan = Scan::new(token);
    let x = scan.number().ok()?;
    (scan.at == token.len()).then_some(x)
}

/// An unquoted value: a number, `true` or `false`, else the text between these bytes of `text`.
#[inline]
pub(super) fn scalar(text: &str, from: usize, to: usize) -> Slot {
    let token = text.get(from..to).unwrap_or_default();
    let exact = token.len() <= EXACT_DIGITS || token.bytes().any(|b| matches!(b, b'.' | b'e' | b'E'));
    match token {
        "true" => Slot::Bool(true),
        "false" => Slot::Bool(false),
        _ => match number(token).filter(|_| exact) {
            Some(x) if x.is_finite() => Slot::Number(x),
            Some(_) => Slot::Infinite,
            None => Slot::Plain(from as u32, to as u32),
        },
    }
}

/// The content of a quoted value whose escapes, if any, are those of JSON.
#[inline]
pub(super) fn quoted(text: &str, span: Span, arena: &mut String) -> Slot {
    if !span.escaped {
        return Slot::Plain(span.start as u32, span.end as u32);
    }
    let start = arena.len() as u32;
    unescape(text.get(span.range()).unwrap_or_default(), arena);
    Slot::Arena(start, arena.len() as u32)
}

/// Where the quoted text that begins behind `from` ends: the place of its closing quote.
pub(super) fn closing_quote(text: &str, from: usize) -> Result<Span, Fault> {
    let bytes = text.as_bytes();
    let (mut at, mut escaped) = (from, false);
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(Span { start: from, end: at, escaped }),
            Some(b'\\') => {
                escaped = true;
                at += 2;
            }
            Some(_) => at += 1,
            None => return Err(Fault { at: Some(from.saturating_sub(1)), why: "a quote that is not closed" }),
        }
    }
}

/// The slot of the field whose whole name stands at `name` in `text`.
#[inline]
pub(super) fn slot_of(layout: &Layout, text: &str, name: Span) -> Option<usize> {
    let node = layout.flat.member(ROOT, text, name)?;
    layout.flat.slot(node).map(usize::from)
}

/// The slot of the field called `name`.
pub(super) fn slot_named(layout: &Layout, name: &str) -> Option<usize> {
    slot_of(layout, name, Span { start: 0, end: name.len(), escaped: false })
}

/// `text` with the values at `found` replaced, given in their order.
pub(super) fn replaced(text: &str, found: &[Range<usize>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + found.len() * REDACTED.len());
    let mut from = 0;
    for at in found {
        out.extend_from_slice(text.get(from..at.start).unwrap_or_default().as_bytes());
        out.extend_from_slice(REDACTED.as_bytes());
        from = at.end;
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default().as_bytes());
    out
}

/// Redacts formats whose fields do not stand at places of their own: all or nothing.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside others that may fail")]
pub(super) fn redact_whole(_: &Redactor, _: &[u8]) -> Result<Vec<u8>, Fault> {
    Ok(REDACTED.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_told_from_words() {
        for (token, number) in
            [("12.5", true), ("-3", true), ("1e3", true), ("007", false), ("1.2.3", false), ("6222021234567890123", false)]
        {
            assert_eq!(matches!(scalar(token, 0, token.len()), Slot::Number(_)), number, "{token}");
        }
        assert!(matches!(scalar("x=true", 2, 6), Slot::Bool(true)) && matches!(scalar("1e999", 0, 5), Slot::Infinite));
        assert_eq!((number(""), number("+1"), number("12 ")), (None, None, None));
    }

    proptest! {
        #[test]
        fn any_quoted_text_is_answered(text in "[\"\\\\xé]{0,12}") {
            match closing_quote(&text, 0) {
                Ok(span) => prop_assert_eq!(text.as_bytes()[span.end], b'"'),
                Err(fault) => prop_assert_eq!(fault.at, Some(0)),
            }
        }
    }
}
