//! Topics nobody has described that come while the console runs: a pattern matches a new one, one
//! that was asked for is made at last, an empty one gets its first record.
//!
//! As at the start their first records are held and looked at; then the machine and the screen take
//! up what they lead to, and nothing else changes. Not while a recording is written: its header
//! says at the start how all of it is to be read.

use super::pump::Pump;
use super::sampling::Sampling;
use crate::config::{self, Loaded, Overrides};
use crate::engine::Engine;
use crate::model::{Batch, OwnedInput, PartitionEvent, SourceId};
use crate::ui::App;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Topics waiting for their first record at most; further ones are only counted.
const WAITING_MAX: usize = 1_000;

/// Topics without a description.
pub(super) struct Later {
    overrides: Overrides,
    file: String,
    loaded: Loaded,
    /// Where each partition began, by source and topic.
    waiting: BTreeMap<(SourceId, Arc<str>), Vec<OwnedInput>>,
    sampling: Option<Sampling>,
}

impl Later {
    /// Nothing waits yet; `loaded` is what is described.
    pub(super) fn new(overrides: Overrides, file: String, loaded: Loaded) -> Self {
        Self { overrides, file, loaded, waiting: BTreeMap::new(), sampling: None }
    }

    /// Looks at an input on its way to the machine. Answers what is to be handed on; records of
    /// topics without a description are kept.
    pub(super) fn sort(&mut self, engine: &Engine, input: OwnedInput) -> OwnedInput {
        match input {
            OwnedInput::Partition { source, topic, partition, event } => {
                let key = (source, Arc::clone(&topic));
                let again = OwnedInput::Partition { source, topic, partition, event };
                let known = self.waiting.contains_key(&key);
                if matches!(event, PartitionEvent::Assigned { .. })
                    && (known || (self.waiting.len() < WAITING_MAX && !engine.reads(source, &key.1)))
                {
                    self.waiting.entry(key).or_default().push(again.clone());
                }
                again
            }
            OwnedInput::Records(batch) if self.concerns(&batch) => OwnedInput::Records(self.part(&batch)),
            other => other,
        }
    }

    /// The configuration was exchanged: what comes later is added to the new one.
    pub(super) fn reloaded(&mut self, loaded: Loaded) {
        self.loaded = loaded;
    }

    fn concerns(&self, batch: &Batch) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let mut last: Option<&Arc<str>> = None;
        batch.iter().any(|record| {
            let same = last.is_some_and(|topic| Arc::ptr_eq(topic, record.topic));
            last = Some(record.topic);
            !same && self.waiting.contains_key(&(record.source, Arc::clone(record.topic)))
        })
    }

    /// Keeps the records that are waited for and answers the others.
    fn part(&mut self, batch: &Batch) -> Batch {
        let (mut mine, mut others) = (Batch::new(batch.source()), Batch::new(batch.source()));
        for record in batch.iter() {
            let waits = self.waiting.contains_key(&(record.source, Arc::clone(record.topic)));
            if waits { mine.push(&record, record.headers()) } else { others.push(&record, record.headers()) }
        }
        let sampling = self.sampling.get_or_insert_with(|| {
            let mut new = Sampling::new(self.overrides.clone(), self.loaded.text.clone(), self.file.clone(), &self.loaded);
            self.waiting.values().flatten().for_each(|event| new.know(event));
            new
        });
        sampling.hold(OwnedInput::Records(mine));
        others
    }

    /// Whether enough was seen, or it has to do.
    pub(super) fn due(&self) -> bool {
        self.sampling.as_ref().is_some_and(|s| s.ready() || s.full())
    }

    /// Lets the machine and the screen take up what was seen, and hands over what was held, also
    /// where that did not succeed: then it is counted, and no more looked at.
    pub(super) fn take_up(&mut self, pump: &mut Pump, app: Option<&mut App>) -> anyhow::Result<()> {
        let Some(mut sampling) = self.sampling.take() else { return Ok(()) };
        let seen = sampling.seen();
        let done = self.describe(&sampling, pump, app);
        let (taken, left): (BTreeMap<_, _>, _) = std::mem::take(&mut self.waiting).into_iter().partition(|(key, _)| seen.contains(&key.1));
        self.waiting = left;
        pump.retelling = true;
        let events = taken.into_values().flatten();
        events.chain(sampling.held()).for_each(|input| pump.feed_owned(&input));
        pump.retelling = false;
        done
    }

    fn describe(&mut self, sampling: &Sampling, pump: &mut Pump, app: Option<&mut App>) -> anyhow::Result<()> {
        let loaded = config::load(&sampling.infer(), &self.file, &self.overrides).map_err(|e| anyhow::anyhow!("{e}"))?;
        let faults = pump.engine.extend(loaded.plan.clone());
        anyhow::ensure!(faults.is_empty(), "{}", faults.join("\n"));
        if let Some(app) = app {
            app.add_pages(&loaded.ui);
        }
        self.loaded = loaded;
        Ok(())
    }
}
