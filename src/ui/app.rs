//! The whole screen: pages of panes, header, key bar. Pure: it reads no clock and touches no terminal.
//!
//! The shell hands it keys and a scene and gets requests; it draws what the scene shows into a buffer. A pane owns its
//! scroll and selection; this only routes. Keys are in `app_keys`, frames in `app_slot`.

use super::app_mouse::{Grab, Hits};
use super::app_slot::{Frame, Slot};
use super::bindings::Keymap;
use super::command::Palette;
use super::field::{Field, Purpose};
use super::layout::{self, Arrangement, Row};
use super::panes::overview;
use super::recall::Recall;
use super::wall::{self, About};
use super::widgets::put_at;
use super::words::clip;
use super::{Depth, Language, Look, Mode, PageSpec, Role, Scene, Signs, Theme, UiSpec, glyphs, header, help, keybar};
use crate::model::{Millis, Safe, Timestamp};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The lengths of time charts can show. The first is the least a step of a second makes sense for, the last is the retention.
pub(super) const RANGES: [Millis; 13] = [
    Millis::from_secs(60),
    Millis::from_secs(120),
    Millis::from_secs(180),
    Millis::from_secs(300),
    Millis::from_secs(420),
    Millis::from_secs(600),
    Millis::from_secs(900),
    Millis::from_secs(1_800),
    Millis::from_secs(3_600),
    Millis::from_secs(3 * 3_600),
    Millis::from_secs(6 * 3_600),
    Millis::from_secs(12 * 3_600),
    Millis::from_secs(24 * 3_600),
];
/// A quarter of an hour, as much as is read back at the start: while nobody chose, charts grow up to it with their data.
const FIT_MAX: usize = 6;
/// Series looked at to tell how far data reach back: the first ones have been there longest.
const FIT_SERIES: usize = 64;
/// The shortest stretch of time that can be chosen: samples come at most once a second.
const SPAN_LEAST: Millis = Millis::from_secs(2);
/// Columns and rows below which only a sentence is drawn.
const LEAST: (u16, u16) = (24, 5);
/// Columns and rows below which a page is shown by its summary.
const PHONE: (u16, u16) = (60, 16);

/// A page of panes and the pane with the focus.
pub(super) struct Page {
    /// As it is written.
    pub(super) spec: PageSpec,
    pub(super) name: String,
    /// Share of the height, and the panes' indexes.
    pub(super) rows: Vec<(u16, std::ops::Range<usize>)>,
    pub(super) panes: Vec<Slot>,
    pub(super) focus: usize,
    /// What its panes are about, for the wall and the phone.
    pub(super) about: About,
    /// What a phone shows of it first; `None`: its panes are small enough.
    pub(super) summary: Option<Slot>,
    /// On a phone: the summary is shown, not a pane.
    pub(super) at_summary: bool,
}

impl Page {
    fn new(spec: &PageSpec) -> Self {
        let mut rows = Vec::new();
        let mut panes = Vec::new();
        for row in &spec.rows {
            let begin = panes.len();
            panes.extend(row.panes.iter().map(|(pane, share)| Slot::new(pane.kind, &pane.argument, *share)));
            rows.push((row.weight, begin..panes.len()));
        }
        let (name, about) = (Safe::label(&spec.name).to_string(), About::of(spec));
        // Where the overview is among the panes, it is the summary.
        let wanted = about.measures() && !about.is_overview() && panes.len() > 1;
        let summary = wanted.then(|| Slot::of("", overview::of_page(&name, about.clone())));
        let at_summary = summary.is_some();
        Self { spec: spec.clone(), name, rows, panes, focus: 0, about, summary, at_summary }
    }

    /// The page of `spec` with the panes an old one has of it.
    pub(super) fn from_old(spec: &PageSpec, old: Option<Self>) -> Self {
        let Some(old) = old else { return Self::new(spec) };
        if old.spec == *spec {
            return old;
        }
        let mut page = Self::new(spec);
        page.adopt(old);
        page
    }
}

/// The screen.
pub struct App {
    pub(super) theme: Theme,
    pub(super) ascii: bool,
    pub(super) language: Language,
    pub(super) zone: TimeZone,
    pub(super) clusters: std::sync::Arc<[super::Cluster]>,
    pub(super) pages: Vec<Page>,
    pub(super) page: usize,
    /// The pages of the configuration, to tell whether somebody changed them here.
    pub(super) configured: Vec<PageSpec>,
    /// What stays below the header until it is mended.
    pub(super) banner: Option<String>,
    /// The layout is being edited.
    pub(super) edit: Option<super::layout_edit::Edit>,
    /// Panes opened over the page, the newest last.
    pub(super) opened: Vec<Slot>,
    /// The focused pane alone.
    pub(super) zoomed: bool,
    /// The range somebody chose, an index of [`RANGES`].
    pub(super) range: Option<usize>,
    /// The range that fits the data, and the moment it was found for.
    fitted: (Timestamp, usize),
    pub(super) frozen: Option<Timestamp>,
    /// The length that was chosen together with the moment charts are held at: a stretch of time drawn with the mouse.
    pub(super) span: Option<Millis>,
    /// What was jumped to last.
    pub(super) found: Option<Timestamp>,
    pub(super) field: Option<Field>,
    /// What fits the command being typed.
    pub(super) palette: Palette,
    /// Commands typed before.
    pub(super) commands: Recall,
    /// Filters typed before.
    pub(super) filters: Recall,
    pub(super) keymap: Keymap,
    pub(super) mouse: bool,
    /// What was drawn where.
    pub(super) hits: Hits,
    /// The pane that follows the mouse until it is let go.
    pub(super) grabbed: Option<Grab>,
    /// Nothing may be changed from here.
    pub(super) read_only: bool,
    /// The same was asked for here: no configuration takes it back.
    pub(super) read_only_here: bool,
    /// How many colours the terminal has, for themes chosen later.
    pub(super) depth: Depth,
    pub(super) no_color: bool,
    /// How far the help is scrolled, while it is shown.
    pub(super) help: Option<usize>,
    /// What the last key did; the next key takes it away.
    pub(super) notice: Option<String>,
    /// Processes were asked for.
    pub(super) processes: bool,
    /// The screen is small: pages are shown by their summary, panes one by one.
    pub(super) phone: bool,
    /// The wall: how long each page is shown.
    pub(super) wall: Option<Millis>,
}

impl App {
    /// The screen of `spec`; a specification without pages shows the overview.
    pub fn new(spec: &UiSpec, theme: Theme, zone: TimeZone) -> Self {
        let overview = super::defaults::overview();
        let specs = if spec.pages.is_empty() { std::slice::from_ref(&overview) } else { &spec.pages[..] };
        Self {
            pages: specs.iter().map(Page::new).collect(),
            configured: specs.to_vec(),
            banner: None,
            edit: None,
            theme,
            ascii: spec.signs == Signs::Ascii,
            language: spec.language,
            zone,
            clusters: spec.clusters.clone().into(),
            page: 0,
            opened: Vec::new(),
            zoomed: false,
            range: None,
            fitted: (Timestamp::MIN, 0),
            frozen: None,
            span: None,
            found: None,
            field: None,
            palette: Palette::default(),
            commands: Recall::default(),
            filters: Recall::default(),
            keymap: Keymap::new(&spec.keys),
            // A wall has nobody at it.
            mouse: spec.mouse && spec.wall.is_none(),
            hits: Hits::default(),
            grabbed: None,
            read_only: spec.read_only,
            read_only_here: false,
            depth: Depth::default(),
            no_color: spec.no_color,
            help: None,
            notice: None,
            processes: false,
            phone: false,
            wall: spec.wall,
        }
    }

    /// Says how many colours the terminal has, for themes chosen later.
    #[must_use]
    pub fn with_depth(self, depth: Depth) -> Self {
        Self { depth, ..self }
    }

    /// The names of the pages.
    pub(super) fn page_names(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().map(|page| page.name.as_str())
    }

    /// Adds the pages of `spec` whose names are new; nothing else on the screen changes.
    pub fn add_pages(&mut self, spec: &UiSpec) {
        for page in spec.pages.iter().map(Page::new) {
            if !self.pages.iter().any(|p| p.name == page.name) {
                self.configured.push(page.spec.clone());
                self.pages.push(page);
            }
        }
    }

    /// The theme everything is drawn in.
    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    /// The terminal has told its background: a theme that follows it becomes dark or light.
    pub fn background(&mut self, background: super::Rgb) {
        if let Some(theme) = self.theme.fitting(background) {
            self.theme = theme;
        }
    }

    /// Says something on the last line, until the next key.
    pub fn say(&mut self, notice: String) {
        self.notice = Some(notice);
    }

    /// Shows everything in another theme from the next frame on.
    pub fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
    }

    /// The language of the console's own words.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The moment at which charts are held, while they are.
    pub fn frozen(&self) -> Option<Timestamp> {
        self.frozen
    }

    /// Whether a pane on the screen shows processes and was asked to: only then are they read.
    pub fn wants_processes(&self) -> bool {
        let host = |slot: &Slot| slot.kind == "host";
        let seen = match (self.opened.last(), self.zoomed) {
            (Some(slot), _) => host(slot),
            (None, true) => self.pages.get(self.page).and_then(|page| page.panes.get(page.focus)).is_some_and(host),
            (None, false) => self.pages.get(self.page).is_some_and(|page| page.panes.iter().any(host)),
        };
        self.processes && seen
    }

    /// Draws the whole screen into `area`. Bears any size; below the least it says what it needs.
    pub fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        self.phone = area.width < PHONE.0 || area.height < PHONE.1;
        let theme = self.theme.clone();
        let zone = self.zone.clone();
        let clusters = self.clusters.clone();
        let look = Look {
            theme: &theme,
            ascii: self.ascii,
            zone: &zone,
            range: self.length(scene),
            until: self.frozen,
            focused: false,
            language: self.language,
            clusters: &clusters,
        };
        buf.set_style(area, theme.base());
        if area.width < LEAST.0 || area.height < LEAST.1 {
            let text = look.language.fill("needs {0}x{1}", &[&LEAST.0.to_string(), &LEAST.1.to_string()]);
            put_at(buf, area, (area.x, area.y), &clip(&text, usize::from(area.width), self.ascii), theme.style(Role::Text));
            return;
        }
        if let Some(rotate) = self.wall {
            let pages: Vec<(&str, &About)> = self.pages.iter().map(|page| (self.page_title(page), &page.about)).collect();
            wall::render(area, buf, &pages, rotate, scene, &look);
            if let Some(text) = &self.banner {
                keybar::render_banner(Rect { y: area.bottom() - 1, height: 1, ..area }, buf, &look, text);
            }
            self.finish_signs(area, buf);
            return;
        }
        let named = self.page_titles();
        let names: Vec<&str> = named.iter().map(String::as_str).collect();
        let badges = super::clusters::render(Rect { height: 1, ..area }, buf, &look);
        let header = header::Header { pages: &names, page: self.page, frozen: self.frozen, read_only: self.read_only };
        let pages = header.render(Rect { x: area.x + badges, width: area.width - badges, height: 1, ..area }, buf, scene, &look);
        let replay = u16::from(matches!(scene.mode, Mode::Replay { .. }));
        let banner = self.banner.as_ref().map_or(0, |text| keybar::render_banner(Rect { y: area.y + 1, ..area }, buf, &look, text));
        let body = Rect { y: area.y + 1 + banner, height: area.height - 2 - replay - banner, ..area };
        if replay > 0 {
            keybar::render_progress(Rect { y: body.bottom(), height: 1, ..area }, buf, &look, &scene.mode);
        }
        self.hits = Hits { area, body, pages, keys: Vec::new() };
        self.render_body(body, buf, scene, &look);
        self.render_kinds(body, buf, &look);
        self.render_last_line(Rect { y: area.bottom() - 1, height: 1, ..area }, buf, scene, &look);
        self.finish_signs(area, buf);
    }

    fn finish_signs(&self, area: Rect, buf: &mut Buffer) {
        if self.ascii {
            glyphs::to_ascii(area, buf);
        }
    }

    fn render_body(&mut self, body: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        self.forget_places();
        let own = self.focused().map(|slot| (slot.pane.title(scene), slot.pane.hints()));
        if let Some(scroll) = &mut self.help {
            help::render(body, buf, (scene, look), own, &self.keymap, scroll);
            return;
        }
        if let Some(slot) = self.opened.last_mut() {
            slot.render(body, buf, scene, look, &Frame { focused: true, marked: false, hidden: 0 });
            return;
        }
        let zoomed = self.zoomed;
        let phone = self.phone;
        let Some(page) = self.pages.get_mut(self.page) else { return };
        if phone
            && !zoomed
            && self.edit.is_none()
            && page.at_summary
            && let Some(slot) = &mut page.summary
        {
            slot.render(body, buf, scene, look, &Frame { focused: true, marked: false, hidden: page.panes.len() });
            return;
        }
        let Arrangement { places, hidden } = if zoomed {
            Arrangement { places: vec![(page.focus, body)], hidden: 0 }
        } else {
            layout::arrange(body, &page.needs(), page.focus)
        };
        let marked = page.panes.len() > 1 && !zoomed;
        let last = places.last().map(|place| place.0);
        for (index, area) in places {
            let Some(slot) = page.panes.get_mut(index) else { continue };
            let frame = Frame { focused: index == page.focus, marked, hidden: if Some(index) == last { hidden } else { 0 } };
            slot.render(area, buf, scene, look, &frame);
        }
    }

    fn render_last_line(&mut self, line: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        if self.render_edit_line(line, buf, look) {
            return;
        }
        self.look_up(scene);
        let fault = self.filter_fault(scene);
        if let Some(field) = &self.field {
            let mut shown = field.clone();
            if field.purpose == Purpose::Command {
                self.palette.render(self.hits.body, buf, look);
                if let Some(item) = self.palette.chosen() {
                    shown.replace(&item.text);
                }
            }
            keybar::render_field(line, buf, look, &shown, fault.as_ref());
        } else if let Some(notice) = &self.notice {
            keybar::render_notice(line, buf, look, notice);
        } else {
            let own = self.shown_slot().map_or(&[][..], |slot| slot.pane.hints());
            self.hits.keys = keybar::render(line, buf, scene, look, own, &self.keymap);
        }
    }

    /// Shows the next longer or shorter time.
    pub(super) fn change_range(&mut self, longer: bool) {
        self.span = None;
        let now = self.range.unwrap_or(self.fitted.1);
        let next = if longer { (now + 1).min(RANGES.len() - 1) } else { now.saturating_sub(1) };
        self.range = Some(next);
        self.tell_length(RANGES[next]);
    }

    /// Shows exactly this much time.
    pub(super) fn show_length(&mut self, length: Millis) {
        self.span = Some(length);
        self.tell_length(length);
    }

    fn tell_length(&mut self, length: Millis) {
        let (length, key) = (length.to_string(), self.key_for(super::keymap::Action::Fit));
        self.notice = Some(self.language.fill("charts show {0}; {1} fits them to their data", &[&length, &key]));
    }

    /// How much time charts show.
    pub(super) fn length(&mut self, scene: &Scene<'_>) -> Millis {
        let fitted = self.fitting(scene);
        self.span.unwrap_or(RANGES[self.range.unwrap_or(fitted)])
    }

    /// Lets the range follow the data again.
    pub(super) fn fit_range(&mut self) {
        self.give_back_range();
        self.range = None;
        self.notice = Some(self.language.fill("charts grow with their data, up to {0}", &[&RANGES[FIT_MAX].to_string()]));
    }

    /// Holds charts at exactly this time; a stretch turned round is turned back, one too short to hold samples is made longer.
    pub(super) fn hold_range(&mut self, from: Timestamp, to: Timestamp) {
        let (from, to) = (from.min(to), from.max(to));
        let span = to.since(from).max(SPAN_LEAST);
        self.frozen = Some(from + span);
        self.span = Some(span);
        self.notice = Some(self.language.fill("charts show {0}; Esc or = gives the time back", &[&span.to_string()]));
    }

    /// Charts go on where a stretch of time was chosen. `false`: none was.
    pub(super) fn give_back_range(&mut self) -> bool {
        let held = self.span.take().is_some();
        if held {
            self.go_on();
        }
        held
    }

    /// The shortest range that holds what there is, so that a chart of the first minute is not a blank quarter of an hour.
    fn fitting(&mut self, scene: &Scene<'_>) -> usize {
        if self.fitted.0 != scene.now {
            self.fitted = (scene.now, fitting(scene));
        }
        self.fitted.1
    }
}

impl Page {
    /// Whether a phone shows a summary before the panes.
    pub(super) fn has_summary(&self) -> bool {
        self.summary.is_some()
    }

    fn needs(&self) -> Vec<Row> {
        let row = |(weight, panes): &(u16, std::ops::Range<usize>)| Row {
            weight: *weight,
            panes: self.panes[panes.clone()].iter().map(Slot::need).collect(),
        };
        self.rows.iter().map(row).collect()
    }
}

/// The index of the shortest range that holds what series have of the longest of them.
fn fitting(scene: &Scene<'_>) -> usize {
    let minutes = (RANGES[FIT_MAX].get() / RANGES[0].get()) as usize;
    let mut longest = 1;
    let mut buckets = Vec::with_capacity(minutes);
    for info in scene.store.iter().take(FIT_SERIES) {
        let Some(last) = info.last else { continue };
        let to = last.at + Millis::new(1);
        scene.store.range(info.id, to - RANGES[FIT_MAX], to, minutes, &mut buckets);
        longest = longest.max(buckets.iter().position(|b| b.count > 0).map_or(1, |first| minutes - first));
        if longest == minutes {
            break;
        }
    }
    let length = RANGES[0].get() * longest as i64;
    RANGES[..=FIT_MAX].iter().position(|r| r.get() >= length).unwrap_or(FIT_MAX)
}
