//! Detectors and rules exchanged while they run: those with the same name and definition go on with all they know.

use super::effect::Effect;
use super::expression::Expression;
use super::judge::{Attached, Homes, Hooks, Judge, Running, matches};
use super::keyed::Keyed;
use super::kinds;
use super::post::Post;
use super::silence::Seat;
use super::ticks::SECONDS;
use crate::alert::{Fate, Moved, Origin, RuleSpec, Rules, WatchId};
use crate::detect::{DetectorOn, DetectorSpec, Sees};
use crate::model::{SeriesId, SeriesKey, Subject, Timestamp};
use crate::store::Store;
use std::collections::VecDeque;
use std::sync::Arc;

/// What comes in place of the present detectors and rules.
pub(super) struct Exchange<'a> {
    pub detectors: Vec<DetectorSpec>,
    pub rules: Vec<RuleSpec>,
    pub expressions: Vec<Expression>,
    /// The streams' metrics.
    pub homes: Homes,
    /// Where each stream went on.
    pub places: &'a [Option<u16>],
    pub now: Timestamp,
}

/// Detectors over series on their way to their new places.
#[derive(Default)]
pub(super) struct Carried {
    /// The new place of each detector of the old plan.
    kept: Vec<Option<u16>>,
    running: Vec<Option<Running>>,
    /// Where a running one went: several series may share it.
    went: Vec<Option<u32>>,
    moved: Moved,
}

impl Judge {
    /// Takes up the new detectors and rules; alerts whose ground is gone end with the reason. Answers where watches went.
    pub fn exchange(&mut self, with: Exchange<'_>, store: &mut Store, effects: &mut VecDeque<Effect>) -> Moved {
        let Exchange { detectors, rules, expressions, homes, places, now } = with;
        let old_rules = self.court.rules.specs().to_vec();
        self.homes = homes;
        let old = std::mem::replace(&mut self.detectors, detectors);
        let kept: Vec<Option<u16>> = old.iter().map(|d| self.detectors.iter().position(|n| n == d).map(|i| i as u16)).collect();
        self.sensitivity.exchange(&self.detectors, &kept);
        let goes_on = |name: &str| old.iter().zip(&kept).any(|(d, new)| *d.name == *name && new.is_some());
        self.memory.keep(goes_on);
        let mut transitions = Vec::new();
        let detectors = &self.detectors;
        let fate = |rule: &RuleSpec, _: &Subject, origin: Origin| fate(rule, origin, &rules, (&old, detectors), places, store);
        let court = &mut self.court;
        let moved = court.rules.exchange(rules.clone(), now, fate, &mut court.book, &mut transitions);
        effects.extend(transitions.into_iter().map(|t| Effect::Alert(Box::new(t))));
        let before = std::mem::replace(&mut self.expressions, expressions);
        for new in &mut self.expressions {
            let same = |o: &&Expression| old_rules[usize::from(o.rule)].same_condition(&rules[usize::from(new.rule)]);
            if let Some(old) = before.iter().find(same) {
                new.adopt(old, &moved, store);
            }
        }
        self.dirty.clear();
        self.open.clear();
        let indexes = kept.clone();
        let moved = self.rehook(kept, moved, store);
        let (specs, rules) = (&self.detectors, &mut self.court.rules);
        self.silences.carry(&indexes, places, |new, subject, seat| {
            let origin = match seat.origin {
                Origin::Stream(place) => Origin::Stream(places.get(usize::from(place)).copied().flatten()?),
                origin @ Origin::Series(id) => store.alive(id).then_some(origin)?,
                Origin::Kept => Origin::Kept,
            };
            let about = (subject, origin, &Arc::from(SECONDS));
            let watches = rewatched(rules, &specs[usize::from(new)], about, &seat.post.watches, &moved);
            Some(Seat { post: seat.post.with(watches), origin })
        });
        moved
    }

    /// Attaches all series anew; detectors that go on are carried over.
    fn rehook(&mut self, kept: Vec<Option<u16>>, moved: Moved, store: &mut Store) -> Moved {
        let running: Vec<Option<Running>> = std::mem::take(&mut self.running).into_iter().map(Some).collect();
        let mut carried = Carried { went: vec![None; running.len()], kept, running, moved };
        let held = std::mem::replace(&mut self.held, vec![(0, None); self.detectors.len()]);
        for (old, (count, shared)) in held.into_iter().enumerate() {
            let Some(new) = carried.kept[old] else { continue };
            self.held[usize::from(new)] = (count, shared.and_then(|place| self.carry(place, &mut carried)));
        }
        self.ticks.clear();
        let (specs, rules) = (&self.detectors, &mut self.court.rules);
        self.groups.carry(&carried.kept, |new, group| {
            let about = (&group.subject, group.origin, &group.unit);
            group.post.with(rewatched(rules, &specs[usize::from(new)], about, &group.post.watches, &carried.moved))
        });
        let mut before = std::mem::take(&mut self.hooks);
        let series: Vec<_> = store.iter().map(|i| (i.id, i.key.clone(), Arc::clone(&i.spec.unit))).collect();
        for (id, key, unit) in series {
            let old = before.get_mut(id.index()).and_then(Option::take);
            let hooks = self.hooks_of(id, &key, &unit, old.as_deref(), &mut carried);
            let watched = hooks.watched();
            store.watch(id, watched);
            if watched {
                self.keep(id, hooks);
            }
        }
        carried.moved
    }

    fn carry(&mut self, place: u32, carried: &mut Carried) -> Option<u32> {
        let at = place as usize;
        if let Some(running) = carried.running.get_mut(at).and_then(Option::take) {
            carried.went[at] = Some(self.running.len() as u32);
            self.running.push(running);
        }
        carried.went.get(at).copied().flatten()
    }

    /// What watches a series: what watched it before goes on.
    pub(super) fn hooks_of(&mut self, id: SeriesId, key: &SeriesKey, unit: &Arc<str>, old: Option<&Hooks>, carried: &mut Carried) -> Hooks {
        let mut hooks = Hooks::default();
        let subject = Subject::Series(key.clone());
        for index in 0..self.detectors.len() {
            let DetectorOn::Metric(pattern) = &self.detectors[index].on else { continue };
            if !matches(pattern, &key.name) {
                continue;
            }
            let text = text_of(&self.detectors[index], pattern, key);
            let old = old.and_then(|h| h.attached.iter().find(|a| carried.kept[usize::from(a.index)] == Some(index as u16)));
            let (running, own) =
                old.and_then(|a| Some((self.carry(a.running, carried)?, a.own))).unwrap_or_else(|| self.run(index, &subject));
            let known: &[WatchId] = old.map_or(&[], |a| &a.post.watches);
            let origin = Origin::Series(id);
            let watches = rewatched(&mut self.court.rules, &self.detectors[index], (&subject, origin, unit), known, &carried.moved);
            let mut post = old.map_or_else(Post::default, |a| a.post.with(Vec::new())).with(watches);
            post.knows(self.running[running as usize].known);
            self.ask(id, key, hooks.attached.len(), index, (running, own));
            hooks.attached.push(Attached { index: index as u16, running, own, post, text });
        }
        let attached: Vec<u16> = hooks.attached.iter().map(|a| a.index).collect();
        hooks.seats = self.seats(id, key, unit, &attached);
        for place in 0..self.expressions.len() {
            if !self.expressions[place].names(key) {
                continue;
            }
            hooks.expressions.push(place as u16);
            let labels = self.expressions[place].labels(key);
            if !self.expressions[place].bindings.contains_key(&labels) {
                let (rule, unit) = (self.expressions[place].rule, Arc::clone(unit));
                let watch = self.court.rules.watch(rule, subject.clone(), Origin::Series(id), unit);
                self.expressions[place].bind(labels.clone(), watch);
            }
            let watch = self.expressions[place].bindings.get(&labels).map(|b| b.watch);
            hooks.attached.iter_mut().for_each(|a| a.post.beside.extend(watch));
        }
        hooks
    }

    /// Lets the rules as they are now watch the keys of a detector on events.
    pub fn rewatch(&mut self, keyed: &mut Keyed, place: u16, moved: &Moved) {
        for key in &mut keyed.keys {
            let about = (&key.subject, Origin::Stream(place), &Arc::from(""));
            key.post.watches = rewatched(&mut self.court.rules, &keyed.spec, about, &key.post.watches, moved);
        }
    }
}

/// What a detector of names sees of a series: its labels, and its name where the detector has several metrics.
fn text_of(spec: &DetectorSpec, pattern: &str, key: &SeriesKey) -> Option<Arc<str>> {
    kinds::kind(spec.kind).filter(|k| k.sees == Sees::Category)?;
    if pattern.ends_with('*') {
        return Some(key.to_string().into());
    }
    let parts: Vec<String> = key.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Some(parts.join(", ").into())
}

/// The watches of the rules as they are now, over a detector and a subject: those that go on, and new ones.
fn rewatched(
    rules: &mut Rules,
    spec: &DetectorSpec,
    (subject, origin, unit): (&Subject, Origin, &Arc<str>),
    known: &[WatchId],
    moved: &Moved,
) -> Vec<WatchId> {
    let known: Vec<WatchId> = known.iter().filter_map(|w| moved.of(*w)).collect();
    let places = rules.of_detector(&spec.name);
    let of = |rule: u16| rules.among(&known, rule).unwrap_or_else(|| rules.watch(rule, subject.clone(), origin, Arc::clone(unit)));
    places.into_iter().map(of).collect()
}

/// Whether a rule goes on watching: it, what it goes by and what that measures are as they were.
fn fate(
    rule: &RuleSpec,
    origin: Origin,
    rules: &[RuleSpec],
    detectors: (&[DetectorSpec], &[DetectorSpec]),
    places: &[Option<u16>],
    store: &Store,
) -> Fate {
    let changed = |what: &str, name: &str, there: bool| {
        let became = if there { "was changed" } else { "is gone" };
        Arc::from(format!("{what} {name} {became} in the configuration"))
    };
    let Some(new) = rules.iter().position(|r| r.same_condition(rule)) else {
        return Err(changed("rule", &rule.name, rules.iter().any(|r| r.name == rule.name)));
    };
    if let Some(name) = rule.detector() {
        let named = |list: &[DetectorSpec]| list.iter().find(|d| d.name == *name).cloned();
        let (old, now) = (named(detectors.0), named(detectors.1));
        if old != now {
            return Err(changed("detector", name, now.is_some()));
        }
    }
    match origin {
        Origin::Kept => Ok((new as u16, origin)),
        Origin::Series(id) if !store.alive(id) => Err("what it watches is no longer measured so".into()),
        Origin::Series(_) => Ok((new as u16, origin)),
        Origin::Stream(place) => match places.get(usize::from(place)).copied().flatten() {
            Some(place) => Ok((new as u16, Origin::Stream(place))),
            None => Err("the stream it watches was changed in the configuration".into()),
        },
    }
}
