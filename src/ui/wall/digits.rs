//! Digits of many cells, for values that are read from three metres: two small fonts, enlarged by whole numbers.
//!
//! A pixel is half a cell high, so that it is about as wide as high; where blocks cannot be drawn it is a whole cell.

use crate::ui::widgets::put_at;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A character: its width in pixels, and a number per row whose bits are its pixels.
type Glyph<const ROWS: usize> = (char, u8, [u8; ROWS]);

/// The small font, three by five.
const SMALL: [Glyph<5>; 29] = [
    ('0', 3, [7, 5, 5, 5, 7]),
    ('1', 3, [2, 6, 2, 2, 7]),
    ('2', 3, [7, 1, 7, 4, 7]),
    ('3', 3, [7, 1, 3, 1, 7]),
    ('4', 3, [5, 5, 7, 1, 1]),
    ('5', 3, [7, 4, 7, 1, 7]),
    ('6', 3, [7, 4, 7, 5, 7]),
    ('7', 3, [7, 1, 1, 1, 1]),
    ('8', 3, [7, 5, 7, 5, 7]),
    ('9', 3, [7, 5, 7, 1, 7]),
    ('.', 1, [0, 0, 0, 0, 1]),
    (',', 2, [0, 0, 0, 1, 2]),
    ('-', 3, [0, 0, 7, 0, 0]),
    ('+', 3, [0, 2, 7, 2, 0]),
    (':', 1, [0, 1, 0, 1, 0]),
    ('%', 3, [5, 1, 2, 4, 5]),
    ('?', 3, [7, 1, 3, 0, 2]),
    ('<', 3, [1, 2, 4, 2, 1]),
    ('k', 3, [4, 5, 6, 5, 5]),
    ('M', 3, [5, 7, 7, 5, 5]),
    ('G', 3, [7, 4, 5, 5, 7]),
    ('T', 3, [7, 2, 2, 2, 2]),
    ('e', 3, [0, 7, 7, 4, 7]),
    ('s', 3, [0, 7, 6, 3, 7]),
    ('m', 3, [0, 7, 7, 5, 5]),
    ('h', 3, [4, 4, 7, 5, 5]),
    ('d', 3, [1, 1, 7, 5, 7]),
    ('↑', 3, [2, 7, 2, 2, 2]),
    ('↓', 3, [2, 2, 2, 7, 2]),
];

/// The large font, five by seven.
const LARGE: [Glyph<7>; 29] = [
    ('0', 5, [0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e]),
    ('1', 5, [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e]),
    ('2', 5, [0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f]),
    ('3', 5, [0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e]),
    ('4', 5, [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02]),
    ('5', 5, [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e]),
    ('6', 5, [0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e]),
    ('7', 5, [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08]),
    ('8', 5, [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e]),
    ('9', 5, [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c]),
    ('.', 2, [0, 0, 0, 0, 0, 3, 3]),
    (',', 2, [0, 0, 0, 0, 3, 1, 2]),
    ('-', 4, [0, 0, 0, 15, 0, 0, 0]),
    ('+', 5, [0, 0x04, 0x04, 0x1f, 0x04, 0x04, 0]),
    (':', 2, [0, 3, 3, 0, 3, 3, 0]),
    ('%', 5, [0x18, 0x19, 0x02, 0x04, 0x08, 0x13, 0x03]),
    ('?', 5, [0x0e, 0x11, 0x01, 0x02, 0x04, 0, 0x04]),
    ('<', 4, [1, 2, 4, 8, 4, 2, 1]),
    ('k', 4, [8, 8, 9, 10, 12, 10, 9]),
    ('M', 5, [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11]),
    ('G', 5, [0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0f]),
    ('T', 5, [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04]),
    ('e', 4, [0, 0, 6, 9, 15, 8, 6]),
    ('s', 4, [0, 0, 7, 8, 6, 1, 14]),
    ('m', 5, [0, 0, 0x1a, 0x15, 0x15, 0x11, 0x11]),
    ('h', 4, [8, 8, 14, 9, 9, 9, 9]),
    ('d', 4, [1, 1, 7, 9, 9, 9, 7]),
    ('↑', 5, [0x04, 0x0e, 0x15, 0x04, 0x04, 0x04, 0x04]),
    ('↓', 5, [0x04, 0x04, 0x04, 0x04, 0x15, 0x0e, 0x04]),
];

/// A font at a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    large: bool,
    /// Columns of a pixel.
    wide: u16,
    /// Half rows of a pixel.
    tall: u16,
}

const fn size(large: bool, wide: u16, tall: u16) -> Size {
    Size { large, wide, tall }
}

/// Sizes in half blocks, the largest first.
const BLOCKS: [Size; 8] = [
    size(true, 4, 4),
    size(true, 3, 3),
    size(true, 2, 2),
    size(false, 2, 3),
    size(false, 2, 2),
    size(true, 1, 2),
    size(true, 1, 1),
    size(false, 1, 1),
];
/// Sizes in whole cells, for terminals without blocks.
const CELLS: [Size; 5] = [size(true, 4, 4), size(true, 2, 2), size(false, 2, 2), size(true, 1, 2), size(false, 1, 2)];

impl Size {
    /// The largest size in which each of `texts` finds room in `columns` and `rows`; `None`: not even the smallest does.
    pub fn fitting(texts: &[&str], columns: u16, rows: u16, ascii: bool) -> Option<Self> {
        let sizes = if ascii { &CELLS[..] } else { &BLOCKS[..] };
        sizes.iter().copied().find(|s| s.rows() <= rows && texts.iter().all(|text| s.columns(text) <= columns))
    }

    /// Rows of a line of digits.
    pub const fn rows(self) -> u16 {
        let pixels = if self.large { 7 } else { 5 };
        (pixels * self.tall).div_ceil(2)
    }

    /// Columns `text` takes.
    pub fn columns(self, text: &str) -> u16 {
        let pixels: u16 = text.chars().map(|c| self.glyph(c).0 + 1).sum();
        pixels.saturating_sub(1).saturating_mul(self.wide)
    }

    /// Width in pixels and rows of a character; what no font has is a blank.
    fn glyph(self, c: char) -> (u16, &'static [u8]) {
        let found = if self.large {
            LARGE.iter().find(|g| g.0 == c).map(|g| (g.1, &g.2[..]))
        } else {
            SMALL.iter().find(|g| g.0 == c).map(|g| (g.1, &g.2[..]))
        };
        found.map_or((1, &[][..]), |(width, rows)| (u16::from(width), rows))
    }

    /// Draws `text` with its upper left corner at (`x`, `y`); nothing leaves `area`.
    pub fn draw(self, text: &str, area: Rect, buf: &mut Buffer, (x, y): (u16, u16), style: Style, ascii: bool) {
        for row in 0..self.rows() {
            let mut line = String::new();
            for c in text.chars() {
                let (width, rows) = self.glyph(c);
                // The pixel of a column in a half row, counted from the top.
                let lit = |half: u16, column: u16| {
                    let bits = rows.get(usize::from(half / self.tall)).copied().unwrap_or(0);
                    bits >> (width - 1 - column) & 1 == 1
                };
                for column in 0..width {
                    let sign = match (lit(row * 2, column), lit(row * 2 + 1, column)) {
                        (false, false) => " ",
                        _ if ascii => "#",
                        (true, true) => "█",
                        (true, false) => "▀",
                        (false, true) => "▄",
                    };
                    line.push_str(&sign.repeat(usize::from(self.wide)));
                }
                line.push_str(&" ".repeat(usize::from(self.wide)));
            }
            put_at(buf, area, (x, y + row), line.trim_end(), style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture::text;
    use proptest::prelude::*;

    fn drawn(size: Size, what: &str, ascii: bool) -> String {
        let area = Rect::new(0, 0, size.columns(what), size.rows());
        let mut buf = Buffer::empty(area);
        size.draw(what, area, &mut buf, (0, 0), Style::new(), ascii);
        text(&buf)
    }

    #[test]
    fn digits_look_like_digits() {
        assert_eq!(drawn(size(false, 1, 1), "14.2", false), "▄█  █ █   ▀▀█\n █  ▀▀█   █▀▀\n▀▀▀   ▀ ▀ ▀▀▀\n");
        assert_eq!(drawn(size(false, 1, 2), "7?", true), "### ###\n  #   #\n  #  ##\n  #\n  #  #\n");
        let large = drawn(size(true, 1, 1), "05", false);
        assert_eq!(large, "▄▀▀▀▄ █▀▀▀▀\n█   █ ▀▀▀▀▄\n█   █ ▄   █\n ▀▀▀   ▀▀▀\n");
    }

    #[test]
    fn the_largest_size_with_room_is_taken() {
        assert_eq!(Size::fitting(&["888.8"], 200, 40, false), Some(size(true, 4, 4)));
        assert_eq!(Size::fitting(&["888.8"], 40, 7, false), Some(size(false, 2, 2)));
        assert_eq!(Size::fitting(&["888.8"], 20, 3, false), Some(size(false, 1, 1)));
        assert_eq!(Size::fitting(&["888.8"], 10, 3, false), None);
        assert_eq!(Size::fitting(&["888.8"], 30, 5, true), Some(size(false, 1, 2)));
    }

    #[test]
    fn both_fonts_hold_the_same_characters_within_their_width() {
        for (small, large) in SMALL.iter().zip(&LARGE) {
            assert_eq!(small.0, large.0);
            assert!(small.2.iter().all(|row| *row < 1 << small.1) && large.2.iter().all(|row| *row < 1 << large.1), "{}", small.0);
        }
    }

    proptest! {
        #[test]
        fn nothing_leaves_its_place(what in "[0-9.,%?kMG:]{0,12}", x in 0u16..30, y in 0u16..10, k in 0usize..8) {
            let area = Rect::new(0, 0, 30, 10);
            let mut buf = Buffer::empty(area);
            BLOCKS[k].draw(&what, area, &mut buf, (x, y), Style::new(), false);
            prop_assert!(buf.content().iter().enumerate().all(|(i, cell)| cell.symbol() == " " || i / 30 >= usize::from(y)));
        }
    }
}
