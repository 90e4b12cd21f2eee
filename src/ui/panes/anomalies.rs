//! The anomaly table, newest first: what was odd, where, by how much and why, with the columns the scenario asks for.
//!
//! Its argument names a detector, a stream or a metric: only theirs are shown.

use super::anomaly_detail;
use super::anomaly_table::{Table, field};
use super::detail::Scroll;
use crate::model::{Anomaly, Safe, Subject, Timestamp};
use crate::ui::cursor::Cursor;
use crate::ui::format;
use crate::ui::widgets::{padded, put_parts};
use crate::ui::{Handled, Hint, Key, KeyCode, Kind, Look, Pane, Role, Scene};
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

    const fn word(self) -> &'static str {
        match self {
            Self::Newest => "newest first",
            Self::Score => "by score",
            Self::Count => "by count",
            Self::Where => "by place",
        }
    }
}

#[derive(Default)]
struct Anomalies {
    only: String,
    filter: String,
    sort: Sort,
    cursor: Cursor<u64>,
    open: Option<u64>,
    scroll: Scroll,
    /// Up to when rows were shown last: while charts stand still, so does the table.
    until: Option<Timestamp>,
}

impl Anomalies {
    /// The rows in their order.
    fn rows<'a>(&self, scene: &Scene<'a>) -> Vec<&'a Anomaly> {
        let wanted = self.filter.to_lowercase();
        let keep =
            |a: &&Anomaly| self.until.is_none_or(|t| a.at <= t) && self.is_of(a) && (wanted.is_empty() || words(a).contains(&wanted));
        let mut rows: Vec<&Anomaly> = scene.anomalies.iter().rev().filter(keep).collect();
        match self.sort {
            // The order of their beginnings: a run that goes on keeps its place, so that the table is quiet while many do.
            Sort::Newest => rows.sort_by_key(|a| std::cmp::Reverse((a.at, a.id))),
            Sort::Score => rows.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.id.cmp(&a.id))),
            Sort::Count => rows.sort_by_key(|a| std::cmp::Reverse((a.count, a.id))),
            Sort::Where => rows.sort_by(|a, b| a.subject.cmp(&b.subject).then(b.id.cmp(&a.id))),
        }
        rows
    }

    fn is_of(&self, anomaly: &Anomaly) -> bool {
        let name = match &anomaly.subject {
            Subject::Series(key) => &key.name,
            Subject::Key { stream, .. } => stream,
        };
        self.only.is_empty() || *self.only == *anomaly.detector || *self.only == **name
    }
}

/// All the words of an anomaly, for the filter.
fn words(a: &Anomaly) -> String {
    let mut text = format!("{} {} {} {}", a.detector, a.subject, a.why, a.pattern.word());
    for (name, value) in &a.fields {
        text.push(' ');
        text.push_str(name);
        text.push('=');
        text.push_str(&field(value));
    }
    text.to_lowercase()
}

impl Pane for Anomalies {
    fn title(&self, scene: &Scene<'_>) -> String {
        match self.open.and_then(|id| scene.anomalies.get(id)) {
            Some(a) => format!("anomaly {}, {}, {}", format::thousands(a.id as i64), Safe::label(&a.detector), a.pattern.word()),
            None if self.only.is_empty() => "anomalies".to_owned(),
            None => format!("anomalies of {}", Safe::label(&self.only)),
        }
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        if self.open.is_some() {
            return "Esc back".to_owned();
        }
        let filter = if self.filter.is_empty() { String::new() } else { format!("filter {}, ", Safe::label(&self.filter)) };
        let count = if self.only.is_empty() {
            format!("{} in all", format::thousands(scene.anomalies.total() as i64))
        } else {
            format!("{} rows", self.rows(scene).len())
        };
        format!("{filter}{}, {count}", self.sort.word())
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
        text.clone_into(&mut self.filter);
        true
    }

    fn least(&self) -> (u16, u16) {
        (30, 2)
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        if let Some(anomaly) = self.open.and_then(|id| scene.anomalies.get(id)) {
            let lines = anomaly_detail::lines(anomaly, scene, look);
            self.scroll.paint(area, buf, &lines, scene, look);
            return;
        }
        self.open = None;
        self.until = look.until;
        let rows = self.rows(scene);
        if rows.is_empty() {
            let text = if self.filter.is_empty() { "nothing odd was found so far" } else { "no anomaly holds the filter" };
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
