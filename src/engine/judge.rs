//! Detectors over samples and events, and rules: what is flagged, what rings.
//!
//! The judge has the detectors and hands each sample to those that watch its series; `court` does what follows a
//! verdict, `post` holds how a detector stands with a subject, `groups` judges many series at once, `ticks` asks
//! for what is missing, `exchange` swaps all of it while it runs.

use super::court::{Case, Court, parts, teach};
use super::effect::Effect;
use super::exchange::Carried;
use super::expression::Expression;
use super::groups::{Bar, Groups, Seat};
use super::keyed::Keyed;
use super::kinds;
use super::memory::{Memory, subject_of_all};
use super::post::{Post, Progress};
use super::sensitivity::Sensitivity;
use super::silence::Silences;
use super::ticks::Ticks;
use crate::alert::{Clock, Observed, Origin, RuleSpec, Rules, WatchId};
use crate::decode::Schema;
use crate::detect::{DetectorOn, DetectorSpec, Sees};
use crate::model::{
    Contribution, Detector, EventRef, FieldText, LabelSet, Observation, Position, RecordRef, Sample, Scored, SeriesId, SeriesKey, Subject,
    Timestamp, Verdict,
};
use crate::store::Store;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A detector at work; several series share one where its limit of keys is reached, and where it judges names.
pub(super) struct Running {
    pub(super) detector: Box<dyn Detector>,
    /// Up to here it had learned before the start.
    pub(super) known: Timestamp,
}

/// A detector attached to a series.
pub(super) struct Attached {
    /// The detector's place in the plan.
    pub(super) index: u16,
    pub(super) running: u32,
    /// No other series has it.
    pub(super) own: bool,
    pub(super) post: Post,
    /// What a detector of names sees of the series.
    pub(super) text: Option<Arc<str>>,
}

/// What a series is watched by.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) attached: Vec<Attached>,
    pub(super) expressions: Vec<u16>,
    /// Groups that take its samples or the scores of an attached detector.
    pub(super) seats: Vec<Seat>,
}

impl Hooks {
    pub(super) fn watched(&self) -> bool {
        !self.attached.is_empty() || !self.expressions.is_empty() || !self.seats.is_empty()
    }
}

/// A stream's metric, as far as event time goes: the stream's place and the length of a window.
pub(super) type Homes = BTreeMap<Arc<str>, super::ticks::Home>;

/// Answers what carries the deviation of a flagged sample.
pub(super) type Carries<'a> = &'a mut dyn FnMut(&Scored) -> Vec<Contribution>;

/// All detectors over samples, all rules, and what they found.
pub(super) struct Judge {
    pub(super) detectors: Vec<DetectorSpec>,
    pub(super) running: Vec<Running>,
    /// By detector: how many series it has, and the one further series share.
    pub(super) held: Vec<(usize, Option<u32>)>,
    pub(super) hooks: Vec<Option<Box<Hooks>>>,
    pub(super) groups: Groups,
    pub(super) ticks: Ticks,
    pub(super) silences: Silences,
    pub(super) homes: Homes,
    pub(super) expressions: Vec<Expression>,
    pub(super) dirty: Vec<(u16, LabelSet)>,
    /// Flagged samples of this moment whose series have expressions: not learned before these are answered.
    pub(super) open: Vec<(SeriesId, u8, Sample)>,
    pub(super) court: Court,
    pub(super) sensitivity: Sensitivity,
    pub(super) memory: Memory,
}

/// Whether `pattern`, which may end with `*`, names the metric `name`.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

impl Judge {
    pub fn new(detectors: Vec<DetectorSpec>, rules: Rules, homes: Homes, anomalies: usize, faults: &mut Vec<String>) -> Self {
        let expressions = rules.specs().iter().enumerate().filter_map(|(i, spec)| Expression::compile(i as u16, spec, faults)).collect();
        Self {
            held: vec![(0, None); detectors.len()],
            sensitivity: Sensitivity::new(&detectors, None),
            detectors,
            running: Vec::new(),
            hooks: Vec::new(),
            groups: Groups::default(),
            ticks: Ticks::default(),
            silences: Silences::default(),
            homes,
            expressions,
            dirty: Vec::new(),
            open: Vec::new(),
            court: Court::new(rules, anomalies),
            memory: Memory::default(),
        }
    }

    /// Takes up further detectors and rules, which come after the present ones.
    pub fn extend(&mut self, detectors: &[DetectorSpec], rules: &[RuleSpec], homes: Homes, faults: &mut Vec<String>) {
        let first = self.court.rules.specs().len();
        self.detectors.extend_from_slice(detectors);
        self.sensitivity.extend(detectors);
        self.held.resize(self.detectors.len(), (0, None));
        self.homes = homes;
        self.court.rules.extend(rules);
        let new = rules.iter().enumerate().filter_map(|(i, spec)| Expression::compile((first + i) as u16, spec, faults));
        self.expressions.extend(new);
    }

    /// Whether a series with this key would be watched.
    pub fn watches(&self, key: &SeriesKey) -> bool {
        self.detectors.iter().any(|d| over(d, key)) || self.expressions.iter().any(|e| e.names(key))
    }

    /// Attaches the detectors and rules that watch a new series.
    pub fn open(&mut self, id: SeriesId, key: &SeriesKey, unit: &Arc<str>) {
        let hooks = self.hooks_of(id, key, unit, None, &mut Carried::default());
        if hooks.watched() {
            self.keep(id, hooks);
        }
    }

    pub(super) fn keep(&mut self, id: SeriesId, mut hooks: Hooks) {
        // Most series have one detector; room for four would be half a kilobyte of each.
        hooks.attached.shrink_to_fit();
        self.hooks.resize_with(self.hooks.len().max(id.index() + 1), || None);
        self.hooks[id.index()] = Some(Box::new(hooks));
    }

    /// A detector for one more series: its own, or the shared one beyond the limit; and whether it is its own.
    pub(super) fn run(&mut self, index: usize, subject: &Subject) -> (u32, bool) {
        let spec = &self.detectors[index];
        let Some(kind) = kinds::kind(spec.kind) else { return (0, false) };
        let limit = if kind.keys_max == 0 { spec.keys_max } else { kind.keys_max.min(spec.keys_max) }.max(1);
        // Names are judged by one detector: what is new to one series may be known from another.
        let limit = if kind.sees == Sees::Category { 0 } else { limit };
        let (count, shared) = &mut self.held[index];
        if let (true, Some(shared)) = (*count >= limit, *shared) {
            return (shared, false);
        }
        let place = self.running.len() as u32;
        let mut detector = (kind.build)(&spec.params, *count as u64);
        let own = *count < limit;
        let all = subject_of_all(spec);
        let kept = if own { Some(subject) } else { all.as_ref() };
        let known = kept.map_or(Timestamp::MIN, |subject| self.memory.revive(spec, subject, detector.as_mut()));
        self.running.push(Running { detector, known });
        if !own {
            *shared = Some(place);
        }
        *count += 1;
        (place, own)
    }

    /// Judges the newest sample of a series, which is in the store already. `carried` is asked where it is flagged.
    pub fn sample(&mut self, id: SeriesId, sample: Sample, store: &mut Store, carried: Carries<'_>, effects: &mut VecDeque<Effect>) {
        let Some(Some(hooks)) = self.hooks.get_mut(id.index()) else { return };
        let Hooks { attached, expressions, seats } = hooks.as_mut();
        for place in expressions.iter() {
            let labels = self.expressions[*place as usize].labels(&store.info(id).key);
            self.dirty.push((*place, labels));
        }
        for seat in seats.iter().filter(|s| s.of.is_none()) {
            self.groups.put(seat, sample);
        }
        for (place, attached) in attached.iter_mut().enumerate() {
            if attached.post.is_known(sample.at) {
                continue;
            }
            let x = [sample.value];
            let seen = attached.text.as_ref().map_or(Observation::Numbers(&x), |text| Observation::Category(text));
            let detector = self.running[attached.running as usize].detector.as_mut();
            let verdict = detector.judge(sample.at, &seen);
            let verdict = self.sensitivity.of_series(attached.index, attached.running, sample.at, verdict);
            if let Verdict::Scored(scored) = &verdict {
                store.judge(id, scored.expected, scored.flagged);
                for seat in seats.iter().filter(|s| s.of == Some(place as u8)) {
                    self.groups.put(seat, Sample { at: sample.at, value: scored.score });
                }
            }
            let spec = &self.detectors[attached.index as usize];
            let info = store.info(id);
            let answer = (sample.at, &seen, &verdict);
            let flagged = self.court.hear(
                &mut attached.post,
                answer,
                |scored| {
                    let case = Case {
                        spec,
                        subject: Subject::Series(info.key.clone()),
                        series: Some(id),
                        name: &info.key.name,
                        unit: &info.spec.unit,
                        at: sample.at,
                        seen,
                        dims: &[],
                        contributions: carried(scored),
                        scored,
                    };
                    case.anomaly()
                },
                effects,
            );
            if flagged && !expressions.is_empty() {
                // Whether a rule beside it fires is known when all of this moment is in.
                self.open.push((id, place as u8, sample));
                continue;
            }
            teach(attached.post.lesson(&self.court.rules, flagged, sample.at, spec.accept_after), detector, sample.at, &seen);
        }
        self.court.close(effects);
    }

    /// Judges groups, and answers the expressions whose metrics have new samples. Called when all samples of one moment
    /// are in, so that an expression over two metrics never sees half of them.
    pub fn settle(&mut self, now: Timestamp, store: &Store, effects: &mut VecDeque<Effect>) {
        let bar = Bar { now, specs: &self.detectors, court: &mut self.court, sensitivity: &mut self.sensitivity };
        self.groups.settle(bar, effects);
        if self.dirty.is_empty() {
            return;
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort();
        dirty.dedup();
        for (place, labels) in dirty.drain(..) {
            let expression = &mut self.expressions[place as usize];
            let Some(watch) = expression.bindings.get(&labels).map(|b| b.watch) else { continue };
            let held = self.court.rules.held(watch);
            let Some(answer) = expression.answer(&labels, held, store) else { continue };
            let score = if answer.holds { 1.0 } else { 0.0 };
            let seen = Observed { at: answer.at, flagged: answer.holds, value: answer.value, score, expected: None, form: None };
            let sentence: Arc<str> =
                format!("{} (now {})", expression.text, crate::model::number::measured(answer.value, &answer.unit)).into();
            self.court.answer(watch, seen, sentence);
        }
        self.dirty = dirty;
        self.learn_open();
        self.court.close(effects);
    }

    /// Learns flagged samples of series with expressions, or holds them back, now that those are answered.
    fn learn_open(&mut self) {
        for (id, place, sample) in self.open.drain(..) {
            let Some(Some(hooks)) = self.hooks.get_mut(id.index()) else { continue };
            let Some(Attached { index, running, post, text, .. }) = hooks.attached.get_mut(usize::from(place)) else { continue };
            let x = [sample.value];
            let seen = text.as_ref().map_or(Observation::Numbers(&x), |text| Observation::Category(text));
            let lesson = post.lesson(&self.court.rules, true, sample.at, self.detectors[usize::from(*index)].accept_after);
            teach(lesson, self.running[*running as usize].detector.as_mut(), sample.at, &seen);
        }
    }

    /// Judges one event by one detector of its stream.
    pub fn event(&mut self, keyed: &mut Keyed, event: &EventRef<'_>, origin: &Place<'_, '_>, effects: &mut VecDeque<Effect>) {
        let spec = &self.detectors[keyed.index as usize];
        let (rules, memory) = (&mut self.court.rules, &mut self.memory);
        let key = keyed.take(event, origin.stream, |subject, detector| {
            let watches = watches(rules, spec, subject, Origin::Stream(origin.number), &Arc::from(""));
            Post::of(watches, memory.revive(spec, subject, detector))
        });
        let Some(key) = key else { return };
        let Keyed { keys, fields, taken, .. } = keyed;
        let (state, seen) = (&mut keys[key], taken.seen());
        if state.post.is_known(event.at) || (origin.crosses && keyed.kind.ticks) {
            return;
        }
        let detector = state.detector.as_mut();
        let verdict = detector.judge(event.at, &seen);
        let verdict = self.sensitivity.of_key(keyed.index, key, event.at, verdict);
        let (subject, answer) = (&state.subject, (event.at, &seen, &verdict));
        let flagged = self.court.hear(
            &mut state.post,
            answer,
            |scored| {
                let dims: Vec<&str> = fields.numbers.iter().map(|f| origin.schema.path(*f)).collect();
                let contributions = parts(detector, &seen, |i| dims.get(i).copied());
                let name = dims.first().copied().unwrap_or(origin.stream);
                let (unit, subject, at) = (Arc::from(""), subject.clone(), event.at);
                let unit = &unit;
                let case = Case { spec, subject, series: None, name, unit, at, seen, dims: &dims, contributions, scored };
                let mut anomaly = case.anomaly();
                anomaly.fields = fields.shown(event, origin.schema);
                if let Observation::Category(text) = seen {
                    anomaly.fields.insert(0, (Arc::from(dims.join(", ")), FieldText::Text(text.into())));
                }
                let record = origin.record;
                anomaly.position = Some(Position { topic: record.topic.clone(), partition: record.partition, offset: record.offset });
                anomaly
            },
            effects,
        );
        teach(state.post.lesson(&self.court.rules, flagged, event.at, spec.accept_after), detector, event.at, &seen);
        self.court.close(effects);
    }

    /// Lets time pass for rules whose condition ends by itself, and for silence.
    pub fn pass(&mut self, now: Timestamp, clock: impl Fn(Origin) -> Clock, effects: &mut VecDeque<Effect>) {
        self.court.pass(now, clock);
        self.court.close(effects);
    }

    /// Detectors over series that have not judged yet: name, what they judge, how far they are.
    pub fn learning<'a>(&'a self, store: &'a Store) -> impl Iterator<Item = (Arc<str>, Subject, Progress)> + 'a {
        let of = move |(place, hooks): (usize, &'a Option<Box<Hooks>>)| {
            let attached = hooks.iter().flat_map(|h| &h.attached);
            let subject = move || Subject::Series(store.info(SeriesId(place as u32)).key.clone());
            attached.filter_map(move |a| Some((Arc::clone(&self.detectors[a.index as usize].name), subject(), *a.post.progress()?)))
        };
        self.hooks.iter().enumerate().flat_map(of).chain(self.groups.learning(&self.detectors))
    }
}

/// Whether a detector judges samples of a series with this key.
pub(super) fn over(spec: &DetectorSpec, key: &SeriesKey) -> bool {
    match &spec.on {
        DetectorOn::Metric(pattern) | DetectorOn::Group { metric: pattern, .. } => matches(pattern, &key.name),
        DetectorOn::Stream { .. } | DetectorOn::Detector { .. } => false,
    }
}

/// Watches of the rules over a detector, for one more subject.
pub(super) fn watches(rules: &mut Rules, spec: &DetectorSpec, subject: &Subject, origin: Origin, unit: &Arc<str>) -> Vec<WatchId> {
    let places = rules.of_detector(&spec.name);
    places.into_iter().map(|r| rules.watch(r, subject.clone(), origin, Arc::clone(unit))).collect()
}

/// Where an event came from.
pub(super) struct Place<'a, 'r> {
    pub stream: &'a Arc<str>,
    pub number: u16,
    pub schema: &'a Schema,
    pub record: &'a RecordRef<'r>,
    /// See [`super::stream::Stream::crosses`].
    pub crosses: bool,
}
