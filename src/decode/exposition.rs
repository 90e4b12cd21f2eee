//! The text form in which Prometheus' exporters tell their metrics: 0.0.4 and OpenMetrics 1.0, line by
//! line, without a copy. Met by the format `prometheus` and by the source `scrape`.

use super::lines::closing_quote;
use super::scan::{Fault, Span, unescape};
use std::ops::Range;

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// A value of a series.
    Sample(Parts),
    /// `# TYPE name kind`.
    Kind(Range<usize>, Range<usize>),
    /// `# EOF`, a comment, a help text, a unit.
    Other,
}

/// A sample's parts, as places in the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parts {
    /// The name of the metric.
    pub name: Range<usize>,
    /// What stands between the braces; empty where there are none.
    pub labels: Range<usize>,
    /// The value; not finite where it says so.
    pub value: f64,
    /// Its time as it is written: milliseconds in 0.0.4, seconds in OpenMetrics.
    pub time: Option<f64>,
}

/// A sample as a scrape takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExposedSample<'t> {
    /// The name of the metric.
    pub name: &'t str,
    /// Labels in the order written, their escapes resolved.
    pub labels: Vec<(&'t str, String)>,
    /// The value; not finite where the exporter says so.
    pub value: f64,
}

/// A line of an exposition as a scrape takes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Exposed<'t> {
    /// A value of a series.
    Sample(ExposedSample<'t>),
    /// The kind of the metric that follows: `counter`, `gauge`, `histogram`, …
    Kind {
        /// The metric.
        name: &'t str,
        /// The kind.
        kind: &'t str,
    },
    /// Nothing to be taken.
    Other,
}

/// Reads one line of an exposition; what is wrong with it, where it is none.
///
/// # Errors
/// Says what is wrong with the line.
pub fn exposed_line(line: &str) -> Result<Exposed<'_>, &'static str> {
    Ok(match parse(line, 0..line.len()).map_err(|fault| fault.why)? {
        Said::Other => Exposed::Other,
        Said::Kind(name, kind) => Exposed::Kind { name: &line[name], kind: &line[kind] },
        Said::Sample(parts) => {
            let mut labels = Vec::new();
            each_label(line, parts.labels.clone(), |name, value| {
                let mut text = String::new();
                unescape(line.get(value.range()).unwrap_or_default(), &mut text);
                labels.push((line.get(name).unwrap_or_default(), text));
            })
            .map_err(|fault| fault.why)?;
            Exposed::Sample(ExposedSample { name: &line[parts.name], labels, value: parts.value })
        }
    })
}

/// The names of the labels that a line of an exposition holds; none where it is none.
pub fn exposed_labels(line: &str) -> Vec<String> {
    match exposed_line(line) {
        Ok(Exposed::Sample(sample)) => sample.labels.into_iter().map(|(name, _)| name.to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// Reads the line at `line`. Labels are found, not looked into: [`each_label`] does that.
pub(super) fn parse(text: &str, line: Range<usize>) -> Result<Said, Fault> {
    let bytes = text.as_bytes().get(..line.end).unwrap_or_default();
    let mut at = space(bytes, line.start);
    match bytes.get(at) {
        None => return Ok(Said::Other),
        Some(b'#') => return Ok(comment(bytes, at)),
        Some(_) => {}
    }
    let start = at;
    while bytes.get(at).is_some_and(|b| is_name(*b)) {
        at += 1;
    }
    let mut name = start..at;
    at = space(bytes, at);
    let mut labels = at..at;
    if bytes.get(at) == Some(&b'{') {
        let close = closing_brace(bytes, at + 1)?;
        labels = at + 1..close;
        at = close + 1;
        if name.is_empty() {
            // A name that needs quotes stands first between the braces.
            (name, labels) = quoted_name(text, labels)?;
        }
    }
    if name.is_empty() {
        return Err(Fault { at: Some(start), why: "no name of a metric" });
    }
    at = space(bytes, at);
    let word = word(bytes, at);
    let value = value(text.get(word.clone()).unwrap_or_default()).ok_or(Fault { at: Some(at), why: "no value behind the name" })?;
    at = space(bytes, word.end);
    let mut time = None;
    if bytes.get(at).is_some_and(|b| *b != b'#') {
        let word = self::word(bytes, at);
        let stamp = value_of_time(text.get(word.clone()).unwrap_or_default());
        time = Some(stamp.ok_or(Fault { at: Some(at), why: "no time behind the value" })?);
        at = space(bytes, word.end);
    }
    // Behind # stands an exemplar.
    if bytes.get(at).is_some_and(|b| *b != b'#') {
        return Err(Fault { at: Some(at), why: "more follows after the sample" });
    }
    Ok(Said::Sample(Parts { name, labels, value, time }))
}

/// Hands each label between the braces to `take`: where its name stands, and its value.
pub(super) fn each_label(text: &str, labels: Range<usize>, mut take: impl FnMut(Range<usize>, Span)) -> Result<(), Fault> {
    let inner = text.get(..labels.end).unwrap_or_default();
    let bytes = inner.as_bytes();
    let mut at = labels.start;
    loop {
        while matches!(bytes.get(at), Some(b' ' | b'\t' | b',')) {
            at += 1;
        }
        let start = at;
        let name = match bytes.get(at) {
            None => return Ok(()),
            Some(b'"') => closing_quote(inner, at + 1).map(|s| {
                at = s.end + 1;
                s.range()
            })?,
            Some(_) => {
                while bytes.get(at).is_some_and(|b| !matches!(b, b'=' | b' ' | b'\t' | b',' | b'"')) {
                    at += 1;
                }
                start..at
            }
        };
        at = space(bytes, at);
        let quote = space(bytes, at + 1);
        if name.is_empty() || bytes.get(at) != Some(&b'=') || bytes.get(quote) != Some(&b'"') {
            return Err(Fault { at: Some(start), why: "no label: expected name=\"value\"" });
        }
        let value = closing_quote(inner, quote + 1)?;
        at = value.end + 1;
        take(name, value);
        if bytes.get(at).is_some_and(|b| !matches!(b, b',' | b' ' | b'\t')) {
            return Err(Fault { at: Some(at), why: "expected , between labels" });
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.')
}

/// Behind white space.
fn space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r')) {
        at += 1;
    }
    at
}

fn word(bytes: &[u8], start: usize) -> Range<usize> {
    let len = bytes.get(start..).unwrap_or_default().iter().take_while(|b| !matches!(b, b' ' | b'\t' | b'\r')).count();
    start..start + len
}

fn comment(bytes: &[u8], at: usize) -> Said {
    let hash = word(bytes, at);
    let kind = word(bytes, space(bytes, hash.end));
    if bytes.get(hash) != Some(b"#") || bytes.get(kind.clone()) != Some(b"TYPE") {
        return Said::Other;
    }
    let name = word(bytes, space(bytes, kind.end));
    let kind = word(bytes, space(bytes, name.end));
    if name.is_empty() || kind.is_empty() { Said::Other } else { Said::Kind(name, kind) }
}

/// The place of the brace that closes the labels; braces in quotes are text.
fn closing_brace(bytes: &[u8], from: usize) -> Result<usize, Fault> {
    let (mut at, mut quoted) = (from, false);
    loop {
        match bytes.get(at) {
            None => return Err(Fault { at: Some(from.saturating_sub(1)), why: "a { that is not closed" }),
            Some(b'\\') if quoted => at += 1,
            Some(b'"') => quoted = !quoted,
            Some(b'}') if !quoted => return Ok(at),
            Some(_) => {}
        }
        at += 1;
    }
}

/// The name in quotes that stands first between the braces, and the labels behind it.
fn quoted_name(text: &str, labels: Range<usize>) -> Result<(Range<usize>, Range<usize>), Fault> {
    let none = Fault { at: Some(labels.start), why: "no name of a metric" };
    let inner = text.get(..labels.end).unwrap_or_default();
    let at = space(inner.as_bytes(), labels.start);
    if inner.as_bytes().get(at) != Some(&b'"') {
        return Err(none);
    }
    let name = closing_quote(inner, at + 1)?;
    let behind = space(inner.as_bytes(), name.end + 1);
    match inner.as_bytes().get(behind) {
        None | Some(b',') => Ok((name.range(), behind..labels.end)),
        Some(_) => Err(none),
    }
}

/// A value as Go writes floats: also `+Inf`, `-Inf` and `NaN`.
fn value(word: &str) -> Option<f64> {
    super::lines::number(word).or_else(|| word.parse().ok())
}

fn value_of_time(word: &str) -> Option<f64> {
    value(word).filter(|x| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(line: &str) -> String {
        match exposed_line(line) {
            Ok(Exposed::Sample(s)) => format!("{} {:?} {}", s.name, s.labels, s.value),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn lines_of_both_versions_are_read() {
        let lines = [
            r#"http_requests_total{method="post",code="200"} 1027 1395066363000"#,
            r#"msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\"",} 1.458255915e9"#,
            "metric_without_timestamp_and_labels 12.47",
            r#"something_weird{problem="division by zero"} +Inf -3982045"#,
            r#"foo_bucket{le="0.1"} 8 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.067"#,
            r#"{"http.server.duration", route="/a}b"} 3"#,
            "  spaced \t { a = \"b\" , }   NaN",
            "# TYPE http_requests_total counter",
            "# HELP a b",
            "# EOF",
            "",
            "no_value",
            "a{b=\"c\" 1",
            "a{b=c} 1",
            "a 1 2 3",
            "{x=\"y\"} 1",
        ];
        insta::assert_snapshot!(lines.map(sample).join("\n"));
    }

    proptest! {
        #[test]
        fn any_line_is_answered(line in r#"[a_{}"=,\\ 1.#é\-N]{0,24}"#) {
            let _ = exposed_line(&line);
        }
    }
}
