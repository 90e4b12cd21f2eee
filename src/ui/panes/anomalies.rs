//! The anomaly table, newest first: what was odd, where, by how much and why, with the columns the scenario asks for.
//!
//! Its argument names a detector, a stream or a metric: only theirs are shown.

use super::anomaly_detail;
use super::anomaly_table::{Table, field};
use super::copies::{List, Zone, asked};
use super::detail::Scroll;
use crate::model::{Anomaly, FieldText, Safe, Subject, Timestamp};
use crate::ui::cursor::{Cursor, Pressed};
use crate::ui::filter::{Cell, Filter, Row};
use crate::ui::format;
use crate::ui::widgets::{padded, put_parts};
use crate::ui::{FilterFault, Handled, Hint, Key, KeyCode, Kind, Language, Look, Mouse, MouseKind, Pane, Role, Scene};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind `anomalies`.
pub const KIND: Kind = Kind {
    name: "anomalies",
    summary: "the anomaly table: sort, filter, open",
    argument: "a detector, stream or metric; none: all",
    build: |argument| Box::new(Anomalies { only: argument.to_owned(), ..Anomalies::default() }),
};

const HINTS: &[Hint] = &[
    Hint { keys: "Enter", action: "open", rank: 10 },
    Hint { keys: "s", action: "sort", rank: 22 },
    Hint { keys: "↑/↓", action: "select", rank: 26 },
    Hint { keys: "y", action: "copy row", rank: 46 },
    Hint { keys: "Y", action: "copy summary", rank: 76 },
    Hint { keys: "PgUp/PgDn", action: "select by pages", rank: 72 },
    Hint { keys: "g/G", action: "first/last", rank: 73 },
];

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sort {
    #[default]
    Newest,
    Score,
    Count,
    Where,
}

impl Sort {
    const fn next(self) -> Self {
        match self {
            Self::Newest => Self::Score,
            Self::Score => Self::Count,
            Self::Count => Self::Where,
            Self::Where => Self::Newest,
        }
    }

    fn word(self, language: Language) -> &'static str {
        match self {
            Self::Newest => language.say("newest first"),
            Self::Score => language.say("by score"),
            Self::Count => language.say("by count"),
            Self::Where => language.say("by place"),
        }
    }
}

#[derive(Default)]
struct Anomalies {
    only: String,
    filter: Filter,
    sort: Sort,
    cursor: Cursor<u64>,
    open: Option<u64>,
    scroll: Scroll,
    /// Up to when rows were shown last: while charts stand still, so does the table.
    until: Option<Timestamp>,
    /// The zone it was drawn in last, for what is copied.
    zone: Zone,
}

impl Anomalies {
    /// The rows in their order.
    fn rows<'a>(&self, scene: &Scene<'a>) -> Vec<&'a Anomaly> {
        let holds = self.filter.test(self.all(scene));
        let mut rows: Vec<&Anomaly> = self.all(scene).filter(|a| holds.passes(a)).collect();
        match self.sort {
            // The order of their beginnings: a run that goes on keeps its place, so that the table is quiet while many do.
            Sort::Newest => rows.sort_by_key(|a| std::cmp::Reverse((a.at, a.id))),
            Sort::Score => rows.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.id.cmp(&a.id))),
            Sort::Count => rows.sort_by_key(|a| std::cmp::Reverse((a.count, a.id))),
            Sort::Where => rows.sort_by(|a, b| a.subject.cmp(&b.subject).then(b.id.cmp(&a.id))),
        }
        rows
    }

    /// Those of what is shown, up to where charts stand still; newest first.
    fn all<'a>(&self, scene: &Scene<'a>) -> impl Iterator<Item = &'a Anomaly> {
        scene.anomalies.iter().rev().filter(|a| self.until.is_none_or(|t| a.at <= t) && self.is_of(a))
    }

    fn is_of(&self, anomaly: &Anomaly) -> bool {
        let name = match &anomaly.subject {
            Subject::Series(key) => &key.name,
            Subject::Key { stream, .. } => stream,
        };
        self.only.is_empty() || *self.only == *anomaly.detector || *self.only == **name
    }
}

impl Row for &Anomaly {
    const COLUMNS: &'static [&'static str] =
        &["detector", "name", "value", "score", "count", "pattern", "why", "unit", "topic", "partition", "offset"];

    fn cell(&self, name: &str) -> Cell<'_> {
        match name {
            "detector" => (*self.detector).into(),
            "name" => self.subject.to_string().into(),
            "value" => Cell::Number(self.value),
            "score" => Cell::Number(self.score),
            "count" => Cell::Number(f64::from(self.count)),
            "pattern" => self.pattern.word().into(),
            "why" => (*self.why).into(),
            "unit" => (*self.unit).into(),
            "topic" => self.position.as_ref().map_or(Cell::Missing, |p| (*p.topic).into()),
            "partition" => self.position.as_ref().map_or(Cell::Missing, |p| Cell::Number(f64::from(p.partition))),
            "offset" => self.position.as_ref().map_or(Cell::Missing, |p| Cell::Number(p.offset as f64)),
            other => match self.fields.iter().find(|(n, _)| **n == *other) {
                Some((_, FieldText::Number(x))) => Cell::Number(*x),
                Some((_, FieldText::Bool(b))) => Cell::Bool(*b),
                Some((_, FieldText::Text(text))) => Cell::from(text.as_ref()),
                _ => self.subject.labels().get(other).map_or(Cell::Missing, Cell::from),
            },
        }
    }

    fn words(&self) -> String {
        let mut text = format!("{} {} {} {}", self.detector, self.subject, self.why, self.pattern.word());
        for (name, value) in &self.fields {
            text.push(' ');
            text.push_str(name);
            text.push('=');
            text.push_str(&field(value));
        }
        text
    }
}

impl Pane for Anomalies {
    fn title(&self, scene: &Scene<'_>) -> String {
        let language = scene.language;
        match self.open.and_then(|id| scene.anomalies.get(id)) {
            Some(a) => {
                let (id, detector) = (format::thousands(a.id as i64), Safe::label(&a.detector));
                language.fill("anomaly {0}, {1}, {2}", &[&id, detector.as_str(), language.say(a.pattern.word())])
            }
            None if self.only.is_empty() => language.say("anomalies").to_owned(),
            None => language.fill("anomalies of {0}", &[Safe::label(&self.only).as_str()]),
        }
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let language = scene.language;
        if self.open.is_some() {
            return language.say("Esc back").to_owned();
        }
        let count = if self.only.is_empty() {
            language.fill("{0} in all", &[&format::thousands(scene.anomalies.total() as i64)])
        } else {
            language.fill("{0} shown", &[&self.rows(scene).len().to_string()])
        };
        let rows = language.fill("{0}, {1}", &[self.sort.word(language), &count]);
        if self.filter.is_empty() {
            return rows;
        }
        language.fill("filter {0}, {1}", &[Safe::label(self.filter.text()).as_str(), &rows])
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        let ids: Vec<u64> = self.rows(scene).iter().map(|a| a.id).collect();
        match key.code {
            KeyCode::Esc | KeyCode::Enter if self.open.is_some() => {
                self.open = None;
                return Handled::Whole(false);
            }
            KeyCode::Enter => {
                self.open = self.cursor.row(&ids);
                return Handled::Whole(self.open.is_some());
            }
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('y' | 'Y') if !key.alt => {
                let title = if self.only.is_empty() { scene.language.say("anomalies") } else { &self.only };
                let list = List { scene, zone: &self.zone.0, title };
                let row = || self.open.or_else(|| self.cursor.row(&ids)).and_then(|id| scene.anomalies.get(id));
                return asked(if key.code == KeyCode::Char('y') {
                    row().map(|a| list.anomaly(a))
                } else {
                    Some(list.anomalies(self.rows(scene).into_iter()))
                });
            }
            _ if self.open.is_some() && self.scroll.key(key) => {}
            _ if self.cursor.key(key, &ids) => {
                self.scroll = Scroll::default();
                if self.open.is_some() {
                    self.open = self.cursor.row(&ids);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn filter(&mut self, text: &str) -> bool {
        self.filter = Filter::new(text);
        true
    }

    fn filter_fault(&self, scene: &Scene<'_>) -> Option<FilterFault> {
        self.filter.fault(self.all(scene))
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> Handled {
        if mouse.kind != MouseKind::Press || self.open.is_some() {
            return Handled::No;
        }
        let ids: Vec<u64> = self.rows(scene).iter().map(|a| a.id).collect();
        // The first line is the heading.
        let Some(line) = usize::from(mouse.row - area.y).checked_sub(1) else { return Handled::No };
        match self.cursor.press(line, &ids) {
            Pressed::Again => self.key(Key::plain(KeyCode::Enter), scene),
            Pressed::Chosen => Handled::Yes,
            Pressed::Beside => Handled::No,
        }
    }

    fn least(&self) -> (u16, u16) {
        (30, 2)
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        self.zone = Zone(look.zone.clone());
        if let Some(anomaly) = self.open.and_then(|id| scene.anomalies.get(id)) {
            let lines = anomaly_detail::lines(anomaly, scene, look);
            self.scroll.paint(area, buf, &lines, scene, look);
            return;
        }
        self.open = None;
        self.until = look.until;
        let rows = self.rows(scene);
        if rows.is_empty() {
            let say = |text| look.language.say(text);
            let text = if self.filter.is_empty() { say("nothing odd was found so far") } else { say("no anomaly holds the filter") };
            put_parts(buf, padded(area), 0, &[(text, look.theme.style(Role::Dim))]);
            return;
        }
        let ids: Vec<u64> = rows.iter().map(|a| a.id).collect();
        let window = self.cursor.window(&ids, usize::from(area.height).saturating_sub(1));
        let selected = self.cursor.at(&ids);
        let table = Table::new(&rows, window.clone(), (usize::from(area.width), !self.only.is_empty()), look);
        table.draw(area, buf, 0, None, look);
        for (line, index) in window.enumerate() {
            table.draw(area, buf, line as u16 + 1, Some((line, look.focused && Some(index) == selected)), look);
        }
    }
}
