//! Lines of a detail view: what finds no room is said, not dropped.

use crate::ui::widgets::{put_at, put_parts};
use crate::ui::words::clip;
use crate::ui::{Look, Role};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws lines from row `from` on; answers the row after them. What finds no room is said.
pub fn paint(area: Rect, buf: &mut Buffer, from: u16, lines: &[(String, Role)], look: &Look<'_>) -> u16 {
    let room = usize::from(area.height.saturating_sub(from));
    let cut = lines.len() > room;
    let shown = if cut { room.saturating_sub(1) } else { lines.len() };
    for (row, (text, role)) in (from..).zip(&lines[..shown]) {
        put_parts(buf, area, row, &[(&clip(text, usize::from(area.width), look.ascii), look.theme.style(*role))]);
    }
    if cut && room > 0 {
        let more = format!("{} more lines: z", lines.len() - shown);
        put_at(buf, area, (area.x, area.bottom() - 1), &more, look.theme.style(Role::Dim));
    }
    from + shown as u16 + u16::from(cut && room > 0)
}
