//! Rules over expressions: which metrics they name, and the newest values they are asked with.

use crate::alert::{Moved, RuleSpec, WatchId, When};
use crate::expr::{self, Bound};
use crate::model::{FieldId, LabelSet, SeriesId, SeriesKey, Timestamp, Value};
use crate::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A name in an expression: a metric, whose labels are those of the series at hand, or one series.
enum Name {
    Metric(Arc<str>),
    Series(String),
}

/// The values of one set of labels.
pub(super) struct Bindings {
    pub watch: WatchId,
    series: Vec<Option<SeriesId>>,
}

/// One rule over an expression.
pub(super) struct Expression {
    /// The rule's place.
    pub rule: u16,
    /// The condition as written, for the sentence that says why.
    pub text: Arc<str>,
    trigger: Bound,
    clear: Option<Bound>,
    names: Vec<Name>,
    /// By labels; one entry with no labels where the expression names only whole series.
    pub bindings: BTreeMap<LabelSet, Bindings>,
}

/// An expression's answer.
pub(super) struct Answer {
    pub holds: bool,
    /// The value of the first metric it names.
    pub value: f64,
    /// The unit of that.
    pub unit: Arc<str>,
    /// The newest of its samples.
    pub at: Timestamp,
}

impl Expression {
    /// Compiles a rule; `None` for rules over detectors.
    pub fn compile(rule: u16, spec: &RuleSpec, faults: &mut Vec<String>) -> Option<Self> {
        let When::Expression { trigger, clear } = &spec.when else { return None };
        let mut names: Vec<String> = Vec::new();
        let mut bind = |text: &str| {
            let bound = expr::parse(text).and_then(|e| {
                e.bind(&mut |name| {
                    let place = names.iter().position(|n| n == name).unwrap_or_else(|| {
                        names.push(name.to_owned());
                        names.len() - 1
                    });
                    Some(FieldId(place as u16))
                })
            });
            bound.map_err(|e| faults.push(format!("rule {:?}: {e}", spec.name))).ok()
        };
        let text = Arc::clone(trigger);
        let trigger = bind(trigger)?;
        let clear = match clear {
            Some(text) => Some(bind(text)?),
            None => None,
        };
        let names = names.into_iter().map(|n| if n.contains('{') { Name::Series(n) } else { Name::Metric(n.into()) }).collect();
        Some(Self { rule, text, trigger, clear, names, bindings: BTreeMap::new() })
    }

    /// Whether a sample of the series `key` can change its answer.
    pub fn names(&self, key: &SeriesKey) -> bool {
        self.names.iter().any(|n| match n {
            Name::Metric(name) => *name == key.name,
            Name::Series(text) => *text == key.to_string(),
        })
    }

    /// The labels an answer for the series `key` stands under.
    pub fn labels(&self, key: &SeriesKey) -> LabelSet {
        let by_metric = self.names.iter().any(|n| matches!(n, Name::Metric(name) if *name == key.name));
        if by_metric { key.labels.clone() } else { LabelSet::none() }
    }

    /// Makes room for a set of labels.
    pub fn bind(&mut self, labels: LabelSet, watch: WatchId) {
        let series = vec![None; self.names.len()];
        self.bindings.insert(labels, Bindings { watch, series });
    }

    /// Takes over the bindings of `old`, the same condition: those whose watches go on, without series that are gone.
    pub fn adopt(&mut self, old: &Self, moved: &Moved, store: &Store) {
        for (labels, bindings) in &old.bindings {
            let Some(watch) = moved.of(bindings.watch) else { continue };
            let series = bindings.series.iter().map(|id| id.filter(|id| store.alive(*id))).collect();
            self.bindings.insert(labels.clone(), Bindings { watch, series });
        }
    }

    /// Answers for `labels`; `None` while a series it names has no sample.
    pub fn answer(&mut self, labels: &LabelSet, held: bool, store: &Store) -> Option<Answer> {
        let bindings = self.bindings.get_mut(labels)?;
        let mut values = Vec::with_capacity(self.names.len());
        let mut at = Timestamp::MIN;
        for (name, slot) in self.names.iter().zip(&mut bindings.series) {
            if slot.is_none() {
                *slot = match name {
                    Name::Metric(metric) => store.find(&SeriesKey { name: Arc::clone(metric), labels: labels.clone() }),
                    Name::Series(text) => store.iter().find(|i| i.key.to_string() == *text).map(|i| i.id),
                };
            }
            let last = store.info((*slot)?).last?;
            at = at.max(last.at);
            values.push(Value::Number(last.value));
        }
        let holds = match (&self.clear, held) {
            (Some(clear), true) => !clear.holds(&values),
            _ => self.trigger.holds(&values),
        };
        let value = values.first().and_then(|v| v.number()).unwrap_or(0.0);
        let unit = bindings.series.first().copied().flatten().map_or_else(|| Arc::from(""), |id| Arc::clone(&store.info(id).spec.unit));
        Some(Answer { holds, value, unit, at })
    }
}
