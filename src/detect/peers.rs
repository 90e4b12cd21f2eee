//! `peers`: one of many like it behaves unlike the others.
//!
//! Each member is compared with the middle of all at the same moment, less its own usual distance
//! from it: a node that is always a tenth busier is no news, and neither is a rush hour that all have at once.
//! Whoever watches nodes, sensors, partitions or regions meets it.

use super::explain::{Told, band};
use super::kind::{Kind, Param, Params, Sees, whole};
use super::members::Members;
use super::score::{HALF, bounded, squash};
use super::state::{Reader, state};
use crate::model::number::number;
use crate::model::{Band, Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::rank::median;
use serde_json::Value;

const NAME: &str = "peers";
/// Robust deviations from the others that are still usual: the oddest of many is always two or three away.
const K: f64 = 6.0;
/// Members below which nobody is unlike the others: of two, both are.
const MEMBERS: f64 = 3.0;
/// Moments before the first judgement.
const MIN: f64 = 30.0;
/// Members known at most, in some 100 bytes each.
const LIMIT: f64 = 1_000.0;
/// Moments that a member's usual distance rests on.
const WINDOW: f64 = 300.0;
/// The share of the group's present spread that each may have: of a dozen members it is told to a quarter or so,
/// and so must be well above a member's own before it counts.
const RESTLESS: f64 = 0.6;
/// Counts reach farther up than down: k deviations of a Poisson count are so unlikely as k of a normal number where
/// this part of k squared, in counts, is added (Cornish and Fisher 1938).
const SKEW: f64 = 6.0;
/// But of counts that hardly ever change, no more than so many of their deviations.
const SKEW_MOST: f64 = 2.0;
/// Moments' worth of trust in the group while a member is new.
const NEW: f64 = 10.0;
/// The median absolute deviation of a normal distribution is this share of its standard deviation.
const MAD: f64 = 0.674_489_75;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds one of many alike that behaves unlike the others",
    source: "median and median deviation across the group (Hampel 1974), each member's own distance learned with bounded influence",
    sees: Sees::Group,
    ticks: false,
    params: &[
        Param::number("k", "how many robust standard deviations from the others are still usual", "6", 0.01, 1e6),
        Param::number("members", "how many members a group must have at least", "3", 3.0, 1e6),
        Param::number("min", "moments needed before the first judgement", "30", 2.0, 1e6),
        Param::number("limit", "how many members are known at most; the one not seen for longest is forgotten first", "1000", 3.0, 1e5),
    ],
    check: |params| whole(params, &["members", "min", "limit"]),
    build: |params, _salt| Box::new(Peers::new(params)),
    explain,
    keys_max: 0,
};

struct Peers {
    k: f64,
    least: usize,
    needed: u64,
    /// Each one's distance from the middle.
    members: Members,
    /// Since when the same member has been the odd one.
    odd: Option<(Box<str>, Timestamp)>,
}

/// A moment, measured.
struct Moment {
    /// The middle of all, each less its own usual distance.
    middle: f64,
    /// The lowest of all.
    lowest: f64,
    /// How far each is from where it would be: its index, deviation, its usual distance and its scale.
    each: Vec<(usize, f64, f64, f64)>,
}

/// The one that is most unlike the others.
#[derive(Clone, Copy, Default)]
struct Odd {
    dimension: usize,
    /// In scales from its centre.
    distance: f64,
    centre: f64,
    scale: f64,
    /// It is its course that is odd.
    drifts: bool,
}

impl Odd {
    fn take(&mut self, other: Self) {
        if self.scale == 0.0 || other.distance.abs() > self.distance.abs() {
            *self = other;
        }
    }
}

impl Peers {
    fn new(params: &Params) -> Self {
        Self {
            k: params.number("k", K),
            least: params.number("members", MEMBERS) as usize,
            needed: params.number("min", MIN) as u64,
            members: Members::new(params.number("limit", LIMIT) as usize),
            odd: None,
        }
    }

    /// `None` where there are too few members.
    fn measure(&self, group: &[(&str, f64)]) -> Option<Moment> {
        let there = || group.iter().enumerate().filter(|(_, member)| member.1.is_finite());
        if there().count() < self.least {
            return None;
        }
        let raw: Vec<f64> = there().map(|(_, member)| bounded(member.1)).collect();
        let (_, wide) = middle(&raw)?;
        let lowest = raw.iter().copied().fold(f64::INFINITY, f64::min);
        let counts = lowest >= 0.0 && raw.iter().all(|x| x.fract().abs() < f64::EPSILON);
        let offsets: Vec<(f64, f64, f64)> = there()
            .map(|(_, member)| {
                let own = self.members.get(member.0);
                let n = own.map_or(0.0, |own| f64::from(own.count()));
                let trust = n / (n + NEW);
                own.map_or((0.0, wide, 0.0), |own| (own.level() * trust, own.spread(), trust))
            })
            .collect();
        let less: Vec<f64> = raw.iter().zip(&offsets).map(|(x, offset)| x - offset.0).collect();
        let (middle, apart) = middle(&less)?;
        let mut spreads: Vec<f64> = offsets.iter().map(|offset| offset.1).collect();
        let common = median(&mut spreads)?;
        let each = there().zip(less.iter().zip(&offsets)).map(|((i, _), (x, (offset, spread, trust)))| {
            // A calm member of a restless group may become restless too, and a new one may be anywhere in the group.
            let own = spread.max(f64::midpoint(*spread, common)) * trust + (1.0 - trust) * wide.max(common);
            let floor = crate::stats::welford::noise_floor(middle + offset);
            let scale = own.max(RESTLESS * apart).max(floor);
            let skew = if counts && *x > middle { (self.k / SKEW).min(SKEW_MOST * scale) } else { 0.0 };
            (i, x - middle, *offset, scale + skew)
        });
        Some(Moment { middle, lowest, each: each.collect() })
    }
}

/// The median and the robust standard deviation around it.
fn middle(numbers: &[f64]) -> Option<(f64, f64)> {
    let mut sorted = numbers.to_vec();
    let middle = median(&mut sorted)?;
    for x in &mut sorted {
        *x = (*x - middle).abs();
    }
    Some((middle, median(&mut sorted)? / MAD))
}

impl Detector for Peers {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.members.moments(), needed: self.needed };
        let Observation::Group(group) = x else { return learning };
        let Some(moment) = self.measure(group).filter(|_| self.members.moments() >= self.needed) else { return learning };
        let far = |member: &(usize, f64, f64, f64)| member.1.abs() / member.3;
        let mut oddest = Odd::default();
        for member in &moment.each {
            let (i, rest, offset, scale) = *member;
            let name = group[i].0;
            oddest.take(Odd { dimension: i, distance: rest / scale, centre: moment.middle + offset, scale, drifts: false });
            // One that is far off is that first of all, and shall not count as astray for long after it is back.
            if far(member) > self.k {
                continue;
            }
            self.members.steer(name, rest + offset, scale);
            if let Some(course) = self.members.course(name) {
                let (distance, centre) = (course.astray / course.usual, moment.middle + course.home);
                oddest.take(Odd { dimension: i, distance, centre, scale: course.usual, drifts: true });
            }
        }
        let Odd { dimension, distance, centre, scale, drifts } = oddest;
        let flagged = distance.abs() > self.k;
        let name = group[dimension].0;
        let since = self.odd.as_ref().filter(|odd| &*odd.0 == name).map_or(at, |odd| odd.1);
        self.odd = flagged.then(|| (name.into(), since));
        let pattern = if distance < 0.0 { Pattern::Dip } else { Pattern::Spike };
        Verdict::Scored(Scored {
            score: squash(distance.abs() / self.k),
            threshold: HALF,
            flagged,
            // Where nothing is below zero, nothing is expected there.
            expected: Some(Band { low: (centre - self.k * scale).max(moment.lowest.min(0.0)), high: centre + self.k * scale }),
            pattern: if drifts { Pattern::Drift } else { pattern },
            baseline: Baseline {
                basis: Basis::Peers,
                centre,
                scale,
                n: moment.each.len() as u64 - 1,
                distance,
                dimension,
                since: flagged.then_some(since),
                ..Baseline::none(NAME)
            },
        })
    }

    fn learn(&mut self, _at: Timestamp, x: &Observation<'_>) {
        let Observation::Group(group) = x else { return };
        let Some(moment) = self.measure(group) else { return };
        let rests = moment.each.iter().map(|(i, rest, offset, _)| (group[*i].0, rest + offset));
        self.members.push(rests, WINDOW);
        self.members.settle(moment.each.iter().map(|member| group[member.0].0));
    }

    fn accept(&mut self) {
        self.members.accept();
    }

    fn shares(&self, x: &Observation<'_>) -> Vec<(usize, f64)> {
        let Observation::Group(group) = x else { return Vec::new() };
        let Some(moment) = self.measure(group) else { return Vec::new() };
        // Only what is beyond the usual is a deviation worth a share.
        super::members::shares(moment.each.iter().map(|(i, rest, _, scale)| (*i, (rest.abs() / scale - self.k / 2.0).max(0.0))))
    }

    fn save(&self) -> Value {
        let odd = self.odd.as_ref().map(|(name, since)| (name, since.as_millis()));
        state(NAME, [("members", self.members.save()), ("odd", serde_json::json!(odd))])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        Reader::new(NAME, state)?;
        let members = state.get("members").and_then(|members| self.members.restored(members));
        let odd = serde_json::from_value::<Option<(Box<str>, i64)>>(state.get("odd").cloned().unwrap_or_default());
        let odd = odd.map_err(|_| Reader::fault("odd", "a member and a time"))?;
        self.members = members.ok_or_else(|| Reader::fault("members", "members that fit the limit"))?;
        self.odd = odd.map(|(name, since)| (name, Timestamp::from_millis(since)));
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.members.memory()
    }
}

fn explain(told: &Told<'_>) -> String {
    let Observation::Group(group) = told.seen else { return told.value() };
    let dimension = told.scored.baseline.dimension;
    let others = group.iter().enumerate().filter(|(i, member)| *i != dimension && member.1.is_finite()).map(|(_, member)| member.1);
    let (low, high, n) = others.fold((f64::INFINITY, f64::NEG_INFINITY, 0), |(low, high, n), x| (low.min(x), high.max(x), n + 1));
    let theirs = if high > low { band(Band { low, high }) } else { number(low) };
    let unit = if matches!(told.unit, "" | "1") { String::new() } else { format!(" {}", told.unit) };
    let drifts = told.scored.flagged && told.scored.pattern == Pattern::Drift;
    let verb = match (drifts, told.scored.flagged) {
        (true, _) => "drifts away from",
        (false, true) => "unlike",
        (false, false) => "like",
    };
    // Which one it is stands first: the value and the band have columns of their own, and a name has none.
    let (who, name) = (member(told.dimension()), if told.name.is_empty() { "value" } else { told.name });
    let expected = if told.scored.flagged { told.expected() } else { String::new() };
    format!("{who}{} {verb} the other {n}: {name} {}, theirs {theirs}{unit}{expected}", told.of(), told.number(told.x()))
}

/// A member as people call it: `web-3` of `node=web-3`, but `partition 3`.
fn member(name: &str) -> String {
    match name.split_once('=') {
        Some((_, value)) if !name.contains([',', '{']) && value.contains(char::is_alphabetic) => value.to_owned(),
        Some((label, value)) if !name.contains([',', '{']) => format!("{label} {value}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
#[path = "peers_tests.rs"]
mod tests;
