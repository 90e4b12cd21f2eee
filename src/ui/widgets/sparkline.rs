//! A sparkline: one row, one cell per step of time, the newest at the right.

use super::Scale;
use super::text::dot;
use crate::ui::{Look, Role};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Heights of a cell, the lowest first. Zero is drawn too, so that it differs from a gap.
pub(super) const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same without blocks.
pub(super) const ASCII_BLOCKS: [char; 8] = ['_', '.', '-', '~', '=', '+', '*', '#'];

/// One cell of a sparkline.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spark {
    /// The value; `None` is a gap, which stays blank.
    pub value: Option<f64>,
    /// Drawn in the colour of a warning.
    pub flagged: bool,
}

impl Spark {
    /// Lowest and highest value, `None` where there are only gaps.
    pub fn span(sparks: &[Self]) -> Option<(f64, f64)> {
        let values = sparks.iter().filter_map(|s| s.value);
        values.fold(None, |span: Option<(f64, f64)>, v| Some(span.map_or((v, v), |(a, b)| (a.min(v), b.max(v)))))
    }
}

/// Draws the last sparks into the first row of `area`, the newest at the right edge.
pub fn sparkline(sparks: &[Spark], scale: &Scale, role: Role, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let room = usize::from(area.width);
    let shown = &sparks[sparks.len().saturating_sub(room)..];
    let left = area.right() - shown.len() as u16;
    let glyphs = if look.ascii { ASCII_BLOCKS } else { BLOCKS };
    for (x, spark) in (left..).zip(shown) {
        let Some(value) = spark.value else { continue };
        let role = if spark.flagged { Role::Warning } else { role };
        dot(buf, x, area.y, glyphs[scale.level(value, glyphs.len())], look.theme.style(role));
    }
}
