//! The series list: every series with a sparkline and its newest, lowest, highest and mean value.

use super::copies::{List, Zone, asked};
use super::notice::{self, fits, notice};
use super::spark;
use super::target::{self, Target};
use crate::model::{Millis, Safe, SeriesId};
use crate::store::SeriesInfo;
use crate::ui::cursor::Pressed;
use crate::ui::filter::{Cell, Filter, Row};
use crate::ui::widgets::{Align, Column, Field, Table, TableStyle, Window};
use crate::ui::{FilterFault, Handled, Hint, Key, KeyCode, Kind, Language, Look, Mouse, MouseKind, Pane, Role, Scene, format, times};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind.
pub const KIND: Kind = Kind {
    name: "series",
    summary: "a list of series with sparklines and their newest, lowest, highest and mean values",
    argument: "metrics, `name` or `start*`, several with commas between; nothing for all series",
    build: |argument| Box::new(SeriesList::new(argument)),
};

/// The least size: a name, a value.
const LEAST: (u16, u16) = (30, 2);
/// Rows a page key moves by where the height is not known yet.
const PAGE: isize = 10;

const HINTS: &[Hint] = &[
    Hint { keys: "Enter", action: "open chart", rank: 2 },
    Hint { keys: "s", action: "sort", rank: 4 },
    Hint { keys: "/", action: "filter", rank: 3 },
    Hint { keys: "↑/↓", action: "select", rank: 5 },
    Hint { keys: "y", action: "copy row", rank: 46 },
    Hint { keys: "Y", action: "copy summary", rank: 76 },
];

pub(super) const COLUMNS: [Column; 8] = [
    Column { title: "", width: 1, grow: 0, align: Align::Left, rank: 0 },
    Column { title: "series", width: 20, grow: 2, align: Align::Left, rank: 0 },
    Column { title: "now", width: 12, grow: 0, align: Align::Right, rank: 0 },
    Column { title: "", width: 12, grow: 2, align: Align::Left, rank: 1 },
    Column { title: "min", width: 12, grow: 0, align: Align::Right, rank: 3 },
    Column { title: "max", width: 12, grow: 0, align: Align::Right, rank: 2 },
    Column { title: "mean", width: 12, grow: 0, align: Align::Right, rank: 4 },
    Column { title: "age", width: 7, grow: 0, align: Align::Right, rank: 5 },
];
/// Where the sparkline stands among the columns.
const SPARK: usize = 3;

/// What the list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// By name and labels.
    Name,
    /// By the newest value, highest first.
    Value,
    /// By age, oldest first: what has stopped stands on top.
    Age,
}

impl Order {
    const fn next(self) -> Self {
        match self {
            Self::Name => Self::Value,
            Self::Value => Self::Age,
            Self::Age => Self::Name,
        }
    }

    const fn column(self) -> (usize, bool) {
        match self {
            Self::Name => (1, false),
            Self::Value => (2, true),
            Self::Age => (7, true),
        }
    }
}

/// A list of series.
#[derive(Debug)]
pub struct SeriesList {
    target: Target,
    filter: Filter,
    order: Order,
    window: Window,
    page: isize,
    /// The length of time the small lines show.
    shown: Option<Millis>,
    /// The language it was drawn in last.
    language: Language,
    /// The zone it was drawn in last, for what is copied.
    zone: Zone,
}

impl SeriesList {
    /// A list of what `argument` names; of all series for an empty one.
    pub fn new(argument: &str) -> Self {
        Self {
            target: Target::parse(argument),
            filter: Filter::default(),
            order: Order::Name,
            window: Window::default(),
            page: PAGE,
            shown: None,
            language: Language::default(),
            zone: Zone::default(),
        }
    }

    /// The series it is of, in no order.
    fn all(&self, scene: &Scene<'_>) -> Vec<SeriesId> {
        if self.target.is_named() { self.target.series(scene.store) } else { scene.store.iter().map(|i| i.id).collect() }
    }

    /// The series in the list's order.
    fn list(&self, scene: &Scene<'_>) -> Vec<SeriesId> {
        let store = scene.store;
        let mut ids = self.all(scene);
        if !self.filter.is_empty() {
            let holds = self.filter.test(ids.iter().map(|id| Seen(store.info(*id), scene)));
            ids.retain(|id| holds.passes(&Seen(store.info(*id), scene)));
        }
        let key = |id: &SeriesId| &store.info(*id).key;
        match self.order {
            Order::Name => ids.sort_by(|a, b| target::order(key(a), key(b))),
            Order::Value => {
                let value = |id: &SeriesId| store.info(*id).last.map_or(f64::NEG_INFINITY, |s| s.value);
                ids.sort_by(|a, b| value(b).total_cmp(&value(a)).then_with(|| key(a).cmp(key(b))));
            }
            Order::Age => ids.sort_by(|a, b| store.info(*a).heard.cmp(&store.info(*b).heard).then_with(|| key(a).cmp(key(b)))),
        }
        ids
    }
}

/// A series as filters see it, in every pane that lists series.
pub(super) struct Seen<'a>(pub &'a SeriesInfo, pub &'a Scene<'a>);

impl<'a> Seen<'a> {
    /// All of `ids`.
    pub(super) fn all(scene: &'a Scene<'a>, ids: &'a [SeriesId]) -> impl Iterator<Item = Self> {
        ids.iter().map(move |id| Self(scene.store.info(*id), scene))
    }
}

impl Row for Seen<'_> {
    const COLUMNS: &'static [&'static str] = &["name", "value", "unit", "age", "state"];

    fn cell(&self, name: &str) -> Cell<'_> {
        let info = self.0;
        match name {
            "name" => (*info.key.name).into(),
            "value" => info.last.map_or(Cell::Missing, |s| Cell::Number(s.value)),
            "unit" => (*info.spec.unit).into(),
            "age" => target::age(info, self.1.now).map_or(Cell::Missing, |age| Cell::Number(age.as_secs_f64())),
            "state" => state_word(target::standing(self.1, info.id)).into(),
            label => info.key.labels.get(label).map_or(Cell::Missing, Cell::from),
        }
    }

    fn words(&self) -> String {
        self.0.key.to_string()
    }
}

/// The word of a series' state, for filters.
const fn state_word(role: Role) -> &'static str {
    match role {
        Role::Critical => "critical",
        Role::Warning => "warning",
        Role::Pending => "odd",
        Role::Stale => "stale",
        Role::Learning => "learning",
        Role::Muted => "muted",
        _ => "ok",
    }
}

/// The fields of one row. In a list of one metric the labels are enough of a name: the title has the metric.
fn row(scene: &Scene<'_>, look: &Look<'_>, id: SeriesId, target: &Target, widths: &[u16]) -> Vec<Field> {
    let info = scene.store.info(id);
    let name = target.name(&info.key, look.language);
    let unit = &info.spec.unit;
    let standing = target::standing(scene, id);
    let cells = spark::cells(scene, id, None, widths[SPARK].max(12), look);
    let seen = || cells.buckets.iter().filter(|b| b.count > 0);
    let low = seen().map(|b| b.min).fold(f64::INFINITY, f64::min);
    let high = seen().map(|b| b.max).fold(f64::NEG_INFINITY, f64::max);
    let (sum, count) = seen().fold((0.0, 0), |(s, n), b| (s + b.sum, n + b.count));
    let figure = |x: f64| if count > 0 { Field::dim(format::fixed(x, unit)) } else { Field::dim("–") };
    let scale = spark::scale(&cells.sparks, None, unit);
    let stale = target::stale(info, scene);
    let value_role = if target::rank(standing) > 0 { standing } else { Role::Text };
    let value =
        info.last.map_or_else(|| Field::dim(look.language.say("no data")), |s| Field::Text(format::fixed(s.value, unit), value_role));
    let age = target::age(info, scene.now).map_or_else(String::new, |age| times::age_in(age, look.language));
    vec![
        Field::Text(standing.sign(look.ascii).to_owned(), standing),
        Field::Name(Safe::label(&name).to_string(), Role::Text),
        value,
        Field::Spark(cells.sparks, scale, Role::Series(0)),
        figure(low),
        figure(high),
        figure(sum / count.max(1) as f64),
        Field::Text(age, if stale { Role::Stale } else { Role::Dim }),
    ]
}

impl Pane for SeriesList {
    fn title(&self, scene: &Scene<'_>) -> String {
        let language = scene.language;
        let name = if self.target.text.is_empty() { language.say("series").to_owned() } else { Safe::label(&self.target.text).to_string() };
        if self.filter.is_empty() {
            name
        } else {
            let matching = language.fill("{0} match", &[&self.list(scene).len().to_string()]);
            format!("{name}  /{}  {matching}", Safe::label(self.filter.text()))
        }
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let refused = scene.store.refused();
        let shown = if self.target.is_named() { self.target.series(scene.store).len() } else { scene.store.len() };
        let mut series = scene.language.fill("{0} series", &[&format::thousands(shown as i64)]);
        if let Some(raw) = scene.store.shallow() {
            series = format!("{series}  {}", scene.language.fill("{0} raw samples each", &[&format::thousands(raw as i64)]));
        }
        if refused == 0 {
            return series;
        }
        format!("{series}  {}", scene.language.fill("{0} refused", &[&format::thousands(refused as i64)]))
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        if key.ctrl || key.alt {
            return Handled::No;
        }
        let ids = self.list(scene);
        let end = ids.len() as isize;
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.window.step(1, ids.len()),
            KeyCode::Up | KeyCode::Char('k') => self.window.step(-1, ids.len()),
            KeyCode::PageDown => self.window.step(self.page, ids.len()),
            KeyCode::PageUp => self.window.step(-self.page, ids.len()),
            KeyCode::Home | KeyCode::Char('g') => self.window.step(-end, ids.len()),
            KeyCode::End | KeyCode::Char('G') => self.window.step(end, ids.len()),
            KeyCode::Char('s') => self.order = self.order.next(),
            KeyCode::Char('y' | 'Y') => {
                let title = if self.target.text.is_empty() { scene.language.say("series") } else { &self.target.text };
                let list = List { scene, zone: &self.zone.0, title };
                return asked(if key.code == KeyCode::Char('y') {
                    ids.get(self.window.selected).and_then(|id| list.series(*id))
                } else {
                    Some(list.all_series(&ids))
                });
            }
            KeyCode::Enter => {
                let id = ids.get(self.window.selected);
                return id.map_or(Handled::No, |id| Handled::Open(format!("chart:{}", scene.store.info(*id).key)));
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn filter(&mut self, text: &str) -> bool {
        self.filter = Filter::new(text);
        self.window = Window::default();
        true
    }

    fn filter_fault(&self, scene: &Scene<'_>) -> Option<FilterFault> {
        self.filter.fault(self.all(scene).into_iter().map(|id| Seen(scene.store.info(id), scene)))
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> Handled {
        if mouse.kind != MouseKind::Press {
            return Handled::No;
        }
        // The first line is the heading.
        let Some(line) = usize::from(mouse.row - area.y).checked_sub(1) else { return Handled::No };
        match self.window.press(line, self.list(scene).len()) {
            Pressed::Again => self.key(Key::plain(KeyCode::Enter), scene),
            Pressed::Chosen => Handled::Yes,
            Pressed::Beside => Handled::No,
        }
    }

    fn note(&self) -> String {
        notice::length(self.shown, self.language)
    }

    fn least(&self) -> (u16, u16) {
        LEAST
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        let area = area.intersection(buf.area);
        if !fits(LEAST, area, buf, look) {
            return;
        }
        self.language = look.language;
        self.zone = Zone(look.zone.clone());
        self.page = (area.height as isize - 2).max(1);
        let ids = self.list(scene);
        if ids.is_empty() {
            let say = |text| look.language.say(text);
            let text = if scene.store.is_empty() { say("no series yet") } else { say("no series match") };
            return notice(&[text], Role::Dim, area, buf, look);
        }
        let style = TableStyle { sorted: Some(self.order.column()), heading: true, select: look.focused };
        let table = Table { columns: &COLUMNS, rows: ids.len(), style };
        let (target, shown) = (&self.target, &mut self.shown);
        *shown = None;
        table.render(area, buf, look, &mut self.window, |i, widths| {
            *shown = (widths[SPARK] > 0).then(|| spark::grid(scene.now, widths[SPARK], look).length());
            row(scene, look, ids[i], target, widths)
        });
    }
}
