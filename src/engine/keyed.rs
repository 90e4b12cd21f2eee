//! Detectors on single events: one for each key of a stream, up to a limit; further keys share one.

use crate::alert::WatchId;
use crate::detect::{DetectorSpec, Kind};
use crate::expr::Bound;
use crate::model::{Detector, EventRef, FieldId, FieldText, LabelSet, Observation, Subject, Value, Verdict};
use hashbrown::HashTable;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The detector of one key.
pub(super) struct KeyState {
    pub subject: Subject,
    pub detector: Box<dyn Detector>,
    pub watches: Vec<WatchId>,
    /// The last answer, for the list of detectors that still learn.
    pub learning: Option<(u64, u64)>,
    text: Box<str>,
}

/// One detector over the events of a stream, with a state for each key.
pub(super) struct Keyed {
    /// Its place in the plan.
    pub index: u16,
    pub spec: DetectorSpec,
    pub kind: &'static Kind,
    pub numbers: Vec<FieldId>,
    pub by: Vec<FieldId>,
    pub filter: Option<Bound>,
    pub show: Vec<FieldId>,
    /// Fields of `show` whose values are not shown.
    pub redacted: Vec<bool>,
    pub keys: Vec<KeyState>,
    /// Keys that share the last state because the limit is reached.
    pub sharing: u64,
    table: HashTable<u32>,
    text: String,
    x: Vec<f64>,
}

/// What became of an event.
pub(super) struct Judged {
    /// The key's place.
    pub key: usize,
    pub verdict: Verdict,
}

impl Keyed {
    #[expect(clippy::too_many_arguments, reason = "called once, from the compiler of plans; each is a part of the detector")]
    pub fn new(
        index: u16,
        spec: DetectorSpec,
        kind: &'static Kind,
        numbers: Vec<FieldId>,
        by: Vec<FieldId>,
        filter: Option<Bound>,
        show: Vec<FieldId>,
        redacted: Vec<bool>,
    ) -> Self {
        Self {
            index,
            spec,
            kind,
            numbers,
            by,
            filter,
            show,
            redacted,
            keys: Vec::new(),
            sharing: 0,
            table: HashTable::new(),
            text: String::new(),
            x: Vec::new(),
        }
    }

    /// Takes over the states of `old`, the same detector on the same fields.
    pub fn adopt(&mut self, old: Self) {
        (self.keys, self.table, self.sharing) = (old.keys, old.table, old.sharing);
    }

    /// The numbers of the event last judged.
    pub fn numbers_seen(&self) -> &[f64] {
        &self.x
    }

    /// Judges one event. `None`: the filter leaves it out, or a number is missing. `new` is told of a
    /// key that is seen for the first time and answers with the watches of its rules.
    pub fn judge(&mut self, event: &EventRef<'_>, stream: &Arc<str>, mut new: impl FnMut(&Subject) -> Vec<WatchId>) -> Option<Judged> {
        if self.filter.as_ref().is_some_and(|f| !f.holds(event.values)) {
            return None;
        }
        self.x.clear();
        for field in &self.numbers {
            self.x.push(event.get(*field).number()?);
        }
        let key = self.key(event, stream, &mut new);
        let verdict = self.keys[key].detector.judge(event.at, &Observation::Numbers(&self.x));
        self.keys[key].learning = if let Verdict::Learning { seen, needed } = verdict { Some((seen, needed)) } else { None };
        Some(Judged { key, verdict })
    }

    /// Lets the key's detector learn the event last judged.
    pub fn learn(&mut self, key: usize, event: &EventRef<'_>) {
        self.keys[key].detector.learn(event.at, &Observation::Numbers(&self.x));
    }

    /// The fields of `show`, for the anomaly table.
    pub fn shown(&self, event: &EventRef<'_>, schema: &crate::decode::Schema) -> Vec<(Arc<str>, FieldText)> {
        let value = |id: &FieldId| match event.get(*id) {
            Value::Missing => FieldText::Missing,
            Value::Bool(b) => FieldText::Bool(b),
            Value::Number(x) => FieldText::Number(x),
            Value::Text(t) => FieldText::Text(t.chars().take(crate::model::LABEL_LIMIT).collect::<String>().into()),
        };
        let hidden = |place: usize| self.redacted.get(place).copied().unwrap_or(false);
        let shown = |(place, id): (usize, &FieldId)| {
            let text = if hidden(place) { FieldText::Text(Arc::from("[redacted]")) } else { value(id) };
            (Arc::from(schema.path(*id)), text)
        };
        self.show.iter().enumerate().map(shown).collect()
    }

    fn key(&mut self, event: &EventRef<'_>, stream: &Arc<str>, new: &mut impl FnMut(&Subject) -> Vec<WatchId>) -> usize {
        self.text.clear();
        for (i, field) in self.by.iter().enumerate() {
            if i > 0 {
                self.text.push('\u{1f}');
            }
            write_value(event.get(*field), &mut self.text);
        }
        let hash = hash(&self.text);
        if let Some(place) = self.table.find(hash, |p| *self.keys[*p as usize].text == *self.text) {
            return *place as usize;
        }
        let limit = if self.kind.keys_max == 0 { self.spec.keys_max } else { self.kind.keys_max.min(self.spec.keys_max) }.max(1);
        if self.keys.len() >= limit {
            self.sharing += 1;
            return self.shared(limit, stream, new);
        }
        let labels = self.by.iter().enumerate().map(|(i, _)| self.label(i)).collect::<Vec<_>>();
        let place = self.add(self.text.clone(), LabelSet::new(labels), stream, new);
        self.table.insert_unique(hash, place as u32, |p| self::hash(&self.keys[*p as usize].text));
        place
    }

    /// The state all keys beyond the limit share: one more after the limit's.
    fn shared(&mut self, limit: usize, stream: &Arc<str>, new: &mut impl FnMut(&Subject) -> Vec<WatchId>) -> usize {
        if self.keys.len() == limit {
            let labels =
                self.by.iter().enumerate().map(|(i, _)| (self.label(i).0, Arc::from("other"))).collect::<Vec<(Arc<str>, Arc<str>)>>();
            self.add("\u{0}other".to_owned(), LabelSet::new(labels), stream, new);
        }
        limit
    }

    fn add(&mut self, text: String, labels: LabelSet, stream: &Arc<str>, new: &mut impl FnMut(&Subject) -> Vec<WatchId>) -> usize {
        let subject = Subject::Key { stream: Arc::clone(stream), labels };
        let place = self.keys.len();
        let detector = (self.kind.build)(&self.spec.params, place as u64);
        let watches = new(&subject);
        self.keys.push(KeyState { subject, detector, watches, learning: None, text: text.into() });
        place
    }

    fn label(&self, index: usize) -> (Arc<str>, Arc<str>) {
        let crate::detect::DetectorOn::Stream { by, .. } = &self.spec.on else { return (Arc::from(""), Arc::from("")) };
        let value = self.text.split('\u{1f}').nth(index).unwrap_or("");
        (by.get(index).cloned().unwrap_or_else(|| Arc::from("")), Arc::from(value))
    }
}

fn write_value(value: Value<'_>, out: &mut String) {
    let _ = match value {
        Value::Missing => Ok(()),
        Value::Bool(b) => write!(out, "{b}"),
        Value::Number(x) => write!(out, "{x}"),
        Value::Text(t) => {
            out.push_str(t);
            Ok(())
        }
    };
}

fn hash(text: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}
