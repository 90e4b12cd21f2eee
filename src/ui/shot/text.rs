//! A screen as plain text: the letters, without what is blank at the end of a line.

use super::cells::row;
use ratatui::buffer::Buffer;

/// Draws it.
pub(super) fn draw(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let begin = out.len();
        for (_, _, cell) in row(buffer, y) {
            out.push_str(if cell.symbol().is_empty() { " " } else { cell.symbol() });
        }
        let end = begin + out[begin..].trim_end().len();
        out.truncate(end);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn letters_stand_where_they_stood() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 3));
        buffer.set_stringn(0, 0, "a支付 b", 9, Style::new());
        buffer.set_stringn(2, 2, "▁█", 7, Style::new());
        assert_eq!(draw(&buffer), "a支付 b\n\n  ▁█\n");
    }
}
