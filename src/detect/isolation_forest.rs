//! `isolation-forest`: the oddest share of the observations, in one or several dimensions.
//!
//! A forest is fitted to the last `window` observations of a key and fitted anew every `refit`
//! ones, counted and never by a clock, each key at a count of its own. The limit is the
//! (1 − contamination) quantile of the scores of that history, and only what is strictly odder
//! counts, so that ties never flag more. **A clean stream has an oddest share too**, and it is
//! flagged: rules on this kind should count flags, not ring for each.
//!
//! A stream that drifts leaves the history behind, and then half of it would lie beyond that limit.
//! So the limit also follows the scores that the last observations had before they were learned:
//! the stricter of the two holds, and the share flagged stays near the contamination whatever the
//! stream does. While the share runs away, fits come four times as often.
//!
//! Two further things go beyond the batch algorithm. No tree has a cut outside the values it has seen, so
//! that a value a thousand times beyond them would pass for one at their edge; such a value gets
//! the depth it would have on average were it among the sample, see [`Fitted::outside`]. And the
//! fitted trees are not saved but grown again from the saved history, which gives the same ones.

use super::explain::{Told, band};
use super::kind::{Kind, Param, Params, Sees, whole};
use super::score::{bounded, judged};
use super::state::{Reader, floats, state};
use crate::model::number::{number, rounded};
use crate::model::{Band, Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::axis::Axis;
use crate::stats::forest::{CUT, Forest, SAMPLE_MAX, TREES_MAX};
use crate::stats::profile::Profile;
use crate::stats::random::{scatter, seed_of};
use serde_json::Value;
use std::collections::VecDeque;

const NAME: &str = "isolation-forest";
/// Separate forests before further keys share one: with several dimensions each may take 400 kB.
const KEYS_MAX: usize = 100;
/// The longest history of a key: half a megabyte a dimension.
const WINDOW_MAX: f64 = 65_536.0;
/// Most numbers an observation may have: the cost of a refit grows with each.
const DIMS_MAX: usize = 64;
/// Recent scores the limit follows, at least: their quantile is then within two hundredths of the share asked for.
const RECENT_MIN: f64 = 256.0;
/// … and at least so many times one in the contamination, so that the limit rests on eight odd ones.
const RECENT_ODD: f64 = 8.0;
/// Recent scores before the limit follows them: of fewer, a fault that has just begun is soon the
/// contamination itself, and would be taken for usual before a rule that counts has rung.
const RECENT_ENOUGH: usize = 256;
/// Observations between two moves of the limit: finding a quantile costs more than a score.
const FOLLOW_EVERY: u64 = 16;
/// The share of the last 64 beyond the fit's own limit at which it has run away: twice what was
/// asked for and a tenth, which chance does not reach in years.
const RUNAWAY: (f64, f64) = (2.0, 0.1);
/// Fits come so many times as often while the share has run away.
const HASTE: u64 = 4;

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
    summary: "finds the oddest share of the observations (a clean stream has one too), in one or several dimensions",
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

struct Fitted {
    scorer: Scorer,
    trees: usize,
    /// Sums of depths below this are odd among the history.
    own: u32,
    /// Sums of depths below this are odd: the history's limit or the stricter one of recent scores.
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
    /// The depths the last observations had before they were learned, oldest first.
    recent: VecDeque<u32>,
    recent_max: usize,
    /// Which of the last 64 learned lay beyond the fit's own limit, the newest in the lowest bit.
    beyond: u64,
    /// The point judged last and its depth, so that learning it does not ask the forest again.
    judged: (Vec<f64>, u32),
    /// The point that was odd last, for what a person accepts.
    odd: Vec<f64>,
}

impl IsolationForest {
    fn new(params: &Params, salt: u64) -> Self {
        let window = params.number("window", WINDOW);
        let refit = (params.number("refit", REFIT) as u64).max(1);
        let contamination = params.number("contamination", CONTAMINATION);
        let recent_max = (RECENT_ODD / contamination.max(f64::MIN_POSITIVE)).max(RECENT_MIN).min(window.max(RECENT_MIN));
        Self {
            contamination,
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
            recent: VecDeque::new(),
            recent_max: recent_max as usize,
            beyond: 0,
            judged: (Vec::new(), 0),
            odd: Vec::new(),
        }
    }

    /// Whether a fit is due: first when there is enough, then at counts of the key's own, every
    /// `refit`; a young history also whenever there is twice as much of it; and earlier while more
    /// lies beyond the limit than can be by chance.
    fn is_due(&self) -> bool {
        let (n, since) = (self.learned, self.learned - self.fitted_at);
        if self.fitted_at == 0 {
            return n >= self.needed;
        }
        let own = (n + self.phase).is_multiple_of(self.refit);
        let ran_away = f64::from(self.beyond.count_ones()) / f64::from(u64::BITS) > self.contamination * RUNAWAY.0 + RUNAWAY.1;
        own || (self.fitted_at < self.refit && since >= self.fitted_at) || (ran_away && since >= self.refit.div_ceil(HASTE))
    }

    /// Takes the depth of a point not learned yet into the recent ones, and moves the limit now and then.
    fn follow(&mut self, x: &[f64]) {
        let Some(fitted) = &mut self.fitted else { return };
        let same = self.judged.0.len() == x.len() && self.judged.0.iter().zip(x).all(|(a, b)| a.to_bits() == b.to_bits());
        let depth = if same { self.judged.1 } else { fitted.depth(x) };
        self.beyond = self.beyond << 1 | u64::from(depth < fitted.own);
        if self.recent.len() == self.recent_max {
            self.recent.pop_front();
        }
        self.recent.push_back(depth);
        if self.learned.is_multiple_of(FOLLOW_EVERY) {
            fitted.follow(&self.recent, self.contamination);
        }
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
        let own = oddest(&mut depths, self.contamination);
        let mut fitted = Fitted { scorer, trees: self.trees, own, limit: 0, threshold: 0.0, n: n as u64, axes, expected: None };
        fitted.set(own);
        fitted.follow(&self.recent, self.contamination);
        // Depths by the old fit say nothing of points by the new one.
        self.judged.0.clear();
        self.fitted = Some(fitted);
    }
}

/// The limit below which at most the share `contamination` of the depths lie, however many tie.
fn oddest(depths: &mut [u32], contamination: f64) -> u32 {
    let odd = (contamination * depths.len() as f64).floor() as usize;
    let last = depths.len().saturating_sub(1);
    if depths.is_empty() { 0 } else { *depths.select_nth_unstable(odd.min(last)).1 }
}

impl Fitted {
    /// Takes `limit` for the limit.
    fn set(&mut self, limit: u32) {
        self.limit = limit;
        self.threshold = self.scorer.score_of(limit);
        self.expected = self.usual_band();
    }

    /// Moves the limit to where no more than the contamination of the recent scores lies beyond it.
    fn follow(&mut self, recent: &VecDeque<u32>, contamination: f64) {
        let mut depths: Vec<u32> = recent.iter().copied().collect();
        let limit = if depths.len() < RECENT_ENOUGH { self.own } else { self.own.min(oddest(&mut depths, contamination)) };
        if limit != self.limit {
            self.set(limit);
        }
    }

    /// The sum of depths of a point.
    fn depth(&self, x: &[f64]) -> u32 {
        self.scorer.depth(x).min(self.outside(x))
    }

    /// How much shallower each number makes the point than its usual value would, the largest share first.
    fn shares(&self, x: &[f64]) -> Vec<(usize, f64)> {
        let depth = f64::from(self.depth(x));
        let mut point = x.to_vec();
        let mut gains = Vec::with_capacity(x.len());
        for (dimension, axis) in self.axes.iter().enumerate().take(x.len()) {
            point[dimension] = axis.median;
            gains.push((dimension, (f64::from(self.depth(&point)) - depth).max(0.0)));
            point[dimension] = x[dimension];
        }
        let sum: f64 = gains.iter().map(|gain| gain.1).sum();
        if sum <= 0.0 {
            return Vec::new();
        }
        for gain in &mut gains {
            gain.1 /= sum;
        }
        gains.sort_by(|a, b| b.1.total_cmp(&a.1));
        gains
    }

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

    fn judge(&self, x: &[f64], depth: u32, window: u64) -> Scored {
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
        let depth = fitted.depth(numbers);
        self.judged.0.clear();
        self.judged.0.extend_from_slice(numbers);
        self.judged.1 = depth;
        let scored = fitted.judge(numbers, depth, self.window as u64);
        if scored.flagged {
            self.odd.clear();
            self.odd.extend_from_slice(numbers);
        }
        Verdict::Scored(scored)
    }

    fn learn(&mut self, _at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.dims).filter(|numbers| numbers.len() <= DIMS_MAX) else { return };
        self.dims = numbers.len();
        self.learned += 1;
        self.follow(numbers);
        self.history.extend(numbers.iter().copied().map(bounded));
        if self.is_due() {
            let old = self.history.len().saturating_sub(self.window * self.dims);
            self.history.drain(..old);
            self.fitted_at = self.learned;
            self.fit(self.history.len());
        }
    }

    /// Every second point of the history is put where the last odd one was, with the others' spread, and the forest
    /// is fitted to that: both the old and the new are usual at once, and what comes soon stands in their place.
    fn accept(&mut self) {
        let Some(fitted) = self.fitted.as_ref().filter(|_| self.odd.len() == self.dims) else { return };
        let odd = std::mem::take(&mut self.odd);
        let shift: Vec<f64> = fitted.axes.iter().zip(&odd).map(|(axis, x)| bounded(*x) - axis.median).collect();
        let old = self.history.len().saturating_sub(self.window * self.dims);
        self.history.drain(..old);
        for (i, x) in self.history.iter_mut().enumerate().filter(|(i, _)| i / shift.len() % 2 == 1) {
            *x = bounded(*x + shift[i % shift.len()]);
        }
        self.recent.clear();
        (self.beyond, self.fitted_at) = (0, self.learned);
        self.fit(self.history.len());
    }

    fn shares(&self, x: &Observation<'_>) -> Vec<(usize, f64)> {
        let (Some(numbers), Some(fitted)) = (judged(x, self.dims), &self.fitted) else { return Vec::new() };
        if self.dims > 1 { fitted.shares(numbers) } else { Vec::new() }
    }

    fn save(&self) -> Value {
        let limit = self.fitted.as_ref().map_or(0, |fitted| fitted.limit);
        let parts = [
            ("window", self.window.into()),
            ("refit", self.refit.into()),
            ("dims", self.dims.into()),
            ("learned", self.learned.into()),
            ("fitted_at", self.fitted_at.into()),
            ("limit", limit.into()),
            ("beyond", self.beyond.into()),
            ("recent", floats(self.recent.iter().copied().map(f64::from))),
            ("history", floats(self.history.iter().copied())),
            ("odd", floats(self.odd.iter().copied().map(bounded))),
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
        let limit = u32::try_from(reader.count("limit")?).map_err(|_| Reader::fault("limit", "a sum of depths"))?;
        let (beyond, recent) = (reader.bits("beyond")?, reader.floats("recent")?);
        if recent.len() > self.recent_max {
            return Err(Reader::fault("recent", "as few scores as are kept"));
        }
        self.odd = state.get("odd").and_then(super::state::read_floats).unwrap_or_default();
        (self.dims, self.learned, self.fitted_at, self.beyond) = (dims as usize, learned, fitted_at, beyond);
        self.recent = recent.into_iter().map(|depth| depth as u32).collect();
        self.history = history.into_iter().map(bounded).collect();
        self.fitted = None;
        if fitted_at > 0 {
            self.fit(self.history.len() - since as usize * self.dims);
        }
        if let Some(fitted) = &mut self.fitted {
            fitted.set(limit);
        }
        Ok(())
    }

    fn memory(&self) -> usize {
        let fitted = self.fitted.as_ref().map_or(0, Fitted::memory);
        let kept = self.history.capacity() + self.judged.0.capacity() + self.odd.capacity();
        size_of::<Self>() + kept * size_of::<f64>() + self.recent.capacity() * size_of::<u32>() + fitted
    }
}

fn explain(told: &Told<'_>) -> String {
    let (scored, baseline) = (told.scored, &told.scored.baseline);
    let share = rounded(told.params.number("contamination", CONTAMINATION) * 100.0, 3);
    let centre = rounded(baseline.centre, 4);
    let said = match (scored.flagged, told.several(), scored.expected) {
        (true, false, Some(expected)) => format!("is odd: usually {}", band(expected)),
        (true, false, None) => format!("is odd: usually around {centre}"),
        (true, true, _) if scored.pattern == Pattern::Combination => {
            format!("are odd together, though none is far off alone: {} is farthest from its usual {centre}", told.dimension())
        }
        (true, true, _) => format!("are odd: {} is usually around {centre}", told.dimension()),
        (false, false, _) => format!("is not odd{}", told.expected()),
        (false, true, _) => "are not odd".to_owned(),
    };
    let (score, threshold) = (rounded(scored.score, 2), rounded(scored.threshold, 2));
    // Two digits hide the difference of what lies close to the limit.
    let digits = if score == threshold { 4 } else { 2 };
    format!(
        "{} {said} (score {}, the oddest {share} % of {} points score above {})",
        told.values(),
        rounded(scored.score, digits),
        number(baseline.n as f64),
        rounded(scored.threshold, digits),
    )
}

#[cfg(test)]
#[path = "isolation_forest_tests.rs"]
mod tests;
