//! Top-k: the series of a metric with the highest last value, mean, maximum or change over the range, each with a sparkline.

use super::notice::{self, fits, notice};
use super::ranked::SERIES_MAX;
use super::series::Seen;
use super::spark;
use super::summary::Summary;
use super::target::{self, Target};
use crate::model::{Millis, Safe, SeriesId, SeriesKey, Timestamp};
use crate::ui::cursor::Pressed;
use crate::ui::filter::Filter;
use crate::ui::widgets::{Align, Column, Field, Table, TableStyle, Window};
use crate::ui::{FilterFault, Handled, Hint, Key, KeyCode, Kind, Language, Look, Mouse, MouseKind, Pane, Request, Role, Scene, format};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind.
pub const KIND: Kind = Kind {
    name: "top",
    summary: "the series of a metric with the highest last value, mean, maximum or change over the range",
    argument: "a metric, `name` or `name{label=\"value\"}`, several with commas between",
    build: |argument| Box::new(Top::new(argument)),
};

/// The least size: a name, a value.
const LEAST: (u16, u16) = (30, 2);
/// How long an order holds, so that it can be read.
const HOLD: Millis = Millis::from_secs(5);

const HINTS: &[Hint] = &[
    Hint { keys: "s", action: "last / mean / max / change", rank: 2 },
    Hint { keys: "Enter", action: "open chart", rank: 3 },
    Hint { keys: "r", action: "lowest first", rank: 4 },
    Hint { keys: "/", action: "filter", rank: 5 },
    Hint { keys: "↑/↓", action: "select", rank: 6 },
    Hint { keys: "y", action: "copy row", rank: 9 },
    Hint { keys: "Y", action: "copy summary", rank: 26 },
];

pub(super) const COLUMNS: [Column; 8] = [
    Column { title: "", width: 4, grow: 0, align: Align::Right, rank: 5 },
    Column { title: "", width: 2, grow: 0, align: Align::Left, rank: 0 },
    Column { title: "series", width: 14, grow: 2, align: Align::Left, rank: 0 },
    Column { title: "last", width: 12, grow: 0, align: Align::Right, rank: 0 },
    Column { title: "", width: 12, grow: 3, align: Align::Left, rank: 1 },
    Column { title: "mean", width: 12, grow: 0, align: Align::Right, rank: 2 },
    Column { title: "max", width: 12, grow: 0, align: Align::Right, rank: 3 },
    Column { title: "change", width: 12, grow: 0, align: Align::Right, rank: 4 },
];
/// Where the sparkline stands among the columns.
const SPARK: usize = 4;

/// What is ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Measure {
    #[default]
    Last,
    Mean,
    Max,
    Change,
}

impl Measure {
    const fn next(self) -> Self {
        match self {
            Self::Last => Self::Mean,
            Self::Mean => Self::Max,
            Self::Max => Self::Change,
            Self::Change => Self::Last,
        }
    }

    const fn column(self) -> usize {
        match self {
            Self::Last => 3,
            Self::Mean => 5,
            Self::Max => 6,
            Self::Change => 7,
        }
    }

    fn words(self, language: Language) -> &'static str {
        match self {
            Self::Last => language.say("by last value"),
            Self::Mean => language.say("by mean"),
            Self::Max => language.say("by maximum"),
            Self::Change => language.say("by change"),
        }
    }
}

/// A series and its figures over the range.
#[derive(Clone, Debug)]
struct Figures {
    id: SeriesId,
    last: f64,
    mean: f64,
    max: f64,
    /// The last value less the first.
    change: f64,
}

impl Figures {
    const fn of(&self, measure: Measure) -> f64 {
        match measure {
            Measure::Last => self.last,
            Measure::Mean => self.mean,
            Measure::Max => self.max,
            Measure::Change => self.change,
        }
    }
}

/// Top-k.
#[derive(Debug)]
pub struct Top {
    target: Target,
    measure: Measure,
    lowest: bool,
    filter: Filter,
    window: Window,
    /// The row that is selected holds on to its series, since the order changes under it.
    selected: Option<SeriesKey>,
    list: Vec<Figures>,
    /// For what the list was made.
    made: Option<(Timestamp, Timestamp, Millis, usize)>,
    span: Option<(Timestamp, Timestamp)>,
    zone: TimeZone,
    language: Language,
}

impl Top {
    /// The top of what `argument` names.
    pub fn new(argument: &str) -> Self {
        Self {
            target: Target::parse(argument),
            measure: Measure::Last,
            lowest: false,
            filter: Filter::default(),
            window: Window::default(),
            selected: None,
            list: Vec::new(),
            made: None,
            span: None,
            zone: TimeZone::UTC,
            language: Language::default(),
        }
    }

    /// Ranks anew where the hold is over, the range is another or series have come.
    fn update(&mut self, scene: &Scene<'_>, look: &Look<'_>) {
        let end = look.until.unwrap_or(scene.now);
        let made = (scene.now.floor_to(HOLD), look.until.unwrap_or_default(), look.range, scene.store.len());
        if self.made == Some(made) {
            return;
        }
        self.made = Some(made);
        let (from, to) = (end - look.range, end + Millis::new(1));
        self.span = Some((from, to));
        let mut ids = self.target.series(scene.store);
        if let Some(first) = ids.first().copied() {
            ids.retain(|id| scene.store.info(*id).spec.unit == scene.store.info(first).spec.unit);
        }
        if !self.filter.is_empty() {
            let holds = self.filter.test(Seen::all(scene, &ids));
            ids.retain(|id| holds.passes(&Seen(scene.store.info(*id), scene)));
        }
        ids.truncate(SERIES_MAX);
        self.list = ids.into_iter().filter_map(|id| figures(scene, id, from, to)).collect();
        let (measure, lowest) = (self.measure, self.lowest);
        self.list.sort_by(|a, b| {
            let order = b.of(measure).total_cmp(&a.of(measure));
            if lowest { order.reverse() } else { order }
        });
    }

    fn at(&self, scene: &Scene<'_>) -> usize {
        let held = self.selected.as_ref().and_then(|key| self.list.iter().position(|f| scene.store.info(f.id).key == *key));
        held.unwrap_or(0)
    }

    fn go(&mut self, by: isize, scene: &Scene<'_>) {
        self.window.selected = self.at(scene);
        self.window.step(by, self.list.len());
        // The first row is a place and not a series: whoever looks at it sees the highest.
        let row = self.list.get(self.window.selected).filter(|_| self.window.selected > 0);
        self.selected = row.map(|f| scene.store.info(f.id).key.clone());
    }

    /// The fields of one row.
    fn row(&self, i: usize, widths: &[u16], scene: &Scene<'_>, look: &Look<'_>) -> Vec<Field> {
        let figures = &self.list[i];
        let info = scene.store.info(figures.id);
        let unit = &info.spec.unit;
        let standing = target::standing(scene, figures.id);
        let loud = if target::rank(standing) > 0 { standing } else { Role::Text };
        let cells = spark::cells(scene, figures.id, None, widths[SPARK].max(1), look);
        let scale = spark::scale(&cells.sparks, None, unit);
        let figure = |measure: Measure, x: f64| {
            let text = if measure == Measure::Change { signed(x, unit) } else { format::fixed(x, unit) };
            Field::Text(text, if measure == self.measure { loud } else { Role::Dim })
        };
        vec![
            Field::dim((i + 1).to_string()),
            Field::Text(standing.sign(look.ascii).to_owned(), standing),
            Field::Name(Safe::label(&self.target.name(&info.key, scene.language)).to_string(), loud),
            figure(Measure::Last, figures.last),
            Field::Spark(cells.sparks, scale, Role::Series(0)),
            figure(Measure::Mean, figures.mean),
            figure(Measure::Max, figures.max),
            figure(Measure::Change, figures.change),
        ]
    }

    fn copied(&self, scene: &Scene<'_>) -> Option<String> {
        let f = self.list.get(self.at(scene))?;
        let info = scene.store.info(f.id);
        let text = |x: f64| format::exact(x, &info.spec.unit);
        let figures = [&text(f.last), &text(f.mean), &text(f.max), &signed(f.change, &info.spec.unit)].map(|t| t.trim().to_owned());
        let figures: Vec<&str> = figures.iter().map(String::as_str).collect();
        let words = scene.language.fill("last {0}, mean {1}, max {2}, change {3}", &figures);
        Some(format!("{}: {words}", Safe::label(&info.key.to_string())))
    }
}

/// The figures of one series between two moments; none where it has no sample there.
fn figures(scene: &Scene<'_>, id: SeriesId, from: Timestamp, to: Timestamp) -> Option<Figures> {
    /// The first of so many parts is where a change begins.
    const PARTS: usize = 30;
    let mut buckets = Vec::with_capacity(PARTS);
    scene.store.range(id, from, to, PARTS, &mut buckets);
    let seen = || buckets.iter().filter(|b| b.count > 0);
    let (first, last) = (seen().next()?, seen().next_back()?);
    let (sum, count) = seen().fold((0.0, 0), |(s, n), b| (s + b.sum, n + b.count));
    let max = seen().map(|b| b.max).fold(f64::NEG_INFINITY, f64::max);
    // Of the first part its mean: one sample would make the change a matter of luck.
    let change = last.last - first.mean().unwrap_or(first.last);
    Some(Figures { id, last: last.last, mean: sum / count.max(1) as f64, max, change })
}

/// A difference with its sign, in the width of a figure.
fn signed(x: f64, unit: &str) -> String {
    let text = format::fixed(x, unit);
    if x <= 0.0 {
        return text;
    }
    let number = text.trim_start();
    let wide = crate::ui::words::width(&text);
    crate::ui::words::pad_left(&format!("+{number}"), wide)
}

impl Pane for Top {
    fn title(&self, scene: &Scene<'_>) -> String {
        let filter = if self.filter.is_empty() { String::new() } else { format!("  /{}", Safe::label(self.filter.text())) };
        let lowest = if self.lowest { format!(", {}", scene.language.say("lowest first")) } else { String::new() };
        format!("{}{filter}  {}{lowest}", Safe::label(&self.target.text), self.measure.words(scene.language))
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        scene.language.fill("{0} series", &[&format::thousands(self.list.len() as i64)])
    }

    fn state(&self, scene: &Scene<'_>) -> Role {
        let worst = self.list.iter().map(|f| target::standing(scene, f.id)).max_by_key(|r| target::rank(*r));
        target::frame(worst.unwrap_or(Role::Frame))
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        if key.ctrl || key.alt {
            return Handled::No;
        }
        let page = 10;
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.go(1, scene),
            KeyCode::Up | KeyCode::Char('k') => self.go(-1, scene),
            KeyCode::PageDown => self.go(page, scene),
            KeyCode::PageUp => self.go(-page, scene),
            KeyCode::Home | KeyCode::Char('g') => self.go(isize::MIN, scene),
            KeyCode::End | KeyCode::Char('G') => self.go(isize::MAX, scene),
            KeyCode::Char('s') => (self.measure, self.made) = (self.measure.next(), None),
            KeyCode::Char('r') => (self.lowest, self.made) = (!self.lowest, None),
            KeyCode::Enter => {
                let row = self.list.get(self.at(scene));
                return row.map_or(Handled::No, |f| Handled::Open(format!("chart:{}", scene.store.info(f.id).key)));
            }
            KeyCode::Char('y') => return self.copied(scene).map_or(Handled::Yes, |text| Handled::Ask(Request::Copy(text))),
            KeyCode::Char('Y') => {
                let ids: Vec<SeriesId> = self.list.iter().map(|f| f.id).collect();
                let summary = Summary { scene, zone: &self.zone, title: &self.target.text, span: self.span, at: None };
                return Handled::Ask(Request::Copy(summary.of(&ids)));
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn filter(&mut self, text: &str) -> bool {
        self.filter = Filter::new(text);
        self.made = None;
        self.selected = None;
        true
    }

    fn filter_fault(&self, scene: &Scene<'_>) -> Option<FilterFault> {
        self.filter.fault(Seen::all(scene, &self.target.series(scene.store)))
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> Handled {
        if mouse.kind != MouseKind::Press {
            return Handled::No;
        }
        // The first line is the heading.
        let Some(line) = usize::from(mouse.row - area.y).checked_sub(1) else { return Handled::No };
        self.window.selected = self.at(scene);
        let pressed = self.window.press(line, self.list.len());
        self.go(0, scene);
        match pressed {
            Pressed::Again => self.key(Key::plain(KeyCode::Enter), scene),
            Pressed::Chosen => Handled::Yes,
            Pressed::Beside => Handled::No,
        }
    }

    fn note(&self) -> String {
        notice::length(self.span.map(|(from, to)| to.since(from)), self.language)
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
        self.language = look.language;
        self.update(scene, look);
        if self.list.is_empty() {
            let text = match (self.target.is_named(), self.filter.is_empty()) {
                (false, _) => look.language.say("name a metric: top:METRIC").to_owned(),
                (true, false) => look.language.say("no series match").to_owned(),
                (true, true) => look.language.fill("no samples of {0} yet", &[Safe::label(&self.target.text).as_str()]),
            };
            return notice(&[&text], Role::Dim, area, buf, look);
        }
        let mut window = Window { selected: self.at(scene), ..self.window };
        let style = TableStyle { sorted: Some((self.measure.column(), !self.lowest)), heading: true, select: look.focused };
        let table = Table { columns: &COLUMNS, rows: self.list.len(), style };
        table.render(area, buf, look, &mut window, |i, widths| self.row(i, widths, scene, look));
        self.window = window;
    }
}
