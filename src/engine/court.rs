//! What follows a verdict: the anomaly with its sentence, its row, and what the rules make of it.

use super::effect::Effect;
use super::post::{Lesson, Post};
use crate::alert::{AlertBook, Form, Observed, Rules, Transition};
use crate::detect::{AnomalyTable, DetectorSpec, Told, why};
use crate::model::{Anomaly, Contribution, Detector, Millis, Observation, Scored, SeriesId, Subject, Timestamp, Verdict};
use std::collections::VecDeque;
use std::sync::Arc;

/// Parts of a deviation that an anomaly keeps: more explain nothing.
pub(super) const PARTS: usize = 8;

/// A flagged observation with all that its anomaly tells. Made only for what is flagged.
pub(super) struct Case<'a> {
    pub spec: &'a DetectorSpec,
    pub subject: Subject,
    pub series: Option<SeriesId>,
    /// What the number is called: the metric or the field.
    pub name: &'a str,
    pub unit: &'a Arc<str>,
    pub at: Timestamp,
    pub seen: Observation<'a>,
    /// The names of the numbers, where events have several.
    pub dims: &'a [&'a str],
    pub contributions: Vec<Contribution>,
    pub scored: &'a Scored,
}

impl Case<'_> {
    /// The anomaly, whose id the court gives it.
    pub fn anomaly(self) -> Anomaly {
        let told = Told {
            params: &self.spec.params,
            name: self.name,
            subject: &self.subject,
            at: self.at,
            seen: self.seen,
            dims: self.dims,
            unit: self.unit,
            contributions: &self.contributions,
            scored: self.scored,
        };
        let why = why(&told).into();
        Anomaly {
            id: 0,
            at: self.at,
            last_at: self.at,
            step: Millis::ZERO,
            count: 1,
            detector: self.spec.name.clone(),
            subject: self.subject,
            series: self.series,
            value: value(&self.seen, self.scored),
            score: self.scored.score,
            threshold: self.scored.threshold,
            expected: self.scored.expected,
            pattern: self.scored.pattern,
            baseline: self.scored.baseline,
            contributions: self.contributions,
            why,
            unit: Arc::clone(self.unit),
            fields: Vec::new(),
            position: None,
        }
    }
}

/// The number of an observation that deviates most. A category has none: it counts once.
fn value(seen: &Observation<'_>, scored: &Scored) -> f64 {
    let dimension = scored.baseline.dimension;
    match seen {
        Observation::Numbers(x) => x.get(dimension).or(x.first()).copied().unwrap_or(0.0),
        Observation::Group(members) => members.get(dimension).or(members.first()).map_or(0.0, |m| m.1),
        Observation::Category(_) => 1.0,
    }
}

/// The parts of a deviation by name, as the detector shares it out; none where one number is all there is.
pub(super) fn parts<'n>(detector: &dyn Detector, seen: &Observation<'_>, name: impl Fn(usize) -> Option<&'n str>) -> Vec<Contribution> {
    let several = match seen {
        Observation::Numbers(x) => x.len() > 1,
        Observation::Group(members) => members.len() > 1,
        Observation::Category(_) => false,
    };
    if !several {
        return Vec::new();
    }
    let part = |(i, share): (usize, f64)| name(i).filter(|_| share.is_finite()).map(|what| Contribution { what: what.into(), share });
    detector.shares(seen).into_iter().filter_map(part).take(PARTS).collect()
}

/// What the rules hear of a verdict on `seen`.
pub(super) fn observed(at: Timestamp, seen: &Observation<'_>, scored: &Scored) -> Observed {
    let form = Some(Form { pattern: scored.pattern, since: scored.baseline.since });
    Observed { at, flagged: scored.flagged, value: value(seen, scored), score: scored.score, expected: scored.expected, form }
}

/// Rules, alerts and anomalies.
pub(super) struct Court {
    pub rules: Rules,
    pub book: AlertBook,
    pub anomalies: AnomalyTable,
    next_anomaly: u64,
    /// Alerts that moved while one sample or event was judged by all its detectors.
    moved: Vec<Transition>,
}

impl Court {
    pub fn new(rules: Rules, anomalies: usize) -> Self {
        Self { rules, book: AlertBook::default(), anomalies: AnomalyTable::new(anomalies), next_anomaly: 1, moved: Vec::new() }
    }

    /// Takes the answer to an observation: `anomaly` is asked where it is flagged. Answers whether it is.
    pub fn hear(
        &mut self,
        post: &mut Post,
        (at, seen, verdict): (Timestamp, &Observation<'_>, &Verdict),
        anomaly: impl FnOnce(&Scored) -> Anomaly,
        effects: &mut VecDeque<Effect>,
    ) -> bool {
        let step = post.note(verdict, at);
        // What other names are says nothing of the one that is missing.
        let missing = post.absent && matches!(seen, Observation::Category(_));
        let flagged = match verdict {
            Verdict::Scored(scored) if scored.flagged => {
                self.flag(post, observed(at, seen, scored), Anomaly { step, ..anomaly(scored) }, effects);
                true
            }
            Verdict::Scored(_) | Verdict::Learning { .. } if missing => false,
            Verdict::Scored(scored) => {
                self.calm(post, observed(at, seen, scored));
                false
            }
            // What was missing has come, although the detector cannot judge it yet.
            Verdict::Learning { .. } if post.absent => {
                self.calm(post, Observed { at, flagged: false, value: 0.0, score: 0.0, expected: None, form: None });
                false
            }
            Verdict::Learning { .. } => false,
        };
        (post.absent, post.held) = (missing, missing && post.held);
        flagged
    }

    /// Takes a flagged observation: into the table, out as an effect, and to the rules.
    pub fn flag(&mut self, post: &Post, seen: Observed, mut anomaly: Anomaly, effects: &mut VecDeque<Effect>) {
        anomaly.id = self.next_anomaly;
        self.next_anomaly += 1;
        self.tell(post, seen, &anomaly.why, &anomaly.contributions);
        self.anomalies.push(anomaly.clone());
        effects.push_back(Effect::Anomaly(Box::new(anomaly)));
    }

    /// Tells the rules of what is flagged.
    pub fn tell(&mut self, post: &Post, seen: Observed, why: &Arc<str>, contributions: &[Contribution]) {
        for watch in &post.watches {
            self.rules.observe(*watch, seen, || (Arc::clone(why), contributions), &mut self.book, &mut self.moved);
        }
    }

    /// Tells the rules of what is as expected.
    pub fn calm(&mut self, post: &Post, seen: Observed) {
        for watch in &post.watches {
            self.rules.observe(*watch, seen, || Arc::from(""), &mut self.book, &mut self.moved);
        }
    }

    /// Tells the rules of an expression's answer.
    pub fn answer(&mut self, watch: crate::alert::WatchId, seen: Observed, why: Arc<str>) {
        self.rules.observe(watch, seen, || why, &mut self.book, &mut self.moved);
    }

    /// Lets time pass for the rules.
    pub fn pass(&mut self, now: Timestamp, clock: impl Fn(crate::alert::Origin) -> crate::alert::Clock) {
        self.rules.pass(now, clock, &mut self.book, &mut self.moved);
    }

    /// Hands out the alerts' moves.
    pub fn close(&mut self, effects: &mut VecDeque<Effect>) {
        effects.extend(self.moved.drain(..).map(|t| Effect::Alert(Box::new(t))));
    }
}

/// Does with an observation what was decided.
pub(super) fn teach(lesson: Lesson, detector: &mut dyn Detector, at: Timestamp, seen: &Observation<'_>) {
    match lesson {
        Lesson::Skip => return,
        Lesson::Accept => detector.accept(),
        Lesson::Learn => {}
    }
    detector.learn(at, seen);
}
