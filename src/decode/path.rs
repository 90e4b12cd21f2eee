//! Field paths: `meta.rssi`, `readings[0].v`, `"a.b".c`, `@key`, `@header.NAME`.
//!
//! Configuration, expressions and metrics all name fields this way; here is the one place that reads it.

use std::fmt::{self, Write as _};

/// Longest path, in bytes: no field of a real record needs more, and errors stay readable.
pub const PATH_LIMIT: usize = 512;
/// Most steps of a path: the walk over a record descends once for each.
pub const STEP_LIMIT: usize = 32;

/// One step of a path into a payload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// A member of an object.
    Name(Box<str>),
    /// A place in an array.
    Index(u32),
}

/// Part of the record around the payload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// `@key`
    Key,
    /// `@topic`
    Topic,
    /// `@partition`
    Partition,
    /// `@offset`
    Offset,
    /// `@time`: the record's own time in milliseconds.
    Time,
    /// `@header.NAME`: the last header of that name.
    Header(Box<str>),
}

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum FieldPath {
    /// A place in the payload; no steps: the payload itself (`@value`).
    Payload(Vec<Step>),
    /// A part of the record.
    Record(Part),
}

/// A text that is no field path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PathError {
    /// The text.
    pub path: String,
    /// The byte where it goes wrong.
    pub at: usize,
    /// What is wrong there.
    pub message: &'static str,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no field path: {} at byte {}", self.path, self.message, self.at)
    }
}

/// Reads a path.
pub(super) fn parse(text: &str) -> Result<FieldPath, PathError> {
    let bad = |at: usize, message: &'static str| PathError { path: text.to_owned(), at, message };
    if text.len() > PATH_LIMIT {
        return Err(bad(PATH_LIMIT, "longer than 512 bytes"));
    }
    if let Some(part) = text.strip_prefix('@') {
        return record_part(part).ok_or_else(|| bad(1, "expected @key, @topic, @partition, @offset, @time, @value or @header.NAME"));
    }
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let (name, end) = name(text, at).map_err(|(at, message)| bad(at, message))?;
        steps.push(Step::Name(name));
        at = end;
        while text[at..].starts_with('[') {
            let close = text[at..].find(']').ok_or_else(|| bad(at, "a [ without its ]"))? + at;
            let index = text[at + 1..close].trim().parse().map_err(|_| bad(at + 1, "expected the number of a place in an array"))?;
            steps.push(Step::Index(index));
            at = close + 1;
        }
        if steps.len() > STEP_LIMIT {
            return Err(bad(at, "more than 32 steps"));
        }
        match text[at..].chars().next() {
            None => return Ok(FieldPath::Payload(steps)),
            Some('.') => at += 1,
            Some(_) => return Err(bad(at, "expected . or [")),
        }
    }
}

/// The steps as one name, for formats that have no places inside of places: `http.status`, `a[0]`.
pub(super) fn joined(steps: &[Step]) -> String {
    let mut out = String::new();
    for (nth, step) in steps.iter().enumerate() {
        match step {
            Step::Name(name) => {
                out.push_str(if nth > 0 { "." } else { "" });
                out.push_str(name);
            }
            Step::Index(place) => {
                let _ = write!(out, "[{place}]");
            }
        }
    }
    out
}

fn record_part(part: &str) -> Option<FieldPath> {
    Some(match part {
        "key" => FieldPath::Record(Part::Key),
        "topic" => FieldPath::Record(Part::Topic),
        "partition" => FieldPath::Record(Part::Partition),
        "offset" => FieldPath::Record(Part::Offset),
        "time" => FieldPath::Record(Part::Time),
        "value" => FieldPath::Payload(Vec::new()),
        other => FieldPath::Record(Part::Header(other.strip_prefix("header.").filter(|n| !n.is_empty())?.into())),
    })
}

/// The name that starts at `at`, plain or quoted, and where it ends.
fn name(text: &str, at: usize) -> Result<(Box<str>, usize), (usize, &'static str)> {
    let rest = &text[at..];
    let quote = match rest.chars().next() {
        None => return Err((at, "expected a name")),
        Some(q @ ('"' | '`')) => q,
        Some(_) => {
            let len = rest.find(['.', '[', ']', '"', '`']).unwrap_or(rest.len());
            let plain = rest[..len].trim();
            return if plain.is_empty() { Err((at, "expected a name")) } else { Ok((plain.into(), at + len)) };
        }
    };
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((out.into(), at + i + 1)),
            '\\' => out.push(chars.next().map_or('\\', |(_, c)| c)),
            c => out.push(c),
        }
    }
    Err((at, "a quote that is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name_of(n: &str) -> Step {
        Step::Name(n.into())
    }

    #[test]
    fn paths_are_read_as_people_write_them() {
        let payload = |steps: Vec<Step>| Ok(FieldPath::Payload(steps));
        assert_eq!(parse("value"), payload(vec![name_of("value")]));
        assert_eq!(parse("meta.rssi"), payload(vec![name_of("meta"), name_of("rssi")]));
        assert_eq!(parse("readings[0].v"), payload(vec![name_of("readings"), Step::Index(0), name_of("v")]));
        assert_eq!(parse("a[0][12]"), payload(vec![name_of("a"), Step::Index(0), Step::Index(12)]));
        assert_eq!(parse(r#""a.b \"x\"".c"#), payload(vec![name_of("a.b \"x\""), name_of("c")]));
        assert_eq!(parse("`user-id`"), parse("user-id"));
        assert_eq!(parse("支付.金额"), payload(vec![name_of("支付"), name_of("金额")]));
        assert_eq!(parse("@value"), payload(vec![]));
        assert_eq!(parse("@key"), Ok(FieldPath::Record(Part::Key)));
        assert_eq!(parse("@header.x.y-z"), Ok(FieldPath::Record(Part::Header("x.y-z".into()))));
    }

    #[test]
    fn errors_name_the_place() {
        for (bad, at) in
            [("", 0), ("a.", 2), ("a..b", 2), ("a[x]", 2), ("a[0", 1), ("\"a", 0), ("a]", 1), ("@keys", 1), ("@header.", 1), ("a[0]b", 4)]
        {
            assert_eq!(parse(bad).map_err(|e| e.at), Err(at), "{bad:?}");
        }
        assert!(parse(&"a.".repeat(40)).is_err());
        assert_eq!(parse("a.").unwrap_err().to_string(), "\"a.\" is no field path: expected a name at byte 2");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            if let Err(e) = parse(&text) {
                prop_assert!(e.at <= text.len());
            }
        }

        #[test]
        fn brackets_and_quotes_in_any_order_are_answered(text in r#"[ab.\[\]"`\\0-9@é]{0,16}"#) {
            if let Ok(FieldPath::Payload(steps)) = parse(&text) {
                prop_assert!(steps.len() <= STEP_LIMIT);
            }
        }
    }
}
