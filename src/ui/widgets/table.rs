//! A table: columns that give way by rank where it is narrow, a selected row, a sort mark. Only the
//! rows that are seen are built.

use super::text::put;
use super::{Scale, Spark, sparkline};
use crate::ui::cursor::Pressed;
use crate::ui::{Look, Role, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Blank columns between two columns.
const GAP: u16 = 2;

/// Which edge a column's texts stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Names and sentences.
    Left,
    /// Numbers and times.
    Right,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Its width, or its least width if it grows.
    pub width: u16,
    /// Takes what is left, shared among those that grow by these weights; 0: it does not grow.
    pub grow: u16,
    /// Where texts stand.
    pub align: Align,
    /// Where there is no room the highest rank goes first; rank 0 stays.
    pub rank: u8,
}

/// What stands in one place of a table.
#[derive(Clone, Debug)]
pub enum Field {
    /// A name: shortened in the middle.
    Name(String, Role),
    /// A sentence: cut at its end.
    Text(String, Role),
    /// A sparkline.
    Spark(Vec<Spark>, Scale, Role),
}

impl Field {
    /// Ordinary text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into(), Role::Text)
    }

    /// Text of less weight.
    pub fn dim(text: impl Into<String>) -> Self {
        Self::Text(text.into(), Role::Dim)
    }
}

/// Which rows are seen: the selection and the first row, kept by the pane between frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The selected row.
    pub selected: usize,
    /// The first row shown.
    pub top: usize,
    /// The row that was clicked, until another is selected.
    pub clicked: Option<usize>,
}

impl Window {
    /// Moves the selection by `by` among `rows`.
    pub fn step(&mut self, by: isize, rows: usize) {
        self.clicked = None;
        self.selected = self.selected.saturating_add_signed(by).min(rows.saturating_sub(1));
    }

    /// Selects the row in line `line` of those shown, below the heading; answers whether it was clicked just before, which opens it.
    pub fn press(&mut self, line: usize, rows: usize) -> Pressed {
        let row = self.top + line;
        if row >= rows {
            return Pressed::Beside;
        }
        let again = self.clicked == Some(row);
        self.selected = row;
        self.clicked = if again { None } else { Some(row) };
        if again { Pressed::Again } else { Pressed::Chosen }
    }

    /// Makes the selection visible among `rows` where `room` are shown.
    pub fn settle(&mut self, rows: usize, room: usize) {
        self.selected = self.selected.min(rows.saturating_sub(1));
        let room = room.max(1);
        self.top = self.top.min(self.selected).max((self.selected + 1).saturating_sub(room)).min(rows.saturating_sub(room));
    }
}

/// How a table is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableStyle {
    /// The column sorted by, and whether downwards.
    pub sorted: Option<(usize, bool)>,
    /// Whether the heading is shown.
    pub heading: bool,
    /// Whether the selected row is shown as such.
    pub select: bool,
}

/// A table over `rows` rows.
#[derive(Debug)]
pub struct Table<'a> {
    /// Its columns.
    pub columns: &'a [Column],
    /// How many rows there are in all.
    pub rows: usize,
    /// How it is drawn.
    pub style: TableStyle,
}

impl Table<'_> {
    /// The width of each column in `room` columns; 0 is left out.
    pub fn widths(&self, room: u16) -> Vec<u16> {
        let mut kept: Vec<bool> = vec![true; self.columns.len()];
        let least = |kept: &[bool]| -> u32 {
            let shown = self.columns.iter().zip(kept).filter(|(_, k)| **k);
            shown.map(|(c, _)| u32::from(c.width + GAP)).sum::<u32>().saturating_sub(u32::from(GAP))
        };
        while least(&kept) > u32::from(room) {
            let candidates = self.columns.iter().enumerate().filter(|(i, c)| kept[*i] && c.rank > 0);
            let Some((i, _)) = candidates.max_by_key(|(_, c)| c.rank) else { break };
            kept[i] = false;
        }
        let spare = u32::from(room).saturating_sub(least(&kept));
        let weights: u32 = self.columns.iter().zip(&kept).filter(|(_, k)| **k).map(|(c, _)| u32::from(c.grow)).sum();
        let share = |c: &Column| (spare * u32::from(c.grow)).checked_div(weights).unwrap_or(0) as u16;
        self.columns.iter().zip(&kept).map(|(c, k)| if *k { (c.width + share(c)).min(room) } else { 0 }).collect()
    }

    /// Draws itself; `build` makes the fields of one row, given its index and the widths of the columns.
    pub fn render(
        &self,
        area: Rect,
        buf: &mut Buffer,
        look: &Look<'_>,
        window: &mut Window,
        mut build: impl FnMut(usize, &[u16]) -> Vec<Field>,
    ) {
        let seen = area.intersection(buf.area);
        if seen.is_empty() {
            return;
        }
        let widths = self.widths(seen.width);
        let heading = u16::from(self.style.heading);
        if heading > 0 {
            self.heading(&widths, seen, buf, look);
        }
        let room = usize::from(seen.height.saturating_sub(heading));
        window.settle(self.rows, room);
        for (dy, index) in (heading..seen.height).zip(window.top..self.rows) {
            let line = Rect::new(seen.x, seen.y + dy, seen.width, 1);
            let fields = build(index, &widths);
            let mut x = 0;
            for (field, (column, width)) in fields.iter().zip(self.columns.iter().zip(&widths)).filter(|(_, (_, w))| **w > 0) {
                let place = Rect::new(line.x + x, line.y, (*width).min(line.width.saturating_sub(x)), 1);
                draw(field, column.align, place, buf, look);
                x = (x + width + GAP).min(line.width);
            }
            if self.style.select && index == window.selected {
                buf.set_style(line, look.theme.style(Role::Selection));
            }
        }
    }

    fn heading(&self, widths: &[u16], area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut x = 0;
        for (i, (column, width)) in self.columns.iter().zip(widths).enumerate().filter(|(_, (_, w))| **w > 0) {
            let mark = match (self.style.sorted, look.ascii) {
                (Some((by, down)), false) if by == i => {
                    if down {
                        "▾"
                    } else {
                        "▴"
                    }
                }
                (Some((by, down)), true) if by == i => {
                    if down {
                        "v"
                    } else {
                        "^"
                    }
                }
                _ => "",
            };
            let title = if column.title.is_empty() { "" } else { look.language.say(column.title) };
            let title = format!("{title}{mark}");
            let place = Rect::new(area.x + x, area.y, (*width).min(area.width.saturating_sub(x)), 1);
            draw(&Field::Text(title, Role::Dim), column.align, place, buf, look);
            x = (x + width + GAP).min(area.width);
        }
    }
}

fn draw(field: &Field, align: Align, place: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let room = usize::from(place.width);
    let (text, role) = match field {
        Field::Spark(sparks, scale, role) => return sparkline(sparks, scale, *role, place, buf, look),
        Field::Name(text, role) => (words::shorten(text, room, look.ascii), *role),
        Field::Text(text, role) => (words::clip(text, room, look.ascii), *role),
    };
    let dx = if align == Align::Right { room.saturating_sub(words::width(&text)) } else { 0 };
    put(buf, place, dx as u16, 0, &text, look.theme.style(role));
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column { title: "name", width: 6, grow: 1, align: Align::Left, rank: 0 },
        Column { title: "rate", width: 8, grow: 0, align: Align::Right, rank: 1 },
        Column { title: "age", width: 4, grow: 0, align: Align::Right, rank: 2 },
    ];

    #[test]
    fn columns_give_way_by_rank() {
        let table = Table { columns: &COLUMNS, rows: 0, style: TableStyle::default() };
        assert_eq!(table.widths(30), [14, 8, 4]);
        assert_eq!(table.widths(20), [10, 8, 0]);
        assert_eq!(table.widths(9), [9, 0, 0]);
        assert_eq!(table.widths(3), [3, 0, 0]);
    }

    #[test]
    fn the_selection_stays_in_sight() {
        let mut w = Window::default();
        w.step(7, 100);
        w.settle(100, 5);
        assert_eq!(w, Window { selected: 7, top: 3, clicked: None });
        w.step(-7, 100);
        w.settle(100, 5);
        assert_eq!(w, Window::default());
        w.step(500, 3);
        w.settle(3, 5);
        assert_eq!(w, Window { selected: 2, ..Window::default() });
        w.settle(0, 5);
        assert_eq!(w, Window::default());
    }
}
