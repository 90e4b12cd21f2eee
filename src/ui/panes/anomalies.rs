//! The anomaly table, newest first: what was odd, where, by how much and why, with the columns the scenario asks for.
//!
//! Its argument names a detector, a stream or a metric: only theirs are shown.

use super::anomaly_detail;
use super::anomaly_table::{Table, field};
use super::copies::{List, Zone, asked};
use super::detail::Scroll;
use crate::detect::{Judgement, Opinion, subject_name};
use crate::model::{Anomaly, FieldText, Safe, Timestamp};
use crate::ui::cursor::{Cursor, Pressed};
use crate::ui::field::{LIMIT_STAYS, learns_nothing};
use crate::ui::filter::{Cell, Filter, Row};
use crate::ui::format;
use crate::ui::widgets::{padded, put_parts};
use crate::ui::{
    FilterFault, Handled, Hint, Key, KeyCode, Kind, Language, Look, Mouse, MouseKind, Pane, PaneCommand, Request, Role, Scene,
};
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
    Hint { keys: "r", action: "real", rank: 12 },
    Hint { keys: "x", action: "noise", rank: 13 },
    Hint { keys: "s", action: "sort", rank: 22 },
    Hint { keys: "↑/↓", action: "select", rank: 26 },
    Hint { keys: "y", action: "copy row", rank: 46 },
    Hint { keys: "A", action: "new normal", rank: 47 },
    Hint { keys: "u", action: "take mark back", rank: 48 },
    Hint { keys: "Y", action: "copy summary", rank: 76 },
    Hint { keys: "PgUp/PgDn", action: "select by pages", rank: 72 },
    Hint { keys: "g/G", action: "first/last", rank: 73 },
];

const COMMANDS: &[PaneCommand] = &[
    PaneCommand { name: "real", summary: "there was something; a note may follow", values: &[] },
    PaneCommand { name: "noise", summary: "it was nothing; a note may follow", values: &[] },
    PaneCommand { name: "unmark", summary: "take back what was said of it", values: &[] },
    PaneCommand { name: "new-normal", summary: "its detector takes this for usual from now on", values: &[] },
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
        let holds = self.filter.test(self.seen(scene));
        let mut rows: Vec<&Anomaly> = self.seen(scene).filter(|odd| holds.passes(odd)).map(|odd| odd.0).collect();
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

    /// The same with what persons said of them.
    fn seen<'a>(&self, scene: &Scene<'a>) -> impl Iterator<Item = Odd<'a>> {
        let judgements = scene.judgements;
        self.all(scene).map(move |a| Odd(a, judgements.get(a)))
    }

    /// The anomaly that is open, else the one that is selected.
    fn chosen(&self, scene: &Scene<'_>) -> Option<u64> {
        let ids = || -> Vec<u64> { self.rows(scene).iter().map(|a| a.id).collect() };
        self.open.or_else(|| self.cursor.row(&ids()))
    }

    fn is_of(&self, anomaly: &Anomaly) -> bool {
        let name = subject_name(&anomaly.subject);
        self.only.is_empty() || *self.only == *anomaly.detector || *self.only == **name
    }
}

/// An anomaly with what somebody said of it.
struct Odd<'a>(&'a Anomaly, Option<&'a Judgement>);

impl Row for Odd<'_> {
    const COLUMNS: &'static [&'static str] =
        &["detector", "name", "value", "score", "count", "pattern", "kind", "why", "unit", "topic", "partition", "offset", "mark", "note"];

    fn cell(&self, name: &str) -> Cell<'_> {
        let odd = self.0;
        match name {
            "kind" => odd.baseline.kind.into(),
            "mark" => self.1.and_then(|j| j.opinion).map_or(Cell::Missing, |o| o.word().into()),
            "note" => self.1.map_or(Cell::Missing, |j| (*j.note).into()),
            "detector" => (*odd.detector).into(),
            "name" => odd.subject.to_string().into(),
            "value" => Cell::Number(odd.value),
            "score" => Cell::Number(odd.score),
            "count" => Cell::Number(f64::from(odd.count)),
            "pattern" => odd.pattern.word().into(),
            "why" => (*odd.why).into(),
            "unit" => (*odd.unit).into(),
            "topic" => odd.position.as_ref().map_or(Cell::Missing, |p| (*p.topic).into()),
            "partition" => odd.position.as_ref().map_or(Cell::Missing, |p| Cell::Number(f64::from(p.partition))),
            "offset" => odd.position.as_ref().map_or(Cell::Missing, |p| Cell::Number(p.offset as f64)),
            other => match odd.fields.iter().find(|(n, _)| **n == *other) {
                Some((_, FieldText::Number(x))) => Cell::Number(*x),
                Some((_, FieldText::Bool(b))) => Cell::Bool(*b),
                Some((_, FieldText::Text(text))) => Cell::from(text.as_ref()),
                _ => odd.subject.labels().get(other).map_or(Cell::Missing, Cell::from),
            },
        }
    }

    fn words(&self) -> String {
        let odd = self.0;
        let mut text = format!("{} {} {} {}", odd.detector, odd.subject, odd.why, odd.pattern.word());
        for (name, value) in &odd.fields {
            text.push(' ');
            text.push_str(name);
            text.push('=');
            text.push_str(&field(value));
        }
        if let Some(judgement) = self.1 {
            text.push(' ');
            text.push_str(judgement.opinion.map_or("", Opinion::word));
            text.push(' ');
            text.push_str(&judgement.note);
        }
        text
    }
}

impl Anomalies {
    /// What a key says of the anomaly that is open or selected.
    fn say(&self, key: char, scene: &Scene<'_>) -> Handled {
        let Some(id) = self.chosen(scene) else { return Handled::Yes };
        match key {
            'r' => Handled::Judge(id, Opinion::Real),
            'x' => Handled::Judge(id, Opinion::Noise),
            'u' => Handled::Ask(Request::Judge { id, opinion: None, note: "".into() }),
            _ => Handled::Accept(id),
        }
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
            KeyCode::Char(c @ ('r' | 'x' | 'u' | 'A')) if !key.alt => return self.say(c, scene),
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
        self.filter.fault(self.seen(scene))
    }

    fn commands(&self) -> &'static [PaneCommand] {
        COMMANDS
    }

    fn command(&mut self, name: &str, rest: &str, scene: &Scene<'_>) -> Result<Handled, String> {
        let Some(id) = self.chosen(scene) else { return Err(scene.language.say("no anomaly is selected").to_owned()) };
        let opinion = Opinion::of(name);
        if name == "new-normal" && learns_nothing(scene, id) {
            return Err(scene.language.say(LIMIT_STAYS).to_owned());
        }
        if name == "new-normal" {
            return Ok(Handled::Ask(Request::AcceptAnomaly(id)));
        }
        Ok(match opinion {
            Some(opinion) if rest.is_empty() => Handled::Judge(id, opinion),
            _ => Handled::Ask(Request::Judge { id, opinion, note: rest.into() }),
        })
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
        let table = Table::new(&rows, window.clone(), (usize::from(area.width), !self.only.is_empty()), scene, look);
        table.draw(area, buf, 0, None, look);
        for (line, index) in window.enumerate() {
            table.draw(area, buf, line as u16 + 1, Some((line, look.focused && Some(index) == selected)), look);
        }
    }
}
