//! The overview: is anything firing, since when, and is what one sees fresh. Below it a line for every watched series
//! and every source.

use super::overview_lines as lines;
use crate::model::{SeriesId, Subject};
use crate::ui::cursor::Cursor;
use crate::ui::draw::{self, Column, columns, cut_end, cut_middle, glyphs, put, put_parts};
use crate::ui::health::{ACKNOWLEDGED, Counts, alert_look, newest, source_role};
use crate::ui::{Handled, Hint, Key, KeyCode, Kind, Look, Pane, Request, Role, Scene, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind `overview`.
pub const KIND: Kind = Kind {
    name: "overview",
    summary: "what fires, the state of every watched series, sources and what is stale",
    argument: "",
    build: |_| Box::<Overview>::default(),
};

const HINTS: &[Hint] = &[
    Hint { keys: "Enter", action: "open", rank: 10 },
    Hint { keys: "a", action: "acknowledge", rank: 12 },
    Hint { keys: "j/k", action: "select", rank: 26 },
    Hint { keys: "PgUp/PgDn", action: "select by pages", rank: 72 },
    Hint { keys: "g/G", action: "first/last", rank: 73 },
];
/// Below this width an alert takes two lines: what, and how much with a small line of its series.
const ONE_LINE: u16 = 64;
/// From this width on series stand in two columns.
const TWO_COLUMNS: u16 = 100;
/// From this height on blank lines part the sections.
const AIRY: u16 = 12;
/// Lines kept for series where there are any, however many alerts there are.
const SERIES_LEAST: u16 = 2;

/// What can be selected.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Item {
    Alert(u64),
    Series(SeriesId),
}

#[derive(Default)]
struct Overview {
    cursor: Cursor<Item>,
    filter: String,
    /// Lines there were for series when it was last drawn: with more series than that, metrics are shown.
    room: usize,
}

impl Overview {
    fn items(&self, scene: &Scene<'_>) -> Vec<Item> {
        let series = lines::watched(scene, &self.filter, self.room);
        scene.alerts.active().map(|a| Item::Alert(a.id)).chain(series.iter().map(|s| Item::Series(s.id))).collect()
    }

    fn open(&self, scene: &Scene<'_>) -> Handled {
        let chart = |subject: &Subject| match subject {
            Subject::Series(key) => Handled::Open(format!("chart:{key}")),
            Subject::Key { stream, .. } => Handled::Open(format!("anomalies:{stream}")),
        };
        match self.cursor.row(&self.items(scene)) {
            Some(Item::Alert(id)) => scene.alerts.get(id).map_or(Handled::Yes, |alert| chart(&alert.subject)),
            Some(Item::Series(id)) if id.index() < scene.store.len() => chart(&Subject::Series(scene.store.info(id).key.clone())),
            _ => Handled::Yes,
        }
    }
}

impl Pane for Overview {
    fn title(&self, _scene: &Scene<'_>) -> String {
        "overview".to_owned()
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let filter = if self.filter.is_empty() { String::new() } else { format!("filter {}, ", crate::model::Safe::label(&self.filter)) };
        let age = newest(scene).map(|at| scene.now.since(at));
        let fresh = match age {
            None => "no data yet".to_owned(),
            Some(age) if age.get() < 10_000 => "fresh".to_owned(),
            Some(age) => format!("newest data {} old", draw::age(age)),
        };
        format!("{filter}{fresh}")
    }

    fn state(&self, scene: &Scene<'_>) -> Role {
        Counts::of(scene).worst()
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        match key.code {
            KeyCode::Enter => return self.open(scene),
            KeyCode::Char('a') => {
                return match self.cursor.row(&self.items(scene)) {
                    Some(Item::Alert(id)) => Handled::Ask(Request::Acknowledge(id)),
                    _ => Handled::Yes,
                };
            }
            _ => {}
        }
        let items = self.items(scene);
        if self.cursor.key(key, &items) { Handled::Yes } else { Handled::No }
    }

    fn filter(&mut self, text: &str) -> bool {
        text.clone_into(&mut self.filter);
        true
    }

    fn least(&self) -> (u16, u16) {
        (22, 3)
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        let tall = area.height >= AIRY;
        let mut rest = area;
        let bottom = notes(&mut rest, buf, scene, look, tall);
        let selected = self.cursor.row(&self.items(scene)).filter(|_| look.focused);
        let used = alerts(rest, buf, scene, look, selected);
        let gap = u16::from(tall && used < rest.height);
        let series = Rect { y: rest.y + used + gap, height: rest.height.saturating_sub(used + gap + u16::from(tall && bottom)), ..rest };
        let columns = if area.width >= TWO_COLUMNS { 2 } else { 1 };
        self.room = usize::from(series.height) * columns;
        let items = self.items(scene);
        let selected = self.cursor.row(&items).filter(|_| look.focused);
        // The cursor's own window is over all items; only the part of the series is scrolled here.
        let _ = self.cursor.window(&items, usize::from(area.height));
        render_series(series, buf, &lines::watched(scene, &self.filter, self.room), columns, selected, scene, look);
    }
}

/// Draws what stands at the bottom, from below: the hint, what was not delivered, sources. Takes its lines from `rest`.
fn notes(rest: &mut Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, tall: bool) -> bool {
    let before = rest.height;
    let mut line = |rest: &mut Rect, parts: &[(&str, Role)]| {
        rest.height -= 1;
        let mut x = rest.x;
        for (text, role) in parts {
            let room = usize::from(rest.right().saturating_sub(x));
            x += put(buf, *rest, (x, rest.y), 0, "", look.theme.style(*role));
            let row = Rect { y: rest.bottom(), height: 1, ..*rest };
            x += put(buf, row, (x, row.y), room, &cut_end(text, room, look.ascii), look.theme.style(*role));
        }
    };
    if tall && !scene.hint.is_empty() {
        line(rest, &[(crate::model::Safe::message(scene.hint).as_str(), Role::Dim)]);
    }
    let undelivered = lines::undelivered(scene, look);
    if !undelivered.is_empty() && rest.height > 4 {
        line(rest, &[(Role::Stale.sign(look.ascii), Role::Stale), (" ", Role::Text), (&undelivered, Role::Text)]);
    }
    let mut sources: Vec<_> = scene.sources.iter().collect();
    // Bad ones first; the rest in their order.
    sources.sort_by_key(|s| source_role(s) != Role::Stale);
    let bad = sources.iter().filter(|s| source_role(s) == Role::Stale).count();
    let most = if tall { usize::from(rest.height / 4).max(1) } else { bad.min(1) };
    let shown = sources.len().min(most);
    let name_room = sources.iter().map(|s| draw::width(&lines::source(s, scene, look).1[0])).max().unwrap_or(0).min(24);
    for (i, source) in sources[..shown].iter().enumerate().rev() {
        let (role, [name, rate, mut remarks]) = lines::source(source, scene, look);
        if i + 1 == shown && sources.len() > shown {
            let more = format!("{} more on the sources page", sources.len() - shown);
            remarks = if remarks.is_empty() { more } else { format!("{remarks}; {more}") };
        }
        let name = draw::left(&cut_middle(&name, name_room, look.ascii), name_room);
        let rate = if rate.is_empty() { rate } else { draw::right(&rate, 10) };
        let quiet = if role == Role::Stale { Role::Text } else { Role::Dim };
        line(
            rest,
            &[
                (" ", role),
                (&draw::sign(role, look.ascii), role),
                (" ", role),
                (&name, quiet),
                (&rate, quiet),
                ("  ", quiet),
                (&remarks, quiet),
            ],
        );
    }
    rest.height < before
}

/// Draws active alerts, or the calm line; answers the lines taken.
fn alerts(area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, selected: Option<Item>) -> u16 {
    let mut used = 0;
    let all: Vec<_> = scene.alerts.active().collect();
    if !all.iter().any(|a| matches!(a.state, crate::alert::AlertState::Firing | crate::alert::AlertState::Stale)) {
        let (role, text) = lines::calm(scene, look);
        let quiet = if role == Role::Ok { Role::Dim } else { Role::Text };
        for line in draw::wrap(&text, usize::from(area.width).saturating_sub(3)).iter().take(2) {
            let sign = if used == 0 { draw::sign(role, look.ascii) } else { " ".to_owned() };
            put_parts(
                buf,
                area,
                used,
                &[
                    (" ", look.theme.style(role)),
                    (&sign, look.theme.style(role)),
                    (" ", look.theme.style(role)),
                    (line, look.theme.style(quiet)),
                ],
            );
            used += 1;
        }
    }
    let tall = if area.width < ONE_LINE { 2 } else { 1 };
    let kept = if scene.store.is_empty() { 0 } else { SERIES_LEAST };
    let room = usize::from(area.height.saturating_sub(used + kept) / tall).max(usize::from(area.height > used));
    let first = match selected {
        Some(Item::Alert(id)) => all.iter().position(|a| a.id == id).map_or(0, |i| (i + 1).saturating_sub(room)),
        _ => 0,
    };
    let shown: Vec<_> = all.iter().skip(first).take(room).copied().collect();
    let texts: Vec<[String; 6]> = shown.iter().map(|a| lines::alert(a, scene, look)).collect();
    let widths = alert_widths(&texts, usize::from(area.width));
    for (alert, texts) in shown.iter().zip(&texts) {
        let here = selected == Some(Item::Alert(alert.id));
        let row = Rect { y: area.y + used, height: tall.min(area.height.saturating_sub(used)), ..area };
        if row.height == 0 {
            break;
        }
        let (role, sign) = alert_look(alert, look.ascii);
        let known = if alert.acknowledged.is_some() { ACKNOWLEDGED } else { " " };
        let mark = if here { glyphs(look.ascii).here } else { " " };
        let style = |role| look.theme.style(role);
        let sign = draw::left(sign, if look.ascii { 2 } else { 1 });
        let x = row.x + put_parts(buf, row, 0, &[(mark, style(Role::Accent)), (&sign, style(role)), (known, style(Role::Muted))]);
        let text = Rect { x, width: row.right().saturating_sub(x), ..row };
        let loud = if here { Role::Selection } else { role };
        if tall == 1 {
            alert_line(text, buf, texts, &widths, loud, look);
        } else {
            alert_two_lines(text, buf, texts, alert, loud, scene, look);
        }
        used += row.height;
    }
    if all.len() > shown.len() && used > 0 {
        let more = format!(" {} more on the alerts page ", all.len() - shown.len());
        let x = area.right().saturating_sub(draw::width(&more) as u16).max(area.x);
        put(buf, area, (x, area.y + used - 1), usize::from(area.width), &more, look.theme.style(Role::Pending));
    }
    used
}

fn alert_widths(texts: &[[String; 6]], room: usize) -> Vec<usize> {
    // Least, most, rank; a least of 0 stands for "as a whole or not at all".
    const SHAPE: [(usize, usize, u8); 6] = [(10, 28, 0), (8, 40, 3), (0, 14, 1), (0, 36, 4), (0, 36, 2), (16, 120, 5)];
    let shape: Vec<Column> = SHAPE
        .iter()
        .enumerate()
        .map(|(i, &(least, most, rank))| {
            let want = texts.iter().map(|t| draw::width(&t[i])).max().unwrap_or(0).min(most);
            Column { want, least: if least == 0 { want } else { least }, rank }
        })
        .collect();
    columns(room.saturating_sub(4), 3, &shape)
}

fn alert_line(area: Rect, buf: &mut Buffer, texts: &[String; 6], widths: &[usize], loud: Role, look: &Look<'_>) {
    let mut x = area.x;
    for (i, (text, &room)) in texts.iter().zip(widths).enumerate() {
        if room == 0 {
            continue;
        }
        let text = match i {
            0 | 1 => draw::left(&cut_middle(text, room, look.ascii), room),
            2 => draw::right(&cut_end(text, room, look.ascii), room),
            _ => draw::left(&cut_end(text, room, look.ascii), room),
        };
        let role = match i {
            0 | 2 => loud,
            4 => Role::Text,
            _ => Role::Dim,
        };
        put(buf, area, (x, area.y), room, &text, look.theme.style(role));
        x = x.saturating_add(room as u16 + 3);
    }
}

fn alert_two_lines(
    area: Rect,
    buf: &mut Buffer,
    texts: &[String; 6],
    alert: &crate::alert::Alert,
    loud: Role,
    scene: &Scene<'_>,
    look: &Look<'_>,
) {
    let room = usize::from(area.width);
    let rule = cut_middle(&texts[0], room, look.ascii);
    let left = room.saturating_sub(draw::width(&rule) + 1);
    let subject = if left >= 5 { cut_middle(&texts[1], left, look.ascii) } else { String::new() };
    let style = |role| look.theme.style(role);
    put_parts(buf, area, 0, &[(&rule, style(loud)), (" ", style(Role::Dim)), (&subject, style(Role::Dim))]);
    if area.height < 2 {
        return;
    }
    let since = texts[4].replace("since ", "");
    let value = draw::right(&cut_end(&texts[2], 9, look.ascii), 9);
    put_parts(buf, area, 1, &[(&value, style(loud))]);
    let end = draw::width(&since) as u16;
    let x = area.right().saturating_sub(end).max(area.x);
    let line = Rect { x: area.x + 10, y: area.y + 1, width: area.width.saturating_sub(10 + end + 1), height: 1 };
    if let Subject::Series(key) = &alert.subject
        && let Some(id) = scene.store.find(key)
    {
        spark::render(line, buf, scene.store, id, look.until.unwrap_or(scene.now), look, loud);
    }
    put(buf, area, (x, area.y + 1), room, &since, style(Role::Text));
}

/// Draws the list of series in `columns`, the part with the selection in it.
fn render_series(
    area: Rect,
    buf: &mut Buffer,
    list: &[lines::Watched],
    columns: usize,
    selected: Option<Item>,
    scene: &Scene<'_>,
    look: &Look<'_>,
) {
    let room = usize::from(area.height) * columns;
    if room == 0 || list.is_empty() {
        return;
    }
    let at = list.iter().position(|line| selected == Some(Item::Series(line.id))).unwrap_or(0);
    let first = (at + 1).saturating_sub(room).min(list.len().saturating_sub(room));
    let shown = &list[first..(first + room).min(list.len())];
    let columns = if shown.len() <= usize::from(area.height) / 2 { 1 } else { columns };
    let width = area.width / columns as u16;
    let height = shown.len().div_ceil(columns);
    for (i, line) in shown.iter().enumerate() {
        let (column, row) = ((i / height) as u16, (i % height) as u16);
        let cell = Rect {
            x: area.x + column * width,
            y: area.y + row,
            width: width.saturating_sub(u16::from(column == 0 && columns > 1) * 2),
            height: 1,
        };
        series_line(cell, buf, line, selected == Some(Item::Series(line.id)), scene, look);
    }
    if list.len() > shown.len() {
        let more = format!(" {} more: j/k ", list.len() - shown.len());
        let x = area.right().saturating_sub(draw::width(&more) as u16).max(area.x);
        put(buf, area, (x, area.bottom() - 1), usize::from(area.width), &more, look.theme.style(Role::Dim));
    }
}

/// Columns of a value.
const VALUE: usize = 11;

fn series_line(row: Rect, buf: &mut Buffer, line: &lines::Watched, here: bool, scene: &Scene<'_>, look: &Look<'_>) {
    let style = |role| look.theme.style(role);
    let info = scene.store.info(line.id);
    let quiet = matches!(line.role, Role::Ok | Role::Learning);
    let mark = if here { glyphs(look.ascii).here } else { " " };
    let sign = draw::sign(line.role, look.ascii);
    let name_room = (usize::from(row.width) * 2 / 5).clamp(8, 38);
    let name = draw::left(&cut_middle(&line.name, name_room, look.ascii), name_room);
    let value = info.last.map_or_else(|| "no value".to_owned(), |s| draw::value(s.value, &info.spec.unit, look.ascii));
    let value = draw::right(&cut_end(&value, VALUE, look.ascii), VALUE);
    let name_role = if here { Role::Selection } else { Role::Dim };
    let value_role = if quiet { Role::Text } else { line.role };
    let parts = [
        (mark, style(Role::Accent)),
        (sign.as_str(), style(line.role)),
        (" ", style(Role::Dim)),
        (&name, style(name_role)),
        (&value, style(value_role)),
        ("  ", style(Role::Dim)),
    ];
    let used = put_parts(buf, row, 0, &parts);
    let spark = Rect { x: row.x + used, width: row.width.saturating_sub(used + 1), ..row };
    spark::render(spark, buf, scene.store, line.id, look.until.unwrap_or(scene.now), look, if quiet { Role::Dim } else { line.role });
}
