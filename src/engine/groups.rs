//! Many series judged at one moment: peers of a metric, and the members that vote.
//!
//! A group takes the samples of a metric's series, or the last scores of another detector's series. It is judged
//! when all of one moment are in. Windows of a stream close together; readings of several hosts come one by one,
//! and make a moment when each that was heard of lately has come, or one comes again.

use super::court::{Case, Court, parts, teach};
use super::effect::Effect;
use super::judge::{Judge, matches, watches};
use super::kinds;
use super::post::{Post, Progress};
use super::sensitivity::Sensitivity;
use crate::alert::Origin;
use crate::detect::{DetectorOn, DetectorSpec};
use crate::model::{Detector, LabelSet, Millis, Observation, Sample, SeriesId, SeriesKey, Subject, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Members of one group: so many nodes or partitions behave alike at most; the rest is counted. A moment of a group is
/// judged as a whole, and so this bounds how long one takes.
pub(super) const MEMBERS: usize = 1_000;
/// A member that was not heard of in so many moments is not waited for.
const AWAITED: u8 = 2;
/// A vote's member counts for so long after its last score, or for three of its own intervals.
const VOTES: Millis = Millis::from_secs(300);

/// A series' place in a group.
pub(super) struct Seat {
    group: u32,
    member: u32,
    /// The place of the attached detector whose scores are taken; `None`: the samples are.
    pub of: Option<u8>,
}

struct Member {
    name: Arc<str>,
    last: Option<Sample>,
    /// The time between its last two.
    gap: Millis,
    /// It has come in this moment.
    come: bool,
    /// Moments it did not come.
    missed: u8,
}

/// One group.
pub(super) struct Group {
    pub index: u16,
    /// Its number among the groups of its detector.
    number: usize,
    pub subject: Subject,
    pub detector: Box<dyn Detector>,
    pub post: Post,
    pub origin: Origin,
    pub unit: Arc<str>,
    members: Vec<Member>,
    by_name: BTreeMap<Arc<str>, u32>,
    /// Its members are scores: each counts for a while.
    votes: bool,
    /// Its members come one by one.
    apart: bool,
    come: usize,
    at: Timestamp,
    dirty: bool,
    /// A moment that was complete when a member came again.
    ready: Option<(Timestamp, Vec<Told>)>,
}

/// What a member says at a moment of its group.
struct Told {
    place: u32,
    value: f64,
    /// It was said at this moment, not at an earlier one.
    new: bool,
}

/// What a group's verdict comes before.
pub(super) struct Bar<'a> {
    pub now: Timestamp,
    pub specs: &'a [DetectorSpec],
    pub court: &'a mut Court,
    pub sensitivity: &'a mut Sensitivity,
}

/// All groups.
#[derive(Default)]
pub(super) struct Groups {
    pub list: Vec<Group>,
    places: BTreeMap<(u16, LabelSet), u32>,
    dirty: Vec<u32>,
    /// Series refused because a group or a detector has too many.
    pub refused: u64,
}

impl Groups {
    /// The moment of a group goes on by one value.
    pub fn put(&mut self, seat: &Seat, sample: Sample) {
        let Some(group) = self.list.get_mut(seat.group as usize) else { return };
        if group.members[seat.member as usize].come && group.apart {
            group.ready = Some((group.at, group.moment()));
        }
        let member = &mut group.members[seat.member as usize];
        if let Some(last) = member.last {
            member.gap = sample.at.since(last.at);
        }
        member.last = Some(sample);
        if !member.come {
            member.come = true;
            group.come += 1;
        }
        group.at = group.at.max(sample.at);
        if !group.dirty {
            group.dirty = true;
            self.dirty.push(seat.group);
        }
    }

    /// Judges the groups whose moment is complete.
    pub fn settle(&mut self, mut bar: Bar<'_>, effects: &mut VecDeque<Effect>) {
        if self.dirty.is_empty() {
            return;
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        for place in dirty.drain(..) {
            let group = &mut self.list[place as usize];
            group.dirty = false;
            if let Some((at, moment)) = group.ready.take() {
                group.judge(at, &moment, &mut bar, effects);
            }
            if group.complete() {
                let (at, moment) = (group.at, group.moment());
                group.judge(at, &moment, &mut bar, effects);
            }
        }
        self.dirty = dirty;
        bar.court.close(effects);
    }

    /// Groups that have not judged yet.
    pub fn learning<'a>(&'a self, specs: &'a [DetectorSpec]) -> impl Iterator<Item = (Arc<str>, Subject, Progress)> + 'a {
        let of = |g: &'a Group| Some((Arc::clone(&specs[usize::from(g.index)].name), g.subject.clone(), *g.post.progress()?));
        self.list.iter().filter_map(of)
    }

    /// Keeps those groups whose detectors go on, at their new places; the others go.
    pub fn carry(&mut self, kept: &[Option<u16>], mut post: impl FnMut(u16, &Group) -> Post) {
        let old = std::mem::take(self);
        self.refused = old.refused;
        let mut list: Vec<Option<Group>> = old.list.into_iter().map(Some).collect();
        for ((index, labels), place) in old.places {
            let Some(new) = kept.get(usize::from(index)).copied().flatten() else { continue };
            let Some(mut group) = list[place as usize].take() else { continue };
            group.post = post(new, &group);
            (group.index, group.dirty) = (new, false);
            self.places.insert((new, labels), self.list.len() as u32);
            self.list.push(group);
        }
    }

    /// The group of these labels, where it is there.
    fn find(&self, index: usize, labels: &LabelSet) -> Option<u32> {
        self.places.get(&(index as u16, labels.clone())).copied()
    }
}

impl Group {
    fn complete(&self) -> bool {
        let all = || self.members.iter().all(|m| m.come || m.missed >= AWAITED);
        self.come > 0 && (!self.apart || all())
    }

    /// The moment as it stands, and the next one begins.
    fn moment(&mut self) -> Vec<Told> {
        let (votes, at) = (self.votes, self.at);
        let counts = |m: &Member| m.come || (votes && m.last.is_some_and(|s| at.since(s.at) <= VOTES.max(Millis::new(m.gap.get() * 3))));
        let of = |place: &u32| {
            let member = &self.members[*place as usize];
            member.last.filter(|_| counts(member)).map(|s| Told { place: *place, value: s.value, new: member.come })
        };
        let moment = self.by_name.values().filter_map(of).collect();
        for member in &mut self.members {
            let come = std::mem::take(&mut member.come);
            member.missed = if come { 0 } else { member.missed.saturating_add(1) };
        }
        self.come = 0;
        moment
    }

    fn judge(&mut self, at: Timestamp, moment: &[Told], bar: &mut Bar<'_>, effects: &mut VecDeque<Effect>) {
        let of = |told: &Told| (&*self.members[told.place as usize].name, told.value);
        let members: Vec<(&str, f64)> = moment.iter().map(of).collect();
        if self.post.is_known(at) {
            return;
        }
        let seen = Observation::Group(&members);
        let detector = self.detector.as_mut();
        let verdict = detector.judge(at, &seen);
        let verdict = bar.sensitivity.of_key(self.index, self.number, at, verdict);
        let spec = &bar.specs[usize::from(self.index)];
        let (subject, unit) = (&self.subject, &self.unit);
        let name = if let Subject::Series(key) = subject { &*key.name } else { "" };
        self.post.watches.iter().for_each(|watch| bar.court.rules.told(*watch, bar.now));
        let flagged = bar.court.hear(
            &mut self.post,
            (at, &seen, &verdict),
            |scored| {
                let contributions = parts(detector, &seen, |i| members.get(i).map(|m| m.0));
                let subject = subject.clone();
                Case { spec, subject, series: None, name, unit, at, seen, dims: &[], contributions, scored }.anomaly()
            },
            effects,
        );
        // A member that is slower than the others has said this before: it is learned once.
        let new: Vec<(&str, f64)> = moment.iter().filter(|told| told.new).map(of).collect();
        let lesson = self.post.lesson(&bar.court.rules, flagged, at, spec.accept_after);
        teach(lesson, detector, at, &Observation::Group(&new));
    }
}

impl Judge {
    /// The seats of a series in the groups that watch it; `attached` are the places in the plan of its detectors.
    pub(super) fn seats(&mut self, id: SeriesId, key: &SeriesKey, unit: &Arc<str>, attached: &[u16]) -> Vec<Seat> {
        let mut seats = Vec::new();
        for index in 0..self.detectors.len() {
            let (by, of) = match &self.detectors[index].on {
                DetectorOn::Group { metric, by } if matches(metric, &key.name) => (by.clone(), None),
                DetectorOn::Detector { of, by } => {
                    let place = attached.iter().position(|a| self.detectors[usize::from(*a)].name == *of);
                    let Some(place) = place else { continue };
                    (by.clone(), Some(place as u8))
                }
                _ => continue,
            };
            if let Some((group, member)) = self.join(index, id, key, unit, &by) {
                seats.push(Seat { group, member, of });
            }
        }
        seats
    }

    fn join(&mut self, index: usize, id: SeriesId, key: &SeriesKey, unit: &Arc<str>, by: &[Arc<str>]) -> Option<(u32, u32)> {
        let labels =
            LabelSet::new(by.iter().map(|name| (Arc::clone(name), Arc::from(key.labels.get(name).unwrap_or("")))).collect::<Vec<_>>());
        let group = match self.groups.find(index, &labels) {
            Some(group) => group,
            None => self.found(index, id, key, unit, labels)?,
        };
        let name = member_name(key, by, &self.detectors[index].on);
        let groups = &mut self.groups;
        let members = &mut groups.list[group as usize];
        if let Some(member) = members.by_name.get(&*name) {
            return Some((group, *member));
        }
        if members.members.len() >= MEMBERS {
            groups.refused += 1;
            return None;
        }
        let (member, name) = (members.members.len() as u32, Arc::<str>::from(name));
        members.members.push(Member { name: Arc::clone(&name), last: None, gap: Millis::ZERO, come: false, missed: AWAITED });
        members.by_name.insert(name, member);
        Some((group, member))
    }

    /// Makes a group.
    fn found(&mut self, index: usize, id: SeriesId, key: &SeriesKey, unit: &Arc<str>, labels: LabelSet) -> Option<u32> {
        let spec = &self.detectors[index];
        let kind = kinds::kind(spec.kind)?;
        let count = &mut self.held[index].0;
        if *count >= spec.keys_max {
            self.groups.refused += 1;
            return None;
        }
        *count += 1;
        let (name, votes) = match &spec.on {
            DetectorOn::Detector { of, .. } => (Arc::clone(of), true),
            DetectorOn::Group { metric, .. } => (Arc::clone(metric), false),
            _ => return None,
        };
        let subject = Subject::Series(SeriesKey { name, labels: labels.clone() });
        let mut detector = (kind.build)(&spec.params, *count as u64 - 1);
        let watches = watches(&mut self.court.rules, spec, &subject, Origin::Series(id), unit);
        let post = Post::of(watches, self.memory.revive(spec, &subject, detector.as_mut()));
        let place = self.groups.list.len() as u32;
        self.groups.list.push(Group {
            index: index as u16,
            number: *count - 1,
            subject,
            detector,
            post,
            origin: Origin::Series(id),
            unit: if votes { Arc::from("") } else { Arc::clone(unit) },
            members: Vec::new(),
            by_name: BTreeMap::new(),
            votes,
            apart: !votes && !self.homes.contains_key(&key.name),
            come: 0,
            at: Timestamp::MIN,
            dirty: false,
            ready: None,
        });
        self.groups.places.insert((index as u16, labels), place);
        Some(place)
    }
}

/// A member by the labels its group leaves, `node=web-3`; with the metric's name where the group has several metrics.
fn member_name(key: &SeriesKey, by: &[Arc<str>], on: &DetectorOn) -> String {
    let several = match on {
        DetectorOn::Group { metric, .. } => metric.ends_with('*'),
        _ => true,
    };
    let rest = || key.labels.iter().filter(|(name, _)| !by.iter().any(|b| **b == **name));
    if several {
        return SeriesKey { name: Arc::clone(&key.name), labels: LabelSet::new(rest()) }.to_string();
    }
    let parts: Vec<String> = rest().map(|(name, value)| format!("{name}={value}")).collect();
    if parts.is_empty() { key.name.to_string() } else { parts.join(", ") }
}
