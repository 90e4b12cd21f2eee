//! The last records of each class that were not accepted, for a person to look at.

use crate::model::{Safe, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// Why an event or a record was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectClass {
    /// No event could be read from the record.
    Undecodable,
    /// A field is missing, no number, or not finite.
    Invalid,
    /// Seen before.
    Duplicate,
    /// Outside `min`/`max`, or an absurd time.
    Erroneous,
    /// Older than the watermark.
    Late,
}

impl RejectClass {
    /// All classes, in the order they are counted.
    pub const ALL: [Self; 5] = [Self::Undecodable, Self::Invalid, Self::Duplicate, Self::Erroneous, Self::Late];

    /// The word the log and the screen use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
            Self::Erroneous => "erroneous",
            Self::Late => "late",
        }
    }
}

/// One record or event that was not accepted.
#[derive(Clone, Debug)]
pub struct Reject {
    /// When, on the machine's clock.
    pub at: Timestamp,
    /// Its class.
    pub class: RejectClass,
    /// The stream that read it.
    pub stream: Arc<str>,
    /// Where it stood: `topic[partition]@offset`.
    pub position: Safe,
    /// Why: names the field, the value, the byte.
    pub reason: Safe,
    /// The beginning of the payload, redacted where the stream says so.
    pub excerpt: Safe,
}

/// The last rejects of each class; the oldest of a class gives way to its newest.
#[derive(Clone, Debug)]
pub struct RejectRing {
    kept: [VecDeque<Reject>; 5],
    counts: [u64; 5],
}

impl RejectRing {
    /// How many of each class are kept: enough to see a pattern, little enough to forget about.
    pub const PER_CLASS: usize = 50;

    /// An empty ring.
    pub fn new() -> Self {
        Self { kept: Default::default(), counts: [0; 5] }
    }

    /// Counts a reject and keeps it. `make` builds it; call it through here only.
    pub fn push(&mut self, reject: Reject) {
        let slot = reject.class as usize;
        self.counts[slot] += 1;
        if self.kept[slot].len() == Self::PER_CLASS {
            self.kept[slot].pop_front();
        }
        self.kept[slot].push_back(reject);
    }

    /// How many of `class` there were in all.
    pub fn count(&self, class: RejectClass) -> u64 {
        self.counts[class as usize]
    }

    /// The last ones of `class`, oldest first.
    pub fn of(&self, class: RejectClass) -> impl DoubleEndedIterator<Item = &Reject> {
        self.kept[class as usize].iter()
    }
}

impl Default for RejectRing {
    fn default() -> Self {
        Self::new()
    }
}
