//! What an alert takes over of a verdict: the form of the deviation, since when, what carries it, the sentence.
//!
//! Rules hand it on to templates and notices; expressions have a sentence and nothing else.

use super::Alert;
use crate::model::{Contribution, Pattern, Timestamp};
use std::fmt::Write as _;
use std::sync::Arc;

/// Contributions told in a text: the largest say enough, the detail view has them all.
const TOLD: usize = 3;

/// The form of a deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Spike, level shift and so on.
    pub pattern: Pattern,
    /// Since when it is so, where the detector knows of an earlier begin than this observation.
    pub since: Option<Timestamp>,
}

/// Why: the sentence, and what carries the deviation.
#[derive(Clone, Debug)]
pub struct Reason {
    /// One sentence.
    pub why: Arc<str>,
    /// The largest share first.
    pub contributions: Arc<[Contribution]>,
}

impl From<Arc<str>> for Reason {
    fn from(why: Arc<str>) -> Self {
        Self { why, contributions: Arc::default() }
    }
}

impl From<(Arc<str>, &[Contribution])> for Reason {
    fn from((why, parts): (Arc<str>, &[Contribution])) -> Self {
        Self { why, contributions: parts.into() }
    }
}

impl Alert {
    /// Since when the trouble is thought to be there: as the detector says, else since the condition holds.
    pub fn began(&self) -> Timestamp {
        self.form.and_then(|form| form.since).map_or(self.active_since, |since| since.min(self.active_since))
    }

    /// The word for the form; empty where there is none.
    pub fn pattern(&self) -> &'static str {
        self.form.map_or("", |form| form.pattern.word())
    }

    /// What carries it: `91 % provider=alpha, 9 % provider=beta`; empty where nobody can say.
    pub fn carried(&self) -> String {
        let mut out = String::new();
        for (i, part) in self.contributions.iter().take(TOLD).enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            // Writing into a string does not fail.
            let _ = write!(out, "{comma}{:.0} % {}", part.share * 100.0, part.what);
        }
        out
    }
}

/// A moment for a text that leaves this machine: in UTC, with its date, since nobody knows where it is read.
pub fn utc(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| "long ago".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}
