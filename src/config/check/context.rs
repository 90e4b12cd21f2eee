//! What every check needs: the text, the command line, the names declared so far, and the few
//! checks that several sections share (expressions, field paths, regular expressions).

use crate::config::diagnostic::{Sink, Span};
use crate::config::names::Names;
use crate::config::overrides::Overrides;
use crate::config::registry;
use crate::config::section::{At, Section};
use std::sync::Arc;

/// Longest regular expression's compiled size: a topic pattern needs a few kilobytes, hostile ones want gigabytes.
const REGEX_SIZE: usize = 1 << 20;

/// The state of one run of checks.
pub(in crate::config) struct Context<'a> {
    /// The configuration's text, to place faults inside of values.
    pub(in crate::config) text: &'a str,
    /// What the command line says.
    pub(in crate::config) overrides: &'a Overrides,
    /// Where faults go.
    pub(in crate::config) sink: &'a Sink,
    /// Names declared so far.
    pub(in crate::config) names: Names,
    /// Clusters with a label of their own.
    pub(in crate::config) clusters: Vec<crate::ui::Cluster>,
}

impl Context<'_> {
    /// The place of `at..at + len` of a value inside the text; the whole value where escapes make the two differ.
    pub(super) fn inside(&self, value: &At<String>, at: usize, len: usize) -> Span {
        let raw = self.text.get(value.span.clone()).unwrap_or("");
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let plain = raw.len() == value.value.len() + 2 * quotes && raw.get(quotes..raw.len() - quotes) == Some(value.value.as_str());
        if !plain {
            return value.span.clone();
        }
        let start = value.span.start + quotes + at.min(value.value.len());
        start..(start + len.max(1)).min(value.span.end - quotes).max(start)
    }

    /// The names an expression speaks of; `None` where it does not parse, which is reported.
    pub(super) fn expression(&self, value: &At<String>) -> Option<Vec<String>> {
        match registry::expression(&value.value) {
            Ok(names) => Some(names),
            Err(fault) => {
                self.sink.error(&self.inside(value, fault.at, fault.len), fault.message, fault.hint);
                None
            }
        }
    }

    /// An expression over the fields of a stream, under `key` of `section`.
    pub(super) fn condition(&self, section: &Section<'_>, key: &'static str, stream: &str) -> Option<Arc<str>> {
        let value = section.filled(key)?;
        for name in self.expression(&value)? {
            let at = value.value.find(&name).unwrap_or(0);
            let field = At { span: self.inside(&value, at, name.len()), value: name };
            self.names.check_redacted(stream, &field, self.sink);
        }
        Some(value.value.as_str().into())
    }

    /// A field path.
    pub(super) fn path(&self, value: &At<String>) -> Option<Arc<str>> {
        match registry::path(&value.value) {
            Ok(()) => Some(value.value.as_str().into()),
            Err((at, message)) => {
                let hint = "write names joined by dots: amount, meta.rssi, readings[0].v, \"a.b\".c, @key";
                let span = self.inside(value, at.saturating_sub(1), value.value.len());
                self.sink.error(&span, format!("{:?} is no field path: {message}", value.value), hint);
                None
            }
        }
    }

    /// Field paths of a stream, none of them redacted.
    pub(super) fn fields(&self, values: &[At<String>], stream: &str) -> Vec<Arc<str>> {
        let mut out: Vec<Arc<str>> = Vec::new();
        for value in values {
            let Some(path) = self.path(value) else { continue };
            self.names.check_redacted(stream, value, self.sink);
            if out.contains(&path) {
                self.sink.error(&value.span, format!("{:?} is named twice", value.value), "");
                continue;
            }
            out.push(path);
        }
        out
    }

    /// Checks a regular expression.
    pub(super) fn regex(&self, value: &At<String>) -> bool {
        match regex::RegexBuilder::new(&value.value).size_limit(REGEX_SIZE).build() {
            Ok(_) => true,
            Err(error) => {
                let words = error.to_string();
                let last = words.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                self.sink.error(&value.span, format!("{:?} is no regular expression: {last}", value.value), "");
                false
            }
        }
    }
}
