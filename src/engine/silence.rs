//! Many that fall silent at once are one thing: a source that died, or what shares a host, a partition, a filter.
//!
//! What is flagged as missing comes here first. Where the whole source gives nothing, all that comes from it is one
//! cohort; where others go on, those whose silence began at the same moment are. A cohort has one row, one sentence
//! and one alert a rule; its members are held back while it lasts. Once the source lives again, those that are still
//! silent are judged by themselves, without the time of the outage.

use super::post::Post;
use super::silence_cause::TOGETHER;
use super::silence_pool::Fact;
use super::silence_settle::Waiting;
use super::silence_tell::Silent;
use crate::alert::Origin;
use crate::model::{Contribution, Millis, Scored, SeriesId, Subject, Timestamp};
use crate::stats::lengths::Lengths;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A source is silent from twice its usual interval on, or the longest so far: this only matters where something of it is
/// missed already, which asks for more.
const MEDIANS: f64 = 2.0;
/// The longest so far, as it is.
const LONGEST: f64 = 1.0;
/// Sources are looked at once a second.
const LEAST: f64 = 1_000.0;
/// Intervals before a source's own limit counts.
const KNOWN: u64 = 5;
/// Until then it is silent after so long.
const UNKNOWN: Millis = Millis::from_secs(5);

/// What delivers: the end of a stream that the machine sees, or a source that measures by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ground {
    Stream(u16),
    Source(u16),
}

/// One that can be silent under a detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Series(SeriesId),
    /// The place of a key among those of a detector on events.
    Key(u32),
}

/// Flagged as missing in this second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub ground: Ground,
    /// The detector's place in the plan.
    pub index: u16,
    pub who: Who,
}

/// What a cohort has in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Nothing comes from where all of them come from.
    Dead,
    /// A label and its value.
    Label(Arc<str>, Arc<str>),
    /// Only the moment.
    Together,
}

/// How a source usually delivers, and when it did not.
pub(super) struct Pulse {
    /// What it is called.
    pub name: Arc<str>,
    lengths: Lengths,
    /// When it was heard last, on the machine's clock.
    heard: Timestamp,
    /// How far its data were then.
    reached: Timestamp,
    /// It is silent since data were so far.
    died: Option<Timestamp>,
    /// From where to where the last outage went, in its data's time.
    outage: Option<(Timestamp, Timestamp)>,
}

impl Pulse {
    fn limit(&self) -> Millis {
        let limit = Millis::new(self.lengths.limit() as i64);
        if self.lengths.seen() < KNOWN { limit.max(UNKNOWN) } else { limit }
    }

    fn look(&mut self, heard: Timestamp, reached: Timestamp, now: Timestamp) {
        if heard > self.heard {
            if self.heard != Timestamp::MIN {
                self.lengths.push(heard.since(self.heard).get() as f64, KNOWN);
            }
            (self.heard, self.reached) = (heard, reached);
            if let Some(died) = self.died.take() {
                self.outage = Some((died, reached));
            }
        } else if self.died.is_none() && now.since(heard) > self.limit() {
            self.died = Some(self.reached);
        }
    }
}

/// Some that are silent together.
pub(super) struct Cohort {
    pub ground: Ground,
    pub index: u16,
    pub cause: Cause,
    pub subject: Subject,
    /// What its members are of, and what they are.
    pub of: Arc<str>,
    pub what: &'static str,
    /// The last moment at which any of them came.
    pub since: Timestamp,
    pub members: BTreeSet<Who>,
    /// The most that were silent at once.
    pub peak: usize,
    /// Others that went on.
    pub living: usize,
    pub scored: Scored,
    /// The largest first.
    pub parts: Vec<Contribution>,
    /// It is taken for usual, and over.
    pub accepted: bool,
    /// The detector and the subject of the row that tells of it: its own, or that of another one on the same ground.
    pub row: (Arc<str>, Subject),
}

impl Cohort {
    /// Whether the silence of one more is the same.
    pub fn takes(&self, fact: &Fact) -> bool {
        let begins = fact.last <= self.since + fact.slack();
        match &self.cause {
            Cause::Dead => false,
            Cause::Label(name, value) => begins && fact.labels.get(name) == Some(&**value),
            Cause::Together => begins && self.since <= fact.last + fact.slack(),
        }
    }

    /// Whether so few are left that they are no cohort any more.
    pub fn dissolves(&self) -> bool {
        self.members.is_empty() || (self.cause != Cause::Dead && (self.members.len() < TOGETHER || self.members.len() * 2 < self.peak))
    }

    /// The sentence, as things stand at `at`.
    pub fn why(&self, at: Timestamp, usual: Millis) -> Arc<str> {
        let (cause, of, what, since, silent, living) = (&self.cause, &*self.of, self.what, self.since, self.members.len(), self.living);
        Silent { cause, of, what, at, since, usual, silent, living, parts: &self.parts }.sentence().into()
    }
}

/// How a detector stands with a cohort's subject.
pub(super) struct Seat {
    pub post: Post,
    pub origin: Origin,
}

/// All cohorts.
#[derive(Default)]
pub(super) struct Silences {
    pub found: Vec<Found>,
    pub cohorts: Vec<Cohort>,
    /// How detectors stand with cohorts' subjects.
    pub seats: BTreeMap<(u16, Subject), Seat>,
    pub pulses: BTreeMap<Ground, Pulse>,
    /// Cohorts of before the restart whose alerts were taken up.
    pub waiting: Vec<Waiting>,
}

impl Silences {
    /// Looks at a source once a second.
    pub fn look(&mut self, (ground, name): (Ground, &Arc<str>), heard: Timestamp, reached: Option<Timestamp>, now: Timestamp) {
        let Some(reached) = reached.filter(|_| heard != Timestamp::MIN) else { return };
        let pulse = self.pulses.entry(ground).or_insert_with(|| Pulse {
            name: Arc::clone(name),
            lengths: Lengths::new(MEDIANS, LONGEST, LEAST),
            heard: Timestamp::MIN,
            reached,
            died: None,
            outage: None,
        });
        pulse.look(heard, reached, now);
    }

    /// The moment that what was heard of last at `last` is asked for: an outage of its source is no silence of its own.
    pub fn asked_at(&self, ground: Ground, at: Timestamp, last: Timestamp) -> Timestamp {
        match self.pulses.get(&ground).and_then(|pulse| pulse.outage) {
            Some((died, revived)) if last != Timestamp::MIN && last < revived && at > revived => {
                at - revived.since(died.max(last)).max(Millis::ZERO)
            }
            _ => at,
        }
    }

    /// Whether an alert of a detector is about many.
    pub fn is_many(&self, index: u16, subject: &Subject) -> bool {
        let waits = self.waiting.iter().any(|w| w.index == index && w.subject == *subject);
        waits || self.seats.contains_key(&(index, subject.clone()))
    }

    /// Since when and how far a source of this name delivers; `None`: it does not.
    pub fn lives(&self, name: &str) -> Option<(Ground, Timestamp)> {
        let found = self.pulses.iter().find(|(_, pulse)| *pulse.name == *name && pulse.died.is_none());
        found.map(|(ground, pulse)| (*ground, pulse.reached))
    }

    /// Whether nothing comes from there.
    pub fn dead(&self, ground: Ground) -> bool {
        self.pulses.get(&ground).is_some_and(|pulse| pulse.died.is_some())
    }

    /// The usual time between two records of a source.
    pub fn usual(&self, ground: Ground) -> Millis {
        self.pulses.get(&ground).map_or(Millis::ZERO, |pulse| Millis::new(pulse.lengths.usual() as i64))
    }

    /// What goes on after a reload goes on at its new place, under its new watches.
    pub fn carry(&mut self, kept: &[Option<u16>], places: &[Option<u16>], mut seat: impl FnMut(u16, &Subject, &Seat) -> Option<Seat>) {
        let ground = |ground: Ground| match ground {
            Ground::Stream(place) => places.get(usize::from(place)).copied().flatten().map(Ground::Stream),
            source @ Ground::Source(_) => Some(source),
        };
        let new = |index: u16| kept.get(usize::from(index)).copied().flatten();
        let old = std::mem::take(self);
        self.pulses = old.pulses.into_iter().filter_map(|(g, pulse)| Some((ground(g)?, pulse))).collect();
        for ((index, subject), old) in old.seats {
            let Some(index) = new(index) else { continue };
            if let Some(seat) = seat(index, &subject, &old) {
                self.seats.insert((index, subject), seat);
            }
        }
        let waits = |w: Waiting| Some(Waiting { index: new(w.index)?, ..w });
        self.waiting = old.waiting.into_iter().filter_map(waits).collect();
        let go_on = |c: Cohort| Some(Cohort { index: new(c.index)?, ground: ground(c.ground)?, ..c });
        self.cohorts = old.cohorts.into_iter().filter_map(go_on).collect();
    }
}
