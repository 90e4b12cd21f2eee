//! What keys do: first those with Ctrl, then a text field or the help where one is open, then the focused pane, then the table of `keymap`.

use super::app::App;
use super::app_slot::Slot;
use super::field::{LIMIT_STAYS, Purpose, learns_nothing};
use super::keymap::Action;
use super::messages::english;
use super::{Handled, Key, KeyCode, Mode, Request, Scene};
use crate::model::{Millis, Speed};

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
        let asked = self.take_key(key, scene);
        asked.and_then(|request| self.allow(request))
    }

    /// Where nothing may be changed from here, what would change something is refused and said so.
    pub(super) fn allow(&mut self, request: Request) -> Option<Request> {
        let refused = self.read_only && request.alters();
        if refused {
            self.refuse();
        }
        (!refused).then_some(request)
    }

    /// The key of an action as it is bound here; its command where it has none.
    pub(super) fn key_for(&self, action: Action) -> String {
        let keys = self.keymap.keys_of(action);
        keys.split(", ").next().filter(|key| !key.is_empty()).map_or_else(|| format!(":{}", action.name()), str::to_owned)
    }

    fn refuse(&mut self) {
        self.tell_so("read-only: nothing is changed from here");
    }

    /// Says a sentence of the console's own in its language.
    fn tell_so(&mut self, text: &'static str) {
        self.notice = Some(self.language.say(text).to_owned());
    }

    pub(super) fn take_key(&mut self, key: Key, scene: &Scene<'_>) -> Option<Request> {
        let replay = matches!(scene.mode, Mode::Replay { .. });
        let action = self.keymap.action(key, replay, scene.can_inject);
        if key.ctrl {
            if self.edit_key(key.code) {
                return None;
            }
            return action.and_then(|action| self.act(action, scene));
        }
        if self.edit.is_some() {
            return self.layout_key(key, scene);
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
                _ if action == Some(Action::Quit) => return Some(Request::Quit),
                _ => self.help = None,
            }
            return None;
        }
        // A pane may not take these: one must always be able to leave, to get help, and to stop a replay.
        let reserved = matches!(
            action,
            Some(
                Action::Quit | Action::Help | Action::Page(_) | Action::FocusNext | Action::FocusPrevious | Action::Pause | Action::Command
            )
        );
        if !reserved && let Some(slot) = self.focused() {
            let handled = slot.pane.key(key, scene);
            if let Some(asked) = self.handled(handled, scene) {
                return asked;
            }
        }
        action.and_then(|action| self.act(action, scene))
    }

    /// Does what a pane answered; `None`: it had nothing to say.
    #[expect(clippy::option_option, reason = "a pane may have nothing to say, or be done and ask for nothing")]
    pub(super) fn handled(&mut self, handled: Handled, scene: &Scene<'_>) -> Option<Option<Request>> {
        match handled {
            Handled::No => return None,
            Handled::Yes => {}
            Handled::Whole(on) => self.zoomed = on,
            Handled::Range { from, to } => self.hold_range(from, to),
            Handled::Go(at) => return Some(self.go_to_moment(Request::ReplaySeek(at), scene)),
            Handled::Ask(request) => return Some(Some(self.pass_on(request))),
            Handled::Judge(..) | Handled::Accept(_) if self.read_only => self.refuse(),
            Handled::Accept(id) if learns_nothing(scene, id) => self.tell_so(LIMIT_STAYS),
            Handled::Accept(id) => self.ask(Purpose::Accept(id)),
            Handled::Judge(id, opinion) => self.ask(Purpose::Judge(id, opinion)),
            Handled::Open(what) => self.open(&what),
        }
        Some(None)
    }

    /// Notes what a pane asks for on its way to the shell.
    pub(super) fn pass_on(&mut self, request: Request) -> Request {
        if let Request::Copy(text) = request {
            let (text, cut) = super::copy::fit(text);
            self.notice = Some(super::copy::told(&text, cut, self.language));
            return Request::Copy(text);
        }
        match &request {
            Request::Processes(wanted) => self.processes = *wanted,
            Request::AcceptAnomaly(_) => self.tell_so("taken for the new normal from now on"),
            Request::Acknowledge(_) => self.notice = Some(self.language.say("acknowledged").to_owned()),
            _ => {}
        }
        request
    }

    pub(super) fn open(&mut self, what: &str) {
        let (kind, argument) = what.split_once(':').unwrap_or((what, ""));
        if self.opened.len() < OPENED_MAX {
            self.opened.push(Slot::new(kind, argument, 1));
        }
    }

    pub(super) fn act(&mut self, action: Action, scene: &Scene<'_>) -> Option<Request> {
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
            Action::Mark | Action::Layout if self.read_only => self.refuse(),
            Action::Mark => self.ask(Purpose::Mark),
            Action::GoTo => self.ask(Purpose::GoTo),
            Action::Command => self.ask_command(),
            Action::Help => self.help = Some(0),
            Action::Layout => self.edit_layout(),
            Action::TestFire => {
                self.tell_so("test notification asked for on every channel; the log says what became of it");
                return Some(Request::TestFire);
            }
            Action::Inject => {
                self.tell_so("fault injected");
                return Some(Request::InjectFault);
            }
            Action::Quit => return Some(Request::Quit),
            Action::Suspend => return Some(Request::Suspend),
            Action::Redraw => return Some(Request::Redraw),
            Action::Screenshot => return Some(Request::Screenshot(None)),
            Action::Pause => return Some(Request::ReplayPause),
            Action::Step => return Some(Request::ReplayStep),
            Action::Slower => return Some(Request::ReplaySpeed(next_speed(scene, false))),
            Action::Faster => return Some(Request::ReplaySpeed(next_speed(scene, true))),
            Action::Jump(s) => return Some(Request::ReplayJump(Millis::from_secs(s))),
            Action::FindNext => return self.find(true, scene),
            Action::FindPrevious => return self.find(false, scene),
        }
        None
    }

    pub(super) fn go_to_page(&mut self, page: usize) {
        if page >= self.pages.len() {
            self.notice = Some(self.language.fill("there is no page {0}", &[&(page + 1).to_string()]));
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

    /// Closes what is open, the newest first; then a stretch of time that was chosen, then the filter.
    fn back(&mut self) {
        if self.opened.pop().is_some() || (!self.zoomed && self.give_back_range()) {
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
        if self.frozen.is_some() {
            self.go_on();
        } else {
            self.frozen = Some(scene.now);
        }
        self.tell_so(if self.frozen.is_some() { english("charts stand still; alerts go on") } else { english("charts go on") });
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
