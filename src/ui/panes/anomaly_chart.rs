//! The chart in the detail view of an anomaly: the series around it, its band, what was flagged, and where it began.

use super::chart_data::{self, Axis};
use super::target::spacing;
use crate::model::{Millis, SeriesId, Timestamp};
use crate::ui::widgets::{Plot, PlotArea, Scale, Shape, put_at};
use crate::ui::{Look, Role, Scene, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// How much of the chart is before the anomaly began, at least, in its own lengths: what was usual is to be seen too.
const BEFORE: i64 = 2;
/// Usual steps of the series that are shown at least: of hourly samples a quarter of an hour shows one.
const STEPS: i64 = 100;
/// How much later than the anomaly the chart goes on, as a share of its length.
const AFTER: i64 = 4;
/// Rows from which on a chart says more than a line of blocks, and columns.
const LEAST: (u16, u16) = (40, 5);
/// Rows of a chart at most: the words around it are to be seen at once.
const HIGHEST: u16 = 14;
/// Rows that words need beside a chart on a small screen.
const WORDS: u16 = 8;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// The series.
    pub id: SeriesId,
    /// Since when it is so.
    pub since: Timestamp,
    /// Up to when it was so.
    pub last: Timestamp,
}

impl Around {
    /// The rows a chart takes in a view of this size; 0: it does not fit, a line of blocks has to do.
    pub fn rows(area: Rect) -> u16 {
        let rows = area.height.saturating_sub(WORDS).min(area.height / 2 + 1).min(HIGHEST);
        if area.width < LEAST.0 || rows < LEAST.1 { 0 } else { rows }
    }

    /// How much time is shown: as much as in other charts, more where the anomaly is longer or its samples are rare.
    pub fn range(&self, scene: &Scene<'_>, look: &Look<'_>) -> Millis {
        let length = self.last.since(self.since).get().max(0);
        let steps = spacing(scene.store, self.id).get().saturating_mul(STEPS);
        look.range.max(Millis::new(length.saturating_mul(BEFORE + 1).max(steps)))
    }

    /// The right end: some time after it, but no later than data can be, so that no blank end stands for silence.
    pub fn until(&self, scene: &Scene<'_>, look: &Look<'_>) -> Timestamp {
        let after = Millis::new(self.range(scene, look).get() / AFTER);
        (self.last + after).min(look.until.unwrap_or(scene.now).max(self.last))
    }

    /// The chart, `width` by `height`.
    pub fn draw(&self, (width, height): (u16, u16), scene: &Scene<'_>, look: &Look<'_>) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        buf.set_style(area, look.theme.base());
        let unit = &scene.store.info(self.id).spec.unit;
        let look = Look { range: self.range(scene, look), until: Some(self.until(scene, look)), ..*look };
        let shape = if look.ascii { Shape::Ascii } else { Shape::Braille };
        let at = PlotArea::split(area, unit);
        let data = chart_data::range(scene, &look, &[self.id], at.plot.width, shape);
        let (Some((low, high)), [curve]) = (data.span(Some(self.id), false), data.list.as_slice()) else {
            put_at(&mut buf, area, (0, 0), look.language.say("its samples are no longer kept"), look.theme.style(Role::Dim));
            return buf;
        };
        let scale = Scale::new(low, high, at.plot.height, unit, false);
        let line = curve.line(Role::Series(0));
        let (times, cell) = data.times();
        Plot { lines: &[line], before: None, band: true, scale: &scale, unit, times, cell, shape }.render(at, &mut buf, &look);
        if let Axis::Clock(grid) = &data.axis
            && let Some(column) = grid.column(self.since)
        {
            began(column as u16, at.plot, &mut buf, &look);
        }
        buf
    }
}

/// An upright line where it began, between what is drawn already, with a word beside it where that hides nothing.
fn began(column: u16, plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let (x, style) = (plot.x + column, look.theme.style(Role::Accent));
    let free = |buf: &Buffer, x: u16, y: u16| buf.cell((x, y)).is_some_and(|c| matches!(c.symbol(), " " | "░" | ":"));
    for y in plot.top()..plot.bottom() {
        if free(buf, x, y) {
            put_at(buf, plot, (x, y), if look.ascii { "|" } else { "┊" }, style);
        }
    }
    let word = look.language.say("began");
    let room = words::width(word) as u16 + 1;
    for start in [x.checked_sub(room), Some(x + 1)].into_iter().flatten() {
        let fits = start >= plot.left() && start + room <= plot.right();
        if fits && (start..start + room).all(|x| free(buf, x, plot.y)) {
            put_at(buf, plot, (start, plot.y), word, style);
            return;
        }
    }
}
