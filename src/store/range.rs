//! A stretch of a series in equal buckets, from the finest resolution that reaches back so far.

use super::rollup::{Level, Slot};
use super::series::Bucket;
use super::track::Track;
use crate::model::{Band, Timestamp};

/// Equal buckets between two moments.
struct Grid {
    from: i64,
    span: i128,
    buckets: i128,
}

impl Grid {
    /// The start of bucket `i`; of the one past the last, the end.
    fn edge(&self, i: i128) -> i64 {
        self.from + (self.span * i / self.buckets) as i64
    }

    /// The bucket `at` lies in; `at` must lie within the grid.
    fn find(&self, at: i64) -> usize {
        // Edges are rounded down, so the quotient is right or one too small, or at a repeated edge more.
        let mut i = i128::from(at - self.from) * self.buckets / self.span;
        while i + 1 < self.buckets && self.edge(i + 1) <= at {
            i += 1;
        }
        i as usize
    }
}

/// `buckets` equal buckets from `from` (inclusive) to `to` (exclusive).
pub fn fill(track: &Track, from: Timestamp, to: Timestamp, buckets: usize, out: &mut Vec<Bucket>) {
    out.clear();
    let (from, to) = (from.clamp(Timestamp::MIN, Timestamp::MAX).as_millis(), to.clamp(Timestamp::MIN, Timestamp::MAX).as_millis());
    let span = (to - from).max(0);
    let grid = Grid { from, span: i128::from(span), buckets: buckets.max(1) as i128 };
    out.extend((0..buckets).map(|i| Bucket::gap(Timestamp::from_millis(grid.edge(i as i128)))));
    if span == 0 || buckets == 0 {
        return;
    }
    match track.level(from) {
        None => {
            let first = track.raw.partition_point(|p| p.at() < from);
            for (p, band) in track.raw.from(first).take_while(|(p, _)| p.at() < to) {
                let x = p.value();
                let whole = Bucket { count: 1, min: x, max: x, sum: x, last: x, band, flagged: p.flagged(), ..Bucket::gap(Timestamp::MIN) };
                add(&mut out[grid.find(p.at())], &whole);
            }
        }
        Some(level) => fill_from(level, track.newest().unwrap_or(from), &grid, to, out),
    }
}

fn fill_from(level: &Level, newest: i64, grid: &Grid, to: i64, out: &mut [Bucket]) {
    let first = level.slots.partition_point(|s| s.start + level.width <= grid.from);
    let narrow = grid.span < i128::from(level.width) * grid.buckets;
    for (slot, band) in level.slots.from(first).take_while(|(s, _)| s.start < to) {
        if slot.last_at() < grid.from {
            continue;
        }
        if narrow {
            spread(slot, band, (slot.start + level.width).min(newest.max(slot.last_at()) + 1), grid, to, out);
        } else {
            add(&mut out[grid.find(slot.start.max(grid.from))], &whole(slot, band));
        }
    }
}

fn whole(slot: &Slot, band: Option<Band>) -> Bucket {
    Bucket {
        count: slot.count(),
        min: slot.min,
        max: slot.max,
        sum: slot.sum,
        last: slot.last,
        band,
        flagged: slot.flagged(),
        ..Bucket::gap(Timestamp::MIN)
    }
}

/// Buckets narrower than a slot share its samples by time, so that a coarse resolution does not
/// look like a row of gaps. Each of them has at least one.
fn spread(slot: &Slot, band: Option<Band>, end: i64, grid: &Grid, to: i64, out: &mut [Bucket]) {
    let whole = whole(slot, band);
    let length = i128::from((end - slot.start).max(1));
    let share = |at: i64| (i128::from(whole.count) * i128::from(at - slot.start) / length) as u64;
    let (mut at, stop) = (slot.start.max(grid.from), end.min(to));
    while at < stop {
        let i = grid.find(at);
        let next = grid.edge(i as i128 + 1).min(stop);
        let count = share(next).saturating_sub(share(at)).max(1);
        let sum = whole.sum * (count as f64 / whole.count as f64);
        add(&mut out[i], &Bucket { count, sum, ..whole });
        at = next.max(at + 1);
    }
}

/// Adds `more`, which is later, to a bucket.
fn add(bucket: &mut Bucket, more: &Bucket) {
    let first = bucket.count == 0;
    bucket.min = if first { more.min } else { bucket.min.min(more.min) };
    bucket.max = if first { more.max } else { bucket.max.max(more.max) };
    bucket.count += more.count;
    bucket.sum += more.sum;
    bucket.last = more.last;
    bucket.band = more.band.or(bucket.band);
    bucket.flagged |= more.flagged;
}
