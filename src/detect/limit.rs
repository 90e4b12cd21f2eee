//! What detectors share that measure a distance from a centre in deviations: `k`, `side` and `min`,
//! the verdict that follows, and the words for it.

use super::explain::{Told, band};
use super::kind::{Param, Params};
use super::score::{HALF, bounded, squash};
use crate::model::number::{number, rounded};
use crate::model::{Band, Baseline, Basis, Direction, Pattern, Scored};
use crate::stats::welford::noise_floor;

/// Observations before the first judgement: below some thirty the spread itself is a guess.
pub(super) const MIN: f64 = 30.0;
/// Most deviations that can be asked for.
const K_MAX: f64 = 1e6;

/// The parameter `k`.
pub(super) const fn k(doc: &'static str, default: &'static str) -> Param {
    Param { name: "k", doc, default, min: 0.01, max: K_MAX, words: &[], required: false }
}

/// The parameter `side`.
pub(super) const SIDE: Param = Param {
    name: "side",
    doc: "which side of what is usual counts",
    default: "both",
    min: 0.0,
    max: 0.0,
    words: &["both", "above", "below"],
    required: false,
};

/// The parameter `min`, up to `max` observations.
pub(super) const fn min(max: f64) -> Param {
    Param { name: "min", doc: "observations needed before the first judgement", default: "30", min: 2.0, max, words: &[], required: false }
}

/// A numeric parameter.
pub(super) const fn numeric(name: &'static str, doc: &'static str, default: &'static str, min: f64, max: f64) -> Param {
    Param { name, doc, default, min, max, words: &[], required: false }
}

/// How far is too far, and on which side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    k: f64,
    side: Direction,
}

impl Limit {
    /// From `k` and `side`.
    pub(super) fn new(params: &Params, k: f64) -> Self {
        let side = match params.word("side", "both") {
            "above" => Direction::Above,
            "below" => Direction::Below,
            _ => Direction::Both,
        };
        Self { k: params.number("k", k), side }
    }

    /// The verdict on `x`, by the kind called `name`, where `centre` and `scale` are usual. The scale
    /// has a floor at what rounding can do.
    #[inline]
    pub(super) fn scored(&self, name: &'static str, basis: Basis, x: f64, centre: f64, scale: f64) -> Scored {
        let scale = scale.max(noise_floor(centre));
        let distance = (bounded(x) - centre) / scale;
        let counted = match self.side {
            Direction::Both => distance.abs(),
            Direction::Above => distance,
            Direction::Below => -distance,
        };
        Scored {
            score: squash(counted / self.k),
            threshold: HALF,
            flagged: counted > self.k,
            expected: Some(self.band(centre, scale)),
            pattern: if distance < 0.0 { Pattern::Dip } else { Pattern::Spike },
            baseline: Baseline { basis, centre, scale, distance, ..Baseline::none(name) },
        }
    }

    /// The band that is usual.
    #[inline]
    pub(super) fn band(&self, centre: f64, scale: f64) -> Band {
        let reach = self.k * scale;
        Band {
            low: if self.side == Direction::Above { f64::NEG_INFINITY } else { centre - reach },
            high: if self.side == Direction::Below { f64::INFINITY } else { centre + reach },
        }
    }
}

/// The band of a value that, where it is `positive`, was never below zero and so is not expected there.
pub(super) fn from_zero(band: Band, positive: bool) -> Band {
    // A low end that is open says that this side does not count.
    if positive && band.low < 0.0 && band.low.is_finite() { Band { low: 0.0, ..band } } else { band }
}

/// The oddest of the verdicts on several numbers.
pub(super) fn oddest(scores: impl Iterator<Item = Scored>) -> Option<Scored> {
    scores.reduce(|worst, next| if next.score > worst.score { next } else { worst })
}

/// The sentence of a value against its band: `latency 842 ms, usually 80–160 ms (44 deviations above
/// the median 120 of the last 300)`; `of` says what the centre is of.
pub(super) fn sentence(told: &Told<'_>, centre: &str, of: &str) -> String {
    let (value, baseline) = (told.value(), &told.scored.baseline);
    let middle = rounded(baseline.centre, 4);
    if baseline.scale <= noise_floor(baseline.centre) {
        let is = if told.scored.flagged { format!("is not {middle}, ") } else { "is ".to_owned() };
        return format!("{value} {is}the constant value of {of}");
    }
    let side = if baseline.distance < 0.0 { "below" } else { "above" };
    let far = rounded(baseline.distance.abs(), 2);
    let usual = told.scored.expected.map_or_else(String::new, |expected| format!(", usually {}{}", band(expected), unit(told)));
    format!("{value}{usual} ({far} deviations {side} the {centre} {middle} of {of})")
}

/// The unit of the number judged, to be put behind a band.
pub(super) fn unit(told: &Told<'_>) -> String {
    if matches!(told.unit, "" | "1") || told.several() { String::new() } else { format!(" {}", told.unit) }
}

/// `the last 300`, or fewer while there are fewer.
pub(super) fn the_last(n: u64) -> String {
    format!("the last {}", number(n as f64))
}
