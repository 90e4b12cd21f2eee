//! Which pane has the focus: the one opened last, a phone's summary, or one of the page. Met by keys, the mouse and the palette.

use super::app::{App, Page};
use super::app_slot::Slot;
use ratatui::layout::Rect;

impl App {
    /// Panes that are not drawn now cannot be clicked.
    pub(super) fn forget_places(&mut self) {
        let all = self.pages.iter_mut().flat_map(|page| page.panes.iter_mut().chain(&mut page.summary)).chain(&mut self.opened);
        all.for_each(|slot| (slot.outer, slot.inner) = (Rect::ZERO, Rect::ZERO));
    }

    /// The pane that takes keys, to be looked at.
    pub(super) fn shown_slot(&self) -> Option<&Slot> {
        self.opened.last().or_else(|| {
            let page = self.pages.get(self.page)?;
            page.summary.as_ref().filter(|_| self.sums_up(page)).or_else(|| page.panes.get(page.focus))
        })
    }

    /// Whether `page` is shown by its summary now.
    pub(super) fn sums_up(&self, page: &Page) -> bool {
        page.at_summary && self.shows_summaries()
    }

    /// Whether pages are shown by their summaries, where one has not gone on to its panes.
    fn shows_summaries(&self) -> bool {
        self.phone && !self.zoomed && self.edit.is_none()
    }

    /// The pane that takes keys.
    pub(super) fn focused(&mut self) -> Option<&mut Slot> {
        if !self.opened.is_empty() {
            return self.opened.last_mut();
        }
        let summaries = self.shows_summaries();
        let page = self.pages.get_mut(self.page)?;
        match &mut page.summary {
            Some(summary) if page.at_summary && summaries => Some(summary),
            _ => page.panes.get_mut(page.focus),
        }
    }
}
