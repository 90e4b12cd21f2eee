//! The first records of topics nobody has described: held, looked at, then handed to the machine
//! that was made from them, so that nothing of them is lost.

use super::clock;
use super::driver::{Feed, Session};
use super::later::Later;
use super::start;
use crate::config::{self, InferContext, Loaded, Overrides, RecordTo, TopicSample};
use crate::engine::Engine;
use crate::model::{Input, OwnedInput, PartitionEvent, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long is waited for more once the first record has come.
const PATIENCE: Duration = Duration::from_secs(2);
/// Inputs held at most.
const HELD_MAX: usize = 10_000;
/// Bytes of records held at most: what a console may take for a moment without being noticed.
const HELD_BYTES: usize = 32 << 20;

/// The state of looking at first records.
pub(super) struct Sampling {
    pub overrides: Overrides,
    /// What is configured already; inferred parts are added to it.
    pub base: String,
    pub file: String,
    /// The log, kept back until the machine is made: nothing is logged twice.
    pub out: Option<Box<dyn Write + Send>>,
    pub record: Option<RecordTo>,
    /// Names the configuration uses already.
    taken: BTreeSet<String>,
    held: Vec<OwnedInput>,
    bytes: usize,
    /// How many records lie ready in each partition of a topic, as it was told at the start.
    ready: BTreeMap<Arc<str>, BTreeMap<i32, u64>>,
    topics: BTreeMap<Arc<str>, TopicSample>,
    first: Option<Instant>,
    started: Timestamp,
}

impl Sampling {
    pub(super) fn new(overrides: Overrides, base: String, file: String, loaded: &Loaded) -> Self {
        let plan = &loaded.plan;
        let names = plan.streams.iter().map(|s| &s.name).chain(plan.metrics.iter().map(|m| &m.name));
        let names = names.chain(plan.detectors.iter().map(|d| &d.name)).chain(plan.rules.iter().map(|r| &r.name));
        let taken = names.chain(loaded.ui.pages.iter().map(|p| &p.name)).map(ToString::to_string).collect();
        Self {
            overrides,
            base,
            file,
            out: None,
            record: None,
            taken,
            held: Vec::new(),
            bytes: 0,
            ready: BTreeMap::new(),
            topics: BTreeMap::new(),
            first: None,
            started: clock::now(),
        }
    }

    /// Keeps one input.
    pub(super) fn hold(&mut self, input: OwnedInput) {
        self.know(&input);
        self.held.push(input);
    }

    /// Looks at one input without keeping it.
    pub(super) fn know(&mut self, input: &OwnedInput) {
        match input {
            OwnedInput::Records(batch) => {
                self.first.get_or_insert_with(clock::instant);
                self.bytes += batch.byte_len();
                for record in batch.iter() {
                    self.topics.entry(Arc::clone(record.topic)).or_default().take(&record);
                }
            }
            OwnedInput::Partition { topic, partition, event: PartitionEvent::Assigned { position, end }, .. } => {
                let there = u64::try_from(end.saturating_sub(*position)).unwrap_or(0);
                let ready = self.ready.entry(Arc::clone(topic)).or_default();
                ready.insert(*partition, there);
                self.topics.entry(Arc::clone(topic)).or_default().partitions = ready.len();
            }
            _ => {}
        }
    }

    /// Topics of which records were seen.
    pub(super) fn seen(&self) -> BTreeSet<Arc<str>> {
        self.topics.iter().filter(|(_, sample)| !sample.records.is_empty()).map(|(name, _)| Arc::clone(name)).collect()
    }

    /// What was kept.
    pub(super) fn held(&mut self) -> Vec<OwnedInput> {
        std::mem::take(&mut self.held)
    }

    /// Whether every topic has been seen enough, or no more can be held.
    pub(super) fn full(&self) -> bool {
        let none = BTreeMap::new();
        let enough = |(name, sample): (&Arc<str>, &TopicSample)| {
            sample.enough(self.ready.get(name).unwrap_or(&none).iter().map(|(partition, there)| (*partition, *there)))
        };
        self.held.len() >= HELD_MAX || self.bytes >= HELD_BYTES || (!self.topics.is_empty() && self.topics.iter().all(enough))
    }

    /// Whether what was seen has to do.
    pub(super) fn ready(&self) -> bool {
        self.first.is_some_and(|first| first.elapsed() >= PATIENCE)
    }

    /// When what was seen has to do; `None`: nothing has come yet.
    pub(super) fn until(&self) -> Option<Instant> {
        self.first.map(|first| first + PATIENCE)
    }

    /// Whether no record has come.
    pub(super) fn empty(&self) -> bool {
        self.first.is_none()
    }

    /// What was seen of each topic.
    pub(super) fn samples(&self) -> Vec<TopicSample> {
        self.topics.iter().map(|(name, sample)| sample.finished(name)).collect()
    }

    /// Whether topics that come later can be taken up.
    fn goes_on(&self) -> bool {
        self.record.is_none() && !self.overrides.exit_at_end
    }

    /// The configuration that what was seen leads to, as TOML.
    pub(super) fn infer(&self) -> String {
        // What a topic without records holds is seen when some come, where the machine can still take it up.
        let samples: Vec<_> = self.samples().into_iter().filter(|s| !self.goes_on() || !s.records.is_empty()).collect();
        let part = !self.base.is_empty();
        let (brokers, from) = (self.overrides.brokers.clone(), self.overrides.from.map(config::write_from));
        let context = InferContext { brokers, from, part, taken: self.taken.clone() };
        let inferred = config::infer(&samples, &context);
        if self.base.is_empty() { inferred } else { config::join(&self.base, &inferred) }
    }

    /// Makes the machine and hands it all that was held.
    pub(super) fn finish(mut self, session: &mut Session) -> anyhow::Result<()> {
        let text = self.infer();
        let loaded: Loaded = config::load(&text, &self.file, &self.overrides).map_err(|e| anyhow::anyhow!("{e}"))?;
        let (engine, faults) = Engine::new(loaded.plan.clone());
        for fault in faults {
            tracing::error!("{fault}");
        }
        session.reload.iter_mut().for_each(|r| r.inferred(&text, &loaded));
        session.plan = loaded.plan.clone();
        session.pump.engine = engine;
        session.pump.out = self.out.take();
        if let Some(to) = &self.record {
            session.pump.recorder = Some(start::recorder(to, &loaded)?);
        }
        if let Some(console) = &mut session.console {
            console.app = start::app(&loaded);
            console.hint = "";
        }
        if let Some(shot) = &mut session.shot {
            shot.anew(&loaded);
        }
        session.pump.feed(Input::Tick(self.started.floor_to(session.plan.tick)));
        session.pump.retelling = true;
        for input in self.held.drain(..) {
            session.pump.feed_owned(&input);
        }
        session.pump.retelling = false;
        session.pump.feed(Input::Tick(clock::now().floor_to(session.plan.tick)));
        if let Feed::Live(live) = &session.feed {
            session.pump.flows = live.flows.clone();
        }
        if self.goes_on() {
            session.later = Some(Later::new(self.overrides, self.file, loaded));
        }
        Ok(())
    }
}
