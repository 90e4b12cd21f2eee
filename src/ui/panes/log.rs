//! The program's own log, newest below. It follows until it is scrolled back, and then stays where it is.

use crate::model::{LogLevel, LogLine};
use crate::ui::filter::{Cell, Filter, Row};
use crate::ui::widgets::{padded, put_parts};
use crate::ui::words::{self, clip};
use crate::ui::{FilterFault, Handled, Hint, Key, KeyCode, Kind, Look, Pane, Role, Scene};
use crate::ui::{format, times};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind `log`.
pub const KIND: Kind = Kind { name: "log", summary: "what the program itself has to say", argument: "", build: |_| Box::<Log>::default() };

const HINTS: &[Hint] = &[
    Hint { keys: "↑/↓", action: "scroll", rank: 26 },
    Hint { keys: "PgUp/PgDn", action: "scroll a page", rank: 72 },
    Hint { keys: "g/G", action: "oldest/newest", rank: 28 },
];

#[derive(Default)]
struct Log {
    filter: Filter,
    /// The number of the last line shown, counted from the start, where it does not follow.
    held: Option<u64>,
    height: usize,
}

impl Log {
    /// Lines that pass the filter, with their numbers since the start.
    fn lines<'a>(&self, scene: &Scene<'a>) -> Vec<(u64, &'a LogLine)> {
        let first = scene.log.dropped();
        let holds = self.filter.test(scene.log.iter());
        scene.log.iter().enumerate().map(|(i, line)| (first + i as u64, line)).filter(|(_, line)| holds.passes(line)).collect()
    }

    fn end(&self, lines: &[(u64, &LogLine)]) -> usize {
        self.held.map_or(lines.len(), |held| lines.partition_point(|(n, _)| *n <= held).max(self.height.min(lines.len())))
    }
}

impl Pane for Log {
    fn title(&self, scene: &Scene<'_>) -> String {
        scene.language.say("log").to_owned()
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let language = scene.language;
        let mut parts = Vec::new();
        if !self.filter.is_empty() {
            parts.push(language.fill("filter {0}", &[crate::model::Safe::label(self.filter.text()).as_str()]));
        }
        if self.held.is_some() {
            parts.push(language.say("scrolled back: G follows").to_owned());
        }
        if scene.log.dropped() > 0 {
            parts.push(language.fill("{0} older dropped", &[&format::thousands(scene.log.dropped() as i64)]));
        }
        super::overview_lines::list(parts, language)
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        let lines = self.lines(scene);
        let end = self.end(&lines);
        let page = self.height.max(1);
        let to = match key.code {
            KeyCode::Up | KeyCode::Char('k') => end.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => end + 1,
            KeyCode::PageUp => end.saturating_sub(page),
            KeyCode::PageDown => end + page,
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => lines.len(),
            _ => return Handled::No,
        };
        let to = to.max(page.min(lines.len()));
        self.held = if to >= lines.len() { None } else { to.checked_sub(1).and_then(|last| lines.get(last)).map(|(n, _)| *n) };
        Handled::Yes
    }

    fn filter(&mut self, text: &str) -> bool {
        self.filter = Filter::new(text);
        true
    }

    fn filter_fault(&self, scene: &Scene<'_>) -> Option<FilterFault> {
        self.filter.fault(scene.log.iter())
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        let area = padded(area);
        self.height = usize::from(area.height);
        let lines = self.lines(scene);
        if lines.is_empty() {
            let say = |text| look.language.say(text);
            let text = if self.filter.is_empty() { say("nothing was logged") } else { say("no line holds the filter") };
            put_parts(buf, area, 0, &[(text, look.theme.style(Role::Dim))]);
            return;
        }
        let end = self.end(&lines);
        let shown = &lines[end.saturating_sub(self.height)..end];
        let from_room = shown.iter().map(|(_, line)| words::width(line.from.as_str())).max().unwrap_or(0).min(10);
        for (row, (_, line)) in shown.iter().enumerate() {
            let (name, role) = word(line.level);
            let time = times::clock(line.at, look.zone);
            let from = words::pad(&clip(line.from.as_str(), from_room, look.ascii), from_room);
            let wide = area.width >= 60;
            let before = if wide { format!("{time}  {name:5}  {from}  ") } else { format!("{time} {name:5} ") };
            let room = usize::from(area.width).saturating_sub(words::width(&before));
            let text = clip(line.text.as_str(), room, look.ascii);
            let quiet = if line.level >= LogLevel::Warn { role } else { Role::Dim };
            let loud = if line.level >= LogLevel::Info { Role::Text } else { Role::Dim };
            put_parts(buf, area, row as u16, &[(&before, look.theme.style(quiet)), (&text, look.theme.style(loud))]);
        }
    }
}

impl Row for &LogLine {
    const COLUMNS: &'static [&'static str] = &["level", "from", "text"];

    fn cell(&self, name: &str) -> Cell<'_> {
        match name {
            "level" => word(self.level).0.into(),
            "from" => self.from.as_str().into(),
            "text" => self.text.as_str().into(),
            _ => Cell::Missing,
        }
    }

    fn words(&self) -> String {
        format!("{} {} {}", self.text, self.from, word(self.level).0)
    }
}

fn word(level: LogLevel) -> (&'static str, Role) {
    match level {
        LogLevel::Debug => ("debug", Role::Dim),
        LogLevel::Info => ("info", Role::Dim),
        LogLevel::Warn => ("warn", Role::Pending),
        LogLevel::Error => ("error", Role::Warning),
    }
}
