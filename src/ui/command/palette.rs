//! The list above a command that is being typed: what fits, which of them is chosen, and how it is drawn.

use super::complete::{self, Item};
use crate::model::Safe;
use crate::ui::widgets::put_at;
use crate::ui::words::{clip, pad, width};
use crate::ui::{App, Look, Role, Scene};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows of the list: more than one looks over at a glance hide what is below.
const ROWS: usize = 10;
/// Widest list: beyond it the eye loses the line.
const WIDTH: u16 = 90;

/// What fits the line, and which of it is chosen.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    items: Vec<Item>,
    /// The line that `items` fit; `None`: to be looked for anew.
    of: Option<String>,
    chosen: Option<usize>,
}

impl Palette {
    /// Looks for what fits `line`, where that is not known yet.
    pub fn look_up(&mut self, line: &str, app: &App, scene: &Scene<'_>) {
        if self.of.as_deref() != Some(line) {
            self.items = complete::items(line, app, scene);
            self.of = Some(line.to_owned());
            self.chosen = None;
        }
    }

    /// The one chosen.
    pub fn chosen(&self) -> Option<&Item> {
        self.items.get(self.chosen?)
    }

    /// The choice was taken over into the line: what is typed next goes behind it.
    pub fn rest(&mut self) {
        self.chosen = None;
    }

    /// Chooses the next or the one before; beyond the first none is chosen. Answers whether one was chosen or is.
    pub fn step(&mut self, forward: bool) -> bool {
        let before = self.chosen;
        self.chosen = match (before, forward) {
            _ if self.items.is_empty() => None,
            (None, true) => Some(0),
            (None, false) => None,
            (Some(at), true) => Some((at + 1) % self.items.len()),
            (Some(at), false) => at.checked_sub(1),
        };
        before.is_some() || self.chosen.is_some()
    }

    /// Chooses the one in row `row` of `rows` drawn. `false`: there is none.
    pub fn choose(&mut self, row: usize, rows: usize) -> bool {
        let at = self.top(rows) + row;
        let there = at < self.items.len();
        if there {
            self.chosen = Some(at);
        }
        there
    }

    fn top(&self, rows: usize) -> usize {
        self.chosen.map_or(0, |at| (at + 1).saturating_sub(rows))
    }

    /// Where the list stands above the last line of `body`.
    pub fn area(&self, body: Rect) -> Rect {
        let height = self.items.len().min(ROWS).min(usize::from(body.height)) as u16;
        Rect { y: body.bottom() - height, height, width: body.width.min(WIDTH), ..body }
    }

    /// Draws the list.
    pub fn render(&self, body: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let area = self.area(body);
        let (rows, room) = (usize::from(area.height), usize::from(area.width));
        let top = self.top(rows);
        let widest = self.items.iter().skip(top).take(rows).map(|i| width(Safe::label(&i.text).as_str())).max().unwrap_or(0);
        let left = widest.min(room.saturating_sub(2) * 2 / 3).max(12);
        for (row, (at, item)) in self.items.iter().enumerate().skip(top).take(rows).enumerate() {
            let chosen = self.chosen == Some(at);
            let y = area.y + row as u16;
            let text = pad(&clip(Safe::label(&item.text).as_str(), left, look.ascii), left);
            let more = self.items.len() - top - rows;
            let note = if row + 1 == rows && more > 0 { look.language.fill("{0} more", &[&more.to_string()]) } else { item.note.clone() };
            let space = room.saturating_sub(left + 4);
            let note = pad(&clip(&note, space, look.ascii), space);
            let (one, other) = if chosen { (Role::Selection, Role::Selection) } else { (Role::Bar, Role::Dim) };
            let bar = look.theme.style(Role::Bar);
            put_at(buf, area, (area.x, y), &" ".repeat(room), bar);
            put_at(buf, area, (area.x, y), &format!(" {text} "), look.theme.style(one));
            put_at(buf, area, (area.x + left as u16 + 2, y), &format!(" {note} "), bar.patch(look.theme.style(other)));
        }
    }
}
