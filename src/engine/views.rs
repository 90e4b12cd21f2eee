//! What of the machine can be looked at: read-only.

use super::Plan;
use super::machine::Engine;
use super::stream::Stream;
use crate::alert::AlertBook;
use crate::decode::{Reader, RejectRing};
use crate::detect::AnomalyTable;
use crate::model::{Counters, Millis, SourceId, SourceStatus, Subject, Timestamp};
use crate::store::Store;
use std::sync::Arc;

/// A detector that has not judged yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Learning {
    /// Its name.
    pub detector: Arc<str>,
    /// What it judges.
    pub subject: Subject,
    /// Observations seen.
    pub seen: u64,
    /// Observations needed.
    pub needed: u64,
    /// How long that takes, by the interval so far; `None`: nobody can say yet.
    pub left: Option<Millis>,
}

impl Engine {
    /// The machine's clock: the last tick.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The newest event time reached by any stream; the clock where there is no stream.
    pub fn event_time(&self) -> Timestamp {
        self.streams.iter().filter(|s| s.newest != Timestamp::MIN).map(|s| s.newest).max().unwrap_or(self.now)
    }

    /// All series.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What detectors found.
    pub fn anomalies(&self) -> &AnomalyTable {
        &self.judge.court.anomalies
    }

    /// Alerts.
    pub fn alerts(&self) -> &AlertBook {
        &self.judge.court.book
    }

    /// Sources and topics.
    pub fn sources(&self) -> &[SourceStatus] {
        &self.statuses.list
    }

    /// Rejected records.
    pub fn rejects(&self) -> &RejectRing {
        &self.rejects
    }

    /// What became of every record.
    pub fn counters(&self) -> Counters {
        let mut all = Counters { unclaimed: self.unclaimed, ..self.retired };
        self.streams.iter().for_each(|s| all.add(s.reader.counters()));
        all
    }

    /// The reader of a topic's stream where that keeps anything out of recordings.
    pub fn redacting(&self, source: SourceId, topic: &str) -> Option<&Reader> {
        if self.streams.iter().all(|s| s.spec.redact.is_empty()) {
            return None;
        }
        let name = self.statuses.source_name(source);
        self.streams.iter().find(|s| s.reads(&name, topic)).filter(|s| !s.spec.redact.is_empty()).map(|s| &s.reader)
    }

    /// Detectors that have not judged yet: at most `limit`, soonest ready first, and how many in all.
    pub fn learning(&self, limit: usize) -> (Vec<Learning>, usize) {
        let keyed = self.streams.iter().flat_map(|s| &s.keyed);
        let keys =
            keyed.flat_map(|k| k.keys.iter().filter_map(|key| Some((k.spec.name.clone(), key.subject.clone(), *key.post.progress()?))));
        let all = self.judge.learning(&self.store).chain(keys);
        let of = |(detector, subject, p): (Arc<str>, Subject, super::post::Progress)| {
            let left = p.left();
            Learning { detector, subject, seen: p.seen, needed: p.needed, left }
        };
        let mut all: Vec<_> = all.map(of).collect();
        let total = all.len();
        let missing = |l: &Learning| l.needed.saturating_sub(l.seen);
        let sooner = |a: &Learning, b: &Learning| (missing(a), &a.detector, &a.subject).cmp(&(missing(b), &b.detector, &b.subject));
        // A screen asks for a few of what may be twenty thousand, many times a second: only those are put in order.
        if limit < total {
            all.select_nth_unstable_by(limit, sooner);
            all.truncate(limit);
        }
        all.sort_by(sooner);
        (all, total)
    }

    /// Events folded into `other` because a metric reached its limit of series: metric and count.
    pub fn folded(&self) -> Vec<(Arc<str>, u64)> {
        let of = |s: &Stream| -> Vec<_> {
            let each = s.metrics.iter().enumerate().take(s.parts.visible).map(|(i, m)| (m.name.clone(), s.meter.folded(i as u16)));
            each.filter(|(_, n)| *n > 0).collect()
        };
        self.streams.iter().flat_map(of).collect()
    }

    /// Series that no group took in, because it or its detector has too many.
    pub fn refused_members(&self) -> u64 {
        self.judge.groups.refused
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}
