//! `isolation-forest`: the oddest share of the observations, in one or several dimensions.
//!
//! A forest is fitted to the last `window` observations of a key and fitted anew every `refit`
//! ones, counted and never by a clock, each key at a count of its own. The limit is the
//! (1 − contamination) quantile of the scores of that history, and only what is strictly odder
//! counts, so that ties never flag more. A clean stream has an oddest share too: rules on this
//! kind should count flags, not ring for each.
//!
//! Two things go beyond the batch algorithm. No tree has a cut outside the values it has seen, so
//! that a value a thousand times beyond them would pass for one at their edge; such a value gets
//! the depth it would have on average were it among the sample, see [`Fitted::outside`]. And the
//! fitted trees are not saved but grown again from the saved history, which gives the same ones.

use super::explain::Told;
use super::kind::{Kind, Param, Params, Sees, whole};
use super::score::{bounded, judged};
use super::state::{Reader, floats, state};
use crate::model::number::{number, rounded};
use crate::model::{Band, Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::forest::{CUT, Forest, SAMPLE_MAX, TREES_MAX};
use crate::stats::profile::Profile;
use crate::stats::random::{scatter, seed_of};
use crate::stats::rank::{median, quantile};
use crate::stats::welford::noise_floor;
use serde_json::Value;
use std::collections::VecDeque;

const NAME: &str = "isolation-forest";
/// Separate forests before further keys share one: with several dimensions each may take 400 kB.
const KEYS_MAX: usize = 100;
/// The longest history of a key: half a megabyte a dimension.
const WINDOW_MAX: f64 = 65_536.0;
/// Most numbers an observation may have: the cost of a refit grows with each.
const DIMS_MAX: usize = 64;
/// A value outside these quantiles of its own dimension is odd alone, not as a combination.
const ALONE: (f64, f64) = (0.01, 0.99);
/// The quantiles that lie one standard deviation from the median of a normal distribution.
const ONE_SIGMA: (f64, f64) = (0.158_655, 0.841_345);

const CONTAMINATION: f64 = 0.1;
const TREES: f64 = 100.0;
const SAMPLE: f64 = 256.0;
const REFIT: f64 = 256.0;
const WINDOW: f64 = 2048.0;
/// Fewer points than this make trees of five or six cuts, which tell little.
const MIN: f64 = 64.0;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds the oddest share of the observations, in one or several dimensions",
    source: "Liu, Ting, Zhou: Isolation Forest (ICDM 2008)",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        numeric(
            "contamination",
            "the share that counts as odd; a clean stream has an oddest tenth too, so let rules count",
            "0.1",
            0.0,
            0.5,
        ),
        numeric("trees", "trees in the forest", "100", 1.0, TREES_MAX as f64),
        numeric("sample_size", "points each tree is grown from", "256", 2.0, SAMPLE_MAX as f64),
        numeric("seed", "the seed of its random draws", "0", 0.0, 9_007_199_254_740_992.0),
        numeric("refit", "observations between two fits", "256", 1.0, WINDOW_MAX),
        numeric("window", "the last observations it is fitted to", "2048", 2.0, WINDOW_MAX),
        numeric("min", "observations before the first fit; never more than the window", "64", 2.0, WINDOW_MAX),
    ],
    check,
    build: |params, salt| Box::new(IsolationForest::new(params, salt)),
    explain,
    keys_max: KEYS_MAX,
};

const fn numeric(name: &'static str, doc: &'static str, default: &'static str, min: f64, max: f64) -> Param {
    Param { name, doc, default, min, max, words: &[], required: false }
}

fn check(params: &Params) -> Vec<(&'static str, String, String)> {
    let mut faults = whole(params, &["trees", "sample_size", "seed", "refit", "window", "min"]);
    if params.number("contamination", CONTAMINATION) <= 0.0 {
        faults.push(("contamination", "nothing could be odd".to_owned(), "write a share above 0 and up to 0.5".to_owned()));
    }
    let window = params.number("window", WINDOW);
    for name in ["sample_size", "min"] {
        if let Some(given) = params.optional(name).filter(|&given| given > window) {
            let message = format!("{name} = {} is more than the window of {} holds", number(given), number(window));
            faults.push((name, message, format!("write at most {}", number(window))));
        }
    }
    faults
}

/// The fitted forest in the form that is fastest to ask.
enum Scorer {
    Trees(Forest),
    Profile(Profile),
}

impl Scorer {
    fn depth(&self, x: &[f64]) -> u32 {
        match self {
            Self::Trees(forest) => forest.depth(x),
            Self::Profile(profile) => x.first().map_or(u32::MAX, |&x| profile.depth(x)),
        }
    }

    fn score_of(&self, sum: u32) -> f64 {
        match self {
            Self::Trees(forest) => forest.score_of(sum),
            Self::Profile(profile) => profile.score_of(sum),
        }
    }
}

/// What is known of one dimension of the history.
struct Axis {
    median: f64,
    scale: f64,
    /// A value outside is odd alone.
    alone: Band,
    /// All values of the history.
    range: Band,
}

impl Axis {
    fn new(mut column: Vec<f64>) -> Self {
        let middle = median(&mut column).unwrap_or_default();
        let mut at = |q| quantile(&mut column, q).unwrap_or(middle);
        let spread = (at(ONE_SIGMA.1) - at(ONE_SIGMA.0)) / 2.0;
        let range = Band::new(at(0.0), at(1.0));
        let alone = Band::new(at(ALONE.0), at(ALONE.1));
        Self { median: middle, scale: spread.max(noise_floor(middle)), alone, range }
    }

    fn distance(&self, x: f64) -> f64 {
        (x - self.median).abs() / self.scale
    }

    fn width(&self) -> f64 {
        self.range.high - self.range.low
    }

    /// How likely one random cut between the history and `x` parts the two: 0 within the history,
    /// towards 1 far outside. Rounding is not outside. `None` where no cut is possible.
    fn parts(&self, x: f64) -> Option<f64> {
        let gap = (x - self.range.high).max(self.range.low - x).max(0.0);
        let gap = if gap > noise_floor(self.median) { gap } else { 0.0 };
        let width = self.width() + gap;
        (width > 0.0).then(|| gap / width)
    }
}

struct Fitted {
    scorer: Scorer,
    trees: usize,
    /// Sums of depths below this are odd.
    limit: u32,
    threshold: f64,
    n: u64,
    axes: Vec<Axis>,
    expected: Option<Band>,
}

struct IsolationForest {
    contamination: f64,
    trees: usize,
    sample: usize,
    seed: u64,
    refit: u64,
    window: usize,
    needed: u64,
    /// Where in the count this key refits.
    phase: u64,
    salt: u64,
    /// Numbers of an observation; 0 before the first.
    dims: usize,
    /// The history of the last fit and what came since, oldest first.
    history: VecDeque<f64>,
    learned: u64,
    /// How many were learned at the last fit.
    fitted_at: u64,
    fitted: Option<Fitted>,
}

impl IsolationForest {
    fn new(params: &Params, salt: u64) -> Self {
        let window = params.number("window", WINDOW);
        let refit = (params.number("refit", REFIT) as u64).max(1);
        Self {
            contamination: params.number("contamination", CONTAMINATION),
            trees: params.number("trees", TREES) as usize,
            sample: params.number("sample_size", SAMPLE) as usize,
            seed: params.number("seed", 0.0) as u64,
            refit,
            window: window as usize,
            needed: (params.number("min", MIN).min(window) as u64).max(1),
            phase: scatter(salt) % refit,
            salt,
            dims: 0,
            history: VecDeque::new(),
            learned: 0,
            fitted_at: 0,
            fitted: None,
        }
    }

    /// Whether a fit is due: first when there is enough, then at counts of the key's own, every
    /// `refit`; a young history also whenever there is twice as much of it.
    fn is_due(&self) -> bool {
        let (n, since) = (self.learned, self.learned - self.fitted_at);
        if self.fitted_at == 0 {
            return n >= self.needed;
        }
        let own = (n + self.phase).is_multiple_of(self.refit);
        own || (self.fitted_at < self.refit && since >= self.fitted_at)
    }

    /// Fits to the last `window` observations of the first `numbers` of the history.
    fn fit(&mut self, numbers: usize) {
        let from = numbers.saturating_sub(self.window * self.dims);
        let points: Vec<f64> = self.history.range(from..numbers).copied().collect();
        let n = points.len() / self.dims;
        let forest = Forest::fit(&points, self.dims, self.trees, self.sample, seed_of(&[self.seed, self.salt, self.fitted_at]));
        let axes: Vec<Axis> = (0..self.dims).map(|d| Axis::new(points.iter().skip(d).step_by(self.dims).copied().collect())).collect();
        let (scorer, mut depths) = if let Some(profile) = forest.profile() {
            let depths: Vec<u32> = points.iter().map(|&x| profile.depth(x)).collect();
            (Scorer::Profile(profile), depths)
        } else {
            let depths = forest.depths(&points);
            (Scorer::Trees(forest), depths)
        };
        // At most this many of the history lie strictly below the limit, however many tie.
        let odd = (self.contamination * n as f64).floor() as usize;
        let limit = *depths.select_nth_unstable(odd.min(n.saturating_sub(1))).1;
        let threshold = scorer.score_of(limit);
        let mut fitted = Fitted { scorer, trees: self.trees, limit, threshold, n: n as u64, axes, expected: None };
        fitted.expected = fitted.usual_band();
        self.fitted = Some(fitted);
    }
}

impl Fitted {
    /// The depths of a point outside the history, summed; the largest number within it.
    ///
    /// Were the point among the sample, each cut would fall on a random one of the dimensions that
    /// vary, and cut the point off with the chance of [`Axis::parts`]. So it takes 1 / (mean
    /// chance) cuts on average, or fewer, since what is left of the sample gets narrower.
    fn outside(&self, x: &[f64]) -> u32 {
        let chances = self.axes.iter().zip(x).filter_map(|(axis, &x)| axis.parts(x));
        let (sum, varying) = chances.fold((0.0, 0.0), |(sum, n), chance| (sum + chance, n + 1.0));
        if sum > 0.0 { (f64::from(CUT) * self.trees as f64 * varying / sum) as u32 } else { u32::MAX }
    }

    /// The usual range of a single number.
    fn usual_band(&self) -> Option<Band> {
        let (Scorer::Profile(profile), [axis]) = (&self.scorer, &self.axes[..]) else { return None };
        let (low, high) = profile.range(axis.median, self.limit)?;
        // Where a value outside the history gets as shallow as the limit; see `outside`.
        let cuts = f64::from(self.limit) / (f64::from(CUT) * self.trees as f64);
        let reach = if cuts > 1.0 { axis.width() / (cuts - 1.0) } else { f64::INFINITY };
        Some(Band::new(low.max(axis.range.low - reach), high.min(axis.range.high + reach)))
    }

    fn judge(&self, x: &[f64], window: u64) -> Scored {
        let depth = self.scorer.depth(x).min(self.outside(x));
        let distances = self.axes.iter().zip(x).map(|(axis, &x)| axis.distance(x)).enumerate();
        let dimension = distances.fold((0, 0.0), |most, next| if next.1 > most.1 { next } else { most }).0;
        let (axis, value) = (&self.axes[dimension], x[dimension]);
        let combined = self.axes.len() > 1 && axis.alone.contains(value);
        let score = self.scorer.score_of(depth);
        Scored {
            score,
            threshold: self.threshold,
            flagged: depth < self.limit,
            expected: self.expected,
            pattern: match (combined, value < axis.median) {
                (true, _) => Pattern::Combination,
                (false, true) => Pattern::Dip,
                (false, false) => Pattern::Spike,
            },
            baseline: Baseline {
                basis: Basis::Density,
                centre: axis.median,
                scale: axis.scale,
                n: self.n,
                window,
                distance: score,
                dimension,
                ..Baseline::none(NAME)
            },
        }
    }

    fn memory(&self) -> usize {
        let scorer = match &self.scorer {
            Scorer::Trees(forest) => forest.memory(),
            Scorer::Profile(profile) => profile.memory(),
        };
        scorer + self.axes.capacity() * size_of::<Axis>()
    }
}

impl Detector for IsolationForest {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.learned, needed: self.needed };
        let (Some(numbers), Some(fitted)) = (judged(x, self.dims), &self.fitted) else { return learning };
        Verdict::Scored(fitted.judge(numbers, self.window as u64))
    }

    fn learn(&mut self, _at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.dims).filter(|numbers| numbers.len() <= DIMS_MAX) else { return };
        self.dims = numbers.len();
        self.history.extend(numbers.iter().copied().map(bounded));
        self.learned += 1;
        if self.is_due() {
            let old = self.history.len().saturating_sub(self.window * self.dims);
            self.history.drain(..old);
            self.fitted_at = self.learned;
            self.fit(self.history.len());
        }
    }

    fn save(&self) -> Value {
        let parts = [
            ("window", self.window.into()),
            ("refit", self.refit.into()),
            ("dims", self.dims.into()),
            ("learned", self.learned.into()),
            ("fitted_at", self.fitted_at.into()),
            ("history", floats(self.history.iter().copied())),
        ];
        state(NAME, parts)
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        reader.same("window", self.window as u64)?;
        reader.same("refit", self.refit)?;
        let (dims, learned, fitted_at) = (reader.count("dims")?, reader.count("learned")?, reader.count("fitted_at")?);
        let history = reader.floats("history")?;
        let rows = history.len() as u64 / dims.max(1);
        let fits = dims <= DIMS_MAX as u64 && rows * dims == history.len() as u64 && rows <= learned;
        let since = learned.checked_sub(fitted_at).filter(|&since| fits && since <= rows);
        let since = since.ok_or_else(|| Reader::fault("history", "the observations it counts"))?;
        if fitted_at > 0 && since == rows {
            return Err(Reader::fault("history", "the observations of the last fit"));
        }
        (self.dims, self.learned, self.fitted_at) = (dims as usize, learned, fitted_at);
        self.history = history.into_iter().map(bounded).collect();
        self.fitted = None;
        if fitted_at > 0 {
            self.fit(self.history.len() - since as usize * self.dims);
        }
        Ok(())
    }

    fn memory(&self) -> usize {
        let fitted = self.fitted.as_ref().map_or(0, Fitted::memory);
        size_of::<Self>() + self.history.capacity() * size_of::<f64>() + fitted
    }
}

fn explain(told: &Told<'_>) -> String {
    let (scored, baseline) = (told.scored, &told.scored.baseline);
    let share = rounded(told.params.number("contamination", CONTAMINATION) * 100.0, 3);
    let usual = match (scored.expected, told.several()) {
        (Some(_), false) => told.usual(),
        (None, false) => format!("; around {}", rounded(baseline.centre, 4)),
        (_, true) => format!("; {} is farthest from its usual {}", told.dimension(), rounded(baseline.centre, 4)),
    };
    let (score, threshold) = (rounded(scored.score, 2), rounded(scored.threshold, 2));
    // Two digits hide the difference of what lies close to the limit.
    let digits = if score == threshold { 4 } else { 2 };
    format!(
        "{} {} {}, {} {}, the limit of the oddest {share} % (isolation forest over {} points{usual})",
        told.values(),
        if told.several() { "score" } else { "scores" },
        rounded(scored.score, digits),
        if scored.flagged { "above" } else { "not above" },
        rounded(scored.threshold, digits),
        number(baseline.n as f64),
    )
}

#[cfg(test)]
#[path = "isolation_forest_tests.rs"]
mod tests;
