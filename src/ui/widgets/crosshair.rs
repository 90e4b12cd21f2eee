//! What lies over a plot: the line at one moment with what is read there, a stretch of time being chosen, marks.
//!
//! Only cells that hold no line are covered, so that what is pointed at stays to be seen.

use super::text::{dot, put};
use crate::model::Safe;
use crate::ui::{Look, Role, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns of a mark's text.
const MARK_TEXT: usize = 16;

/// Draws a vertical line at `column` of `plot`; what stands there keeps its sign and takes the accent.
pub fn crosshair(plot: Rect, column: u16, buf: &mut Buffer, look: &Look<'_>) {
    upright(plot, column, if look.ascii { '|' } else { '│' }, Role::Accent, buf, look);
}

fn upright(plot: Rect, column: u16, glyph: char, role: Role, buf: &mut Buffer, look: &Look<'_>) {
    let plot = plot.intersection(buf.area);
    if column >= plot.width {
        return;
    }
    let style = look.theme.style(role);
    for y in plot.top()..plot.bottom() {
        let Some(cell) = buf.cell_mut((plot.x + column, y)) else { continue };
        let free = matches!(cell.symbol(), " " | "░" | ":" | "\u{2800}");
        if free {
            dot(buf, plot.x + column, y, glyph, style);
        } else if role == Role::Accent {
            cell.set_style(style);
        }
    }
}

/// Shades the columns from `first` to `last`.
pub fn stretch(plot: Rect, first: u16, last: u16, buf: &mut Buffer, look: &Look<'_>) {
    let (first, last) = (first.min(last), first.max(last).min(plot.width.saturating_sub(1)));
    let shaded = Rect { x: plot.x.saturating_add(first), width: (last + 1).saturating_sub(first), ..plot };
    buf.set_style(shaded.intersection(buf.area), look.theme.style(Role::Selection));
}

/// A line of text in a few styles.
pub type Parts = Vec<(String, Role)>;

/// Writes lines beside the column of a crosshair, at the top of the plot, on the side where there is more room. Of lines
/// too long the last parts are left out, and lines that find no room in height.
pub fn beside(mut lines: Vec<Parts>, plot: Rect, column: u16, buf: &mut Buffer, look: &Look<'_>) {
    let plot = plot.intersection(buf.area);
    let wide = |line: &Parts| line.iter().map(|(text, _)| words::width(text)).sum::<usize>();
    let (left, right) = (column, plot.width.saturating_sub(column + 1));
    let room = usize::from(left.max(right)).saturating_sub(2);
    for line in &mut lines {
        while line.len() > 1 && wide(line) > room {
            line.pop();
        }
    }
    let width = lines.iter().map(wide).max().unwrap_or(0).min(room) as u16 + 2;
    // To the right where that is enough, so that what is read stays on one side most of the time.
    let x = if right >= width { plot.x.saturating_add(column + 1) } else { plot.x + left.saturating_sub(width) };
    let area = Rect { x, width, height: plot.height.min(lines.len() as u16), ..plot };
    for (line, row) in lines.iter().zip(0..area.height) {
        put(buf, area, 0, row, &" ".repeat(usize::from(width)), look.theme.style(Role::Text));
        let mut dx = 1;
        for (text, role) in line {
            dx += put(buf, area, dx, row, &words::clip(text, room, look.ascii), look.theme.style(*role));
        }
    }
}

/// Draws marks that persons set, each at its column, its text at the top where nothing else stands.
pub fn marks(list: &[(u16, &str)], plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let plot = plot.intersection(buf.area);
    for (i, (column, text)) in list.iter().enumerate() {
        upright(plot, *column, if look.ascii { ':' } else { '┊' }, Role::Muted, buf, look);
        let end = list.get(i + 1).map_or(plot.width, |next| next.0.min(plot.width));
        let room = usize::from(end.saturating_sub(column + 1));
        let text = words::clip(Safe::label(text).as_str(), room.min(MARK_TEXT), look.ascii);
        let wide = words::width(&text) as u16;
        let from = plot.x.saturating_add(column + 1);
        let free = (from..from.saturating_add(wide)).all(|x| buf.cell((x, plot.y)).is_some_and(|c| matches!(c.symbol(), " " | "░" | ":")));
        if free {
            put(buf, plot, column + 1, 0, &text, look.theme.style(Role::Muted));
        }
    }
}
