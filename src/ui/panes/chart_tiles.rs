//! Each series of a chart in a small chart of its own, all on one scale: what differs from its neighbours is seen at a glance.

use super::chart_data::{self, Curves};
use super::target;
use crate::model::{Safe, SeriesId};
use crate::ui::widgets::{Plot, PlotArea, Scale, Shape, put, put_right};
use crate::ui::{Look, Role, Scene, format, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::cmp::Reverse;

/// Least width and height of a tile: a name with its value, and one row of the line below.
pub const LEAST: (u16, u16) = (17, 2);
/// Rows a tile has where there is more than enough room.
const COMFORT: u16 = 5;
/// Blank columns between two tiles.
pub const GAP: u16 = 2;

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
    /// The least width and height of a tile.
    pub least: (u16, u16),
    /// Each tile on a scale of its own.
    pub own: bool,
    /// In pages, the one with the picked series shown, instead of moving on by one tile.
    pub paged: bool,
}

/// What was drawn.
#[derive(Debug, Default)]
pub struct Drawn {
    /// The scale all share.
    pub note: String,
    /// The first of the list that is shown.
    pub first: usize,
    /// How many find room.
    pub shown: usize,
    /// Tiles side by side.
    pub columns: usize,
}

impl Tiles<'_> {
    /// Draws as many tiles as find room, and says how many do not; answers with what was drawn, on which scale.
    pub fn render(&self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) -> Drawn {
        let (columns, rows) = grid(self.list.len() as u16, area, self.least, self.last);
        let shown = usize::from(columns * rows).min(self.list.len());
        if shown == 0 {
            return Drawn::default();
        }
        // The one picked is always among those shown.
        let at = self.list.iter().position(|(id, _)| self.picked == Some(*id)).unwrap_or(0);
        let first = if self.paged { at / shown * shown } else { (at + 1).saturating_sub(shown) };
        let list = &self.list[first..(first + shown).min(self.list.len())];
        let mut drawn = Drawn { note: String::new(), first, shown, columns: usize::from(columns) };
        let (wide, tall) = ((area.width + GAP) / columns, area.height / rows);
        let curves: Vec<Curves> = list.iter().map(|(id, _)| self.curves(*id, wide - GAP, scene, look)).collect();
        let spans: Vec<Option<(f64, f64)>> = curves.iter().zip(list).map(|(c, (id, _))| c.span(Some(*id), false)).collect();
        let Some((low, high)) = spans.iter().flatten().copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { return drawn };
        let shared = scale(low, high);
        for (i, curves) in curves.iter().enumerate() {
            let (column, row) = (i as u16 % columns, i as u16 / columns);
            let place = Rect::new(area.x + column * wide, area.y + row * tall, wide - GAP, tall);
            let own = spans[i].filter(|_| self.own).map(|(low, high)| scale(low, high));
            self.tile(first + i, curves, own.as_ref().unwrap_or(&shared), place, buf, scene, look);
        }
        if shown < self.list.len() && !self.paged {
            let more = format!(" {} ", look.language.fill("{0} more", &[&(self.list.len() - shown).to_string()]));
            put_right(buf, area, 0, area.height - 1, &more, look.theme.style(Role::Dim));
        }
        let unit = &scene.store.info(self.list[first].0).spec.unit;
        drawn.note = if self.own {
            look.language.say("each on its own scale").to_owned()
        } else {
            look.language.fill("each {0} to {1}", &[&format::value(low, unit), &format::value(high, unit)])
        };
        drawn
    }

    fn curves(&self, id: SeriesId, width: u16, scene: &Scene<'_>, look: &Look<'_>) -> Curves {
        match self.last {
            Some(last) => chart_data::points(scene, look, &[id], last, width, self.shape),
            None => chart_data::range(scene, look, &[id], width, self.shape),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a leaf that draws what its only caller worked out")]
    fn tile(&self, index: usize, curves: &Curves, scale: &Scale, place: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
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
        let line = curve.line(Role::Series(0));
        let (times, cell) = curves.times();
        let at = PlotArea { values: Rect::ZERO, plot, times: Rect::ZERO };
        Plot { lines: &[line], before: None, band: true, scale, unit: &info.spec.unit, times, cell, shape: self.shape }
            .render(at, buf, look);
    }
}

/// From the lowest to the highest value of all: rows are few, so none is given to what is not there.
fn scale(low: f64, high: f64) -> Scale {
    let round = Scale::new(low, high, 4, "", false);
    if high > low { Scale { low, high, ..round } } else { round }
}

/// Columns and rows of tiles: as even a block as there is room for, wide rather than high, but hardly wider than the `last` points.
pub fn grid(count: u16, area: Rect, least: (u16, u16), last: Option<usize>) -> (u16, u16) {
    let most = (((area.width + GAP) / (least.0 + GAP)).max(1), area.height / least.1);
    if count == 0 || most.1 == 0 {
        return (0, 0);
    }
    let needed = count.div_ceil(most.0).min(most.1);
    let columns = |rows: u16| count.div_ceil(rows).min(most.0);
    let blank = |rows: &u16| ((columns(*rows) * rows).saturating_sub(count), Reverse(*rows));
    let points = last.map_or(u16::MAX, |last| last.clamp(usize::from(least.0), usize::from(u16::MAX)) as u16);
    let beside = ((area.width + GAP) / points.saturating_add(points / 4).saturating_add(GAP)).clamp(1, count);
    let highest = (area.height / COMFORT).min(count.div_ceil(beside));
    let rows = (needed..=needed.max(highest)).min_by_key(blank).unwrap_or(needed);
    (columns(rows), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_stand_in_even_rows() {
        let area = |w, h| Rect::new(0, 0, w, h);
        assert_eq!(grid(10, area(118, 14), LEAST, None), (5, 2));
        assert_eq!(grid(10, area(197, 12), LEAST, None), (5, 2));
        assert_eq!(grid(10, area(157, 17), LEAST, None), (5, 2));
        assert_eq!(grid(10, area(197, 30), LEAST, None), (2, 5));
        assert_eq!(grid(10, area(392, 40), LEAST, Some(100)), (5, 2));
        assert_eq!(grid(10, area(76, 7), LEAST, None), (4, 3));
        assert_eq!(grid(10, area(38, 4), LEAST, None), (2, 2));
        assert_eq!((grid(1, area(10, 2), LEAST, None), grid(3, area(10, 1), LEAST, None)), ((1, 1), (0, 0)));
    }
}
