//! The records that were not accepted, class by class: when, where, why, and how they begin.
//! Shown by the sources pane.

use crate::decode::{Reject, RejectClass};
use crate::ui::filter::{self, Cell, Filter};
use crate::ui::widgets::{Align, Column, Field, Pen, Table, TableStyle, Window, put};
use crate::ui::{FilterFault, Handled, Key, KeyCode, Look, Mouse, Role, Scene, format, times, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows the selected record's reason and excerpt may take below the list.
const DETAIL: u16 = 5;

pub(super) const COLUMNS: [Column; 5] = [
    Column { title: "at", width: 8, grow: 0, align: Align::Left, rank: 2 },
    Column { title: "stream", width: 10, grow: 1, align: Align::Left, rank: 3 },
    Column { title: "position", width: 16, grow: 2, align: Align::Left, rank: 1 },
    Column { title: "why", width: 20, grow: 4, align: Align::Left, rank: 0 },
    Column { title: "begins", width: 12, grow: 3, align: Align::Left, rank: 4 },
];

/// The view.
#[derive(Debug)]
pub struct Rejects {
    class: usize,
    window: Window,
    filter: Filter,
}

impl Rejects {
    /// The view of the first class that has any.
    pub fn new(scene: &Scene<'_>) -> Self {
        let class = RejectClass::ALL.iter().position(|c| scene.rejects.count(*c) > 0).unwrap_or(0);
        Self { class, window: Window::default(), filter: Filter::default() }
    }

    fn class(&self) -> RejectClass {
        RejectClass::ALL[self.class % RejectClass::ALL.len()]
    }

    /// Those of the class, newest first.
    fn list<'a>(&self, scene: &Scene<'a>) -> Vec<&'a Reject> {
        let holds = self.filter.test(scene.rejects.of(self.class()));
        scene.rejects.of(self.class()).rev().filter(|r| holds.passes(r)).collect()
    }

    /// Its filter.
    pub fn filtered(&self) -> &Filter {
        &self.filter
    }

    /// Shows only what holds this.
    pub fn filter(&mut self, text: &str) {
        self.filter = Filter::new(text);
        self.window = Window::default();
    }

    /// What is wrong with the filter.
    pub fn filter_fault(&self, scene: &Scene<'_>) -> Option<FilterFault> {
        self.filter.fault(scene.rejects.of(self.class()))
    }

    /// Selects the record that was clicked.
    pub fn press(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) {
        let body = Self::body(area);
        let heading = usize::from(body.height > 2);
        if mouse.inside(body)
            && let Some(line) = usize::from(mouse.row - body.y).checked_sub(heading)
        {
            self.window.press(line, self.list(scene).len());
        }
    }

    /// Where the list stands: below the classes, above the selected record in full.
    fn body(area: Rect) -> Rect {
        let detail = if area.height >= DETAIL * 2 + 2 { DETAIL } else { 0 };
        Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1 + detail))
    }

    /// `rejects: late`.
    pub fn title(&self, scene: &Scene<'_>) -> String {
        let class = self.class();
        let (kept, all) = (scene.rejects.of(class).count().to_string(), format::thousands(scene.rejects.count(class) as i64));
        scene.language.fill("rejects  {0}  last {1} of {2}", &[scene.language.say(class.word()), &kept, &all])
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        let rows = self.list(scene).len();
        let classes = RejectClass::ALL.len();
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.window.step(1, rows),
            KeyCode::Up | KeyCode::Char('k') => self.window.step(-1, rows),
            KeyCode::PageDown => self.window.step(10, rows),
            KeyCode::PageUp => self.window.step(-10, rows),
            KeyCode::Right | KeyCode::Char('l') => (self.class, self.window) = ((self.class + 1) % classes, Window::default()),
            KeyCode::Left | KeyCode::Char('h') => (self.class, self.window) = ((self.class + classes - 1) % classes, Window::default()),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Draws itself: the classes, the list newest first, the selected record in full.
    pub fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        self.classes(area, buf, scene, look);
        let list = self.list(scene);
        let body = Self::body(area);
        let detail = area.height.saturating_sub(1 + body.height);
        if list.is_empty() && !self.filter.is_empty() {
            let text = look.language.say("no record holds the filter");
            put(buf, body, 2, body.height / 2, text, look.theme.style(Role::Dim));
            return;
        }
        if list.is_empty() {
            let text = look.language.fill("no {0} records", &[look.language.say(self.class().word())]);
            put(buf, body, 2, body.height / 2, &text, look.theme.style(Role::Dim));
            return;
        }
        let style = TableStyle { sorted: None, heading: body.height > 2, select: look.focused };
        let table = Table { columns: &COLUMNS, rows: list.len(), style };
        table.render(body, buf, look, &mut self.window, |i, _| row(list[i], scene, look));
        if let Some(reject) = list.get(self.window.selected).filter(|_| detail > 0) {
            let place = Rect::new(area.x, body.bottom(), area.width, detail);
            full(reject, place, buf, look);
        }
    }

    fn classes(&self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        let mut pen = Pen::new(buf, area, 0);
        for (i, class) in RejectClass::ALL.into_iter().enumerate() {
            let count = format::si(scene.rejects.count(class) as f64);
            let role = if i == self.class { Role::Accent } else { Role::Dim };
            // The chosen class stands in brackets too: colour alone says nothing.
            let word = look.language.say(class.word());
            let text = if i == self.class { format!("[{word} {count}]") } else { format!(" {word} {count} ") };
            if usize::from(pen.room()) < words::width(&text) {
                break;
            }
            pen.put(&text, look.theme.style(role)).skip(1);
        }
    }
}

impl filter::Row for &Reject {
    const COLUMNS: &'static [&'static str] = &["class", "stream", "position", "why", "begins"];

    fn cell(&self, name: &str) -> Cell<'_> {
        match name {
            "class" => self.class.word().into(),
            "stream" => (*self.stream).into(),
            "position" => self.position.as_str().into(),
            "why" => self.reason.as_str().into(),
            "begins" => self.excerpt.as_str().into(),
            _ => Cell::Missing,
        }
    }

    fn words(&self) -> String {
        format!("{} {} {} {} {}", self.class.word(), self.stream, self.position, self.reason, self.excerpt)
    }
}

fn row(reject: &Reject, scene: &Scene<'_>, look: &Look<'_>) -> Vec<Field> {
    vec![
        Field::dim(times::moment(reject.at, scene.now, look.zone)),
        Field::Name(crate::model::Safe::label(&reject.stream).to_string(), Role::Dim),
        Field::Name(reject.position.to_string(), Role::Dim),
        Field::text(reject.reason.as_str()),
        Field::dim(reject.excerpt.as_str()),
    ]
}

/// A rule, the reason, and the excerpt over as many rows as there are.
fn full(reject: &Reject, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let rule = if look.ascii { "-" } else { "─" };
    put(buf, area, 0, 0, &rule.repeat(usize::from(area.width)), look.theme.style(Role::Frame));
    let reason = format!("{}  {}", reject.position, reject.reason);
    put(buf, area, 0, 1, &words::clip(&reason, usize::from(area.width), look.ascii), look.theme.style(Role::Text));
    let lines = wrap(reject.excerpt.as_str(), usize::from(area.width), usize::from(area.height.saturating_sub(2)));
    for (line, dy) in lines.iter().zip(2..) {
        put(buf, area, 0, dy, line, look.theme.style(Role::Dim));
    }
}

/// `text` cut into at most `rows` lines of `room` columns.
fn wrap(text: &str, room: usize, rows: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = words::width(c.encode_utf8(&mut [0; 4]));
        if used + wide > room {
            if lines.len() == rows {
                break;
            }
            lines.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines.truncate(rows);
    lines
}
