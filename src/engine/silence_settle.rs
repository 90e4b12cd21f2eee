//! Each second: cohorts that go on are told of, those that are over end, and what was flagged anew finds its place.

use super::effect::Effect;
use super::judge::{Judge, watches};
use super::post::{Lesson, Post};
use super::silence::{Cause, Cohort, Found, Ground, Seat, Who};
use super::silence_cause::{TOGETHER, explains};
use super::silence_pool::{Fact, Standing, member};
use super::silence_tell::KEPT;
use super::stream::Stream;
use super::ticks::{Missed, Reached, SECONDS};
use crate::alert::{Form, Observed, Origin};
use crate::detect::DetectorOn;
use crate::model::{Contribution, LabelSet, Millis, Pattern, SeriesId, SeriesKey, Subject, Timestamp, Verdict};
use crate::store::Store;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Subjects of cohorts that are remembered with their alerts; beyond, each member is told by itself.
const SEATS: usize = 1_000;

/// What surrounds it: where data come from, and how far they are.
pub(super) struct Scene<'a> {
    pub streams: &'a mut [Stream],
    pub reached: &'a Reached,
    pub store: &'a Store,
    pub effects: &'a mut VecDeque<Effect>,
}

/// A cohort of before the restart: its alert ends once what it was about comes again.
pub(super) struct Waiting {
    pub index: u16,
    pub subject: Subject,
    /// What came up to here was heard.
    pub until: Timestamp,
}

/// Some of a pool: why they are one thing, which, and how many others live.
struct Chosen {
    cause: Cause,
    facts: Vec<usize>,
    living: usize,
}

impl Judge {
    /// Takes all that was flagged as missing in this second: to a cohort, or by itself.
    pub(super) fn settle_silence(&mut self, scene: &mut Scene<'_>) {
        self.tend_cohorts(scene);
        self.tend_waiting(scene);
        let mut found = std::mem::take(&mut self.silences.found);
        found.sort_unstable();
        for pool in found.chunk_by(|a, b| (a.ground, a.index) == (b.ground, b.index)) {
            self.settle_pool(pool, scene);
        }
        found.clear();
        self.silences.found = found;
        self.court.close(scene.effects);
    }

    /// Those of one detector on one ground.
    fn settle_pool(&mut self, pool: &[Found], scene: &mut Scene<'_>) {
        let Some(Found { ground, index, .. }) = pool.first().copied() else { return };
        let facts = self.facts(ground, index, scene.streams, scene.reached, scene.store);
        let new: BTreeSet<Who> = pool.iter().map(|f| f.who).collect();
        let is_new = |fact: &Fact| fact.flagged.is_some() && fact.standing == Standing::Open && new.contains(&fact.who);
        let mut left: Vec<usize> = (0..facts.len()).filter(|i| is_new(&facts[*i])).collect();
        let dead = self.silences.dead(ground);
        self.join_cohorts((ground, index), &facts, &mut left, scene);
        let mut alone = Vec::new();
        while let Some(first) = left.first().copied() {
            let chosen = if dead { all(&facts) } else { together(&facts, &facts[first]) };
            let chosen = chosen.filter(|chosen| chosen.facts.contains(&first));
            match chosen.filter(|chosen| self.raise((ground, index), chosen, &facts, scene)) {
                Some(chosen) => left.retain(|i| !chosen.facts.contains(i)),
                None => alone.push(left.remove(0)),
            }
        }
        // Where a row tells already that nothing comes from there, a single one needs none of its own.
        let told = dead && self.row_of(ground, scene.streams).is_some();
        for i in alone {
            self.miss_alone((ground, index), &facts[i], told, scene);
        }
    }

    /// Lets what fell silent with a cohort join it.
    fn join_cohorts(&mut self, (ground, index): (Ground, u16), facts: &[Fact], left: &mut Vec<usize>, scene: &mut Scene<'_>) {
        let dead = self.silences.dead(ground);
        let mut cohorts = std::mem::take(&mut self.silences.cohorts);
        for cohort in cohorts.iter_mut().filter(|c| c.ground == ground && c.index == index) {
            let takes = |i: &usize| (dead && cohort.cause == Cause::Dead) || cohort.takes(&facts[*i]);
            let joined: Vec<usize> = left.iter().copied().filter(takes).collect();
            if joined.is_empty() {
                continue;
            }
            left.retain(|i| !joined.contains(i));
            joined.iter().for_each(|i| self.hold(ground, index, &facts[*i], scene.streams));
            cohort.members.extend(joined.iter().map(|i| facts[*i].who));
            cohort.peak = cohort.peak.max(cohort.members.len());
            let inside: Vec<&Fact> = facts.iter().filter(|f| cohort.members.contains(&f.who)).collect();
            cohort.parts = parts(&inside, &cohort.cause);
            if let Some(at) = scene.reached.of_ground(ground, Millis::ZERO) {
                let why = cohort.why(at, self.silences.usual(ground));
                self.court.anomalies.retell((&cohort.row.0, &cohort.row.1), &why, &cohort.parts);
            }
        }
        self.silences.cohorts = cohorts;
    }

    /// The member is told of by its cohort, and by itself no more.
    fn hold(&mut self, ground: Ground, index: u16, fact: &Fact, streams: &mut [Stream]) {
        if let Some((post, _)) = member((&mut self.hooks, &mut self.running), streams, (ground, index, fact.who)) {
            (post.absent, post.held) = (true, true);
        }
    }

    /// Makes a cohort: a row, unless another one tells the same, and an alert a rule. `false`: there is no room for it.
    fn raise(&mut self, (ground, index): (Ground, u16), chosen: &Chosen, facts: &[Fact], scene: &mut Scene<'_>) -> bool {
        let Some(at) = scene.reached.of_ground(ground, Millis::ZERO) else { return false };
        let inside: Vec<&Fact> = chosen.facts.iter().map(|i| &facts[*i]).collect();
        let Some(scored) = inside.iter().find_map(|f| f.flagged) else { return false };
        let (subject, of) = self.subject((ground, index), &chosen.cause, &inside);
        let key = (index, subject.clone());
        if !self.silences.seats.contains_key(&key) && self.silences.seats.len() >= SEATS {
            return false;
        }
        let origin = match (ground, inside.first().map(|f| f.who)) {
            (Ground::Stream(place), _) => Origin::Stream(place),
            (_, Some(Who::Series(id))) => Origin::Series(id),
            _ => return false,
        };
        self.seat(index, &subject, origin);
        let row = self.row_of(ground, scene.streams).filter(|_| chosen.cause == Cause::Dead);
        let detector = Arc::clone(&self.detectors[usize::from(index)].name);
        let cohort = Cohort {
            ground,
            index,
            cause: chosen.cause.clone(),
            what: if let Subject::Key { .. } = inside[0].subject { "keys" } else { "series" },
            of,
            since: inside.iter().map(|f| f.last).max().unwrap_or(at),
            members: inside.iter().map(|f| f.who).collect(),
            peak: inside.len(),
            living: chosen.living,
            scored,
            parts: parts(&inside, &chosen.cause),
            accepted: false,
            row: row.clone().unwrap_or((detector, subject.clone())),
            subject,
        };
        inside.iter().for_each(|fact| self.hold(ground, index, fact, scene.streams));
        self.tell(&cohort, at, scene, row.is_none());
        self.silences.cohorts.push(cohort);
        true
    }

    /// Makes the standing of a detector with a cohort's subject, where there is none yet.
    fn seat(&mut self, index: u16, subject: &Subject, origin: Origin) {
        let (rules, spec) = (&mut self.court.rules, &self.detectors[usize::from(index)]);
        let new = || Seat { post: Post::new(watches(rules, spec, subject, origin, &Arc::from(SECONDS))), origin };
        self.silences.seats.entry((index, subject.clone())).or_insert_with(new);
    }

    /// What a cohort is about, and what its members are of.
    fn subject(&self, (ground, index): (Ground, u16), cause: &Cause, inside: &[&Fact]) -> (Subject, Arc<str>) {
        let first = inside[0];
        let source = self.silences.pulses.get(&ground).map_or_else(|| Arc::clone(&first.name), |pulse| Arc::clone(&pulse.name));
        let labels = match cause {
            Cause::Dead => return (Subject::Key { stream: Arc::clone(&source), labels: LabelSet::none() }, source),
            Cause::Label(name, value) => LabelSet::new([(Arc::clone(name), Arc::clone(value))]),
            // Any value of them: so it is no series' own subject.
            Cause::Together => LabelSet::new(first.labels.iter().map(|(name, _)| (name, "*"))),
        };
        if let Subject::Key { stream, .. } = &first.subject {
            return (Subject::Key { stream: Arc::clone(stream), labels }, Arc::clone(stream));
        }
        let name = match &self.detectors[usize::from(index)].on {
            DetectorOn::Metric(pattern) if inside.iter().any(|f| f.name != first.name) => Arc::clone(pattern),
            _ => Arc::clone(&first.name),
        };
        (Subject::Series(SeriesKey { name: Arc::clone(&name), labels }), name)
    }

    /// Tells rules of a cohort, and with `row` the table; answers what its detectors are to do with it.
    fn tell(&mut self, cohort: &Cohort, at: Timestamp, scene: &mut Scene<'_>, row: bool) -> Lesson {
        let why = cohort.why(at, self.silences.usual(cohort.ground));
        let silence = at.since(cohort.since).as_secs_f64().max(0.0);
        let spec = &self.detectors[usize::from(cohort.index)];
        let Some(Seat { post, .. }) = self.silences.seats.get_mut(&(cohort.index, cohort.subject.clone())) else { return Lesson::Learn };
        post.watches.iter().for_each(|watch| self.court.rules.told(*watch, scene.reached.now));
        let form = Some(Form { pattern: Pattern::Missing, since: Some(cohort.since) });
        let seen = Observed { at, flagged: true, value: silence, score: cohort.scored.score, expected: None, form };
        if row {
            let missed = Missed { spec, name: &cohort.of, series: None, at, asked: at, now: scene.reached.now };
            let mut anomaly = missed.anomaly_of(silence, cohort.subject.clone(), &cohort.scored);
            (anomaly.why, anomaly.contributions) = (why, cohort.parts.clone());
            anomaly.baseline.since = Some(cohort.since);
            self.court.flag(post, seen, anomaly, scene.effects);
        } else {
            let (detector, subject) = &cohort.row;
            self.court.anomalies.prolong(detector, subject, at);
            self.court.tell(post, seen, &why, &cohort.parts);
        }
        post.lesson(&self.court.rules, true, at, spec.accept_after)
    }

    /// Cohorts that go on, and those that are over.
    fn tend_cohorts(&mut self, scene: &mut Scene<'_>) {
        for mut cohort in std::mem::take(&mut self.silences.cohorts) {
            let Some(at) = scene.reached.of_ground(cohort.ground, Millis::ZERO) else {
                self.silences.cohorts.push(cohort);
                continue;
            };
            let of = (cohort.ground, cohort.index);
            let held = |who: &_| {
                member((&mut self.hooks, &mut self.running), scene.streams, (of.0, of.1, *who)).is_some_and(|(post, _)| post.held)
            };
            cohort.members.retain(held);
            if cohort.accepted {
                self.accept_members(&cohort, at, scene.streams);
            }
            if cohort.accepted || cohort.dissolves() || (cohort.cause == Cause::Dead && !self.silences.dead(cohort.ground)) {
                self.dissolve(&cohort, at, scene.streams);
                continue;
            }
            cohort.accepted = self.tell(&cohort, at, scene, false) == Lesson::Accept;
            self.silences.cohorts.push(cohort);
        }
    }

    /// Cohorts of before the restart: one that came again is that alert, and one that lives again is over.
    fn tend_waiting(&mut self, scene: &mut Scene<'_>) {
        for waiting in std::mem::take(&mut self.silences.waiting) {
            let Waiting { index, ref subject, until } = waiting;
            if self.silences.seats.contains_key(&(index, subject.clone())) {
                continue;
            }
            let Some((ground, origin)) = self.came(&waiting, scene) else {
                self.silences.waiting.push(waiting);
                continue;
            };
            self.seat(index, subject, origin);
            let at = scene.reached.of_ground(ground, Millis::ZERO).map_or(until, |at| at.max(until + Millis::new(1)));
            let calm = Observed { at, flagged: false, value: 0.0, score: 0.0, expected: None, form: None };
            if let Some(Seat { post, .. }) = self.silences.seats.get(&(index, subject.clone())) {
                self.court.calm(post, calm);
            }
        }
    }

    /// Where what a cohort was about comes again.
    fn came(&self, waiting: &Waiting, scene: &Scene<'_>) -> Option<(Ground, Origin)> {
        let (labels, until) = (waiting.subject.labels(), waiting.until);
        let mut series = self.ticks.grounds_of(waiting.index);
        if let (Subject::Key { stream, .. }, true) = (&waiting.subject, labels.is_empty()) {
            let (ground, _) = self.silences.lives(stream).filter(|(_, reached)| *reached > until)?;
            return match ground {
                Ground::Stream(place) => Some((ground, Origin::Stream(place))),
                Ground::Source(_) => series.find(|(_, of)| *of == ground).map(|(id, _)| (ground, Origin::Series(id))),
            };
        }
        let fits = |of: &LabelSet| labels.iter().all(|(name, value)| of.get(name).is_some_and(|v| value == "*" || v == value));
        let heard = |id: SeriesId| {
            let hooks = self.hooks.get(id.index()).and_then(Option::as_ref);
            let of = hooks.and_then(|h| h.attached.iter().find(|a| a.index == waiting.index));
            of.is_some_and(|a| a.post.until() > until)
        };
        let found = series.find(|(id, _)| heard(*id) && fits(&scene.store.info(*id).key.labels));
        if let Some((id, ground)) = found {
            return Some((ground, Origin::Series(id)));
        }
        let place = scene.streams.iter().position(|s| {
            let mut keys = s.keyed.iter().filter(|k| k.index == waiting.index).flat_map(|k| &k.keys);
            keys.any(|key| key.post.until() > until && fits(key.subject.labels()))
        })?;
        Some((Ground::Stream(place as u16), Origin::Stream(place as u16)))
    }

    /// A cohort is over: those that are still silent are judged by themselves from now on.
    fn dissolve(&mut self, cohort: &Cohort, at: Timestamp, streams: &mut [Stream]) {
        if let Some(Seat { post, .. }) = self.silences.seats.get_mut(&(cohort.index, cohort.subject.clone())) {
            let silence = at.since(cohort.since).as_secs_f64().max(0.0);
            let calm = Observed { at, flagged: false, value: silence, score: 0.0, expected: None, form: None };
            self.court.calm(post, calm);
            post.lesson(&self.court.rules, false, at, Millis::ZERO);
        }
        for who in &cohort.members {
            let of = (cohort.ground, cohort.index, *who);
            if let Some((post, _)) = member((&mut self.hooks, &mut self.running), streams, of) {
                (post.absent, post.held) = (false, false);
            }
        }
    }

    fn accept_members(&mut self, cohort: &Cohort, at: Timestamp, streams: &mut [Stream]) {
        for who in &cohort.members {
            let of = (cohort.ground, cohort.index, *who);
            if let Some((_, detector)) = member((&mut self.hooks, &mut self.running), streams, of) {
                // It was not asked while its cohort was told of: how long it is silent it is told now.
                let _ = detector.missing(at);
                detector.accept();
            }
        }
    }

    /// A person takes the silence of a cohort for usual: it is over from the next second on.
    pub(super) fn accept_silence(&mut self, name: &str, subject: &Subject) {
        let of_row = |c: &&mut Cohort| *c.row.0 == *name && c.row.1 == *subject;
        self.silences.cohorts.iter_mut().filter(of_row).for_each(|cohort| cohort.accepted = true);
    }

    /// The row that tells already that nothing comes from a ground: detector and subject.
    fn row_of(&self, ground: Ground, streams: &[Stream]) -> Option<(Arc<str>, Subject)> {
        let cohort = self.silences.cohorts.iter().find(|c| c.ground == ground && c.cause == Cause::Dead);
        let of_stream = |place: u16| {
            let whole = streams.get(usize::from(place))?.keyed.iter().filter(|k| k.fields.by.is_empty());
            let mut absent = whole.filter(|k| super::silence_pool::counts(k.spec.kind) && k.keys.first().is_some_and(|s| s.post.absent));
            absent.next().map(|k| (Arc::clone(&k.spec.name), k.keys[0].subject.clone()))
        };
        match (cohort, ground) {
            (Some(cohort), _) => Some(cohort.row.clone()),
            (None, Ground::Stream(place)) => of_stream(place),
            (None, Ground::Source(_)) => None,
        }
    }

    /// One that is silent by itself; `told` where a row says so already.
    fn miss_alone(&mut self, (ground, index): (Ground, u16), fact: &Fact, told: bool, scene: &mut Scene<'_>) {
        let (at, asked) = (fact.at, fact.asked);
        let Some((post, detector)) = member((&mut self.hooks, &mut self.running), scene.streams, (ground, index, fact.who)) else { return };
        post.absent |= told;
        let series = if let Who::Series(id) = fact.who { Some(id) } else { None };
        let missed = Missed { spec: &self.detectors[usize::from(index)], name: &fact.name, series, at, asked, now: scene.reached.now };
        let verdict = fact.flagged.map(Verdict::Scored);
        self.court.miss(post, detector, verdict, &missed, || fact.subject.clone(), scene.effects);
    }
}

/// All of a dead ground that lived until then; two at least.
fn all(facts: &[Fact]) -> Option<Chosen> {
    let open: Vec<usize> = (0..facts.len()).filter(|i| facts[*i].standing == Standing::Open).collect();
    (open.len() > 1).then_some(Chosen { cause: Cause::Dead, facts: open, living: 0 })
}

/// What fell silent together with `first`, and why.
fn together(facts: &[Fact], first: &Fact) -> Option<Chosen> {
    let mut silent: Vec<usize> = (0..facts.len()).filter(|i| facts[*i].began_with(first)).collect();
    if silent.len() < TOGETHER {
        return None;
    }
    let since = silent.iter().map(|i| facts[*i].last).max()?;
    let living: Vec<&LabelSet> = facts.iter().filter(|f| f.lives(since)).map(|f| &f.labels).collect();
    let labels: Vec<&LabelSet> = silent.iter().map(|i| &facts[*i].labels).collect();
    let cause = match explains(&labels, &living) {
        Some((name, value)) => {
            silent.retain(|i| facts[*i].labels.get(name) == Some(value));
            Cause::Label(name.into(), value.into())
        }
        None => Cause::Together,
    };
    Some(Chosen { cause, facts: silent, living: living.len() })
}

/// The silent ones by name, the largest first: with the part of the missing samples that is theirs.
fn parts(inside: &[&Fact], cause: &Cause) -> Vec<Contribution> {
    let several = inside.iter().any(|f| f.name != inside[0].name);
    let mut list: Vec<(&&Fact, String)> = inside.iter().map(|f| (f, name(f, several, cause))).collect();
    list.sort_by(|(a, x), (b, y)| b.weight().total_cmp(&a.weight()).then(b.seen.cmp(&a.seen)).then_with(|| x.cmp(y)));
    let whole: f64 = inside.iter().map(|f| f.weight()).sum();
    let share = |f: &Fact| if whole > 0.0 { f.weight() / whole } else { 1.0 / inside.len() as f64 };
    list.into_iter().take(KEPT).map(|(fact, name)| Contribution { what: name.into(), share: share(fact) }).collect()
}

/// A member by what tells it from the others.
fn name(fact: &Fact, several: bool, cause: &Cause) -> String {
    let known = |name: &str| matches!(cause, Cause::Label(label, _) if **label == *name);
    let rest = LabelSet::new(fact.labels.iter().filter(|(name, _)| !known(name)));
    if several || rest.is_empty() {
        return SeriesKey { name: Arc::clone(&fact.name), labels: rest }.to_string();
    }
    rest.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}
