//! A series in one line. It moves by whole cells on a fixed grid, so that a second without news changes one cell at most.

use super::target;
use crate::model::{Millis, SeriesId, Timestamp};
use crate::store::Bucket;
use crate::ui::widgets::{Grid, Scale, Spark, sparkline};
use crate::ui::{Look, Role, Scene};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The shortest time of a cell: many such lines that move each second would be unrest, and many bytes.
const CELL_MIN: Millis = Millis::from_secs(2);

/// A line's cells and what they were made of.
pub struct Cells {
    /// What is drawn.
    pub sparks: Vec<Spark>,
    /// The samples of each cell.
    pub buckets: Vec<Bucket>,
}

/// The series over the range all charts share, in `width` cells up to `until`, or as its data and the scene say.
pub fn cells(scene: &Scene<'_>, id: SeriesId, until: Option<Timestamp>, width: u16, look: &Look<'_>) -> Cells {
    let grid = grid(target::end(scene, until.or(look.until), look.range, &[id]), width, look);
    let mut buckets = Vec::with_capacity(grid.columns);
    scene.store.range(id, grid.from, grid.to, grid.columns, &mut buckets);
    let sparks = joined(&buckets, target::join(scene.store, id, grid.cell));
    Cells { sparks, buckets }
}

/// The grid of `width` cells up to `end`.
pub fn grid(end: Timestamp, width: u16, look: &Look<'_>) -> Grid {
    Grid::new(end, look.range.max(Millis::new(CELL_MIN.get() * i64::from(width))), width)
}

/// Draws the series into the first row of `area`; `full` is the top of the scale where that is known.
pub fn render(
    area: Rect,
    buf: &mut Buffer,
    scene: &Scene<'_>,
    (id, until): (SeriesId, Option<Timestamp>),
    full: Option<f64>,
    role: Role,
    look: &Look<'_>,
) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let cells = cells(scene, id, until, area.width, look);
    let scale = scale(&cells.sparks, full, &scene.store.info(id).spec.unit);
    sparkline(&cells.sparks, &scale, role, area, buf, look);
}

/// The scale of `sparks`: up to `full` where that is known.
pub fn scale(sparks: &[Spark], full: Option<f64>, unit: &str) -> Scale {
    let (low, high) = Spark::span(sparks).unwrap_or((0.0, 1.0));
    full.map_or_else(|| Scale::spark(low, high, unit), |full| Scale::new(0.0, full, 8, unit, false))
}

/// What stands in each cell; cells between two samples that follow each other keep the value before.
pub fn joined(buckets: &[Bucket], join: usize) -> Vec<Spark> {
    let mut held: Option<(f64, usize)> = None;
    let spark = |b: &Bucket| {
        if let Some(value) = shown(b) {
            held = Some((b.last, 0));
            return Spark { value: Some(value), flagged: b.flagged };
        }
        held = held.map(|(v, age)| (v, age + 1)).filter(|(_, age)| *age <= join);
        Spark { value: held.map(|(v, _)| v), flagged: false }
    };
    buckets.iter().map(spark).collect()
}

/// What stands for a bucket: its mean, but of a bucket with an odd value in it the end it is odd at, so that spikes stay.
fn shown(bucket: &Bucket) -> Option<f64> {
    let mean = bucket.mean()?;
    if !bucket.flagged {
        return Some(mean);
    }
    match bucket.band {
        Some(band) if bucket.min < band.low && bucket.max <= band.high => Some(bucket.min),
        _ => Some(bucket.max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_value_is_not_averaged_away() {
        let mut bucket = Bucket { count: 10, min: 1.0, max: 90.0, sum: 100.0, ..Bucket::gap(Timestamp::from_millis(0)) };
        assert_eq!(shown(&bucket), Some(10.0));
        bucket.flagged = true;
        assert_eq!(shown(&bucket), Some(90.0));
        bucket.band = Some(crate::model::Band::new(5.0, 95.0));
        assert_eq!(shown(&bucket), Some(1.0));
        assert_eq!(shown(&Bucket::gap(Timestamp::from_millis(0))), None);
    }

    #[test]
    fn short_distances_are_joined_and_gaps_stay_blank() {
        let gap = Bucket::gap(Timestamp::default());
        let seen = Bucket { count: 1, min: 3.0, max: 3.0, sum: 3.0, last: 3.0, ..gap };
        let values: Vec<_> = joined(&[seen, gap, gap, seen], 1).iter().map(|s| s.value).collect();
        assert_eq!(values, [Some(3.0), Some(3.0), None, Some(3.0)]);
    }
}
