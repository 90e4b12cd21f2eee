//! Detectors on single events: one for each key of a stream, up to a limit; further keys share one.

use super::post::Post;
use crate::detect::{DetectorSpec, Kind, Sees};
use crate::expr::Bound;
use crate::measure::label_text;
use crate::model::{Detector, EventRef, FieldId, FieldText, LABEL_LIMIT, LabelSet, Observation, Subject, Value};
use hashbrown::HashTable;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Stands between the values of a key.
const BETWEEN: char = '\u{1f}';

/// The detector of one key.
pub(super) struct KeyState {
    pub subject: Subject,
    pub detector: Box<dyn Detector>,
    pub post: Post,
    text: Box<str>,
}

/// The fields a detector asks events for.
pub(super) struct Fields {
    /// What is judged: numbers, or the parts of a name; none: only that an event came.
    pub numbers: Vec<FieldId>,
    pub by: Vec<FieldId>,
    pub filter: Option<Bound>,
    pub show: Vec<FieldId>,
    /// Fields of `show` whose values are not shown.
    pub redacted: Vec<bool>,
}

impl Fields {
    /// The fields of `show`, for the anomaly table.
    pub fn shown(&self, event: &EventRef<'_>, schema: &crate::decode::Schema) -> Vec<(Arc<str>, FieldText)> {
        let value = |id: &FieldId| match event.get(*id) {
            Value::Missing => FieldText::Missing,
            Value::Bool(b) => FieldText::Bool(b),
            Value::Number(x) => FieldText::Number(x),
            Value::Text(t) => FieldText::Text(t.chars().take(LABEL_LIMIT).collect::<String>().into()),
        };
        let hidden = |place: usize| self.redacted.get(place).copied().unwrap_or(false);
        let shown = |(place, id): (usize, &FieldId)| {
            let text = if hidden(place) { FieldText::Text(Arc::from("[redacted]")) } else { value(id) };
            (Arc::from(schema.path(*id)), text)
        };
        self.show.iter().enumerate().map(shown).collect()
    }
}

/// What of an event is judged.
#[derive(Default)]
pub(super) struct Taken {
    x: Vec<f64>,
    name: String,
    is_name: bool,
}

impl Taken {
    /// As the detector sees it.
    pub fn seen(&self) -> Observation<'_> {
        if self.is_name { Observation::Category(&self.name) } else { Observation::Numbers(&self.x) }
    }

    /// Takes it from an event; `false`: a field is missing.
    fn take(&mut self, event: &EventRef<'_>, fields: &[FieldId]) -> bool {
        self.x.clear();
        self.name.clear();
        if self.is_name {
            for (i, field) in fields.iter().enumerate() {
                self.name.push_str(if i > 0 { ", " } else { "" });
                write_value(event.get(*field), &mut self.name);
            }
            if let Some((end, _)) = self.name.char_indices().nth(LABEL_LIMIT) {
                self.name.truncate(end);
            }
            return fields.iter().any(|f| !event.get(*f).is_missing());
        }
        self.x.extend(fields.iter().filter_map(|f| event.get(*f).number()));
        if fields.is_empty() {
            // Only that it came counts: it is one event.
            self.x.push(1.0);
        }
        self.x.len() == fields.len().max(1)
    }
}

/// One detector over the events of a stream, with a state for each key.
pub(super) struct Keyed {
    /// Its place in the plan.
    pub index: u16,
    pub spec: DetectorSpec,
    pub kind: &'static Kind,
    pub fields: Fields,
    pub taken: Taken,
    pub keys: Vec<KeyState>,
    /// Keys that share the last state because the limit is reached.
    pub sharing: u64,
    /// Which part of its keys is asked next for what is missing.
    pub round: usize,
    table: HashTable<u32>,
    text: String,
}

impl Keyed {
    pub fn new(index: u16, spec: DetectorSpec, kind: &'static Kind, fields: Fields) -> Self {
        let taken = Taken { is_name: kind.sees == Sees::Category, ..Taken::default() };
        Self { index, spec, kind, fields, taken, keys: Vec::new(), sharing: 0, round: 0, table: HashTable::new(), text: String::new() }
    }

    /// Keys that have a state of their own; further ones share one.
    pub fn keys_max(&self) -> usize {
        if self.kind.keys_max == 0 { self.spec.keys_max } else { self.kind.keys_max.min(self.spec.keys_max) }.max(1)
    }

    /// Takes over the states of `old`, the same detector on the same fields.
    pub fn adopt(&mut self, old: Self) {
        (self.keys, self.table, self.sharing) = (old.keys, old.table, old.sharing);
    }

    /// Takes what is judged from one event, and answers the place of its key. `None`: the filter leaves it out, or a field
    /// is missing. `new` is told of a key that is seen for the first time and answers how its detector stands.
    pub fn take(
        &mut self,
        event: &EventRef<'_>,
        stream: &Arc<str>,
        mut new: impl FnMut(&Subject, &mut dyn Detector) -> Post,
    ) -> Option<usize> {
        if self.fields.filter.as_ref().is_some_and(|f| !f.holds(event.values)) || !self.taken.take(event, &self.fields.numbers) {
            return None;
        }
        Some(self.key(event, stream, &mut new))
    }

    /// Makes the state of a detector that is not split by keys, so that it can miss what never came.
    pub fn begin(&mut self, stream: &Arc<str>, mut new: impl FnMut(&Subject, &mut dyn Detector) -> Post) {
        if self.kind.ticks && self.fields.by.is_empty() && self.keys.is_empty() {
            self.text.clear();
            self.place(stream, &mut new);
        }
    }

    fn key(&mut self, event: &EventRef<'_>, stream: &Arc<str>, new: &mut impl FnMut(&Subject, &mut dyn Detector) -> Post) -> usize {
        self.text.clear();
        for (i, field) in self.fields.by.iter().enumerate() {
            if i > 0 {
                self.text.push(BETWEEN);
            }
            write_value(event.get(*field), &mut self.text);
        }
        self.place(stream, new)
    }

    /// The place of the key whose text was written last.
    fn place(&mut self, stream: &Arc<str>, new: &mut impl FnMut(&Subject, &mut dyn Detector) -> Post) -> usize {
        let hash = hash(&self.text);
        if let Some(place) = self.table.find(hash, |p| *self.keys[*p as usize].text == *self.text) {
            return *place as usize;
        }
        let limit = self.keys_max();
        if self.keys.len() >= limit {
            self.sharing += 1;
            return self.shared(limit, stream, new);
        }
        let labels = self.fields.by.iter().enumerate().map(|(i, _)| self.label(i)).collect::<Vec<_>>();
        let place = self.add(self.text.clone(), LabelSet::new(labels), stream, new);
        self.table.insert_unique(hash, place as u32, |p| self::hash(&self.keys[*p as usize].text));
        place
    }

    /// The state all keys beyond the limit share: one more after the limit's.
    fn shared(&mut self, limit: usize, stream: &Arc<str>, new: &mut impl FnMut(&Subject, &mut dyn Detector) -> Post) -> usize {
        if self.keys.len() == limit {
            let labels = self
                .fields
                .by
                .iter()
                .enumerate()
                .map(|(i, _)| (self.label(i).0, Arc::from("other")))
                .collect::<Vec<(Arc<str>, Arc<str>)>>();
            self.add("\u{0}other".to_owned(), LabelSet::new(labels), stream, new);
        }
        limit
    }

    fn add(
        &mut self,
        text: String,
        labels: LabelSet,
        stream: &Arc<str>,
        new: &mut impl FnMut(&Subject, &mut dyn Detector) -> Post,
    ) -> usize {
        let subject = Subject::Key { stream: Arc::clone(stream), labels };
        let place = self.keys.len();
        let mut detector = (self.kind.build)(&self.spec.params, place as u64);
        let post = new(&subject, detector.as_mut());
        self.keys.push(KeyState { subject, detector, post, text: text.into() });
        place
    }

    fn label(&self, index: usize) -> (Arc<str>, Arc<str>) {
        let crate::detect::DetectorOn::Stream { by, .. } = &self.spec.on else { return (Arc::from(""), Arc::from("")) };
        let value = self.text.split(BETWEEN).nth(index).unwrap_or("");
        (by.get(index).cloned().unwrap_or_else(|| Arc::from("")), Arc::from(value))
    }
}

fn write_value(value: Value<'_>, out: &mut String) {
    let _ = match value {
        Value::Missing => Ok(()),
        Value::Bool(b) => write!(out, "{b}"),
        Value::Number(x) => write!(out, "{x}"),
        Value::Text(t) => {
            // The sign between two values is not one of a value.
            let start = out.len();
            out.push_str(&label_text(t));
            if out[start..].contains(BETWEEN) {
                let shown = out[start..].replace(BETWEEN, "␟");
                out.truncate(start);
                out.push_str(&shown);
            }
            Ok(())
        }
    };
}

fn hash(text: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_any_length_and_with_any_sign_is_one_part_of_a_key() {
        let written = |text: &str| {
            let mut out = "a".to_owned();
            write_value(Value::Text(text), &mut out);
            out
        };
        let long = "x".repeat(1_000_000);
        assert!(written(&long).len() < 300, "a record of a megabyte makes no such key");
        assert_ne!(written(&long), written(&"x".repeat(999_999)));
        assert!(!written("b\u{1f}c").contains(BETWEEN));
        assert_eq!(written("EU"), "aEU");
    }
}
