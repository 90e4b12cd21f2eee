//! A series in one line. It moves by whole cells on a fixed grid, so that a second without news changes one cell at most.

use super::draw::{bars, put};
use super::{Look, Role};
use crate::model::{Millis, SeriesId, Timestamp};
use crate::store::{Bucket, Store};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Lengths of a cell: people count in these, and a cell that is one of them seldom changes its length.
const CELLS_S: [i64; 17] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 86_400];
/// Samples looked at to tell how often a raw series comes.
const RHYTHM: usize = 8;

/// Draws the series in the row at `area`'s upper left, its whole width, up to `until`; `role` is its quiet colour.
pub fn render(area: Rect, buf: &mut Buffer, store: &Store, id: SeriesId, until: Timestamp, look: &Look<'_>, role: Role) {
    let cells = usize::from(area.width);
    if cells == 0 {
        return;
    }
    let wanted = look.range.get() / cells as i64;
    let cell = cell(wanted, rhythm(store, id));
    // The cell that is being filled is the last one.
    let to = until.floor_to(cell) + cell;
    let from = Timestamp::from_millis(to.as_millis().saturating_sub(cell.get().saturating_mul(cells as i64)));
    let mut buckets = Vec::with_capacity(cells);
    store.range(id, from, to, cells, &mut buckets);
    let values: Vec<Option<f64>> = buckets.iter().map(shown).collect();
    for (x, (bar, bucket)) in bars(&values, look.ascii).into_iter().zip(&buckets).enumerate() {
        let odd = bucket.count > 0 && bucket.flagged;
        let style = look.theme.style(if odd && matches!(role, Role::Dim | Role::Ok) { Role::Pending } else { role });
        put(buf, area, (area.x + x as u16, area.y), 1, bar, style);
    }
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

/// How far samples of the series lie apart.
fn rhythm(store: &Store, id: SeriesId) -> Millis {
    if let Some(step) = store.info(id).spec.step {
        return step;
    }
    let mut tail = Vec::with_capacity(RHYTHM);
    store.tail(id, RHYTHM, &mut tail);
    match (tail.first(), tail.last()) {
        (Some((a, _)), Some((b, _))) if tail.len() > 1 => Millis::new(b.at.since(a.at).get() / (tail.len() as i64 - 1)),
        _ => Millis::from_secs(1),
    }
}

/// The cell's length: the longest usual one not above `wanted`, and none shorter than the series' rhythm, whose gaps would show.
fn cell(wanted: i64, rhythm: Millis) -> Millis {
    let usual = CELLS_S.iter().rev().map(|s| s * 1_000).find(|ms| *ms <= wanted).unwrap_or(1_000);
    if rhythm.get() <= usual {
        return Millis::new(usual);
    }
    Millis::new(CELLS_S.iter().map(|s| s * 1_000).find(|ms| *ms >= rhythm.get()).unwrap_or(86_400_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_usual_length_and_never_shorter_than_the_rhythm() {
        let s = Millis::from_secs;
        assert_eq!(cell(34_000, s(1)), s(30));
        assert_eq!(cell(34_000, s(60)), s(60));
        assert_eq!(cell(200, Millis::new(100)), s(1));
        assert_eq!(cell(34_000, s(7)), s(30));
        assert_eq!(cell(1_000, s(7)), s(10));
    }

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
}
