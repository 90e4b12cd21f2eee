//! Detectors and rules over samples and events: what is flagged, what rings.

use super::effect::Effect;
use super::expression::Expression;
use super::keyed::{Judged, Keyed};
use super::sensitivity::Sensitivity;
use crate::alert::{AlertBook, Clock, Form, Observed, Origin, RuleSpec, Rules, WatchId};
use crate::decode::Schema;
use crate::detect::{AnomalyTable, DetectorOn, DetectorSpec, Told, why};
use crate::model::{
    Anomaly, Detector, EventRef, LabelSet, Observation, Position, RecordRef, Sample, Scored, SeriesId, SeriesKey, Subject, Timestamp,
    Verdict,
};
use crate::store::Store;
use std::collections::VecDeque;
use std::sync::Arc;

/// A detector at work; several series share one where its limit of keys is reached.
pub(super) struct Running {
    pub(super) detector: Box<dyn Detector>,
}

/// A detector attached to a series.
pub(super) struct Attached {
    /// The detector's place in the plan.
    pub(super) index: u16,
    pub(super) running: u32,
    pub(super) watches: Vec<WatchId>,
    pub(super) learning: Option<(u64, u64)>,
}

/// What a series is watched by.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) attached: Vec<Attached>,
    pub(super) expressions: Vec<u16>,
}

/// All detectors over samples, all rules, and what they found.
pub(super) struct Judge {
    pub(super) detectors: Vec<DetectorSpec>,
    pub(super) running: Vec<Running>,
    /// By detector: how many series it has, and the one further series share.
    pub(super) held: Vec<(usize, Option<u32>)>,
    pub(super) hooks: Vec<Option<Box<Hooks>>>,
    pub(super) expressions: Vec<Expression>,
    pub(super) dirty: Vec<(u16, LabelSet)>,
    pub rules: Rules,
    pub book: AlertBook,
    pub anomalies: AnomalyTable,
    pub(super) next_anomaly: u64,
    pub(super) sensitivity: Sensitivity,
}

/// Whether `pattern`, which may end with `*`, names the metric `name`.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

impl Judge {
    pub fn new(detectors: Vec<DetectorSpec>, rules: Rules, anomalies: usize, faults: &mut Vec<String>) -> Self {
        let expressions = rules.specs().iter().enumerate().filter_map(|(i, spec)| Expression::compile(i as u16, spec, faults)).collect();
        Self {
            held: vec![(0, None); detectors.len()],
            sensitivity: Sensitivity::new(&detectors, None),
            detectors,
            running: Vec::new(),
            hooks: Vec::new(),
            expressions,
            dirty: Vec::new(),
            rules,
            book: AlertBook::default(),
            anomalies: AnomalyTable::new(anomalies),
            next_anomaly: 1,
        }
    }

    /// Takes up further detectors and rules, which come after the present ones.
    pub fn extend(&mut self, detectors: &[DetectorSpec], rules: &[RuleSpec], faults: &mut Vec<String>) {
        let first = self.rules.specs().len();
        self.detectors.extend_from_slice(detectors);
        self.sensitivity.extend(detectors);
        self.held.resize(self.detectors.len(), (0, None));
        self.rules.extend(rules);
        let new = rules.iter().enumerate().filter_map(|(i, spec)| Expression::compile((first + i) as u16, spec, faults));
        self.expressions.extend(new);
    }

    /// Whether a series with this key would be watched.
    pub fn watches(&self, key: &SeriesKey) -> bool {
        self.on_metric(key).next().is_some() || self.expressions.iter().any(|e| e.names(key))
    }

    pub(super) fn on_metric<'a>(&'a self, key: &'a SeriesKey) -> impl Iterator<Item = usize> + 'a {
        let on = |spec: &DetectorSpec| matches!(&spec.on, DetectorOn::Metric(pattern) if matches(pattern, &key.name));
        (0..self.detectors.len()).filter(move |i| on(&self.detectors[*i]))
    }

    /// Attaches the detectors and rules that watch a new series.
    pub fn open(&mut self, id: SeriesId, key: &SeriesKey, unit: &Arc<str>) {
        if self.hooks.len() <= id.index() {
            self.hooks.resize_with(id.index() + 1, || None);
        }
        let mut hooks = Hooks::default();
        for index in self.on_metric(key).collect::<Vec<_>>() {
            let watches = self.rules.of_detector(&self.detectors[index].name);
            let subject = || Subject::Series(key.clone());
            let watches = watches.into_iter().map(|r| self.rules.watch(r, subject(), Origin::Series(id), unit.clone())).collect();
            let running = self.run(index);
            hooks.attached.push(Attached { index: index as u16, running, watches, learning: None });
        }
        for place in 0..self.expressions.len() {
            if !self.expressions[place].names(key) {
                continue;
            }
            hooks.expressions.push(place as u16);
            let labels = self.expressions[place].labels(key);
            if !self.expressions[place].bindings.contains_key(&labels) {
                let watch = self.rules.watch(self.expressions[place].rule, Subject::Series(key.clone()), Origin::Series(id), unit.clone());
                self.expressions[place].bind(labels, watch);
            }
        }
        if !hooks.attached.is_empty() || !hooks.expressions.is_empty() {
            self.hooks[id.index()] = Some(Box::new(hooks));
        }
    }

    /// A detector for one more series: its own, or the shared one beyond the limit.
    pub(super) fn run(&mut self, index: usize) -> u32 {
        let spec = &self.detectors[index];
        let Some(kind) = crate::detect::kind(spec.kind) else { return 0 };
        let limit = if kind.keys_max == 0 { spec.keys_max } else { kind.keys_max.min(spec.keys_max) }.max(1);
        let (count, shared) = &mut self.held[index];
        if let (true, Some(shared)) = (*count >= limit, *shared) {
            return shared;
        }
        let place = self.running.len() as u32;
        self.running.push(Running { detector: (kind.build)(&spec.params, *count as u64) });
        if *count >= limit {
            *shared = Some(place);
        }
        *count += 1;
        place
    }

    /// Judges the newest sample of a series, which is in the store already.
    pub fn sample(&mut self, id: SeriesId, sample: Sample, store: &mut Store, effects: &mut VecDeque<Effect>) {
        let Some(Some(hooks)) = self.hooks.get_mut(id.index()) else { return };
        for place in &hooks.expressions {
            let labels = self.expressions[*place as usize].labels(&store.info(id).key);
            self.dirty.push((*place, labels));
        }
        let mut transitions = Vec::new();
        for attached in &mut hooks.attached {
            let x = [sample.value];
            let seen = Observation::Numbers(&x);
            let detector = &mut self.running[attached.running as usize].detector;
            let verdict = detector.judge(sample.at, &seen);
            let verdict = self.sensitivity.of_series(attached.index, attached.running, sample.at, verdict);
            attached.learning = if let Verdict::Learning { seen, needed } = verdict { Some((seen, needed)) } else { None };
            if let Verdict::Scored(scored) = verdict {
                store.judge(id, scored.expected, scored.flagged);
                let spec = &self.detectors[attached.index as usize];
                let info = store.info(id);
                let mut sentence: Option<Arc<str>> = None;
                let mut explain = || {
                    let subject = Subject::Series(info.key.clone());
                    let told = Told {
                        params: &spec.params,
                        name: &info.key.name,
                        subject: &subject,
                        at: sample.at,
                        seen,
                        dims: &[],
                        unit: &info.spec.unit,
                        contributions: &[],
                        scored: &scored,
                    };
                    let make = || why(&told).into();
                    Arc::clone(sentence.get_or_insert_with(make))
                };
                if scored.flagged {
                    let subject = Subject::Series(info.key.clone());
                    let mut anomaly = anomaly(self.next_anomaly, spec, subject, sample.at, &x, &scored, explain());
                    anomaly.series = Some(id);
                    anomaly.unit = info.spec.unit.clone();
                    self.next_anomaly += 1;
                    self.anomalies.push(anomaly.clone());
                    effects.push_back(Effect::Anomaly(Box::new(anomaly)));
                }
                let observed = observed(sample.at, sample.value, &scored);
                for watch in &attached.watches {
                    self.rules.observe(*watch, observed, &mut explain, &mut self.book, &mut transitions);
                }
                if scored.flagged && attached.watches.iter().any(|w| self.rules.troubled(*w)) {
                    continue;
                }
            }
            self.running[attached.running as usize].detector.learn(sample.at, &seen);
        }
        effects.extend(transitions.into_iter().map(|t| Effect::Alert(Box::new(t))));
    }

    /// Answers the expressions whose metrics have new samples. Called when all samples of one moment
    /// are in, so that an expression over two metrics never sees half of them.
    pub fn settle(&mut self, store: &Store, effects: &mut VecDeque<Effect>) {
        if self.dirty.is_empty() {
            return;
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort();
        dirty.dedup();
        let mut transitions = Vec::new();
        for (place, labels) in dirty.drain(..) {
            let expression = &mut self.expressions[place as usize];
            let Some(watch) = expression.bindings.get(&labels).map(|b| b.watch) else { continue };
            let held = self.rules.held(watch);
            let Some(answer) = expression.answer(&labels, held, store) else { continue };
            let score = if answer.holds { 1.0 } else { 0.0 };
            let seen = Observed { at: answer.at, flagged: answer.holds, value: answer.value, score, expected: None, form: None };
            let sentence: Arc<str> = format!("{} (now {})", expression.text, crate::model::number::rounded(answer.value, 4)).into();
            self.rules.observe(watch, seen, || sentence, &mut self.book, &mut transitions);
        }
        self.dirty = dirty;
        effects.extend(transitions.into_iter().map(|t| Effect::Alert(Box::new(t))));
    }

    /// Judges one event by one detector of its stream.
    pub fn event(&mut self, keyed: &mut Keyed, event: &EventRef<'_>, origin: &Place<'_, '_>, effects: &mut VecDeque<Effect>) {
        let (rules, specs) = (&mut self.rules, &self.detectors);
        let index = keyed.index as usize;
        let judged = keyed.judge(event, origin.stream, |subject| {
            let places = rules.of_detector(&specs[index].name);
            places.into_iter().map(|r| rules.watch(r, subject.clone(), Origin::Stream(origin.number), Arc::from(""))).collect()
        });
        let Some(Judged { key, verdict }) = judged else { return };
        let verdict = self.sensitivity.of_key(keyed.index, key, event.at, verdict);
        let mut hold_back = false;
        if let Verdict::Scored(scored) = verdict {
            let spec = &self.detectors[index];
            let state = &keyed.keys[key];
            let x = keyed.numbers_seen();
            let dims: Vec<&str> = keyed.numbers.iter().map(|f| origin.schema.path(*f)).collect();
            let mut sentence: Option<Arc<str>> = None;
            let mut explain = || {
                let told = Told {
                    params: &spec.params,
                    name: dims.first().copied().unwrap_or(""),
                    subject: &state.subject,
                    at: event.at,
                    seen: Observation::Numbers(x),
                    dims: &dims,
                    unit: "",
                    contributions: &[],
                    scored: &scored,
                };
                let make = || why(&told).into();
                Arc::clone(sentence.get_or_insert_with(make))
            };
            if scored.flagged {
                let mut anomaly = anomaly(self.next_anomaly, spec, state.subject.clone(), event.at, x, &scored, explain());
                anomaly.fields = keyed.shown(event, origin.schema);
                let record = origin.record;
                anomaly.position = Some(Position { topic: record.topic.clone(), partition: record.partition, offset: record.offset });
                self.next_anomaly += 1;
                self.anomalies.push(anomaly.clone());
                effects.push_back(Effect::Anomaly(Box::new(anomaly)));
            }
            let value = x.get(scored.baseline.dimension).or(x.first()).copied().unwrap_or(0.0);
            let mut transitions = Vec::new();
            for watch in &state.watches {
                self.rules.observe(*watch, observed(event.at, value, &scored), &mut explain, &mut self.book, &mut transitions);
            }
            hold_back = scored.flagged && state.watches.iter().any(|w| self.rules.troubled(*w));
            effects.extend(transitions.into_iter().map(|t| Effect::Alert(Box::new(t))));
        }
        if !hold_back {
            keyed.learn(key, event);
        }
    }

    /// Lets time pass for rules whose condition ends by itself, and for silence.
    pub fn pass(&mut self, now: Timestamp, clock: impl Fn(Origin) -> Clock, effects: &mut VecDeque<Effect>) {
        let mut transitions = Vec::new();
        self.rules.pass(now, clock, &mut self.book, &mut transitions);
        effects.extend(transitions.into_iter().map(|t| Effect::Alert(Box::new(t))));
    }

    /// Detectors over series that have not judged yet: name, series, seen, needed.
    pub fn learning(&self) -> impl Iterator<Item = (&Arc<str>, SeriesId, (u64, u64))> {
        let of = |(place, hooks): (usize, &'_ Option<Box<Hooks>>)| {
            let list: Vec<_> = hooks.iter().flat_map(|h| &h.attached).filter_map(|a| Some((a.index, a.learning?))).collect();
            list.into_iter().map(move |(index, progress)| (index, SeriesId(place as u32), progress))
        };
        self.hooks.iter().enumerate().flat_map(of).map(|(index, id, progress)| (&self.detectors[index as usize].name, id, progress))
    }
}

/// Where an event came from.
pub(super) struct Place<'a, 'r> {
    pub stream: &'a Arc<str>,
    pub number: u16,
    pub schema: &'a Schema,
    pub record: &'a RecordRef<'r>,
}

fn observed(at: Timestamp, value: f64, scored: &Scored) -> Observed {
    let form = Some(Form { pattern: scored.pattern, since: scored.baseline.since });
    Observed { at, flagged: scored.flagged, value, score: scored.score, expected: scored.expected, form }
}

fn anomaly(id: u64, spec: &DetectorSpec, subject: Subject, at: Timestamp, x: &[f64], scored: &Scored, why: Arc<str>) -> Anomaly {
    Anomaly {
        id,
        at,
        last_at: at,
        count: 1,
        detector: spec.name.clone(),
        subject,
        series: None,
        value: x.get(scored.baseline.dimension).or(x.first()).copied().unwrap_or(0.0),
        score: scored.score,
        threshold: scored.threshold,
        expected: scored.expected,
        pattern: scored.pattern,
        baseline: scored.baseline,
        contributions: Vec::new(),
        why,
        unit: Arc::from(""),
        fields: Vec::new(),
        position: None,
    }
}
