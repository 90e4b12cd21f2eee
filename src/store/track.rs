//! The samples of one series: a raw ring, rollups, and a sketch of the day once the raw ring no
//! longer holds it.

use super::day::Day;
use super::depth::Depth;
use super::ring::{Anchored, Ring};
use super::rollup::Level;
use super::series::{SeriesSpec, StoreLimits};
use super::spread::Spread;
use crate::model::{Band, Millis, Sample, Timestamp};

/// The length the histogram and the percentiles look back.
const DAY: i64 = 86_400_000;

/// A raw sample, 16 bytes: whether it was flagged stands in the lowest bit of its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    stamp: i64,
    value: f64,
}

impl Point {
    fn new(at: i64, value: f64) -> Self {
        Self { stamp: at << 1, value }
    }

    /// When.
    pub fn at(&self) -> i64 {
        self.stamp >> 1
    }

    /// The value.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Whether it was flagged.
    pub fn flagged(&self) -> bool {
        self.stamp & 1 != 0
    }

    /// As a sample.
    pub fn sample(&self) -> Sample {
        Sample { at: Timestamp::from_millis(self.at()), value: self.value }
    }
}

impl Anchored for Point {
    fn anchor(&self) -> f64 {
        self.value
    }
}

/// The samples of one series.
#[derive(Clone, Debug)]
pub struct Track {
    /// The newest samples as they came, by time.
    pub raw: Ring<Point>,
    /// Rollups, the finest first.
    pub levels: Vec<Level>,
    day: Option<Box<Day>>,
    retention: i64,
    /// Raw samples there may be where memory suffices.
    full: usize,
    /// The newest sample that was let go from the raw ring.
    lost: Option<i64>,
    /// The newest sample.
    newest: Option<i64>,
    /// The sample pushed last, on which the next verdict is.
    pushed: i64,
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kept {
    /// It is kept.
    Yes,
    /// It is kept, and pushed this one out: the raw ring no longer holds the day, as it did so far.
    Outgrown(Point),
    /// It was older than the retention, counted from the newest.
    No,
}

impl Track {
    /// An empty track.
    pub fn new(spec: &SeriesSpec, limits: &StoreLimits) -> Self {
        let step = spec.step.map_or(0, Millis::get);
        Self {
            raw: Ring::new(limits.raw),
            levels: Level::ladder(step, limits.raw, limits.retention),
            day: None,
            retention: limits.retention.get().max(1),
            full: limits.raw.max(1),
            lost: None,
            newest: None,
            pushed: 0,
        }
    }

    /// Takes a sample. One that comes out of order is put where it belongs; samples of the same
    /// moment are all kept, in the order they came.
    pub fn push(&mut self, sample: Sample) -> Kept {
        let at = sample.at.clamp(Timestamp::MIN, Timestamp::MAX).as_millis();
        let newest = self.newest.map_or(at, |n| n.max(at));
        let oldest = newest.saturating_sub(self.retention);
        if at < oldest {
            return Kept::No;
        }
        self.newest = Some(newest);
        self.pushed = at;
        let outgrown = self.push_raw(at, sample.value, newest);
        // Nothing reaches back beyond the retention, so a short one keeps a series small.
        while let Some(old) = self.raw.get(0).filter(|p| p.at() < oldest).copied() {
            self.raw.pop();
            self.lost = Some(self.lost.map_or(old.at(), |l| l.max(old.at())));
        }
        for level in &mut self.levels {
            level.add(at, sample.value);
            level.forget(oldest);
        }
        if let Some(day) = &mut self.day {
            day.add(at, sample.value);
        }
        outgrown.filter(|_| self.day.is_none()).map_or(Kept::Yes, Kept::Outgrown)
    }

    /// Gives back what was let go, where everything of the last day was there until now.
    fn push_raw(&mut self, at: i64, value: f64, newest: i64) -> Option<Point> {
        let point = Point::new(at, value);
        let in_order = self.raw.last().is_none_or(|p| p.at() <= at);
        let gone = if in_order {
            self.raw.push(point)
        } else {
            let i = self.raw.partition_point(|p| p.at() <= at);
            if i == 0 && self.lost.is_some() {
                Some(point)
            } else {
                let gone = if self.raw.is_full() { self.raw.pop() } else { None };
                self.raw.insert(i - usize::from(gone.is_some()).min(i), point);
                gone
            }
        };
        let gone = gone?;
        let day_begins = newest.saturating_sub(DAY);
        let held = self.lost.is_none_or(|lost| lost <= day_begins);
        self.lost = Some(self.lost.map_or(gone.at(), |l| l.max(gone.at())));
        (held && gone.at() > day_begins).then_some(gone)
    }

    /// Begins a sketch of the day with what the raw ring holds and what it just let go.
    pub fn begin_day(&mut self, gone: Point) {
        let mut day = Day::new();
        day.add(gone.at(), gone.value());
        self.raw.from(0).for_each(|(p, _)| day.add(p.at(), p.value()));
        self.day = Some(Box::new(day));
    }

    /// Holds as much as fits into `share` bytes from now on, and lets go of what is beyond.
    pub fn fit(&mut self, share: usize) {
        let depth = Depth::of(share, self.full, self.levels.iter().map(|l| l.full));
        let raw = depth.raw(self.full);
        while self.raw.len() > raw
            && let Some(gone) = self.raw.pop()
        {
            self.lost = Some(self.lost.map_or(gone.at(), |l| l.max(gone.at())));
        }
        self.raw.set_limit(raw);
        let last = self.levels.len().saturating_sub(1);
        for (i, level) in self.levels.iter_mut().enumerate() {
            level.limit(if i == last { depth.last(level.full) } else { depth.finer(level.full) });
        }
    }

    /// Whether it has a sketch of the day.
    pub fn has_day(&self) -> bool {
        self.day.is_some()
    }

    /// Keeps the verdict on the sample pushed last.
    pub fn judge(&mut self, band: Option<Band>, flagged: bool) {
        if self.newest.is_none() {
            return;
        }
        let at = self.pushed;
        if let Some(i) = self.raw.partition_point(|p| p.at() <= at).checked_sub(1)
            && self.raw.get(i).is_some_and(|p| p.at() == at)
        {
            self.raw.change(i, |point| point.stamp |= i64::from(flagged));
            if let Some(band) = band {
                self.raw.set_band(i, band);
            }
        }
        self.levels.iter_mut().for_each(|l| l.judge(at, band, flagged));
    }

    /// The newest sample's time.
    pub fn newest(&self) -> Option<i64> {
        self.newest
    }

    /// The finest level that reaches back to `from`; `None`: the raw samples do. Where none does,
    /// the one that reaches farthest.
    pub fn level(&self, from: i64) -> Option<&Level> {
        if self.lost.is_none_or(|lost| lost < from) {
            return None;
        }
        self.levels.iter().find(|l| l.reaches(from)).or(self.levels.last())
    }

    /// The values of the last 24 hours: exact while the raw ring holds them, then from the sketch,
    /// and from the rollups where there is none.
    pub fn day(&self) -> Spread {
        let mut spread = Spread::new();
        let Some(newest) = self.newest else { return spread };
        let from = newest.saturating_sub(DAY) + 1;
        match (self.level(from), &self.day) {
            (None, _) => {
                let first = self.raw.partition_point(|p| p.at() < from);
                self.raw.from(first).for_each(|(p, _)| spread.add(p.value(), p.value(), 1));
            }
            (Some(_), Some(day)) => spread = day.spread(),
            (Some(level), None) => {
                let first = level.slots.partition_point(|s| s.start < from);
                for (slot, _) in level.slots.from(first) {
                    // Both ends are known; the rest lies between them.
                    let ends = slot.count().min(2);
                    spread.add(slot.min, slot.min, ends - ends / 2);
                    spread.add(slot.max, slot.max, ends / 2);
                    spread.add(slot.min, slot.max, slot.count() - ends);
                }
            }
        }
        spread
    }

    /// Bytes it holds.
    pub fn heap(&self) -> usize {
        let levels: usize = self.levels.iter().map(|l| size_of::<Level>() + l.slots.heap()).sum();
        let day = self.day.as_ref().map_or(0, |d| size_of::<Day>() + d.heap());
        self.raw.heap() + levels + day
    }
}
