//! How all those stand that one detector misses from one source: what came last of each, how long its silence may be.

use super::judge::{Hooks, Judge, Running};
use super::kinds;
use super::post::Post;
use super::silence::{Ground, Who};
use super::stream::Stream;
use super::ticks::Reached;
use crate::detect::{DetectorOn, Sees};
use crate::model::{Detector, LabelSet, Millis, Scored, SeriesId, Subject, Timestamp, Verdict};
use crate::store::Store;
use std::sync::Arc;

/// A second, as often as they are asked, in milliseconds.
const ASKED_EVERY: f64 = 1_000.0;
/// The limit of a silence is four of its usual intervals: silence began within the last of them.
const INTERVALS: f64 = 4.0;
/// From half of its limit on something is late, and may have fallen silent with what is missed already.
const LATE: f64 = 0.5;

/// How one of them stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing was told of it.
    Open,
    /// It is missed already, by itself.
    Missed,
    /// It belongs to a cohort.
    Held,
}

/// One that can be silent.
pub(super) struct Fact {
    pub who: Who,
    pub subject: Subject,
    pub labels: LabelSet,
    /// The metric, the field or the stream.
    pub name: Arc<str>,
    /// When it came last.
    pub last: Timestamp,
    /// How long its silence may be, in milliseconds; nought where that is not known.
    pub limit: f64,
    /// Its silence in limits.
    pub limits: f64,
    pub flagged: Option<Scored>,
    pub standing: Standing,
    /// The moment, in event time.
    pub at: Timestamp,
    /// The moment it was asked for: an outage of its source is left out.
    pub asked: Timestamp,
    /// Observations that it was learned from.
    pub seen: u64,
}

impl Fact {
    /// How much later than the last that came its silence may have begun.
    pub fn slack(&self) -> Millis {
        Millis::new((self.limit / INTERVALS + ASKED_EVERY) as i64)
    }

    /// Whether it is as silent as `other`, since the same moment as far as one can tell.
    pub fn began_with(&self, other: &Self) -> bool {
        let late = self.standing == Standing::Open && (self.flagged.is_some() || self.limits >= LATE);
        late && self.last <= other.last + other.slack() && other.last <= self.last + self.slack()
    }

    /// Whether it came after `since`.
    pub fn lives(&self, since: Timestamp) -> bool {
        self.standing == Standing::Open && self.flagged.is_none() && self.last > since
    }

    /// How often it comes, against others: the part of the samples that is missing without it.
    pub fn weight(&self) -> f64 {
        if self.limit > 0.0 { 1.0 / self.limit } else { 0.0 }
    }
}

/// The standing of one of them, and its detector.
pub(super) fn member<'a>(
    (hooks, running): (&'a mut [Option<Box<Hooks>>], &'a mut [Running]),
    streams: &'a mut [Stream],
    (ground, index, who): (Ground, u16, Who),
) -> Option<(&'a mut Post, &'a mut dyn Detector)> {
    match (who, ground) {
        (Who::Series(id), _) => {
            let attached = hooks.get_mut(id.index())?.as_mut()?.attached.iter_mut().find(|a| a.index == index)?;
            let detector = running.get_mut(attached.running as usize)?.detector.as_mut();
            Some((&mut attached.post, detector))
        }
        (Who::Key(place), Ground::Stream(stream)) => {
            let keyed = streams.get_mut(usize::from(stream))?.keyed.iter_mut().find(|k| k.index == index)?;
            let key = keyed.keys.get_mut(place as usize)?;
            Some((&mut key.post, key.detector.as_mut()))
        }
        (Who::Key(_), Ground::Source(_)) => None,
    }
}

impl Judge {
    /// All of one detector from one ground, of which something ever came.
    pub(super) fn facts(&mut self, ground: Ground, index: u16, streams: &mut [Stream], reached: &Reached, store: &Store) -> Vec<Fact> {
        let spec = &self.detectors[usize::from(index)];
        let mut facts = Vec::new();
        if let DetectorOn::Stream { .. } = spec.on {
            let Ground::Stream(place) = ground else { return facts };
            let stream = streams.get(usize::from(place));
            let keyed = stream.and_then(|s| s.keyed.iter().find(|k| k.index == index));
            let field = keyed.and_then(|k| k.fields.numbers.first()).zip(stream);
            let field: Option<Arc<str>> = field.map(|(field, stream)| stream.schema.path(*field).into());
            let all: Vec<(Who, Subject)> =
                keyed.iter().flat_map(|k| k.keys.iter().enumerate().map(|(i, key)| (Who::Key(i as u32), key.subject.clone()))).collect();
            facts.reserve(all.len());
            for (who, subject) in all {
                let Some(at) = reached.of_ground(ground, Millis::ZERO) else { continue };
                let fact = self.fact((ground, index, who), subject, at, streams);
                facts.extend(fact.map(|fact| Fact { name: field.clone().unwrap_or(Arc::clone(&fact.name)), ..fact }));
            }
            return facts;
        }
        let asked: Vec<(SeriesId, Millis)> = self.ticks.of_ground(ground, index).collect();
        for (id, step) in asked {
            let Some(at) = reached.of_ground(ground, step) else { continue };
            let subject = Subject::Series(store.info(id).key.clone());
            facts.extend(self.fact((ground, index, Who::Series(id)), subject, at, streams));
        }
        facts
    }

    fn fact(&mut self, of: (Ground, u16, Who), subject: Subject, at: Timestamp, streams: &mut [Stream]) -> Option<Fact> {
        let (ground, _, who) = of;
        let silences = &self.silences;
        let (post, detector) = member((&mut self.hooks, &mut self.running), streams, of)?;
        let last = post.until();
        if last == Timestamp::MIN {
            return None;
        }
        let asked = silences.asked_at(ground, at, last);
        let verdict = if post.is_known(at) { None } else { detector.missing(asked) };
        let scored = verdict.and_then(|verdict| if let Verdict::Scored(scored) = verdict { Some(scored) } else { None });
        // Scores of silence are r² / (1 + r²) for r limits.
        let limits = scored.map_or(0.0, |s| (s.score / (1.0 - s.score).max(f64::EPSILON)).sqrt());
        let silence = asked.since(last).get().max(0) as f64;
        let (name, labels) = match &subject {
            Subject::Series(key) => (Arc::clone(&key.name), key.labels.clone()),
            Subject::Key { stream, labels } => (Arc::clone(stream), labels.clone()),
        };
        let standing = match (post.held, post.absent) {
            (true, _) => Standing::Held,
            (false, true) => Standing::Missed,
            (false, false) => Standing::Open,
        };
        let limit = if limits > 0.0 { silence / limits } else { 0.0 };
        let (flagged, seen) = (scored.filter(|s| s.flagged), scored.map_or(0, |s| s.baseline.n));
        Some(Fact { who, subject, labels, name, last, limit, limits, flagged, standing, at, asked, seen })
    }
}

/// Whether a detector's silence can be one of many: it hears numbers, and is asked.
pub(super) fn counts(kind: &str) -> bool {
    kinds::kind(kind).is_some_and(|k| k.ticks && k.sees != Sees::Category)
}
