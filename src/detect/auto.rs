//! `auto`: what a series gets that nobody has configured.
//!
//! It tells what the series is (constant, counter, counts, ratio, any number), judges the values
//! in the form that fits, and joins three parts by how surprised each is: which value follows
//! which and the range so far (`auto_sequence`), and how far a value is from what was usual just
//! before (`auto_local`), weighed by how often this series was as far off (`auto_history`). One set
//! of constants serves all data; presets move the weight between the parts, or give the series to `novelty`. Inference and `detect`
//! on files meet it.

use super::auto_track::{NEEDED, Track, Weights};
use super::explain::{Told, band};
use super::kind::{Kind, Param, Params, Sees};
use super::limit::unit;
use super::score::{HALF, bounded, judged, squash};
use super::state::{Reader, state};
use crate::model::number::{number, rounded};
use crate::model::{Band, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use serde_json::{Value, json};

const NAME: &str = "auto";

/// Digits of a figure that was computed.
const DIGITS: usize = 4;

/// A sample in five minutes.
const FAST: f64 = 288.0;
/// A sample a minute: of request rates those of minutes are no more noisy than those of five.
const MINUTES: f64 = 1_440.0;
/// Weights that serve data of both sorts: rare novelty over weeks, and local spikes and dips.
const BALANCED: Weights = Weights { sequence: 11.0, breakout: 0.9, robust: 9.0, recent: 14.0, rooted: true, fast: FAST, limit: 0.95 };
/// For request rates, latencies and the like, where a local spike or dip is what matters: what
/// follows what counts half, and large values are not drawn nearer by roots.
const TELEMETRY: Weights = Weights { sequence: 20.0, breakout: 0.5, robust: 10.0, recent: 20.0, rooted: false, fast: MINUTES, limit: 0.7 };

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds what is odd in any series: tells what the series is and joins views of it that fit",
    source: "variable-order Markov surprise (after CAD OSE, 2017) joined with robust and exponential local distances, \
             each calibrated by the series' own history (after SPOT, Siffer et al. 2017)",
    sees: Sees::Numbers,
    ticks: false,
    params: &[Param {
        name: "preset",
        doc: "what to look for: balanced for all sorts of data, telemetry for local spikes and dips, novelty for what never came before",
        default: "balanced",
        min: 0.0,
        max: 0.0,
        words: &["balanced", "telemetry", "novelty"],
        required: false,
    }],
    check: |_| Vec::new(),
    build,
    explain,
    keys_max: 0,
};

/// What never came before has a kind of its own.
fn build(params: &Params, salt: u64) -> Box<dyn Detector> {
    match super::kind("novelty").filter(|_| params.word("preset", "") == "novelty") {
        Some(novelty) => (novelty.build)(&Params::default(), salt),
        None => Box::new(Auto::new(params)),
    }
}

struct Auto {
    weights: Weights,
    preset: &'static str,
    /// One for each number of an observation; none before the first.
    tracks: Vec<Track>,
}

impl Auto {
    fn new(params: &Params) -> Self {
        let (preset, weights) = match params.word("preset", "balanced") {
            "telemetry" => ("telemetry", TELEMETRY),
            _ => ("balanced", BALANCED),
        };
        Self { weights, preset, tracks: Vec::new() }
    }

    /// Observations learned.
    fn seen(&self) -> u64 {
        self.tracks.first().map_or(0, Track::seen)
    }
}

impl Detector for Auto {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.seen().min(NEEDED), needed: NEEDED };
        let Some(numbers) = judged(x, self.tracks.len()) else { return learning };
        let mut oddest: Option<Scored> = None;
        for (dimension, (track, &x)) in self.tracks.iter_mut().zip(numbers).enumerate() {
            let Some(mut scored) = track.judge(at, bounded(x)) else { continue };
            scored.baseline.dimension = dimension;
            if oddest.is_none_or(|oddest| scored.baseline.distance > oddest.baseline.distance) {
                oddest = Some(scored);
            }
        }
        oddest.map_or(learning, |scored| Verdict::Scored(Scored { score: squash(scored.baseline.distance), threshold: HALF, ..scored }))
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.tracks.len()) else { return };
        if self.tracks.is_empty() {
            self.tracks.extend(numbers.iter().map(|_| Track::new(self.weights)));
        }
        self.tracks.iter_mut().zip(numbers).for_each(|(track, &x)| track.learn(at, bounded(x)));
    }

    fn accept(&mut self) {
        self.tracks.iter_mut().for_each(Track::accept);
    }

    fn save(&self) -> Value {
        let tracks = self.tracks.iter().map(Track::save).collect();
        state(NAME, [("preset", json!(self.preset)), ("tracks", tracks)])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        let tracks = reader.list("tracks")?.iter().map(|track| Track::restore(self.weights, track));
        self.tracks = tracks.collect::<Option<_>>().ok_or_else(|| Reader::fault("tracks", "what was learned of each number"))?;
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.tracks.capacity() * size_of::<Track>() + self.tracks.iter().map(Track::memory).sum::<usize>()
    }
}

fn explain(told: &Told<'_>) -> String {
    let (value, baseline) = (told.value(), &told.scored.baseline);
    let side = if told.scored.pattern == Pattern::Dip { "below" } else { "above" };
    let n = number(baseline.n as f64);
    if !told.scored.flagged {
        return format!("{value} is nothing unusual{}", told.expected());
    }
    if let Some(from) = baseline.from {
        return counted(told, from);
    }
    match baseline.basis {
        Basis::Range => format!("{value} is {side} the whole range of the last {n} samples{}", told.expected()),
        Basis::Form => {
            format!("{value} is an unusual next value, hardly seen after ones like the last in {n} samples{}", told.expected())
        }
        Basis::Mean => format!("{value} is far {side} its recent mean {}{}", rounded(baseline.centre, DIGITS), told.expected()),
        _ => format!("{value} is far {side} {}, the median of the last {n} samples{}", rounded(baseline.centre, DIGITS), told.expected()),
    }
}

/// The step of a counter that counted from `from`.
fn counted(told: &Told<'_>, from: f64) -> String {
    let (value, unit, step) = (told.value(), unit(told), rounded(told.x() - from, DIGITS));
    let usual = told.scored.expected.map_or_else(String::new, |expected| {
        // A counter rises: a step below zero is none.
        let steps = Band::new((expected.low - from).max(0.0), (expected.high - from).max(0.0));
        format!(", usually by {}{unit}", band(steps))
    });
    if from > 0.0 {
        format!("{value} rose by {step}{unit} since the sample before{usual}")
    } else {
        format!("{value} started anew at zero{usual}")
    }
}

#[cfg(test)]
#[path = "auto_tests.rs"]
mod tests;
