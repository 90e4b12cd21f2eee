//! Upright bars side by side: a histogram.

use super::sparkline::BLOCKS;
use super::text::dot;
use crate::ui::{Look, Role};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Its height, 0…1; anything above zero is drawn at least one eighth of a row high.
    pub share: f64,
    /// Its colour.
    pub role: Role,
}

/// Draws bars of `wide` columns each, from the left, as high as `area`.
pub fn bars(list: &[Bar], wide: u16, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let seen = area.intersection(buf.area);
    if seen.is_empty() || wide == 0 {
        return;
    }
    let eighths = i32::from(seen.height) * 8;
    for (i, bar) in list.iter().enumerate() {
        let Ok(dx) = u16::try_from(i * usize::from(wide)) else { break };
        if bar.share.is_nan() || bar.share <= 0.0 {
            continue;
        }
        let height = ((bar.share.min(1.0) * f64::from(eighths)).round() as i32).max(1);
        for row in 0..seen.height {
            let level = height - i32::from(row) * 8;
            if level <= 0 {
                break;
            }
            let glyph = if look.ascii { if level >= 4 { '#' } else { '_' } } else { BLOCKS[(level.min(8) - 1) as usize] };
            for x in (seen.x + dx..(seen.x + dx).saturating_add(wide)).take_while(|x| *x < seen.right()) {
                dot(buf, x, seen.bottom() - 1 - row, glyph, look.theme.style(bar.role));
            }
        }
    }
}
