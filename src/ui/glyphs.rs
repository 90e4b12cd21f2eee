//! The program's own signs, each with an ASCII form: many are of ambiguous width where much of the world sits.

use super::Role;
use super::words::pad;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The program's own signs beside those of [`Role`]: many are of ambiguous width, so each has an ASCII form.
#[derive(Clone, Copy, Debug)]
pub struct Glyphs {
    /// How often.
    pub times: &'static str,
    /// The selected row, the focused pane.
    pub here: &'static str,
    /// A frame: corners from the upper left clockwise, then horizontal and vertical.
    pub frame: [&'static str; 6],
    /// A bar: done, the place, left.
    pub bar: [&'static str; 3],
}

const UNICODE: Glyphs = Glyphs { times: "×", here: "▸", frame: ["╭", "╮", "╯", "╰", "─", "│"], bar: ["━", "●", "─"] };

const ASCII: Glyphs = Glyphs { times: "x", here: ">", frame: ["+", "+", "+", "+", "-", "|"], bar: ["=", "o", "-"] };

/// The signs to use.
pub const fn glyphs(ascii: bool) -> &'static Glyphs {
    if ascii { &ASCII } else { &UNICODE }
}

/// The sign of `role`, filled to the width all signs take.
pub fn sign(role: Role, ascii: bool) -> String {
    pad(role.sign(ascii), if ascii { 2 } else { 1 })
}

/// Forms of the signs that stand within texts, of the program or of data: units, dashes, what was cut.
const FORMS: [(&str, &str); 8] = [("°", " "), ("µ", "u"), ("–", "-"), ("…", "~"), ("×", "x"), ("σ", "s"), ("·", "."), ("≥", ">")];

/// Gives the signs within texts of `area` their ASCII form.
#[expect(clippy::disallowed_methods, reason = "the forms are our own ASCII, no text from data")]
pub fn to_ascii(area: Rect, buf: &mut Buffer) {
    for place in area.intersection(buf.area).positions() {
        let cell = &mut buf[place];
        if let Some((_, form)) = FORMS.iter().find(|(sign, _)| *sign == cell.symbol()) {
            cell.set_symbol(form);
        }
    }
}
