//! `random-cut-forest`: points that few random cuts part from what was seen of late, in one or several dimensions.
//!
//! Each tree holds a sample of the last `memory` observations: a new one takes the place of a
//! random older one, so that the forest drifts with the stream and is never fitted anew. What
//! counts as odd is told by the tail of the forest's own scores: only a score so far beyond it that
//! a clean stream has one at the `rate` counts. So a clean stream is quiet, whatever its shape.
//!
//! Scores are compared by their log odds. As they come they are bounded, and of one dimension most
//! are all but alike while a few at the edge are many times larger: their tail does not fall off
//! evenly, and a limit told from it as if it did is passed several times too often. The log odds of
//! a value outside are the logarithm of its gap to the others, whose tail falls off like that or faster.
//!
//! What is flagged may be withheld from learning. The forest then never sees it, but its scores
//! count: else the tail lacked its far end, and each flag would bring the limit nearer. Of a row of
//! flags the first counts, since they have one cause.
//!
//! Numbers of different units are weighed by their spread, which is measured anew as the stream
//! drifts. With `shingle`, the last few observations make one point: forms are then found as well.
//!
//! Cost: with the defaults about 6 µs to judge a point of one or two dimensions and 12 µs of five,
//! and a third again to learn it; 360 to 840 kB for each key, 220 to 540 kB as saved.

use super::explain::{Told, band};
use super::kind::{Kind, Param, Params, Sees, whole};
use super::score::{HALF, bounded, judged, squash};
use super::state::{Reader, floats, state};
use crate::model::number::{number, rounded};
use crate::model::{Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::axis::Axis;
use crate::stats::cut_tree::{CutTree, MEMBERS_MAX, Parts};
use crate::stats::log::ln;
use crate::stats::random::{Random, seed_of};
use crate::stats::tail::{KNOWN, Least, Tail};
use crate::stats::welford::noise_floor;
use serde_json::{Value, json};
use std::collections::VecDeque;

const NAME: &str = "random-cut-forest";
/// Separate forests before further keys share one: each may take a megabyte.
const KEYS_MAX: usize = 100;
/// Most numbers of a point, shingle included: each costs a comparison at every cut.
const DIMS_MAX: usize = 64;
/// The longest shingle.
const SHINGLE_MAX: f64 = 32.0;
/// Most trees: beyond some hundred the score hardly gets steadier.
const TREES_MAX: f64 = 200.0;
/// The longest memory in observations: a new one then changes a tree of 1,024 members every thousandth time.
const MEMORY_MAX: f64 = 1_000_000.0;
/// The least scale of the tail, in log odds: the scores of a stream of two values differ by less
/// than the trees' own chance, which is some hundredths.
const LEAST_SCALE: Least = Least::Fixed(0.06);
/// Log odds are of at most one in a million: nothing is odder than what the first cut parts in each tree.
const ODDS_MIN: f64 = 1e-6;
/// Trees are grown again once the spread of one number has changed so many times more than that of another.
const REGROW: f64 = 1.5;

const TREES: f64 = 40.0;
const SAMPLE: f64 = 128.0;
const MEMORY: f64 = 1_280.0;
/// Fewer points than this fill half a tree, whose scores swing.
const MIN: f64 = 64.0;
/// One in two thousand: rarer scores hardly differ from these, since no score exceeds log₂(members).
const RATE: f64 = 0.000_5;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds points unlike those seen of late, in one or several dimensions, and drifts with the stream",
    source: "Guha, Mishra, Roy, Schrijvers: Robust Random Cut Forest (ICML 2016); biased sampling by Aggarwal (VLDB 2006)",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        numeric(
            "rate",
            "the share of a clean stream that may count as odd, estimated from the tail of its own scores",
            "0.0005",
            1e-12,
            0.05,
        ),
        numeric("trees", "trees in the forest", "40", 1.0, TREES_MAX),
        numeric("sample_size", "points each tree holds", "128", MIN, MEMBERS_MAX as f64),
        numeric("memory", "observations after which two in three of those held are replaced", "1280", MIN, MEMORY_MAX),
        numeric("shingle", "observations in a row that make one point; above 1 also finds odd forms", "1", 1.0, SHINGLE_MAX),
        numeric("seed", "the seed of its random draws", "0", 0.0, 9_007_199_254_740_992.0),
        numeric(
            "min",
            "observations before points are scored, and 256 scores before the first judgement; never more than a tree holds",
            "64",
            MIN,
            MEMBERS_MAX as f64,
        ),
    ],
    check,
    build: |params, salt| Box::new(RandomCutForest::new(params, salt)),
    explain,
    keys_max: KEYS_MAX,
};

const fn numeric(name: &'static str, doc: &'static str, default: &'static str, min: f64, max: f64) -> Param {
    Param { name, doc, default, min, max, words: &[], required: false }
}

fn check(params: &Params) -> Vec<(&'static str, String, String)> {
    let mut faults = whole(params, &["trees", "sample_size", "memory", "shingle", "seed", "min"]);
    let sample = params.number("sample_size", SAMPLE);
    if let Some(memory) = params.optional("memory").filter(|&memory| memory < sample) {
        let message = format!("memory = {} is less than the {} points a tree holds", number(memory), number(sample));
        faults.push(("memory", message, format!("write at least {}", number(sample))));
    }
    if let Some(min) = params.optional("min").filter(|&min| min > sample) {
        let message = format!("min = {} is more than the {} points a tree holds", number(min), number(sample));
        faults.push(("min", message, format!("write at most {}", number(sample))));
    }
    faults
}

struct RandomCutForest {
    rate: f64,
    trees: usize,
    sample: usize,
    memory: u64,
    shingle: usize,
    seed: u64,
    /// Observations before points are scored; [`KNOWN`] more before they are judged.
    min: u64,
    /// Numbers of an observation; 0 before the first.
    dims: usize,
    learned: u64,
    /// The last observations learned, as many as a shingle has beside the newest, oldest first.
    before: VecDeque<f64>,
    forest: Vec<CutTree>,
    /// What one unit of each number of a point weighs.
    weights: Vec<f64>,
    /// Each number of a point, by the points held: for the band and the words.
    axes: Vec<Axis>,
    /// The scores that points had before they were learned.
    tail: Tail,
    /// The point judged last and its score, so that learning it does not ask the forest again.
    judged: (Vec<f64>, f64),
    /// Whether the tail has that score already.
    counted: bool,
    /// Whether the point judged last was flagged.
    odd: bool,
    /// The observation that was flagged last, for what a person accepts.
    strange: Vec<f64>,
}

impl RandomCutForest {
    fn new(params: &Params, salt: u64) -> Self {
        let sample = params.number("sample_size", SAMPLE);
        Self {
            rate: params.number("rate", RATE),
            trees: params.number("trees", TREES) as usize,
            sample: sample as usize,
            memory: params.number("memory", MEMORY).max(sample) as u64,
            shingle: params.number("shingle", 1.0) as usize,
            seed: seed_of(&[params.number("seed", 0.0) as u64, salt]),
            min: params.number("min", MIN).min(sample) as u64,
            dims: 0,
            learned: 0,
            before: VecDeque::new(),
            forest: Vec::new(),
            weights: Vec::new(),
            axes: Vec::new(),
            tail: Tail::new(params.number("rate", RATE), LEAST_SCALE),
            judged: (Vec::new(), 0.0),
            counted: false,
            odd: false,
            strange: Vec::new(),
        }
    }

    /// The point an observation makes with those before it; `None` while there are too few.
    fn point(&self, x: &[f64]) -> Option<Vec<f64>> {
        let before = (self.shingle - 1) * x.len();
        let whole = self.before.len() == before && (self.dims == 0 || self.dims == x.len());
        whole.then(|| self.before.iter().copied().chain(x.iter().copied().map(bounded)).collect())
    }

    /// The log odds of how odd a point is, 1 being what the first cut parts in each tree.
    fn score(&self, point: &[f64]) -> f64 {
        let share = |tree: &CutTree| tree.score(point, &self.weights, &mut []) / (tree.len() as f64 + 1.0).log2();
        let sum: f64 = self.forest.iter().filter(|tree| !tree.is_empty()).map(share).sum();
        let odds = (sum / self.forest.len().max(1) as f64).clamp(ODDS_MIN, 1.0 - ODDS_MIN);
        ln(odds / (1.0 - odds))
    }

    /// Puts a point into the trees: into each that is not full, and in a full one now and then in the
    /// place of another, so that what is held fades with the memory.
    fn insert(&mut self, point: &[f64]) {
        for (i, tree) in self.forest.iter_mut().enumerate() {
            let mut random = Random::new(seed_of(&[self.seed, self.learned, i as u64]));
            if tree.len() >= self.sample {
                if random.below(self.memory) >= self.sample as u64 {
                    continue;
                }
                tree.remove(random.below(tree.len() as u64) as usize);
            }
            tree.insert(point, &self.weights, &mut random);
        }
    }

    /// Measures the numbers anew by what is held; where their weights no longer fit, the trees are grown again.
    fn weigh(&mut self) {
        let Some(first) = self.forest.first() else { return };
        let points: Vec<Vec<f64>> = first.points().map(<[f64]>::to_vec).collect();
        let width = points.first().map_or(0, Vec::len);
        self.axes = (0..width).map(|d| Axis::new(points.iter().map(|point| point[d]).collect())).collect();
        // The lags of a shingle are the same number at other times, and weigh the same.
        let spread = |lag: usize| {
            let own = self.axes.iter().skip(lag % self.dims.max(1)).step_by(self.dims.max(1));
            own.map(spread_of).fold(0.0, f64::max)
        };
        let weights: Vec<f64> = (0..width).map(|lag| 1.0 / spread(lag)).collect();
        // Only how the numbers compare to each other counts; growing all trees again is not for nothing.
        let changes = weights.iter().zip(&self.weights).map(|(new, old)| new / old);
        let (least, most) = changes.fold((f64::INFINITY, 0.0f64), |(least, most), x| (least.min(x), most.max(x)));
        if most <= least * REGROW {
            return;
        }
        self.weights = weights;
        for (i, tree) in self.forest.iter_mut().enumerate() {
            let mut random = Random::new(seed_of(&[self.seed, !self.learned, i as u64]));
            let mut grown = CutTree::new(width);
            for point in tree.points() {
                grown.insert(point, &self.weights, &mut random);
            }
            *tree = grown;
        }
    }

    /// Takes in one point, its score first.
    fn take(&mut self, point: &[f64]) {
        if self.forest.is_empty() {
            self.forest = (0..self.trees).map(|_| CutTree::new(point.len())).collect();
            self.weights = vec![1.0; point.len()];
        }
        self.learned += 1;
        if self.learned > self.min {
            let same = self.judged.0.len() == point.len() && self.judged.0.iter().zip(point).all(|(a, b)| a.to_bits() == b.to_bits());
            if !(same && self.counted) {
                let score = if same { self.judged.1 } else { self.score(point) };
                self.tail.push(score);
            }
        }
        self.judged.0.clear();
        self.insert(point);
        // The first weighing comes before any score is kept; each further one as a fourth of what is held has been replaced.
        let every = (self.memory / 4).max(self.min);
        if self.learned == self.min || self.learned.is_multiple_of(every) {
            self.weigh();
        }
    }

    fn scored(&self, point: &[f64], score: f64) -> Scored {
        let newest = point.len() - self.dims;
        let distances = (newest..point.len()).map(|d| (d, self.axes[d].distance(point[d])));
        let dimension = distances.fold((newest, -1.0), |most, next| if next.1 > most.1 { next } else { most }).0;
        let (axis, value) = (&self.axes[dimension], point[dimension]);
        let distance = self.tail.distance(score);
        Scored {
            score: squash(distance / self.tail.reach()),
            threshold: HALF,
            flagged: distance > self.tail.reach(),
            expected: Some(axis.alone),
            pattern: match (axis.alone.contains(value), value < axis.median) {
                (true, _) if self.shingle > 1 => Pattern::Shape,
                (true, _) if self.dims > 1 => Pattern::Combination,
                (_, true) => Pattern::Dip,
                (_, false) => Pattern::Spike,
            },
            baseline: Baseline {
                basis: Basis::Density,
                centre: axis.median,
                scale: axis.scale,
                n: self.learned.min(self.memory),
                window: self.memory,
                distance,
                dimension: dimension - newest,
                ..Baseline::none(NAME)
            },
        }
    }

    fn save_tree(tree: &CutTree) -> Value {
        let parts = tree.save();
        json!({"shape": parts.shape, "members": parts.members, "cuts": floats(parts.cuts), "points": floats(parts.points)})
    }

    fn read_tree(value: &Value, width: usize, sample: usize) -> Option<CutTree> {
        let list = |name: &str| value.get(name).and_then(Value::as_array);
        let numbers = |name: &str| super::state::read_floats(value.get(name)?);
        let parts = Parts {
            shape: list("shape")?.iter().map(Value::as_i64).collect::<Option<_>>()?,
            members: list("members")?.iter().map(Value::as_u64).collect::<Option<_>>()?,
            cuts: numbers("cuts")?,
            points: numbers("points")?,
        };
        CutTree::restore(width, &parts).filter(|tree| tree.len() <= sample)
    }
}

impl Detector for RandomCutForest {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.learned, needed: self.min + KNOWN };
        let Some(point) = judged(x, self.dims).and_then(|x| self.point(x)).filter(|_| self.tail.is_known()) else {
            return learning;
        };
        let score = self.score(&point);
        let scored = self.scored(&point, score);
        self.judged = (point, score);
        // Whether it will be learned is not known: the first of a row counts either way, the others only if they are.
        self.counted = scored.flagged && !self.odd;
        if self.counted {
            self.tail.push(score);
        }
        self.odd = scored.flagged;
        if scored.flagged {
            let newest = self.judged.0.len() - self.dims;
            self.strange.clear();
            self.strange.extend_from_slice(&self.judged.0[newest..]);
        }
        Verdict::Scored(scored)
    }

    fn learn(&mut self, _at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.dims).filter(|numbers| numbers.len() * self.shingle <= DIMS_MAX) else { return };
        if let Some(point) = self.point(numbers) {
            self.dims = numbers.len();
            self.take(&point);
        }
        self.dims = numbers.len();
        self.before.extend(numbers.iter().copied().map(bounded));
        let before = (self.shingle - 1) * self.dims;
        self.before.drain(..self.before.len().saturating_sub(before));
    }

    /// Every second point of each tree is put where the last odd one was, with the others' spread: both the old and the
    /// new are usual at once, and what comes soon stands in their place.
    fn accept(&mut self) {
        let strange = std::mem::take(&mut self.strange);
        let Some(newest) = self.axes.len().checked_sub(strange.len()).filter(|_| !strange.is_empty()) else { return };
        let shift: Vec<f64> = strange.iter().zip(&self.axes[newest..]).map(|(x, axis)| x - axis.median).collect();
        for (i, tree) in self.forest.iter_mut().enumerate() {
            let mut random = Random::new(seed_of(&[self.seed, !self.learned, i as u64]));
            let mut grown = CutTree::new(self.axes.len());
            for (place, point) in tree.points().enumerate() {
                let by = |lag: usize| if place % 2 == 1 { shift[lag % shift.len()] } else { 0.0 };
                let point: Vec<f64> = point.iter().enumerate().map(|(lag, x)| bounded(x + by(lag))).collect();
                grown.insert(&point, &self.weights, &mut random);
            }
            *tree = grown;
        }
        self.judged.0.clear();
        self.weigh();
    }

    fn shares(&self, x: &Observation<'_>) -> Vec<(usize, f64)> {
        let Some(point) = judged(x, self.dims).filter(|x| x.len() > 1).and_then(|x| self.point(x)) else { return Vec::new() };
        let mut parts = vec![0.0; point.len()];
        for tree in &self.forest {
            tree.score(&point, &self.weights, &mut parts);
        }
        let sum: f64 = parts.iter().sum();
        if sum <= 0.0 {
            return Vec::new();
        }
        let of = |d: usize| parts.iter().skip(d).step_by(self.dims).sum::<f64>() / sum;
        let mut shares: Vec<(usize, f64)> = (0..self.dims).map(|d| (d, of(d))).collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares
    }

    fn save(&self) -> Value {
        let axes = self.axes.iter().flat_map(|a| [a.median, a.scale, a.alone.low, a.alone.high, a.range.low, a.range.high]);
        let (taken, scores) = self.tail.save();
        let parts = [
            ("memory", self.memory.into()),
            ("shingle", self.shingle.into()),
            ("dims", self.dims.into()),
            ("learned", self.learned.into()),
            ("before", floats(self.before.iter().copied())),
            ("weights", floats(self.weights.iter().copied())),
            ("axes", floats(axes)),
            ("taken", taken.into()),
            ("scores", floats(scores)),
            ("odd", self.odd.into()),
            ("strange", floats(self.strange.iter().copied())),
            ("trees", self.forest.iter().map(Self::save_tree).collect()),
        ];
        state(NAME, parts)
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        reader.same("memory", self.memory)?;
        reader.same("shingle", self.shingle as u64)?;
        let (dims, learned) = (reader.count("dims")?, reader.count("learned")?);
        let width = (dims as usize).saturating_mul(self.shingle);
        if width > DIMS_MAX {
            return Err(Reader::fault("dims", "a number of numbers that can be judged"));
        }
        let odd = state.get("odd").and_then(Value::as_bool).ok_or_else(|| Reader::fault("odd", "true or false"))?;
        let [before, weights, axes, scores] = ["before", "weights", "axes", "scores"].map(|name| reader.floats(name));
        let (before, weights, axes) = (before?, weights?, axes?);
        let tail = Tail::restore(self.rate, LEAST_SCALE, reader.count("taken")?, &scores?);
        let tail = tail.ok_or_else(|| Reader::fault("scores", "as few scores as are kept"))?;
        let trees = reader.list("trees")?.iter().map(|tree| Self::read_tree(tree, width, self.sample));
        let trees: Vec<CutTree> = trees.collect::<Option<_>>().ok_or_else(|| Reader::fault("trees", "trees of random cuts"))?;
        let grown = trees.len() == self.trees && weights.len() == width && weights.iter().all(|w| *w > 0.0);
        if !(grown || trees.is_empty() && !tail.is_known()) || before.len() > width {
            return Err(Reader::fault("trees", "as many as the forest has"));
        }
        let whole = axes.len() == 6 * width || (axes.is_empty() && !tail.is_known());
        self.axes = if whole { axes.chunks_exact(6).map(axis).collect() } else { return Err(Reader::fault("axes", "six numbers each")) };
        (self.dims, self.learned, self.forest, self.weights) = (dims as usize, learned, trees, weights);
        (self.before, self.tail) = (before.into(), tail);
        self.odd = odd;
        self.strange = state.get("strange").and_then(super::state::read_floats).filter(|x| x.len() == self.dims).unwrap_or_default();
        self.judged.0.clear();
        Ok(())
    }

    fn memory(&self) -> usize {
        let trees: usize = self.forest.iter().map(|tree| size_of::<CutTree>() + tree.memory()).sum();
        let numbers = self.before.capacity() + self.weights.capacity() + self.judged.0.capacity() + self.strange.capacity();
        size_of::<Self>() + trees + self.tail.memory() + numbers * size_of::<f64>() + self.axes.capacity() * size_of::<Axis>()
    }
}

/// How wide the usual values of a number lie apart: without the rarest, as long as the others differ
/// at all. Not their deviation, which would belittle a number that has two levels.
fn spread_of(axis: &Axis) -> f64 {
    let usual = axis.alone.high - axis.alone.low;
    let floor = noise_floor(axis.median);
    if usual > floor { usual } else { axis.width().max(floor) }
}

/// An axis from the six numbers that were saved.
fn axis(numbers: &[f64]) -> Axis {
    let band = |at: usize| crate::model::Band { low: numbers[at], high: numbers[at + 1] };
    Axis { median: numbers[0], scale: numbers[1], alone: band(2), range: band(4) }
}

fn explain(told: &Told<'_>) -> String {
    let (scored, baseline) = (told.scored, &told.scored.baseline);
    let usual = scored.expected.map_or_else(|| rounded(baseline.centre, 4), band);
    let said = match (scored.flagged, told.several(), scored.pattern) {
        (true, true, Pattern::Combination) => {
            format!("are odd together, though none is odd alone: {} is usually {usual}", told.dimension())
        }
        (true, true, _) => format!("are odd: {} is usually {usual}", told.dimension()),
        (true, false, Pattern::Shape) => format!("ends an odd run of values, within its usual {usual}"),
        (true, false, _) => format!("is odd: usually {usual}"),
        (false, true, _) => "are not odd".to_owned(),
        (false, false, _) => format!("is not odd: usually {usual}"),
    };
    format!(
        "{} {said} (oddness {} where {} is the limit, against the last {} points)",
        told.values(),
        rounded(scored.score, 2),
        rounded(scored.threshold, 2),
        number(baseline.n as f64)
    )
}

#[cfg(test)]
#[path = "random_cut_forest_tests.rs"]
mod tests;
