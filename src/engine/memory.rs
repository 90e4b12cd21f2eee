//! What detectors have learned, taken out to be kept over a restart, and put back.
//!
//! States go by the detector's name, its definition and its subject. At a start no series is there yet: states wait
//! until their subject is met. They are handed in as commands, so that a recording has them and its replay says the
//! same. What was learned already and is read once more from the source is neither judged nor learned again. What
//! does not fit is named, and learned anew.

use super::judge::{Hooks, Judge};
use super::machine::Engine;
use super::plan::Plan;
use super::{keep_alerts, kinds};
use crate::detect::{DetectorOn, DetectorSpec, ParamValue, Sees};
use crate::measure::MetricSpec;
use crate::model::number::number;
use crate::model::{Command, Detector, LabelSet, Millis, Safe, SeriesId, SeriesKey, Subject, Timestamp};
use crate::stats::hll::hash_bytes;
use crate::store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// The form of what is kept; another one is not read.
const VERSION: u32 = 1;
/// Bytes of states kept in all: what a console can write every few minutes without anybody noticing. Later subjects
/// learn anew.
const BYTES: usize = 16 << 20;
/// By how much clocks differ without anybody calling one of them wrong.
const CLOCKS: Millis = Millis::from_secs(10);
/// Bytes of one command: a line of a recording is to stay readable.
const COMMAND_BYTES: usize = 1 << 20;
/// States that wait for their subjects.
const WAITING: usize = 200_000;
/// Faults that are named; of the rest it is said that there are more.
const NAMED: u32 = 10;

/// All that is kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct Learned {
    version: u32,
    /// When it was taken out, on the machine's clock, in milliseconds since the epoch.
    pub at: i64,
    /// Subjects for which there was no room.
    pub left_out: usize,
    detectors: Vec<OfDetector>,
}

/// What one detector has learned.
#[derive(Debug, Serialize, Deserialize)]
struct OfDetector {
    name: String,
    definition: String,
    /// How high its scores are, see `sensitivity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scores: Option<Box<RawValue>>,
    states: Vec<State>,
}

/// What it has learned of one subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    subject: String,
    /// Event time of the last observation.
    until: i64,
    /// How its metric was measured, see [`Memory::measured`].
    #[serde(default)]
    measured: u64,
    learned: Box<RawValue>,
}

impl Learned {
    /// Of how many subjects something was learned.
    pub fn subjects(&self) -> usize {
        self.detectors.iter().map(|d| d.states.len()).sum()
    }

    /// Whether something was learned by this very detector of `plan`, of a metric that is measured as it was.
    pub fn knows(&self, spec: &DetectorSpec, plan: &Plan) -> bool {
        let mut memory = Memory::default();
        memory.measures(&plan.metrics);
        let same = |d: &&OfDetector| *d.name == *spec.name && d.definition == definition(spec, &plan.detectors);
        let fits = |s: &State| s.measured == memory.measured(spec, &s.subject);
        self.version == VERSION && self.detectors.iter().find(same).is_some_and(|d| d.states.iter().any(fits))
    }

    /// The commands that put it back: to be handed in before anything is judged.
    ///
    /// # Errors
    /// It is of another form.
    pub fn commands(self) -> Result<Vec<Command>, String> {
        if self.version != VERSION {
            return Err(format!("its version is {}, and this program reads {VERSION}", self.version));
        }
        let mut out = Vec::new();
        for OfDetector { name, definition, scores, states } in self.detectors {
            let mut part = OfDetector { name, definition, scores, states: Vec::new() };
            let mut bytes = 0;
            for state in states {
                bytes += state.learned.get().len();
                part.states.push(state);
                if bytes > COMMAND_BYTES {
                    out.extend(command(&mut part));
                    bytes = 0;
                }
            }
            out.extend(command(&mut part));
        }
        Ok(out)
    }
}

fn command(part: &mut OfDetector) -> Option<Command> {
    let text = serde_json::to_string(part).ok().filter(|_| !part.states.is_empty() || part.scores.is_some())?;
    part.states.clear();
    part.scores = None;
    Some(Command::Restore { states: text.into() })
}

/// States that wait for their subjects, and what is to be said of them.
#[derive(Default)]
pub(super) struct Memory {
    waiting: BTreeMap<(Arc<str>, String), State>,
    /// How each metric is measured, as a sum of its definition: what was learned of a mean is no good for a total.
    metrics: BTreeMap<Arc<str>, u64>,
    faults: u32,
    /// What is to be told.
    pub notes: Vec<String>,
}

impl Memory {
    /// The metrics are these now.
    pub fn measures(&mut self, metrics: &[MetricSpec]) {
        self.metrics.clear();
        for metric in metrics {
            *self.metrics.entry(Arc::clone(&metric.name)).or_default() ^= hash_bytes(measured(metric).as_bytes());
        }
    }

    /// How what a detector judges is measured; nought where no metric of the configuration is asked.
    fn measured(&self, spec: &DetectorSpec, subject: &str) -> u64 {
        let metric = match &spec.on {
            DetectorOn::Metric(_) => subject.split('{').next().unwrap_or_default(),
            DetectorOn::Group { metric, .. } => metric,
            DetectorOn::Detector { .. } | DetectorOn::Stream { .. } => return 0,
        };
        self.metrics.get(metric).copied().unwrap_or(0)
    }

    /// Gives a detector what was learned of its subject. Answers up to when that reaches.
    pub fn revive(&mut self, spec: &DetectorSpec, subject: &Subject, detector: &mut dyn Detector) -> Timestamp {
        if self.waiting.is_empty() {
            return Timestamp::MIN;
        }
        let key = (Arc::clone(&spec.name), subject.to_string());
        let Some(kept) = self.waiting.remove(&key) else { return Timestamp::MIN };
        // The configuration may have been read anew since it was handed in.
        if kept.measured != self.measured(spec, &key.1) {
            return Timestamp::MIN;
        }
        let state = serde_json::from_str::<Value>(kept.learned.get()).unwrap_or_default();
        match detector.restore(&state) {
            Ok(()) => {
                detector.resume();
                Timestamp::from_millis(kept.until)
            }
            Err(error) => {
                self.fault(format!("detector {} learns {subject} anew: {error}", spec.name));
                Timestamp::MIN
            }
        }
    }

    /// Lets go what waits for detectors that are something else now.
    pub fn keep(&mut self, goes_on: impl Fn(&str) -> bool) {
        self.waiting.retain(|(detector, _), _| goes_on(detector));
    }

    /// How the metrics of these names are measured, as a sum.
    pub fn sum_of(&self, named: impl Fn(&str) -> bool) -> u64 {
        self.metrics.iter().filter(|(name, _)| named(name)).fold(0, |sum, (_, one)| sum ^ one)
    }

    pub(super) fn fault(&mut self, text: String) {
        self.faults = self.faults.saturating_add(1);
        match self.faults {
            n if n <= NAMED => self.notes.push(text),
            n if n == NAMED + 1 => self.notes.push("further detectors learn anew".to_owned()),
            _ => {}
        }
    }
}

/// How a metric is measured, in full. Its unit, its limit of series and what explains it change no value.
fn measured(metric: &MetricSpec) -> String {
    let MetricSpec { name: _, stream, field, measure, of, to, by, filter, step, unit: _, max_series: _, explain_by: _ } = metric;
    format!("{stream:?} {field:?} {measure:?} {of:?} {to:?} {by:?} {filter:?} {step:?}")
}

/// What a detector is, so that another one does not take its states: kind, parameters, what it judges.
pub(super) fn definition(spec: &DetectorSpec, all: &[DetectorSpec]) -> String {
    let mut out = spec.kind.to_owned();
    for (name, value) in &spec.params.0 {
        let _ = match value {
            ParamValue::Number(x) => write!(out, " {name}={}", number(*x)),
            ParamValue::Word(word) => write!(out, " {name}={word}"),
            ParamValue::Flag(flag) => write!(out, " {name}={flag}"),
        };
    }
    let list = |names: &[Arc<str>]| names.join(",");
    let _ = match &spec.on {
        DetectorOn::Metric(metric) => write!(out, " of metric {metric}"),
        DetectorOn::Group { metric, by } => write!(out, " of metric {metric} by {}", list(by)),
        DetectorOn::Detector { of, by } => {
            // Scores of another kind are other numbers. A detector of detectors is not judged by a third.
            let below = all.iter().find(|d| d.name == *of && !matches!(d.on, DetectorOn::Detector { .. }));
            let below = below.map_or_else(String::new, |below| definition(below, all));
            write!(out, " of detector {of} ({below}) by {}", list(by))
        }
        DetectorOn::Stream { stream, fields, by, filter, .. } => {
            let filter = filter.as_deref().unwrap_or("");
            write!(out, " of stream {stream} fields {} by {} where {filter}", list(fields), list(by))
        }
    };
    out
}

/// The states of each detector, as many as there is room for.
struct Saved<'a> {
    judge: &'a Judge,
    /// What a producer whose clock is fast has sent reaches beyond it; that is no reason to pass over what others will
    /// send until then.
    now: Timestamp,
    states: Vec<Vec<State>>,
    bytes: usize,
    left_out: usize,
}

impl Saved<'_> {
    fn add(&mut self, index: usize, subject: &Subject, until: Timestamp, detector: &dyn Detector) {
        // Writing down is the dear part: what has no room is not written down first.
        if self.bytes >= BYTES {
            self.left_out += 1;
            return;
        }
        let subject = subject.to_string();
        let measured = self.judge.memory.measured(&self.judge.detectors[index], &subject);
        match to_raw_value(&detector.save()) {
            Ok(learned) => self.keep(index, State { subject, until: until.min(self.now + CLOCKS).as_millis(), measured, learned }),
            Err(_) => self.left_out += 1,
        }
    }

    fn keep(&mut self, index: usize, state: State) {
        let bytes = state.subject.len() + state.learned.get().len();
        if self.bytes + bytes > BYTES {
            // A smaller one might still fit; looking for it would cost writing down all others.
            self.bytes = BYTES;
            self.left_out += 1;
            return;
        }
        self.bytes += bytes;
        self.states[index].push(state);
    }
}

impl Engine {
    /// All that the detectors have learned, as far as there is room for it.
    pub fn save_detectors(&self) -> Learned {
        let specs = &self.judge.detectors;
        let scores = |index| self.judge.sensitivity.save(index).and_then(|scores| to_raw_value(&scores).ok());
        let scores: Vec<Option<Box<RawValue>>> = (0..specs.len()).map(scores).collect();
        let bytes = scores.iter().flatten().map(|scores| scores.get().len()).sum();
        let mut saved = Saved { judge: &self.judge, now: self.now, states: specs.iter().map(|_| Vec::new()).collect(), bytes, left_out: 0 };
        self.judge.save(&self.store, &mut saved);
        for keyed in self.streams.iter().flat_map(|s| &s.keyed) {
            for state in keyed.keys.iter().take(keyed.keys_max()) {
                saved.add(usize::from(keyed.index), &state.subject, state.post.until(), state.detector.as_ref());
            }
        }
        // What nobody has asked for yet is not lost.
        for ((name, _), state) in &self.judge.memory.waiting {
            if let Some(index) = specs.iter().position(|d| d.name == *name) {
                saved.keep(index, state.clone());
            }
        }
        let of = |((spec, states), scores): ((&DetectorSpec, Vec<State>), Option<Box<RawValue>>)| {
            let known = !states.is_empty() || scores.is_some();
            known.then(|| OfDetector { name: spec.name.to_string(), definition: definition(spec, specs), scores, states })
        };
        let detectors = specs.iter().zip(saved.states).zip(scores).filter_map(of).collect();
        Learned { version: VERSION, at: self.now.as_millis(), left_out: saved.left_out, detectors }
    }

    /// Takes up what a command brings back. Keys of events that are there already get it at once; a start hands it in
    /// before there is any other subject.
    pub(super) fn restore(&mut self, text: &str) {
        if text.starts_with(keep_alerts::BEGINS) {
            return self.restore_alerts(text);
        }
        let Judge { memory, detectors, sensitivity, .. } = &mut self.judge;
        let part = match serde_json::from_str::<OfDetector>(text) {
            Ok(part) => part,
            Err(error) => return memory.fault(format!("what a detector had learned cannot be read: {error}")),
        };
        let Some((index, spec)) = detectors.iter().enumerate().find(|(_, d)| *d.name == *part.name) else {
            return memory.fault(format!("what detector {} had learned is dropped: the configuration has no such detector", part.name));
        };
        let present = definition(spec, detectors);
        if present != part.definition {
            let (name, was) = (&spec.name, Safe::message(&part.definition));
            return memory.fault(format!("detector {name} learns anew, for its definition changed: it was {was} and is {present}"));
        }
        if let Some(scores) = &part.scores
            && !serde_json::from_str(scores.get()).is_ok_and(|scores| sensitivity.restore(index, &scores))
        {
            memory.fault(format!("detector {} learns anew how high its scores are: what was kept is something else", spec.name));
        }
        let mut others = BTreeSet::new();
        for state in part.states {
            if state.measured != memory.measured(spec, &state.subject) {
                others.insert(state.subject.split('{').next().unwrap_or_default().to_owned());
            } else if memory.waiting.len() < WAITING {
                memory.waiting.insert((Arc::clone(&spec.name), state.subject.clone()), state);
            }
        }
        for metric in others {
            let metric = Safe::label(&metric);
            memory.fault(format!("detector {} learns {metric} anew: it is measured in another way now", spec.name));
        }
        for keyed in self.streams.iter_mut().flat_map(|s| &mut s.keyed) {
            let spec = &detectors[usize::from(keyed.index)];
            for state in &mut keyed.keys {
                state.post.knows(memory.revive(spec, &state.subject, state.detector.as_mut()));
            }
        }
    }
}

impl Judge {
    fn save(&self, store: &Store, saved: &mut Saved) {
        // Detectors of names, which all series share: up to when the last of them was seen.
        let mut shared: BTreeMap<u16, (u32, Timestamp)> = BTreeMap::new();
        for (place, hooks) in self.hooks.iter().enumerate() {
            let Some(Hooks { attached, .. }) = hooks.as_deref() else { continue };
            for attached in attached {
                if attached.own {
                    let subject = Subject::Series(store.info(SeriesId(place as u32)).key.clone());
                    let detector = self.running[attached.running as usize].detector.as_ref();
                    saved.add(usize::from(attached.index), &subject, attached.post.until(), detector);
                } else {
                    let (_, last) = shared.entry(attached.index).or_insert((attached.running, Timestamp::MIN));
                    *last = attached.post.until().max(*last);
                }
            }
        }
        for (index, (running, last)) in shared {
            if let Some(subject) = subject_of_all(&self.detectors[usize::from(index)]) {
                saved.add(usize::from(index), &subject, last, self.running[running as usize].detector.as_ref());
            }
        }
        for group in &self.groups.list {
            saved.add(usize::from(group.index), &group.subject, group.post.until(), group.detector.as_ref());
        }
    }
}

/// The subject under which a detector of names goes, which all series of its metrics share; `None` for others.
pub(super) fn subject_of_all(spec: &DetectorSpec) -> Option<Subject> {
    let DetectorOn::Metric(name) = &spec.on else { return None };
    kinds::kind(spec.kind).filter(|k| k.sees == Sees::Category)?;
    Some(Subject::Series(SeriesKey::new(Arc::clone(name), LabelSet::none())))
}
