//! A gauge: a thin line, thick as far as the share goes.

use super::text::dot;
use crate::ui::{Look, Role};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws `share` (0…1) into the first row of `area`.
pub fn gauge(share: f64, role: Role, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let halves = (share * f64::from(area.width) * 2.0).round() as u16;
    let (full, half, rest) = if look.ascii { ('=', '=', '-') } else { ('━', '╸', '─') };
    let (thick, thin) = (look.theme.style(role), look.theme.style(Role::Frame));
    for dx in 0..area.width {
        let (glyph, style) = match halves {
            h if h >= dx * 2 + 2 => (full, thick),
            h if h == dx * 2 + 1 => (half, thick),
            _ => (rest, thin),
        };
        dot(buf, area.x + dx, area.y, glyph, style);
    }
}
