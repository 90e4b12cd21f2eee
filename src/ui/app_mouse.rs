//! What the mouse does: a click gives a pane the focus, chooses a page or presses a key of the key bar; the wheel scrolls what is under it.

use super::app::App;
use super::app_slot::Slot;
use super::field::Purpose;
use super::{Handled, Key, KeyCode, Mouse, MouseKind, Request, Scene};
use ratatui::layout::Rect;
use std::ops::Range;

/// Rows a notch of the wheel scrolls a list by, as elsewhere.
const NOTCH: usize = 3;

/// A part of the first or the last line that can be clicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit<T> {
    /// Its columns.
    pub columns: Range<u16>,
    /// What it stands for.
    pub what: T,
}

/// What was drawn where, for clicks.
#[derive(Clone, Debug, Default)]
pub(super) struct Hits {
    /// The whole screen.
    pub area: Rect,
    /// Between the first and the last line.
    pub body: Rect,
    /// Pages in the header, by index.
    pub pages: Vec<Hit<usize>>,
    /// Keys in the key bar.
    pub keys: Vec<Hit<Key>>,
}

/// Which pane follows the mouse until it is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grab {
    /// The one opened last.
    Opened,
    /// One of the page.
    Page(usize),
    /// The summary of the page, on a phone.
    Summary,
}

fn hit<T: Clone>(hits: &[Hit<T>], column: u16) -> Option<T> {
    hits.iter().find(|hit| hit.columns.contains(&column)).map(|hit| hit.what.clone())
}

impl App {
    /// Whether the mouse is listened to.
    pub fn wants_mouse(&self) -> bool {
        self.mouse
    }

    /// Takes what the mouse did; answers what the shell is asked for.
    pub fn mouse(&mut self, mouse: Mouse, scene: &Scene<'_>) -> Option<Request> {
        if !self.mouse {
            return None;
        }
        let asked = match mouse.kind {
            MouseKind::Press => self.press(mouse, scene),
            MouseKind::Drag | MouseKind::Release => {
                let grabbed = self.grabbed?;
                if mouse.kind == MouseKind::Release {
                    self.grabbed = None;
                }
                self.give(grabbed, mouse, scene)
            }
            MouseKind::WheelUp | MouseKind::WheelDown => self.wheel(mouse, scene),
        };
        asked.and_then(|request| self.allow(request))
    }

    fn press(&mut self, mouse: Mouse, scene: &Scene<'_>) -> Option<Request> {
        self.notice = None;
        self.grabbed = None;
        if self.help.take().is_some() {
            return None;
        }
        if let Some(field) = &self.field {
            let command = field.purpose == Purpose::Command;
            return if command { self.press_palette(mouse, scene) } else { None };
        }
        if mouse.row == self.hits.area.y {
            if let Some(page) = hit(&self.hits.pages, mouse.column) {
                self.go_to_page(page);
            }
            return None;
        }
        if mouse.row + 1 == self.hits.area.bottom() {
            return hit(&self.hits.keys, mouse.column).and_then(|key| self.take_key(key, scene));
        }
        let under = self.under(mouse)?;
        if let (Grab::Page(index), Some(page)) = (under, self.pages.get_mut(self.page)) {
            page.focus = index;
        }
        self.grabbed = Some(under);
        self.give(under, mouse, scene)
    }

    /// A click on a line of the palette is Enter upon it; one beside it leaves.
    fn press_palette(&mut self, mouse: Mouse, scene: &Scene<'_>) -> Option<Request> {
        self.look_up(scene);
        let area = self.palette.area(self.hits.body);
        if mouse.inside(area) && self.palette.choose(usize::from(mouse.row - area.y), usize::from(area.height)) {
            return self.take_key(Key::plain(KeyCode::Enter), scene);
        }
        if mouse.row + 1 != self.hits.area.bottom() {
            self.clear_field(true);
        }
        None
    }

    /// The pane under the pointer.
    fn under(&self, mouse: Mouse) -> Option<Grab> {
        if let Some(slot) = self.opened.last() {
            return mouse.inside(slot.outer).then_some(Grab::Opened);
        }
        let page = self.pages.get(self.page)?;
        let pane = page.panes.iter().position(|slot| mouse.inside(slot.outer)).map(Grab::Page);
        pane.or_else(|| page.summary.as_ref().filter(|slot| mouse.inside(slot.outer)).map(|_| Grab::Summary))
    }

    fn grabbed(&mut self, what: Grab) -> Option<&mut Slot> {
        match what {
            Grab::Opened => self.opened.last_mut(),
            Grab::Page(index) => self.pages.get_mut(self.page)?.panes.get_mut(index),
            Grab::Summary => self.pages.get_mut(self.page)?.summary.as_mut(),
        }
    }

    fn give(&mut self, to: Grab, mouse: Mouse, scene: &Scene<'_>) -> Option<Request> {
        let slot = self.grabbed(to)?;
        let (inner, fresh) = (slot.inner, mouse.kind == MouseKind::Press);
        if inner.is_empty() || (fresh && !mouse.inside(inner)) {
            return None;
        }
        let handled = slot.pane.mouse(mouse, inner, scene);
        self.handled(handled, scene).flatten()
    }

    fn wheel(&mut self, mouse: Mouse, scene: &Scene<'_>) -> Option<Request> {
        let down = mouse.kind == MouseKind::WheelDown;
        let arrow = Key::plain(if down { KeyCode::Down } else { KeyCode::Up });
        if self.help.is_some() {
            (0..NOTCH).for_each(|_| drop(self.take_key(arrow, scene)));
            return None;
        }
        if self.field.as_ref().is_some_and(|f| f.purpose == Purpose::Command) {
            self.look_up(scene);
            self.palette.step(down);
            return None;
        }
        let under = self.under(mouse)?;
        let slot = self.grabbed(under)?;
        let mut handled = slot.pane.mouse(mouse, slot.inner, scene);
        if handled == Handled::No {
            for _ in 0..NOTCH {
                handled = slot.pane.key(arrow, scene);
            }
        }
        // Scrolling opens nothing.
        if let Handled::Range { .. } | Handled::Ask(_) = handled { self.handled(handled, scene).flatten() } else { None }
    }
}
