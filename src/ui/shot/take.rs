//! The app drawn for a picture instead of for a terminal. The shell calls it, it holds no terminal library.

use super::cells::Ground;
use super::picture::{Picture, PictureKind};
use crate::ui::{App, Scene};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl App {
    /// A picture of the page that is shown, `size` columns and rows large.
    pub fn picture(&mut self, size: (u16, u16), scene: &Scene<'_>, kind: PictureKind, framed: bool) -> String {
        let area = Rect::new(0, 0, size.0, size.1);
        // Titles tell what was drawn last, so the first time is not the one that counts.
        self.render(area, &mut Buffer::empty(area), scene);
        let mut buffer = Buffer::empty(area);
        self.render(area, &mut buffer, scene);
        Picture { buffer: &buffer, ground: self.ground(), title: &self.picture_title(), framed }.draw(kind)
    }

    /// The time zone of its clocks.
    pub fn zone(&self) -> &jiff::tz::TimeZone {
        &self.zone
    }

    /// What shows where the screen sets no colour.
    pub fn ground(&self) -> Ground {
        Ground::of(self.theme.base())
    }

    /// What a picture of the page that is shown is called.
    pub fn picture_title(&self) -> String {
        self.page_names().nth(self.page).map_or_else(|| "bellwether".to_owned(), |page| format!("bellwether · {page}"))
    }

    /// Shows the page with this name, or this number counted from one.
    ///
    /// # Errors
    /// Names the pages there are.
    pub fn show_page(&mut self, page: &str) -> Result<(), String> {
        let name = page.trim().to_lowercase();
        let named = self.page_names().position(|known| known.to_lowercase() == name);
        let count = self.pages.len();
        let numbered = || name.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < count);
        let Some(found) = named.or_else(numbered) else {
            let known = self.page_names().enumerate().map(|(i, name)| format!("{} {name}", i + 1)).collect::<Vec<_>>();
            return Err(format!("there is no page {page:?}; there are {}", known.join(", ")));
        };
        self.page = found;
        Ok(())
    }
}
