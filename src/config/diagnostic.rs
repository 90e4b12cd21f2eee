//! What is wrong with a configuration: every fault with its place, the offending text underlined, and a hint.
//!
//! Faults are collected while checks go on and shown all at once, because a person who mends one
//! fault a run mends ten faults in ten runs. Met by `config::load` and by whoever prints its answer.

use crate::model::Safe;
use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// Bytes from … to before … of the configuration's text.
pub(super) type Span = Range<usize>;

/// Longest part of a line that is shown: a minified file must not flood the screen.
const EXCERPT_LIMIT: usize = 120;
/// How much of a long line is shown before the offending text.
const EXCERPT_LEAD: usize = 40;
/// Most faults that are kept: nobody reads more, and hostile text must not grow memory.
const FAULT_LIMIT: usize = 200;

/// Whether a configuration can be used in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It cannot be used.
    Error,
    /// It can be used; something in it has no effect or is missed.
    Warning,
}

impl Level {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave.
    pub level: Level,
    /// Where in the text; `None` for what came from the command line or concerns the whole.
    pub span: Option<Range<usize>>,
    /// What is wrong, naming the value.
    pub message: String,
    /// What to do; empty for none.
    pub hint: String,
}

/// All faults of one configuration, sorted by their place.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    file: String,
    text: Arc<str>,
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn new(file: &str, text: &str, mut items: Vec<Diagnostic>) -> Self {
        items.sort_by(|a, b| {
            let place = |d: &Diagnostic| d.span.as_ref().map_or((0, 0, 0), |s| (1, s.start, s.end));
            place(a).cmp(&place(b)).then(a.level.cmp(&b.level)).then_with(|| a.message.cmp(&b.message))
        });
        items.dedup();
        Self { file: file.to_owned(), text: text.into(), items }
    }

    /// A single fault that concerns the whole file, for instance that it cannot be read.
    pub fn of_file(file: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let item = Diagnostic { level: Level::Error, span: None, message: message.into(), hint: hint.into() };
        Self::new(file, "", vec![item])
    }

    /// The faults in the order of their places.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many errors, warnings apart.
    pub fn errors(&self) -> usize {
        self.items.iter().filter(|d| d.level == Level::Error).count()
    }

    /// How many warnings.
    pub fn warnings(&self) -> usize {
        self.items.len() - self.errors()
    }

    /// The first fault in one line, for a banner: `file:3:7 message`; and how many more there are.
    pub fn summary(&self) -> (String, usize) {
        let errors = || self.items.iter().filter(|d| d.level == Level::Error);
        let Some(first) = errors().next() else { return (String::new(), 0) };
        let file = Safe::label(&self.file);
        let message = Safe::message(&first.message);
        let text = first.span.as_ref().map_or_else(
            || format!("{file}: {message}"),
            |span| {
                let (line, column) = self.position(span.start);
                format!("{file}:{line}:{column} {message}")
            },
        );
        (text, errors().count() - 1)
    }

    /// Line and column of a byte, both from 1; columns count characters.
    fn position(&self, at: usize) -> (usize, usize) {
        let at = floor_boundary(&self.text, at);
        let before = &self.text[..at];
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in &self.items {
            let (word, message) = (item.level.word(), Safe::message(&item.message));
            let file = Safe::label(&self.file);
            if let Some(span) = &item.span {
                let (line, column) = self.position(span.start);
                writeln!(f, "{file}:{line}:{column}: {word}: {message}")?;
                f.write_str(&excerpt(&self.text, span, line))?;
            } else {
                writeln!(f, "{file}: {word}: {message}")?;
            }
            if !item.hint.is_empty() {
                writeln!(f, "  hint: {}", Safe::message(&item.hint))?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// The largest character boundary not after `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The line of `span` with its number, and below it the carets.
fn excerpt(text: &str, span: &Span, line: usize) -> String {
    let start = floor_boundary(text, span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
    let end = floor_boundary(text, span.end).clamp(start, line_end);
    let whole = text[line_start..line_end].trim_end();
    let lead: Vec<char> = text[line_start..start].chars().collect();
    let (shown_lead, cut) = if whole.chars().count() > EXCERPT_LIMIT && lead.len() > EXCERPT_LEAD {
        (lead[lead.len() - EXCERPT_LEAD..].iter().collect::<String>(), "…")
    } else {
        (lead.iter().collect::<String>(), "")
    };
    let marked: String = text[start..end].trim_end().chars().take(EXCERPT_LIMIT).collect();
    let tail: String = text[end..line_end].trim_end().chars().take(EXCERPT_LIMIT).collect();
    let (lead, marked, tail) = (Safe::message(&shown_lead), Safe::message(&marked), Safe::message(&tail));
    let number = line.to_string();
    let pad = " ".repeat(number.len());
    let carets = "^".repeat(marked.as_str().width().max(1));
    let indent = " ".repeat(lead.as_str().width() + cut.width());
    format!("  {number} | {cut}{lead}{marked}{tail}\n  {pad} | {indent}{carets}\n")
}

/// Where checks put what they find.
#[derive(Debug, Default)]
pub(super) struct Sink {
    items: RefCell<Vec<Diagnostic>>,
    /// Which keys each section was asked for: the reference must name them all.
    #[cfg(test)]
    pub(super) asked: RefCell<std::collections::BTreeMap<String, std::collections::BTreeSet<String>>>,
}

impl Sink {
    fn put(&self, level: Level, span: Option<Span>, message: String, hint: String) {
        let mut items = self.items.borrow_mut();
        if items.len() < FAULT_LIMIT {
            items.push(Diagnostic { level, span, message, hint });
        }
    }

    /// An error at a place.
    pub(super) fn error(&self, span: &Span, message: impl Into<String>, hint: impl Into<String>) {
        self.put(Level::Error, Some(span.clone()), message.into(), hint.into());
    }

    /// A warning at a place.
    pub(super) fn warn(&self, span: &Span, message: impl Into<String>, hint: impl Into<String>) {
        self.put(Level::Warning, Some(span.clone()), message.into(), hint.into());
    }

    /// An error without a place in the text: it came from the command line.
    pub(super) fn error_outside(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.put(Level::Error, None, message.into(), hint.into());
    }

    /// What was found.
    pub(super) fn into_items(self) -> Vec<Diagnostic> {
        self.items.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, span: Span) -> String {
        let item = Diagnostic { level: Level::Error, span: Some(span), message: "odd".into(), hint: "mend it".into() };
        Diagnostics::new("f.toml", text, vec![item]).to_string()
    }

    #[test]
    fn the_offending_text_is_underlined_also_after_wide_characters() {
        insta::assert_snapshot!(shown("a = 1\n名字 = \"值\" # x\n", 15..20), @r#"
        f.toml:2:6: error: odd
          2 | 名字 = "值" # x
            |        ^^^^
          hint: mend it
        "#);
    }

    #[test]
    fn a_place_past_the_end_or_inside_a_character_is_still_shown() {
        assert!(shown("值", 1..2).starts_with("f.toml:1:1: error: odd\n  1 | 值\n    | ^"));
        assert!(shown("a = 1", 500..600).starts_with("f.toml:1:6: error: odd"));
        assert!(shown("", 0..0).contains("| ^"));
    }

    #[test]
    fn long_lines_are_cut_and_escapes_do_not_reach_the_terminal() {
        let text = format!("{}BAD\x1b[2J{}", "x".repeat(1000), "y".repeat(1000));
        let out = shown(&text, 1000..1003);
        assert!(out.lines().all(|l| l.chars().count() < 200), "{out}");
        assert!(out.contains("BAD␛[2J") && out.contains("^^^"), "{out}");
    }

    #[test]
    fn faults_stand_in_the_order_of_their_places() {
        let sink = Sink::default();
        sink.warn(&(4..5), "second", "");
        sink.error(&(0..1), "first", "");
        sink.error_outside("outside", "");
        let all = Diagnostics::new("f", "a = 1", sink.into_items());
        assert_eq!(all.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(), ["outside", "first", "second"]);
        assert_eq!((all.errors(), all.warnings()), (2, 1));
    }
}
