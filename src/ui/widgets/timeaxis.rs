//! The time axis: a grid of columns fixed to absolute time, and clock labels that stand on round times.
//!
//! A chart moves left by whole cells only, when a column of the grid is full. What stands on the
//! screen is then mostly what stood there before, one cell to the right, and few bytes are written.

use super::text::put;
use crate::model::{Millis, Timestamp};
use crate::ui::{Look, Role, times, words};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Blank columns between two labels, at least.
const LABEL_GAP: i64 = 4;
/// Distances of labels that a reader can count with, in seconds.
const STEPS: [i64; 20] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/// Columns of time: `columns` cells of `cell` each, the last one holding the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The start of the first column.
    pub from: Timestamp,
    /// The end of the last one.
    pub to: Timestamp,
    /// The time one cell stands for.
    pub cell: Millis,
    /// How many cells.
    pub columns: usize,
}

impl Grid {
    /// A grid that shows at least `range` up to and with `end`.
    pub fn new(end: Timestamp, range: Millis, columns: u16) -> Self {
        let columns = usize::from(columns.max(1));
        let least = (range.get().max(1) / columns as i64).max(1);
        // Whole seconds where that does not stretch the range much; below, round parts of one.
        let unit = match least {
            20_001.. => 1_000,
            5_001.. => 500,
            501.. => 250,
            51.. => 50,
            _ => 10,
        };
        let cell = Millis::new((least + unit - 1) / unit * unit);
        let to = end.floor_to(cell) + cell;
        Self { from: to - Millis::new(cell.get() * columns as i64), to, cell, columns }
    }

    /// The length of time it spans.
    pub fn length(&self) -> Millis {
        self.to.since(self.from)
    }

    /// The column `at` lies in.
    pub fn column(&self, at: Timestamp) -> Option<usize> {
        let index = at.since(self.from).get().div_euclid(self.cell.get().max(1));
        usize::try_from(index).ok().filter(|i| *i < self.columns)
    }
}

/// What stands below a chart.
#[derive(Clone, Debug)]
pub enum Times<'a> {
    /// Clock labels on round times.
    Clock(&'a Grid),
    /// A text at the left and one at the right end.
    Ends(String, String),
}

impl Times<'_> {
    /// Draws itself into the first row of `area`.
    pub fn render(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let style = look.theme.style(Role::Dim);
        match self {
            Self::Ends(left, right) => {
                let used = put(buf, area, 0, 0, left, style);
                let wide = words::width(right) as u16;
                if used + 2 + wide <= area.width {
                    put(buf, area, area.width - wide, 0, right, style);
                }
            }
            Self::Clock(grid) => {
                for (column, label) in labels(grid, look.zone) {
                    let wide = label.len() as i64;
                    let start = column as i64 - wide / 2;
                    if start >= 0 && start + wide <= i64::from(area.width) {
                        put(buf, area, start as u16, 0, &label, style);
                    }
                }
            }
        }
    }
}

/// The column and text of each label.
fn labels(grid: &Grid, zone: &TimeZone) -> Vec<(usize, String)> {
    let cell = grid.cell.get().max(1);
    let fits = |step: i64| step * 1000 / cell >= LABEL_GAP + if step < 60 { 8 } else { 5 };
    let Some(step) = STEPS.into_iter().find(|s| fits(*s)) else { return Vec::new() };
    let length = step * 1000;
    let mut out = Vec::new();
    for column in 0..grid.columns {
        let start = grid.from + Millis::new(cell * column as i64);
        // Round by the zone's own clock, and counted anew at each column, since the offset may change.
        let local = start.as_millis() + times::offset_millis(start, zone);
        let into = (local - 1).rem_euclid(length) + 1;
        let ahead = length - into;
        if ahead >= cell {
            continue;
        }
        let at = start + Millis::new(ahead);
        let midnight = (local + ahead).rem_euclid(86_400_000) == 0;
        let label = match step {
            _ if midnight => times::day(at, zone),
            s if s < 60 => times::clock(at, zone),
            _ => times::clock_minutes(at, zone),
        };
        out.push((column, label));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_moves_by_whole_cells_only() {
        let at = |s: i64| Timestamp::from_millis(s * 1000);
        let grid = Grid::new(at(1_000), Millis::from_secs(600), 100);
        assert_eq!(grid.cell, Millis::from_secs(6));
        assert_eq!(grid.to.as_millis() % 6_000, 0);
        assert_eq!(Grid::new(at(1_001), Millis::from_secs(600), 100), grid);
        assert_eq!(Grid::new(at(1_002), Millis::from_secs(600), 100).from, grid.from + grid.cell);
        assert_eq!(grid.column(at(1_000)), Some(99));
        assert_eq!((grid.column(grid.to), grid.column(grid.from - Millis::new(1))), (None, None));
    }

    #[test]
    fn labels_stand_on_round_local_times() {
        let zone = TimeZone::fixed(jiff::tz::Offset::from_seconds(5 * 3600 + 1800).unwrap());
        let end = Timestamp::from_millis(1_732_100_000_123);
        let grid = Grid::new(end, Millis::from_secs(3_600), 80);
        let texts: Vec<String> = labels(&grid, &zone).into_iter().map(|(_, t)| t).collect();
        assert_eq!(texts, ["15:30", "15:40", "15:50", "16:00", "16:10", "16:20"]);
    }

    #[test]
    fn midnight_shows_the_day() {
        let end = Timestamp::from_millis(1_732_060_800_000 + 3_600_000);
        let grid = Grid::new(end, Millis::from_secs(7_200), 60);
        let texts: Vec<String> = labels(&grid, &TimeZone::UTC).into_iter().map(|(_, t)| t).collect();
        assert!(texts.contains(&"11-20".to_owned()), "{texts:?}");
    }
}
