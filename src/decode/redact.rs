//! Keeps fields out of screens and recordings: their values are replaced in the payload itself.
//!
//! A stream that redacts is *read* from the redacted payload too, so that what is on the screen and in
//! the log is what a replay of the recording gives.

use super::csv::CsvOptions;
use super::format::format;
use super::json::utf8;
use super::path::{self, FieldPath, Part, PathError, Step};
use super::scan::{Fault, Scan};
use super::spec::StreamSpec;
use super::trie::{ROOT, Trie};
use std::ops::Range;

/// What stands in place of a redacted value.
pub const REDACTED: &str = "[redacted]";

/// Which fields are kept out.
#[derive(Clone, Debug)]
pub(super) struct Redactor {
    trie: Trie,
    /// Whether anything in payloads is kept out.
    pub payload: bool,
    /// Whether the record's key is.
    pub key: bool,
    /// The headers that are.
    pub headers: Vec<Box<str>>,
    /// How the stream's CSV is written.
    pub csv: CsvOptions,
    /// The fields by their names, steps joined by dots.
    names: Vec<String>,
}

impl Redactor {
    pub(super) fn new(spec: &StreamSpec) -> Result<Self, PathError> {
        let csv = CsvOptions { columns: spec.columns.clone(), delimiter: spec.delimiter };
        let mut redactor = Self { trie: Trie::new(), payload: false, key: false, headers: Vec::new(), csv, names: Vec::new() };
        let records = spec.records.as_deref().or_else(|| format(spec.format)?.records);
        let records = match records.map(path::parse).transpose()? {
            Some(FieldPath::Payload(steps)) => Some(steps),
            _ => None,
        };
        for text in &spec.redact {
            match path::parse(text)? {
                FieldPath::Payload(steps) => redactor.add(steps, records.as_deref(), spec.format),
                FieldPath::Record(Part::Key) => redactor.key = true,
                FieldPath::Record(Part::Header(name)) => redactor.headers.push(name),
                FieldPath::Record(_) => {
                    return Err(PathError { path: text.to_string(), at: 0, message: "cannot be kept out" });
                }
            }
        }
        Ok(redactor)
    }

    fn add(&mut self, steps: Vec<Step>, records: Option<&[Step]>, format: &str) {
        self.payload = true;
        self.names.push(path::joined(&steps));
        // A path may be meant from the root or from a record of `records`: keep out both.
        if let Some(records) = records {
            self.trie.add(&[records, &steps].concat(), 0);
        }
        if format == "cloudevents"
            && let [Step::Name(first), rest @ ..] = steps.as_slice()
        {
            // In binary mode the payload is `data` and the other attributes are headers.
            if **first == *"data" {
                self.trie.add(rest, 0);
            } else {
                self.headers.push(format!("ce_{first}").into());
            }
        }
        if format == "collectd"
            && let [Step::Name(name)] = steps.as_slice()
            && matches!(&**name, "value" | "dsname" | "dstype")
        {
            // What an event calls `value` stands in the array `values`.
            self.trie.add(&[Step::Name(format!("{name}s").into())], 0);
        }
        self.trie.add(&steps, 0);
    }

    /// Whether the field called `name` is kept out, for formats that have no places inside of places:
    /// so is every field below one that is.
    pub(super) fn hides(&self, name: &str) -> bool {
        self.names.iter().any(|n| name.strip_prefix(n.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }

    /// As [`Redactor::hides`], for a name in parts.
    pub(super) fn hides_below(&self, parts: &[&str]) -> bool {
        self.hides(&parts.join("."))
    }

    /// The payload with the fields replaced.
    pub(super) fn json(&self, payload: &[u8]) -> Result<Vec<u8>, Fault> {
        if payload.is_empty() {
            return Ok(Vec::new());
        }
        let text = utf8(payload)?;
        let mut edit = Edit { scan: Scan::new(text), trie: &self.trie, found: Vec::new() };
        edit.value(&[ROOT])?;
        edit.scan.end()?;
        let mut out = Vec::with_capacity(text.len() + edit.found.len() * REDACTED.len());
        let mut from = 0;
        for at in edit.found {
            out.extend_from_slice(&payload[from..at.start]);
            out.push(b'"');
            out.extend_from_slice(REDACTED.as_bytes());
            out.push(b'"');
            from = at.end;
        }
        out.extend_from_slice(&payload[from..]);
        Ok(out)
    }
}

/// Finds the values to replace. Arrays on the way are looked through: `card` names the card of every
/// element, because a value that slips out cannot be taken back.
struct Edit<'e> {
    scan: Scan<'e>,
    trie: &'e Trie,
    found: Vec<Range<usize>>,
}

impl Edit<'_> {
    fn value(&mut self, nodes: &[u32]) -> Result<(), Fault> {
        let first = self.scan.peek();
        let start = self.scan.at;
        if nodes.iter().any(|n| self.trie.slot(*n).is_some()) {
            self.scan.skip()?;
            self.found.push(start..self.scan.at);
            return Ok(());
        }
        match first {
            b'{' if nodes.iter().any(|n| self.trie.has_members(*n)) => self.object(nodes),
            b'[' if !nodes.is_empty() => self.array(nodes),
            _ => self.scan.skip(),
        }
    }

    fn object(&mut self, nodes: &[u32]) -> Result<(), Fault> {
        let mut more = self.scan.enter(b'}')?;
        while more {
            let key = self.scan.key()?;
            let below: Vec<u32> = nodes.iter().filter_map(|n| self.trie.member(*n, self.scan.text(), key)).collect();
            self.value(&below)?;
            more = self.scan.more(b'}')?;
        }
        Ok(())
    }

    fn array(&mut self, nodes: &[u32]) -> Result<(), Fault> {
        let mut more = self.scan.enter(b']')?;
        let mut place = 0u32;
        while more {
            let below: Vec<u32> = nodes.iter().copied().chain(nodes.iter().filter_map(|n| self.trie.place(*n, place))).collect();
            self.value(&below)?;
            more = self.scan.more(b']')?;
            place = place.saturating_add(1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::TopicPattern;

    fn redactor(paths: &[&str]) -> Redactor {
        let mut spec = StreamSpec::new("s", TopicPattern::Name("t".into()));
        spec.redact = paths.iter().map(|p| (*p).into()).collect();
        Redactor::new(&spec).unwrap()
    }

    fn after(paths: &[&str], payload: &str) -> String {
        String::from_utf8(redactor(paths).json(payload.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn values_are_replaced_wherever_they_stand() {
        assert_eq!(after(&["card"], r#"{"a":1, "card" : {"n":[1,2]} ,"b":2}"#), r#"{"a":1, "card" : "[redacted]" ,"b":2}"#);
        assert_eq!(after(&["u.card"], r#"{"card":1,"u":{"card":null,"x":0}}"#), r#"{"card":1,"u":{"card":"[redacted]","x":0}}"#);
        assert_eq!(after(&["card"], r#"[{"card":1},[{"card":"x"}],3]"#), r#"[{"card":"[redacted]"},[{"card":"[redacted]"}],3]"#);
        assert_eq!(after(&["u.card"], r#"{"u":[{"card":1}]}"#), r#"{"u":[{"card":"[redacted]"}]}"#);
        assert_eq!(after(&["a[1]"], r#"{"a":[1,2,3]}"#), r#"{"a":[1,"[redacted]",3]}"#);
        assert_eq!(after(&["card"], r#"{"c\u0061rd":1,"card":2}"#), r#"{"c\u0061rd":"[redacted]","card":"[redacted]"}"#);
    }

    #[test]
    fn what_cannot_be_read_is_not_passed_on() {
        for bad in ["{\"card\":1", "\u{feff}{}", "card=1", "{\"card\":1}x"] {
            assert!(redactor(&["card"]).json(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = "[".repeat(200_000);
        assert!(redactor(&["card"]).json(deep.as_bytes()).is_err());
    }

    #[test]
    fn redacting_twice_changes_nothing_more() {
        let once = after(&["card", "a[0]"], r#"{"card":1,"a":[{"x":1}]}"#);
        assert_eq!(after(&["card", "a[0]"], &once), once);
    }
}
