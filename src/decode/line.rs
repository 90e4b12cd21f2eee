//! Lines of logs: plain text or JSON. Each has `line`, `message` and, where it can be told, `level`.

use super::format::Format;
use super::json::utf8;
use super::layout::{Draft, Found, Layout, Origin, Sink};
use super::redact::{REDACTED, Redactor};
use super::scan::{Fault, Scan};
use super::trie::ROOT;
use super::walk::{Slot, Walk};
use crate::model::Value;

/// Lines of text.
pub(super) const FORMAT: Format = Format {
    name: "line",
    summary: "lines of text or JSON: `line` is the whole, `message` what it says, `level` one of trace, debug, info, warn, error, fatal",
    fields: &["line", "level", "message"],
    empty: true,
    own: &["line", "message", "level", "msg", "severity", "lvl", "loglevel", "log.level"],
    records: None,
    read,
    redact,
};

/// Places in `own`.
const LINE: usize = 0;
const MESSAGE: usize = 1;
const LEVEL: usize = 2;
const MSG: usize = 3;

/// How much of a line is looked at for its level: it stands in front, after a time and a host name.
const LEVEL_WITHIN: usize = 256;

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    let lossy = String::from_utf8_lossy(payload);
    let text = lossy.trim_end_matches(['\n', '\r']);
    draft.begin(layout, origin);
    let own = |place: usize| layout.own[place] as usize;
    let level = if is_object(text) {
        let mut walk = Walk { scan: Scan::new(text), trie: &layout.trie, slots: &mut draft.slots, arena: &mut draft.arena, records: None };
        walk.value(ROOT)?;
        if matches!(draft.slots[own(MESSAGE)], Slot::Missing) {
            draft.slots[own(MESSAGE)] = draft.slots[own(MSG)];
        }
        let named = [LEVEL].into_iter().chain(MSG + 1..layout.own.len());
        named.map(|place| draft.slots[own(place)].value(text, &draft.arena)).find_map(level_of)
    } else {
        draft.slots[own(MESSAGE)] = Slot::Plain(0, text.len() as u32);
        line_level(text)
    };
    draft.slots[own(LINE)] = Slot::Plain(0, text.len() as u32);
    draft.slots[own(LEVEL)] = level.map_or(Slot::Missing, |word| Slot::keep(word, &mut draft.arena));
    sink(&Found { text, arena: &draft.arena, slots: &draft.slots, origin, index: 0, fault: None });
    Ok(())
}

/// Whether the line is a JSON object as a whole.
fn is_object(text: &str) -> bool {
    let mut scan = Scan::new(text);
    scan.peek() == b'{' && scan.skip().is_ok() && scan.end().is_ok()
}

fn redact(redactor: &Redactor, payload: &[u8]) -> Result<Vec<u8>, Fault> {
    let object = utf8(payload).ok().is_some_and(is_object);
    // Free text has no fields, so what must not be shown could stand anywhere in it.
    if object { redactor.json(payload) } else { Ok(REDACTED.into()) }
}

/// The level a JSON line states, in our words; numbers as bunyan and pino write them.
fn level_of(value: Value<'_>) -> Option<&'static str> {
    match value {
        Value::Text(text) => level_word(text.trim()),
        Value::Number(x) if (10.0..=60.0).contains(&x) => {
            Some(["trace", "debug", "info", "warn", "error", "fatal"][((x / 10.0) as usize - 1).min(5)])
        }
        _ => None,
    }
}

/// The level a word means, in any case.
fn level_word(word: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 6] = [
        ("trace", &["trace", "finest", "verbose"]),
        ("debug", &["debug", "dbg", "fine"]),
        ("info", &["info", "information", "notice"]),
        ("warn", &["warn", "warning"]),
        ("error", &["error", "err", "severe"]),
        ("fatal", &["fatal", "critical", "crit", "alert", "emerg", "emergency", "panic"]),
    ];
    let known = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(word));
    WORDS.iter().find(|(_, names)| known(names)).map(|(level, _)| *level)
}

/// The level a plain line states: a word in capitals, in brackets, before a colon or behind `level=`.
/// Lower-case words in running text ("failed to get info") state none.
pub fn line_level(text: &str) -> Option<&'static str> {
    let mut cut = text.len().min(LEVEL_WITHIN);
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    let head = &text[..cut];
    let mut from = 0;
    while let Some(start) = head[from..].find(|c: char| c.is_ascii_alphabetic()).map(|i| i + from) {
        let end = head[start..].find(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(head.len(), |i| i + start);
        let word = &head[start..end];
        let (before, after) = (head[..start].trim_end_matches('"'), &head[end..]);
        let marked = word.bytes().all(|b| b.is_ascii_uppercase())
            || before.ends_with("level=")
            || before.ends_with("lvl=")
            || (before.ends_with(['[', '<', '(']) && after.starts_with([']', '>', ')']))
            || after.starts_with(':');
        if let Some(level) = level_word(word).filter(|_| marked) {
            return Some(level);
        }
        from = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_from_prose() {
        for (line, level) in [
            ("2026-11-21T05:14:00Z ERROR payment failed", Some("error")),
            ("[warn] disk is filling", Some("warn")),
            ("<Warning> x", Some("warn")),
            ("error: linking failed", Some("error")),
            ("ts=1 level=info msg=started", Some("info")),
            ("level=\"debug\" x", Some("debug")),
            ("Nov 21 05:14:00 host app[7]: CRITICAL out of memory", Some("fatal")),
            ("failed to get info", None),
            ("ERRORS happen", None),
            ("", None),
            ("错误: x", None),
        ] {
            assert_eq!(line_level(line), level, "{line}");
        }
        assert_eq!(level_of(Value::Number(50.0)), Some("error"));
        assert_eq!(level_of(Value::Text("WARNING")), Some("warn"));
        assert_eq!(level_of(Value::Number(3.0)), None);
    }
}
