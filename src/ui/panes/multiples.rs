//! Small multiples: one small chart for each label value, all on one scale, the worst first, in pages where there are many.

use super::chart_tiles::{self, Tiles};
use super::legend;
use super::notice::{fits, notice};
use super::ranked::Ranked;
use super::summary::Summary;
use super::target::Target;
use crate::model::{Safe, SeriesId, SeriesKey};
use crate::ui::widgets::Shape;
use crate::ui::{FilterFault, Handled, Hint, Key, KeyCode, Kind, Look, Mouse, MouseKind, Pane, Request, Role, Scene, format};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind.
pub const KIND: Kind = Kind {
    name: "multiples",
    summary: "one small chart for each label value, all on one scale, the worst first",
    argument: "a metric, `name` or `name{label=\"value\"}`, several with commas between; ` last=100` shows the last points instead of a range",
    build: |argument| Box::new(Multiples::new(argument)),
};

/// The least size: one tile.
const LEAST: (u16, u16) = (20, 3);
/// The least tile: a name with its value, and two rows of the line below.
const TILE: (u16, u16) = (20, 3);

const HINTS: &[Hint] = &[
    Hint { keys: "Enter", action: "open chart", rank: 2 },
    Hint { keys: "s", action: "sort", rank: 3 },
    Hint { keys: "o", action: "own / one scale", rank: 4 },
    Hint { keys: "/", action: "filter", rank: 5 },
    Hint { keys: "↑/↓/←/→", action: "pick", rank: 6 },
    Hint { keys: "PgUp/PgDn", action: "page", rank: 7 },
    Hint { keys: "y", action: "copy value", rank: 9 },
    Hint { keys: "Y", action: "copy summary", rank: 26 },
    Hint { keys: "b", action: "blocks / dots", rank: 28 },
];

/// Small multiples.
#[derive(Debug)]
pub struct Multiples {
    target: Target,
    ranked: Ranked,
    picked: Option<SeriesKey>,
    own: bool,
    dots: bool,
    /// Columns of tiles, and tiles of a page, as drawn last.
    page: (usize, usize),
    note: String,
    zone: TimeZone,
}

impl Multiples {
    /// Small charts of what `argument` names.
    pub fn new(argument: &str) -> Self {
        Self {
            target: Target::parse(argument),
            ranked: Ranked::default(),
            picked: None,
            own: false,
            dots: false,
            page: (1, 1),
            note: String::new(),
            zone: TimeZone::UTC,
        }
    }

    fn at(&self, scene: &Scene<'_>) -> Option<usize> {
        let key = self.picked.as_ref()?;
        self.ranked.last().iter().position(|id| scene.store.info(*id).key == *key)
    }

    fn go(&mut self, by: isize, scene: &Scene<'_>) {
        let Some(last) = self.ranked.last().len().checked_sub(1) else { return };
        // The first key picks the first tile, and steps from then on.
        let to = self.at(scene).map_or(0, |at| at.saturating_add_signed(by).min(last));
        self.picked = self.ranked.last().get(to).map(|id| scene.store.info(*id).key.clone());
    }

    fn picked(&self, scene: &Scene<'_>) -> Option<SeriesId> {
        self.ranked.last().get(self.at(scene).unwrap_or(0)).copied()
    }
}

/// Columns that names have in the tiles of `area`, beside a sign and a value.
fn room(ids: &[SeriesId], last: Option<usize>, area: Rect, scene: &Scene<'_>) -> usize {
    let columns = chart_tiles::grid(ids.len() as u16, area, TILE, last).0.max(1);
    let unit = ids.first().map_or("", |id| &scene.store.info(*id).spec.unit);
    usize::from((area.width + chart_tiles::GAP) / columns - chart_tiles::GAP).saturating_sub(format::fixed_width(unit) + 3)
}

impl Pane for Multiples {
    fn title(&self, scene: &Scene<'_>) -> String {
        self.ranked.title(scene, &self.target)
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        self.ranked.status(scene)
    }

    fn state(&self, scene: &Scene<'_>) -> Role {
        self.ranked.state(scene)
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        if key.ctrl || key.alt {
            return Handled::No;
        }
        let (columns, page) = (self.page.0 as isize, self.page.1 as isize);
        match key.code {
            KeyCode::Left => self.go(-1, scene),
            KeyCode::Right => self.go(1, scene),
            KeyCode::Up | KeyCode::Char('k') => self.go(-columns, scene),
            KeyCode::Down | KeyCode::Char('j') => self.go(columns, scene),
            KeyCode::PageUp => self.go(-page, scene),
            KeyCode::PageDown => {
                // From nothing picked to the second page at once.
                self.go(0, scene);
                self.go(page, scene);
            }
            KeyCode::Home | KeyCode::Char('g') => self.go(isize::MIN, scene),
            KeyCode::End | KeyCode::Char('G') => {
                self.go(0, scene);
                self.go(isize::MAX, scene);
            }
            KeyCode::Esc if self.picked.is_some() => self.picked = None,
            KeyCode::Char('s') => self.ranked.turn(),
            KeyCode::Char('o') => self.own = !self.own,
            KeyCode::Char('b') => self.dots = !self.dots,
            KeyCode::Enter => {
                let opened = self.picked(scene).map(|id| format!("chart:{}", scene.store.info(id).key));
                return opened.map_or(Handled::No, Handled::Open);
            }
            KeyCode::Char('y') => {
                let info = self.picked(scene).map(|id| scene.store.info(id));
                let text = info
                    .and_then(|i| i.last.map(|s| format!("{} {}", Safe::label(&i.key.to_string()), format::exact(s.value, &i.spec.unit))));
                return text.map_or(Handled::Yes, |text| Handled::Ask(Request::Copy(text)));
            }
            KeyCode::Char('Y') => {
                let summary = Summary { scene, zone: &self.zone, title: &self.target.text, span: None, at: None };
                return Handled::Ask(Request::Copy(summary.of(self.ranked.last())));
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> Handled {
        let (columns, page) = self.page;
        if mouse.kind != MouseKind::Press || !mouse.inside(area) || page == 0 {
            return Handled::No;
        }
        let share = |at: u16, of: u16, parts: usize| usize::from(at) * parts / usize::from(of.max(1));
        let tile =
            share(mouse.row - area.y, area.height, page / columns.max(1)) * columns + share(mouse.column - area.x, area.width, columns);
        let first = self.at(scene).unwrap_or(0) / page * page;
        self.picked = self.ranked.last().get(first + tile).map(|id| scene.store.info(*id).key.clone());
        Handled::Yes
    }

    fn filter(&mut self, text: &str) -> bool {
        self.ranked.filter(text);
        true
    }

    fn filter_fault(&self, scene: &Scene<'_>) -> Option<FilterFault> {
        self.ranked.fault(scene, &self.target)
    }

    fn note(&self) -> String {
        self.note.clone()
    }

    fn least(&self) -> (u16, u16) {
        LEAST
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        let area = area.intersection(buf.area);
        if !fits(LEAST, area, buf, look) {
            return;
        }
        self.zone = look.zone.clone();
        self.note.clear();
        let target = &self.target;
        let ids = self.ranked.list(scene, target).to_vec();
        let mut names: Vec<String> =
            ids.iter().map(|id| Safe::label(&target.name(&scene.store.info(*id).key, scene.language)).to_string()).collect();
        legend::names_apart(&mut names, room(&ids, target.last, area, scene), look.ascii);
        let named: Vec<(SeriesId, String)> = ids.into_iter().zip(names).collect();
        if named.is_empty() {
            let text = match (target.is_named(), self.ranked.filtered().is_empty()) {
                (false, _) => look.language.say("name a metric: multiples:METRIC").to_owned(),
                (true, false) => look.language.say("no series match").to_owned(),
                (true, true) => look.language.fill("no samples of {0} yet", &[Safe::label(&target.text).as_str()]),
            };
            return notice(&[&text], Role::Dim, area, buf, look);
        }
        let shape = match (look.ascii, self.dots) {
            (true, _) => Shape::Ascii,
            (false, true) => Shape::Braille,
            (false, false) => Shape::Blocks,
        };
        let picked = self.picked.as_ref().and_then(|key| scene.store.find(key));
        let tiles = Tiles { list: &named, last: target.last, picked, shape, least: TILE, own: self.own, paged: true };
        let drawn = tiles.render(area, buf, scene, look);
        self.page = (drawn.columns, drawn.shown);
        let pages = named.len().div_ceil(drawn.shown.max(1));
        let page = if pages > 1 {
            format!(
                "  {}",
                look.language.fill("page {0} of {1}", &[&(drawn.first / drawn.shown.max(1) + 1).to_string(), &pages.to_string()])
            )
        } else {
            String::new()
        };
        self.note = format!("{}{page}", drawn.note);
    }
}
