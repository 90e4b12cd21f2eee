//! Lines of a detail view, wrapped: all of it can be read, if need be by scrolling, and what finds no room is said.

use super::anomaly_chart::Around;
use super::spark;
use crate::model::{SeriesId, Timestamp};
use crate::ui::widgets::{padded, put, put_right};
use crate::ui::{Key, KeyCode, Look, Role, Scene, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::rc::Rc;

/// One line before it is wrapped.
#[derive(Clone, Debug)]
pub enum Line {
    /// Words.
    Text(String, Role),
    /// A series up to a moment.
    Series(SeriesId, Timestamp),
    /// A chart of what is around an anomaly; a line where there is no room for one.
    Chart(Around),
    /// A row of a chart.
    Drawn(Rc<Buffer>, u16),
}

impl Line {
    /// An ordinary line.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into(), Role::Text)
    }

    /// A line of less weight.
    pub fn dim(text: impl Into<String>) -> Self {
        Self::Text(text.into(), Role::Dim)
    }
}

/// How far a detail view is scrolled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scroll {
    top: usize,
    page: usize,
}

impl Scroll {
    /// Scrolls by the page keys. `false`: not one of them.
    pub fn key(&mut self, key: Key) -> bool {
        match key.code {
            KeyCode::PageDown => self.top = self.top.saturating_add(self.page),
            KeyCode::PageUp => self.top = self.top.saturating_sub(self.page),
            _ => return false,
        }
        true
    }

    /// Draws `lines` into `area`.
    pub fn paint(&mut self, area: Rect, buf: &mut Buffer, lines: &[Line], scene: &Scene<'_>, look: &Look<'_>) {
        let area = padded(area);
        let rows = usize::from(area.height);
        let wrapped: Vec<Line> = lines.iter().flat_map(|line| wrap(line, area, scene, look)).collect();
        self.page = rows.saturating_sub(1).max(1);
        self.top = self.top.min(wrapped.len().saturating_sub(rows));
        for (dy, line) in (0..area.height).zip(&wrapped[self.top..]) {
            match line {
                Line::Text(text, role) => {
                    put(buf, area, 0, dy, text, look.theme.style(*role));
                }
                Line::Series(id, until) => {
                    let row = Rect { y: area.y + dy, height: 1, ..area };
                    spark::render(row, buf, scene, (*id, Some(*until)), None, Role::Text, look);
                }
                Line::Drawn(chart, row) => {
                    for dx in 0..area.width.min(chart.area.width) {
                        buf[(area.x + dx, area.y + dy)].clone_from(&chart[(dx, *row)]);
                    }
                }
                // Charts were drawn when lines were wrapped.
                Line::Chart(_) => {}
            }
        }
        let below = wrapped.len().saturating_sub(self.top + rows);
        if below > 0 {
            let more = format!(" {}", look.language.fill("{0} more: PgDn", &[&below.to_string()]));
            put_right(buf, area, 0, area.height - 1, &more, look.theme.style(Role::Accent));
        }
    }
}

fn wrap(line: &Line, area: Rect, scene: &Scene<'_>, look: &Look<'_>) -> Vec<Line> {
    match line {
        Line::Chart(around) => match Around::rows(area) {
            0 => vec![Line::Series(around.id, around.until(scene, look))],
            rows => {
                let chart = Rc::new(around.draw((area.width, rows), scene, look));
                (0..rows).map(|row| Line::Drawn(Rc::clone(&chart), row)).collect()
            }
        },
        Line::Text(text, role) => words::wrap(text, usize::from(area.width)).into_iter().map(|part| Line::Text(part, *role)).collect(),
        Line::Series(..) | Line::Drawn(..) => vec![line.clone()],
    }
}
