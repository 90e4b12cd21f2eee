//! A moment pointed at in a chart, by keys or by the mouse, and a stretch of time drawn with it. Met by all panes with a time axis.
//!
//! It holds on to the moment and not to a column: what is read stays the same while the chart moves on under it.

use super::chart_data::Cell;
use crate::model::Timestamp;
use crate::ui::{Handled, KeyCode, Mouse, MouseKind};
use ratatui::layout::Rect;

/// Columns that the large step goes.
const LARGE: usize = 10;

/// The moment, and the columns as they were drawn last, which keys step along.
#[derive(Debug, Default)]
pub struct Crosshair {
    at: Option<Timestamp>,
    /// Where the button went down, while it is held.
    held: Option<Timestamp>,
    plot: Rect,
    cells: Vec<Cell>,
}

impl Crosshair {
    /// Takes what is drawn now; a moment that has left the chart is given up.
    pub fn drawn(&mut self, plot: Rect, cells: Vec<Cell>) {
        self.plot = plot;
        self.cells = cells;
        if self.column().is_none() {
            self.at = None;
        }
        if self.held.is_some_and(|at| self.find(at).is_none()) {
            self.held = None;
        }
    }

    /// The place of the plot drawn last.
    pub fn plot(&self) -> Rect {
        self.plot
    }

    /// The columns drawn last.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The column pointed at.
    pub fn column(&self) -> Option<u16> {
        self.at.and_then(|at| self.find(at)).map(|i| i as u16)
    }

    /// The time of the column pointed at.
    pub fn cell(&self) -> Option<Cell> {
        self.column().and_then(|column| self.cells.get(usize::from(column)).copied())
    }

    /// The columns chosen with the mouse so far.
    pub fn stretch(&self) -> Option<(u16, u16)> {
        let (held, at) = (self.held.and_then(|at| self.find(at))?, self.column()?);
        (held != usize::from(at)).then_some((held as u16, at))
    }

    /// Points at nothing. `false`: it did not.
    pub fn clear(&mut self) -> bool {
        self.held = None;
        self.at.take().is_some()
    }

    fn find(&self, at: Timestamp) -> Option<usize> {
        self.cells.iter().position(|cell| cell.from <= at && at < cell.to)
    }

    /// Steps by keys. `false`: none of its keys.
    pub fn key(&mut self, code: KeyCode) -> bool {
        let by: isize = match code {
            KeyCode::Left => -1,
            KeyCode::Right => 1,
            KeyCode::Char('H') | KeyCode::PageUp => -(LARGE as isize),
            KeyCode::Char('L') | KeyCode::PageDown => LARGE as isize,
            KeyCode::Home => isize::MIN,
            KeyCode::End => isize::MAX,
            KeyCode::Char('x') => {
                if !self.clear() {
                    self.step(isize::MAX);
                }
                return true;
            }
            _ => return false,
        };
        // The first step of a pointer that is not there yet points at the newest.
        let by = if self.at.is_none() { isize::MAX } else { by };
        self.step(by);
        true
    }

    /// To the column with samples that lies so many further.
    fn step(&mut self, by: isize) {
        let seen: Vec<usize> = (0..self.cells.len()).filter(|i| self.cells[*i].seen).collect();
        let Some(last) = seen.len().checked_sub(1) else { return };
        let now = self.at.and_then(|at| self.find(at)).unwrap_or(self.cells.len());
        // Standing between samples, a step to the left goes to the one before, a step to the right to the one after.
        let place = seen.partition_point(|i| *i < now);
        let on = seen.get(place) == Some(&now);
        let place = if !on && by > 0 { place as isize - 1 } else { place as isize };
        let to = place.saturating_add(by).clamp(0, last as isize) as usize;
        self.at = Some(self.cells[seen[to]].from);
    }

    /// Follows the mouse: a press points, a drag chooses a stretch of time, which the charts then show.
    pub fn mouse(&mut self, mouse: Mouse, ranged: bool) -> Handled {
        let last = (self.cells.len() as u16).min(self.plot.width).saturating_sub(1);
        let column = mouse.column.saturating_sub(self.plot.x).min(last);
        let Some(cell) = self.cells.get(usize::from(column)).copied() else { return Handled::No };
        match mouse.kind {
            MouseKind::Press if mouse.inside(self.plot) => {
                self.at = Some(cell.from);
                self.held = ranged.then_some(cell.from);
            }
            MouseKind::Drag if self.at.is_some() => self.at = Some(cell.from),
            MouseKind::Release => return self.release(),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn release(&mut self) -> Handled {
        let Some((a, b)) = self.stretch() else {
            let held = self.held.take().is_some();
            return if held { Handled::Yes } else { Handled::No };
        };
        let ends = (self.cells.get(usize::from(a.min(b))).copied(), self.cells.get(usize::from(a.max(b))).copied());
        self.clear();
        match ends {
            (Some(first), Some(last)) => Handled::Range { from: first.from, to: last.to },
            _ => Handled::Yes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Millis;

    /// Ten columns of a second; the third and fourth hold no sample.
    fn chart() -> Crosshair {
        let at = |s: i64| Timestamp::from_millis(s * 1_000);
        let cells = (0..10).map(|i| Cell { from: at(i), to: at(i + 1), seen: !(2..4).contains(&i) }).collect();
        let mut crosshair = Crosshair::default();
        crosshair.drawn(Rect::new(9, 1, 10, 5), cells);
        crosshair
    }

    fn mouse(kind: MouseKind, column: u16) -> Mouse {
        Mouse { column, row: 2, kind }
    }

    #[test]
    fn keys_step_from_sample_to_sample() {
        let mut c = chart();
        assert!(c.key(KeyCode::Left));
        assert_eq!(c.column(), Some(9));
        for _ in 0..6 {
            c.key(KeyCode::Left);
        }
        assert_eq!(c.column(), Some(1), "the hole is stepped over");
        c.key(KeyCode::Right);
        assert_eq!(c.column(), Some(4));
        c.key(KeyCode::Char('H'));
        assert_eq!(c.column(), Some(0));
        c.key(KeyCode::End);
        assert_eq!(c.column(), Some(9));
        assert!(c.key(KeyCode::Char('x')) && c.column().is_none() && !c.clear());
        assert!(!c.key(KeyCode::Up));
    }

    #[test]
    fn a_step_from_a_hole_goes_to_its_neighbours() {
        let mut c = chart();
        assert_eq!(c.mouse(mouse(MouseKind::Press, 12), true), Handled::Yes);
        assert_eq!(c.column(), Some(3));
        c.key(KeyCode::Left);
        assert_eq!(c.column(), Some(1));
        c.mouse(mouse(MouseKind::Press, 12), true);
        c.key(KeyCode::Right);
        assert_eq!(c.column(), Some(4));
    }

    #[test]
    fn the_moment_stays_while_the_chart_moves() {
        let mut c = chart();
        c.key(KeyCode::End);
        let cells: Vec<Cell> = c
            .cells()
            .iter()
            .map(|cell| Cell { from: cell.from + Millis::from_secs(4), to: cell.to + Millis::from_secs(4), ..*cell })
            .collect();
        c.drawn(c.plot(), cells.clone());
        assert_eq!(c.column(), Some(5));
        let later = cells.iter().map(|cell| Cell { from: cell.from + Millis::from_secs(9), to: cell.to + Millis::from_secs(9), ..*cell });
        c.drawn(c.plot(), later.collect());
        assert_eq!((c.column(), c.clear()), (None, false));
    }

    #[test]
    fn a_drag_chooses_a_range_and_a_click_only_points() {
        let mut c = chart();
        c.mouse(mouse(MouseKind::Press, 15), true);
        assert_eq!(c.mouse(mouse(MouseKind::Release, 15), true), Handled::Yes);
        assert_eq!((c.column(), c.stretch()), (Some(6), None));
        c.mouse(mouse(MouseKind::Press, 15), true);
        c.mouse(mouse(MouseKind::Drag, 2), true);
        assert_eq!(c.stretch(), Some((6, 0)));
        let range = Handled::Range { from: Timestamp::from_millis(0), to: Timestamp::from_millis(7_000) };
        assert_eq!(c.mouse(mouse(MouseKind::Release, 2), true), range);
        assert_eq!((c.column(), c.mouse(mouse(MouseKind::Release, 2), true)), (None, Handled::No));
        assert_eq!(c.mouse(mouse(MouseKind::Press, 0), true), Handled::No, "outside of the plot");
    }
}
