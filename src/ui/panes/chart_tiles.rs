//! Each series of a chart in a small chart of its own, all on one scale: what differs from its neighbours is seen at a glance.

use super::chart_data::{self, Curves};
use super::target;
use crate::model::{Safe, SeriesId};
use crate::ui::widgets::{Plot, PlotArea, Scale, Shape, put, put_right};
use crate::ui::{Look, Role, Scene, format, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Least width and height of a tile: a name with its value, and one row of the line below.
const LEAST: (u16, u16) = (20, 2);
/// Blank columns between two tiles.
const GAP: u16 = 2;

/// What all tiles share.
pub struct Tiles<'a> {
    /// The series in order, each with its name.
    pub list: &'a [(SeriesId, String)],
    /// The last points shown; none: the range all charts share.
    pub last: Option<usize>,
    /// The series somebody picked.
    pub picked: Option<SeriesId>,
    /// What lines are drawn with.
    pub shape: Shape,
}

impl Tiles<'_> {
    /// Draws as many tiles as find room, and says how many do not.
    pub fn render(&self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        let (columns, rows) = grid(self.list.len() as u16, area);
        let shown = usize::from(columns * rows).min(self.list.len());
        if shown == 0 {
            return;
        }
        // The one picked is always among those shown.
        let at = self.list.iter().position(|(id, _)| self.picked == Some(*id)).unwrap_or(0);
        let first = (at + 1).saturating_sub(shown);
        let (wide, tall) = ((area.width + GAP) / columns, area.height / rows);
        let curves: Vec<Curves> = self.list[first..first + shown].iter().map(|(id, _)| self.curves(*id, wide - GAP, scene, look)).collect();
        let spans = curves.iter().zip(&self.list[first..]).filter_map(|(c, (id, _))| c.span(Some(*id)));
        let Some((low, high)) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { return };
        for (i, curves) in curves.iter().enumerate() {
            let (column, row) = (i as u16 % columns, i as u16 / columns);
            let place = Rect::new(area.x + column * wide, area.y + row * tall, wide - GAP, tall);
            self.tile(first + i, curves, (low, high), place, buf, scene, look);
        }
        if shown < self.list.len() {
            let more = format!(" {} more ", self.list.len() - shown);
            put_right(buf, area, 0, area.height - 1, &more, look.theme.style(Role::Dim));
        }
    }

    fn curves(&self, id: SeriesId, width: u16, scene: &Scene<'_>, look: &Look<'_>) -> Curves {
        match self.last {
            Some(last) => chart_data::points(scene, look, &[id], last, width, self.shape),
            None => chart_data::range(scene, look, &[id], width, self.shape),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a leaf that draws what its only caller worked out")]
    fn tile(
        &self,
        index: usize,
        curves: &Curves,
        (low, high): (f64, f64),
        place: Rect,
        buf: &mut Buffer,
        scene: &Scene<'_>,
        look: &Look<'_>,
    ) {
        let (id, name) = &self.list[index];
        let info = scene.store.info(*id);
        let standing = target::standing(scene, *id);
        let picked = self.picked == Some(*id);
        let head = Rect { height: 1, width: place.width.min(curves.columns.max(LEAST.0)), ..place };
        let value = info.last.map_or_else(String::new, |s| format::fixed(s.value, &info.spec.unit));
        let room = usize::from(head.width).saturating_sub(words::width(&value) + 3);
        put(buf, head, 0, 0, standing.sign(look.ascii), look.theme.style(standing));
        let style = look.theme.style(if picked { Role::Accent } else { Role::Dim });
        put(buf, head, 2, 0, &words::shorten(Safe::label(name).as_str(), room, look.ascii), style);
        let loud = if target::rank(standing) > 0 { standing } else { Role::Text };
        put_right(buf, head, 0, 0, &value, look.theme.style(loud));
        if picked {
            buf.set_style(head, look.theme.style(Role::Selection));
        }
        let [curve] = curves.list.as_slice() else { return };
        let plot = Rect::new(place.x, place.y + 1, place.width.min(curves.columns), place.height - 1);
        let scale = Scale::new(low, high, plot.height, &info.spec.unit, false);
        let line = curve.line(Role::Series(0));
        let (times, cell) = curves.times();
        let at = PlotArea { values: Rect::ZERO, plot, times: Rect::ZERO };
        Plot { lines: &[line], band: true, scale: &scale, unit: &info.spec.unit, times, cell, shape: self.shape }.render(at, buf, look);
    }
}

/// Columns and rows of tiles: as even a block as there is room for, wide rather than high.
fn grid(count: u16, area: Rect) -> (u16, u16) {
    let most = (((area.width + GAP) / (LEAST.0 + GAP)).max(1), area.height / LEAST.1);
    if count == 0 || most.1 == 0 {
        return (0, 0);
    }
    let rows = count.div_ceil(most.0).min(most.1);
    (count.div_ceil(rows).min(most.0), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_stand_in_even_rows() {
        let area = |w, h| Rect::new(0, 0, w, h);
        assert_eq!(grid(10, area(118, 14)), (5, 2));
        assert_eq!(grid(10, area(198, 12)), (5, 2));
        assert_eq!(grid(10, area(78, 9)), (3, 4));
        assert_eq!(grid(10, area(38, 4)), (1, 2));
        assert_eq!((grid(1, area(10, 2)), grid(3, area(10, 1))), ((1, 1), (0, 0)));
    }
}
