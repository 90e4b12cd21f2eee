//! What a detector watches, and the table of what it found.

use super::Params;
use crate::model::{Anomaly, Contribution, Millis, Subject, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// What a detector judges.
#[derive(Clone, Debug, PartialEq)]
pub enum DetectorOn {
    /// The samples of every series of these metrics (one detector per series). A trailing `*` matches any ending.
    /// A kind that judges categories sees the labels of the series instead, with one detector for all of them.
    Metric(Arc<str>),
    /// All series of these metrics at one moment, as groups.
    Group {
        /// The metrics, as above.
        metric: Arc<str>,
        /// The labels that make a group; none: all are one.
        by: Vec<Arc<str>>,
    },
    /// The last scores of another detector's series, as groups.
    Detector {
        /// The other detector's name.
        of: Arc<str>,
        /// The labels that make a group.
        by: Vec<Arc<str>>,
    },
    /// The events of a stream.
    Stream {
        /// The stream.
        stream: Arc<str>,
        /// The fields judged together; none: only that an event came.
        fields: Vec<Arc<str>>,
        /// The fields that make the key: one detector per key.
        by: Vec<Arc<str>>,
        /// Only events for which this expression holds.
        filter: Option<Arc<str>>,
        /// The fields the anomaly table shows.
        show: Vec<Arc<str>>,
    },
}

/// A detector's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorSpec {
    /// Its name.
    pub name: Arc<str>,
    /// The name of its kind.
    pub kind: &'static str,
    /// What it judges.
    pub on: DetectorOn,
    /// Its parameters.
    pub params: Params,
    /// How many keys or series it may hold; further ones share one detector.
    pub keys_max: usize,
    /// Trouble that has lasted so long is the new level, and is learned; nought: never.
    pub accept_after: Millis,
}

impl DetectorSpec {
    /// The limit of keys where the configuration names none.
    pub const KEYS_MAX: usize = 10_000;
    /// What nobody has taken care of for a shift of work is the new level.
    pub const ACCEPT_AFTER: Millis = Millis::from_secs(6 * 3_600);
}

/// The last anomalies, newest last; a run of the same anomaly is one row with a count.
#[derive(Debug)]
pub struct AnomalyTable {
    rows: VecDeque<Anomaly>,
    limit: usize,
    total: u64,
}

impl AnomalyTable {
    /// Rows kept where the configuration names no number.
    pub const ROWS: usize = 1_000;
    /// How far apart two flags of the same detector and subject may lie to be one run, at least.
    pub const RUN_GAP: Millis = Millis::from_secs(60);
    /// In steps of what is judged, where that is longer: of hourly samples one in three may be as usual.
    const RUN_STEPS: i64 = 3;
    /// How many rows back a run is looked for: bounds the cost of a flag.
    const RUN_REACH: usize = 64;

    /// A table of at most `limit` rows.
    pub fn new(limit: usize) -> Self {
        Self { rows: VecDeque::new(), limit: limit.max(1), total: 0 }
    }

    /// Takes one flagged observation: into the run it continues, else as a row of its own.
    pub fn push(&mut self, anomaly: Anomaly) {
        self.total += 1;
        let run = self.rows.iter_mut().rev().take(Self::RUN_REACH).find(|row| {
            row.detector == anomaly.detector
                && row.subject == anomaly.subject
                && row.pattern == anomaly.pattern
                && anomaly.at.since(row.last_at).get().abs() <= Self::reach(row, &anomaly)
        });
        if let Some(row) = run {
            row.count += 1;
            row.last_at = row.last_at.max(anomaly.at);
            if anomaly.score > row.score {
                row.score = anomaly.score;
                row.value = anomaly.value;
                row.expected = anomaly.expected;
                row.why = anomaly.why;
                row.fields = anomaly.fields;
                row.position = anomaly.position;
                row.contributions = anomaly.contributions;
                row.baseline = anomaly.baseline;
            }
            return;
        }
        if self.rows.len() == self.limit {
            self.rows.pop_front();
        }
        self.rows.push_back(anomaly);
    }

    /// How far apart these two may lie to be one run. The shorter step of both counts: the one before a
    /// flag may have been a gap.
    fn reach(row: &Anomaly, next: &Anomaly) -> i64 {
        let step = row.step.get().min(next.step.get());
        Self::RUN_GAP.get().max(step.saturating_mul(Self::RUN_STEPS))
    }

    /// The same trouble goes on without a further observation: its row, where it is still near the end, lasts until `at`.
    pub fn prolong(&mut self, detector: &str, subject: &Subject, at: Timestamp) {
        let same = |row: &&mut Anomaly| *row.detector == *detector && row.subject == *subject;
        if let Some(row) = self.rows.iter_mut().rev().take(Self::RUN_REACH).find(same) {
            row.last_at = row.last_at.max(at);
        }
    }

    /// More is known of a trouble that goes on: its row, where it is still near the end, tells it.
    pub fn retell(&mut self, (detector, subject): (&str, &Subject), why: &Arc<str>, contributions: &[Contribution]) {
        let same = |row: &&mut Anomaly| *row.detector == *detector && row.subject == *subject;
        if let Some(row) = self.rows.iter_mut().rev().take(Self::RUN_REACH).find(same) {
            (row.why, row.contributions) = (Arc::clone(why), contributions.to_vec());
        }
    }

    /// The rows, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Anomaly> + ExactSizeIterator {
        self.rows.iter()
    }

    /// The row with this id.
    pub fn get(&self, id: u64) -> Option<&Anomaly> {
        self.rows.iter().find(|a| a.id == id)
    }

    /// Flagged observations in all, with those whose rows are gone.
    pub fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Baseline, LabelSet, Pattern, SeriesKey};

    fn odd(at: i64, step: i64) -> Anomaly {
        let at = Timestamp::from_millis(at * 1_000);
        Anomaly {
            id: 0,
            at,
            last_at: at,
            step: Millis::from_secs(step),
            count: 1,
            detector: "odd".into(),
            subject: Subject::Series(SeriesKey::new("load", LabelSet::none())),
            series: None,
            value: 1.0,
            score: 0.9,
            threshold: 0.5,
            expected: None,
            pattern: Pattern::Spike,
            baseline: Baseline::none("sigma"),
            contributions: Vec::new(),
            why: "it is odd".into(),
            unit: "".into(),
            fields: Vec::new(),
            position: None,
        }
    }

    fn counts(found: &[(i64, i64)]) -> Vec<u32> {
        let mut table = AnomalyTable::new(10);
        for (at, step) in found {
            table.push(odd(*at, *step));
        }
        table.iter().map(|row| row.count).collect()
    }

    #[test]
    fn a_run_spans_three_steps_of_what_is_judged() {
        assert_eq!(counts(&[(0, 1), (60, 1), (121, 1)]), [2, 1], "a minute at least");
        assert_eq!(counts(&[(0, 3_600), (3_600, 3_600), (3 * 3_600, 3_600), (7 * 3_600, 3_600)]), [3, 1], "hourly samples");
        assert_eq!(counts(&[(0, 60), (86_400, 86_400), (86_460, 60)]), [1, 2], "a gap is no pace");
    }
}
