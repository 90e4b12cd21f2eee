//! What the machine wants done. The shell does it; replay leaves out what would reach the outside.

use crate::alert::Transition;
use crate::model::{Anomaly, Flow, LinkState, SourceId, Timestamp};
use std::sync::Arc;

/// A change in how a source, a topic or a partition stands.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceChange {
    /// When, on the machine's clock.
    pub at: Timestamp,
    /// Which source.
    pub source: SourceId,
    /// Its name.
    pub name: Arc<str>,
    /// The topic, for changes of one topic.
    pub topic: Option<Arc<str>>,
    /// The partition, for changes of one partition.
    pub partition: Option<i32>,
    /// How it stood: a word of `LinkState`, or `stale`.
    pub from: &'static str,
    /// How it stands.
    pub to: &'static str,
    /// Why.
    pub why: Arc<str>,
}

impl SourceChange {
    /// The state it went to, where it is one of a link.
    pub fn state(&self) -> Option<LinkState> {
        LinkState::from_word(self.to)
    }
}

/// One thing to be done, in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// An observation was flagged: log it.
    Anomaly(Box<Anomaly>),
    /// An alert moved: log it, and tell its channels.
    Alert(Box<Transition>),
    /// A source changed its state: log it.
    Source(Box<SourceChange>),
    /// Hold a partition back, or let it go on.
    Flow(Flow),
    /// Something to be told that hinders nothing: what had been learned does not fit.
    Note(Arc<str>),
    /// Send a test notification to every channel that is used.
    TestFire,
}
