//! Cells as pictures see them: which letter stands where, how wide it is, and in which ink.

use crate::ui::palette::Rgb;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// What shows where no colour is set: a picture has no terminal whose own colours could be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Of letters.
    pub text: Rgb,
    /// Behind them.
    pub background: Rgb,
}

impl Ground {
    /// The colours of the dark theme: most terminals are dark.
    pub const DARK: Self = Self { text: Rgb(0xd0, 0xd0, 0xd0), background: Rgb(0x12, 0x12, 0x12) };

    /// What `base`, the style a screen is filled with, says of it.
    pub fn of(base: Style) -> Self {
        let dark = Self::DARK;
        let of = |colour: Option<Color>, other| colour.and_then(Rgb::of_colour).unwrap_or(other);
        Self { text: of(base.fg, dark.text), background: of(base.bg, dark.background) }
    }
}

/// How a cell is painted: colours resolved, reversal carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    pub fg: Rgb,
    pub bg: Rgb,
    pub bold: bool,
    pub italic: bool,
    pub underlined: bool,
    pub struck: bool,
}

impl Ink {
    pub(super) fn of(cell: &Cell, ground: Ground) -> Self {
        let mut fg = Rgb::of_colour(cell.fg).unwrap_or(ground.text);
        let mut bg = Rgb::of_colour(cell.bg).unwrap_or(ground.background);
        let has = |modifier| cell.modifier.contains(modifier);
        if has(Modifier::REVERSED) {
            std::mem::swap(&mut fg, &mut bg);
        }
        if has(Modifier::DIM) {
            fg = fg.mixed(bg, 0.4);
        }
        if has(Modifier::HIDDEN) {
            fg = bg;
        }
        Self {
            fg,
            bg,
            bold: has(Modifier::BOLD),
            italic: has(Modifier::ITALIC),
            underlined: has(Modifier::UNDERLINED),
            struck: has(Modifier::CROSSED_OUT),
        }
    }
}

/// The cells of row `y` that hold something of their own, with their column and width: the second half of a wide letter is none.
pub(super) fn row(buffer: &Buffer, y: u16) -> impl Iterator<Item = (u16, u16, &Cell)> {
    let mut x = buffer.area.left();
    std::iter::from_fn(move || {
        if x >= buffer.area.right() {
            return None;
        }
        let cell = buffer.cell((x, y))?;
        let at = x;
        let width = (cell.symbol().width().max(1) as u16).min(buffer.area.right() - at);
        x += width;
        Some((at - buffer.area.left(), width, cell))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn wide_letters_count_twice_and_reversal_swaps() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        buffer.set_stringn(0, 0, "a支付", 6, Style::new().fg(Color::Red).add_modifier(Modifier::REVERSED));
        let found: Vec<_> = row(&buffer, 0).map(|(x, width, cell)| (x, width, cell.symbol().to_owned())).collect();
        let expected = [(0, 1, "a"), (1, 2, "支"), (3, 2, "付"), (5, 1, " ")].map(|(x, w, s)| (x, w, s.to_owned()));
        assert_eq!(found, expected);
        let ink = Ink::of(buffer.cell((0, 0)).unwrap(), Ground::DARK);
        assert_eq!((ink.fg, Some(ink.bg)), (Ground::DARK.background, Rgb::of_colour(Color::Red)));
    }

    #[test]
    fn the_ground_is_that_of_the_theme() {
        let base = Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(231));
        assert_eq!(Ground::of(base), Ground { text: Rgb(1, 2, 3), background: Rgb(255, 255, 255) });
        assert_eq!(Ground::of(Style::new()), Ground::DARK);
    }
}
