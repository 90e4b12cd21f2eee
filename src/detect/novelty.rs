//! `novelty`: what was never seen so far.
//!
//! A level, a sequence of levels, a level at this hour of the day, or a value beyond the range. It
//! is quiet about what is odd but has been before: noise, daily peaks, the nightly job. Only what is
//! newer than all of the last hours is flagged, so that one trouble is told once.

use super::explain::{Told, band};
use super::kind::{Kind, Param, ParamValue, Params, Sees, whole};
use super::novelty_core::{Cause, Novel, Novelty, Plan};
use super::score::{HALF, judged, squash};
use super::state::{Reader, state};
use crate::model::number::{number, rounded};
use crate::model::{Band, Baseline, Basis, Detector, Millis, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use serde_json::Value;

const NAME: &str = "novelty";
/// Milliseconds of an hour, in which `rest` is given.
const HOUR_MS: f64 = 3_600_000.0;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds levels, sequences and times of day never seen so far, and values beyond the range",
    source: "variable-order Markov novelty over shifted quantisers, after contextual anomaly detection (Smirnov, CAD OSE, 2016); the hour of the day as one more context",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        Param::number("k", "how much evidence counts as odd; 1 is about one false alert a week, more is quieter", "1", 0.1, 10.0),
        Param::number("learn", "after how many observations the levels are settled; judging starts after 100", "750", 20.0, 20_000.0),
        Param::number("rest", "for how many hours only what is odder than before is told again", "8", 0.0, 168.0),
        Param::number("hours", "whether the hour of the day counts", "true", 0.0, 0.0),
    ],
    check: |params| whole(params, &["learn"]),
    build: |params, _salt| Box::new(Detecting::new(params)),
    explain,
    keys_max: 0,
};

struct Detecting {
    plan: Plan,
    /// One for each number of an observation; none before the first.
    tracks: Vec<Novelty>,
}

impl Detecting {
    fn new(params: &Params) -> Self {
        let plan = Plan::default();
        let rest = params.optional("rest").map_or(plan.rest, |hours| Millis::new((hours * HOUR_MS) as i64));
        let learn = params.number("learn", plan.learn as f64) as usize;
        let hours = params.0.get("hours") != Some(&ParamValue::Flag(false));
        Self { plan: Plan { learn, rest, hours, limit: params.number("k", plan.limit) }, tracks: Vec::new() }
    }

    fn score(&self, novel: &Novel, dimension: usize) -> Scored {
        let limits = if novel.first { novel.limits / self.plan.limit } else { 0.0 };
        let (pattern, basis) = match novel.cause {
            Cause::Above => (Pattern::Spike, Basis::Range),
            Cause::Below => (Pattern::Dip, Basis::Range),
            Cause::Level => (Pattern::Shape, Basis::Values),
            Cause::Sequence => (Pattern::Shape, Basis::Form),
            Cause::Hour => (Pattern::SeasonalBreak, Basis::Season),
        };
        let middle = f64::midpoint(novel.low, novel.high);
        Scored {
            score: squash(limits),
            threshold: HALF,
            flagged: limits >= 1.0,
            expected: Some(Band::new(novel.low, novel.high)),
            pattern,
            baseline: Baseline {
                basis,
                centre: if basis == Basis::Form && novel.last.is_finite() { novel.last } else { middle },
                scale: novel.level,
                n: novel.n,
                distance: novel.limits,
                dimension,
                ..Baseline::none(NAME)
            },
        }
    }
}

impl Detector for Detecting {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let first = self.tracks.first();
        let seen = first.map_or(0, Novelty::seen);
        let needed = first.map_or_else(|| Novelty::new(self.plan).needed(), Novelty::needed);
        let learning = Verdict::Learning { seen, needed };
        let Some(numbers) = judged(x, self.tracks.len()) else { return learning };
        let novel: Vec<Option<Novel>> = self.tracks.iter_mut().zip(numbers).map(|(track, &x)| track.judge(at, x)).collect();
        let scores = novel.iter().enumerate().filter_map(|(dimension, novel)| Some(self.score(novel.as_ref()?, dimension)));
        let oddest = scores.reduce(|worst, next| if next.score > worst.score { next } else { worst });
        oddest.map_or(learning, Verdict::Scored)
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.tracks.len()) else { return };
        if self.tracks.is_empty() {
            self.tracks.extend(numbers.iter().map(|_| Novelty::new(self.plan)));
        }
        self.tracks.iter_mut().zip(numbers).for_each(|(track, &x)| track.learn(at, x));
    }

    fn save(&self) -> Value {
        state(NAME, [("learn", self.plan.learn.into()), ("tracks", self.tracks.iter().map(Novelty::save).collect())])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        reader.same("learn", self.plan.learn as u64)?;
        let blank = Novelty::new(self.plan);
        self.tracks = reader.list("tracks")?.iter().map(|track| blank.restored(track)).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.tracks.capacity() * size_of::<Novelty>() + self.tracks.iter().map(Novelty::memory).sum::<usize>()
    }
}

fn explain(told: &Told<'_>) -> String {
    let (value, baseline) = (told.value(), &told.scored.baseline);
    let seen = number(baseline.n as f64);
    let usual = told.scored.expected.map_or_else(String::new, band);
    if !told.scored.flagged {
        return format!("{value} is nothing new in {seen} observations{}", told.usual().replacen("; usual", ", where usual is", 1));
    }
    match (baseline.basis, told.scored.pattern) {
        (Basis::Range, Pattern::Dip) => format!("{value} is below everything seen so far ({usual} in {seen} observations)"),
        (Basis::Range, _) => format!("{value} is above everything seen so far ({usual} in {seen} observations)"),
        (Basis::Season, _) => format!("{value} was never seen at this hour of the day in {seen} observations (usual now {usual})"),
        (Basis::Form, _) => {
            let last = rounded(baseline.centre, 4);
            format!("{value} follows {last} in a way never seen in {seen} observations (usual after it {usual})")
        }
        _ => format!("{value} is at a level never seen in {seen} observations (usual {usual})"),
    }
}

#[cfg(test)]
#[path = "novelty_tests.rs"]
mod tests;
