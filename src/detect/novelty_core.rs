//! The novelty of one number: what was never seen so far, as a level, as a sequence, at this hour,
//! or beyond the range. A part of other detectors too.
//!
//! Evidence is measured in limits: 1 is as much as is worth telling when about one false alert a
//! week may come. It starts after a hundred observations and refines its levels as more come.

use super::score::bounded;
use super::state::{Reader, floats};
use crate::model::{Millis, StateError, Timestamp};
use crate::stats::log::ln;
use crate::stats::transitions::{Context, Levels, News, Transitions};
use crate::stats::welford::noise_floor;
use serde_json::{Map, Value};
use std::collections::VecDeque;

/// Observations before the first judgement: fewer show no range, more leave a console blind for long.
pub(super) const START: usize = 100;
/// Levels are learned anew when the range has grown by more than this share of itself since: below
/// it the symbols beyond the range serve as well, and what was learned is kept.
const OUTGROWN: f64 = 0.25;
/// How many times the logarithm of a week's observations is one limit: what a week holds by chance
/// is not news. Chosen on labelled data for the best of found against false.
const WEEKS_NEWS: f64 = 1.02;
/// Observations a week while the step is unknown: one each five minutes.
const WEEKLY: f64 = 2016.0;
/// A week in milliseconds.
const WEEK: f64 = 604_800_000.0;
/// Fewest and most observations a week that are told apart.
const WEEKLY_MIN: f64 = 20.0;
const WEEKLY_MAX: f64 = 1e6;
/// A value beyond all seen so far is one limit when it is beyond by this share of the range.
const BREAKOUT: f64 = 0.024;
/// The largest evidence told: beyond ten limits nobody tells them apart.
const MOST: f64 = 10.0;
/// Fewest and most observations a rest lasts: a few must pass at any step, and few enough to be kept.
const REST_MIN: f64 = 12.0;
const REST_MAX: f64 = 200.0;
/// How much more evidence each alarm of the last week asks for: what is told often is worth less.
/// Between a thirtieth and a twelfth nothing depends on it.
const ALARM: f64 = 0.05;
/// Alarms are forgotten over this many milliseconds. Between four days and a month nothing depends on it.
const ALARMS: f64 = WEEK;
/// More alarms than these, which ask for thrice the evidence, count no more: a series must not fall silent.
const ALARMS_MOST: f64 = 40.0;
/// A pause longer than this many steps is a hole: what comes after it follows nothing.
const HOLE: f64 = 12.0;
/// How fast the estimate of the step follows, at first and later.
const STEP_FAST: f64 = 1.0 / 16.0;
const STEP_SLOW: f64 = 1.0 / 128.0;
/// Observations over which it is known whether the levels still fit.
const FIT: f64 = 3000.0;
/// The share of observations beyond the levels from which they no longer fit.
const MISFIT: f64 = 0.5;
/// What is remembered fades by half each time that both so many observations and so much time have
/// passed: months of slow series, four weeks of fast ones.
const FADE_AFTER: u64 = 32_768;
const FADE_TIME: i64 = 28 * 86_400_000;
/// Milliseconds of an hour and hours of a day.
const HOUR: i64 = 3_600_000;
const HOURS: i64 = 24;
/// Marks beside the hour of an observation that is kept for learning.
const AFTER_HOLE: u8 = 0x40;
const FLAGGED: u8 = 0x80;
const HOUR_BITS: u8 = 0x1f;

/// What is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Above all seen so far.
    Above,
    /// Below all seen so far.
    Below,
    /// A level between others that was never seen.
    Level,
    /// A level that never followed the last ones.
    Sequence,
    /// A level that was never seen at this hour.
    Hour,
}

/// A judgement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Novel {
    /// The evidence in limits: at least 1 is odd.
    pub(super) limits: f64,
    /// Whether it is more than every evidence of the rest: what goes on is told once.
    pub(super) first: bool,
    /// What is new; meaningful where `limits` is not small.
    pub(super) cause: Cause,
    /// Where a value would have been usual; for one beyond the range, that range.
    pub(super) low: f64,
    /// See `low`.
    pub(super) high: f64,
    /// The value before; NaN where the sequence had a hole.
    pub(super) last: f64,
    /// The width of a level.
    pub(super) level: f64,
    /// How many observations were learned.
    pub(super) n: u64,
}

/// How it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    /// Observations after which the levels are settled.
    pub(super) learn: usize,
    /// How long only what is odder than before is told again.
    pub(super) rest: Millis,
    /// Whether the hour of the day counts.
    pub(super) hours: bool,
    /// Evidence from which an observation counts as odd, in limits; what does is kept out of the range.
    pub(super) limit: f64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { learn: 750, rest: Millis::from_secs(8 * 3600), hours: true, limit: 1.0 }
    }
}

/// The ends of what was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    const fn of(x: f64) -> Self {
        Self { low: x, high: x }
    }

    fn with(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

/// What is known of one number.
#[derive(Clone, Debug)]
pub(super) struct Novelty {
    plan: Plan,
    /// Observations learned.
    seen: u64,
    /// The estimated step in milliseconds; 0: unknown.
    step: f64,
    /// The last observation learned: when, and what.
    last: Option<(Timestamp, f64)>,
    /// What came before, by the levels.
    context: Context,
    /// Observations kept while the levels are being learned; empty otherwise.
    kept: Vec<f64>,
    /// The hours and marks of those kept.
    marks: Vec<u8>,
    /// Levels and memory; `None` before the first [`START`].
    known: Option<(Levels, Transitions)>,
    /// The range since the last fading, and the one before it.
    range: Option<Range>,
    earlier: Option<Range>,
    /// The share of late observations beyond the levels.
    beyond: f64,
    /// Observations learned since the memory last faded, and when that was.
    since_fade: u64,
    faded: Option<Timestamp>,
    /// Observations judged, and evidence of late that later ones must exceed, falling.
    judged: u64,
    told: VecDeque<(u64, f64)>,
    /// Alarms of the last week, fading, and when the last judgement was.
    alarms: f64,
    judged_at: Option<Timestamp>,
    /// Observations judged since the last learned, and whether the last of them was odd.
    unlearned: u32,
    odd: bool,
}

impl Novelty {
    /// Of nothing yet.
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            seen: 0,
            step: 0.0,
            last: None,
            context: Context::default(),
            kept: Vec::new(),
            marks: Vec::new(),
            known: None,
            range: None,
            earlier: None,
            beyond: 0.0,
            since_fade: 0,
            faded: None,
            judged: 0,
            told: VecDeque::new(),
            alarms: 0.0,
            judged_at: None,
            unlearned: 0,
            odd: false,
        }
    }

    /// Observations learned.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// The ends of the range its levels divide, once they are known.
    #[cfg(test)]
    pub(super) fn levels(&self) -> Option<(f64, f64)> {
        self.known.as_ref().map(|known| known.0.ends())
    }

    /// Observations needed before the first judgement.
    pub(super) fn needed(&self) -> u64 {
        START.min(self.plan.learn) as u64
    }

    /// How new `x` is; `None` while learning.
    pub(super) fn judge(&mut self, at: Timestamp, x: f64) -> Option<Novel> {
        let x = bounded(x);
        let (levels, memory) = self.known.as_ref()?;
        let range = self.whole_range()?;
        let context = self.context_at(at);
        let news = memory.news(levels.symbols(x), &context);
        let weekly = if self.step > 0.0 { (WEEK / self.step).clamp(WEEKLY_MIN, WEEKLY_MAX) } else { WEEKLY };
        let evidence = news.sequence.max(news.hour) / (WEEKS_NEWS * ln(weekly));
        let width = (range.high - range.low).max(noise_floor(range.low.abs().max(range.high.abs())));
        // Where all so far was one value there is no width to measure by; the levels see such a change.
        let breakout = if range.high > range.low { (x - range.high).max(range.low - x) / width / BREAKOUT } else { 0.0 };
        let limits = (evidence.max(breakout) / (1.0 + ALARM * self.alarms_at(at))).min(MOST);
        let cause = cause(x, range, &news);
        let beyond = matches!(cause, Cause::Above | Cause::Below);
        let (low, high) = if beyond { (range.low, range.high) } else { memory.usual(levels, &context) };
        let level = levels.step();
        let novel = Novel {
            limits,
            first: self.exceeds(limits),
            cause,
            low: low.max(range.low),
            high: high.min(range.high),
            last: self.last.filter(|_| context.last.is_some()).map_or(f64::NAN, |last| last.1),
            level,
            n: self.seen,
        };
        self.unlearned = self.unlearned.saturating_add(1);
        self.count_alarms(at, novel.first && limits >= self.plan.limit);
        Some(novel)
    }

    /// Takes `x` into what is known.
    pub(super) fn learn(&mut self, at: Timestamp, x: f64) {
        let x = bounded(x);
        let hole = self.context_at(at).last.is_none();
        let (context, odd) = (self.context_at(at), std::mem::take(&mut self.odd));
        self.unlearned = 0;
        self.pace(at);
        self.seen += 1;
        self.range = Some(self.range.map_or(Range::of(x), |range| range.with(Range::of(x))));
        self.last = Some((at, x));
        if let Some((levels, memory)) = &mut self.known {
            let symbols = levels.symbols(x);
            memory.learn(symbols, &context);
            self.context = context.followed(symbols);
            let beyond = if levels.holds(x) { 0.0 } else { 1.0 };
            self.beyond += (beyond - self.beyond) / FIT;
        }
        self.age(at, x);
        self.keep(at, x, hole, odd);
    }

    /// The range of all that is remembered.
    fn whole_range(&self) -> Option<Range> {
        self.range.map(|range| self.earlier.map_or(range, |earlier| range.with(earlier)))
    }

    /// What an observation at `at` follows: nothing after a pause, or where others were left out.
    fn context_at(&self, at: Timestamp) -> Context {
        let hour = self.plan.hours.then_some(hour(at));
        let pause = self.last.map_or(0.0, |last| at.since(last.0).get() as f64);
        let broken = self.unlearned > 1 || (self.step > 0.0 && pause > HOLE * self.step);
        if broken { Context { hour, ..Context::default() } } else { Context { hour, ..self.context } }
    }

    /// Follows the step: a running median, up or down by a small share, blind to how long a pause is.
    fn pace(&mut self, at: Timestamp) {
        let Some(passed) = self.last.map(|last| at.since(last.0).get() as f64).filter(|passed| *passed > 0.0) else { return };
        let share = if self.seen < START as u64 { STEP_FAST } else { STEP_SLOW };
        if self.step <= 0.0 {
            self.step = passed;
        } else if passed > self.step {
            self.step = (self.step * (1.0 + share)).min(passed);
        } else {
            self.step = (self.step / (1.0 + share)).max(passed);
        }
    }

    /// Whether `limits` is more than all evidence of the rest; remembers it.
    fn exceeds(&mut self, limits: f64) -> bool {
        let rest = if self.step > 0.0 { (self.plan.rest.get() as f64 / self.step).clamp(REST_MIN, REST_MAX) } else { REST_MAX / 2.0 };
        let rest = if self.plan.rest.get() > 0 { rest as u64 } else { 0 };
        self.judged += 1;
        while self.told.front().is_some_and(|told| self.judged - told.0 > rest) {
            self.told.pop_front();
        }
        let exceeds = self.told.front().is_none_or(|told| limits > told.1);
        while self.told.back().is_some_and(|told| told.1 <= limits) {
            self.told.pop_back();
        }
        if limits > 0.0 {
            self.told.push_back((self.judged, limits));
        }
        exceeds
    }

    /// What is left of the alarms by now.
    fn alarms_at(&self, at: Timestamp) -> f64 {
        let passed = self.judged_at.map_or(0.0, |last| at.since(last).get() as f64).clamp(0.0, ALARMS);
        self.alarms * (1.0 - passed / ALARMS)
    }

    /// Counts an alarm where one begins, and forgets old ones.
    fn count_alarms(&mut self, at: Timestamp, odd: bool) {
        self.alarms = self.alarms_at(at);
        if odd && !self.odd {
            self.alarms = (self.alarms + 1.0).min(ALARMS_MOST);
        }
        (self.judged_at, self.odd) = (Some(at), odd);
    }

    /// Lets the memory fade when its time has come.
    fn age(&mut self, at: Timestamp, x: f64) {
        self.since_fade += 1;
        let faded = *self.faded.get_or_insert(at);
        if self.since_fade >= FADE_AFTER && at.since(faded).get() >= FADE_TIME {
            (self.since_fade, self.faded) = (0, Some(at));
            self.earlier = self.range.replace(Range::of(x));
            if let Some((_, memory)) = &mut self.known {
                memory.fade();
            }
        }
    }

    /// Keeps `x` while the levels are learned, and learns them when enough is kept.
    fn keep(&mut self, at: Timestamp, x: f64, hole: bool, odd: bool) {
        let settled = self.seen > self.plan.learn as u64;
        if settled && self.kept.is_empty() && self.beyond <= MISFIT {
            return;
        }
        self.kept.push(x);
        self.marks.push(hour(at) | if hole { AFTER_HOLE } else { 0 } | if odd { FLAGGED } else { 0 });
        let full = self.kept.len() >= self.plan.learn;
        // Levels that no longer fit are learned anew from what came since that was found.
        if settled {
            if full {
                self.relearn(true);
            }
        } else if full || self.steps_up() {
            self.relearn(false);
        }
        if full {
            (self.kept, self.marks) = (Vec::new(), Vec::new());
        }
    }

    /// Whether as much is kept as at the start, or twice, four times … as much.
    fn steps_up(&self) -> bool {
        let (kept, start) = (self.kept.len(), START.min(self.plan.learn));
        kept.is_multiple_of(start) && (kept / start).is_power_of_two()
    }

    /// Learns the levels from what is kept and goes through it once more; those that still do stay, unless `anew`.
    fn relearn(&mut self, anew: bool) {
        let usual = self.kept.iter().zip(&self.marks).filter(|(_, mark)| **mark & FLAGGED == 0).map(|(x, _)| Range::of(*x));
        let Some(range) = usual.reduce(Range::with) else { return };
        let fresh = Levels::new(range.low, range.high);
        if !anew && self.known.as_ref().is_some_and(|(levels, _)| !levels.outgrown(&fresh, OUTGROWN)) {
            return;
        }
        let mut memory = Transitions::default();
        let mut context = Context::default();
        for (x, mark) in self.kept.iter().zip(&self.marks) {
            if mark & AFTER_HOLE != 0 {
                context = Context::default();
            }
            context.hour = self.plan.hours.then_some(mark & HOUR_BITS);
            let symbols = fresh.symbols(*x);
            memory.learn(symbols, &context);
            context = context.followed(symbols);
        }
        (self.context, self.beyond, self.known) = (context, 0.0, Some((fresh, memory)));
    }

    /// Bytes it holds beyond itself.
    pub(super) fn memory(&self) -> usize {
        let kept = self.kept.capacity() * size_of::<f64>() + self.marks.capacity();
        let told = self.told.capacity() * size_of::<(u64, f64)>();
        kept + told + self.known.as_ref().map_or(0, |known| known.1.memory())
    }
}

/// What is new about `x`.
fn cause(x: f64, range: Range, news: &News) -> Cause {
    if x > range.high {
        Cause::Above
    } else if x < range.low {
        Cause::Below
    } else if news.hour > news.sequence {
        Cause::Hour
    } else if news.level {
        Cause::Level
    } else {
        Cause::Sequence
    }
}

/// The hour of the day, in UTC.
fn hour(at: Timestamp) -> u8 {
    at.as_millis().div_euclid(HOUR).rem_euclid(HOURS) as u8
}

#[path = "novelty_state.rs"]
mod state;
