//! The first records of topics nobody has described: held, looked at, then handed to the machine
//! that was made from them, so that nothing of them is lost.

use super::clock;
use super::driver::{Feed, Session};
use super::start;
use crate::config::{self, InferContext, Loaded, Overrides, SampleRecord, TopicSample};
use crate::engine::Engine;
use crate::model::{Input, OwnedInput, PartitionEvent, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Records of a topic that are enough to know it.
pub(super) const RECORDS_ENOUGH: usize = 300;
/// How long is waited for more once the first record has come.
const PATIENCE: Duration = Duration::from_secs(2);
/// Inputs held at most: some tens of megabytes of records.
const HELD_MAX: usize = 256;

/// The state of looking at first records.
pub(super) struct Sampling {
    pub overrides: Overrides,
    /// What is configured already; inferred parts are added to it.
    pub base: String,
    pub file: String,
    /// The log, kept back until the machine is made: nothing is logged twice.
    pub out: Option<Box<dyn Write + Send>>,
    pub record: Option<PathBuf>,
    /// Names the configuration uses already.
    taken: BTreeSet<String>,
    held: Vec<OwnedInput>,
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
            topics: BTreeMap::new(),
            first: None,
            started: clock::now(),
        }
    }

    /// Keeps one input.
    pub(super) fn hold(&mut self, input: OwnedInput) {
        match &input {
            OwnedInput::Records(batch) => {
                self.first.get_or_insert_with(clock::instant);
                for record in batch.iter() {
                    let sample = self.topics.entry(Arc::clone(record.topic)).or_default();
                    if sample.records.len() < RECORDS_ENOUGH {
                        let (key, payload) = (record.key.map(<[u8]>::to_vec), record.payload.map(<[u8]>::to_vec));
                        let headers = record.headers().map(|(name, _)| name.to_owned()).collect();
                        sample.records.push(SampleRecord { key, payload, time: record.time, headers });
                    }
                }
            }
            OwnedInput::Partition { topic, event: PartitionEvent::Assigned { .. }, .. } => {
                self.topics.entry(Arc::clone(topic)).or_default().partitions += 1;
            }
            _ => {}
        }
        self.held.push(input);
    }

    /// Whether every topic has been seen enough, or no more can be held.
    pub(super) fn full(&self) -> bool {
        let enough = |t: &TopicSample| t.records.len() >= RECORDS_ENOUGH;
        self.held.len() >= HELD_MAX || (!self.topics.is_empty() && self.topics.values().all(enough))
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
        self.topics.iter().map(|(name, s)| TopicSample { topic: name.to_string(), ..s.clone() }).collect()
    }

    /// The configuration that what was seen leads to, as TOML.
    pub(super) fn infer(&self) -> String {
        let samples = self.samples();
        let part = !self.base.is_empty();
        let context = InferContext { brokers: self.overrides.brokers.clone(), part, taken: self.taken.clone(), ..InferContext::default() };
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
        session.plan = loaded.plan.clone();
        session.pump.engine = engine;
        session.pump.out = self.out.take();
        if let Some(path) = &self.record {
            session.pump.recorder = Some(start::recorder(path, &loaded)?);
        }
        if let Some(console) = &mut session.console {
            console.app = start::app(&loaded);
            console.hint.clear();
        }
        session.pump.feed(Input::Tick(self.started.floor_to(session.plan.tick)));
        for input in self.held.drain(..) {
            session.pump.feed_owned(&input);
        }
        session.pump.feed(Input::Tick(clock::now().floor_to(session.plan.tick)));
        if let Feed::Live(live) = &session.feed {
            session.pump.flows = live.flows.clone();
        }
        Ok(())
    }
}
