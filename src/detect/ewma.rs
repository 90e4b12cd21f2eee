//! `ewma`: farther than k deviations from a mean that forgets by time.
//!
//! Every sample weighs half of what it did a half-life ago, in event time: irregular steps need no
//! care, a gap ages what was known, and after so long a gap that all of it weighs less than one
//! sample it starts anew. Time in which samples came and were withheld from learning ages nothing. A sample's own weight is one however near its neighbours are, because what
//! is to be judged are samples, and samples are what it compares them with. The pull of a single
//! sample is bounded, see [`Decayed::push_bounded`]: an odd one that is learned does not blow up the
//! spread, a new level that stays is learned within some ten samples.

use super::explain::Told;
use super::kind::{Kind, Params, Sees, whole};
use super::limit::{self, Limit, MIN, numeric, oddest};
use super::score::judged;
use super::state::{Reader, floats, read_floats, save_pace, state};
use crate::model::number::number;
use crate::model::{Baseline, Basis, Detector, Millis, Observation, Scored, StateError, Timestamp, Verdict};
use crate::stats::decay::{Decayed, halved};
use crate::stats::pace::Pace;
use serde_json::Value;

const NAME: &str = "ewma";
/// Heavier tails than a bell curve's are the rule in telemetry; six deviations give about one false alert for each series and week.
const K: f64 = 6.0;
/// The half-life in usual steps where none is given: two hours at one sample a minute.
const STEPS: f64 = 100.0;
/// A half-life shorter than so many usual steps would rest on a handful of samples, whose spread is a guess.
const STEPS_LEAST: f64 = 10.0;
/// The longest half-life: ten years, in seconds.
const HALF_LIFE_MAX: f64 = 315_576_000.0;
/// Most observations of the learning time.
const MIN_MAX: f64 = 1_000_000.0;
/// What all that was known weighs, in samples, once people have accepted a new level.
const ACCEPTED: f64 = 3.0;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds values farther than k deviations from a mean that forgets with time",
    source: "EWMA control chart, Roberts (1959); weighted moments by West (1979)",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        limit::k("how many deviations from the mean are still usual", "6"),
        numeric("half_life", "seconds after which a sample weighs half; 0: as long as 100 usual steps", "0", 0.0, HALF_LIFE_MAX),
        limit::SIDE,
        limit::min(MIN_MAX),
    ],
    check: |params| whole(params, &["min"]),
    build: |params, _salt| Box::new(Ewma::new(params)),
    explain,
    keys_max: 0,
};

struct Ewma {
    limit: Limit,
    /// In milliseconds; 0: by the usual step.
    half_life: f64,
    needed: u64,
    /// Observations learned since it last started anew.
    seen: u64,
    pace: Pace,
    /// The last age in half-lives and what it leaves: judging and learning, and regular steps, ask for the same.
    left: (f64, f64),
    /// Whether no number was ever below zero.
    positive: bool,
    /// One for each number of an observation; none before the first.
    tracks: Vec<Decayed>,
}

impl Ewma {
    fn new(params: &Params) -> Self {
        Self {
            limit: Limit::new(params, K),
            half_life: params.number("half_life", 0.0) * 1000.0,
            needed: params.number("min", MIN) as u64,
            seen: 0,
            pace: Pace::new(),
            left: (0.0, 1.0),
            positive: true,
            tracks: Vec::new(),
        }
    }

    /// The half-life in milliseconds.
    fn life(&self) -> f64 {
        if self.half_life > 0.0 { self.half_life.max(STEPS_LEAST * self.pace.step()) } else { STEPS * self.pace.step() }
    }

    /// What is left of a weight at `at`.
    fn left(&mut self, at: Timestamp) -> f64 {
        let elapsed = self.pace.elapsed(at);
        if elapsed <= 0.0 || self.pace.step() <= 0.0 {
            return 1.0;
        }
        let age = elapsed / self.life();
        if (age - self.left.0).abs() > 0.0 {
            self.left = (age, halved(age));
        }
        self.left.1
    }

    /// Whether what was known is too old to judge by once its weights are `left`.
    fn stale(&self, left: f64) -> bool {
        self.tracks.first().is_some_and(|track| track.weight() * left < 1.0)
    }
}

impl Detector for Ewma {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let needed = self.needed;
        let learning = |seen| Verdict::Learning { seen, needed };
        let Some(numbers) = judged(x, self.tracks.len()) else { return learning(self.seen) };
        self.pace.look(at);
        if self.seen < self.needed {
            return learning(self.seen);
        }
        let left = self.left(at);
        if self.stale(left) {
            return learning(0);
        }
        let window = if self.pace.step() > 0.0 { (self.life() / self.pace.step() + 0.5) as u64 } else { 0 };
        let score = |(dimension, (track, &x)): (usize, (&Decayed, &f64))| -> Scored {
            let scored = self.limit.scored(NAME, Basis::Mean, x, track.mean(), track.stddev());
            let expected = scored.expected.map(|band| limit::from_zero(band, self.positive));
            Scored { expected, baseline: Baseline { n: (track.weight() + 0.5) as u64, window, dimension, ..scored.baseline }, ..scored }
        };
        oddest(self.tracks.iter().zip(numbers).enumerate().map(score)).map_or(learning(self.seen), Verdict::Scored)
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.tracks.len()) else { return };
        if self.tracks.is_empty() {
            self.tracks.extend(numbers.iter().map(|_| Decayed::new()));
        }
        let left = self.left(at);
        if self.seen >= self.needed && self.stale(left) {
            self.seen = 0;
            self.tracks.fill(Decayed::new());
        }
        self.pace.push(at);
        self.positive &= numbers.iter().all(|&x| x >= 0.0);
        let learning = self.seen < self.needed;
        self.seen += 1;
        for (track, &x) in self.tracks.iter_mut().zip(numbers) {
            track.age(left);
            if learning { track.push(x) } else { track.push_bounded(x) }
        }
    }

    fn accept(&mut self) {
        for track in &mut self.tracks {
            track.loosen(ACCEPTED);
        }
    }

    fn save(&self) -> Value {
        let tracks = self.tracks.iter().map(|track| floats(track.parts())).collect();
        state(NAME, [("seen", self.seen.into()), ("pace", save_pace(&self.pace)), ("positive", self.positive.into()), ("tracks", tracks)])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        let (seen, pace) = (reader.count("seen")?, reader.pace("pace")?);
        let track = |saved: &Value| Decayed::from_parts(&read_floats(saved)?);
        self.tracks = reader.tracks(seen, track, "weighted moments")?;
        self.positive = state.get("positive").and_then(Value::as_bool).unwrap_or(false);
        (self.seen, self.pace) = (seen, pace);
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.tracks.capacity() * size_of::<Decayed>()
    }
}

fn explain(told: &Told<'_>) -> String {
    let baseline = &told.scored.baseline;
    let half_life = told.params.number("half_life", 0.0);
    let of = if half_life > 0.0 {
        format!("the last {} or so", Millis::new((half_life * 1000.0) as i64))
    } else if baseline.window > 0 {
        format!("{} or so", limit::the_last(baseline.n))
    } else {
        format!("all {} so far", number(baseline.n as f64))
    };
    limit::sentence(told, "mean", &of)
}

#[cfg(test)]
#[path = "ewma_tests.rs"]
mod tests;
