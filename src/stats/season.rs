//! A robust baseline that knows the time of the day and week, and finds the season by itself.
//!
//! Level and spread follow slowly and with bounded influence: no single number moves them far,
//! only a run of them does. On the level rides the season: a wheel of slots, each with its centre and
//! spread, learned once in each round. Without a season that explains enough it is an ordinary
//! robust level. The seasonal detector and those that join it with others meet it.

use super::pace::Seen;
use super::period::{Found, find, fold, phase};
use super::timeline::Timeline;
use super::welford::{LARGEST, noise_floor};
use super::wheel::{Slot, Wheel};
use crate::model::Timestamp;

const DAY: i64 = 86_400_000;
/// Numbers gathered before the first level: their median and spread hold against a third of spikes.
pub const FIRST: usize = 32;
/// Samples over which the level is taken where there is no season.
const LEVEL: f64 = 300.0;
/// Rounds over which the level is taken where there is one: it must not follow the season itself.
const ROUNDS: f64 = 1.5;
/// Most samples of a level, so that a long season does not hold it for ever.
const LEVEL_MOST: f64 = 100_000.0;
/// Spreads beyond which a number pulls no harder.
const CLIP: f64 = 3.0;
/// From so many clipped numbers in a row on, the clip doubles with each: a new level, not a spike.
const WILD: u32 = 6;
/// Doublings after which anything is learned: from the last bit of a float to its largest.
const WILD_MOST: u32 = 1_000;
/// Mean absolute deviation to standard deviation, of a normal distribution.
const OF_MEAN: f64 = 1.253_314_137;
/// Mean absolute difference of neighbours to standard deviation, of a normal distribution.
const OF_STEPS: f64 = 0.886_226_925;
/// Rounds without numbers after which what was learned counts as two rounds only.
const AWAY: i64 = 8;
/// A season that leaves more than this share of the spread is no season (any more).
const WORTH: f64 = 0.9;
/// A new season must explain that much more than the present one: 1.2 times the variance.
const BETTER: f64 = 1.2;
/// Clocks are put forward or back by an hour: values usual an hour away are tolerated where the season is a day or longer.
const CLOCK: i64 = 3_600_000;
/// How much of the band of a neighbouring hour is tolerated.
const NEIGHBOUR: f64 = 0.75;

/// What a season is made with.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The period in milliseconds; 0: found by itself.
    pub period: i64,
    /// Slots of a round; 0: by the period and the step.
    pub slots: usize,
    /// Added to times before days and weeks are counted, in milliseconds.
    pub offset: i64,
}

/// What is expected at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// The centre.
    pub centre: f64,
    /// The standard deviation around it.
    pub scale: f64,
    /// The lowest usual value.
    pub low: f64,
    /// The highest usual value.
    pub high: f64,
    /// Rounds seen at this time of the season; observations where there is none.
    pub n: u64,
    /// The period in milliseconds, where there is a season.
    pub period: Option<i64>,
}

/// The baseline.
#[derive(Clone, Debug)]
pub struct Season {
    terms: Terms,
    /// The first numbers; empty once the level is known.
    first: Vec<f64>,
    learned: u64,
    /// Numbers that the level rests on; fewer after `accept` or a long gap.
    age: f64,
    level: f64,
    /// Spread around what is expected, around the level alone, and from one number to the next.
    spread: f64,
    plain: f64,
    jitter: f64,
    wild: u32,
    seen: Seen,
    last_x: f64,
    /// The usual step in milliseconds.
    step: f64,
    /// When the season was taken up.
    since: i64,
    /// Whether the first round of a given season is over.
    settled: bool,
    /// The variance that the season explained when it was taken up.
    worth: f64,
    wheel: Option<Wheel>,
    line: Timeline,
}

impl Season {
    /// One that has seen nothing.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            first: Vec::new(),
            learned: 0,
            age: 0.0,
            level: 0.0,
            spread: 0.0,
            plain: 0.0,
            jitter: 0.0,
            wild: 0,
            seen: Seen::new(),
            last_x: 0.0,
            step: 0.0,
            since: 0,
            settled: false,
            worth: 0.0,
            wheel: None,
            line: Timeline::new(),
        }
    }

    /// Observations learned.
    pub fn learned(&self) -> u64 {
        self.learned
    }

    /// The period in milliseconds, where there is a season.
    pub fn period(&self) -> Option<i64> {
        self.wheel.as_ref().map(Wheel::period)
    }

    /// How many observations are still needed before it can say what is expected; 0 where it can.
    pub fn needed(&self, at: i64) -> u64 {
        let few = (FIRST as u64).saturating_sub(self.learned);
        if few > 0 || self.terms.period == 0 {
            return few;
        }
        // With a period given, the first round is for learning.
        let round = self.terms.period.saturating_sub(at.saturating_sub(self.since)).max(0);
        if round > 0 && self.step > 0.0 { (round as f64 / self.step).ceil() as u64 } else { 0 }
    }

    /// What is expected at a moment, within `k` standard deviations.
    pub fn expected(&self, at: i64, k: f64) -> Expected {
        let flat = |scale: f64, n| {
            let scale = scale.max(noise_floor(self.level));
            let (low, high) = (self.level - k * scale, self.level + k * scale);
            Expected { centre: self.level, scale, low, high, n, period: None }
        };
        let Some(wheel) = &self.wheel else { return flat(self.spread, self.learned) };
        let turn = phase(at.saturating_add(self.terms.offset), wheel.period());
        let Some(own) = wheel.slot(turn, self.spread) else { return flat(self.plain.max(self.spread), 0) };
        let centre = self.level + own.centre;
        let scale = own.spread.max(noise_floor(centre));
        let (mut low, mut high) = (centre - k * scale, centre + k * scale);
        if wheel.period() >= DAY {
            let (below, above) = wheel.around(turn, CLOCK, NEIGHBOUR * k, self.spread);
            low = low.min(self.level + below);
            high = high.max(self.level + above);
        }
        Expected { centre, scale, low, high, n: u64::from(own.rounds), period: Some(wheel.period()) }
    }

    /// Whether a number lies outside what is usual at any time of the season.
    pub fn beyond_all(&self, x: f64, k: f64) -> bool {
        let Some(wheel) = &self.wheel else { return true };
        let (low, high) = wheel.ends(k, self.spread);
        x < self.level + low || x > self.level + high
    }

    /// Notes that a number is judged at a moment: time in which numbers come that are withheld from learning is no absence.
    pub fn come(&mut self, at: i64) {
        self.seen.look(Timestamp::from_millis(at));
    }

    /// Takes in a finite number.
    pub fn learn(&mut self, at: i64, x: f64) {
        let x = x.clamp(-LARGEST, LARGEST);
        self.tick(at);
        self.learned += 1;
        self.age += 1.0;
        if self.learned <= FIRST as u64 {
            self.start(at, x);
            self.remember(at, x);
        } else {
            self.follow(at, x);
        }
        self.last_x = x;
    }

    /// Keeps a number for the search of the season.
    fn remember(&mut self, at: i64, x: f64) {
        if self.terms.period == 0 && self.line.push(at.saturating_add(self.terms.offset), x) {
            self.look(at);
        }
    }

    /// What comes next is usual, whatever it is.
    pub fn accept(&mut self) {
        self.age = self.age.min(8.0);
        self.wild = self.wild.max(WILD + 64);
    }

    /// Keeps the usual step and notes long absences.
    fn tick(&mut self, at: i64) {
        if self.learned == 0 {
            self.since = at;
        }
        let step = self.seen.learn(Timestamp::from_millis(at));
        if step > 0 {
            let away = self.wheel.as_ref().map_or(self.terms.period, Wheel::period).saturating_mul(AWAY);
            if self.step > 0.0 && step as f64 > (away as f64).max(LEVEL * self.step) {
                self.age = self.age.min(16.0);
                if let Some(wheel) = &mut self.wheel {
                    wheel.fade();
                }
            }
            // A gap is no step: it moves the usual one by a tenth of itself at most.
            let usual = if self.step > 0.0 { (step as f64).min(3.0 * self.step) } else { step as f64 };
            self.step += (usual - self.step) / (self.learned as f64).clamp(1.0, LEVEL);
        }
    }

    fn start(&mut self, at: i64, x: f64) {
        self.first.push(x);
        if self.first.len() < FIRST {
            return;
        }
        let steps: f64 = self.first.windows(2).map(|pair| (pair[1] - pair[0]).abs().min(LARGEST)).sum();
        self.jitter = OF_STEPS * steps / (FIRST - 1) as f64;
        let mut first = std::mem::take(&mut self.first);
        self.level = super::rank::median(&mut first).unwrap_or(x);
        for number in &mut first {
            *number = (*number - self.level).abs();
        }
        let middle = super::rank::median(&mut first).unwrap_or(0.0);
        // Where most are equal the median deviation is 0, and the mean says more.
        let mean = first.iter().map(|d| d.min(CLIP * middle.max(self.jitter))).sum::<f64>() / FIRST as f64;
        self.spread = (middle / 0.674_489_75).max(OF_MEAN * mean);
        self.plain = self.spread;
        if self.terms.period > 0 {
            self.wheel = Some(Wheel::new(self.terms.period, self.slots(self.terms.period)));
            self.since = at;
        }
    }

    fn slots(&self, period: i64) -> usize {
        let each = if self.step > 0.0 { (period as f64 / self.step) as usize } else { usize::MAX };
        if self.terms.slots > 0 { self.terms.slots } else { Wheel::usual(period).min(each.max(4)) }
    }

    /// Moves level, spread and season towards a number.
    fn follow(&mut self, at: i64, x: f64) {
        let turn = at.saturating_add(self.terms.offset);
        let own = self.wheel.as_ref().and_then(|wheel| wheel.slot(phase(turn, wheel.period()), self.spread));
        let (centre, scale) = own.map_or((self.level, self.spread), |own| (self.level + own.centre, own.spread));
        let (rest, scale) = (x - centre, scale.max(noise_floor(centre)));
        let far = rest.abs() > CLIP * scale;
        self.wild = if far { (self.wild + 1).min(WILD_MOST) } else { self.wild / 2 };
        let reach = CLIP * scale * f64::from(self.wild.saturating_sub(WILD)).exp2().min(LARGEST);
        let rest = rest.clamp(-reach, reach);
        let round = self.wheel.as_ref().map_or(0.0, |wheel| ROUNDS * wheel.period() as f64 / self.step.max(1.0));
        let slow = 1.0 / self.age.min(round.clamp(LEVEL, LEVEL_MOST));
        let rate = 1.0 / self.age.min(LEVEL);
        let step = (x - self.last_x).abs().min(reach);
        self.jitter += rate * (OF_STEPS * step - self.jitter);
        // A part of a round that was never seen says nothing of level and spread yet.
        let known = self.wheel.as_ref().is_none_or(|wheel| !wheel.is_blank(phase(turn, wheel.period())));
        if let Some(wheel) = &mut self.wheel {
            wheel.push(turn, if known { rest } else { x - self.level });
        }
        if known {
            let apart = (x - self.level).clamp(-4.0 * reach, 4.0 * reach).abs();
            self.plain += slow * (OF_MEAN * apart - self.plain);
            self.level += slow * rest;
            self.spread += rate * (OF_MEAN * rest.abs() - self.spread);
        }
        if let Some(wheel) = self.wheel.as_mut().filter(|wheel| !self.settled && at.saturating_sub(self.since) >= wheel.period()) {
            // The level was that of the first numbers; now it is that of a whole round.
            self.level += wheel.balance();
            self.settled = true;
        }
        // One far number in a bucket would look like a season of its own.
        self.remember(at, x.clamp(centre - 2.0 * reach, centre + 2.0 * reach));
    }

    /// Looks for a season, or a better one, and gives up one that is worth nothing.
    fn look(&mut self, at: i64) {
        let (means, start, width) = self.line.view();
        if let Some(wheel) = &self.wheel {
            let old = at.saturating_sub(self.since) > 2 * wheel.period();
            if old && self.spread > WORTH * self.plain {
                self.wheel = None;
            }
        }
        let Some(found) = find(means, start, width) else { return };
        if let Some(wheel) = &self.wheel {
            let now = fold(means, start, width, wheel.period()).filter(|_| wheel.period() >= 6 * width);
            let keep = now.map_or_else(|| found.variance < self.worth * BETTER, |now| 1.0 - found.gain > (1.0 - now.gain) / BETTER);
            if keep || found.period == wheel.period() {
                return;
            }
        }
        self.take_up(at, &found);
    }

    fn take_up(&mut self, at: i64, found: &Found) {
        let mut wheel = Wheel::new(found.period, self.slots(found.period));
        let noise = found.rest.hypot(self.jitter).min(LARGEST);
        wheel.fill(|turn| {
            // Between the parts of the form in proportion, as between slots.
            let parts = found.form.len();
            let place = (turn * parts as f64 - 0.5).rem_euclid(parts as f64);
            let (a, share) = (place as usize % parts, place.fract());
            let b = (a + 1) % parts;
            let seen = found.seen[a].min(found.seen[b]);
            let centre = found.form[a] * (1.0 - share) + found.form[b] * share;
            if centre.is_finite() { Slot { centre, spread: noise, rounds: seen } } else { Slot::default() }
        });
        self.level = found.level;
        self.plain = (found.variance + noise * noise).sqrt().min(LARGEST);
        self.spread = noise;
        self.worth = found.variance;
        self.since = at;
        self.settled = true;
        self.wheel = Some(wheel);
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        self.line.memory() + self.wheel.as_ref().map_or(0, Wheel::memory) + self.first.capacity() * size_of::<f64>()
    }

    /// All it knows: lists of whole numbers and of finite ones.
    pub fn save(&self) -> (Vec<Vec<i64>>, Vec<Vec<f64>>) {
        let ([last, open], pause) = self.seen.parts();
        let moments = [last.unwrap_or(0), self.since, i64::from(self.settled), i64::from(open.is_some()), open.unwrap_or(0), pause];
        let whole = [self.learned as i64, i64::from(self.wild)].into_iter().chain(moments).collect();
        let own = vec![self.age, self.level, self.spread, self.plain, self.jitter, self.last_x, self.step, self.worth];
        let (line_whole, line) = self.line.save();
        let (wheel_whole, wheel) = self.wheel.as_ref().map_or_else(Default::default, Wheel::save);
        (vec![whole, line_whole, wheel_whole], vec![own, line, wheel, self.first.clone()])
    }

    /// What [`Season::save`] gave; `None` where it cannot have come from there.
    pub fn restore(terms: Terms, whole: &[Vec<i64>], numbers: &[Vec<f64>]) -> Option<Self> {
        let ([own_whole, line_whole, wheel_whole], [own, line, wheel, first]) = (whole, numbers) else { return None };
        let [learned, wild, last, since, settled, opened, open, pause] = own_whole[..] else { return None };
        let [age, level, spread, plain, jitter, last_x, step, worth] = own[..] else { return None };
        // What lies beyond was never learned, and its difference with a number might have no end.
        if !own.iter().chain(wheel).chain(first).all(|x| x.abs() <= LARGEST) || spread < 0.0 || age < 0.0 {
            return None;
        }
        let wheel = if wheel_whole.is_empty() { None } else { Some(Wheel::restore(wheel_whole, wheel)?) };
        let fits = first.len() < FIRST && wheel.as_ref().is_none_or(|wheel| terms.period == 0 || wheel.period() == terms.period);
        let (learned, wild) = (u64::try_from(learned).ok()?, u32::try_from(wild).ok()?);
        let line = Timeline::restore(line_whole, line)?;
        let seen = Seen::from_parts([(learned > 0).then_some(last), (opened != 0).then_some(open)], pause);
        let (first, settled) = (first.clone(), settled != 0);
        fits.then_some(Self {
            terms,
            first,
            learned,
            age,
            level,
            spread,
            plain,
            jitter,
            wild,
            seen,
            last_x,
            step,
            since,
            settled,
            worth,
            wheel,
            line,
        })
    }
}

#[cfg(test)]
#[path = "season_tests.rs"]
mod tests;
