//! Alerts that are active, and below them what became of all in the last time. Enter opens one, `a` says that somebody knows.

use super::copies::{List, Zone, asked};
use super::detail::{Line, Scroll};
use crate::alert::{Alert, AlertState, Transition};
use crate::model::{Safe, Subject};
use crate::ui::cursor::{Cursor, Pressed};
use crate::ui::filter::{Cell, Filter, Row as RowOf};
use crate::ui::glyphs::{self, glyphs};
use crate::ui::health::{ACKNOWLEDGED, Counts, alert_look, state_look};
use crate::ui::widgets::{Share, padded, put_at, put_parts, shares};
use crate::ui::words::{self, clip, shorten};
use crate::ui::{FilterFault, Handled, Hint, Key, KeyCode, Kind, Look, Mouse, MouseKind, Pane, Request, Role, Scene};
use crate::ui::{format, times};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

/// The kind `alerts`.
pub const KIND: Kind = Kind {
    name: "alerts",
    summary: "active alerts and the last transitions",
    argument: "rules, several with commas between; none: all",
    build: |argument| Box::new(Alerts { only: names(argument), ..Alerts::default() }),
};

const HINTS: &[Hint] = &[
    Hint { keys: "Enter", action: "open", rank: 10 },
    Hint { keys: "a", action: "ack", rank: 12 },
    Hint { keys: "↑/↓", action: "select", rank: 26 },
    Hint { keys: "y", action: "copy row", rank: 46 },
    Hint { keys: "Y", action: "copy summary", rank: 76 },
    Hint { keys: "PgUp/PgDn", action: "select by pages", rank: 72 },
    Hint { keys: "g/G", action: "first/last", rank: 73 },
];

/// A row: an active alert by its id, or a transition by alert, time and state.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Row {
    Active(u64),
    Past(u64, i64, AlertState),
}

#[derive(Default)]
struct Alerts {
    /// The rules whose alerts are shown; empty: all.
    only: Vec<String>,
    cursor: Cursor<Row>,
    filter: Filter,
    open: Option<Row>,
    scroll: Scroll,
    /// The zone it was drawn in last, for what is copied.
    zone: Zone,
}

fn names(argument: &str) -> Vec<String> {
    argument.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect()
}

impl Alerts {
    fn is_of(&self, alert: &Alert) -> bool {
        self.only.is_empty() || self.only.iter().any(|rule| **rule == *alert.rule)
    }

    /// All alerts and transitions of the rules shown.
    fn all<'a>(&'a self, scene: &Scene<'a>) -> impl Iterator<Item = &'a Alert> {
        let past = scene.alerts.recent().map(|t| &t.alert);
        scene.alerts.active().chain(past).filter(|a| self.is_of(a))
    }

    fn rows(&self, scene: &Scene<'_>) -> Vec<Row> {
        let test = self.filter.test(self.all(scene));
        let holds = |alert: &Alert| self.is_of(alert) && test.passes(&alert);
        let active = scene.alerts.active().filter(|a| holds(a)).map(|a| Row::Active(a.id));
        // How an alert came to the state it is in now stands in its own row.
        let now = |t: &Transition| scene.alerts.get(t.alert.id).is_some_and(|a| a.state == t.alert.state && a.since == t.at);
        let mut past: Vec<_> = scene.alerts.recent().rev().filter(|t| holds(&t.alert) && !now(t)).collect();
        // Recorded in the order of finding; a window that closed late may tell of an earlier moment.
        past.sort_by_key(|t| std::cmp::Reverse(t.at));
        active.chain(past.into_iter().map(|t| Row::Past(t.alert.id, t.at.as_millis(), t.alert.state))).collect()
    }
}

fn transition<'a>(scene: &Scene<'a>, row: Row) -> Option<&'a Transition> {
    let Row::Past(id, at, state) = row else { return None };
    scene.alerts.recent().rev().find(|t| t.alert.id == id && t.at.as_millis() == at && t.alert.state == state)
}

fn alert<'a>(scene: &Scene<'a>, row: Row) -> Option<&'a Alert> {
    match row {
        Row::Active(id) => scene.alerts.get(id),
        Row::Past(..) => transition(scene, row).map(|t| &t.alert),
    }
}

impl Pane for Alerts {
    fn title(&self, scene: &Scene<'_>) -> String {
        match self.open.and_then(|row| alert(scene, row)) {
            Some(alert) => scene.language.fill("alert {0} {1}", &[&alert.id.to_string(), Safe::label(&alert.rule).as_str()]),
            None => scene.language.say("alerts").to_owned(),
        }
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        if !self.filter.is_empty() {
            return scene.language.fill("filter {0}", &[Safe::label(self.filter.text()).as_str()]);
        }
        if !self.only.is_empty() {
            return String::new();
        }
        scene.language.fill("{0} fired in all", &[&format::thousands(scene.alerts.fired() as i64)])
    }

    fn state(&self, scene: &Scene<'_>) -> Role {
        let mut counts = Counts::default();
        scene.alerts.active().filter(|a| self.is_of(a)).for_each(|a| counts.add(a));
        counts.worst()
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        let rows = self.rows(scene);
        match key.code {
            KeyCode::Esc | KeyCode::Enter if self.open.is_some() => {
                self.open = None;
                return Handled::Whole(false);
            }
            KeyCode::Enter => {
                self.open = self.cursor.row(&rows);
                return Handled::Whole(self.open.is_some());
            }
            KeyCode::Char('a') => {
                let id = match self.open.or_else(|| self.cursor.row(&rows)) {
                    Some(Row::Active(id) | Row::Past(id, ..)) if scene.alerts.get(id).is_some() => id,
                    _ => return Handled::Yes,
                };
                return Handled::Ask(Request::Acknowledge(id));
            }
            KeyCode::Char('y' | 'Y') if !key.alt => {
                let list = List { scene, zone: &self.zone.0, title: scene.language.say("alerts") };
                let row = || self.open.or_else(|| self.cursor.row(&rows)).and_then(|row| alert(scene, row));
                return asked(if key.code == KeyCode::Char('y') {
                    row().map(|a| list.alert(a))
                } else {
                    Some(list.alerts(rows.iter().filter_map(|row| alert(scene, *row))))
                });
            }
            _ if self.open.is_some() && self.scroll.key(key) => {}
            _ if self.cursor.key(key, &rows) => {
                self.scroll = Scroll::default();
                if self.open.is_some() {
                    self.open = self.cursor.row(&rows);
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
        match self.cursor.press(usize::from(mouse.row - area.y), &self.rows(scene)) {
            Pressed::Again => self.key(Key::plain(KeyCode::Enter), scene),
            Pressed::Chosen => Handled::Yes,
            Pressed::Beside => Handled::No,
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        self.zone = Zone(look.zone.clone());
        if let Some(alert) = self.open.and_then(|row| alert(scene, row)) {
            self.scroll.paint(area, buf, &detail(alert, scene, look), scene, look);
            return;
        }
        self.open = None;
        let rows = self.rows(scene);
        if rows.is_empty() {
            let say = |text| look.language.say(text);
            let text = if self.filter.is_empty() { say("no alert so far") } else { say("no alert holds the filter") };
            put_parts(buf, padded(area), 0, &[(text, look.theme.style(Role::Dim))]);
            return;
        }
        let window = self.cursor.window(&rows, usize::from(area.height));
        let selected = self.cursor.at(&rows);
        let mut cells: Vec<Cells> = rows[window.clone()].iter().filter_map(|row| cells(*row, scene, look)).collect();
        let widths = widths(&mut cells, usize::from(area.width));
        for (line, (cell, index)) in cells.iter().zip(window).enumerate() {
            cell.draw(area, buf, line as u16, &widths, look, look.focused && Some(index) == selected);
        }
    }
}

impl RowOf for &Alert {
    const COLUMNS: &'static [&'static str] = &["rule", "name", "severity", "state", "value", "score", "why", "unit", "acknowledged"];

    fn cell(&self, name: &str) -> Cell<'_> {
        match name {
            "rule" => (*self.rule).into(),
            "name" => self.subject.to_string().into(),
            "severity" => self.severity.word().into(),
            "state" => self.state.word().into(),
            "value" => Cell::Number(self.value),
            "score" => Cell::Number(self.score),
            "why" => (*self.why).into(),
            "unit" => (*self.unit).into(),
            "acknowledged" => Cell::Bool(self.acknowledged.is_some()),
            label => self.subject.labels().get(label).or_else(|| self.labels.get(label)).map_or(Cell::Missing, Cell::from),
        }
    }

    fn words(&self) -> String {
        format!("{} {} {} {}", self.rule, self.subject, self.why, self.severity.word())
    }
}

/// Columns of a row: since when, for how long, what happened, rule, subject, value, expected, why.
const COLUMNS: usize = 8;
/// The column of the rule.
const RULE: usize = 3;
/// The column of what the alert is about.
const SUBJECT: usize = 4;
/// The column of the value.
const VALUE: usize = 5;

/// The texts of one row.
struct Cells {
    role: Role,
    sign: String,
    texts: [String; COLUMNS],
    /// The values of the subject's labels.
    values: String,
    quiet: bool,
}

fn cells(row: Row, scene: &Scene<'_>, look: &Look<'_>) -> Option<Cells> {
    let alert = alert(scene, row)?;
    let past = transition(scene, row);
    let (role, sign) = past.map_or_else(|| alert_look(alert, look.ascii), |t| state_look(t.alert.state, alert.severity, look.ascii));
    let since = past.map_or(alert.since, |t| t.at);
    let age = if past.is_some() { String::new() } else { times::age_in(scene.now.since(since), look.language) };
    let word = look.language.say(alert.state.word());
    let what = if past.is_none() && alert.acknowledged.is_some() { look.language.fill("{0} acked", &[word]) } else { word.to_owned() };
    let subject = if alert.subject.labels().is_empty() { words::subject(&alert.subject) } else { words::labels(alert.subject.labels()) };
    let band = format::band(alert.expected, &alert.unit);
    let texts = [
        times::moment(since, scene.now, look.zone),
        age,
        what,
        Safe::label(&alert.rule).to_string(),
        subject,
        format::value(alert.value, &alert.unit),
        if band.is_empty() { band } else { look.language.fill("usually {0}", &[&band]) },
        Safe::message(&alert.why).to_string(),
    ];
    let known = if past.is_none() && alert.acknowledged.is_some() { ACKNOWLEDGED } else { " " };
    Some(Cells {
        role,
        sign: format!("{}{known}", glyphs::sign(role, look.ascii).replace(role.sign(look.ascii), sign)),
        texts,
        values: words::label_values(alert.subject.labels()),
        quiet: past.is_some(),
    })
}

/// Least widths, greatest widths and ranks of the columns; a least of 0 stands for "as a whole or not at all".
const SHAPE: [(usize, usize, u8); COLUMNS] =
    [(0, 14, 2), (0, 6, 4), (0, 16, 5), (12, 30, 0), (8, 40, 3), (0, 14, 1), (0, 34, 6), (16, 160, 7)];

/// The widths of the columns. What an alert is about is shown whole at the cost of what says less; where even that is too
/// wide, the values of its labels are.
fn widths(cells: &mut [Cells], room: usize) -> Vec<usize> {
    let mut whole = shape(cells);
    whole[SUBJECT].least = whole[SUBJECT].want;
    whole[RULE].least = whole[RULE].want;
    let widths = shares(room.saturating_sub(4), 2, &whole);
    if widths[SUBJECT] > 0 || whole[SUBJECT].want == 0 {
        return widths;
    }
    for cell in cells.iter_mut().filter(|cell| !cell.values.is_empty()) {
        cell.texts[SUBJECT] = std::mem::take(&mut cell.values);
    }
    shares(room.saturating_sub(4), 2, &shape(cells))
}

fn shape(cells: &[Cells]) -> Vec<Share> {
    let widest = |i: usize| cells.iter().map(|c| words::width(&c.texts[i])).max().unwrap_or(0);
    let share = |(i, &(least, most, rank)): (usize, &(usize, usize, u8))| {
        let want = widest(i).min(most);
        Share { want, least: if least == 0 { want } else { least }, rank }
    };
    SHAPE.iter().enumerate().map(share).collect()
}

impl Cells {
    fn draw(&self, area: Rect, buf: &mut Buffer, line: u16, widths: &[usize], look: &Look<'_>, selected: bool) {
        let style = |role| look.theme.style(role);
        if selected && line < area.height {
            let text = Rect { x: area.x + 4, y: area.y + line, width: area.width.saturating_sub(4), height: 1 };
            buf.set_style(text.intersection(buf.area), style(Role::Selection));
        }
        let mark = if selected { glyphs(look.ascii).here } else { " " };
        let mut x =
            area.x + put_parts(buf, area, line, &[(mark, style(Role::Accent)), (&self.sign, style(self.role)), (" ", style(Role::Text))]);
        for (i, (text, &room)) in self.texts.iter().zip(widths).enumerate() {
            if room == 0 {
                continue;
            }
            let text = match i {
                RULE | SUBJECT => words::pad(&shorten(text, room, look.ascii), room),
                1 | VALUE => words::pad_left(&clip(text, room, look.ascii), room),
                _ => words::pad(&clip(text, room, look.ascii), room),
            };
            let role = if selected {
                Role::Selection
            } else if !self.quiet && (i == RULE || i == VALUE) {
                Role::Text
            } else {
                Role::Dim
            };
            put_at(buf, area, (x, area.y + line), &text, style(role));
            x = x.saturating_add(room as u16 + 2);
        }
    }
}

/// All there is to say of an alert.
fn detail(alert: &Alert, scene: &Scene<'_>, look: &Look<'_>) -> Vec<Line> {
    let (role, sign) = alert_look(alert, look.ascii);
    let language = look.language;
    let (state, severity) = (language.say(alert.state.word()), language.say(alert.severity.word()));
    let head = format!("{sign} {state} {severity}  {}", words::subject(&alert.subject));
    let band = format::band(alert.expected, &alert.unit);
    let usual = if band.is_empty() { band } else { format!("   {}", language.fill("usually {0}", &[&band])) };
    let value = format::value(alert.value, &alert.unit);
    let (value, score) = (language.fill("value {0}", &[&value]), language.fill("score {0}", &[&format!("{:.2}", alert.score)]));
    let mut lines = vec![Line::Text(head, role), Line::text(format!("{value}{usual}   {score}"))];
    lines.push(Line::text(Safe::message(&alert.why).to_string()));
    let note = |(name, text): &(Arc<str>, Arc<str>)| Line::text(format!("{}: {}", Safe::label(name), Safe::message(text)));
    lines.extend(alert.annotations.iter().map(note));
    if let Subject::Series(key) = &alert.subject
        && let Some(id) = scene.store.find(key)
    {
        lines.push(Line::Series(id, look.until.unwrap_or(scene.now)));
    }
    lines.push(Line::text(""));
    let ago = |at| language.fill("{0} ago", &[&times::age_in(scene.now.since(at), language)]);
    let moment = |at| format!("{} ({})", times::exact(at, look.zone), ago(at));
    lines.push(Line::dim(language.fill("condition since {0}", &[&moment(alert.active_since)])));
    lines.push(Line::dim(language.fill("{0} since {1}", &[state, &moment(alert.since)])));
    if let Some((who, when)) = &alert.acknowledged {
        let by = [Safe::label(who).to_string(), times::exact(*when, look.zone)];
        lines.push(Line::dim(language.fill("acknowledged by {0} at {1}", &[&by[0], &by[1]])));
    }
    lines.push(Line::dim(language.fill("labels {0}", &[&words::labels(&alert.labels)])));
    let told: Vec<String> = alert.notify.iter().map(|n| Safe::label(n).to_string()).collect();
    let told = if told.is_empty() { language.say("nobody is told").to_owned() } else { language.fill("told by {0}", &[&told.join(", ")]) };
    lines.push(Line::dim(told));
    for t in scene.alerts.recent().filter(|t| t.alert.id == alert.id) {
        let clock = times::clock(t.at, look.zone);
        lines.push(Line::dim(language.fill("{0}  {1} to {2}", &[&clock, language.say(t.from.word()), language.say(t.alert.state.word())])));
    }
    lines
}
