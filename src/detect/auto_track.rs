//! One series as `auto` sees it: its nature, its pace, and the three parts that judge it.
//!
//! Each part answers in a measure of its own surprise; the measures are joined as lengths at right
//! angles (the root of the sum of squares), so that two parts that each nearly say so count, and
//! one that is sure is enough. All parts go on learning whatever the others say.

use super::auto_history::History;
use super::auto_local::{Distance, Recent, Robust};
use super::auto_nature::{Nature, Traits};
use super::auto_pace::Pace;
use super::auto_sequence::Sequence;
use super::state::{count, floats, read_floats};
use crate::model::{Band, Baseline, Basis, Pattern, Scored, Timestamp};
use serde_json::{Value, json};

/// Samples before the first judgement: the least of which a median and a range say something.
pub(super) const NEEDED: u64 = 30;
/// A pause of as many samples as the window holds leaves nothing of it that is recent.
const PAUSE: f64 = 100.0;

/// What was told of breakouts fades by this at each sample: half of it in some fourteen hundred.
const FADE: f64 = 0.9995;

/// How much each part counts: the same for all series of a preset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights {
    /// Nats of the sequence that count one.
    pub(super) sequence: f64,
    /// What a breakout of the range counts.
    pub(super) breakout: f64,
    /// Nats of the robust view that count one.
    pub(super) robust: f64,
    /// Nats of the exponential view that count one.
    pub(super) recent: f64,
    /// Whether square roots are judged of what is never negative.
    pub(super) rooted: bool,
    /// Samples a day from which on each e times the pace asks for a whole nat more.
    pub(super) fast: f64,
    /// What all parts together must reach.
    pub(super) limit: f64,
}

/// So many nats asked for more of fast samples double what a breakout of the range must reach.
const HASTE: f64 = 1.0;

/// What the parts say of one sample, each as it counts.
#[derive(Clone, Copy, Debug)]
struct Parts {
    /// The sequence or the breakout, whichever says more.
    form: f64,
    breakout: bool,
    robust: f64,
    recent: f64,
    near: Option<Distance>,
    late: Option<Distance>,
}

impl Parts {
    fn total(&self) -> f64 {
        (self.form * self.form + self.robust * self.robust + self.recent * self.recent).sqrt()
    }
}

/// What was told and not learned.
///
/// While an alert fires, what is flagged is not learned: trouble must not become the baseline. Yet
/// that it was told is remembered once the trouble is over, or a series that is flagged now and
/// then would be so for ever. Only how far off it was counts, never its value.
#[derive(Clone, Copy, Debug, Default)]
struct Untaught {
    /// The farthest of a trouble that still lasts, in each view.
    farthest: Option<[f64; 3]>,
    /// Whether the last sample judged is of it, so that learning it would end the matter.
    fresh: bool,
    /// Whether it was beyond the range.
    broke: bool,
    /// How often breakouts were told of late; they count less by it.
    breakouts: f64,
}

impl Untaught {
    fn save(&self) -> Value {
        let numbers = self.farthest.iter().flatten().copied().chain([self.breakouts]);
        json!({"numbers": floats(numbers), "fresh": self.fresh, "broke": self.broke})
    }

    fn restore(state: &Value) -> Option<Self> {
        let numbers = read_floats(state.get("numbers")?)?;
        let (&breakouts, farthest) = numbers.split_last()?;
        let farthest = if farthest.is_empty() { None } else { Some(farthest.try_into().ok()?) };
        Some(Self { farthest, fresh: state.get("fresh")?.as_bool()?, broke: state.get("broke")?.as_bool()?, breakouts })
    }
}

/// All that is known of one series.
#[derive(Clone, Debug)]
pub(super) struct Track {
    weights: Weights,
    seen: u64,
    traits: Traits,
    pace: Pace,
    sequence: Sequence,
    robust: Robust,
    recent: Recent,
    /// Of the robust view, the exponential one, the sequence.
    histories: [History; 3],
    untaught: Untaught,
    /// The sample judged last, while it is not learned.
    open: Option<f64>,
    /// The last one that was withheld from learning, until one is learned.
    passed: Option<f64>,
}

impl Track {
    pub(super) const fn new(weights: Weights) -> Self {
        Self {
            weights,
            seen: 0,
            traits: Traits::new(),
            pace: Pace::new(),
            sequence: Sequence::new(),
            robust: Robust::new(),
            recent: Recent::new(),
            histories: [History::new(), History::new(), History::new()],
            untaught: Untaught { farthest: None, fresh: false, broke: false, breakouts: 0.0 },
            open: None,
            passed: None,
        }
    }

    /// Samples learned.
    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    /// What the series is.
    pub(super) fn nature(&self) -> Nature {
        self.traits.nature()
    }

    fn rooted(&self) -> bool {
        self.weights.rooted && self.traits.rooted()
    }

    /// A value as the local views see it.
    fn root(&self, x: f64) -> f64 {
        if self.rooted() { x.abs().sqrt().copysign(x) } else { x }
    }

    /// A number of the local views as a value.
    fn value(&self, y: f64) -> f64 {
        if self.rooted() { y.max(0.0).powi(2) } else { y }
    }

    /// What is judged of a value: its increment where it counts up.
    fn judged(&self, x: f64) -> f64 {
        if self.traits.counts_up() { x - self.base(x) } else { x }
    }

    /// What a counter's step to `x` counts from: the last sample, also one that was not learned; zero where it started anew.
    fn base(&self, x: f64) -> f64 {
        self.traits.base(x, self.passed)
    }

    /// Notes a sample that is judged. Where the one before it was withheld from learning, the next follows none that was learned.
    fn look(&mut self, at: Timestamp, x: f64) {
        let withheld = self.pace.look(at);
        if let Some(passed) = self.open.replace(x).filter(|_| withheld) {
            self.passed = Some(passed);
            self.sequence.part();
        }
    }

    /// After a long pause what came before it is no longer recent.
    fn rest(&mut self, at: Timestamp) {
        if self.pace.steps(at) > PAUSE {
            self.robust.pause();
            self.recent = Recent::new();
            self.calm();
        }
    }

    /// Lets go of the last scores.
    fn calm(&mut self) {
        self.histories.iter_mut().for_each(History::calm);
    }

    fn parts(&self, x: f64) -> Parts {
        let (nats, haste, y, weights) =
            (self.pace.nats(self.weights.fast), self.pace.haste(self.weights.fast), self.root(x), &self.weights);
        let (near, late) = (self.robust.distance(y), self.recent.distance(y));
        let surprise = |i: usize, distance: f64| self.histories[i].surprise(distance, nats);
        // Of fast samples the order is noise for the most part: it has to be surer.
        let sequence = (surprise(2, self.sequence.surprise(x)) - haste).max(0.0) / weights.sequence;
        // The range of many samples is passed more often by a little.
        let breakout = self.sequence.breakout(x) * weights.breakout / (1.0 + self.untaught.breakouts) / (1.0 + haste / HASTE);
        Parts {
            form: sequence.max(breakout) * self.sequence.trust(),
            breakout: breakout > sequence,
            robust: near.map_or(0.0, |near| surprise(0, near.z)) / weights.robust,
            recent: late.map_or(0.0, |late| surprise(1, late.z)) / weights.recent,
            near,
            late,
        }
    }

    /// Judges a value; `None` while learning. The score is left for the caller: it is `distance` in limits.
    pub(super) fn judge(&mut self, at: Timestamp, x: f64) -> Option<Scored> {
        self.look(at, x);
        self.rest(at);
        if self.seen < NEEDED {
            return None;
        }
        let value = self.judged(x);
        let parts = self.parts(value);
        let limits = parts.total() / self.weights.limit;
        self.remember(value, &parts, limits >= 1.0);
        let mut scored = self.told(&parts, value, limits >= 1.0);
        scored.baseline.distance = limits;
        if self.traits.counts_up() {
            self.lift(x, &mut scored);
        }
        Some(scored)
    }

    /// The distances of a value in the views that have a history.
    fn distances(&self, value: f64) -> [f64; 3] {
        let far = |distance: Option<Distance>| distance.map_or(0.0, |distance| distance.z);
        let y = self.root(value);
        [far(self.robust.distance(y)), far(self.recent.distance(y)), self.sequence.surprise(value)]
    }

    /// Remembers that something was told; when it is over and was not learned, how far off it was.
    fn remember(&mut self, value: f64, parts: &Parts, flagged: bool) {
        self.untaught.fresh = flagged;
        if flagged {
            let now = self.distances(value);
            let before = self.untaught.farthest.unwrap_or(now);
            self.untaught.farthest = Some(std::array::from_fn(|i| if now[i].abs() > before[i].abs() { now[i] } else { before[i] }));
            self.untaught.broke |= parts.breakout;
        } else if let Some(farthest) = self.untaught.farthest.take() {
            self.histories.iter_mut().zip(farthest).for_each(|(history, distance)| history.told(distance));
            self.untaught.breakouts += f64::from(u8::from(std::mem::take(&mut self.untaught.broke)));
        }
    }

    /// The verdict in the words of the part that says most; where nothing is odd, in those of the robust view.
    fn told(&self, parts: &Parts, x: f64, flagged: bool) -> Scored {
        let plain =
            Scored { score: 0.0, threshold: 0.0, flagged, expected: None, pattern: Pattern::Spike, baseline: Baseline::none("auto") };
        let n = self.seen;
        let by_form = flagged && parts.form >= parts.robust.max(parts.recent);
        if by_form && parts.breakout {
            let range = self.sequence.range();
            let pattern = if x < range.low { Pattern::Dip } else { Pattern::Spike };
            let centre = range.low.midpoint(range.high);
            let baseline = Baseline { basis: Basis::Range, centre, scale: range.high - range.low, n, ..plain.baseline };
            return Scored { expected: Some(range), pattern, baseline, ..plain };
        }
        if by_form {
            let baseline = Baseline { basis: Basis::Form, n, ..plain.baseline };
            return Scored { expected: self.sequence.likely(), pattern: Pattern::Shape, baseline, ..plain };
        }
        let late = flagged && parts.recent > parts.robust;
        let Some(distance) = (if late { parts.late } else { parts.near }) else { return plain };
        let others = parts.total().powi(2) - if late { parts.recent } else { parts.robust }.powi(2);
        let (history, nats, window) =
            if late { (&self.histories[1], self.weights.recent, 0) } else { (&self.histories[0], self.weights.robust, self.robust.len()) };
        // What the others leave to be said, so that a value that is flagged always lies outside of the band.
        let left = if flagged { (self.weights.limit.powi(2) - others).max(0.0).sqrt() } else { self.weights.limit };
        let [above, below] = history.reach(left * nats, self.pace.nats(self.weights.fast));
        let (above, below) = if flagged { (above.min(distance.z.abs()), below.min(distance.z.abs())) } else { (above, below) };
        let at = |z: f64| self.value(distance.centre + z * distance.scale);
        let centre = self.value(distance.centre);
        let scale = (at(1.0) - at(-1.0)) / 2.0;
        let basis = if late { Basis::Mean } else { Basis::Median };
        Scored {
            expected: Some(Band { low: at(-below), high: at(above) }),
            pattern: if distance.z < 0.0 { Pattern::Dip } else { Pattern::Spike },
            baseline: Baseline { basis, centre, scale, n: if late { n } else { window }, window, ..plain.baseline },
            ..plain
        }
    }

    /// Puts what is usual of a counter's steps on the value they are counted from.
    fn lift(&self, x: f64, scored: &mut Scored) {
        let from = self.base(x);
        scored.baseline = Baseline { basis: Basis::Change, centre: from + scored.baseline.centre, from: Some(from), ..scored.baseline };
        scored.expected = scored.expected.map(|steps| Band { low: from + steps.low, high: from + steps.high });
    }

    /// Takes in one value.
    pub(super) fn learn(&mut self, at: Timestamp, x: f64) {
        self.rest(at);
        if std::mem::take(&mut self.untaught.fresh) {
            (self.untaught.farthest, self.untaught.broke) = (None, false);
        }
        self.untaught.breakouts *= FADE;
        self.pace.learn(at);
        let (nature, rooted) = (self.traits.counts_up(), self.rooted());
        let value = self.judged(x);
        (self.open, self.passed) = (None, None);
        self.seen += 1;
        self.traits.learn(x);
        if nature != self.traits.counts_up() {
            // What was learned is of another measure.
            *self = Self { seen: 0, traits: self.traits, pace: self.pace, ..Self::new(self.weights) };
            return;
        }
        if rooted != self.rooted() && self.seen > 1 {
            self.unroot();
        }
        let y = self.root(value);
        let distances = self.distances(value);
        self.histories.iter_mut().zip(distances).for_each(|(history, distance)| history.learn(distance));
        self.sequence.learn(value);
        self.robust.learn(y);
        self.recent.learn(y);
    }

    /// The first negative value: what was kept as roots is kept as values from now on.
    fn unroot(&mut self) {
        let values: Vec<f64> = self.robust.numbers().map(|y| y * y.abs()).collect();
        (self.robust, self.recent) = (Robust::new(), Recent::new());
        for y in values {
            self.robust.learn(y);
            self.recent.learn(y);
        }
    }

    /// Takes what was odd of late for usual.
    pub(super) fn accept(&mut self) {
        self.sequence.renew();
        self.robust.pause();
        self.recent = Recent::new();
        self.histories.iter_mut().for_each(History::calm);
    }

    pub(super) fn save(&self) -> Value {
        json!({
            "seen": self.seen,
            "nature": self.nature().word(),
            "traits": self.traits.save(),
            "pace": self.pace.save(),
            "sequence": self.sequence.save(),
            "robust": self.robust.save(),
            "recent": self.recent.save(),
            "histories": self.histories.iter().map(History::save).collect::<Vec<_>>(),
            "untaught": self.untaught.save(),
            "open": floats(self.open),
            "passed": floats(self.passed),
        })
    }

    pub(super) fn restore(weights: Weights, state: &Value) -> Option<Self> {
        let histories: Vec<History> = state.get("histories")?.as_array()?.iter().map(History::restore).collect::<Option<_>>()?;
        // States from before trouble was told from gaps do not have these.
        let newest =
            |name: &str| state.get(name).map_or(Some(None), |saved| Some(read_floats(saved)?.first().copied().map(super::score::bounded)));
        Some(Self {
            weights,
            seen: count(state.get("seen")?)?,
            traits: Traits::restore(state.get("traits")?)?,
            pace: Pace::restore(state.get("pace")?)?,
            sequence: Sequence::restore(state.get("sequence")?)?,
            robust: Robust::restore(state.get("robust")?)?,
            recent: Recent::restore(state.get("recent")?)?,
            histories: histories.try_into().ok()?,
            untaught: Untaught::restore(state.get("untaught")?)?,
            open: newest("open")?,
            passed: newest("passed")?,
        })
    }

    /// Bytes behind it, beside its own.
    pub(super) fn memory(&self) -> usize {
        self.sequence.memory() + self.robust.memory()
    }
}
