//! The overview: is anything firing, since when, and is what one sees fresh. Below it a line for every watched series
//! and every source.

use super::series::Seen;
use super::{notice, overview_alerts, overview_lines as lines, spark};
use crate::alert::Alert;
use crate::model::{Millis, SeriesId, Subject};
use crate::ui::cursor::Cursor;
use crate::ui::filter::Filter;
use crate::ui::glyphs::{self, glyphs};
use crate::ui::health::{Counts, newest, source_role};
use crate::ui::wall::About;
use crate::ui::widgets::{put_at, put_parts};
use crate::ui::words::{self, clip, shorten};
use crate::ui::{FilterFault, Handled, Hint, Key, KeyCode, Kind, Language, Look, Pane, Request, Role, Scene};
use crate::ui::{format, times};
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
    Hint { keys: "a", action: "ack", rank: 12 },
    Hint { keys: "↑/↓", action: "select", rank: 26 },
    Hint { keys: "PgUp/PgDn", action: "select by pages", rank: 72 },
    Hint { keys: "g/G", action: "first/last", rank: 73 },
];
/// From this width on series stand in two columns.
const TWO_COLUMNS: u16 = 76;
/// From this width on sources stand in even columns.
const TWO_PARTS: u16 = 60;
/// Below this width a value has fewer columns.
const NARROW: u16 = 50;
/// Blank lines between the sections, and what else stands between them.
const GAPS: usize = 4;
/// From this height on blank lines part the sections.
const AIRY: u16 = 12;

/// What can be selected.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Item {
    Alert(u64),
    Series(SeriesId),
}

/// The overview of one page: what of it fires and its values, for screens too small for its panes.
pub fn of_page(name: &str, about: About) -> Box<dyn Pane> {
    Box::new(Overview { page: Some((name.to_owned(), about)), ..Overview::default() })
}

#[derive(Default)]
struct Overview {
    /// The page it sums up, and what that is about; `None`: everything.
    page: Option<(String, About)>,
    cursor: Cursor<Item>,
    filter: Filter,
    /// Lines there were for series when it was last drawn: with more series than that, metrics are shown.
    room: usize,
    /// The length of time the small lines show.
    shown: Option<Millis>,
    /// The language it was drawn in last.
    language: Language,
}

impl Overview {
    fn items(&self, scene: &Scene<'_>) -> Vec<Item> {
        items(&self.alerts(scene), &self.watched(scene, self.room))
    }

    /// The alerts it is about.
    fn alerts<'a>(&self, scene: &Scene<'a>) -> Vec<&'a Alert> {
        match &self.page {
            None => scene.alerts.active().collect(),
            Some((_, about)) => about.subjects(scene).alerts,
        }
    }

    /// Its lines of series.
    fn watched(&self, scene: &Scene<'_>, room: usize) -> Vec<lines::Watched> {
        let only = self.page.as_ref().map(|(_, about)| about.subjects(scene).metrics.into_iter().flatten().collect());
        lines::watched(scene, &self.filter, room, only.as_ref())
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
    fn title(&self, scene: &Scene<'_>) -> String {
        self.page.as_ref().map_or_else(|| scene.language.say("overview"), |(name, _)| name).to_owned()
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let language = scene.language;
        let age = newest(scene).map(|at| scene.now.since(at));
        let fresh = match age {
            None => language.say("no data yet").to_owned(),
            Some(age) if age.get() < 10_000 => language.say("fresh").to_owned(),
            Some(age) => language.fill("newest data {0} old", &[&times::age_in(age, language)]),
        };
        if self.filter.is_empty() {
            return fresh;
        }
        language.fill("filter {0}, {1}", &[crate::model::Safe::label(self.filter.text()).as_str(), &fresh])
    }

    fn state(&self, scene: &Scene<'_>) -> Role {
        let mut counts = if self.page.is_none() { Counts::of(scene) } else { Counts::default() };
        if self.page.is_some() {
            self.alerts(scene).into_iter().for_each(|alert| counts.add(alert));
        }
        counts.worst()
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
        self.filter = Filter::new(text);
        true
    }

    fn filter_fault(&self, scene: &Scene<'_>) -> Option<FilterFault> {
        let ids: Vec<_> = scene.store.iter().map(|info| info.id).collect();
        self.filter.fault(Seen::all(scene, &ids))
    }

    fn note(&self) -> String {
        notice::length(self.shown, self.language)
    }

    fn least(&self) -> (u16, u16) {
        (22, 3)
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        self.language = look.language;
        let tall = area.height >= AIRY;
        let mut rest = area;
        let alerts = self.alerts(scene);
        let columns = if area.width >= TWO_COLUMNS { 2 } else { 1 };
        // What stands where must not depend on what was drawn before, so the list begins with all the room there could be.
        let mut list = self.watched(scene, usize::from(area.height) * columns);
        // Lines that series leave: sources that are well take no more than those.
        let spare = usize::from(area.height).saturating_sub(list.len().div_ceil(columns) + alerts.len() * 2 + GAPS);
        let bottom = notes(&mut rest, buf, scene, look, (tall, spare));
        let selected = self.cursor.row(&items(&alerts, &list)).filter(|_| look.focused);
        let alert = if let Some(Item::Alert(id)) = selected { Some(id) } else { None };
        let gaps = u16::from(tall) + u16::from(tall && bottom);
        let used = overview_alerts::render(rest, buf, &alerts, scene, look, alert, gaps);
        let gap = u16::from(tall && used < rest.height);
        let series = Rect { y: rest.y + used + gap, height: rest.height.saturating_sub(used + gap + u16::from(tall && bottom)), ..rest };
        let room = usize::from(series.height) * columns;
        self.room = room;
        if list.len() > room {
            list = self.watched(scene, room);
        }
        let items = items(&alerts, &list);
        let selected = self.cursor.row(&items).filter(|_| look.focused);
        // The cursor's own window is over all items; only the part of the series is scrolled here.
        let _ = self.cursor.window(&items, usize::from(area.height));
        self.shown = render_series(series, buf, &list, columns, selected, scene, look);
    }
}

/// Alerts, then series.
fn items(alerts: &[&Alert], series: &[lines::Watched]) -> Vec<Item> {
    alerts.iter().map(|a| Item::Alert(a.id)).chain(series.iter().map(|s| Item::Series(s.id))).collect()
}

/// Draws what stands at the bottom, from below: the hint, what was not delivered, sources. Takes its lines from `rest`.
fn notes(rest: &mut Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, (tall, spare): (bool, usize)) -> bool {
    let before = rest.height;
    let mut line = |rest: &mut Rect, parts: &[(&str, Role)]| {
        rest.height -= 1;
        let mut x = rest.x;
        for (text, role) in parts {
            let room = usize::from(rest.right().saturating_sub(x));
            let row = Rect { y: rest.bottom(), height: 1, ..*rest };
            x += put_at(buf, row, (x, row.y), &clip(text, room, look.ascii), look.theme.style(*role));
        }
    };
    if tall && !scene.hint.is_empty() {
        line(rest, &[("   ", Role::Dim), (crate::model::Safe::message(scene.hint).as_str(), Role::Dim)]);
    }
    let undelivered = lines::undelivered(scene, look);
    if !undelivered.is_empty() && rest.height > 4 {
        line(
            rest,
            &[(" ", Role::Text), (&glyphs::sign(Role::Stale, look.ascii), Role::Stale), (" ", Role::Text), (&undelivered, Role::Text)],
        );
    }
    let mut sources: Vec<_> = scene.sources.iter().collect();
    // Bad ones first; the rest in their order.
    sources.sort_by_key(|s| source_role(s) != Role::Stale);
    let bad = sources.iter().filter(|s| source_role(s) == Role::Stale).count();
    let most =
        if tall { usize::from(rest.height / 4).min(spare).max(bad).clamp(1, usize::from(rest.height / 4).max(1)) } else { bad.min(1) };
    let shown = sources.len().min(most);
    let name_room = sources.iter().map(|s| words::width(&lines::source(s, scene, look).1[0])).max().unwrap_or(0).min(24);
    for (i, source) in sources[..shown].iter().enumerate().rev() {
        let (role, [name, rate, mut remarks]) = lines::source(source, scene, look);
        if i + 1 == shown && sources.len() > shown {
            let more = look.language.fill("{0} more on the sources page", &[&(sources.len() - shown).to_string()]);
            let room = usize::from(rest.width).saturating_sub(name_room + 20);
            if remarks.is_empty() {
                remarks = more;
            } else if words::width(&remarks) + words::width(&more) + 2 <= room {
                remarks = look.language.fill("{0}; {1}", &[&remarks, &more]);
            }
        }
        let name = shorten(&name, name_room, look.ascii);
        // On a narrow screen what is wrong is worth more than an even column.
        let name = if rest.width < TWO_PARTS { name } else { words::pad(&name, name_room) };
        let rate = if rate.is_empty() { rate } else { words::pad_left(&rate, 10) };
        let quiet = if role == Role::Stale { Role::Text } else { Role::Dim };
        line(
            rest,
            &[
                (" ", role),
                (&glyphs::sign(role, look.ascii), role),
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

/// Draws the list of series in `columns`, the part with the selection in it; answers the time the small lines show.
fn render_series(
    area: Rect,
    buf: &mut Buffer,
    list: &[lines::Watched],
    columns: usize,
    selected: Option<Item>,
    scene: &Scene<'_>,
    look: &Look<'_>,
) -> Option<Millis> {
    let mut area = area;
    let mut room = usize::from(area.height) * columns;
    if room == 0 || list.is_empty() {
        return None;
    }
    if list.len() > room && area.height > 2 {
        area.height -= 1;
        room -= columns;
        let more = format!("   {}", look.language.fill("{0} more below", &[&(list.len() - room).to_string()]));
        put_at(buf, Rect { height: area.height + 1, ..area }, (area.x, area.bottom()), &more, look.theme.style(Role::Dim));
    }
    let at = list.iter().position(|line| selected == Some(Item::Series(line.id))).unwrap_or(0);
    let first = (at + 1).saturating_sub(room).min(list.len().saturating_sub(room));
    let shown = &list[first..(first + room).min(list.len())];
    let columns = if shown.len() <= usize::from(area.height) { 1 } else { columns };
    let width = area.width / columns as u16;
    let height = shown.len().div_ceil(columns);
    let widest = shown.iter().map(|line| words::width(&line.name)).max().unwrap_or(0);
    let mut length = None;
    for (i, line) in shown.iter().enumerate() {
        let (column, row) = ((i / height) as u16, (i % height) as u16);
        let cell = Rect {
            x: area.x + column * width,
            y: area.y + row,
            width: width.saturating_sub(u16::from(column == 0 && columns > 1) * 2),
            height: 1,
        };
        length = length.or(series_line(cell, buf, line, widest, selected == Some(Item::Series(line.id)), scene, look));
    }
    length
}

/// Columns of a value, and on a narrow screen, where names are worth more.
const VALUE: usize = 13;
const VALUE_NARROW: usize = 10;

/// A series' sign, name, value and small line; answers the time that shows.
fn series_line(
    row: Rect,
    buf: &mut Buffer,
    line: &lines::Watched,
    widest: usize,
    here: bool,
    scene: &Scene<'_>,
    look: &Look<'_>,
) -> Option<Millis> {
    let style = |role| look.theme.style(role);
    let info = scene.store.info(line.id);
    let quiet = matches!(line.role, Role::Ok | Role::Learning);
    let mark = if here { glyphs(look.ascii).here } else { " " };
    let sign = glyphs::sign(line.role, look.ascii);
    let (room, share) = if row.width < NARROW { (VALUE_NARROW, 9) } else { (VALUE, 10) };
    let name_room = widest.min((usize::from(row.width) * share / 20).clamp(8, 44));
    // All of a list with the names of labels, or none.
    let name = if widest <= name_room { &line.name } else { &line.short };
    let value = info.last.map_or_else(|| look.language.say("no value").to_owned(), |s| format::value(s.value, &info.spec.unit));
    let value = words::pad_left(&clip(&value, room, look.ascii), room);
    // A value that fills its room would touch the name.
    let touching = usize::from(!value.starts_with(' '));
    let name = words::pad(&shorten(name, name_room - touching, look.ascii), name_room);
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
    let small = Rect { x: row.x + used, width: row.width.saturating_sub(used + 1), ..row };
    spark::render(small, buf, scene, (line.id, None), None, if quiet { Role::Dim } else { line.role }, look);
    (small.width > 0).then(|| spark::grid(scene.now, small.width, look).length())
}
