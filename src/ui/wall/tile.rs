//! A tile of the wall: a name, a value in big digits with its unit and trend, and a wide line of where it came from.

use super::about::{Subjects, calls};
use super::digits::Size;
use super::rotation;
use crate::alert::Alert;
use crate::model::{Millis, Safe, SeriesId, Subject, Timestamp};
use crate::store::Bucket;
use crate::ui::health::alert_look;
use crate::ui::panes::spark;
use crate::ui::widgets::{Grid, Spark, put, put_at, put_right};
use crate::ui::words::{self, clip, shorten, width};
use crate::ui::{Look, Role, Scene, format, glyphs, times};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Values of what is well change this seldom: nobody reads faster from afar, and the link is spared.
const CALM_EVERY: Millis = Millis::from_secs(5);
/// The same where digits are huge, and each of them hundreds of cells.
const CALM_EVERY_WIDE: Millis = Millis::from_secs(10);
/// Tiles from this width on have such digits.
const WIDE: u16 = 60;
/// Values of what fires change at most this often.
const LOUD_EVERY: Millis = Millis::from_secs(2);
/// So much later than now a calm value is, so that windows that close late are in it.
const CALM_LATE: Millis = Millis::from_secs(2);
/// The shortest time of a cell of the line: each step draws the line anew.
const CELL_MIN: Millis = Millis::from_secs(10);
/// The same while there are data of a few minutes only, which would be a corner of the line.
const CELL_YOUNG: Millis = Millis::from_secs(3);
/// A range shorter than this is that of a young program.
const YOUNG: Millis = Millis::from_secs(900);
/// Rows of the line at most: higher ones cost bytes and say no more.
const LINE_ROWS: u16 = 5;
/// Columns and rows below which a tile shows its value in plain text.
const ROOM_FOR_DIGITS: (u16, u16) = (14, 5);
/// The share of its range by which a value must have moved to show an arrow.
const TREND: f64 = 0.15;
/// A text no value is wider than, so that digits keep their size when a value changes.
const WIDEST: &str = "888.8";

/// What a tile shows.
#[derive(Clone, Copy, Debug)]
pub enum Tile<'a> {
    /// A series.
    Series(SeriesId),
    /// An alert about single events, which have no series.
    Alert(&'a Alert),
}

/// Tiles of a page, what fires first, then metric by metric: at most `most`.
pub fn pick<'a>(subjects: &Subjects<'a>, scene: &Scene<'_>, turn: usize, most: usize) -> Vec<Tile<'a>> {
    let mut out: Vec<Tile<'a>> = Vec::new();
    let mut taken: Vec<SeriesId> = Vec::new();
    for alert in &subjects.alerts {
        match &alert.subject {
            Subject::Series(key) => {
                if let Some(id) = scene.store.find(key)
                    && !taken.contains(&id)
                {
                    taken.push(id);
                    out.push(Tile::Series(id));
                }
            }
            Subject::Key { .. } if calls(alert) => out.push(Tile::Alert(alert)),
            Subject::Key { .. } => {}
        }
        if out.len() >= most {
            return out;
        }
    }
    // One series of each metric, then a second of each: with every turn of the pages others, so that all are seen in time.
    let deepest = subjects.metrics.iter().map(Vec::len).max().unwrap_or(0);
    for depth in 0..deepest {
        for metric in subjects.metrics.iter().filter(|metric| depth < metric.len()) {
            let id = metric[(turn + depth) % metric.len()];
            if out.len() >= most {
                return out;
            }
            if !taken.contains(&id) {
                taken.push(id);
                out.push(Tile::Series(id));
            }
        }
    }
    out
}

/// Draws a tile into `area`.
pub fn render(tile: Tile<'_>, subjects: &Subjects<'_>, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    match tile {
        Tile::Series(id) => series(id, subjects, area, buf, scene, look),
        Tile::Alert(alert) => event(alert, area, buf, scene, look),
    }
}

/// How a tile of `role` is drawn: the style of its digits and of what stands around them.
fn styles(role: Role, look: &Look<'_>) -> (Style, Style) {
    let plain = |role| look.theme.style(role).remove_modifier(Modifier::REVERSED);
    match role {
        Role::Ok | Role::Learning | Role::Muted => (plain(Role::Dim), plain(Role::Dim)),
        role => (plain(role), plain(Role::Text)),
    }
}

/// Makes what fires unmistakable: the heading reversed, and every other few minutes the whole tile.
fn shout(role: Role, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    if !matches!(role, Role::Critical | Role::Warning) {
        return;
    }
    let whole = role == Role::Critical && rotation::filled(scene.now);
    let place = if whole { area } else { Rect { height: area.height.min(1), ..area } };
    let colour = look.theme.style(role).remove_modifier(Modifier::REVERSED);
    buf.set_style(place, colour.add_modifier(Modifier::REVERSED));
}

fn series(id: SeriesId, subjects: &Subjects<'_>, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    let info = scene.store.info(id);
    let role = subjects.role(scene, id);
    let (digits, around) = styles(role, look);
    let stale = role == Role::Stale;
    let alert = subjects.alerts.iter().find(|a| matches!(&a.subject, Subject::Series(key) if *key == info.key));
    let name = format!("{} {}", Safe::label(&info.key.name), words::label_values(&info.key.labels));
    let status = match alert {
        Some(alert) => times::age_in(scene.now.since(alert.since), look.language),
        None if stale => look.language.fill("no data for {0}", &[&times::age_in(scene.now.since(info.heard), look.language)]),
        None => String::new(),
    };
    head(role, name.trim_end(), &status, area, buf, look);
    let (every, late) = match role {
        Role::Critical | Role::Warning => (LOUD_EVERY, Millis::ZERO),
        _ if area.width >= WIDE => (CALM_EVERY_WIDE, CALM_LATE),
        _ => (CALM_EVERY, CALM_LATE),
    };
    let value = shown(scene, id, every, late);
    let rows = area.height.saturating_sub(1);
    let line_rows = if area.height < ROOM_FOR_DIGITS.1 { u16::from(rows > 1) } else { (rows / 3).clamp(1, LINE_ROWS) };
    let place = Rect { y: area.y + 1, height: rows - line_rows, ..area };
    let line = Rect { x: area.x + 1, y: place.bottom(), width: area.width.saturating_sub(2), height: line_rows };
    let cells = cells(scene, id, line.width, look);
    let text = value.map(|value| format::quantity(value, &info.spec.unit));
    let (number, unit) = match text {
        Some(quantity) if !stale => (quantity.number, quantity.unit),
        Some(quantity) => ("?".to_owned(), look.language.fill("was {0}", &[format!("{} {}", quantity.number, quantity.unit).trim_end()])),
        None => ("?".to_owned(), String::new()),
    };
    let arrow = if stale { "" } else { trend(&cells) };
    figure(place, buf, (&number, &unit, arrow), (digits, around), look);
    draw_line(line, buf, &cells, &info.spec.unit, (digits, stale), look);
    shout(role, area, buf, scene, look);
}

/// An alert about single events: what was odd, and why in words.
fn event(alert: &Alert, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    let (role, _) = alert_look(alert, look.ascii);
    let (digits, around) = styles(role, look);
    let name = format!("{} {}", Safe::label(&alert.rule), words::label_values(alert.subject.labels()));
    head(role, name.trim_end(), &times::age_in(scene.now.since(alert.since), look.language), area, buf, look);
    let quantity = format::quantity(alert.value, &alert.unit);
    // As many as the line of a series takes: what fires has no smaller digits than what does not.
    let text_rows = (area.height.saturating_sub(1) / 3).clamp(1, 3);
    let place = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + text_rows), ..area };
    figure(place, buf, (&quantity.number, &quantity.unit, ""), (digits, around), look);
    let room = usize::from(area.width.saturating_sub(2));
    for (row, line) in (place.bottom()..area.bottom()).zip(words::wrap(Safe::message(&alert.why).as_str(), room)) {
        put_at(buf, area, (area.x + 1, row), &line, around);
    }
    shout(role, area, buf, scene, look);
}

fn head(role: Role, name: &str, status: &str, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let sign = glyphs::sign(role, look.ascii);
    let quiet = matches!(role, Role::Ok | Role::Learning | Role::Muted);
    let style = |role| look.theme.style(role).remove_modifier(Modifier::REVERSED);
    put(buf, area, 1, 0, &sign, style(role));
    let start = 2 + width(&sign) as u16;
    let room = usize::from(area.width).saturating_sub(usize::from(start) + width(status) + 2);
    put(buf, area, start, 0, &shorten(name, room, look.ascii), style(if quiet { Role::Dim } else { Role::Text }));
    put_right(buf, area, 1, 0, status, style(if quiet { Role::Dim } else { Role::Text }));
}

/// The value in the largest digits there is room for, its unit and its trend right of it.
fn figure(area: Rect, buf: &mut Buffer, (number, unit, arrow): (&str, &str, &str), (digits, around): (Style, Style), look: &Look<'_>) {
    let beside = width(unit).min(usize::from(area.width / 2)) as u16 + 2;
    let wide = area.width.saturating_sub(beside + 2);
    let small = area.width < ROOM_FOR_DIGITS.0 || area.height == 0;
    // With its arrow where that costs no size.
    let with = |arrow: &str| [format!("{number} {arrow}"), format!("{WIDEST} {arrow}")];
    let [a, b] = with("↑");
    let plain = Size::fitting(&[number, WIDEST], wide, area.height, look.ascii);
    let armed = Size::fitting(&[&a, &b], wide, area.height, look.ascii);
    let Some(size) = plain.filter(|_| !small) else {
        let arrow = if look.ascii { ascii_arrow(arrow) } else { arrow };
        put(buf, area, 1, 0, &clip(format!("{number} {unit} {arrow}").trim_end(), usize::from(area.width), look.ascii), digits);
        return;
    };
    let top = area.y + area.height.saturating_sub(size.rows()) / 2;
    let field = size.columns(number).max(size.columns(WIDEST));
    let x = area.x + 1;
    size.draw(number, area, buf, (x + field - size.columns(number), top), digits, look.ascii);
    let after = x + field + 1;
    let right = Rect { x: after, width: area.right().saturating_sub(after), ..area };
    put_at(buf, right, (after, top + size.rows() - 1), &clip(unit, usize::from(right.width), look.ascii), around);
    if arrow.is_empty() {
        return;
    }
    let wide = width(unit) as u16 + 1;
    if armed == Some(size) && after + wide + size.columns("↑") < area.right() {
        size.draw(arrow, area, buf, (after + wide, top), around, look.ascii);
    } else {
        put_at(buf, right, (after, top), if look.ascii { ascii_arrow(arrow) } else { arrow }, around);
    }
}

fn ascii_arrow(arrow: &str) -> &'static str {
    match arrow {
        "↑" => "^",
        "↓" => "v",
        _ => "",
    }
}

/// The value to show: one that changes only `every` so often, and is `late` by so much.
fn shown(scene: &Scene<'_>, id: SeriesId, every: Millis, late: Millis) -> Option<f64> {
    let newest = scene.store.info(id).last?;
    let end = (scene.now - late).floor_to(every);
    if newest.at < end - every {
        return Some(newest.value);
    }
    let mut buckets = Vec::with_capacity(1);
    scene.store.range(id, end - every, end, 1, &mut buckets);
    Some(buckets.first().filter(|b| b.count > 0).map_or(newest.value, |b| b.last))
}

/// The line's cells, up to now and not up to the newest value, so that silence is seen.
fn cells(scene: &Scene<'_>, id: SeriesId, columns: u16, look: &Look<'_>) -> Vec<Spark> {
    let least = if look.range < YOUNG { CELL_YOUNG } else { CELL_MIN };
    let range = look.range.max(Millis::new(least.get() * i64::from(columns)));
    let grid = Grid::new(scene.now, range, columns);
    // The open cell is left out: it would be drawn anew with every sample.
    let to: Timestamp = grid.to - grid.cell;
    let mut buckets: Vec<Bucket> = Vec::with_capacity(grid.columns);
    scene.store.range(id, grid.from - grid.cell, to, grid.columns, &mut buckets);
    spark::joined(&buckets, crate::ui::panes::target::join(scene.store, id, grid.cell))
}

/// Draws the line over all rows of `area`; where a series is silent, the silence is hatched.
fn draw_line(area: Rect, buf: &mut Buffer, cells: &[Spark], unit: &str, (style, stale): (Style, bool), look: &Look<'_>) {
    const BLOCKS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    const ASCII: [&str; 9] = [" ", "_", ".", "-", "~", "=", "+", "*", "#"];
    let signs = if look.ascii { ASCII } else { BLOCKS };
    let scale = spark::scale(cells, None, unit);
    let last = cells.iter().rposition(|cell| cell.value.is_some());
    let left = area.right().saturating_sub(cells.len() as u16);
    for row in 0..area.height {
        let below = usize::from(area.height - 1 - row) * 8;
        let mut text = String::with_capacity(cells.len() * 3);
        for (i, cell) in cells.iter().enumerate() {
            let sign = match cell.value {
                Some(value) => signs[(scale.level(value, usize::from(area.height) * 8) + 1).saturating_sub(below).min(8)],
                None if stale && last.is_none_or(|last| i > last) => {
                    if look.ascii {
                        "/"
                    } else {
                        "░"
                    }
                }
                None => " ",
            };
            text.push_str(sign);
        }
        put_at(buf, area, (left, area.y + row), &text, style);
    }
}

/// Whether the last quarter of the line lies above or below the rest, by enough to be said.
fn trend(cells: &[Spark]) -> &'static str {
    let values: Vec<f64> = cells.iter().filter_map(|cell| cell.value).collect();
    if values.len() < 8 {
        return "";
    }
    let (before, after) = values.split_at(values.len() - values.len() / 4);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (low, high) = Spark::span(cells).unwrap_or((0.0, 0.0));
    // What hardly moves at all has no trend, however it is scaled.
    let step = ((high - low) * TREND).max(high.abs().max(low.abs()) * TREND / 2.0);
    match mean(after) - mean(before) {
        d if d > step => "↑",
        d if d < -step => "↓",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend_of(values: impl Iterator<Item = f64>) -> &'static str {
        trend(&values.map(|v| Spark { value: Some(v), flagged: false }).collect::<Vec<_>>())
    }

    #[test]
    fn only_what_clearly_moves_has_an_arrow() {
        assert_eq!(trend_of((0..40).map(f64::from)), "↑");
        assert_eq!(trend_of((0..40).map(|i| 100.0 - f64::from(i))), "↓");
        assert_eq!(trend_of((0..40).map(|i| 100.0 + f64::from(i % 2))), "");
        assert_eq!(trend_of((0..40).map(|i| 100.0 + f64::from(i) / 100.0)), "");
        assert_eq!(trend_of((0..3).map(f64::from)), "");
    }
}
