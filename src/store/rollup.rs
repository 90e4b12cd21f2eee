//! Rollups: a series at a coarser resolution, one slot for each stretch of time that has samples.

use super::ring::{Anchored, Ring};
use crate::model::{Band, Millis};

/// Widths and numbers of slots: each level holds about as many as a wide chart has columns, so a
/// range is always drawn from slots hardly wider than a column.
const LEVELS: [(Millis, i64); 5] = [
    (Millis::from_secs(10), 360),
    (Millis::from_secs(60), 360),
    (Millis::from_secs(600), 432),
    (Millis::from_secs(3_600), 720),
    (Millis::from_secs(86_400), 1_100),
];

/// The top bit of [`Slot::tail`]: one of its samples was flagged.
const FLAG: u32 = 1 << 31;

/// The samples of one stretch of time, 48 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Its start.
    pub start: i64,
    count: u32,
    /// How long after the start the last sample was, and whether one was flagged.
    tail: u32,
    /// Lowest.
    pub min: f64,
    /// Highest.
    pub max: f64,
    /// Sum.
    pub sum: f64,
    /// Last by time.
    pub last: f64,
}

impl Slot {
    fn new(start: i64, at: i64, value: f64) -> Self {
        Self { start, count: 1, tail: (at - start) as u32, min: value, max: value, sum: value, last: value }
    }

    fn add(&mut self, at: i64, value: f64) {
        self.count = self.count.saturating_add(1);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += value;
        if at >= self.last_at() {
            self.last = value;
            self.tail = (self.tail & FLAG) | (at - self.start) as u32;
        }
    }

    /// How many samples.
    pub fn count(&self) -> u64 {
        u64::from(self.count)
    }

    /// When the last sample was.
    pub fn last_at(&self) -> i64 {
        self.start + i64::from(self.tail & !FLAG)
    }

    /// Whether one of the samples was flagged.
    pub fn flagged(&self) -> bool {
        self.tail & FLAG != 0
    }
}

impl Anchored for Slot {
    fn anchor(&self) -> f64 {
        self.last
    }
}

/// One resolution of a series.
#[derive(Clone, Debug)]
pub struct Level {
    /// The width of its slots.
    pub width: i64,
    /// Slots there may be where memory suffices.
    pub full: usize,
    /// The slots, by time.
    pub slots: Ring<Slot>,
    /// The end of the newest slot that was let go.
    lost: i64,
}

impl Level {
    /// The levels of a series with this step (0 where it has none), of which `raw` samples are
    /// kept besides. A level no coarser than the samples themselves is left out where the raw ring
    /// reaches as far back. The last one reaches back as far as the retention.
    pub fn ladder(step: i64, raw: usize, retention: Millis) -> Vec<Self> {
        let mut levels = Vec::new();
        for (i, (width, slots)) in LEVELS.into_iter().enumerate() {
            let width = width.get();
            // One more than fit, because the retention seldom begins with a slot.
            let needed = (retention.get().max(1) - 1) / width + 2;
            let enough = needed <= slots || i + 1 == LEVELS.len();
            if !enough && step >= width && raw as i64 >= slots {
                continue;
            }
            let full = needed.min(slots) as usize;
            levels.push(Self { width, full, slots: Ring::new(full), lost: i64::MIN });
            if enough {
                break;
            }
        }
        levels
    }

    /// Takes a sample; one older than all that is kept is let go.
    pub fn add(&mut self, at: i64, value: f64) {
        let start = at - at.rem_euclid(self.width);
        if let Some(i) = self.place(start) {
            self.slots.change(i, |slot| slot.add(at, value));
            return;
        }
        let newest = self.slots.last().is_none_or(|s| s.start < start);
        if newest {
            if let Some(gone) = self.slots.push(Slot::new(start, at, value)) {
                self.lose(gone.start);
            }
            return;
        }
        let i = self.slots.partition_point(|s| s.start < start);
        if start + self.width <= self.lost || (self.slots.is_full() && i == 0) {
            self.lose(start);
            return;
        }
        if self.slots.is_full()
            && let Some(gone) = self.slots.pop()
        {
            self.lose(gone.start);
            self.slots.insert(i - 1, Slot::new(start, at, value));
        } else {
            self.slots.insert(i, Slot::new(start, at, value));
        }
    }

    fn lose(&mut self, start: i64) {
        self.lost = self.lost.max(start + self.width);
    }

    fn place(&self, start: i64) -> Option<usize> {
        let last = self.slots.len().checked_sub(1)?;
        if self.slots.last().is_some_and(|s| s.start == start) {
            return Some(last);
        }
        let i = self.slots.partition_point(|s| s.start < start);
        self.slots.get(i).is_some_and(|s| s.start == start).then_some(i)
    }

    /// Keeps the verdict on a sample at `at`.
    pub fn judge(&mut self, at: i64, band: Option<Band>, flagged: bool) {
        let Some(i) = self.place(at - at.rem_euclid(self.width)) else { return };
        if let Some(band) = band {
            self.slots.set_band(i, band);
        }
        if flagged {
            self.slots.change(i, |slot| slot.tail |= FLAG);
        }
    }

    /// Lets slots go that end at or before `before`.
    pub fn forget(&mut self, before: i64) {
        while let Some(start) = self.slots.first().map(|s| s.start).filter(|s| s + self.width <= before) {
            self.slots.pop();
            self.lose(start);
        }
    }

    /// Keeps at most so many slots from now on.
    pub fn limit(&mut self, slots: usize) {
        while self.slots.len() > slots.max(1)
            && let Some(gone) = self.slots.pop()
        {
            self.lose(gone.start);
        }
        self.slots.set_limit(slots);
    }

    /// Whether nothing from `from` on was let go.
    pub fn reaches(&self, from: i64) -> bool {
        self.lost <= from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(step: i64, raw: usize, retention: i64) -> Vec<(i64, usize)> {
        Level::ladder(step, raw, Millis::from_secs(retention)).iter().map(|l| (l.width / 1_000, l.slots_limit())).collect()
    }

    impl Level {
        fn slots_limit(&self) -> usize {
            assert_eq!(self.full, self.slots.limit());
            self.full
        }
    }

    #[test]
    fn levels_reach_back_as_far_as_the_retention() {
        assert_eq!(shape(1_000, 1_024, 86_400), [(10, 360), (60, 360), (600, 145)]);
        assert_eq!(shape(60_000, 1_024, 86_400), [(600, 145)]);
        assert_eq!(shape(60_000, 10, 86_400), [(10, 360), (60, 360), (600, 145)]);
        assert_eq!(shape(0, 1_024, 60), [(10, 7)]);
        assert_eq!(shape(0, 1_024, 30 * 86_400).last(), Some(&(86_400, 31)));
    }

    #[test]
    fn a_late_sample_finds_its_slot() {
        let mut level = Level { width: 10, full: 3, slots: Ring::new(3), lost: i64::MIN };
        for (at, x) in [(5, 1.0), (45, 2.0), (25, 3.0), (22, 9.0), (41, 4.0)] {
            level.add(at, x);
        }
        let seen = |level: &Level| level.slots.from(0).map(|(s, _)| (s.start, s.count(), s.last as i64, s.last_at())).collect::<Vec<_>>();
        assert_eq!(seen(&level), [(0, 1, 1, 5), (20, 2, 3, 25), (40, 2, 2, 45)]);
        assert!(level.reaches(0));
        level.add(35, 5.0);
        assert_eq!(seen(&level), [(20, 2, 3, 25), (30, 1, 5, 35), (40, 2, 2, 45)]);
        assert!(level.reaches(10) && !level.reaches(9));
        level.add(3, 7.0);
        assert_eq!(level.slots.len(), 3, "older than all that is kept");
        level.forget(40);
        assert_eq!(seen(&level), [(40, 2, 2, 45)]);
    }
}
