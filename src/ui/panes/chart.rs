//! The chart pane: one or several series of a metric over time, or their last points.
//!
//! Up to six lines overlaid with a legend; one alone is shown with its expected band. What is
//! drawn follows from scene and look alone; the pane keeps only which line is picked and how.

use super::before::{self, Before};
use super::chart_data::{self, Axis, Curve, Curves};
use super::chart_over::{self, Over};
use super::chart_tiles::{self, Tiles};
use super::crosshair::Crosshair;
use super::legend::{self, Entry};
use super::notice::{fits, notice};
use super::reading;
use super::summary::Summary;
use super::target::{self, Target};
use crate::model::{Band, Safe, SeriesId, SeriesKey};
use crate::ui::widgets::{Line, Plot, PlotArea, Scale, Shape};
use crate::ui::{Handled, Hint, Key, KeyCode, Kind, Language, Look, Mouse, Pane, PaneCommand, Request, Role, Scene, format, times};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

/// The kind.
pub const KIND: Kind = Kind {
    name: "chart",
    summary: "series over time with their expected band and anomalies",
    argument: "metrics or series, `name`, `start*`, `name{label=\"value\"}`, several with commas between; ` last=100` shows the last points instead of a range, ` each` gives every series a chart of its own",
    build: |argument| Box::new(Chart::new(argument)),
};

/// Lines in one chart: more cannot be told apart.
const LINES: usize = 6;
/// Rows from which a chart is drawn in braille unless told otherwise: lower ones gain little and
/// cost twice the bytes when they move.
const BRAILLE_ROWS: u16 = 12;

/// The least size in which a line says anything.
const LEAST: (u16, u16) = (28, 4);

/// Columns of the lower edge that a note leaves free.
const EDGE: u16 = 6;

const HINTS: &[Hint] = &[
    Hint { keys: "↑/↓", action: "pick series", rank: 3 },
    Hint { keys: "Enter", action: "one / all", rank: 4 },
    Hint { keys: "←/→", action: "read values", rank: 5 },
    Hint { keys: "c", action: "compare", rank: 6 },
    Hint { keys: "l", action: "log scale", rank: 8 },
    Hint { keys: "y", action: "copy value", rank: 9 },
    Hint { keys: "Y", action: "copy summary", rank: 26 },
    Hint { keys: "H/L", action: "ten columns", rank: 27 },
    Hint { keys: "Home/End", action: "oldest/newest", rank: 50 },
    Hint { keys: "x", action: "reading on / off", rank: 51 },
    Hint { keys: "b", action: "blocks / dots", rank: 28 },
];

/// The command that any pane with a scale has.
pub(super) const LOG_SCALE: PaneCommand =
    PaneCommand { name: "log-scale", summary: "logarithms instead of values", values: &["on", "off"] };
const COMMANDS: &[PaneCommand] = &[
    PaneCommand { name: "compare", summary: "beside itself an hour, a day, a week before", values: &["1h", "1d", "1w", "off"] },
    LOG_SCALE,
];

/// What a switch is after `on`, `off`, or nothing, which turns it.
pub(super) fn switched(word: &str, now: bool) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        "" => Some(!now),
        _ => None,
    }
}

/// A chart.
#[derive(Debug)]
pub struct Chart {
    target: Target,
    picked: Option<SeriesKey>,
    alone: bool,
    log: bool,
    /// Braille or blocks where a person chose.
    dots: Option<bool>,
    before: Before,
    /// The moment that is read.
    crosshair: Crosshair,
    /// The length of time shown, the scale of all tiles, what is compared, what is not drawn.
    note: String,
    /// The zone it was drawn in last, for what is copied.
    zone: TimeZone,
}

impl Chart {
    /// A chart of what `argument` names.
    pub fn new(argument: &str) -> Self {
        Self {
            target: Target::parse(argument),
            picked: None,
            alone: false,
            log: false,
            dots: None,
            before: Before::Off,
            crosshair: Crosshair::default(),
            note: String::new(),
            zone: TimeZone::UTC,
        }
    }

    /// The series that can be drawn: those named, of the unit of the first, since there is one axis.
    fn list(&self, scene: &Scene<'_>) -> Vec<SeriesId> {
        let mut all = self.target.series(scene.store);
        if let Some(unit) = all.first().map(|id| Arc::clone(&scene.store.info(*id).spec.unit)) {
            all.retain(|id| scene.store.info(*id).spec.unit == unit);
        }
        all
    }

    /// The series drawn, in the order of their keys, and how many there are in all.
    fn shown(&self, scene: &Scene<'_>) -> (Vec<SeriesId>, usize) {
        let all = self.list(scene);
        let total = all.len();
        let picked = self.picked.as_ref().and_then(|key| scene.store.find(key)).filter(|id| all.contains(id));
        if let Some(id) = picked.filter(|_| self.alone) {
            return (vec![id], total);
        }
        if total <= LINES || self.target.each {
            return (all, total);
        }
        let value = |id: &SeriesId| scene.store.info(*id).last.map_or(f64::NEG_INFINITY, |s| s.value);
        let mut top = all.clone();
        top.sort_by(|a, b| value(b).total_cmp(&value(a)));
        top.truncate(LINES);
        if let Some(id) = picked.filter(|id| !top.contains(id)) {
            top[LINES - 1] = id;
        }
        (all.into_iter().filter(|id| top.contains(id)).collect(), total)
    }

    /// The series that matters most: the picked one, else the only one, else the first.
    fn lead(&self, scene: &Scene<'_>, shown: &[SeriesId]) -> Option<SeriesId> {
        let picked = self.picked.as_ref().and_then(|key| scene.store.find(key)).filter(|id| shown.contains(id));
        picked.or(shown.first().copied())
    }

    fn pick(&mut self, by: isize, scene: &Scene<'_>) -> Handled {
        let all = self.list(scene);
        if all.len() < 2 {
            return Handled::No;
        }
        let at = self.picked.as_ref().and_then(|key| all.iter().position(|id| scene.store.info(*id).key == *key));
        let next = at.map_or(0, |at| at.saturating_add_signed(by).min(all.len() - 1));
        self.picked = Some(scene.store.info(all[next]).key.clone());
        Handled::Yes
    }

    /// How many points are shown, where no range of time is.
    fn points(&self, language: Language) -> String {
        self.target.last.map_or_else(String::new, |n| format!("  {}", language.fill("last {0} points", &[&n.to_string()])))
    }

    fn shape(&self, lines: usize, area: Rect, look: &Look<'_>) -> Shape {
        if look.ascii {
            Shape::Ascii
        } else if self.dots.unwrap_or(lines > 1 || area.height >= BRAILLE_ROWS) || self.before != Before::Off {
            Shape::Braille
        } else {
            Shape::Blocks
        }
    }

    /// The plot with its axes into `area`.
    fn plot(&mut self, view: &View<'_>, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let (scene, lead) = (view.scene, view.lead);
        let unit = &scene.store.info(lead).spec.unit;
        let shape = self.shape(view.shown.len(), area, look);
        let mut at = PlotArea::split(area, unit);
        let data = match self.target.last {
            Some(last) => chart_data::points(scene, look, view.shown, last, at.plot.width, shape),
            None => chart_data::range(scene, look, view.shown, at.plot.width, shape),
        };
        let earlier = if let Axis::Clock(grid) = &data.axis { before::curve(scene, lead, grid, self.before, shape) } else { None };
        // Among several lines a band says something where it is that of all, or of the one picked.
        let band = view.picked || data.share_a_band();
        let Some((low, high)) = span(&data, earlier.as_ref(), Some(lead).filter(|_| band), self.log) else {
            return notice(&[look.language.say("no data here yet")], Role::Dim, area, buf, look);
        };
        let scale = Scale::new(low, high, at.plot.height, unit, self.log);
        let rest = at.plot.width.saturating_sub(data.columns);
        at.plot.width -= rest;
        at.times.width = at.times.width.saturating_sub(rest);
        let lines = lines(&data, lead);
        let (times, cell) = data.times();
        let dotted = earlier.as_ref().map(|curve| curve.line(Role::Dim));
        Plot { lines: &lines, before: dotted, band, scale: &scale, unit, times, cell, shape }.render(at, buf, look);
        self.crosshair.drawn(at.plot, data.cells(lead));
        let over = Over { scene, lead, shown: view.shown, before: self.before, earlier: earlier.as_ref() };
        over.render(&self.crosshair, matches!(data.axis, Axis::Clock(_)), buf, look);
        self.note = over.note(&data, scale.log, self.log, usize::from(view.room));
        if let (Some(last), [curve]) = (self.target.last, data.list.as_slice()) {
            let side = Rect::new(at.plot.right() + 2, area.y, rest.saturating_sub(2), area.height);
            legend::points(scene, curve.id, last, side, buf, look);
        }
    }

    /// The value under the crosshair, else the newest, of the series that matters most.
    fn value(&self, scene: &Scene<'_>) -> Option<String> {
        let (shown, _) = self.shown(scene);
        let lead = self.lead(scene, &shown)?;
        let info = scene.store.info(lead);
        match self.crosshair.cell() {
            Some(cell) => reading::read(scene, lead, cell).map(|r| r.value(&info.spec.unit)),
            None => info.last.map(|s| format::exact(s.value, &info.spec.unit)),
        }
    }

    fn summary(&self, scene: &Scene<'_>) -> String {
        let (shown, _) = self.shown(scene);
        let span = self.crosshair.cells().first().zip(self.crosshair.cells().last()).filter(|_| self.target.last.is_none());
        Summary {
            scene,
            zone: &self.zone,
            title: &self.target.text,
            span: span.map(|(first, last)| (first.from, last.to)),
            at: self.crosshair.cell(),
        }
        .of(&shown)
    }
}

/// Lowest and highest value of what is drawn, the earlier curve with it.
fn span(data: &Curves, earlier: Option<&Curve>, banded: Option<SeriesId>, log: bool) -> Option<(f64, f64)> {
    let above = if log { data.span(banded, true) } else { None };
    let own = above.or_else(|| data.span(banded, false))?;
    let all = || earlier.into_iter().flat_map(|curve| &curve.buckets).filter(|b| b.count > 0);
    let other = if above.is_some() {
        chart_data::span_above_zero(all())
    } else {
        all().map(|b| (b.min, b.max)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    };
    Some(other.map_or(own, |(low, high)| (own.0.min(low), own.1.max(high))))
}

/// What a frame shows.
struct View<'a> {
    scene: &'a Scene<'a>,
    shown: &'a [SeriesId],
    lead: SeriesId,
    /// Somebody picked the lead.
    picked: bool,
    /// Columns of the lower edge of the frame that a note may take.
    room: u16,
}

/// The lines in drawing order: the lead last, over all others. Colours follow the order of keys.
fn lines(data: &Curves, lead: SeriesId) -> Vec<Line<'_>> {
    let line = |(i, c): (usize, &'_ chart_data::Curve)| (c.id == lead, i);
    let mut order: Vec<(bool, usize)> = data.list.iter().enumerate().map(line).collect();
    order.sort_unstable();
    order
        .into_iter()
        .map(|(_, i)| {
            let curve = &data.list[i];
            curve.line(Role::Series((i % LINES) as u8))
        })
        .collect()
}

impl Pane for Chart {
    fn title(&self, scene: &Scene<'_>) -> String {
        let language = scene.language;
        let (shown, total) = self.shown(scene);
        let (Some(lead), [_]) = (self.lead(scene, &shown), shown.as_slice()) else {
            let many = match (self.target.each, total > shown.len()) {
                (true, _) => format!("  {}", language.fill("{0} series", &[&total.to_string()])),
                (false, true) => format!("  {}", language.fill("{0} of {1}", &[&shown.len().to_string(), &total.to_string()])),
                (false, false) => String::new(),
            };
            return format!("{}{many}{}", Safe::label(&self.target.text), self.points(language));
        };
        let info = scene.store.info(lead);
        let expected = |b| format!("  {}", language.fill("expected {0}", &[&band_text(b, &info.spec.unit, language)]));
        let band = target::judged(scene.store, lead).0.map_or_else(String::new, expected);
        let learning = super::learning::of_series(lead, scene);
        let learning = if learning.is_empty() { learning } else { format!("  {learning}") };
        format!("{}{}{band}{learning}", Safe::label(&info.key.to_string()), self.points(language))
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let (shown, _) = self.shown(scene);
        let ages = shown.iter().filter_map(|id| target::age(scene.store.info(*id), scene.now));
        let Some(age) = ages.min() else { return String::new() };
        let age = scene.language.fill("{0} ago", &[&times::age_in(age, scene.language)]);
        let info = self.lead(scene, &shown).map(|id| scene.store.info(id));
        match info.and_then(|i| i.last.map(|s| format::fixed(s.value, &i.spec.unit))) {
            Some(value) if shown.len() == 1 => format!("{value}  {age}"),
            _ => age,
        }
    }

    fn state(&self, scene: &Scene<'_>) -> Role {
        let (shown, _) = self.shown(scene);
        target::frame(shown.iter().map(|id| target::standing(scene, *id)).max_by_key(|r| target::rank(*r)).unwrap_or(Role::Frame))
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        if key.ctrl || key.alt {
            return Handled::No;
        }
        match key.code {
            KeyCode::Esc if self.crosshair.clear() => {}
            KeyCode::Down | KeyCode::Char('j') => return self.pick(1, scene),
            KeyCode::Up | KeyCode::Char('k') => return self.pick(-1, scene),
            KeyCode::Enter if self.picked.is_some() => self.alone = !self.alone,
            KeyCode::Enter => {
                self.alone = self.pick(0, scene) == Handled::Yes;
                return if self.alone { Handled::Yes } else { Handled::No };
            }
            KeyCode::Esc if self.alone => self.alone = false,
            KeyCode::Esc if self.picked.is_some() => self.picked = None,
            KeyCode::Char('l') => self.log = !self.log,
            KeyCode::Char('b') => self.dots = Some(!self.dots.unwrap_or(false)),
            KeyCode::Char('c') if !self.target.each => self.before = self.before.next(),
            KeyCode::Char('y') => return self.value(scene).map_or(Handled::Yes, |text| Handled::Ask(Request::Copy(text))),
            KeyCode::Char('Y') => return Handled::Ask(Request::Copy(self.summary(scene))),
            code if self.crosshair.key(code) => {}
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn commands(&self) -> &'static [PaneCommand] {
        COMMANDS
    }

    fn command(&mut self, name: &str, rest: &str, scene: &Scene<'_>) -> Result<Handled, String> {
        match name {
            "compare" if self.target.each => return Err(scene.language.say("small charts are not compared").to_owned()),
            "compare" => self.before = Before::named(rest, self.before).ok_or_else(|| scene.language.say("write 1h, 1d, 1w or off"))?,
            _ => self.log = switched(rest, self.log).ok_or_else(|| scene.language.say("write on or off"))?,
        }
        Ok(Handled::Yes)
    }

    fn mouse(&mut self, mouse: Mouse, _area: Rect, _scene: &Scene<'_>) -> Handled {
        self.crosshair.mouse(mouse, self.target.last.is_none())
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
        let (shown, _) = self.shown(scene);
        let Some(lead) = self.lead(scene, &shown) else {
            let name = Safe::label(&self.target.text);
            let text = if name.as_str().is_empty() {
                look.language.say("name a metric: chart:METRIC").to_owned()
            } else {
                look.language.fill("no samples of {0} yet", &[name.as_str()])
            };
            return notice(&[&text], Role::Dim, area, buf, look);
        };
        let picked = self.picked.as_ref().and_then(|key| scene.store.find(key));
        let view = View { scene, shown: &shown, lead, picked: picked == Some(lead), room: area.width.saturating_sub(EDGE) };
        self.note.clear();
        self.zone = look.zone.clone();
        if shown.len() == 1 {
            return self.plot(&view, area, buf, look);
        }
        let named: Vec<(SeriesId, String)> =
            shown.iter().map(|id| (*id, self.target.name(&scene.store.info(*id).key, scene.language))).collect();
        if self.target.each {
            let shape = if look.ascii {
                Shape::Ascii
            } else if self.dots == Some(true) {
                Shape::Braille
            } else {
                Shape::Blocks
            };
            self.crosshair.drawn(Rect::ZERO, Vec::new());
            let tiles = Tiles { list: &named, last: self.target.last, picked, shape, least: chart_tiles::LEAST, own: false, paged: false };
            self.note = tiles.render(area, buf, scene, look).note;
            return;
        }
        let entry = |(i, (id, name)): (usize, &(SeriesId, String))| Entry::new(scene, (*id, name), i, picked == Some(*id));
        let mut entries: Vec<Entry> = named.iter().enumerate().map(entry).collect();
        if !look.ascii {
            legend::tell_apart(&mut entries);
        }
        let (plot, names) = legend::split(area, &mut entries);
        self.plot(&view, plot, buf, look);
        if let Some(cell) = self.crosshair.cell() {
            chart_over::read_all(&mut entries, scene, &shown, cell);
        }
        legend::render(&entries, names, buf, look);
    }
}

/// `0.80 % to 2.10 %`; an open end as a comparison.
fn band_text(band: Band, unit: &str, language: Language) -> String {
    let (low, high) = (format::value(band.low, unit), format::value(band.high, unit));
    match (band.low.is_finite(), band.high.is_finite()) {
        (true, true) => language.fill("{0} to {1}", &[&low, &high]),
        (true, false) => language.fill("from {0}", &[&low]),
        (false, true) => language.fill("up to {0}", &[&high]),
        (false, false) => language.say("anything").to_owned(),
    }
}
