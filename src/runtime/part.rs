//! A part of a recording, from one moment to another, with how its sources stood when it begins.

use crate::history::{Names, Parsed, Standing, parse_line};
use crate::model::{Batch, OwnedInput, Timestamp};
use crate::source::ReplayFeed;
use std::collections::VecDeque;
use std::sync::Arc;

/// The inputs of a part, each with the clock at which it was handed over.
pub(super) struct Part {
    feed: ReplayFeed,
    from: Timestamp,
    to: Timestamp,
    /// What goes before the part; `None` once it is handed over.
    before: Option<Standing>,
    skipped: bool,
    queue: VecDeque<OwnedInput>,
}

impl Part {
    /// The part of `feed` with clocks from `from` to `to`, both included.
    pub(super) fn new(feed: ReplayFeed, from: Timestamp, to: Timestamp) -> Self {
        Self { feed, from, to, before: Some(Standing::default()), skipped: false, queue: VecDeque::new() }
    }

    /// The recording it is a part of.
    pub(super) fn feed(&self) -> &ReplayFeed {
        &self.feed
    }

    /// Takes an emptied batch back.
    pub(super) fn recycle(&mut self, batch: Batch) {
        self.feed.recycle(batch);
    }

    /// Passes over what comes before the part, keeping how things stood.
    fn begin(&mut self, mut standing: Standing) {
        while self.feed.due().is_some_and(|due| due < self.from) {
            self.skipped = true;
            let Some((_, input)) = self.feed.next() else { break };
            let sources: &[Arc<str>] = self.feed.sources();
            input.each(|i| standing.note(&i, &|id| sources.get(id.0 as usize).map_or("?", |n| &**n)));
            if let OwnedInput::Records(batch) = input {
                self.feed.recycle(batch);
            }
        }
        if !self.skipped {
            return;
        }
        let mut names = Names::new(self.feed.sources());
        for line in standing.lines() {
            if let Ok(Parsed::Input(input)) = parse_line(line.trim_ascii(), &mut names) {
                self.queue.push_back(input);
            }
        }
        self.queue.push_back(OwnedInput::Tick(self.from));
    }
}

impl Iterator for Part {
    type Item = (Timestamp, OwnedInput);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(standing) = self.before.take() {
            self.begin(standing);
        }
        if let Some(input) = self.queue.pop_front() {
            return Some((self.from, input));
        }
        if self.feed.due()? > self.to {
            return None;
        }
        self.feed.next()
    }
}
