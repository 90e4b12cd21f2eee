//! A screen as text with the colour sequences of terminals, as the console itself writes them.
//!
//! Every line stands for itself: it begins with colours of its own and ends without any, so that `head`
//! and pagers show what they cut out as it was.

use super::cells::row;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Attributes with the number that switches each on.
const ATTRIBUTES: [(Modifier, u8); 7] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// Draws it.
pub(super) fn draw(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut now = (Color::Reset, Color::Reset, Modifier::empty());
        for (_, _, cell) in row(buffer, y) {
            let next = (cell.fg, cell.bg, cell.modifier);
            if next != now {
                sgr(cell, &mut out);
                now = next;
            }
            out.push_str(if cell.symbol().is_empty() { " " } else { cell.symbol() });
        }
        if now != (Color::Reset, Color::Reset, Modifier::empty()) {
            out.push_str("\x1b[0m");
        }
        out.push('\n');
    }
    out
}

/// The sequence that sets the style of `cell`, whatever was set before. Writing into text does not fail.
fn sgr(cell: &Cell, out: &mut String) {
    out.push_str("\x1b[0");
    for (modifier, number) in ATTRIBUTES {
        if cell.modifier.contains(modifier) {
            let _ = write!(out, ";{number}");
        }
    }
    colour(cell.fg, 0, out);
    colour(cell.bg, 10, out);
    out.push('m');
}

/// The parameters of a colour; `shift` is 10 for backgrounds.
fn colour(colour: Color, shift: u8, out: &mut String) {
    let _ = match colour {
        Color::Reset => Ok(()),
        Color::Rgb(r, g, b) => write!(out, ";{};2;{r};{g};{b}", 38 + shift),
        Color::Indexed(i) => write!(out, ";{};5;{i}", 38 + shift),
        named => {
            let index = crate::ui::palette::index_of(named).unwrap_or(7);
            write!(out, ";{}", if index < 8 { 30 + index } else { 82 + index } + shift)
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn a_terminal_shows_it_as_it_was() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 2));
        buffer.set_stringn(0, 0, "ab", 8, Style::new().fg(Color::Indexed(178)).add_modifier(Modifier::BOLD));
        buffer.set_stringn(2, 0, "支c", 6, Style::new().fg(Color::LightRed).bg(Color::Rgb(1, 2, 3)));
        let drawn = draw(&buffer);
        assert_eq!(drawn, "\x1b[0;1;38;5;178mab\x1b[0;91;48;2;1;2;3m支c\x1b[0m   \n        \n");
        let mut terminal = vt100::Parser::new(3, 8, 0);
        terminal.process(drawn.replace('\n', "\r\n").as_bytes());
        let cell = |column| terminal.screen().cell(0, column).unwrap();
        assert_eq!((cell(0).fgcolor(), cell(0).bold()), (vt100::Color::Idx(178), true));
        assert_eq!((cell(4).fgcolor(), cell(4).bgcolor()), (vt100::Color::Idx(9), vt100::Color::Rgb(1, 2, 3)));
        assert_eq!((cell(5).fgcolor(), cell(5).bgcolor()), (vt100::Color::Default, vt100::Color::Default));
    }
}
