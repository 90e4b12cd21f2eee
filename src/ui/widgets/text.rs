//! Putting text on the screen: the one way, so that nothing unsafe gets past it.

use crate::model::Safe;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Writes `text` at column `dx` and row `dy` of `area`, clipped to it and to the buffer; answers the
/// columns used. Printable ASCII goes as it is, all else through [`Safe`] once more.
pub fn put(buf: &mut Buffer, area: Rect, dx: u16, dy: u16, text: &str, style: Style) -> u16 {
    put_at(buf, area, (area.x.saturating_add(dx), area.y.saturating_add(dy)), text, style)
}

/// As [`put`], at a place of the screen.
pub fn put_at(buf: &mut Buffer, area: Rect, (x, y): (u16, u16), text: &str, style: Style) -> u16 {
    let seen = area.intersection(buf.area);
    if !seen.contains((x, y).into()) {
        return 0;
    }
    let (end, _) = buf.set_stringn(x, y, safe(text), usize::from(seen.right() - x), style);
    end - x
}

/// Writes parts one after another into `row` of `area`; answers the columns used.
pub fn put_parts(buf: &mut Buffer, area: Rect, row: u16, parts: &[(&str, Style)]) -> u16 {
    let mut pen = Pen::new(buf, area, row);
    for (text, style) in parts {
        pen.put(text, *style);
    }
    pen.at
}

/// `area` without its first and last column: text does not touch a frame.
pub const fn padded(area: Rect) -> Rect {
    Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area }
}

/// As [`put`], ending `dx` columns before the right edge.
pub fn put_right(buf: &mut Buffer, area: Rect, dx: u16, dy: u16, text: &str, style: Style) -> u16 {
    let room = area.width.saturating_sub(dx);
    let wide = crate::ui::words::width(&safe(text)).min(usize::from(room)) as u16;
    put(buf, area, room - wide, dy, text, style)
}

fn safe(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) { Cow::Borrowed(text) } else { Cow::Owned(Safe::message(text).as_str().to_owned()) }
}

/// Writes one text after the other along a row.
#[derive(Debug)]
pub struct Pen<'a> {
    buf: &'a mut Buffer,
    area: Rect,
    /// The column the next text starts at.
    pub at: u16,
    row: u16,
}

impl<'a> Pen<'a> {
    /// A pen at the start of `row` of `area`.
    pub fn new(buf: &'a mut Buffer, area: Rect, row: u16) -> Self {
        Self { buf, area, at: 0, row }
    }

    /// Writes `text`.
    pub fn put(&mut self, text: &str, style: Style) -> &mut Self {
        self.at += put(self.buf, self.area, self.at, self.row, text, style);
        self
    }

    /// Leaves `columns` blank.
    pub fn skip(&mut self, columns: u16) -> &mut Self {
        self.at = self.at.saturating_add(columns);
        self
    }

    /// Columns left.
    pub fn room(&self) -> u16 {
        self.area.width.saturating_sub(self.at)
    }
}

/// Puts the program's own glyph into a cell of the buffer, where there is one.
pub(super) fn dot(buf: &mut Buffer, x: u16, y: u16, glyph: char, style: Style) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_char(glyph).set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_clipped_to_area_and_buffer() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
        assert_eq!(put(&mut buf, Rect::new(2, 0, 100, 9), 1, 0, "abcdef", Style::new()), 3);
        assert_eq!(put(&mut buf, Rect::new(0, 3, 9, 9), 0, 0, "x", Style::new()), 0);
        assert_eq!(put(&mut buf, Rect::new(0, 0, 0, 0), 0, 0, "x", Style::new()), 0);
        put_right(&mut buf, Rect::new(0, 0, 2, 1), 0, 0, "z", Style::new());
        assert_eq!(buf, Buffer::with_lines([" z abc"]));
    }

    #[test]
    fn controls_become_pictures_even_if_a_pane_forgot() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 1));
        let area = buf.area;
        put(&mut buf, area, 0, 0, "\x1b[2J\u{202e}x", Style::new());
        assert_eq!(buf, Buffer::with_lines(["␛[2J\u{fffd}x  "]));
    }
}
