//! What a chart fetches before it draws: buckets on a fixed grid, over a range of time or over the
//! last points. Met by the chart pane only.

use super::target;
use crate::model::{Millis, Sample, SeriesId, Timestamp};
use crate::store::Bucket;
use crate::ui::widgets::{Grid, Line, Shape, Times};
use crate::ui::{Look, Role, Scene, times};

/// An end of a band that lies further from the data than so many times their own span is left out, so
/// that the line stays readable.
const BAND_STRETCH: f64 = 1.0;

/// Points newer than the last tick wait for the next, so that such charts move once a second and not with every record.
const REFRESH: Millis = Millis::from_secs(1);

/// One series as it will be drawn.
#[derive(Debug)]
pub struct Curve {
    /// The series.
    pub id: SeriesId,
    /// Its values.
    pub buckets: Vec<Bucket>,
    /// Empty buckets that are no gap.
    pub join: usize,
    /// Empty buckets at the end that are no silence yet.
    pub late: usize,
    /// The cell and value of the open window.
    pub open: Option<(usize, f64)>,
}

impl Curve {
    /// The line to be drawn, in the colour `role`.
    pub fn line(&self, role: Role) -> Line<'_> {
        Line { buckets: &self.buckets, join: self.join, late: self.late, role, open: self.open }
    }
}

/// What stands below.
#[derive(Debug)]
pub enum Axis {
    /// Time.
    Clock(Grid),
    /// Points: when the first and the last one were.
    Points(String, String),
}

/// The time that one column of a chart stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Whether there is a sample in it.
    pub seen: bool,
}

/// All series of a chart on one grid.
#[derive(Debug)]
pub struct Curves {
    /// The series.
    pub list: Vec<Curve>,
    /// Cells of the plot that are used.
    pub columns: u16,
    /// What stands below.
    pub axis: Axis,
}

impl Curves {
    /// Lowest and highest value of all, with the band of `banded`; `None` where there is no value. With `log` of those above zero.
    pub fn span(&self, banded: Option<SeriesId>, log: bool) -> Option<(f64, f64)> {
        if log {
            return span_above_zero(self.list.iter().flat_map(|c| &c.buckets));
        }
        let mut span: Option<(f64, f64)> = None;
        let mut take = |low: f64, high: f64| span = Some(span.map_or((low, high), |(a, b)| (a.min(low), b.max(high))));
        for curve in &self.list {
            // An open window's value is left out: that of a rate grows from nothing each time.
            curve.buckets.iter().filter(|b| b.count > 0).for_each(|b| take(b.min, b.max));
        }
        let (low, high) = span?;
        let room = (high - low).max(high.abs() * 0.1) * BAND_STRETCH;
        let bands =
            self.list.iter().filter(|c| Some(c.id) == banded).flat_map(|c| &c.buckets).filter(|b| b.count > 0).filter_map(|b| b.band);
        let (mut floor, mut roof) = (low, high);
        for band in bands {
            floor = floor.min(if band.low >= low - room { band.low } else { low });
            roof = roof.max(if band.high <= high + room { band.high } else { high });
        }
        Some((floor, roof))
    }

    /// Whether the newest expected bands of all lines are one and the same.
    pub fn share_a_band(&self) -> bool {
        let newest = |c: &Curve| c.buckets.iter().rev().find(|b| b.count > 0).and_then(|b| b.band);
        let first = self.list.first().and_then(newest);
        first.is_some() && self.list.iter().all(|c| newest(c) == first) || self.list.len() == 1
    }

    /// The cells of the axis: of a clock those of the grid, of points those of the series `lead`.
    pub fn cells(&self, lead: SeriesId) -> Vec<Cell> {
        let per = |curve: &Curve| (curve.buckets.len() / usize::from(self.columns.max(1))).max(1);
        let seen = |column: usize| {
            let of = |c: &Curve| c.buckets.iter().skip(column * per(c)).take(per(c)).any(|b| b.count > 0);
            self.list.iter().any(of)
        };
        if let Axis::Clock(grid) = &self.axis {
            let edge = |column: usize| grid.from + Millis::new(grid.cell.get() * column as i64);
            return (0..grid.columns).map(|c| Cell { from: edge(c), to: edge(c + 1), seen: seen(c) }).collect();
        }
        let Some(curve) = self.list.iter().find(|c| c.id == lead) else { return Vec::new() };
        let starts = curve.buckets.chunks(per(curve)).map(|cell| cell.iter().find(|b| b.count > 0).map(|b| b.at));
        let mut cells: Vec<Cell> =
            starts.map(|at| Cell { from: at.unwrap_or(Timestamp::MIN), to: Timestamp::MAX, seen: at.is_some() }).collect();
        for i in 1..cells.len() {
            if cells[i].seen {
                cells[i - 1].to = cells[i].from;
            }
        }
        cells
    }

    /// The length of time on the axis, where it is one of time.
    pub fn length(&self) -> Option<Millis> {
        if let Axis::Clock(grid) = &self.axis { Some(grid.length()) } else { None }
    }

    /// The axis to be drawn, and the time of a cell.
    pub fn times(&self) -> (Times<'_>, Millis) {
        match &self.axis {
            Axis::Clock(grid) => (Times::Clock(grid), grid.cell),
            Axis::Points(from, to) => (Times::Ends(from.clone(), to.clone()), Millis::ZERO),
        }
    }
}

/// Lowest and highest value above zero.
pub fn span_above_zero<'a>(buckets: impl Iterator<Item = &'a Bucket>) -> Option<(f64, f64)> {
    let above = buckets.filter(|b| b.count > 0 && b.max > 0.0).map(|b| (if b.min > 0.0 { b.min } else { b.max }, b.max));
    above.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// How many values are not above zero: at least so many, where a bucket holds several.
pub fn not_above_zero<'a>(buckets: impl Iterator<Item = &'a Bucket>) -> u64 {
    buckets.filter(|b| b.count > 0 && b.min <= 0.0).map(|b| if b.max <= 0.0 { b.count } else { 1 }).sum()
}

/// The same series `back` before what the grid shows, bucket by bucket.
pub fn before(scene: &Scene<'_>, id: SeriesId, grid: &Grid, back: Millis, shape: Shape) -> Curve {
    let mut buckets = Vec::new();
    scene.store.range(id, grid.from - back, grid.to - back, grid.columns * shape.per_cell(), &mut buckets);
    let bucket = Millis::new(grid.cell.get() / shape.per_cell() as i64);
    Curve { id, buckets, join: target::join(scene.store, id, bucket), late: usize::MAX, open: None }
}

/// Columns from which on a chart moves in steps: one of this width that moves each second costs more than all else on a page.
const WIDE: u16 = 150;

/// The series over the range all charts share.
pub fn range(scene: &Scene<'_>, look: &Look<'_>, ids: &[SeriesId], width: u16, shape: Shape) -> Curves {
    let end = target::end(scene, look.until, look.range, ids);
    // A wide chart that moves is drawn anew as a whole: it moves in steps, and what is new fills the room it has left.
    let end = if width > WIDE && look.until.is_none() { target::lean_end(end, look.range) } else { end };
    let grid = Grid::new(end, look.range, width);
    let count = grid.columns * shape.per_cell();
    let bucket = Millis::new(grid.cell.get() / shape.per_cell() as i64);
    let curve = |id: &SeriesId| {
        let mut buckets = Vec::with_capacity(count);
        scene.store.range(*id, grid.from, grid.to, count, &mut buckets);
        let info = scene.store.info(*id);
        let open = info.provisional.filter(|p| info.last.is_none_or(|l| p.at > l.at));
        let open = open.and_then(|p| grid.column(p.at).map(|c| (c, p.value)));
        Curve { id: *id, buckets, join: target::join(scene.store, *id, bucket), late: target::late(scene, *id, bucket), open }
    };
    Curves { list: ids.iter().map(curve).collect(), columns: width, axis: Axis::Clock(grid) }
}

/// The last `last` points of each series. Points are grouped by their number since the series'
/// birth, so that a new point changes one column until that is full.
pub fn points(scene: &Scene<'_>, look: &Look<'_>, ids: &[SeriesId], last: usize, width: u16, shape: Shape) -> Curves {
    let room = usize::from(width.max(1)) * shape.per_cell();
    // One column more than fits evenly: the newest one is rarely full.
    let per = last.div_ceil(room.saturating_sub(shape.per_cell()).max(1)).max(1);
    let cell = (per * shape.per_cell()) as u64;
    let columns = (last as u64).div_ceil(cell) as usize + 1;
    let columns = columns.min(usize::from(width.max(1)));
    let mut ends: Option<(Sample, Sample)> = None;
    let curve = |id: &SeriesId| {
        let mut tail: Vec<(Sample, bool)> = Vec::new();
        scene.store.tail(*id, last, &mut tail);
        let fresh = tail.iter().rev().take_while(|(s, _)| s.at > scene.now && s.at < scene.now + REFRESH).count();
        tail.truncate(tail.len() - fresh);
        if let (None, Some(a), Some(b)) = (ends, tail.first(), tail.last()) {
            ends = Some((a.0, b.0));
        }
        let total = (scene.store.info(*id).samples - fresh as u64).max(tail.len() as u64);
        let first_cell = (total.saturating_sub(1) / cell + 1).saturating_sub(columns as u64);
        let gap = Bucket::gap(Timestamp::MIN);
        let mut buckets = vec![gap; columns * shape.per_cell()];
        for (number, (sample, flagged)) in (total - tail.len() as u64..).zip(&tail) {
            let slot = (number / per as u64).checked_sub(first_cell * shape.per_cell() as u64);
            if let Some(bucket) = slot.and_then(|s| buckets.get_mut(s as usize)) {
                fold(bucket, *sample, *flagged);
            }
        }
        Curve { id: *id, buckets, join: 0, late: usize::MAX, open: None }
    };
    let list = ids.iter().map(curve).collect();
    let clock = |s: Sample| times::clock(s.at, look.zone);
    let (from, to) = ends.map_or_else(Default::default, |(a, b)| (clock(a), clock(b)));
    Curves { list, columns: columns as u16, axis: Axis::Points(from, to) }
}

fn fold(bucket: &mut Bucket, sample: Sample, flagged: bool) {
    let x = sample.value;
    if bucket.count == 0 {
        *bucket = Bucket { at: sample.at, min: x, max: x, ..*bucket };
    }
    bucket.min = bucket.min.min(x);
    bucket.max = bucket.max.max(x);
    bucket.count += 1;
    bucket.sum += x;
    // A flagged value is the one the mark stands at.
    if !bucket.flagged || flagged {
        bucket.last = x;
    }
    bucket.flagged |= flagged;
}
