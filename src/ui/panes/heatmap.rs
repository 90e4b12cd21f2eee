//! The heatmap: a row for each label value, a column for each stretch of time, the value as a level of a ramp.
//!
//! Eight levels on a round scale, on a grid fixed to time: from one frame to the next most cells stay what they are.

use super::chart::{LOG_SCALE, switched};
use super::chart_data::Cell;
use super::crosshair::Crosshair;
use super::legend;
use super::notice::{self, fits, notice};
use super::ranked::Ranked;
use super::reading;
use super::summary::Summary;
use super::target::{self, Target};
use crate::model::{Millis, Safe, SeriesId, Timestamp};
use crate::store::Bucket;
use crate::ui::widgets::{Grid, LEVELS, Parts, Ramp, Scale, Times, Window, put, put_right};
use crate::ui::{
    FilterFault, Handled, Hint, Key, KeyCode, Kind, Look, Mouse, Pane, PaneCommand, Request, Role, Scene, format, times, words,
};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind.
pub const KIND: Kind = Kind {
    name: "heatmap",
    summary: "labels by time: the value of each as a level of a ramp, odd ones marked",
    argument: "a metric, `name` or `name{label=\"value\"}`, several with commas between",
    build: |argument| Box::new(Heatmap::new(argument)),
};

/// The least size: some of a name, a few cells, the time.
const LEAST: (u16, u16) = (28, 3);
/// The shortest time of a cell: a picture of many rows that moved each second would be unrest, and many bytes.
const CELL_MIN: Millis = Millis::from_secs(10);
/// The steps in which finer cells move.
const STEP_FINE: Millis = Millis::from_secs(5);
/// Most lines of a row: higher ones cost bytes and say no more.
const TALL: u16 = 3;
/// Widest column of names.
const NAME_MAX: usize = 28;
/// From this width on the newest values stand at the right.
const VALUES: u16 = 60;
/// From this height on the scale stands below.
const LEGEND: u16 = 5;

const HINTS: &[Hint] = &[
    Hint { keys: "Enter", action: "open chart", rank: 2 },
    Hint { keys: "s", action: "sort", rank: 3 },
    Hint { keys: "←/→", action: "read values", rank: 4 },
    Hint { keys: "/", action: "filter", rank: 5 },
    Hint { keys: "↑/↓", action: "pick", rank: 6 },
    Hint { keys: "l", action: "log scale", rank: 8 },
    Hint { keys: "y", action: "copy value", rank: 9 },
    Hint { keys: "Y", action: "copy summary", rank: 26 },
    Hint { keys: "H/L", action: "ten columns", rank: 27 },
];

const COMMANDS: &[PaneCommand] = &[LOG_SCALE];

/// A heatmap.
#[derive(Debug)]
pub struct Heatmap {
    target: Target,
    ranked: Ranked,
    window: Window,
    crosshair: Crosshair,
    log: bool,
    note: String,
    zone: TimeZone,
    /// Lines of a row when it was last drawn.
    tall: u16,
}

/// Where the parts stand.
struct Places {
    names: Rect,
    cells: Rect,
    values: Rect,
    times: Rect,
    legend: Rect,
    /// Lines of a row.
    tall: u16,
}

/// What all rows share.
struct Sheet<'a> {
    scene: &'a Scene<'a>,
    look: &'a Look<'a>,
    scale: Scale,
    ramp: Ramp,
}

impl Heatmap {
    /// A heatmap of what `argument` names.
    pub fn new(argument: &str) -> Self {
        Self {
            target: Target::parse(argument),
            ranked: Ranked::default(),
            window: Window::default(),
            crosshair: Crosshair::default(),
            log: false,
            note: String::new(),
            zone: TimeZone::UTC,
            tall: 1,
        }
    }

    fn picked(&self) -> Option<SeriesId> {
        self.ranked.last().get(self.window.selected).copied()
    }

    /// Names of all rows, safe, with what tells them apart where they are too long.
    fn names(&self, area: Rect, scene: &Scene<'_>, look: &Look<'_>) -> Vec<String> {
        let name = |id: &SeriesId| Safe::label(&self.target.name(&scene.store.info(*id).key, scene.language)).to_string();
        let mut names: Vec<String> = self.ranked.last().iter().map(name).collect();
        legend::names_apart(&mut names, NAME_MAX.min(usize::from(area.width / 3).saturating_sub(4)), look.ascii);
        names
    }

    fn places(&self, area: Rect, names: &[String], scene: &Scene<'_>, look: &Look<'_>) -> Places {
        let list = self.ranked.last();
        let widest = names.iter().map(|name| words::width(name)).max().unwrap_or(0).min(NAME_MAX);
        let sign = if look.ascii { 3 } else { 2 };
        let names = (widest as u16 + sign + 1).min(area.width / 3);
        let unit = list.first().map_or("", |id| &scene.store.info(*id).spec.unit);
        let values = if area.width >= VALUES { format::fixed_width(unit) as u16 + 1 } else { 0 };
        let legend = u16::from(area.height >= LEGEND);
        let room = area.height - 1 - legend;
        // Where there is more room than rows, they are as much higher.
        let tall = (room / (list.len() as u16).max(1)).clamp(1, TALL);
        let rows = room.min((list.len() as u16).saturating_mul(tall));
        let cells = Rect::new(area.x + names, area.y, area.width - names - values, rows);
        Places {
            names: Rect::new(area.x, area.y, names, rows),
            cells,
            values: Rect::new(cells.right(), area.y, values, rows),
            times: Rect::new(cells.x, cells.bottom(), cells.width, 1),
            legend: Rect::new(area.x, cells.bottom() + 1, area.width, legend),
            tall,
        }
    }

    /// One row: sign and name, its cells, its newest value.
    fn row(&self, (id, name): (SeriesId, &str), buckets: &[Bucket], at: &Places, row: u16, sheet: &Sheet<'_>, buf: &mut Buffer) {
        let (scene, look) = (sheet.scene, sheet.look);
        let info = scene.store.info(id);
        let standing = target::standing(scene, id);
        let (top, row) = (row * at.tall, row * at.tall + (at.tall - 1) / 2);
        put(buf, at.names, 0, row, standing.sign(look.ascii), look.theme.style(standing));
        let sign = if look.ascii { 3 } else { 2 };
        let room = usize::from(at.names.width.saturating_sub(sign + 1));
        let name = words::shorten(name, room, look.ascii);
        let loud = if target::rank(standing) > 0 { standing } else { Role::Text };
        put(buf, at.names, sign, row, &name, look.theme.style(loud));
        let join = target::join(scene.store, id, self.crosshair.cells().first().map_or(CELL_MIN, |c| c.to.since(c.from)));
        let (mut held, mut age): (Option<f64>, usize) = (None, 0);
        let mut before: Option<usize> = None;
        for (x, bucket) in (at.cells.left()..at.cells.right()).zip(buckets) {
            if let Some(mean) = bucket.mean() {
                (held, age) = (Some(mean), 0);
            } else {
                age += 1;
            }
            // Between two samples the earlier value holds on; what is silent for longer stays blank.
            let Some(value) = held.filter(|_| age <= join) else { continue };
            if sheet.scale.log && value <= 0.0 {
                continue;
            }
            let level = Ramp::follow(sheet.scale.share(value), before);
            before = Some(level);
            for line in top..top + at.tall {
                if line == row && bucket.flagged && bucket.count > 0 {
                    sheet.ramp.draw_odd(level, look.ascii, x, at.cells.y + line, buf);
                } else {
                    sheet.ramp.draw(level, x, at.cells.y + line, buf);
                }
            }
        }
        let value = info.last.map_or_else(String::new, |s| format::fixed(s.value, &info.spec.unit));
        put_right(buf, at.values, 0, row, &value, look.theme.style(loud));
        if look.focused && self.picked() == Some(id) {
            buf.set_style(
                Rect { y: at.names.y + row, height: 1, width: at.names.width.saturating_sub(1), ..at.names },
                look.theme.style(Role::Selection),
            );
        }
    }

    /// The scale, or what is read at the crosshair.
    fn legend(&self, area: Rect, sheet: &Sheet<'_>, unit: &str, buf: &mut Buffer) {
        let look = sheet.look;
        let dim = look.theme.style(Role::Dim);
        if let Some(parts) = self.read(usize::from(area.width / 3), sheet) {
            let mut dx = 0;
            // What finds no room is left out whole: half a number would be another one.
            for (text, role) in parts {
                if usize::from(dx) + words::width(&text) > usize::from(area.width) {
                    break;
                }
                dx += put(buf, area, dx, 0, &text, look.theme.style(role));
            }
            return;
        }
        let mut dx = put(buf, area, 0, 0, &format!("{} ", format::value(sheet.scale.low, unit)), dim);
        for level in 0..LEVELS {
            for _ in 0..2 {
                if dx < area.width && area.height > 0 {
                    sheet.ramp.draw(level, area.x + dx, area.y, buf);
                    dx += 1;
                }
            }
        }
        dx += put(buf, area, dx, 0, &format!(" {}", format::value(sheet.scale.high, unit)), dim);
        let odd = if look.ascii { '!' } else { '●' };
        let mut word = |dx: u16, text: &str, style| {
            // Whole words or none.
            if usize::from(dx) + words::width(text) <= usize::from(area.width) { put(buf, area, dx, 0, text, style) } else { 0 }
        };
        dx += word(dx, &format!("   {odd} "), look.theme.style(Role::Warning));
        dx += word(dx, look.language.say("odd"), dim);
        word(dx, &format!("   {}", look.language.say("blank: no data")), dim);
    }

    /// What the picked row held at the crosshair.
    fn read(&self, room: usize, sheet: &Sheet<'_>) -> Option<Parts> {
        let (cell, id) = (self.crosshair.cell()?, self.picked()?);
        let info = sheet.scene.store.info(id);
        let name = words::shorten(Safe::label(&self.target.name(&info.key, sheet.look.language)).as_str(), room, sheet.look.ascii);
        let reading = reading::read(sheet.scene, id, cell);
        let clock = reading.map_or_else(|| times::clock(cell.from, sheet.look.zone), |r| r.clock(sheet.look));
        let mut parts = vec![
            (format!("{}  ", reading::heading(cell.from, &clock, sheet.scene, sheet.look)), Role::Text),
            (format!("{name}  "), Role::Dim),
        ];
        match reading {
            Some(reading) => parts.extend(reading.parts(&info.spec.unit, sheet.look)),
            None => parts.push((sheet.look.language.say("no data").to_owned(), Role::Stale)),
        }
        Some(parts)
    }

    fn copied(&self, scene: &Scene<'_>) -> Option<String> {
        let info = scene.store.info(self.picked()?);
        let value = match self.crosshair.cell() {
            Some(cell) => reading::read(scene, info.id, cell).map(|r| r.value(&info.spec.unit)),
            None => info.last.map(|s| format::exact(s.value, &info.spec.unit)),
        }?;
        Some(format!("{} {value}", Safe::label(&info.key.to_string())))
    }

    fn summary(&self, scene: &Scene<'_>) -> String {
        let span = self.crosshair.cells().first().zip(self.crosshair.cells().last()).map(|(a, b)| (a.from, b.to));
        Summary { scene, zone: &self.zone, title: &self.target.text, span, at: self.crosshair.cell() }.of(self.ranked.last())
    }

    /// The rows that are seen, in buckets.
    fn fetch(&self, rows: usize, grid: &Grid, scene: &Scene<'_>) -> Vec<(SeriesId, Vec<Bucket>)> {
        let seen = self.ranked.last().iter().skip(self.window.top).take(rows);
        seen.map(|id| {
            let mut buckets = Vec::with_capacity(grid.columns);
            scene.store.range(*id, grid.from, grid.to, grid.columns, &mut buckets);
            (*id, buckets)
        })
        .collect()
    }
}

/// The cells of a heatmap. Where they are shorter than the least, as while a program is young, all move together in steps of that.
fn grid(end: Timestamp, columns: u16, look: &Look<'_>) -> Grid {
    let fine = look.range.get() < CELL_MIN.get() * i64::from(columns) && look.until.is_none();
    Grid::new(if fine { end.floor_to(STEP_FINE) } else { end }, look.range, columns)
}

/// The scale over the means of all rows.
fn scale(rows: &[(SeriesId, Vec<Bucket>)], unit: &str, log: bool) -> Option<Scale> {
    let means = || rows.iter().flat_map(|(_, buckets)| buckets).filter_map(Bucket::mean);
    let span = |list: &mut dyn Iterator<Item = f64>| list.map(|m| (m, m)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let above = if log { span(&mut means().filter(|m| *m > 0.0)) } else { None };
    let (low, high) = above.or_else(|| span(&mut means()))?;
    Some(Scale::new(low, high, LEVELS as u16 * 2, unit, log))
}

impl Pane for Heatmap {
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
        let count = self.ranked.last().len();
        let page = usize::from(self.crosshair.plot().height / self.tall).max(1) as isize;
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.window.step(1, count),
            KeyCode::Up | KeyCode::Char('k') => self.window.step(-1, count),
            KeyCode::PageDown => self.window.step(page, count),
            KeyCode::PageUp => self.window.step(-page, count),
            KeyCode::Char('s') => self.ranked.turn(),
            KeyCode::Char('l') => self.log = !self.log,
            KeyCode::Enter => {
                let opened = self.picked().map(|id| format!("chart:{}", scene.store.info(id).key));
                return opened.map_or(Handled::No, Handled::Open);
            }
            KeyCode::Char('y') => return self.copied(scene).map_or(Handled::Yes, |text| Handled::Ask(Request::Copy(text))),
            KeyCode::Char('Y') => return Handled::Ask(Request::Copy(self.summary(scene))),
            KeyCode::Esc if self.crosshair.clear() => {}
            code if self.crosshair.key(code) => {}
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn commands(&self) -> &'static [PaneCommand] {
        COMMANDS
    }

    fn command(&mut self, _name: &str, rest: &str, scene: &Scene<'_>) -> Result<Handled, String> {
        self.log = switched(rest, self.log).ok_or_else(|| scene.language.say("write on or off"))?;
        Ok(Handled::Yes)
    }

    fn mouse(&mut self, mouse: Mouse, _area: Rect, _scene: &Scene<'_>) -> Handled {
        let handled = self.crosshair.mouse(mouse, true);
        let row = usize::from(mouse.row.saturating_sub(self.crosshair.plot().y) / self.tall) + self.window.top;
        if handled == Handled::Yes && row < self.ranked.last().len() {
            self.window.selected = row;
        }
        handled
    }

    fn filter(&mut self, text: &str) -> bool {
        self.ranked.filter(text);
        self.window = Window::default();
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
        let ids = self.ranked.list(scene, &self.target).to_vec();
        let names = self.names(area, scene, look);
        let at = self.places(area, &names, scene, look);
        self.tall = at.tall;
        let seen_rows = at.cells.height / at.tall;
        self.window.settle(ids.len(), usize::from(seen_rows));
        let end = target::end(scene, look.until, look.range, &ids);
        let grid = grid(end, at.cells.width, look);
        let rows = self.fetch(usize::from(seen_rows), &grid, scene);
        let unit = ids.first().map_or_else(String::new, |id| scene.store.info(*id).spec.unit.to_string());
        let Some(scale) = scale(&rows, &unit, self.log) else {
            let text = match (self.target.is_named(), self.ranked.filtered().is_empty()) {
                (false, _) => look.language.say("name a metric: heatmap:METRIC").to_owned(),
                (true, false) => look.language.say("no series match").to_owned(),
                (true, true) => look.language.fill("no samples of {0} yet", &[Safe::label(&self.target.text).as_str()]),
            };
            return notice(&[&text], Role::Dim, area, buf, look);
        };
        let edge = |column: usize| grid.from + Millis::new(grid.cell.get() * column as i64);
        let seen = |column: usize| rows.iter().any(|(_, buckets)| buckets.get(column).is_some_and(|b| b.count > 0));
        let cells = (0..grid.columns).map(|c| Cell { from: edge(c), to: edge(c + 1), seen: seen(c) }).collect();
        self.crosshair.drawn(at.cells, cells);
        let sheet = Sheet { scene, look, scale, ramp: Ramp::new(Role::Series(0), look) };
        for (((id, buckets), name), row) in rows.iter().zip(names.iter().skip(self.window.top)).zip(0..seen_rows) {
            self.row((*id, name), buckets, &at, row, &sheet, buf);
        }
        Times::Clock(&grid).render(at.times, buf, look);
        self.pointer(&at, buf, look);
        self.legend(at.legend, &sheet, &unit, buf);
        let hidden = ids.len().saturating_sub(self.window.top + rows.len());
        let more = if hidden > 0 { format!("{}  ", look.language.fill("{0} more below", &[&hidden.to_string()])) } else { String::new() };
        let log = if sheet.scale.log { "log  " } else { "" };
        self.note = format!("{more}{log}{}", notice::length(Some(grid.length()), look.language));
    }
}

impl Heatmap {
    /// A sign below the column that is read, and the stretch that is being chosen.
    fn pointer(&self, at: &Places, buf: &mut Buffer, look: &Look<'_>) {
        if let Some((from, to)) = self.crosshair.stretch() {
            crate::ui::widgets::stretch(at.times, from, to, buf, look);
        }
        if let Some(column) = self.crosshair.column() {
            put(buf, at.times, column, 0, if look.ascii { "^" } else { "▲" }, look.theme.style(Role::Accent));
        }
    }
}
