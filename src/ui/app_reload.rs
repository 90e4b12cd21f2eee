//! What a reload changes on the screen: pages that stay as they were keep their panes with all that was chosen in them.

use super::app::{App, Page};
use super::app_slot::Slot;
use super::bindings::Keymap;
use super::{PageSpec, PaneSpec, Signs, Theme, UiSpec};
use jiff::tz::TimeZone;

impl App {
    /// Takes the looks and the pages of a new configuration. A layout somebody changed here and did not save stays.
    pub fn exchange(&mut self, spec: &UiSpec, theme: Theme, zone: TimeZone) {
        (self.theme, self.zone, self.clusters) = (theme, zone, spec.clusters.clone().into());
        self.wall = spec.wall;
        self.take_keys(spec);
        (self.ascii, self.language) = (spec.signs == Signs::Ascii, spec.language);
        let overview = super::defaults::overview();
        let pages = if spec.pages.is_empty() { std::slice::from_ref(&overview) } else { &spec.pages[..] };
        if pages == self.configured || self.layout_changed() {
            self.configured = pages.to_vec();
            return;
        }
        self.configured = pages.to_vec();
        self.set_pages(pages);
    }

    /// Keys, mouse and what may be changed, as the configuration has them.
    fn take_keys(&mut self, spec: &UiSpec) {
        self.keymap = Keymap::new(&spec.keys);
        self.mouse = spec.mouse && spec.wall.is_none();
        // What was asked for on the command line stands in every specification; what was asked for here stays too.
        self.read_only = spec.read_only || self.read_only_here;
    }

    /// Shows these pages; a page and a pane that were there before keep their state.
    pub(super) fn set_pages(&mut self, pages: &[PageSpec]) {
        let here = self.pages.get(self.page).map(|page| page.spec.name.clone());
        let mut old = std::mem::take(&mut self.pages);
        for spec in pages {
            let before = old.iter().position(|page| page.spec.name == spec.name).map(|i| old.swap_remove(i));
            self.pages.push(Page::from_old(spec, before));
        }
        let found = self.pages.iter().position(|page| Some(&page.spec.name) == here.as_ref());
        self.page = found.unwrap_or_else(|| self.page.min(self.pages.len().saturating_sub(1)));
        if found.is_none() {
            self.opened.clear();
            self.zoomed = false;
        }
    }

    /// The pages' names as the header has them; those that are not as the configuration has them with a star.
    pub(super) fn page_titles(&self) -> Vec<String> {
        let star = |page: &Page| if self.configured.contains(&page.spec) { "" } else { "*" };
        self.pages.iter().map(|page| format!("{}{}", self.page_title(page), star(page))).collect()
    }

    /// The name of a page, that of a standard one in the language of the screen.
    pub(super) fn page_title<'a>(&self, page: &'a Page) -> &'a str {
        super::defaults::word(&page.spec).map_or(&page.name, |word| self.language.say(word))
    }

    /// Whether the pages differ from those of the configuration.
    pub(super) fn layout_changed(&self) -> bool {
        !self.pages.iter().map(|page| &page.spec).eq(self.configured.iter())
    }

    /// Shows a line below the header until it is taken away.
    pub fn banner(&mut self, text: Option<String>) {
        self.banner = text;
    }

    /// Shows what was done in place of the keys, until the next key.
    pub fn tell(&mut self, text: String) {
        self.notice = Some(text);
    }
}

impl Page {
    /// Takes over the panes of `old` that this page has too, and the focus where its pane is among them.
    pub(super) fn adopt(&mut self, old: Self) {
        let known: Vec<PaneSpec> = old.spec.panes().cloned().collect();
        let focused = known.get(old.focus).cloned();
        let mut slots: Vec<Option<Slot>> = old.panes.into_iter().map(Some).collect();
        let wanted: Vec<PaneSpec> = self.spec.panes().cloned().collect();
        for (slot, wanted) in self.panes.iter_mut().zip(&wanted) {
            let found = known.iter().zip(&mut slots).find(|(spec, slot)| *spec == wanted && slot.is_some());
            if let Some(mut taken) = found.and_then(|(_, slot)| slot.take()) {
                taken.share = slot.share;
                *slot = taken;
            }
        }
        let place = focused.and_then(|spec| wanted.iter().position(|w| *w == spec));
        self.focus = place.unwrap_or_else(|| old.focus.min(self.panes.len().saturating_sub(1)));
    }
}
