//! A table of the configuration, read key by key: whatever is not asked for is unknown.
//!
//! Each getter checks type, unit and range, reports what is wrong at its place, and answers `None`
//! so that the checks go on. [`Section::finish`] then names the keys nobody asked for.

use super::diagnostic::{Sink, Span};
use super::suggest;
use crate::model::Millis;
use std::cell::RefCell;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    /// The value.
    pub(super) value: T,
    /// Where.
    pub(super) span: Span,
}

impl<T> At<T> {
    /// The same place with another value.
    pub(super) fn with<U>(&self, value: U) -> At<U> {
        At { value, span: self.span.clone() }
    }
}

/// A spanned value of the parsed document.
pub(super) type Node<'a> = toml::Spanned<DeValue<'a>>;

/// Deepest nesting that is followed when dotted keys are joined; deeper is nobody's property.
const JOIN_DEPTH: usize = 16;

/// A table of the document.
pub(super) struct Section<'a> {
    what: String,
    table: &'a DeTable<'a>,
    /// Its header, or where it begins.
    pub(super) span: Span,
    sink: &'a Sink,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) fn new(what: impl Into<String>, table: &'a DeTable<'a>, span: Span, sink: &'a Sink) -> Self {
        Self { what: what.into(), table, span, sink, asked: RefCell::default() }
    }

    fn node(&self, key: &'static str) -> Option<&'a Node<'a>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table.get(key)
    }

    /// Whether the key is there; asks for it.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.node(key).is_some()
    }

    /// Where the value of a key stands; the section itself where the key is absent.
    pub(super) fn place(&self, key: &str) -> Span {
        self.table.get(key).map_or_else(|| self.span.clone(), toml::Spanned::span)
    }

    fn wrong(&self, key: &str, node: &Node<'_>, wanted: &str, hint: &str) {
        self.sink.error(&node.span(), format!("{key} must be {wanted}, not {}", type_of(node.get_ref())), hint);
    }

    /// A text.
    pub(super) fn text(&self, key: &'static str) -> Option<At<String>> {
        let node = self.node(key)?;
        let Some(text) = node.get_ref().as_str() else {
            self.wrong(key, node, "a text", "put it in quotes");
            return None;
        };
        Some(At { value: text.to_owned(), span: node.span() })
    }

    /// A text that is not empty.
    pub(super) fn filled(&self, key: &'static str) -> Option<At<String>> {
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.sink.error(&text.span, format!("{key} is empty"), "");
            return None;
        }
        Some(text)
    }

    /// A text that must be there.
    pub(super) fn required(&self, key: &'static str, example: &str) -> Option<At<String>> {
        if !self.has(key) {
            self.sink.error(&self.span, format!("{} has no {key}", self.what), format!("add {key} = {example}"));
            return None;
        }
        self.filled(key)
    }

    /// Texts: an array, or a single one.
    pub(super) fn texts(&self, key: &'static str) -> Vec<At<String>> {
        let Some(node) = self.node(key) else { return Vec::new() };
        match node.get_ref() {
            DeValue::String(text) => vec![At { value: text.to_string(), span: node.span() }],
            DeValue::Array(items) => items.iter().filter_map(|item| self.item_text(key, item)).collect(),
            _ => {
                self.wrong(key, node, "a list of texts", "");
                Vec::new()
            }
        }
    }

    fn item_text(&self, key: &str, item: &Node<'_>) -> Option<At<String>> {
        let Some(text) = item.get_ref().as_str() else {
            self.wrong(&format!("each of {key}"), item, "a text", "put it in quotes");
            return None;
        };
        if text.trim().is_empty() {
            self.sink.error(&item.span(), format!("{key} holds an empty text"), "");
            return None;
        }
        Some(At { value: text.to_owned(), span: item.span() })
    }

    /// A number from `min` to `max`.
    pub(super) fn number(&self, key: &'static str, min: f64, max: f64) -> Option<At<f64>> {
        let node = self.node(key)?;
        let Some(x) = number(node.get_ref()) else {
            self.wrong(key, node, "a number", "write it without quotes");
            return None;
        };
        if x.is_nan() || x < min || x > max {
            self.sink.error(&node.span(), format!("{key} is {x}, which is not {}", range(min, max)), "");
            return None;
        }
        Some(At { value: x, span: node.span() })
    }

    /// A whole number from `min` to `max`.
    pub(super) fn whole(&self, key: &'static str, min: u64, max: u64) -> Option<At<u64>> {
        let node = self.node(key)?;
        let DeValue::Integer(_) = node.get_ref() else {
            self.wrong(key, node, "a whole number", "");
            return None;
        };
        let x = number(node.get_ref()).unwrap_or(f64::NAN);
        if x.is_nan() || x < min as f64 || x > max as f64 {
            self.sink.error(&node.span(), format!("{key} is {x}, which is not from {min} to {max}"), "");
            return None;
        }
        Some(At { value: x as u64, span: node.span() })
    }

    /// Yes or no.
    pub(super) fn flag(&self, key: &'static str) -> Option<At<bool>> {
        let node = self.node(key)?;
        let Some(value) = node.get_ref().as_bool() else {
            self.wrong(key, node, "true or false", "write it without quotes");
            return None;
        };
        Some(At { value, span: node.span() })
    }

    /// A length of time from `min` to `max`.
    pub(super) fn length(&self, key: &'static str, min: Millis, max: Millis) -> Option<At<Millis>> {
        const UNITS: &str = "write a number with its unit in quotes: \"500ms\", \"30s\", \"5m\", \"1h\" or \"7d\"";
        let node = self.node(key)?;
        let Some(text) = node.get_ref().as_str() else {
            self.wrong(key, node, "a length of time", UNITS);
            return None;
        };
        let Ok(length) = Millis::parse(text) else {
            self.sink.error(&node.span(), format!("{key}: {text:?} is no length of time"), UNITS);
            return None;
        };
        if length < min || length > max {
            self.sink.error(&node.span(), format!("{key} is {length}, which is not from {min} to {max}"), "");
            return None;
        }
        Some(At { value: length, span: node.span() })
    }

    /// One of the given words.
    pub(super) fn word(&self, key: &'static str, words: &[&'static str]) -> Option<At<&'static str>> {
        let text = self.text(key)?;
        let Some(word) = words.iter().find(|w| **w == text.value) else {
            self.sink.error(&text.span, format!("{key}: {:?} is not known", text.value), suggest::hint(&text.value, words.iter().copied()));
            return None;
        };
        Some(text.with(*word))
    }

    /// A value as it stands, for keys that take several types.
    pub(super) fn raw(&self, key: &'static str) -> Option<&'a Node<'a>> {
        self.node(key)
    }

    /// Says that a key's value is of the wrong type.
    pub(super) fn wrong_type(&self, key: &str, node: &Node<'_>, wanted: &str, hint: &str) {
        self.wrong(key, node, wanted, hint);
    }

    /// A table inside.
    pub(super) fn table(&self, key: &'static str) -> Option<Section<'a>> {
        let node = self.node(key)?;
        let DeValue::Table(table) = node.get_ref() else {
            self.wrong(key, node, "a table", &format!("write [{key}]"));
            return None;
        };
        Some(Section::new(format!("[{key}]"), table, node.span(), self.sink))
    }

    /// Tables written `[[key]]`.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(node) = self.node(key) else { return Vec::new() };
        let what = format!("[[{key}]]");
        let hint = format!("there may be several, so each is written {what}");
        let DeValue::Array(items) = node.get_ref() else {
            self.wrong(key, node, "a list of tables", &hint);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => sections.push(Section::new(what.clone(), table, item.span(), self.sink)),
                _ => self.wrong(key, item, "a table", &hint),
            }
        }
        sections
    }

    /// All entries of this section as dotted names and texts: `security.protocol` may be written with or without quotes.
    pub(super) fn properties(&self) -> Vec<(At<String>, At<String>)> {
        let mut out = Vec::new();
        join(self.table, "", JOIN_DEPTH, self.sink, &mut out);
        out
    }

    /// The entries of this section, each a table: `amount = { min = 0 }`.
    pub(super) fn entries(&self) -> Vec<(At<String>, &'a Node<'a>)> {
        self.table.iter().map(|(k, v)| (At { value: k.get_ref().to_string(), span: k.span() }, v)).collect()
    }

    /// Names the keys that nobody asked for.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        #[cfg(test)]
        self.sink.asked.borrow_mut().entry(self.what.clone()).or_default().extend(asked.iter().map(|key| (*key).to_owned()));
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if !asked.contains(&name) {
                let hint = suggest::hint(name, asked.iter().copied());
                self.sink.error(&key.span(), format!("unknown key {name:?} in {}", self.what), hint);
            }
        }
    }

    /// Where faults go.
    pub(super) fn sink(&self) -> &'a Sink {
        self.sink
    }
}

fn join(table: &DeTable<'_>, prefix: &str, depth: usize, sink: &Sink, out: &mut Vec<(At<String>, At<String>)>) {
    for (key, node) in table {
        let name = format!("{prefix}{}", key.get_ref());
        let text = match node.get_ref() {
            DeValue::Table(inner) if depth > 0 => {
                join(inner, &format!("{name}."), depth - 1, sink, out);
                continue;
            }
            DeValue::String(text) => text.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Integer(x) if x.radix() == 10 => x.as_str().to_owned(),
            DeValue::Float(x) => x.as_str().to_owned(),
            other => {
                sink.error(&node.span(), format!("{name} must be a text, a number, true or false, not {}", type_of(other)), "");
                continue;
            }
        };
        out.push((At { value: name, span: key.span() }, At { value: text, span: node.span() }));
    }
}

/// A number of the document; infinities only where they are written `inf`.
pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(x) => i64::from_str_radix(x.as_str(), x.radix()).ok().map(|x| x as f64).or_else(|| x.as_str().parse().ok()),
        DeValue::Float(x) => x.as_str().parse().ok(),
        _ => None,
    }
}

/// The type of a value in words.
pub(super) fn type_of(value: &DeValue<'_>) -> String {
    let word = value.type_str();
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}

/// A range in words.
pub(super) fn range(min: f64, max: f64) -> String {
    match (min.is_finite(), max.is_finite()) {
        (true, true) => format!("from {min} to {max}"),
        (true, false) => format!("at least {min}"),
        (false, true) => format!("at most {max}"),
        (false, false) => "a number".to_owned(),
    }
}
