//! The rows of the host pane: meters, pairs of rates, a grid of cores, processes. Each knows its
//! height and draws itself; what is missing or stale says so. Met by the host pane only.

use super::{spark, target};
use crate::model::{LabelSet, Millis, Safe, SeriesId, SeriesKey};
use crate::ui::widgets::{Grid, Line, Plot, PlotArea, Scale, Shape, Times, gauge, put, put_right};
use crate::ui::{Look, Process, Role, Scene, format, times, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns of a row's label.
const LABEL: u16 = 13;
/// Columns of a note at the right: `19.5 GiB of 31.9 GiB`.
const NOTE: u16 = 22;
/// Columns of one core in the grid, at least.
const CORE: u16 = 22;
/// Below this width the two rates of a pair stand below each other.
const PAIR: u16 = 56;
/// Columns of one temperature.
const HEAT: u16 = 30;

/// A newest value with what there is to say about its trust.
#[derive(Clone, Copy, Debug)]
pub struct Newest {
    /// The series.
    pub id: SeriesId,
    /// Its newest value.
    pub value: f64,
    /// How long ago it was heard of, where that is too long.
    pub old: Option<Millis>,
    /// Flagged by a detector, or alarmed.
    pub standing: Role,
}

/// The newest value of `name` with `labels`.
pub fn newest(scene: &Scene<'_>, name: &str, labels: &[(&str, &str)]) -> Option<Newest> {
    let key = SeriesKey::new(name, LabelSet::new(labels.iter().copied()));
    scene.store.find(&key).and_then(|id| of(scene, id))
}

/// The newest value of a series.
pub fn of(scene: &Scene<'_>, id: SeriesId) -> Option<Newest> {
    let info = scene.store.info(id);
    let old = target::age(info, scene.now).filter(|_| target::stale(info, scene));
    info.last.map(|s| Newest { id, value: s.value, old, standing: target::standing(scene, id) })
}

/// What stands for a reading there is none of: before the first of all, nobody knows yet whether there will be one.
pub fn absent(scene: &Scene<'_>) -> &'static str {
    let language = scene.language;
    if scene.store.iter().any(|i| i.key.name.starts_with("system.")) { language.say("not available") } else { language.say("reading …") }
}

/// One row, or a block of them.
#[derive(Debug)]
pub enum Row<'a> {
    /// A heading with a rule.
    Heading(&'static str),
    /// A share with gauge, sparkline and note.
    Meter { label: String, now: Option<Newest>, note: String, role: Role },
    /// Two rates: in and out, read and write.
    Pair { label: String, words: [&'static str; 2], now: [Option<Newest>; 2] },
    /// Cores, each a sparkline and its share.
    Cores(Vec<(String, Newest)>),
    /// A share over time, several rows high.
    Plot { id: SeriesId, rows: u16, role: Role },
    /// Temperatures, several a row.
    Heat(Vec<(String, Newest)>),
    /// A line of words.
    Words(String, Role),
    /// A process.
    Process(&'a Process),
    /// Nothing.
    Blank,
}

impl Row<'_> {
    /// Rows it takes at `width` columns.
    pub fn height(&self, width: u16) -> u16 {
        match self {
            Self::Cores(list) => (list.len() as u16).div_ceil((width / CORE).max(1)),
            Self::Plot { rows, .. } => *rows,
            Self::Pair { .. } if width < PAIR => 2,
            Self::Heat(list) => (list.len() as u16).div_ceil((width / HEAT).max(1)),
            _ => 1,
        }
    }

    /// Draws itself.
    pub fn render(&self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        match self {
            Self::Heading(title) => heading(title, area, buf, look),
            Self::Meter { label, now, note, role } => meter((label, note), *now, *role, area, buf, scene, look),
            Self::Pair { label, words, now } => pair(label, *words, *now, area, buf, scene, look),
            Self::Cores(list) => cores(list, area, buf, scene, look),
            Self::Plot { id, role, .. } => plot(*id, *role, area, buf, scene, look),
            Self::Heat(list) => heat(list, area, buf, scene, look),
            Self::Words(text, role) => {
                put(buf, area, 0, 0, &words::clip(text, usize::from(area.width), look.ascii), look.theme.style(*role));
            }
            Self::Process(p) => process(p, area, buf, look),
            Self::Blank => {}
        }
    }
}

fn heading(title: &'static str, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let used = put(buf, area, 0, 0, look.language.say(title), look.theme.style(Role::Dim));
    let rule = if look.ascii { "-" } else { "─" };
    let rest = usize::from(area.width.saturating_sub(used + 1));
    put(buf, area, used + 1, 0, &rule.repeat(rest), look.theme.style(Role::Frame));
}

/// The value's text in its colour: a stale one in that of staleness, a flagged one in a warning's.
fn figure(now: Option<Newest>, place: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    let Some(now) = now else {
        put(buf, place, 0, 0, &words::clip(absent(scene), usize::from(place.width), look.ascii), look.theme.style(Role::Dim));
        return;
    };
    let role = if target::rank(now.standing) > 0 { now.standing } else { Role::Text };
    let text = format::fixed(now.value, &scene.store.info(now.id).spec.unit);
    put_right(buf, place, 0, 0, &text, look.theme.style(role));
}

fn trend(id: SeriesId, full: Option<f64>, role: Role, place: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    if place.width < 4 {
        return;
    }
    spark::render(place, buf, scene, (id, None), full, role, look);
}

fn plot(id: SeriesId, role: Role, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    let unit = &scene.store.info(id).spec.unit;
    let at = PlotArea::split(area, unit);
    let shape = if look.ascii { Shape::Ascii } else { Shape::Blocks };
    let grid = Grid::new(target::end(scene, look.until, look.range, &[id]), look.range, at.plot.width);
    let mut buckets = Vec::new();
    scene.store.range(id, grid.from, grid.to, grid.columns, &mut buckets);
    let (join, late) = (target::join(scene.store, id, grid.cell), target::late(scene, id, grid.cell));
    let lines = [Line { buckets: &buckets, join, late, role, open: None }];
    let scale = Scale::new(0.0, 1.0, at.plot.height, unit, false);
    Plot { lines: &lines, before: None, band: true, scale: &scale, unit, times: Times::Clock(&grid), cell: grid.cell, shape }
        .render(at, buf, look);
}

fn meter(text: (&str, &str), now: Option<Newest>, role: Role, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    put(buf, area, 0, 0, &words::shorten(text.0, usize::from(LABEL - 1), look.ascii), look.theme.style(Role::Text));
    let value =
        Rect::new(area.x + LABEL.min(area.width), area.y, if now.is_none() { 13 } else { 8 }.min(area.width.saturating_sub(LABEL)), 1);
    figure(now, value, buf, scene, look);
    let Some(now) = now else { return };
    let start = LABEL + 8 + 2;
    let note = if area.width >= 64 { NOTE } else { 0 };
    let room = area.width.saturating_sub(start + note);
    let wide = (room * 2 / 5).min(30);
    gauge(
        now.value,
        if now.old.is_some() { Role::Stale } else { role },
        Rect::new(area.x + start.min(area.width), area.y, wide, 1),
        buf,
        look,
    );
    let line = Rect::new(area.x + (start + wide + 2).min(area.width), area.y, room.saturating_sub(wide + 2), 1);
    trend(now.id, Some(1.0), role, line, buf, scene, look);
    if note > 0 {
        let (text, role) = now.old.map_or((text.1.to_owned(), Role::Dim), |a| {
            (look.language.fill("? {0} old", &[&times::age_in(a, look.language)]), Role::Stale)
        });
        put_right(buf, area, 0, 0, &text, look.theme.style(role));
    }
}

fn pair(label: &str, words: [&'static str; 2], now: [Option<Newest>; 2], area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    put(buf, area, 0, 0, &words::shorten(label, usize::from(LABEL - 1), look.ascii), look.theme.style(Role::Text));
    let room = area.width.saturating_sub(LABEL);
    let half = if area.width < PAIR { room } else { room / 2 };
    let words = words.map(|word| look.language.say(word));
    // Both words are as wide as the wider, so that the figures stand below each other.
    let wide = words.map(words::width).into_iter().max().unwrap_or(0);
    for (i, (word, now)) in words.into_iter().zip(now).enumerate() {
        let (dx, dy) = if half == room { (0, i as u16) } else { (half * i as u16, 0) };
        if dy >= area.height {
            break;
        }
        let place = Rect::new(area.x + (LABEL + dx).min(area.width), area.y + dy, half, 1);
        let used = put(buf, place, 0, 0, &words::pad(word, wide), look.theme.style(Role::Dim)) + 1;
        let value = format::fixed_width("By/s") as u16;
        figure(now, Rect::new(place.x + used.min(half), place.y, value.min(half.saturating_sub(used)), 1), buf, scene, look);
        let start = used + value + 1;
        let Some(now) = now.filter(|_| half > start + 4) else { continue };
        let role = if now.old.is_some() { Role::Stale } else { Role::Series(if i == 0 { 0 } else { 2 }) };
        trend(now.id, None, role, Rect::new(place.x + start, place.y, half - start - 2 + 2 * i as u16, 1), buf, scene, look);
    }
}

fn cores(list: &[(String, Newest)], area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    let most = (area.width / CORE).max(1);
    // As many in each row as will fill all rows alike.
    let per_row = (list.len().max(1) as u16).div_ceil((list.len().max(1) as u16).div_ceil(most));
    let wide = area.width / per_row;
    for (i, (name, now)) in list.iter().enumerate() {
        let (dx, dy) = (i as u16 % per_row * wide, i as u16 / per_row);
        if dy >= area.height {
            break;
        }
        let place = Rect::new(area.x + dx, area.y + dy, wide - 2, 1);
        let name = words::pad_left(&words::shorten(name, 3, look.ascii), 3);
        put(buf, place, 0, 0, &name, look.theme.style(Role::Dim));
        let line = Rect::new(place.x + 4.min(place.width), place.y, place.width.saturating_sub(4 + 9), 1);
        trend(now.id, Some(1.0), Role::Series(0), line, buf, scene, look);
        figure(Some(*now), Rect::new(place.right().saturating_sub(8), place.y, 8.min(place.width), 1), buf, scene, look);
    }
}

fn heat(list: &[(String, Newest)], area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    let per_row = (area.width / HEAT).max(1);
    let wide = area.width / per_row;
    for (i, (name, now)) in list.iter().enumerate() {
        let (dx, dy) = (i as u16 % per_row * wide, i as u16 / per_row);
        if dy >= area.height {
            break;
        }
        let place = Rect::new(area.x + dx, area.y + dy, wide.saturating_sub(2), 1);
        let value = format::fixed_width("Cel") as u16;
        let room = usize::from(place.width.saturating_sub(value + 1));
        put(buf, place, 0, 0, &words::shorten(name, room, look.ascii), look.theme.style(Role::Text));
        figure(Some(*now), Rect::new(place.right().saturating_sub(value), place.y, value.min(place.width), 1), buf, scene, look);
    }
}

fn process(p: &Process, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let text = look.theme.style(Role::Text);
    let figures = format!("{}  {}", format::fixed(p.cpu, "1"), format::fixed(p.memory as f64, "By"));
    put(buf, area, 0, 0, &words::pad_left(&p.pid.to_string(), 8), look.theme.style(Role::Dim));
    let room = usize::from(area.width).saturating_sub(10 + words::width(&figures) + 2);
    put(buf, area, 10, 0, &words::shorten(Safe::label(&p.name).as_str(), room, look.ascii), text);
    put_right(buf, area, 0, 0, &figures, text);
}
