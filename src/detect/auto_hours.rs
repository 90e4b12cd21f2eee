//! What is usual at each hour of the day, where the day has a course: for the words of `auto`, not for its scores.
//!
//! Each hour's mean and spread move once a day by what the hour brought, foretold before it is
//! taken in, so that days unlike each other leave a wide spread and no course. A few hundred bytes.

use super::state::{floats, read_floats};
use crate::model::Timestamp;
use serde_json::{Value, json};

/// Hours of a day.
const HOURS: usize = 24;
/// Milliseconds of one.
const HOUR: i64 = 3_600_000;
/// Days that a mean rests on at most: older weeks are forgotten.
const DAYS: f64 = 10.0;
/// Days of which an hour is known.
const KNOWN: u16 = 2;
/// Hours that must be known before there is a course.
const MOST: usize = 20;
/// The mean absolute deviation of normal numbers is four fifths of their standard deviation.
const OF_MEAN: f64 = 1.253_314_137;
/// A day's hour counts as no farther than this many spreads: trouble of a day is no course.
const CUT: f64 = 4.0;
/// A spread below this share of the whole day's range is taken for it: where all days were alike, a next one may differ a little.
const LITTLE: f64 = 0.01;
/// The hours' means must spread so many times as far as the samples of an hour do.
const WORTH: f64 = 1.0;

/// The most that an hour's samples can sum up to, and more than any of their means: squares of it are still finite.
const MOST_SUM: f64 = 1e150;

/// One hour of the day.
#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    mean: f64,
    /// Mean distance of a sample from what was foretold.
    off: f64,
    days: u16,
}

/// What is usual at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    pub(super) centre: f64,
    pub(super) scale: f64,
    /// Days it rests on.
    pub(super) days: u64,
}

/// The course of the day.
#[derive(Clone, Debug)]
pub(super) struct Hours {
    each: [Hour; HOURS],
    /// The hour that goes on, counted from the epoch, and what came in it: sum, distances, count.
    now: i64,
    sums: [f64; 3],
    /// Whether there is a course.
    course: bool,
    /// The least and the most that is usual at any hour.
    ends: [f64; 2],
}

impl Hours {
    pub(super) const fn new() -> Self {
        let none = Hour { mean: 0.0, off: 0.0, days: 0 };
        Self { each: [none; HOURS], now: i64::MIN, sums: [0.0; 3], course: false, ends: [0.0; 2] }
    }

    /// Between the middles of two hours, what is usual lies between theirs.
    fn foretold(&self, at: i64) -> Option<(f64, f64, u16)> {
        let place = at.saturating_sub(HOUR / 2).rem_euclid(HOUR * HOURS as i64);
        let (first, way) = ((place / HOUR) as usize, (place % HOUR) as f64 / HOUR as f64);
        let (a, b) = (&self.each[first], &self.each[(first + 1) % HOURS]);
        match (a.days > 0, b.days > 0) {
            (true, true) => Some((a.mean + way * (b.mean - a.mean), a.off + way * (b.off - a.off), a.days.min(b.days))),
            (true, false) => Some((a.mean, a.off, a.days)),
            (false, true) => Some((b.mean, b.off, b.days)),
            (false, false) => None,
        }
    }

    /// What is usual at `at`, where the day has a course.
    pub(super) fn usual(&self, at: Timestamp) -> Option<Usual> {
        let (centre, off, days) = self.foretold(at.as_millis()).filter(|told| self.course && told.2 >= KNOWN)?;
        Some(Usual { centre, scale: off * OF_MEAN, days: u64::from(days) })
    }

    /// Whether the course of the day tells most of the series.
    pub(super) const fn course(&self) -> bool {
        self.course
    }

    /// Whether `x` is usual at some hour of the day.
    pub(super) fn somewhere(&self, x: f64) -> bool {
        (self.ends[0]..=self.ends[1]).contains(&x)
    }

    /// Takes in one sample.
    pub(super) fn learn(&mut self, at: Timestamp, x: f64) {
        let hour = at.as_millis().div_euclid(HOUR);
        if hour != self.now {
            self.turn();
            (self.now, self.sums) = (hour, [0.0; 3]);
        }
        let off = self.foretold(at.as_millis()).map_or(0.0, |told| (x - told.0).abs());
        self.sums = [self.sums[0] + x, self.sums[1] + off, self.sums[2] + 1.0];
    }

    /// An hour is over.
    fn turn(&mut self) {
        let [sum, off, n] = self.sums;
        if n <= 0.0 || self.now == i64::MIN {
            return;
        }
        let hour = &mut self.each[self.now.rem_euclid(HOURS as i64) as usize];
        let (mean, off) = (sum / n, off / n);
        let rate = 1.0 / (f64::from(hour.days) + 1.0).min(DAYS);
        if hour.days == 0 {
            *hour = Hour { mean, off: 0.0, days: 1 };
        } else {
            let sure = hour.days > KNOWN;
            let reach = if sure { CUT * OF_MEAN * hour.off.max(LITTLE * (self.ends[1] - self.ends[0])) } else { f64::INFINITY };
            hour.mean += rate * (mean - hour.mean).clamp(-reach, reach);
            // The first day foretold nothing.
            let rate = 1.0 / f64::from(hour.days).min(DAYS);
            let reach = if sure { CUT * hour.off.max(LITTLE * (self.ends[1] - self.ends[0])) } else { f64::INFINITY };
            hour.off += rate * (off.min(reach) - hour.off);
            hour.days = hour.days.saturating_add(1);
        }
        self.weigh();
    }

    /// Whether the hours differ more than their samples do.
    fn weigh(&mut self) {
        let known = || self.each.iter().filter(|hour| hour.days > KNOWN);
        let n = known().count() as f64;
        if n < MOST as f64 {
            self.course = false;
            return;
        }
        let mean = known().map(|hour| hour.mean / n).sum::<f64>();
        let between = known().map(|hour| (hour.mean - mean).powi(2) / n).sum::<f64>();
        let within = known().map(|hour| (hour.off * OF_MEAN).powi(2) / n).sum::<f64>();
        self.course = between > WORTH * WORTH * within;
        let reach = 2.0 * OF_MEAN;
        let low = known().map(|hour| hour.mean - reach * hour.off).fold(f64::INFINITY, f64::min);
        let high = known().map(|hour| hour.mean + reach * hour.off).fold(f64::NEG_INFINITY, f64::max);
        self.ends = [low, high];
    }

    pub(super) fn save(&self) -> Value {
        let numbers = self.each.iter().flat_map(|hour| [hour.mean, hour.off]).chain(self.sums).chain(self.ends);
        let days: Vec<u16> = self.each.iter().map(|hour| hour.days).collect();
        json!({"numbers": floats(numbers), "days": days, "now": self.now, "course": self.course})
    }

    pub(super) fn restore(state: &Value) -> Option<Self> {
        let numbers = read_floats(state.get("numbers")?).filter(|numbers| numbers.len() == 2 * HOURS + 5)?;
        let numbers: Vec<f64> = numbers.into_iter().map(|x| x.clamp(-MOST_SUM, MOST_SUM)).collect();
        let days: Vec<u16> = serde_json::from_value(state.get("days")?.clone()).ok().filter(|days: &Vec<u16>| days.len() == HOURS)?;
        let mut own = Self::new();
        for (i, hour) in own.each.iter_mut().enumerate() {
            *hour = Hour { mean: numbers[2 * i], off: numbers[2 * i + 1].max(0.0), days: days[i] };
        }
        own.sums = std::array::from_fn(|i| numbers[2 * HOURS + i]);
        own.ends = std::array::from_fn(|i| numbers[2 * HOURS + 3 + i]);
        own.sums[1..].iter_mut().for_each(|sum| *sum = sum.max(0.0));
        (own.now, own.course) = (state.get("now")?.as_i64()?, state.get("course")?.as_bool()?);
        Some(own)
    }
}
