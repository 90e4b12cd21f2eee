//! A plan exchanged while the machine runs: what still is as it was goes on, the rest begins or ends with a reason.
//!
//! "As it was" means the same name and the same definition. Such series, open windows, detectors and alerts are
//! carried over; everything else is made as at the start. Nothing here depends on a clock, so that a recorded
//! reload does the same when it is replayed.

use super::compile;
use super::effect::Effect;
use super::exchange::Exchange;
use super::expression::Expression;
use super::machine::{Engine, homes};
use super::plan::{Limits, Plan};
use super::stream::Stream;
use crate::decode::Schema;
use crate::measure::Slot;
use crate::model::SeriesId;
use std::collections::BTreeSet;

/// A stream of the new plan, and the place of the one it takes over from.
type Made = (Stream, Option<usize>);

impl Engine {
    /// Takes up what `plan` has beyond the present one, with which it begins: topics that came later.
    /// Answers what could not be compiled.
    pub fn extend(&mut self, plan: Plan) -> Vec<String> {
        let mut faults = Vec::new();
        let old = &self.plan;
        let begins = plan.sources == old.sources
            && plan.streams.starts_with(&old.streams)
            && plan.metrics.starts_with(&old.metrics)
            && plan.detectors.starts_with(&old.detectors)
            && plan.rules.starts_with(&old.rules);
        if !begins || self.streams.len() != old.streams.len() {
            return vec!["what came later does not fit what was there before".to_owned()];
        }
        self.streams.extend(compile::streams_from(&plan, old.streams.len(), &mut faults));
        self.judge.extend(&plan.detectors[old.detectors.len()..], &plan.rules[old.rules.len()..], homes(&self.streams), &mut faults);
        self.judge.memory.measures(&plan.metrics);
        let streams = &self.streams;
        self.statuses.bind(|name, topic| streams.iter().position(|s| s.reads(name, topic)).map(|p| p as u16));
        self.plan = Plan { tick: old.tick, ..plan };
        faults
    }

    /// Takes `plan` in place of the present one. Answers what of it waits for the next start.
    ///
    /// # Errors
    /// What could not be compiled; then nothing has changed.
    pub fn reconfigure(&mut self, plan: Plan) -> Result<Vec<String>, Vec<String>> {
        if plan == self.plan {
            return Ok(Vec::new());
        }
        let mut faults = Vec::new();
        let made = self.make(&plan, &mut faults);
        let rules = plan.rules.iter().enumerate();
        let expressions: Vec<Expression> = rules.filter_map(|(i, spec)| Expression::compile(i as u16, spec, &mut faults)).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let waiting = waiting(&self.plan.limits, &plan.limits);
        self.forget(&plan);
        self.judge.memory.measures(&plan.metrics);
        let places = self.exchange(made);
        let (detectors, rules, homes) = (plan.detectors.clone(), plan.rules.clone(), homes(&self.streams));
        let with = Exchange { detectors, rules, expressions, homes, places: &places, now: self.now };
        let moved = self.judge.exchange(with, &mut self.store, &mut self.effects);
        for (place, stream) in self.streams.iter_mut().enumerate() {
            stream.keyed.iter_mut().for_each(|keyed| self.judge.rewatch(keyed, place as u16, &moved));
        }
        self.restate(&plan, &places);
        self.grid = self.grid.map(|at| at.floor_to(plan.tick));
        // What cannot change keeps the value it has, so that a later reload tells of it again.
        let false_alerts = plan.limits.false_alerts;
        if false_alerts != self.plan.limits.false_alerts {
            self.judge.sensitivity.set(false_alerts);
        }
        self.plan = Plan { limits: Limits { false_alerts, ..self.plan.limits.clone() }, ..plan };
        Ok(waiting)
    }

    /// Makes the streams of `plan`. Fields of a stream that is as it was keep their places.
    fn make(&self, plan: &Plan, faults: &mut Vec<String>) -> Vec<Made> {
        let mut made = Vec::new();
        for spec in &plan.streams {
            let from = self.streams.iter().position(|old| old.spec == *spec);
            let schema = from.map_or_else(Schema::new, |i| (*self.streams[i].schema).clone());
            made.extend(compile::stream(plan, spec, schema, faults).map(|stream| (stream, from)));
        }
        made
    }

    /// Lets go the series of metrics and sources that are gone or are something else now.
    fn forget(&mut self, plan: &Plan) {
        let gone = self.plan.metrics.iter().filter(|old| !plan.metrics.contains(old));
        let mut ids: BTreeSet<SeriesId> = gone.flat_map(|metric| self.store.of_metric(&metric.name)).collect();
        for old in &self.plan.sources {
            if plan.sources.iter().any(|new| new.id == old.id && new.kind == old.kind) {
                continue;
            }
            if let Some(known) = self.readings.get_mut(usize::from(old.id.0)) {
                ids.extend(known.drain(..).filter_map(|(_, id)| id));
            }
        }
        for id in ids {
            self.store.remove(id);
        }
        let most = plan.sources.iter().map(|s| usize::from(s.id.0) + 1).max().unwrap_or(0);
        if self.readings.len() < most {
            self.readings.resize_with(most, Vec::new);
        }
    }

    /// Puts the new streams in place of the old ones. Answers where each old one went on.
    fn exchange(&mut self, made: Vec<Made>) -> Vec<Option<u16>> {
        let mut old: Vec<Option<Stream>> = std::mem::take(&mut self.streams).into_iter().map(Some).collect();
        let mut places = vec![None; old.len()];
        for (mut stream, from) in made {
            if let Some(i) = from
                && let Some(old) = old[i].take()
            {
                stream.adopt(old);
                places[i] = Some(self.streams.len() as u16);
            }
            self.streams.push(stream);
        }
        old.iter().flatten().for_each(|gone| self.retired.add(gone.reader.counters()));
        places
    }

    /// Sources and topics as the new plan has them. Partitions a stream no longer reads do not hold it up.
    fn restate(&mut self, plan: &Plan, places: &[Option<u16>]) {
        let mut changes = Vec::new();
        self.statuses.exchange(&plan.sources, self.now, &mut changes);
        let streams = &self.streams;
        let find = |name: &str, topic: &str| streams.iter().position(|s| s.reads(name, topic)).map(|p| p as u16);
        let left = self.statuses.rebind(find, places, self.now, &mut changes);
        self.effects.extend(changes.into_iter().map(|change| Effect::Source(Box::new(change))));
        for (source, topic, place) in left {
            for partition in self.statuses.partitions_of(topic) {
                self.streams[usize::from(place)].meter.revoked(Slot { source, topic_index: topic, partition });
            }
        }
        for place in 0..self.streams.len() {
            self.close(Some(place as u16));
        }
    }
}

/// Limits that were made use of at the start and hold until the next.
fn waiting(old: &Limits, new: &Limits) -> Vec<String> {
    let changed = [
        ("store.series", old.store.series != new.store.series),
        ("store.raw", old.store.raw != new.store.raw),
        ("store.retention", old.store.retention != new.store.retention),
        ("limits.open_windows", old.open_windows != new.open_windows),
        ("limits.anomalies", old.anomalies != new.anomalies),
        ("limits.partitions", old.partitions != new.partitions),
    ];
    changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| format!("{name} changes at the next start")).collect()
}
