//! Cumulative sums with bounded influence: when did level or spread change, and to what.
//!
//! Page's sums (1954) over numbers cut at three deviations, so that a spike is no shift. The
//! deviation is that of sums, not of single numbers: of a series that wanders by itself (each
//! number like the one before) a sum wanders far, and is measured against that. The detector
//! `change-point` and those that join it with others meet it.

use super::hinge::{LAST, Last};
use super::rank::median;
use super::steady::Steady;
use super::welford::{LARGEST, noise_floor};

/// Deviations at which a number is cut.
const CUT: f64 = 3.0;
/// Numbers that make the likeness of neighbours and the level after a change.
const SHORT: f64 = 300.0;
/// The most alike that neighbours are taken to be: beyond, a random walk would never change.
const ALIKE: f64 = 0.98;
/// Steps from one number to the next are cut at this many usual ones.
const STEP_CUT: f64 = 4.0;
/// By how much steps must differ from the usual before they count: half.
const STEP_SLACK: f64 = 0.5;
/// What a sum of steps weighs against one of levels: steps of noisy series come in swarms.
const STEP_WEIGHT: f64 = 0.8;
/// While a sum is above this share of its limit, the level follows at a fourth of its pace.
const DOUBT: f64 = 0.3;
/// Numbers are cut here for telling a slope from a step, so that squares stay small.
const SLOPE_CUT: f64 = 30.0;
/// Up to this share of its limit a sum may rise by chance: only from there on it counts when the change began.
const BEGIN: f64 = 0.12;
/// Numbers gathered before the first level: their median and spread hold against a third of spikes.
const FIRST: usize = 32;
/// The median absolute deviation of a normal distribution is this share of its standard deviation.
const MAD: f64 = 0.674_489_75;
/// Mean to median of the absolute steps of a normal distribution.
const MEAN_STEP: f64 = 1.182_9;

/// Sums of the largest numbers must stay finite; they are kept as this part of themselves.
const SHRUNK: f64 = 1e6;
/// Numbers of a run that are written down.
const PARTS: usize = 4;
/// The sums: level up and down, spread up and down.
const RUNS: usize = 4;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The level, at once.
    Level,
    /// The level, step by step.
    Slope,
    /// The spread.
    Spread,
}

/// A sum that goes on while numbers point its way, and what came since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Run {
    sum: f64,
    /// When the sum left zero: a slope would begin there.
    origin: i64,
    /// When the sum left what chance does: a step would be there.
    since: i64,
    /// How many came since, as they were and in deviations.
    n: f64,
    total: f64,
    z: f64,
}

impl Run {
    fn push(&mut self, at: i64, by: f64, x: f64, z: f64, begin: f64) {
        if self.sum + by <= 0.0 {
            *self = Self::default();
            return;
        }
        if self.sum <= 0.0 {
            self.origin = at;
        }
        if self.n < 1.0 || self.sum + by < begin {
            *self = Self { sum: self.sum, origin: self.origin, since: at, ..Self::default() };
        }
        self.sum += by;
        self.n += 1.0;
        self.total += x.clamp(-LARGEST, LARGEST) / SHRUNK;
        self.z += z;
    }

    fn mean(&self) -> f64 {
        if self.n > 0.0 { self.total / self.n * SHRUNK } else { 0.0 }
    }

    fn parts(&self) -> [f64; PARTS] {
        [self.sum, self.n, self.total, self.z]
    }
}

/// What is found at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Sums {
    /// The largest sum against its limit; beyond 1 something changed.
    pub limits: f64,
    /// What it would be that changed.
    pub change: Change,
    /// Since when.
    pub since: i64,
    /// How far the numbers since then lie from the level, in deviations; of spreads, their ratio.
    pub size: f64,
    /// Which of the sums it is.
    which: usize,
}

impl Sums {
    /// From its parts, as they were written down; `None` where there is no such sum.
    pub fn of(limits: f64, change: Change, since: i64, size: f64, which: u64) -> Option<Self> {
        (which < RUNS as u64).then_some(Self { limits, change, since, size, which: which as usize })
    }

    /// The way the level goes: 1 up, -1 down, 0 where it is not the level that changed.
    pub fn way(&self) -> i64 {
        [1, -1, 0, 0][self.which]
    }

    /// Which of the sums it is.
    pub fn which(&self) -> usize {
        self.which
    }
}

/// Level, spread and the four sums: level up and down, spread up and down.
#[derive(Clone, Debug, Default)]
pub struct Cusum {
    /// The first numbers; empty once the level is known.
    first: Vec<f64>,
    base: Steady,
    /// The usual step from one number to the next: its level is the mean.
    steps: Steady,
    last: f64,
    last_z: f64,
    recent: Last,
    /// Products of neighbours, and squares, in deviations.
    product: f64,
    square: f64,
    runs: [Run; RUNS],
}

impl Cusum {
    /// One that knows nothing.
    pub fn new() -> Self {
        Self { square: 1.0, ..Self::default() }
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        self.first.capacity() * size_of::<f64>()
    }

    /// Numbers the level rests on.
    pub fn count(&self) -> u32 {
        self.base.count()
    }

    /// The level.
    pub fn level(&self) -> f64 {
        self.base.level()
    }

    /// The standard deviation of single numbers.
    pub fn spread(&self) -> f64 {
        self.base.spread()
    }

    /// The deviation that sums are measured in.
    fn sway(&self) -> f64 {
        let alike = (self.product / self.square.max(1e-9)).clamp(0.0, ALIKE);
        (self.spread() * ((1.0 + alike) / (1.0 - alike)).sqrt()).min(LARGEST)
    }

    fn pulls(&self, x: f64, slack: f64) -> (f64, [f64; RUNS]) {
        let z = ((x - self.level()) / self.sway()).clamp(-SLOPE_CUT, SLOPE_CUT);
        let cut = z.clamp(-CUT, CUT);
        let (floor, step) = (noise_floor(self.level()), (x - self.last).abs());
        // Of a constant series, no step is as usual as can be.
        let usual = self.steps.level().max(floor);
        let step = (step.max(if usual <= floor { floor } else { 0.0 }) / usual).min(STEP_CUT) - 1.0;
        (z, [cut - slack, -cut - slack, STEP_WEIGHT * (step - STEP_SLACK), STEP_WEIGHT * (-step - STEP_SLACK)])
    }

    /// What the sums say, would `x` be taken in: `slack` and `limit` are in deviations.
    pub fn look(&self, at: i64, x: f64, slack: f64, limit: f64) -> Sums {
        let x = x.clamp(-LARGEST, LARGEST);
        let (z, pulls) = self.pulls(x, slack);
        let sums = std::array::from_fn::<f64, RUNS, _>(|i| self.runs[i].sum + pulls[i]);
        let which = (1..RUNS).fold(0, |top, i| if sums[i] > sums[top] { i } else { top });
        let run = &self.runs[which];
        let change = match which {
            0 | 1 if sums[which] > limit && self.recent.slopes() => Change::Slope,
            0 | 1 => Change::Level,
            _ => Change::Spread,
        };
        let size = match change {
            Change::Spread => self.ratio(run),
            _ => ((run.z + z) / (run.n + 1.0)).abs(),
        };
        let since = match change {
            Change::Slope => run.origin,
            _ if run.n > 0.0 => run.since,
            _ => at,
        };
        Sums { limits: (sums[which] / limit).max(0.0), change, since, size, which }
    }

    /// Steps since the run began against the usual ones.
    fn ratio(&self, run: &Run) -> f64 {
        let usual = self.steps.level().max(noise_floor(self.level()));
        if run.n > 0.0 { (run.mean() / usual).max(0.0) } else { 1.0 }
    }

    /// Takes in a finite number; `window` is how many the level rests on at most.
    pub fn push(&mut self, at: i64, x: f64, slack: f64, limit: f64, window: f64) {
        let x = x.clamp(-LARGEST, LARGEST);
        if self.base.count() == 0 {
            self.begin(x);
            return;
        }
        let (z, pulls) = self.pulls(x, slack);
        let step = (x - self.last).abs();
        let from = x - self.level();
        for (i, run) in self.runs.iter_mut().enumerate() {
            run.push(at, pulls[i].min(limit), if i < 2 { from } else { step }, z, BEGIN * limit);
        }
        let plain = ((x - self.level()) / self.spread()).clamp(-CUT, CUT);
        let rate = 1.0 / f64::from(self.base.count() + 1).min(SHORT);
        self.recent.push(z.clamp(-CUT, CUT));
        self.product += rate * (plain * self.last_z - self.product);
        self.square += rate * (plain * plain - self.square);
        (self.last, self.last_z) = (x, plain);
        let doubt = self.runs.iter().any(|run| run.sum > DOUBT * limit);
        self.base.push(x, if doubt { 4.0 * window } else { window });
        self.steps.push(step, if doubt { 4.0 * window } else { window });
    }

    fn begin(&mut self, x: f64) {
        self.first.push(x);
        if self.first.len() < FIRST {
            return;
        }
        let mut numbers = std::mem::take(&mut self.first);
        let mut steps: Vec<f64> = numbers.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
        let level = median(&mut numbers).unwrap_or(x);
        for x in &mut numbers {
            *x = (*x - level).abs();
        }
        let spread = median(&mut numbers).unwrap_or(0.0) / MAD;
        let step = MEAN_STEP * median(&mut steps).unwrap_or(0.0);
        self.base = Steady::of(level, spread, FIRST as u32);
        self.steps = Steady::of(step, step, FIRST as u32);
        (self.last, self.square) = (x, 1.0);
    }

    /// Forgets the sums: while the first numbers come they mean nothing.
    pub fn calm(&mut self) {
        self.runs = [Run::default(); RUNS];
        self.recent = Last::default();
    }

    /// Takes what came since the change for the new level and spread.
    pub fn turn(&mut self, sums: &Sums) {
        let run = self.runs[sums.which];
        if run.n > 0.0 {
            let n = run.n.min(64.0) as u32;
            match sums.change {
                Change::Level => self.base = Steady::of(self.level() + run.mean(), self.spread(), n),
                // A slope goes on: what comes next must be learned fast.
                Change::Slope => self.base = Steady::of(self.level() + run.mean(), self.spread(), n.min(8)),
                Change::Spread => {
                    let ratio = self.ratio(&run);
                    self.base = Steady::of(self.level(), self.spread() * ratio, n);
                    self.steps = Steady::of(run.mean(), self.steps.spread() * ratio, n);
                }
            }
        }
        self.calm();
    }

    /// All it knows: whole numbers and finite ones.
    pub fn save(&self) -> (Vec<i64>, Vec<f64>) {
        let ((base, base_x), (steps, steps_x)) = (self.base.save(), self.steps.save());
        let whole = base.into_iter().chain(steps).map(i64::from).chain(self.runs.iter().flat_map(|run| [run.origin, run.since])).collect();
        let own = [self.last, self.last_z, self.product, self.square];
        let runs = self.runs.iter().flat_map(Run::parts);
        (
            whole,
            base_x.into_iter().chain(steps_x).chain(own).chain(runs).chain(self.recent.save()).chain(self.first.iter().copied()).collect(),
        )
    }

    /// What [`Cusum::save`] gave; `None` where it cannot have come from there.
    pub fn restore(whole: &[i64], numbers: &[f64]) -> Option<Self> {
        let [n, wild, steps_n, steps_wild, times @ ..] = whole else { return None };
        let [level, spread, step, step_spread, last, last_z, product, square, runs @ ..] = numbers else { return None };
        let count = |n: i64| u32::try_from(n).ok();
        let base = Steady::restore([count(*n)?, count(*wild)?], [*level, *spread])?;
        let steps = Steady::restore([count(*steps_n)?, count(*steps_wild)?], [*step, *step_spread])?;
        let numbers = RUNS * PARTS;
        if times.len() != 2 * RUNS || runs.len() < numbers + LAST || runs.len() - numbers - LAST >= FIRST {
            return None;
        }
        let run = |i: usize| {
            let [sum, n, total, z] = std::array::from_fn(|part| runs[PARTS * i + part]);
            Run { sum, origin: times[2 * i], since: times[2 * i + 1], n, total, z }
        };
        let first = runs[numbers + LAST..].to_vec();
        let recent = Last::restore(&runs[numbers..numbers + LAST])?;
        let runs = std::array::from_fn(run);
        Some(Self { first, base, steps, last: *last, last_z: *last_z, recent, product: *product, square: *square, runs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    /// The place and kind of the first change.
    fn first(values: impl IntoIterator<Item = f64>) -> Option<(usize, Change, i64)> {
        let mut cusum = Cusum::new();
        for (i, x) in values.into_iter().enumerate() {
            let sums = cusum.look(i as i64, x, 0.5, 16.0);
            if i < 50 {
                cusum.calm();
            } else if sums.limits > 1.0 {
                return Some((i, sums.change, sums.since));
            }
            cusum.push(i as i64, x, 0.5, 16.0, 300.0);
        }
        None
    }

    fn noise(seed: u64) -> impl FnMut() -> f64 {
        let mut random = Random::new(seed);
        move || random.normal()
    }

    #[test]
    fn a_level_a_slope_and_a_spread_are_told_apart() {
        let mut z = noise(1);
        let (at, change, since) = first((0..1000).map(|i| z() + if i < 500 { 0.0 } else { 3.0 })).unwrap();
        assert!((500..515).contains(&at) && change == Change::Level && (495..505).contains(&since), "{at} {change:?} {since}");
        let (mut steps, mut slopes) = (0, 0);
        for seed in 0..20 {
            let mut z = noise(seed);
            let (at, change, _) = first((0..2000).map(|i| z() + 0.05 * f64::from((i - 500).max(0)))).unwrap();
            assert!((510..570).contains(&at), "{seed}: {at} {change:?}");
            slopes += u32::from(change == Change::Slope);
            let mut z = noise(seed);
            let (at, change, _) = first((0..1000).map(|i| z() + if i < 500 { 0.0 } else { 2.0 })).unwrap();
            assert!((500..525).contains(&at), "{seed}: {at} {change:?}");
            steps += u32::from(change == Change::Level);
        }
        // So soon after its begin a slope can still pass for a step; a step should not pass for a slope.
        assert!(slopes >= 5 && steps >= 18, "{slopes} slopes and {steps} steps of 20 each");
        let mut z = noise(3);
        let (at, change, since) = first((0..1000).map(|i| z() * if i < 500 { 1.0 } else { 4.0 })).unwrap();
        assert!((500..530).contains(&at) && change == Change::Spread && (490..510).contains(&since), "{at} {change:?} {since}");
        let mut z = noise(4);
        let (at, change, _) = first((0..1500).map(|i| z() * if i < 500 { 1.0 } else { 0.02 })).unwrap();
        assert!((500..650).contains(&at) && change == Change::Spread, "{at} {change:?}");
    }

    #[test]
    fn noise_spikes_and_wandering_are_no_change() {
        for seed in 0..20 {
            let mut z = noise(seed);
            assert_eq!(first((0..10_000).map(|_| z())), None, "noise {seed}");
            let mut z = noise(seed);
            assert_eq!(first((0..5000).map(|i| if i % 50 == 0 { 1e9 } else { z() })), None, "spikes {seed}");
        }
    }

    #[test]
    fn after_a_turn_the_new_level_is_usual() {
        let (mut cusum, mut z, mut alarms) = (Cusum::new(), noise(5), 0);
        for i in 0..3000 {
            let x = z() + if i < 1000 { 0.0 } else { 20.0 };
            if i < 50 {
                cusum.calm();
            }
            let sums = cusum.look(i, x, 0.5, 16.0);
            cusum.push(i, x, 0.5, 16.0, 300.0);
            if sums.limits > 1.0 {
                cusum.turn(&sums);
                alarms += 1;
            }
        }
        assert!((1..=2).contains(&alarms), "{alarms}");
        assert!((cusum.level() - 20.0).abs() < 0.5 && cusum.spread() < 1.6, "{cusum:?}");
    }
}
