//! The marks that persons set, newest first. Enter goes to the moment of one.

use crate::model::{Mark, Safe, Timestamp};
use crate::ui::cursor::{Cursor, Pressed};
use crate::ui::filter::{Cell, Filter, Row};
use crate::ui::glyphs::glyphs;
use crate::ui::widgets::{padded, put_parts};
use crate::ui::words::clip;
use crate::ui::{FilterFault, Handled, Hint, Key, KeyCode, Kind, Look, Mouse, MouseKind, Pane, Role, Scene, times};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind `marks`.
pub const KIND: Kind =
    Kind { name: "marks", summary: "notes set with m, and a way back to their moments", argument: "", build: |_| Box::<Marks>::default() };

const HINTS: &[Hint] = &[
    Hint { keys: "Enter", action: "go there", rank: 10 },
    Hint { keys: "↑/↓", action: "select", rank: 26 },
    Hint { keys: "g/G", action: "first/last", rank: 73 },
];

#[derive(Default)]
struct Marks {
    cursor: Cursor<Timestamp>,
    filter: Filter,
}

impl Marks {
    fn rows<'a>(&self, scene: &Scene<'a>) -> Vec<&'a Mark> {
        let holds = self.filter.test(scene.marks.iter());
        scene.marks.iter().rev().filter(|m| holds.passes(m)).collect()
    }

    fn moments(&self, scene: &Scene<'_>) -> Vec<Timestamp> {
        self.rows(scene).iter().map(|m| m.at).collect()
    }
}

impl Row for &Mark {
    const COLUMNS: &'static [&'static str] = &["text"];

    fn cell(&self, name: &str) -> Cell<'_> {
        if name == "text" { (*self.text).into() } else { Cell::Missing }
    }

    fn words(&self) -> String {
        self.text.to_string()
    }
}

impl Pane for Marks {
    fn title(&self, scene: &Scene<'_>) -> String {
        scene.language.say("marks").to_owned()
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        if self.filter.is_empty() {
            return scene.marks.len().to_string();
        }
        scene.language.fill("filter {0}", &[Safe::label(self.filter.text()).as_str()])
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        let moments = self.moments(scene);
        match key.code {
            KeyCode::Enter => self.cursor.row(&moments).map_or(Handled::Yes, Handled::Go),
            _ if self.cursor.key(key, &moments) => Handled::Yes,
            _ => Handled::No,
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> Handled {
        if mouse.kind != MouseKind::Press {
            return Handled::No;
        }
        match self.cursor.press(usize::from(mouse.row - area.y), &self.moments(scene)) {
            Pressed::Again => self.key(Key::plain(KeyCode::Enter), scene),
            Pressed::Chosen => Handled::Yes,
            Pressed::Beside => Handled::No,
        }
    }

    fn filter(&mut self, text: &str) -> bool {
        self.filter = Filter::new(text);
        true
    }

    fn filter_fault(&self, scene: &Scene<'_>) -> Option<FilterFault> {
        self.filter.fault(scene.marks.iter())
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        let (rows, moments) = (self.rows(scene), self.moments(scene));
        if rows.is_empty() {
            let say = |text| look.language.say(text);
            let text = if scene.marks.is_empty() { say("no marks yet; m sets one") } else { say("no mark holds the filter") };
            put_parts(buf, padded(area), 0, &[(look.language.say(text), look.theme.style(Role::Dim))]);
            return;
        }
        let window = self.cursor.window(&moments, usize::from(area.height));
        let selected = self.cursor.at(&moments).filter(|_| look.focused);
        for (line, index) in window.enumerate() {
            let mark = rows[index];
            let here = if Some(index) == selected { glyphs(look.ascii).here } else { " " };
            let time = format!("{}  ", times::moment(mark.at, scene.now, look.zone));
            let role = if Some(index) == selected { Role::Selection } else { Role::Text };
            let room = usize::from(area.width).saturating_sub(time.len() + 1);
            let text = clip(Safe::message(&mark.text).as_str(), room, look.ascii);
            let style = |role| look.theme.style(role);
            put_parts(buf, area, line as u16, &[(here, style(Role::Accent)), (&time, style(Role::Dim)), (&text, style(role))]);
        }
    }
}
