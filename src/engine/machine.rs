//! The machine itself: takes one input at a time, keeps its effects until they are asked for.

use super::compile;
use super::effect::Effect;
use super::excerpts::Excerpts;
use super::judge::{Homes, Judge, Place};
use super::marks::Marks;
use super::plan::Plan;
use super::silence::Ground;
use super::silence_settle::Scene;
use super::status::Statuses;
use super::stream::{Seat, Stream};
use super::ticks::{self, Home, Reached};
use crate::alert::{Clock, Origin, Rules};
use crate::decode::{Fate, RejectRing};
use crate::measure::{Measured, Place as RecordPlace, Slot};
use crate::model::{
    Command, Counters, Flow, Input, LabelSet, LinkState, Millis, PartitionEvent, Reading, RecordRef, Sample, Scored, SeriesId, SeriesKey,
    SourceId, Subject, Timestamp,
};
use crate::store::{SeriesSpec, Store};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// A clock that stood still longer than this (sleep, a gap in a recording) is not stepped through
/// second by second: the grid goes on this much before the new time.
const STEP_THROUGH: Millis = Millis::from_secs(24 * 3600);
/// Readings of one source whose series are remembered by their place; further ones are looked up.
const READINGS_KNOWN: usize = 10_000;
/// Partitions are checked for running ahead after so many records of a stream.
const FLOW_EVERY: u64 = 2_000;

/// The machine.
pub struct Engine {
    pub(super) plan: Plan,
    pub(super) now: Timestamp,
    pub(super) grid: Option<Timestamp>,
    pub(super) store: Store,
    pub(super) streams: Vec<Stream>,
    pub(super) judge: Judge,
    pub(super) statuses: Statuses,
    pub(super) rejects: RejectRing,
    pub(super) unclaimed: u64,
    /// What streams that are no more have counted.
    pub(super) retired: Counters,
    pub(super) effects: VecDeque<Effect>,
    /// Series of readings, in the order a source hands them out.
    pub(super) readings: Vec<Vec<(Reading, Option<SeriesId>)>>,
    pub(super) paused: BTreeSet<Slot>,
    pub(super) topics: Vec<Arc<str>>,
    pub(super) since_flow: u64,
    pub(super) marks: Marks,
    pub(super) excerpts: Excerpts,
}

impl Engine {
    /// A machine for `plan`. The second part names what of the plan could not be compiled; for a plan
    /// that `config` has passed it is empty.
    pub fn new(plan: Plan) -> (Self, Vec<String>) {
        let mut faults = Vec::new();
        let streams = compile::streams(&plan, &mut faults);
        let rules = Rules::new(plan.rules.clone());
        let mut judge = Judge::new(plan.detectors.clone(), rules, homes(&streams), plan.limits.anomalies, &mut faults);
        judge.sensitivity.set(plan.limits.false_alerts);
        judge.memory.measures(&plan.metrics);
        let engine = Self {
            now: Timestamp::MIN,
            grid: None,
            store: Store::new(plan.limits.store),
            streams,
            judge,
            statuses: Statuses::new(&plan.sources, plan.limits.partitions),
            rejects: RejectRing::new(),
            unclaimed: 0,
            retired: Counters::default(),
            effects: VecDeque::new(),
            readings: vec![Vec::new(); plan.sources.len()],
            paused: BTreeSet::new(),
            topics: Vec::new(),
            since_flow: 0,
            marks: Marks::default(),
            excerpts: Excerpts::default(),
            plan,
        };
        (engine, faults)
    }

    /// Whether a stream reads `topic` of a source.
    pub fn reads(&self, source: SourceId, topic: &str) -> bool {
        let name = self.statuses.source_name(source);
        self.streams.iter().any(|s| s.reads(&name, topic))
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input<'_>) {
        match input {
            Input::Record(record) => self.record(&record),
            Input::Readings { source, at, readings } => self.take_readings(source, at, readings),
            Input::Partition { source, topic, partition, event } => self.partition(source, topic, partition, event),
            Input::Link { source, topic, state, detail } => {
                let topic = topic.map(|t| self.topic(source, t));
                if let (Some(place), LinkState::Denied | LinkState::Down | LinkState::Unknown) = (topic, state) {
                    self.set_aside(source, place);
                }
                if let Some(change) = self.statuses.link(source, topic, state, detail, self.now) {
                    self.effects.push_back(Effect::Source(Box::new(change)));
                }
            }
            Input::Tick(at) => self.tick(at),
            Input::Command(command) => self.command(command),
            Input::End => self.end(),
        }
        if let Some(news) = self.store.news() {
            self.effects.push_back(Effect::Note(news.into()));
        }
        if !self.judge.memory.notes.is_empty() {
            self.effects.extend(self.judge.memory.notes.drain(..).map(|note| Effect::Note(note.into())));
        }
    }

    /// The next thing to be done, in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn topic(&mut self, source: SourceId, topic: &Arc<str>) -> u32 {
        let streams = &self.streams;
        let place = self.statuses.topic(source, topic, |name, topic| streams.iter().position(|s| s.reads(name, topic)).map(|p| p as u16));
        if self.topics.len() <= place as usize {
            self.topics.push(Arc::clone(topic));
        }
        place
    }

    fn record(&mut self, record: &RecordRef<'_>) {
        let topic = self.topic(record.source, record.topic);
        let Some(place) = self.statuses.stream_of(topic) else {
            self.unclaimed += 1;
            self.statuses.record(topic, record.partition, record.offset, record.time, false, self.now);
            return;
        };
        let Stream { reader, meter, keyed, newest, heard, measured, spec, schema, crosses, .. } = &mut self.streams[place as usize];
        let accepted_before = reader.counters().accepted;
        let (judge, effects) = (&mut self.judge, &mut self.effects);
        let told = effects.len();
        let at = RecordPlace { source: record.source, topic_index: topic, partition: record.partition, offset: record.offset };
        let mut latest = None;
        reader.read(record, self.now, &mut self.rejects, &mut |event| {
            if !meter.accept(event, at, measured) {
                return Fate::Late;
            }
            latest = latest.max(Some(event.at));
            let origin = Place { stream: &spec.name, number: place, schema, record, crosses: *crosses };
            for detector in keyed.iter_mut() {
                judge.event(detector, event, &origin, effects);
            }
            Fate::Accepted
        });
        *heard = self.now;
        *newest = (*newest).max(latest.unwrap_or(Timestamp::MIN));
        let rejected = reader.counters().accepted == accepted_before;
        if meter.is_due() {
            meter.close(measured);
        }
        if let Some(at) = latest {
            self.excerpt_record(place as usize, record, at, told);
        }
        self.statuses.record(topic, record.partition, record.offset, latest, rejected, self.now);
        if !self.streams[place as usize].measured.is_empty() {
            self.take_measured(place as usize);
            self.mark_flagged(place as usize, told);
        }
        self.since_flow += 1;
        if self.since_flow >= FLOW_EVERY {
            self.since_flow = 0;
            self.flow();
        }
    }

    /// Marks samples that are events found odd: of metrics without a step, with the event's labels, moment and value. Effects
    /// before `told` were there already.
    fn mark_flagged(&mut self, place: usize, told: usize) {
        for effect in self.effects.iter().skip(told) {
            let Effect::Anomaly(anomaly) = effect else { continue };
            let Subject::Key { labels, .. } = &anomaly.subject else { continue };
            for metric in self.streams[place].metrics.iter().filter(|m| m.step.is_none()) {
                let key = SeriesKey { name: Arc::clone(&metric.name), labels: labels.clone() };
                let is_it = |s: &Sample| s.at == anomaly.at && s.value.total_cmp(&anomaly.value).is_eq();
                if let Some(id) = self.store.find(&key)
                    && self.store.info(id).last.as_ref().is_some_and(is_it)
                {
                    self.store.judge(id, None, true);
                }
            }
        }
    }

    /// Takes what the meter of a stream handed out: into the store, to detectors and rules.
    fn take_measured(&mut self, place: usize) {
        let told = self.effects.len();
        let measured = std::mem::take(&mut self.streams[place].measured);
        let mut rest = &measured[..];
        while let Some(first) = rest.first() {
            // Windows that end together close together, however far the watermark leaps at once; those
            // that only begin together do not.
            let metrics = &self.streams[place].metrics;
            let end = |m: &Measured| m.at + metrics[m.metric as usize].step.unwrap_or_default();
            let together = rest.iter().take_while(|m| end(m) == end(first)).count();
            self.take_moment(place, &rest[..together]);
            rest = &rest[together..];
        }
        self.excerpt_series(place, told);
        self.streams[place].measured = measured;
        self.streams[place].measured.clear();
    }

    /// Takes the values of one moment: first as parts of others, so that these can be explained.
    fn take_moment(&mut self, place: usize, moment: &[Measured]) {
        let Stream { parts, meter, .. } = &mut self.streams[place];
        if !parts.is_empty() {
            for m in moment {
                parts.take(m, || meter.labels(m.metric, m.group));
            }
        }
        let visible = parts.visible;
        for m in moment.iter().filter(|m| usize::from(m.metric) < visible) {
            let Some(id) = self.series_of(place, m) else { continue };
            let sample = Sample { at: m.at, value: m.value };
            self.store.push(id, sample, self.now);
            let Stream { parts, meter, .. } = &mut self.streams[place];
            let mut carried = |scored: &Scored| parts.explain(m.metric, meter.labels(m.metric, m.group), m.at, m.value, scored);
            self.judge.sample(id, sample, &mut self.store, &mut carried, &mut self.effects);
        }
        self.judge.settle(self.now, &self.store, &mut self.effects);
    }

    fn series_of(&mut self, place: usize, m: &Measured) -> Option<SeriesId> {
        let stream = &mut self.streams[place];
        let slots = &mut stream.series[m.metric as usize];
        if slots.len() <= m.group as usize {
            slots.resize(m.group as usize + 1, Seat::Open);
        }
        if let Seat::Taken(known) = slots[m.group as usize]
            && self.store.alive(known)
        {
            return Some(known);
        }
        let spec = &stream.metrics[m.metric as usize];
        let key = SeriesKey { name: Arc::clone(&spec.name), labels: stream.meter.labels(m.metric, m.group).clone() };
        let watched = self.judge.watches(&key);
        let id = open(&mut self.store, &mut self.judge, &key, &stream.series_spec(m.metric, watched));
        self.streams[place].series[m.metric as usize][m.group as usize] = id.map_or(Seat::Open, Seat::Taken);
        id
    }

    fn take_readings(&mut self, source: SourceId, at: Timestamp, readings: &[Reading]) {
        self.statuses.readings(source, readings.len(), self.now);
        self.judge.ticks.reading = source.0;
        let Some(mut known) = self.readings.get_mut(source.0 as usize).map(std::mem::take) else { return };
        for (i, reading) in readings.iter().enumerate() {
            if !reading.value.is_finite() {
                continue;
            }
            let same = known
                .get(i)
                .filter(|(r, id)| r.name == reading.name && r.labels == reading.labels && id.is_some_and(|id| self.store.alive(id)));
            let id = if let Some((_, id)) = same {
                *id
            } else {
                let key = SeriesKey { name: Arc::clone(&reading.name), labels: LabelSet::new(reading.labels.iter().cloned()) };
                let spec = SeriesSpec { unit: Arc::from(reading.unit), step: None, watched: self.judge.watches(&key) };
                let id = open(&mut self.store, &mut self.judge, &key, &spec);
                let entry = (reading.clone(), id);
                if i < known.len() {
                    known[i] = entry;
                } else if i == known.len() && i < READINGS_KNOWN {
                    known.push(entry);
                }
                id
            };
            let Some(id) = id else { continue };
            let sample = Sample { at, value: reading.value };
            self.store.push(id, sample, self.now);
            self.judge.sample(id, sample, &mut self.store, &mut |_| Vec::new(), &mut self.effects);
        }
        self.judge.settle(self.now, &self.store, &mut self.effects);
        self.readings[source.0 as usize] = known;
    }

    fn partition(&mut self, source: SourceId, topic: &Arc<str>, partition: i32, event: PartitionEvent) {
        let place = self.topic(source, topic);
        if let Some(change) = self.statuses.partition_event(place, partition, event, self.now) {
            self.effects.push_back(Effect::Source(Box::new(change)));
        }
        let Some(number) = self.statuses.stream_of(place) else { return };
        let stream = &mut self.streams[number as usize];
        stream.crosses = self.statuses.crosses(number);
        let slot = Slot { source, topic_index: place, partition };
        match event {
            PartitionEvent::Assigned { position, end } if position < end => stream.meter.assigned(slot),
            PartitionEvent::Assigned { .. } | PartitionEvent::Idle => stream.meter.idle(slot),
            PartitionEvent::Revoked => stream.meter.revoked(slot),
            PartitionEvent::Recreated => stream.reader.recreated(source, topic, partition),
            PartitionEvent::End { .. } | PartitionEvent::Lost { .. } => {}
        }
        self.close(self.statuses.stream_of(place));
    }

    /// A topic that cannot be read holds up nothing of its stream: what others deliver is judged without it.
    fn set_aside(&mut self, source: SourceId, topic: u32) {
        let Some(place) = self.statuses.stream_of(topic) else { return };
        let meter = &mut self.streams[place as usize].meter;
        for partition in self.statuses.partitions_of(topic) {
            meter.idle(Slot { source, topic_index: topic, partition });
        }
        self.close(Some(place));
    }

    pub(super) fn close(&mut self, place: Option<u16>) {
        let Some(place) = place else { return };
        let stream = &mut self.streams[place as usize];
        stream.meter.close(&mut stream.measured);
        self.take_measured(place as usize);
    }

    fn tick(&mut self, at: Timestamp) {
        let step = self.plan.tick;
        let Some(last) = self.grid else {
            self.grid = Some(at.floor_to(step));
            self.now = at;
            return;
        };
        if at <= self.now {
            return;
        }
        let mut next = last + step;
        if at.since(next) > STEP_THROUGH {
            next = (at - STEP_THROUGH).floor_to(step);
        }
        while next <= at {
            self.pass(next);
            self.grid = Some(next);
            next = next + step;
        }
        self.now = at;
    }

    /// One grid point passes.
    fn pass(&mut self, now: Timestamp) {
        self.now = now;
        for place in 0..self.streams.len() {
            self.streams[place].meter.tick(now);
            self.close(Some(place as u16));
            self.provisional(place);
        }
        let (streams, store) = (&self.streams, &self.store);
        let clock = |origin: Origin| match origin {
            Origin::Stream(place) => Clock { event: streams[place as usize].newest, heard: streams[place as usize].heard },
            Origin::Series(id) => {
                let info = store.info(id);
                Clock { event: info.last.map_or(Timestamp::MIN, |s| s.at), heard: info.heard }
            }
            Origin::Kept => Clock { event: Timestamp::MIN, heard: now },
        };
        self.judge.pass(now, clock, &mut self.effects);
        if now == now.floor_to(Millis::from_secs(1)) {
            self.ask();
            let mut changes = Vec::new();
            self.statuses.second(now, &mut changes);
            for (number, stream) in self.streams.iter_mut().enumerate().filter(|(_, stream)| stream.crosses) {
                stream.crosses = self.statuses.crosses(number as u16);
            }
            self.effects.extend(changes.into_iter().map(|c| Effect::Source(Box::new(c))));
        }
        self.flow();
    }

    /// Asks detectors for what did not come.
    fn ask(&mut self) {
        let reached = Reached { now: self.now, streams: self.streams.iter().map(|s| ticks::reached(s, self.now)).collect() };
        self.look(&reached);
        self.judge.ask_series(&reached, &self.store, &mut self.effects);
        for (place, stream) in self.streams.iter_mut().enumerate() {
            self.judge.ask_events(stream, place as u16, &reached, &mut self.effects);
        }
        let (streams, store, effects) = (&mut self.streams[..], &self.store, &mut self.effects);
        self.judge.settle_silence(&mut Scene { streams, reached: &reached, store, effects });
    }

    /// Looks at what delivers: whether it lives.
    fn look(&mut self, reached: &Reached) {
        for (place, stream) in self.streams.iter().enumerate() {
            let ground = (Ground::Stream(place as u16), &stream.spec.name);
            self.judge.silences.look(ground, stream.heard, reached.streams[place], self.now);
        }
        for (source, name, heard) in self.statuses.measuring() {
            self.judge.silences.look((Ground::Source(source.0), name), heard, Some(self.now), self.now);
        }
    }

    /// Shows the values of open windows, which may still change.
    fn provisional(&mut self, place: usize) {
        let Stream { meter, series, .. } = &self.streams[place];
        let store = &mut self.store;
        meter.provisional(&mut |metric, group, sample| {
            if let Some(Seat::Taken(id)) = series[metric as usize].get(group as usize)
                && store.alive(*id)
            {
                store.provisional(*id, Some(sample));
            }
        });
    }

    /// Holds back partitions that run ahead while others catch up, and lets them go on afterwards.
    fn flow(&mut self) {
        let ahead: BTreeSet<Slot> = self.streams.iter().flat_map(|s| s.meter.ahead()).collect();
        if ahead == self.paused {
            return;
        }
        let changes = ahead.difference(&self.paused).map(|k| (*k, true)).chain(self.paused.difference(&ahead).map(|k| (*k, false)));
        for (slot, pause) in changes {
            let flow =
                Flow { source: slot.source, topic: Arc::clone(&self.topics[slot.topic_index as usize]), partition: slot.partition, pause };
            self.effects.push_back(Effect::Flow(flow));
        }
        self.paused = ahead;
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Acknowledge { id, who } => {
                self.judge.court.book.acknowledge(*id, who, self.now);
            }
            Command::AcceptAnomaly(id) => self.accept(*id),
            Command::Sensitivity(weekly) => self.judge.sensitivity.set(weekly.map(|n| n as f64 / 1_000.0)),
            Command::Mark { text } => self.marks.set(self.now, text),
            // What a reload brings, the shell hands over as a plan.
            Command::Reload { .. } => {}
            Command::Restore { states } => self.restore(states),
            Command::TestFire => self.effects.push_back(Effect::TestFire),
        }
    }

    fn end(&mut self) {
        for place in 0..self.streams.len() {
            let stream = &mut self.streams[place];
            stream.meter.close_all(&mut stream.measured);
            self.take_measured(place);
        }
    }
}

/// Where the samples of the streams' metrics come from.
pub(super) fn homes(streams: &[Stream]) -> Homes {
    let home = |stream: usize, step: Option<Millis>| Home { stream: stream as u16, step: step.unwrap_or_default() };
    let of = |(place, s): (usize, &'_ Stream)| s.metrics.iter().map(|m| (Arc::clone(&m.name), home(place, m.step))).collect::<Vec<_>>();
    streams.iter().enumerate().flat_map(of).collect()
}

/// Opens a series and attaches what watches it.
fn open(store: &mut Store, judge: &mut Judge, key: &SeriesKey, spec: &SeriesSpec) -> Option<SeriesId> {
    let known = store.find(key);
    let id = store.open(key, spec)?;
    if known != Some(id) {
        judge.open(id, key, &spec.unit);
    }
    Some(id)
}
