//! What keys do: first those with Ctrl, then a text field or the help where one is open, then the focused pane, then the table of `keymap`.

use super::app::App;
use super::app_slot::Slot;
use super::field::{Field, Purpose};
use super::keymap::{self, Action};
use super::{Handled, Key, KeyCode, Mode, Request, Scene};
use crate::model::{Millis, Speed, Timestamp};

/// Speeds of a replay, as the keys step through them; after the last comes "as fast as it can", asked for as infinity.
const SPEEDS: [f64; 13] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];
/// Panes opened one over the other: more is a way lost.
const OPENED_MAX: usize = 8;

impl App {
    /// Takes a key; answers what the shell is asked for. `ReplaySpeed` of infinity means as fast as possible.
    pub fn key(&mut self, key: Key, scene: &Scene<'_>) -> Option<Request> {
        if self.wall.is_some() {
            return wall_key(key);
        }
        self.notice = None;
        let replay = matches!(scene.mode, Mode::Replay { .. });
        let action = keymap::action(key, replay, scene.can_inject);
        if key.ctrl {
            if key.code == KeyCode::Char('u') && self.field.is_some() {
                self.clear_field(false);
            }
            return action.and_then(|action| self.act(action, scene));
        }
        if self.edit.is_some() {
            return self.edit_key(key, scene);
        }
        if self.field.is_some() {
            return self.type_key(key, scene);
        }
        if let Some(scroll) = &mut self.help {
            match key.code {
                KeyCode::Down | KeyCode::Char('j') => *scroll = scroll.saturating_add(1),
                KeyCode::Up | KeyCode::Char('k') => *scroll = scroll.saturating_sub(1),
                KeyCode::PageDown => *scroll = scroll.saturating_add(10),
                KeyCode::PageUp => *scroll = scroll.saturating_sub(10),
                KeyCode::Char('q') => return Some(Request::Quit),
                _ => self.help = None,
            }
            return None;
        }
        // A pane may not take these: one must always be able to leave, to get help, and to stop a replay.
        let reserved = matches!(
            action,
            Some(Action::Quit | Action::Help | Action::Page(_) | Action::FocusNext | Action::FocusPrevious | Action::Pause)
        );
        if !reserved && let Some(slot) = self.focused() {
            match slot.pane.key(key, scene) {
                Handled::No => {}
                Handled::Yes => return None,
                Handled::Whole(on) => {
                    self.zoomed = on;
                    return None;
                }
                Handled::Ask(request) => return Some(self.pass_on(request)),
                Handled::Open(what) => {
                    self.open(&what);
                    return None;
                }
            }
        }
        action.and_then(|action| self.act(action, scene))
    }

    /// Notes what a pane asks for on its way to the shell.
    fn pass_on(&mut self, request: Request) -> Request {
        match &request {
            Request::Processes(wanted) => self.processes = *wanted,
            Request::Acknowledge(_) => self.notice = Some("acknowledged".to_owned()),
            _ => {}
        }
        request
    }

    fn open(&mut self, what: &str) {
        let (kind, argument) = what.split_once(':').unwrap_or((what, ""));
        if self.opened.len() < OPENED_MAX {
            self.opened.push(Slot::new(kind, argument, 1));
        }
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> Option<Request> {
        match action {
            Action::Page(i) => self.go_to_page(i),
            Action::PreviousPage => self.go_to_page((self.page + self.pages.len().max(1) - 1) % self.pages.len().max(1)),
            Action::NextPage => self.go_to_page((self.page + 1) % self.pages.len().max(1)),
            Action::FocusNext => self.move_focus(1),
            Action::FocusPrevious => self.move_focus(-1),
            // A summary fills the page already; what it sums up comes next.
            Action::Open | Action::Zoom if self.phone && !self.zoomed && self.pages.get(self.page).is_some_and(|p| p.at_summary) => {
                self.move_focus(1);
            }
            Action::Open => self.zoomed = true,
            Action::Zoom => self.zoomed = !self.zoomed,
            Action::Back => self.back(),
            Action::Filter => self.ask_filter(),
            Action::Longer => self.change_range(true),
            Action::Shorter => self.change_range(false),
            Action::Fit => self.fit_range(),
            Action::Freeze => self.freeze(scene),
            Action::Mark => self.field = Some(Field::new(Purpose::Mark, "")),
            Action::GoTo => self.field = Some(Field::new(Purpose::GoTo, "")),
            Action::Help => self.help = Some(0),
            Action::Layout => self.edit_layout(),
            Action::TestFire => {
                self.notice = Some("test notification asked for on every channel; the log says what became of it".to_owned());
                return Some(Request::TestFire);
            }
            Action::Inject => {
                self.notice = Some("fault injected".to_owned());
                return Some(Request::InjectFault);
            }
            Action::Quit => return Some(Request::Quit),
            Action::Suspend => return Some(Request::Suspend),
            Action::Redraw => return Some(Request::Redraw),
            Action::Pause => return Some(Request::ReplayPause),
            Action::Step => return Some(Request::ReplayStep),
            Action::Slower => return Some(Request::ReplaySpeed(next_speed(scene, false))),
            Action::Faster => return Some(Request::ReplaySpeed(next_speed(scene, true))),
            Action::Jump(s) => return Some(Request::ReplayJump(Millis::from_secs(s))),
            Action::FindNext => return Some(Request::ReplayFind(true)),
            Action::FindPrevious => return Some(Request::ReplayFind(false)),
        }
        None
    }

    fn go_to_page(&mut self, page: usize) {
        if page >= self.pages.len() {
            self.notice = Some(format!("there is no page {}", page + 1));
            return;
        }
        self.page = page;
        self.opened.clear();
        self.zoomed = false;
    }

    fn move_focus(&mut self, by: isize) {
        let Some(page) = self.pages.get_mut(self.page) else { return };
        let n = page.panes.len() as isize;
        if self.phone && page.has_summary() && !self.zoomed && self.opened.is_empty() {
            // The summary comes before the panes.
            let at = if page.at_summary { 0 } else { page.focus as isize + 1 };
            let next = (at + by).rem_euclid(n + 1);
            page.at_summary = next == 0;
            page.focus = (next - 1).max(0) as usize;
            return;
        }
        if n > 0 && self.opened.is_empty() {
            page.focus = (page.focus as isize + by).rem_euclid(n) as usize;
        }
    }

    /// Closes what is open, the newest first; then the filter.
    fn back(&mut self) {
        if self.opened.pop().is_some() {
            return;
        }
        if self.zoomed {
            self.zoomed = false;
        } else if let Some(slot) = self.focused()
            && !slot.filter.is_empty()
        {
            slot.filter.clear();
            slot.pane.filter("");
        }
    }

    fn freeze(&mut self, scene: &Scene<'_>) {
        self.frozen = if self.frozen.is_some() { None } else { Some(scene.now) };
        let text = if self.frozen.is_some() { "charts stand still; alerts go on" } else { "charts go on" };
        self.notice = Some(text.to_owned());
    }

    fn ask_filter(&mut self) {
        let Some(slot) = self.focused() else { return };
        let text = slot.filter.clone();
        if slot.pane.filter(&text) {
            self.field = Some(Field::new(Purpose::Filter, &text));
        } else {
            self.notice = Some("this pane has no filter".to_owned());
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

    fn clear_field(&mut self, close: bool) {
        if let Some(field) = &mut self.field {
            field.clear();
        }
        self.follow_filter();
        if close {
            self.field = None;
        }
    }

    fn type_key(&mut self, key: Key, scene: &Scene<'_>) -> Option<Request> {
        let field = self.field.as_mut()?;
        match key.code {
            KeyCode::Enter => return self.apply_field(scene),
            KeyCode::Esc => {
                self.clear_field(true);
                return None;
            }
            KeyCode::Backspace => field.backspace(),
            KeyCode::Char(c) if !key.alt => field.push(c.encode_utf8(&mut [0; 4])),
            _ => return None,
        }
        self.follow_filter();
        None
    }

    fn apply_field(&mut self, scene: &Scene<'_>) -> Option<Request> {
        let field = self.field.take()?;
        let text = field.text().trim();
        match field.purpose {
            Purpose::Filter => None,
            Purpose::Mark => {
                let text = if text.is_empty() { "mark" } else { text };
                self.notice = Some(format!("mark set: {}", crate::model::Safe::label(text)));
                Some(Request::Mark(text.into()))
            }
            Purpose::GoTo => {
                let found = self.moment(text, scene);
                if found.is_none() {
                    self.notice = Some(format!("no time: {}; write 03:09, 03:09:30, -5m or +30s", field.shown()));
                }
                found
            }
        }
    }

    /// A time of day on the day the replay stands at, or a length with its sign.
    fn moment(&self, text: &str, scene: &Scene<'_>) -> Option<Request> {
        if let Some(length) = text.strip_prefix('+') {
            return Millis::parse(length).ok().map(Request::ReplayJump);
        }
        if let Some(length) = text.strip_prefix('-') {
            return Millis::parse(length).ok().map(|m| Request::ReplayJump(Millis::new(-m.get())));
        }
        let Mode::Replay { at, .. } = scene.mode else { return None };
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
        let found = day.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
        Some(Request::ReplaySeek(Timestamp::from_millis(found.timestamp().as_millisecond())))
    }
}

/// A wall has no keyboard, but who finds one can end it or have it drawn anew.
fn wall_key(key: Key) -> Option<Request> {
    match (key.code, key.ctrl) {
        (KeyCode::Char('q'), false) | (KeyCode::Char('c'), true) => Some(Request::Quit),
        (KeyCode::Char('z'), true) => Some(Request::Suspend),
        (KeyCode::Char('l'), true) => Some(Request::Redraw),
        _ => None,
    }
}

/// The speed after or before the one the replay runs at.
fn next_speed(scene: &Scene<'_>, faster: bool) -> f64 {
    let now = match scene.mode {
        Mode::Replay { speed: Speed::Times(x), .. } => x,
        Mode::Replay { speed: Speed::Max, .. } => f64::INFINITY,
        Mode::Live => 1.0,
    };
    // A speed from the command line may lie between two steps; a little slack keeps 0.1 + 0.2 from mattering.
    if faster {
        SPEEDS.into_iter().find(|s| *s > now * 1.001).unwrap_or(f64::INFINITY)
    } else {
        SPEEDS.into_iter().rev().find(|s| *s < now * 0.999).unwrap_or(SPEEDS[0])
    }
}
