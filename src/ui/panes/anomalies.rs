//! The anomaly table, newest first: what was odd, where, by how much and why, with the columns the scenario asks for.
//!
//! Its argument names a detector, a stream or a metric: only theirs are shown.

use super::anomaly_detail;
use crate::model::{Anomaly, FieldText, Safe, Subject, Timestamp};
use crate::ui::cursor::Cursor;
use crate::ui::glyphs::glyphs;
use crate::ui::widgets::{Share, padded, put_at, put_parts, shares};
use crate::ui::words::{self, clip, shorten};
use crate::ui::{Handled, Hint, Key, KeyCode, Kind, Look, Pane, Role, Scene};
use crate::ui::{format, times};
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
/// Columns of the scenario's own that are shown: the detail view has them all.
const SHOW_MAX: usize = 6;

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
            // The table's order is that of finding; the run heard of last comes first.
            Sort::Newest => rows.sort_by_key(|a| std::cmp::Reverse((a.last_at, a.id))),
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

/// A field as it is drawn.
pub(super) fn field(value: &FieldText) -> String {
    match value {
        FieldText::Missing => String::new(),
        // A field may be an id or a time: all its digits matter, unlike a measured value's.
        FieldText::Number(x) if x.fract().abs() < f64::EPSILON && x.abs() < 1e15 => format!("{x:.0}"),
        FieldText::Number(x) => format!("{x:.2}"),
        FieldText::Bool(b) => b.to_string(),
        FieldText::Text(text) => Safe::label(text).to_string(),
    }
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
        format!("{filter}{}, {} in all", self.sort.word(), format::thousands(scene.anomalies.total() as i64))
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        let ids: Vec<u64> = self.rows(scene).iter().map(|a| a.id).collect();
        match key.code {
            KeyCode::Esc if self.open.is_some() => self.open = None,
            KeyCode::Enter => self.open = if self.open.is_some() { None } else { self.cursor.row(&ids) },
            KeyCode::Char('s') => self.sort = self.sort.next(),
            _ if self.cursor.key(key, &ids) => {
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
            anomaly_detail::render(padded(area), buf, anomaly, scene, look);
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
        let table = Table::new(&rows, window.clone(), usize::from(area.width), look);
        table.draw(area, buf, 0, None, look);
        for (line, index) in window.enumerate() {
            table.draw(area, buf, line as u16 + 1, Some((line, look.focused && Some(index) == selected)), look);
        }
    }
}

/// The texts of the rows shown, and the widths of their columns.
struct Table {
    heads: Vec<String>,
    /// Drawn to the right.
    right: Vec<bool>,
    lines: Vec<Vec<String>>,
    widths: Vec<usize>,
}

/// Head, right, least width, greatest width and rank of the columns every table has; the scenario's own stand before the last.
const SHAPE: [(&str, bool, usize, usize, u8); 7] = [
    ("time", false, 8, 14, 0),
    ("where", false, 20, 44, 1),
    ("value", true, 5, 16, 0),
    ("expected", false, 6, 26, 4),
    ("score", true, 5, 5, 5),
    ("seen", true, 4, 7, 3),
    ("why", false, 16, 120, 7),
];
/// The scenario's own columns: after the value and before the explanation.
const SHOW_SHAPE: (usize, usize, u8) = (4, 24, 2);

impl Table {
    fn new(rows: &[&Anomaly], window: std::ops::Range<usize>, room: usize, look: &Look<'_>) -> Self {
        // From all rows, oldest first, so that columns do not change places as rows pass by.
        let mut shown: Vec<&str> = Vec::new();
        let mut oldest: Vec<&&Anomaly> = rows.iter().collect();
        oldest.sort_by_key(|a| a.id);
        for (name, _) in oldest.iter().flat_map(|a| &a.fields) {
            if shown.len() < SHOW_MAX && !shown.contains(&name.as_ref()) {
                shown.push(name);
            }
        }
        let own: Vec<String> = shown.iter().map(|name| Safe::label(name).to_string()).collect();
        let mut heads: Vec<String> = SHAPE[..6].iter().map(|s| s.0.to_owned()).chain(own).collect();
        heads.push(SHAPE[6].0.to_owned());
        let lines: Vec<Vec<String>> = rows[window].iter().map(|a| line(a, &shown, look)).collect();
        let numeric =
            |name: &&str| rows.iter().flat_map(|a| &a.fields).all(|(n, v)| n.as_ref() != *name || !matches!(v, FieldText::Text(_)));
        let mut right: Vec<bool> = SHAPE[..6].iter().map(|s| s.1).chain(shown.iter().map(numeric)).collect();
        right.push(SHAPE[6].1);
        let last = heads.len() - 1;
        let shape: Vec<Share> = (0..heads.len())
            .map(|i| {
                let (least, most, rank) = if i == last {
                    (SHAPE[6].2, SHAPE[6].3, SHAPE[6].4)
                } else if i < 6 {
                    (SHAPE[i].2, SHAPE[i].3, SHAPE[i].4)
                } else {
                    SHOW_SHAPE
                };
                let widest = lines.iter().map(|l| words::width(&l[i])).max().unwrap_or(0);
                // A column without content says nothing; a number is never cut.
                let want = if widest == 0 { 0 } else { widest.max(words::width(&heads[i])).min(most) };
                Share { want, least: if right[i] || i == 3 { want } else { least }, rank }
            })
            .collect();
        Self { widths: shares(room.saturating_sub(1), 2, &shape), heads, right, lines }
    }

    /// Draws the heads, or a line with whether it is selected.
    fn draw(&self, area: Rect, buf: &mut Buffer, row: u16, line: Option<(usize, bool)>, look: &Look<'_>) {
        let selected = line.is_some_and(|(_, selected)| selected);
        let texts = line.map_or(&self.heads, |(i, _)| &self.lines[i]);
        let mark = if selected { glyphs(look.ascii).here } else { " " };
        let mut x = area.x + put_parts(buf, area, row, &[(mark, look.theme.style(Role::Accent))]);
        for (i, (text, &room)) in texts.iter().zip(&self.widths).enumerate() {
            if room == 0 {
                continue;
            }
            let text = if i == 1 { shorten(text, room, look.ascii) } else { clip(text, room, look.ascii) };
            let text = if self.right[i] { words::pad_left(&text, room) } else { words::pad(&text, room) };
            let role = if selected {
                Role::Selection
            } else if line.is_some() && (i == 1 || i == 2) {
                Role::Text
            } else {
                Role::Dim
            };
            put_at(buf, area, (x, area.y + row), &text, look.theme.style(role));
            x = x.saturating_add(room as u16 + 2);
        }
    }
}

fn line(a: &Anomaly, shown: &[&str], look: &Look<'_>) -> Vec<String> {
    let times = glyphs(look.ascii).times;
    let mut texts = vec![
        times::clock(a.last_at, look.zone),
        words::subject(&a.subject),
        format::value(a.value, &a.unit),
        format::band(a.expected, &a.unit),
        format!("{:.2}", a.score),
        if a.count > 1 { format!("{times}{}", a.count) } else { String::new() },
    ];
    texts.extend(shown.iter().map(|name| a.fields.iter().find(|(n, _)| n.as_ref() == *name).map_or_else(String::new, |(_, v)| field(v))));
    texts.push(Safe::message(&a.why).to_string());
    texts
}
