//! Text fields: the filter, a mark's note, a time, a command; what typing, Enter and the arrows do in them.

use super::app::App;
use super::command::Palette;
use super::field::{Field, Purpose};
use super::{FilterFault, Key, KeyCode, Language, Mode, Request, Scene};
use crate::model::{Millis, Safe, Timestamp};

impl App {
    /// Text from the clipboard: goes into the text field that is open, and nowhere else. Never a command by itself.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.layout_field() {
            field.push(text);
            return;
        }
        self.take_chosen();
        if let Some(field) = &mut self.field {
            field.push(text);
            self.follow_filter();
        }
    }

    pub(super) fn ask(&mut self, purpose: Purpose) {
        self.field = Some(Field::new(purpose, ""));
    }

    /// Opens the command palette.
    pub(super) fn ask_command(&mut self) {
        self.ask(Purpose::Command);
        self.palette = Palette::default();
    }

    pub(super) fn ask_filter(&mut self) {
        let Some(slot) = self.focused() else { return };
        let text = slot.filter.clone();
        if slot.pane.filter(&text) {
            self.field = Some(Field::new(Purpose::Filter, &text));
        } else {
            self.notice = Some(self.language.say("this pane has no filter").to_owned());
        }
    }

    /// Filters the pane with the focus, as if it had been typed.
    pub(super) fn set_filter(&mut self, text: &str) {
        self.ask_filter();
        if let Some(field) = &mut self.field {
            field.replace(text);
            self.follow_filter();
            self.close_filter();
        }
    }

    fn close_filter(&mut self) {
        if let Some(field) = self.field.take() {
            self.filters.keep(field.text().trim());
        }
    }

    /// The filter holds as it is typed.
    pub(super) fn follow_filter(&mut self) {
        let Some(text) = self.field.as_ref().filter(|f| f.purpose == Purpose::Filter).map(|f| f.text().to_owned()) else { return };
        if let Some(slot) = self.focused() {
            slot.pane.filter(&text);
            slot.filter = text;
        }
    }

    /// What is wrong with the filter being typed.
    pub(super) fn filter_fault(&mut self, scene: &Scene<'_>) -> Option<FilterFault> {
        let typing = self.field.as_ref().is_some_and(|f| f.purpose == Purpose::Filter);
        self.focused().filter(|_| typing).and_then(|slot| slot.pane.filter_fault(scene))
    }

    pub(super) fn clear_field(&mut self, close: bool) {
        if let Some(field) = &mut self.field {
            field.clear();
        }
        self.follow_filter();
        if close {
            self.field = None;
            self.filters.rest();
            self.commands.rest();
        }
    }

    /// Takes a key with Ctrl that edits. `false`: it is none.
    pub(super) fn edit_key(&mut self, code: KeyCode) -> bool {
        if let Some(field) = self.layout_field() {
            match code {
                KeyCode::Char('u') => field.clear(),
                KeyCode::Char('w') => field.backword(),
                _ => return false,
            }
            return true;
        }
        match (code, &mut self.field) {
            (KeyCode::Char('u'), Some(_)) => {
                self.take_chosen();
                self.clear_field(false);
            }
            (KeyCode::Char('w'), Some(_)) => {
                self.take_chosen();
                if let Some(field) = &mut self.field {
                    field.backword();
                }
                self.follow_filter();
            }
            _ => return false,
        }
        true
    }

    pub(super) fn type_key(&mut self, key: Key, scene: &Scene<'_>) -> Option<Request> {
        let purpose = self.field.as_ref()?.purpose;
        match key.code {
            KeyCode::Enter => return self.apply_field(scene),
            KeyCode::Esc => {
                self.clear_field(true);
                return None;
            }
            KeyCode::Up | KeyCode::Down | KeyCode::Tab | KeyCode::BackTab => {
                self.choose_key(key.code, purpose, scene);
                return None;
            }
            KeyCode::Backspace => {
                self.take_chosen();
                let field = self.field.as_mut()?;
                if field.text().is_empty() && purpose == Purpose::Command {
                    self.field = None;
                    return None;
                }
                field.backspace();
            }
            KeyCode::Char(c) if !key.alt => {
                self.take_chosen();
                self.field.as_mut()?.push(c.encode_utf8(&mut [0; 4]));
            }
            _ => return None,
        }
        self.filters.rest();
        self.commands.rest();
        self.follow_filter();
        None
    }

    /// Arrows and Tab: in the palette they choose; where none is chosen, and in a filter, the arrows bring back what was typed before.
    fn choose_key(&mut self, code: KeyCode, purpose: Purpose, scene: &Scene<'_>) {
        let forward = matches!(code, KeyCode::Down | KeyCode::Tab);
        let recall = match purpose {
            Purpose::Command => {
                let recalling = self.commands.is_shown() && matches!(code, KeyCode::Up | KeyCode::Down);
                self.look_up(scene);
                if !recalling && self.palette.step(forward) {
                    return;
                }
                &mut self.commands
            }
            Purpose::Filter => &mut self.filters,
            Purpose::Mark | Purpose::GoTo | Purpose::Judge(..) | Purpose::Accept(_) => return,
        };
        let Some(field) = &mut self.field else { return };
        let text = match code {
            KeyCode::Up => recall.older(field.text()).map(str::to_owned),
            KeyCode::Down => recall.newer().map(str::to_owned),
            _ => None,
        };
        if let Some(text) = text {
            field.replace(&text);
            self.follow_filter();
        }
    }

    /// Looks for what fits the command being typed.
    pub(super) fn look_up(&mut self, scene: &Scene<'_>) {
        let Some(field) = self.field.as_ref().filter(|f| f.purpose == Purpose::Command) else { return };
        let line = field.text().trim_start_matches([':', ' ']).to_owned();
        let mut palette = std::mem::take(&mut self.palette);
        palette.look_up(&line, self, scene);
        self.palette = palette;
    }

    /// What is chosen in the palette becomes what is typed.
    fn take_chosen(&mut self) {
        let command = self.field.as_mut().filter(|f| f.purpose == Purpose::Command);
        if let (Some(field), Some(item)) = (command, self.palette.chosen()) {
            field.replace(&item.text);
            // Keys may come faster than frames: the next one finds the line as it is now.
            self.palette.rest();
        }
    }

    fn apply_field(&mut self, scene: &Scene<'_>) -> Option<Request> {
        if let Some(item) = self.palette.chosen().filter(|item| item.more).cloned()
            && let Some(field) = self.field.as_mut().filter(|f| f.purpose == Purpose::Command)
        {
            // What it takes is still to be typed.
            let gap = if item.text.ends_with(':') { "" } else { " " };
            field.replace(&format!("{}{gap}", item.text));
            self.palette.rest();
            return None;
        }
        self.take_chosen();
        if self.field.as_ref()?.purpose == Purpose::Filter {
            self.close_filter();
            return None;
        }
        let field = self.field.take()?;
        let text = field.text().trim();
        match field.purpose {
            Purpose::Filter => None,
            Purpose::Mark => Some(self.set_mark(if text.is_empty() { self.language.say("mark") } else { text })),
            Purpose::Accept(id) => Some(self.pass_on(Request::AcceptAnomaly(id))),
            Purpose::Judge(id, opinion) => Some(Request::Judge { id, opinion: Some(opinion), note: text.into() }),
            Purpose::GoTo => {
                let found = self.moment(text, scene);
                if found.is_none() {
                    self.notice = Some(no_time(text, self.language));
                }
                found.and_then(|request| self.go_to_moment(request, scene))
            }
            Purpose::Command => {
                self.commands.keep(text);
                match self.run_command(text, scene) {
                    Ok(request) => request,
                    Err(message) => {
                        self.notice = Some(message);
                        None
                    }
                }
            }
        }
    }

    pub(super) fn set_mark(&mut self, text: &str) -> Request {
        self.notice = Some(self.language.fill("mark set: {0}", &[Safe::label(text).as_str()]));
        Request::Mark(text.into())
    }

    /// Goes to a moment: a replay is asked to; live, charts are held there.
    pub(super) fn go_to_moment(&mut self, request: Request, scene: &Scene<'_>) -> Option<Request> {
        if matches!(scene.mode, Mode::Replay { .. }) {
            return Some(request);
        }
        let to = match request {
            Request::ReplaySeek(at) => at,
            Request::ReplayJump(by) => self.frozen.unwrap_or(scene.now) + by,
            _ => return None,
        };
        self.hold_at(to, scene);
        None
    }

    /// A time of day on the day one looks at, or a length with its sign.
    pub(super) fn moment(&self, text: &str, scene: &Scene<'_>) -> Option<Request> {
        if let Some(length) = text.strip_prefix('+') {
            return Millis::parse(length).ok().map(Request::ReplayJump);
        }
        if let Some(length) = text.strip_prefix('-') {
            return Millis::parse(length).ok().map(|m| Request::ReplayJump(Millis::new(-m.get())));
        }
        let at = match scene.mode {
            Mode::Replay { at, .. } => at,
            Mode::Live => scene.now,
        };
        let mut parts = [0i8; 3];
        let pieces: Vec<&str> = text.split(':').collect();
        if pieces.len() < 2 || pieces.len() > 3 {
            return None;
        }
        for (part, piece) in parts.iter_mut().zip(pieces) {
            *part = piece.parse().ok()?;
        }
        let day = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?.to_zoned(self.zone.clone()).date();
        let time = jiff::civil::Time::new(parts[0], parts[1], parts[2], 0).ok()?;
        let zoned = |date: jiff::civil::Date| date.to_datetime(time).to_zoned(self.zone.clone()).ok();
        let mut found = zoned(day)?;
        // Live nothing lies ahead: a time later than now was yesterday's.
        if scene.mode == Mode::Live && found.timestamp().as_millisecond() > at.as_millis() {
            found = zoned(day.yesterday().ok()?)?;
        }
        Some(Request::ReplaySeek(Timestamp::from_millis(found.timestamp().as_millisecond())))
    }
}

/// Says that a text is no time.
pub(super) fn no_time(text: &str, language: Language) -> String {
    language.fill("no time: {0}; write 03:09, 03:09:30, -5m or +30s", &[Safe::label(text).as_str()])
}
