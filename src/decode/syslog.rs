//! Syslog: RFC 5424, with its structured data as fields; the older forms (RFC 3164, and lines of
//! `/var/log` without a priority) as well as they can be read.
//!
//! The time of the older form has neither year nor zone, so it stays text: the record's own time is
//! the better one there.

use super::format::Format;
use super::layout::{Draft, Layout, Origin, Sink};
use super::line::line_level;
use super::lines::{closing_quote, each_line, quoted, replaced, scalar};
use super::redact::Redactor;
use super::scan::{Fault, Span};
use super::trie::ROOT;
use super::walk::Slot;
use std::ops::Range;

/// What a message holds, by the places below.
const FIELDS: [&str; 12] = [
    "message",
    "level",
    "severity",
    "facility",
    "timestamp",
    "hostname",
    "app_name",
    "procid",
    "msgid",
    "severity_code",
    "facility_code",
    "version",
];

/// Syslog.
pub(super) const FORMAT: Format = Format {
    name: "syslog",
    summary: "syslog, RFC 5424 or older: `severity`, `facility`, `timestamp`, `hostname`, `app_name`, `procid`, `msgid`, `sd.ID.PARAM`, `message`, `level`",
    fields: &FIELDS,
    empty: false,
    own: &FIELDS,
    records: None,
    read,
    redact,
};

/// The parts of a message that are text, in the order of `own`.
const TEXTS: [(usize, &str); 6] = [(0, "message"), (4, "timestamp"), (5, "hostname"), (6, "app_name"), (7, "procid"), (8, "msgid")];
const LEVEL: usize = 1;
const SEVERITY: usize = 2;
const FACILITY: usize = 3;
const SEVERITY_CODE: usize = 9;
const FACILITY_CODE: usize = 10;
const VERSION: usize = 11;

/// Severities by their codes, and our word for each. (RFC 5424, table 2.)
const SEVERITIES: [(&str, &str); 8] = [
    ("emerg", "fatal"),
    ("alert", "fatal"),
    ("crit", "fatal"),
    ("err", "error"),
    ("warning", "warn"),
    ("notice", "info"),
    ("info", "info"),
    ("debug", "debug"),
];
/// Facilities by their codes. (RFC 5424, table 1, in the words of syslog.h.)
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "console",
    "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];
/// Highest priority: facility 23, severity 7.
const PRIORITY_MAX: u32 = 191;

/// The parts of a message, as places in the text.
#[derive(Clone, Debug, Default)]
struct Message {
    priority: Option<u32>,
    version: Option<u32>,
    /// In the order of `TEXTS`.
    texts: [Option<Range<usize>>; 6],
}

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    // Old devices send what they like; a message in another coding is still a message.
    let lossy = String::from_utf8_lossy(payload);
    let text: &str = &lossy;
    let data = layout.trie.named(ROOT, "sd");
    each_line(layout, draft, origin, text, sink, &mut |draft, line| {
        let message = parse(text, line, |id, name, value| {
            let Some(node) = data.and_then(|d| layout.trie.member(d, text, id)) else { return };
            let slot = layout.trie.member(node, text, name).and_then(|n| layout.trie.slot(n));
            if let Some(slot) = slot {
                draft.slots[slot as usize] =
                    if value.escaped { quoted(text, value, &mut draft.arena) } else { scalar(text, value.start, value.end) };
            }
        })?;
        fill(layout, draft, text, &message);
        Ok(true)
    })
}

fn fill(layout: &Layout, draft: &mut Draft, text: &str, message: &Message) {
    let own = |place: usize| layout.own[place] as usize;
    for ((place, _), range) in TEXTS.iter().zip(&message.texts) {
        draft.slots[own(*place)] = range.as_ref().map_or(Slot::Missing, |r| Slot::Plain(r.start as u32, r.end as u32));
    }
    let mut word = |place: usize, word: &str| draft.slots[own(place)] = Slot::keep(word, &mut draft.arena);
    let level = match message.priority.map(|p| (p / 8, p % 8)) {
        Some((facility, severity)) => {
            let (name, level) = SEVERITIES[severity as usize % SEVERITIES.len()];
            word(SEVERITY, name);
            word(FACILITY, FACILITIES.get(facility as usize).copied().unwrap_or("unknown"));
            Some(level)
        }
        None => message.texts[0].as_ref().and_then(|r| line_level(text.get(r.clone()).unwrap_or_default())),
    };
    if let Some(level) = level {
        word(LEVEL, level);
    }
    if let Some(priority) = message.priority {
        draft.slots[own(SEVERITY_CODE)] = Slot::Number(f64::from(priority % 8));
        draft.slots[own(FACILITY_CODE)] = Slot::Number(f64::from(priority / 8));
    }
    draft.slots[own(VERSION)] = message.version.map_or(Slot::Missing, |v| Slot::Number(f64::from(v)));
}

/// A place in a line.
struct Cut<'t> {
    text: &'t str,
    at: usize,
    end: usize,
}

impl Cut<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied().filter(|_| self.at < self.end)
    }

    /// The word that is next, and goes behind the space after it.
    fn word(&mut self) -> Range<usize> {
        let start = self.at;
        while self.byte().is_some_and(|b| b != b' ') {
            self.at += 1;
        }
        let end = self.at;
        self.at = (self.at + 1).min(self.end);
        start..end
    }

    /// A number of at most four digits.
    fn digits(&mut self) -> Option<u32> {
        let start = self.at;
        while self.at - start < 4 && self.byte().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.text.get(start..self.at)?.parse().ok()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }
}

/// Reads the message at `line`; hands each parameter of its structured data to `take`: id, name, value.
fn parse(text: &str, line: Range<usize>, mut take: impl FnMut(Span, Span, Span)) -> Result<Message, Fault> {
    let mut cut = Cut { text, at: line.start, end: line.end };
    let mut message = Message::default();
    // Octet counting (RFC 6587): the length before a message that came over TCP.
    let counted = cut.rest().trim_start_matches(|c: char| c.is_ascii_digit());
    if counted.starts_with(" <") && cut.rest().len() - counted.len() <= 6 {
        cut.at = cut.end - counted.len() + 1;
    }
    if cut.byte() == Some(b'<') {
        cut.at += 1;
        let at = cut.at;
        let priority = cut.digits().filter(|p| *p <= PRIORITY_MAX && cut.byte() == Some(b'>'));
        message.priority = Some(priority.ok_or(Fault { at: Some(at), why: "no priority from 0 to 191 in <…>" })?);
        cut.at += 1;
    }
    let before = cut.at;
    let version = cut.digits().filter(|v| *v > 0 && cut.byte() == Some(b' '));
    if let (Some(version), Some(_)) = (version, message.priority) {
        cut.at += 1;
        message.version = Some(version);
        modern(&mut cut, &mut message, &mut take)?;
    } else {
        cut.at = before;
        older(&mut cut, &mut message)?;
    }
    Ok(message)
}

/// What follows the version in RFC 5424.
fn modern(cut: &mut Cut<'_>, message: &mut Message, take: &mut impl FnMut(Span, Span, Span)) -> Result<(), Fault> {
    for place in 1..message.texts.len() {
        if cut.byte().is_none() {
            return Err(Fault { at: Some(cut.end), why: "ends within the header" });
        }
        let word = cut.word();
        message.texts[place] = (cut.text.get(word.clone()) != Some("-")).then_some(word);
    }
    match cut.byte() {
        Some(b'-') => cut.at += 1,
        Some(b'[') => {
            while cut.byte() == Some(b'[') {
                element(cut, take)?;
            }
        }
        _ => return Err(Fault { at: Some(cut.at), why: "expected structured data in [ ] or -" }),
    }
    match cut.byte() {
        None => return Ok(()),
        Some(b' ') => cut.at += 1,
        Some(_) => return Err(Fault { at: Some(cut.at), why: "expected a space behind the structured data" }),
    }
    let said = cut.rest().trim_start_matches('\u{feff}');
    message.texts[0] = (!said.is_empty()).then_some(cut.end - said.len()..cut.end);
    Ok(())
}

/// One `[id name="value" …]`.
fn element(cut: &mut Cut<'_>, take: &mut impl FnMut(Span, Span, Span)) -> Result<(), Fault> {
    cut.at += 1;
    let name = |cut: &mut Cut<'_>| {
        let start = cut.at;
        while cut.byte().is_some_and(|b| !matches!(b, b' ' | b'=' | b']' | b'"')) {
            cut.at += 1;
        }
        Span { start, end: cut.at, escaped: false }
    };
    let id = name(cut);
    loop {
        match cut.byte() {
            Some(b']') => {
                cut.at += 1;
                return Ok(());
            }
            Some(b' ') => cut.at += 1,
            Some(_) if cut.at > id.end => {
                let param = name(cut);
                if !cut.rest().starts_with("=\"") {
                    return Err(Fault { at: Some(cut.at), why: "expected =\" behind a parameter's name" });
                }
                let value = closing_quote(cut.text.get(..cut.end).unwrap_or_default(), cut.at + 2)?;
                take(id, param, value);
                cut.at = value.end + 1;
            }
            Some(_) => return Err(Fault { at: Some(cut.at), why: "expected a space or ] in structured data" }),
            None => return Err(Fault { at: Some(cut.end), why: "structured data that is not closed" }),
        }
    }
}

/// RFC 3164 and lines of log files: a time, a host, a tag, and what is said.
fn older(cut: &mut Cut<'_>, message: &mut Message) -> Result<(), Fault> {
    let rest = cut.rest();
    let stamp = old_time(rest).or_else(|| new_time(rest));
    match stamp {
        Some(len) => {
            message.texts[1] = Some(cut.at..cut.at + len);
            cut.at += len + 1;
            let host = cut.word();
            message.texts[2] = (!host.is_empty()).then_some(host);
        }
        None if message.priority.is_none() => {
            return Err(Fault { at: Some(cut.at), why: "no syslog: neither <priority> nor a time in front" });
        }
        None => {}
    }
    tag(cut, message);
    let said = cut.rest();
    message.texts[0] = (!said.is_empty()).then_some(cut.at..cut.end);
    Ok(())
}

/// `app[123]: ` or `app: ` in front of what is said.
fn tag(cut: &mut Cut<'_>, message: &mut Message) {
    let rest = cut.rest();
    let name = rest.find(|c: char| c.is_whitespace() || matches!(c, '[' | ':')).unwrap_or(rest.len());
    let behind = &rest[name..];
    let pid = behind.strip_prefix('[').and_then(|b| b.split_once(']')).map(|(pid, _)| pid.len());
    let after = pid.map_or(behind, |len| &behind[len + 2..]);
    if name == 0 || !after.starts_with(':') {
        return;
    }
    message.texts[3] = Some(cut.at..cut.at + name);
    message.texts[4] = pid.filter(|len| *len > 0).map(|len| cut.at + name + 1..cut.at + name + 1 + len);
    let said = after[1..].trim_start_matches(' ');
    cut.at = cut.end - said.len();
}

/// The length of `Oct  1 22:14:15` in front, where it is there and a space follows.
fn old_time(text: &str) -> Option<usize> {
    const SHAPE: &[u8; 15] = b"Aaa d0 00:00:00";
    let bytes = text.as_bytes().get(..SHAPE.len() + 1)?;
    let fits = SHAPE.iter().zip(bytes).all(|(shape, b)| match shape {
        b'A' => b.is_ascii_uppercase(),
        b'a' => b.is_ascii_lowercase(),
        b'd' => b.is_ascii_digit() || *b == b' ',
        b'0' => b.is_ascii_digit(),
        other => b == other,
    });
    (fits && bytes[SHAPE.len()] == b' ').then_some(SHAPE.len())
}

/// The length of an RFC 3339 time in front.
fn new_time(text: &str) -> Option<usize> {
    let word = text.split(' ').next()?;
    let starts = word.len() > 19 && word.as_bytes()[..4].iter().all(u8::is_ascii_digit) && matches!(word.as_bytes()[10], b'T' | b't');
    (starts && word.len() < text.len() && super::time::rfc3339(word).is_some()).then_some(word.len())
}

fn redact(redactor: &Redactor, payload: &[u8]) -> Result<Vec<u8>, Fault> {
    let lossy = String::from_utf8_lossy(payload);
    let text: &str = &lossy;
    // What the priority says cannot be replaced without breaking it.
    if ["level", "severity", "facility", "severity_code", "facility_code", "version"].iter().any(|f| redactor.hides(f)) {
        return Err(Fault::whole("a part of the priority is kept out"));
    }
    let (mut found, mut at) = (Vec::new(), 0);
    for line in text.split('\n') {
        let (start, line) = (at, line.strip_suffix('\r').unwrap_or(line));
        let mut hidden = Vec::new();
        let message = parse(text, start..start + line.len(), |id, name, value| {
            let part = |s: Span| text.get(s.range()).unwrap_or_default();
            if redactor.hides_below(&["sd", part(id), part(name)]) {
                hidden.push(value.range());
            }
        });
        match message {
            Ok(message) => {
                let named = TEXTS.iter().zip(message.texts).filter(|((_, name), _)| redactor.hides(name));
                hidden.extend(named.filter_map(|(_, range)| range));
                hidden.sort_by_key(|r| r.start);
                found.append(&mut hidden);
            }
            // A line that cannot be read may hold anything.
            Err(_) => found.push(start..start + line.len()),
        }
        at = start + text[start..].find('\n').map_or(text.len() - start, |n| n + 1);
    }
    Ok(replaced(text, &found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_line_is_answered_and_its_parts_lie_within(text in r#"(<[0-9]{0,4}>)?[1 ]{0,2}([-a\[\]="\\ :é<0-9T]|Oct 11 22:14:15 |2026-11-21T05:14:00Z ){0,24}"#) {
            if let Ok(message) = parse(&text, 0..text.len(), |id, name, value| {
                assert!(text.get(id.range()).is_some() && text.get(name.range()).is_some() && text.get(value.range()).is_some());
            }) {
                for range in message.texts.into_iter().flatten() {
                    prop_assert!(text.get(range.clone()).is_some(), "{range:?}");
                }
            }
        }
    }
}
