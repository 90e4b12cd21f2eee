//! `change-point`: a level, a spread or a trend that changed, and since when.
//!
//! Quick to forget spikes, slow to forget what stays. After the alarm it takes the new for usual
//! and says for some samples more that it is new. Whoever watches what ought to stay as it is
//! (memory, queue lengths, temperatures, latencies after a release) meets it.

use super::explain::Told;
use super::kind::{Kind, Param, Params, Sees, whole};
use super::score::{HALF, bounded, judged, squash};
use super::state::{Reader, floats, read_floats, state};
use crate::model::number::rounded;
use crate::model::{Band, Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::cusum::{Change, Cusum, Sums};
use serde_json::{Value, json};

const NAME: &str = "change-point";
/// Deviations that the sums must gather: seven samples far off, thirty that are one deviation off; noise takes millions.
const LIMIT: f64 = 16.0;
/// Deviations of the smallest shift that counts; half of it is taken off each sample.
const SHIFT: f64 = 1.0;
/// Samples that the level before rests on.
const WINDOW: f64 = 300.0;
/// Samples before the first judgement, half a window: with fewer, the first ramp of a day would pass for a change.
const MIN: f64 = 150.0;
/// Samples for which a change is still told: long enough that a rule and a person see it.
const HOLD: f64 = 12.0;
/// Levels that follow each other the same way within so many samples are one drift: at its begin, a slope looks like a step.
const CHAIN: u64 = 100;
/// Standard deviations of the band that is drawn.
const BAND: f64 = 3.0;

const fn param(name: &'static str, doc: &'static str, default: &'static str, min: f64, max: f64) -> Param {
    Param { name, doc, default, min, max, words: &[], required: false }
}

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds when a level, a spread or a trend changed",
    source: "cumulative sums (Page 1954) with bounded influence, measured against the deviation of sums (Johnson and Bagshaw 1974)",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        param("shift", "the smallest shift that counts, in standard deviations", "1", 0.1, 100.0),
        param("limit", "how much must be gathered before it is told, in standard deviations", "16", 1.0, 1e6),
        param("window", "how many observations the level before a change rests on at most", "300", 20.0, 1e6),
        param("min", "observations needed before the first judgement", "150", 32.0, 1e6),
        param("hold", "for how many observations a change is told after it was learned", "12", 0.0, 1e6),
    ],
    check: |params| whole(params, &["window", "min", "hold"]),
    build: |params, _salt| Box::new(ChangePoint::new(params)),
    explain,
    keys_max: 0,
};

/// A change that was learned and is still told.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    left: u64,
    since: i64,
    change: Change,
    /// Level and spread before, and the level since.
    before: (f64, f64),
    after: f64,
    size: f64,
    n: u32,
}

/// The last change of the level, to which the next may belong.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Chain {
    left: u64,
    way: i64,
    since: i64,
    before: (f64, f64),
    n: u32,
}

/// One number of an observation.
struct Track {
    cusum: Cusum,
    held: Option<Held>,
    chain: Option<Chain>,
    /// The sums as they were when it was last odd, for what a person accepts.
    last: Option<Sums>,
}

struct ChangePoint {
    slack: f64,
    limit: f64,
    window: f64,
    needed: u64,
    hold: u64,
    seen: u64,
    tracks: Vec<Track>,
}

impl ChangePoint {
    fn new(params: &Params) -> Self {
        Self {
            slack: params.number("shift", SHIFT) / 2.0,
            limit: params.number("limit", LIMIT),
            window: params.number("window", WINDOW),
            needed: params.number("min", MIN) as u64,
            hold: params.number("hold", HOLD) as u64,
            seen: 0,
            tracks: Vec::new(),
        }
    }

    fn score(&mut self, dimension: usize, at: Timestamp, x: f64) -> Scored {
        let track = &mut self.tracks[dimension];
        let x = bounded(x);
        let sums = track.cusum.look(at.as_millis(), x, self.slack, self.limit);
        let now = (track.cusum.level(), track.cusum.spread());
        let fresh = sums.limits > 1.0;
        if fresh {
            track.last = Some(sums);
        }
        // Told on while the value is nearer to the new level than to the old one.
        let stays = |held: &Held| held.change == Change::Spread || (x - held.after).abs() <= (x - held.before.0).abs();
        let held = track.held.filter(|held| !fresh && held.left > 0 && stays(held));
        let strong = strength(sums.limits, sums.size);
        let (score, change, since, (centre, scale), n) = if let Some(held) = held {
            let share = held.left as f64 / self.hold.max(1) as f64;
            (HALF + (strength(1.0, held.size) - HALF).max(0.0) * share, held.change, held.since, held.before, held.n)
        } else if let Some(chain) = track.chained(&sums).filter(|_| fresh) {
            (strong, Change::Slope, chain.since, chain.before, chain.n)
        } else {
            (strong, sums.change, sums.since, now, track.cusum.count())
        };
        let pattern = match change {
            Change::Level => Pattern::LevelShift,
            Change::Slope => Pattern::Drift,
            Change::Spread => Pattern::VarianceChange,
        };
        Scored {
            score,
            threshold: HALF,
            flagged: fresh || held.is_some(),
            expected: Some(Band { low: centre - BAND * scale, high: centre + BAND * scale }),
            pattern,
            baseline: Baseline {
                basis: Basis::Level,
                centre,
                scale,
                n: u64::from(n),
                window: self.window as u64,
                distance: held.map_or(sums.size, |held| held.size),
                dimension,
                since: (fresh || held.is_some()).then(|| Timestamp::from_millis(since)),
                ..Baseline::none(NAME)
            },
        }
    }
}

/// The score: beyond the limit it grows with the size of the change, for the sums are cut there.
fn strength(limits: f64, size: f64) -> f64 {
    squash(if limits > 1.0 { limits * size.max(1.0).sqrt() } else { limits })
}

impl Detector for ChangePoint {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.seen, needed: self.needed };
        let Some(numbers) = judged(x, self.tracks.len()).filter(|_| self.seen >= self.needed) else { return learning };
        let mut worst: Option<Scored> = None;
        for (dimension, &x) in numbers.iter().enumerate() {
            let next = self.score(dimension, at, x);
            if worst.as_ref().is_none_or(|worst| next.score > worst.score) {
                worst = Some(next);
            }
        }
        worst.map_or(learning, Verdict::Scored)
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.tracks.len()) else { return };
        if self.tracks.is_empty() {
            self.tracks.extend(numbers.iter().map(|_| Track { cusum: Cusum::new(), held: None, chain: None, last: None }));
        }
        self.seen += 1;
        for (track, &x) in self.tracks.iter_mut().zip(numbers) {
            let x = bounded(x);
            let sums = track.cusum.look(at.as_millis(), x, self.slack, self.limit);
            track.cusum.push(at.as_millis(), x, self.slack, self.limit, self.window);
            if self.seen <= self.needed {
                track.cusum.calm();
            } else if sums.limits > 1.0 {
                track.turn(&sums, self.hold);
            } else {
                track.age();
            }
        }
    }

    fn accept(&mut self) {
        for track in &mut self.tracks {
            if let Some(sums) = track.last.take() {
                track.turn(&sums, 0);
            }
            (track.held, track.chain) = (None, None);
        }
    }

    fn save(&self) -> Value {
        let tracks = self.tracks.iter().map(Track::save).collect();
        state(NAME, [("seen", self.seen.into()), ("tracks", tracks)])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        let seen = reader.count("seen")?;
        self.tracks = reader.tracks(seen, Track::restore, "sums")?;
        self.seen = seen;
        Ok(())
    }

    fn memory(&self) -> usize {
        let heap: usize = self.tracks.iter().map(|track| track.cusum.memory()).sum();
        size_of::<Self>() + self.tracks.capacity() * size_of::<Track>() + heap
    }
}

impl Track {
    /// Takes the new for usual and tells of it `hold` times.
    fn turn(&mut self, sums: &Sums, hold: u64) {
        let fresh = Chain {
            left: CHAIN,
            way: sums.way(),
            since: sums.since,
            before: (self.cusum.level(), self.cusum.spread()),
            n: self.cusum.count(),
        };
        let (chain, change) = self.chained(sums).map_or((fresh, sums.change), |chain| (Chain { left: CHAIN, ..chain }, Change::Slope));
        self.cusum.turn(sums);
        let after = self.cusum.level();
        let held = Held { left: hold, since: chain.since, change, before: chain.before, after, size: sums.size, n: chain.n };
        self.held = (hold > 0).then_some(held);
        self.chain = (chain.way != 0).then_some(chain);
        self.last = None;
    }

    /// The earlier change of which this one is a part.
    fn chained(&self, sums: &Sums) -> Option<Chain> {
        self.chain.filter(|chain| chain.way == sums.way())
    }

    /// One more sample without a change.
    fn age(&mut self) {
        if let Some(held) = &mut self.held {
            held.left = held.left.saturating_sub(1);
        }
        if let Some(chain) = &mut self.chain {
            chain.left = chain.left.saturating_sub(1);
        }
        self.held = self.held.filter(|held| held.left > 0);
        self.chain = self.chain.filter(|chain| chain.left > 0);
    }

    fn save(&self) -> Value {
        let (whole, numbers) = self.cusum.save();
        let held = self.held.map(|held| {
            json!({"left": held.left, "since": held.since, "change": word(held.change), "n": held.n,
                "x": floats([held.before.0, held.before.1, held.after, held.size])})
        });
        let last = self.last.map(
            |sums| json!({"since": sums.since, "change": word(sums.change), "which": sums.which(), "x": floats([sums.limits, sums.size])}),
        );
        let chain = self.chain.map(|chain| {
            json!({"left": chain.left, "way": chain.way, "since": chain.since, "n": chain.n, "x": floats([chain.before.0, chain.before.1])})
        });
        json!({"whole": whole, "x": floats(numbers), "held": held, "chain": chain, "last": last})
    }

    fn restore(state: &Value) -> Option<Self> {
        let whole: Vec<i64> = serde_json::from_value(state.get("whole")?.clone()).ok()?;
        let cusum = Cusum::restore(&whole, &read_floats(state.get("x")?)?)?;
        let held = match state.get("held")? {
            Value::Null => None,
            held => {
                let [level, spread, after, size] = read_floats(held.get("x")?)?[..] else { return None };
                let (left, since) = (held.get("left")?.as_u64()?, held.get("since")?.as_i64()?);
                let (change, n) = (change(held.get("change")?)?, u32::try_from(held.get("n")?.as_u64()?).ok()?);
                Some(Held { left, since, change, before: (level, spread), after, size, n })
            }
        };
        let chain = match state.get("chain")? {
            Value::Null => None,
            chain => {
                let [level, spread] = read_floats(chain.get("x")?)?[..] else { return None };
                let (left, way, since) = (chain.get("left")?.as_u64()?, chain.get("way")?.as_i64()?, chain.get("since")?.as_i64()?);
                Some(Chain { left, way, since, before: (level, spread), n: u32::try_from(chain.get("n")?.as_u64()?).ok()? })
            }
        };
        let last = match state.get("last")? {
            Value::Null => None,
            last => {
                let [limits, size] = read_floats(last.get("x")?)?[..] else { return None };
                Some(Sums::of(limits, change(last.get("change")?)?, last.get("since")?.as_i64()?, size, last.get("which")?.as_u64()?)?)
            }
        };
        Some(Self { cusum, held, chain, last })
    }
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Level => "level",
        Change::Slope => "slope",
        Change::Spread => "spread",
    }
}

fn change(word: &Value) -> Option<Change> {
    match word.as_str()? {
        "level" => Some(Change::Level),
        "slope" => Some(Change::Slope),
        "spread" => Some(Change::Spread),
        _ => None,
    }
}

fn explain(told: &Told<'_>) -> String {
    let (value, baseline) = (told.value(), &told.scored.baseline);
    let (centre, scale) = (rounded(baseline.centre, 4), rounded(baseline.scale, 2));
    if !told.scored.flagged {
        return format!("{value} is on the level of late, {centre} ± {scale}");
    }
    let side = if told.x() < baseline.centre { "below" } else { "above" };
    match told.scored.pattern {
        Pattern::Drift => format!("{value} moves away from its level: {side} {centre} ± {scale}, where it stood before"),
        Pattern::VarianceChange => {
            let more = if baseline.distance > 1.0 { "more" } else { "less" };
            let times = rounded(if baseline.distance > 1.0 { baseline.distance } else { 1.0 / baseline.distance.max(1e-3) }, 2);
            format!("{value} swings {times} times {more} than before, when it was {centre} ± {scale}")
        }
        _ => format!("{value} is on a new level, {side} {centre} ± {scale}, where it stood before"),
    }
}

#[cfg(test)]
#[path = "change_point_tests.rs"]
mod tests;
