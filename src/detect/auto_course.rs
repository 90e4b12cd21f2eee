//! What a flagged sample is part of, by name: a spike, a new level, a drift, another spread, a standstill, a day unlike others;
//! and since when.
//!
//! Keeps the last samples as they were judged, and the means of eight and of sixty-four of them, so that a leak
//! of days is seen as well as a step of seconds. It only names what `auto` flags: it flags nothing, and no
//! score rests on it. A name holds on while what it names lasts, also where learning is held back.

use super::auto_hours::{Hours, Usual};
use super::forms::{Fit, Form, fit};
use super::past::Ring;
use super::state::{floats, read_floats};
use crate::model::{Pattern, Timestamp};
use crate::stats::log::ln;
use crate::stats::welford::{LARGEST, noise_floor};
use serde_json::{Value, json};

/// Single samples kept, and means kept of each coarser grain.
const FINE: usize = 40;
const COARSE: usize = 32;
/// Samples in a mean of the coarser grains: steps of eight lose no slope between them.
const GRAINS: [u32; 2] = [8, 64];
/// Equal samples in a row that may be a standstill at least.
const STILL: u32 = 8;
/// As improbable as a standstill must be by how often a sample equals the one before, in nats: one in ten thousand.
const STILL_NATS: f64 = 9.2;
/// Equal neighbours are taken for at least this frequent, so that the two constants agree.
const STAYS: f64 = 0.1;
/// Samples over which it is learned how often neighbours are equal.
const STAY_LONG: f64 = 2_000.0;
/// A level this many deviations of the rest away is a new level, though it stand still or each of its values be usual.
const FAR: f64 = 6.0;
/// A slope of coarser grain that leads so many times as far is not hidden by a step within it.
const STEEPER: f64 = 2.0;
/// The last sample belongs to a form when it is this near to where that ends: deviations of the rest, or a share of the way.
/// The rest is of middle ones of three, which spread two thirds as far as single samples do; and what is flagged is far.
const NEAR: f64 = 5.0;
const NEAR_SHARE: f64 = 0.35;
/// So many samples in a row nearer to where it was before end a form.
const BACK: u32 = 3;
/// Samples after which a form that can be gone back on no more keeps its begin.
const SURE: u32 = 20;
/// Deviations from what is usual at this hour that a value must be off to be told so.
const OFF: f64 = 3.0;
/// The last samples whose middle must be off for the day to be unlike others.
const HABIT: usize = 7;
/// Deviations of that middle, and of the samples before that belong to it.
const HABIT_OFF: f64 = 2.0;
const HABIT_BEGIN: f64 = 1.0;

/// What can last.
const TOLD: [Pattern; 5] = [Pattern::LevelShift, Pattern::Drift, Pattern::FlatLine, Pattern::VarianceChange, Pattern::SeasonalBreak];

/// A mean that is being made.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    at: i64,
    sum: f64,
    n: u32,
}

/// Which part of `auto` has flagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// What follows what.
    Form,
    /// The range or a local view: below what is usual, or above.
    Below,
    Above,
}

/// A form that lasts.
#[derive(Clone, Copy, Debug)]
struct Story {
    pattern: Pattern,
    since: Option<i64>,
    /// The level before it, its deviation, and the level in it: less what is usual at the hour, where there is a course.
    before: f64,
    rest: f64,
    after: f64,
    /// Samples since it was first told.
    age: u32,
    /// Samples since it was last told.
    quiet: u32,
    /// Samples in a row that were as before.
    back: u32,
}

impl Story {
    /// Whether samples can go back on it.
    const fn moves(&self) -> bool {
        matches!(self.pattern, Pattern::LevelShift | Pattern::Drift)
    }

    fn restore(state: &Value) -> Option<Self> {
        let word = state.get("pattern")?.as_str()?;
        let pattern = TOLD.into_iter().find(|pattern| pattern.word() == word)?;
        let since = state.get("since")?;
        let since = if since.is_null() { None } else { Some(since.as_i64()?) };
        let [before, rest, after] = read_floats(state.get("x")?)?[..] else { return None };
        let level = |x: f64| x.abs() <= 2.0 * LARGEST;
        if ![before, rest, after].into_iter().all(level) || rest < 0.0 {
            return None;
        }
        let [age, quiet, back] = serde_json::from_value(state.get("counts")?.clone()).ok()?;
        Some(Self { pattern, since, before, rest, after, age, quiet, back })
    }
}

/// The name of what was flagged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    pub(super) pattern: Pattern,
    pub(super) since: Option<Timestamp>,
    /// The level before and the deviation around it, of what moved.
    pub(super) before: Option<(f64, f64)>,
    /// What is usual at this hour, where the value is not.
    pub(super) usual: Option<Usual>,
}

/// The last samples of one series and what they are part of.
#[derive(Clone, Debug)]
pub(super) struct Course {
    fine: Ring<FINE>,
    coarse: [Ring<COARSE>; 2],
    parts: [Part; 2],
    hours: Hours,
    /// Equal samples in a row, since when, and how often neighbours are equal.
    same: u32,
    same_since: i64,
    stays: f64,
    known: f64,
    /// Whether the last sample was taken in when it was judged.
    shown: bool,
    story: Option<Story>,
}

impl Course {
    pub(super) const fn new() -> Self {
        let part = Part { at: 0, sum: 0.0, n: 0 };
        Self {
            fine: Ring::new(),
            coarse: [Ring::new(), Ring::new()],
            parts: [part; 2],
            hours: Hours::new(),
            same: 0,
            same_since: 0,
            stays: 0.0,
            known: 0.0,
            shown: false,
            story: None,
        }
    }

    /// Lets go of what is no longer recent, or of what was accepted.
    pub(super) fn pause(&mut self) {
        let Self { hours, stays, known, .. } = std::mem::replace(self, Self::new());
        (self.hours, self.stays, self.known) = (hours, stays, known);
    }

    /// Whether the course of the day tells most of the series.
    pub(super) const fn seasonal(&self) -> bool {
        self.hours.course()
    }

    /// Takes in a sample that is judged: it is part of what lasts, whether it will be learned or not.
    pub(super) fn show(&mut self, at: Timestamp, x: f64) {
        let ms = at.as_millis();
        let last = self.fine.iter().next_back();
        if last.is_some_and(|(_, last)| (x - last).abs() <= noise_floor(last)) {
            self.same = self.same.saturating_add(1);
        } else {
            (self.same, self.same_since) = (1, ms);
        }
        self.fine.push(ms, x);
        for ((part, ring), grain) in self.parts.iter_mut().zip(&mut self.coarse).zip(GRAINS) {
            if part.n == 0 {
                part.at = ms;
            }
            (part.sum, part.n) = (part.sum + x, part.n + 1);
            if part.n == grain {
                ring.push(part.at, part.sum / f64::from(grain));
                *part = Part::default();
            }
        }
        self.shown = true;
        self.follow(ms, x);
    }

    /// Takes in a sample that is learned.
    pub(super) fn learn(&mut self, at: Timestamp, x: f64) {
        if !std::mem::take(&mut self.shown) {
            self.show(at, x);
            self.shown = false;
        }
        self.hours.learn(at, x);
        self.known = (self.known + 1.0).min(STAY_LONG);
        self.stays += (f64::from(u8::from(self.same > 1)) - self.stays) / self.known;
    }

    /// A sample less what is usual at its hour.
    fn plain(&self, at: i64, x: f64) -> f64 {
        self.hours.usual(Timestamp::from_millis(at)).map_or(x, |usual| x - usual.centre)
    }

    /// Goes on with what lasts, or ends it.
    fn follow(&mut self, at: i64, x: f64) {
        let Some(mut story) = self.story else { return };
        story.age = story.age.saturating_add(1);
        story.quiet = story.quiet.saturating_add(1);
        let x = self.plain(at, x);
        let near = (x - story.after).abs() <= (x - story.before).abs();
        story.back = if near { 0 } else { story.back.saturating_add(1) };
        let over = if story.moves() { story.back >= BACK } else { story.quiet as usize >= FINE };
        self.story = (!over).then_some(story);
    }

    /// Names the sample that was shown last.
    pub(super) fn name(&mut self, at: Timestamp, x: f64, by: By) -> Named {
        let usual = self.hours.usual(at).filter(|usual| (x - usual.centre).abs() > OFF * usual.scale.max(noise_floor(x)));
        let found = self.found(at.as_millis(), x, by, usual);
        let Some(mut next) = found else {
            let pattern = match by {
                By::Form => Pattern::Shape,
                By::Below => Pattern::Dip,
                By::Above => Pattern::Spike,
            };
            return Named { pattern, since: None, before: None, usual };
        };
        if let Some(story) = self.story.filter(|story| story.pattern == next.pattern) {
            next.age = story.age;
            // Where a move began is known better with each sample for a while; where another spread did, not.
            let keep = if next.moves() { story.age >= SURE } else { next.pattern != Pattern::FlatLine };
            next.since = if keep { story.since } else { next.since };
        }
        self.story = Some(next);
        let centre = self.hours.usual(at).map_or(0.0, |usual| usual.centre);
        let since = next.since.map(Timestamp::from_millis);
        Named { pattern: next.pattern, since, before: Some((next.before + centre, next.rest)), usual }
    }

    /// What lasts, as the last samples say or as it was told before.
    fn found(&self, at: i64, x: f64, by: By, usual: Option<Usual>) -> Option<Story> {
        let plain = self.plain(at, x);
        let story = |pattern, since, fit: &Fit| {
            Some(Story { pattern, since, before: fit.before, rest: fit.rest, after: fit.after, age: 0, quiet: 0, back: 0 })
        };
        let (times, numbers): (Vec<i64>, Vec<f64>) = self.fine.iter().map(|(at, x)| (at, self.plain(at, x))).unzip();
        let fine = fit(&numbers, true)?;
        let since = times.get(fine.begin).copied();
        let held = self.story.filter(|held| held.moves() && held.back == 0 && near(plain, held.before, held.after, held.rest));
        let still = self.same >= STILL && f64::from(self.same - 1) * -ln(self.stays.max(STAYS)) >= STILL_NATS;
        let far = (fine.after - fine.before).abs() / fine.rest;
        let leads = near(plain, fine.before, fine.after, fine.rest);
        let sure = held.is_some_and(|held| held.age >= SURE);
        if still && !sure && (fine.form != Form::Level || far < FAR) {
            return story(Pattern::FlatLine, Some(self.same_since), &fine);
        }
        if fine.form == Form::Level && leads && !sure && (by != By::Form || far >= FAR) {
            let whole = |fit: &Fit| fit.form == Form::Slope && (fit.after - fit.before).abs() > STEEPER * (fine.after - fine.before).abs();
            return match self.slow(plain, fine.rest, None).filter(|(_, _, fit)| whole(fit)) {
                Some((pattern, since, fit)) => story(pattern, since, &fit),
                None => story(Pattern::LevelShift, since, &fine),
            };
        }
        if held.is_some_and(|held| sure || (held.pattern == Pattern::LevelShift && fine.form != Form::Slope)) {
            return held;
        }
        if let Some(begin) = usual.and_then(|usual| self.habit(x, usual)) {
            return story(Pattern::SeasonalBreak, Some(begin), &fine);
        }
        // What is usual by itself and odd as a sequence does not swing more widely.
        if fine.form == Form::Narrower || (fine.form == Form::Wider && by != By::Form) {
            return story(Pattern::VarianceChange, since, &fine);
        }
        if by == By::Form {
            return held;
        }
        let slope = (fine.form == Form::Slope && leads).then_some((Pattern::Drift, since, fine));
        let (pattern, since, fit) = self.slow(plain, fine.rest, slope).or(slope)?;
        story(pattern, since, &fit)
    }

    /// What the coarser grains say: a slope or a level that began before the last samples.
    fn slow(&self, plain: f64, rest: f64, fine: Option<(Pattern, Option<i64>, Fit)>) -> Option<(Pattern, Option<i64>, Fit)> {
        for ring in &self.coarse {
            let (times, numbers): (Vec<i64>, Vec<f64>) = ring.iter().map(|(at, x)| (at, self.plain(at, x))).unzip();
            let Some(fit) = fit(&numbers, false) else { continue };
            // The last mean is of samples that a slope has passed: a whole step ago on average.
            if !near(plain, fit.before, fit.after + fit.rise, fit.rest.max(rest)) {
                continue;
            }
            let since = times.get(fit.begin).copied();
            match fit.form {
                Form::Slope if fine.is_none_or(|fine| since < fine.1) => return Some((Pattern::Drift, since, fit)),
                Form::Level if fine.is_none() => return Some((Pattern::LevelShift, since, fit)),
                _ => {}
            }
        }
        None
    }

    /// Since when the day is unlike others, where the value would be usual at another hour.
    fn habit(&self, x: f64, usual: Usual) -> Option<i64> {
        if !self.hours.somewhere(x) {
            return None;
        }
        let side = (x - usual.centre).signum();
        let off = |(at, x): (i64, f64)| {
            let usual = self.hours.usual(Timestamp::from_millis(at));
            (at, usual.map_or(0.0, |usual| side * (x - usual.centre) / usual.scale.max(noise_floor(x))))
        };
        let mut last: Vec<f64> = self.fine.iter().rev().take(HABIT).map(|point| off(point).1).collect();
        last.sort_by(f64::total_cmp);
        if last.get(HABIT / 2).is_none_or(|&middle| middle < HABIT_OFF) {
            return None;
        }
        let fine = self.fine.iter().rev().map(off).take_while(|(_, off)| *off > HABIT_BEGIN).last();
        let coarse = self.coarse[0].iter().rev().map(off).take_while(|(_, off)| *off > HABIT_BEGIN).last();
        fine.into_iter().chain(coarse).map(|(at, _)| at).min()
    }

    pub(super) fn save(&self) -> Value {
        let parts = self.parts.iter().map(|part| json!([part.at, part.n])).collect::<Vec<_>>();
        let story = self.story.map(|story| {
            json!({
                "pattern": story.pattern.word(),
                "since": story.since,
                "x": floats([story.before, story.rest, story.after]),
                "counts": [story.age, story.quiet, story.back],
            })
        });
        json!({
            "fine": self.fine.save(),
            "coarse": self.coarse.iter().map(Ring::save).collect::<Vec<_>>(),
            "parts": parts,
            "x": floats([self.parts[0].sum, self.parts[1].sum, self.stays, self.known]),
            "hours": self.hours.save(),
            "same": self.same,
            "same_since": self.same_since,
            "shown": self.shown,
            "story": story,
        })
    }

    pub(super) fn restore(state: &Value) -> Option<Self> {
        let coarse: Vec<_> = state.get("coarse")?.as_array()?.iter().map(Ring::restore).collect::<Option<_>>()?;
        let [first, second]: [(i64, u32); 2] = serde_json::from_value(state.get("parts")?.clone()).ok()?;
        let [a, b, stays, known] = read_floats(state.get("x")?)?[..] else { return None };
        let begun = first.1 < GRAINS[0] && second.1 < GRAINS[1];
        if !begun || !(0.0..=1.0).contains(&stays) || !(0.0..=STAY_LONG).contains(&known) {
            return None;
        }
        let most = LARGEST * f64::from(GRAINS[1]);
        let [a, b] = [a, b].map(|sum| sum.clamp(-most, most));
        Some(Self {
            fine: Ring::restore(state.get("fine")?)?,
            coarse: coarse.try_into().ok()?,
            parts: [Part { at: first.0, sum: a, n: first.1 }, Part { at: second.0, sum: b, n: second.1 }],
            hours: Hours::restore(state.get("hours")?)?,
            same: u32::try_from(state.get("same")?.as_u64()?).ok()?,
            same_since: state.get("same_since")?.as_i64()?,
            stays,
            known,
            shown: state.get("shown")?.as_bool()?,
            story: match state.get("story")? {
                Value::Null => None,
                story => Some(Story::restore(story)?),
            },
        })
    }
}

/// Whether a number is where a form has led.
fn near(x: f64, before: f64, after: f64, rest: f64) -> bool {
    (x - after).abs() <= (NEAR * rest).max(NEAR_SHARE * (after - before).abs())
}
