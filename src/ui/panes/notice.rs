//! A pane that has nothing to show says so in a few calm words, instead of staying blank or half drawn.

use crate::model::Millis;
use crate::ui::widgets::put;
use crate::ui::{Language, Look, Role, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Lengths of time from this on are told in minutes.
const IN_SECONDS: Millis = Millis::from_secs(110);
/// Lengths of time from this on are told in steps, so that panes of different widths agree.
const EVEN: Millis = Millis::from_secs(60);
/// Those steps.
const EVEN_STEP: Millis = Millis::from_secs(30);

/// Writes lines into the middle of `area`.
pub fn notice(lines: &[&str], role: Role, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let seen = area.intersection(buf.area);
    let top = seen.height.saturating_sub(lines.len() as u16) / 2;
    for (line, row) in lines.iter().zip(top..) {
        let text = words::clip(line, usize::from(seen.width), look.ascii);
        let dx = usize::from(seen.width).saturating_sub(words::width(&text)) / 2;
        put(buf, seen, dx as u16, row, &text, look.theme.style(role));
    }
}

/// Whether `area` is at least `least` (columns, rows); says what is needed where it is not.
pub fn fits(least: (u16, u16), area: Rect, buf: &mut Buffer, look: &Look<'_>) -> bool {
    let seen = area.intersection(buf.area);
    if seen.width >= least.0 && seen.height >= least.1 {
        return true;
    }
    let needs = look.language.fill("needs {0}x{1}", &[&least.0.to_string(), &least.1.to_string()]);
    notice(&[&needs], Role::Dim, seen, buf, look);
    false
}

/// The words for the length of time a pane shows: in whole minutes where seconds are but a small part of it.
pub fn length(shown: Option<Millis>, language: Language) -> String {
    let whole = |length: Millis| match length {
        // Panes of one page differ by a cell or two: not worth a second look.
        length if length >= IN_SECONDS => Millis::new((length.get() + 30_000) / 60_000 * 60_000),
        length if length >= EVEN => Millis::new(length.get() / EVEN_STEP.get() * EVEN_STEP.get()),
        length => length,
    };
    shown.map_or_else(String::new, |length| language.fill("last {0}", &[&whole(length).to_string()]))
}
