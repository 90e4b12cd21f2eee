//! `vote`: one verdict for a group, from how odd each of its members is.
//!
//! Of a host's forty metrics one is always odd: a maximum over them would ring all day. Here
//! each member votes with as much as it is odder than usual for itself, and bounded; enough of them at
//! once are an alarm. Whoever watches hosts, services or plants by many metrics meets it.

use super::explain::Told;
use super::kind::{Kind, Param, Params, Sees, whole};
use super::members::{Members, shares};
use super::score::{HALF, squash};
use super::state::{Reader, floats, read_floats, state};
use crate::model::number::{number, rounded};
use crate::model::{Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use serde_json::Value;

const NAME: &str = "vote";
/// The share of members that must be odd at once.
const SHARE: f64 = 0.2;
/// Votes below which nothing is an alarm: one metric alone has its own detector.
const LEAST: f64 = 2.0;
/// Members below which there is no vote.
const MEMBERS: f64 = 3.0;
/// Moments before the first judgement: what is usual of each must be known.
const MIN: f64 = 30.0;
/// Members known at most, in some 100 bytes each.
const LIMIT: f64 = 1_000.0;
/// Moments that a member's usual oddness rests on.
const WINDOW: f64 = 1_000.0;
/// The score from which a member's own detector calls it odd.
const ODD: f64 = 0.5;
/// Deviations by which it must be odder than it usually is.
const ODDER: f64 = 3.0;
/// A vote begins at half the way from the usual to that.
const BEGIN: f64 = 0.5;
/// Share of moments whose votes are usual: the rest is what the group has at most.
const MOST: f64 = 0.99;
/// How much the number of usual votes moves with one moment, in members.
const PACE: f64 = 0.5;
/// By how much votes must exceed what is usual at most.
const ABOVE: f64 = 1.25;
/// Names told in the sentence.
const TOLD: usize = 4;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds moments at which many members of a group are odd at once",
    source: "mean of bounded scores over members, each against its own history; on server machine data (Su and others 2019) it beat the maximum, which rings daily",
    sees: Sees::Group,
    ticks: false,
    params: &[
        Param::number("share", "the share of members that must be odd at once", "0.2", 0.001, 1.0),
        Param::number("least", "how many members must be odd at once, however few there are", "2", 1.0, 1e6),
        Param::number("members", "how many members a group must have at least", "3", 2.0, 1e6),
        Param::number("min", "moments needed before the first judgement", "30", 2.0, 1e6),
        Param::number("limit", "how many members are known at most; the one not seen for longest is forgotten first", "1000", 2.0, 1e5),
    ],
    check: |params| whole(params, &["members", "min", "limit"]),
    build: |params, _salt| Box::new(Vote::new(params)),
    explain,
    keys_max: 0,
};

struct Vote {
    share: f64,
    least: f64,
    few: usize,
    needed: u64,
    members: Members,
    /// Votes there are at most in usual moments.
    usual: f64,
    odd: Option<Timestamp>,
}

impl Vote {
    fn new(params: &Params) -> Self {
        Self {
            share: params.number("share", SHARE),
            least: params.number("least", LEAST),
            few: params.number("members", MEMBERS) as usize,
            needed: params.number("min", MIN) as u64,
            members: Members::new(params.number("limit", LIMIT) as usize),
            usual: 0.0,
            odd: None,
        }
    }

    /// Index and vote, from 0 to 1, of each member; `None` where there are too few.
    fn votes(&self, group: &[(&str, f64)]) -> Option<Vec<(usize, f64)>> {
        let there = group.iter().enumerate().filter(|(_, member)| member.1.is_finite());
        let votes: Vec<(usize, f64)> = there.map(|(i, member)| (i, self.vote(member.0, member.1.clamp(0.0, 1.0)))).collect();
        (votes.len() >= self.few).then_some(votes)
    }

    fn vote(&self, name: &str, score: f64) -> f64 {
        let (usual, spread) = self.members.get(name).map_or((0.0, 0.0), |own| (own.level().clamp(0.0, 1.0), own.spread()));
        // One that is always odd would have to be odder than anything can be, and votes with a part at most.
        let full = (usual + ODDER * spread).max(ODD);
        let way = (score - usual) / (full - usual).max(1e-9);
        ((way - BEGIN) / (1.0 - BEGIN)).clamp(0.0, 1.0)
    }
}

impl Detector for Vote {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.members.moments(), needed: self.needed };
        let Observation::Group(group) = x else { return learning };
        let Some(votes) = self.votes(group).filter(|_| self.members.moments() >= self.needed) else { return learning };
        let count: f64 = votes.iter().map(|vote| vote.1).sum();
        let needed = (self.share * votes.len() as f64).max(self.least).max(ABOVE * self.usual);
        let limits = count / needed;
        let flagged = limits >= 1.0;
        let first = votes.iter().copied().reduce(|top, next| if next.1 > top.1 { next } else { top });
        self.odd = if flagged { self.odd.or(Some(at)) } else { None };
        Verdict::Scored(Scored {
            score: squash(limits),
            threshold: HALF,
            flagged,
            expected: None,
            pattern: Pattern::Combination,
            baseline: Baseline {
                basis: Basis::Peers,
                centre: self.usual,
                n: votes.len() as u64,
                distance: count,
                dimension: first.map_or(0, |first| first.0),
                since: self.odd,
                ..Baseline::none(NAME)
            },
        })
    }

    fn learn(&mut self, _at: Timestamp, x: &Observation<'_>) {
        let Observation::Group(group) = x else { return };
        let Some(votes) = self.votes(group) else { return };
        let (count, n) = (votes.iter().map(|vote| vote.1).sum::<f64>(), votes.len() as f64);
        // While the members are not known, neither is what they usually do together.
        if self.members.moments() >= self.needed / 2 {
            let pace = PACE.max(n / 50.0);
            let way = if count > self.usual { MOST } else { MOST - 1.0 };
            self.usual = (self.usual + pace * way).clamp(0.0, n);
        }
        self.members.push(group.iter().filter(|member| member.1.is_finite()).map(|(name, score)| (*name, score.clamp(0.0, 1.0))), WINDOW);
    }

    fn accept(&mut self) {
        self.members.accept();
    }

    fn shares(&self, x: &Observation<'_>) -> Vec<(usize, f64)> {
        let Observation::Group(group) = x else { return Vec::new() };
        self.votes(group).map_or_else(Vec::new, |votes| shares(votes.into_iter()))
    }

    fn save(&self) -> Value {
        let odd = self.odd.map(Timestamp::as_millis);
        state(NAME, [("members", self.members.save()), ("usual", floats([self.usual])), ("odd", odd.into())])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        Reader::new(NAME, state)?;
        let members = state.get("members").and_then(|members| self.members.restored(members));
        let usual = state.get("usual").and_then(read_floats).filter(|usual| usual.len() == 1);
        let usual = usual.ok_or_else(|| Reader::fault("usual", "one number"))?;
        self.members = members.ok_or_else(|| Reader::fault("members", "members that fit the limit"))?;
        self.usual = usual[0];
        self.odd = state.get("odd").and_then(Value::as_i64).map(Timestamp::from_millis);
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.members.memory()
    }
}

fn explain(told: &Told<'_>) -> String {
    let Observation::Group(group) = told.seen else { return told.name.to_owned() };
    let baseline = &told.scored.baseline;
    let mut names: Vec<&str> = told.contributions.iter().map(|part| part.what.as_ref()).collect();
    if names.is_empty() {
        let mut odd: Vec<&(&str, f64)> = group.iter().filter(|member| member.1 >= ODD).collect();
        odd.sort_by(|a, b| b.1.total_cmp(&a.1));
        names = odd.into_iter().map(|member| member.0).collect();
    }
    let more = if names.len() > TOLD { ", …" } else { "" };
    names.truncate(TOLD);
    let list = if names.is_empty() { String::new() } else { format!(" {}{more}", names.join(", ")) };
    let (count, n, usual) = (rounded(baseline.distance.round(), 3), number(baseline.n as f64), number(baseline.centre.round()));
    // What they are comes first: where there is little room, the end is cut.
    format!("{count} of {n} series{} odd at once:{list} (usually at most {usual})", told.of())
}

#[cfg(test)]
#[path = "vote_tests.rs"]
mod tests;
