//! The screen as the loop holds it: app, buffers, writer, keys, and when the next frame is due.

use super::clipboard::{self, Outside};
use super::clock;
use super::judgements::Judged;
use super::keys::Typed;
use super::link::{self, Link};
use super::logging::Lines;
use super::notifier::Undelivered;
use super::pump::Pump;
use super::screen::Screen;
use super::terminal::{self, NoTerminal, TerminalEvent};
use super::writer::Writer;
use crate::detect::Judgements;
use crate::engine::Strictness;
use crate::model::{LogRing, Millis, Timestamp};
use crate::ui::{App, DetectorStatus, Language, LinkView, Mode, Process, Request, Scene, Theme, UiSpec};
use jiff::tz::TimeZone;
use std::time::Duration;
use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::time::Instant;

/// Frames that only data ask for come at least this far apart: charts move once a second anyway, and
/// a value is on the screen within a quarter of a second.
const FRAME_APART: Duration = Duration::from_millis(200);
/// What comes within this time of a tick or a record is drawn with it.
const FRAME_GATHER: Duration = Duration::from_millis(25);
/// Frames that keys ask for come at least this far apart, so that a key that is held down, or a flood
/// of them, draws sixty times a second and not for every one.
const KEY_FRAME_APART: Duration = Duration::from_millis(16);
/// A state that takes longer than this to be sent is given up for a newer one, which goes on where it stopped.
const REST_MAX: Duration = Duration::from_secs(4);
/// How long leaving waits for the terminal's answer, and how often it looks.
const ANSWER_AT_END: Duration = Duration::from_millis(100);
const ANSWER_LOOK: Duration = Duration::from_millis(5);
/// Keys taken at once before other things get their turn.
const KEYS_PER_TURN: usize = 64;
/// Detectors still learning that a screen is told of.
const LEARNING_SHOWN: usize = 100;

/// What a scene takes from the console; a macro, so that the app can be borrowed beside it.
macro_rules! extras {
    ($console:expr, $undelivered:expr, $now:expr) => {
        Extras {
            log: &$console.log,
            hint: $console.hint,
            can_inject: $console.can_inject,
            processes: &$console.processes,
            undelivered: $undelivered,
            link: $console.link.view($now),
            language: $console.app.language(),
            judgements: &$console.judged.book,
        }
    };
}

/// What came of keys.
pub(super) enum Outcome {
    /// All were taken.
    Nothing,
    /// One asks the shell for something; keys after it wait.
    Asked(Request),
    /// The terminal is gone.
    Gone,
}

/// The screen.
pub(super) struct Console {
    pub app: App,
    screen: Screen,
    pub writer: Writer,
    /// Goes before the next frame: what switches the screen on is written where writing may wait.
    first: Vec<u8>,
    /// Goes before the next frame too: the text copied last, for the terminal's clipboard.
    copied: Vec<u8>,
    pub keys: mpsc::Receiver<TerminalEvent>,
    frame: Vec<u8>,
    last: Instant,
    /// When a state was drawn last; `last` is when a piece of one was sent.
    drawn: Instant,
    due: Option<Instant>,
    /// What the way to the terminal bears.
    link: Link,
    /// Bytes of the last frame.
    written: usize,
    /// A key waits to be answered.
    pressed: bool,
    /// The last state was drawn at this moment and is not all sent: the link is slow.
    rest: Option<Instant>,
    /// Notifications that were not delivered.
    pub undelivered: Undelivered,
    /// A line about what could be done next.
    pub hint: &'static str,
    pub can_inject: bool,
    pub processes: Vec<Process>,
    lines: Lines,
    log: LogRing,
    /// What persons said of anomalies.
    pub judged: Judged,
}

impl Console {
    /// Switches to the console's screen.
    pub(super) fn open(app: App, lines: Lines) -> Result<Self, NoTerminal> {
        terminal::check()?;
        let writer = Writer::start(terminal::frames()?)?;
        let keys = terminal::read_keys()?;
        let (columns, rows) = terminal::size();
        let mut screen = Screen::new(columns, rows);
        screen.synchronise(terminal::synchronises());
        let first = modes(&app);
        let console = Self {
            app,
            screen,
            writer,
            first,
            copied: Vec::new(),
            keys,
            frame: Vec::new(),
            last: clock::instant(),
            drawn: clock::instant(),
            due: Some(clock::instant()),
            link: Link::new(None, clock::instant()),
            written: 0,
            pressed: false,
            rest: None,
            undelivered: Undelivered::default(),
            hint: "",
            can_inject: false,
            processes: Vec::new(),
            lines,
            log: LogRing::new(1_000),
            judged: Judged::open(),
        };
        // Last, so that whatever happens from here on drops the console, which leaves the screen.
        terminal::enter()?;
        Ok(console)
    }

    /// When the next frame is due; `None`: nothing has changed.
    pub(super) fn due(&self) -> Option<Instant> {
        let due = if self.rest.is_some() { Some(self.last) } else { self.due };
        if self.blocked() { None } else { due.map(|due| due.max(self.link.ready(self.pressed, self.last))) }
    }

    /// Whether a frame waits for the terminal to take the last one.
    pub(super) fn waits(&self) -> bool {
        (self.due.is_some() || self.rest.is_some()) && terminal::entered() && self.writer.busy()
    }

    fn blocked(&self) -> bool {
        self.writer.busy() || !terminal::entered()
    }

    /// Asks for a frame, gathering what comes shortly after.
    pub(super) fn want(&mut self) {
        if self.due.is_none() {
            let apart = self.link.apart().unwrap_or(FRAME_APART);
            self.due = Some((self.drawn + apart).max(clock::instant() + FRAME_GATHER));
        }
    }

    /// Asks for a frame at once: a key was pressed.
    pub(super) fn want_now(&mut self) {
        self.pressed = true;
        let soon = (self.last + KEY_FRAME_APART).max(clock::instant());
        self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
    }

    /// The size may have changed: draws everything anew. A storm of these draws once in a while.
    pub(super) fn resized(&mut self) {
        self.screen.forget();
        let soon = clock::instant() + FRAME_GATHER;
        self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
    }

    /// Takes up another configuration: the looks, the mouse, the bytes a second.
    pub(super) fn exchange(&mut self, new: &UiSpec, old: &UiSpec, theme: Theme, zone: TimeZone) {
        let mouse = self.app.wants_mouse();
        self.app.exchange(new, theme, zone);
        if self.app.wants_mouse() != mouse {
            self.first.extend_from_slice(terminal::mouse(!mouse));
        }
        if new.link_budget != old.link_budget {
            self.keep_to(new.link_budget);
        }
        self.want();
    }

    /// Keeps to so many bytes a second.
    pub(super) fn keep_to(&mut self, budget: Option<u32>) {
        self.link = Link::new(budget, clock::instant());
    }

    /// Draws a frame, or what is left of one, and hands it to the writer.
    pub(super) fn draw(&mut self, pump: &Pump, mode: Mode) {
        let now = clock::instant();
        self.last = now;
        self.link.stalled(self.writer.took(), self.written, now);
        // A newer state comes before the rest of an old one where a key asks for it, or the old one takes too long.
        let stale = self.rest.is_none_or(|since| now - since > REST_MAX);
        if stale || self.pressed {
            self.render(pump, mode, now);
        }
        self.frame.append(&mut self.first);
        if !self.frame.is_empty() && self.link.asks(0, now) {
            // Before the first frame: how long an answer takes where there is nothing to wait behind.
            self.frame.extend_from_slice(link::QUESTION);
            self.link.sent(self.frame.len(), true, now);
        }
        let before = self.frame.len();
        let rest = self.screen.send(self.link.allowance(self.pressed), &mut self.frame);
        self.rest = if rest { self.rest.or(Some(now)) } else { None };
        self.pressed = false;
        let bytes = self.frame.len() - before;
        if bytes > 0 {
            let asks = self.link.asks(bytes, now);
            self.frame.extend_from_slice(if asks { link::QUESTION } else { b"" });
            self.link.sent(self.frame.len() - before, asks, now);
        }
        self.frame.append(&mut self.copied);
        if !self.frame.is_empty() {
            self.written = self.frame.len();
            self.writer.write(&mut self.frame);
        }
    }

    fn render(&mut self, pump: &Pump, mode: Mode, now: Instant) {
        (self.due, self.drawn, self.rest) = (None, now, None);
        for line in self.lines.take() {
            self.log.push(line);
        }
        let view = View::of(pump);
        let undelivered = self.undelivered.list();
        let extras = extras!(self, &undelivered, now);
        let scene = view.scene(pump, mode, extras);
        let app = &mut self.app;
        self.screen.fit(terminal::size());
        self.screen.render(|area, buf| app.render(area, buf, &scene));
    }

    /// Takes what came from the terminal, and what more of it waits.
    pub(super) fn typed(&mut self, first: Option<TerminalEvent>, pump: &Pump, mode: Mode) -> Outcome {
        let now = clock::instant();
        let view = View::of(pump);
        let undelivered = self.undelivered.list();
        let extras = extras!(self, &undelivered, now);
        let scene = view.scene(pump, mode, extras);
        if self.link.slow() && !self.pressed && !matches!(first, Some(TerminalEvent::Typed(Typed::Answered))) {
            let app = &mut self.app;
            self.screen.before(|area, buf| app.render(area, buf, &scene));
        }
        let mut pressed = false;
        let mut next = first;
        let mut taken = 0;
        loop {
            match next {
                None | Some(TerminalEvent::Gone) => return Outcome::Gone,
                Some(TerminalEvent::Typed(Typed::Answered)) => self.link.answered(now),
                Some(TerminalEvent::Typed(Typed::Background(colour))) => {
                    pressed = true;
                    self.app.background(colour);
                }
                Some(TerminalEvent::Typed(Typed::Mouse(mouse))) => {
                    pressed = true;
                    if let Some(request) = self.app.mouse(mouse, &scene) {
                        self.want_now();
                        return Outcome::Asked(request);
                    }
                }
                Some(TerminalEvent::Typed(Typed::Paste(text))) => {
                    pressed = true;
                    self.app.paste(&text);
                }
                Some(TerminalEvent::Typed(Typed::Key(key))) => {
                    pressed = true;
                    if let Some(request) = self.app.key(key, &scene) {
                        self.want_now();
                        return Outcome::Asked(request);
                    }
                }
            }
            taken += 1;
            if taken == KEYS_PER_TURN {
                break;
            }
            next = match self.keys.try_recv() {
                Ok(event) => Some(event),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => None,
            };
        }
        if pressed {
            self.want_now();
        }
        Outcome::Nothing
    }

    /// Keeps a picture of what the terminal shows, and says where.
    pub(super) fn photograph(&mut self, file: Option<&str>) {
        let (ground, title, language) = (self.app.ground(), self.app.picture_title(), self.app.language());
        let draw = |kind| self.screen.picture(ground, &title, kind);
        let said = super::shot::keep(file, self.app.zone(), language, draw);
        self.app.say(said);
        self.want_now();
    }

    /// Puts `text` on the terminal's clipboard with the next frame; of several the last one counts.
    pub(super) fn copy(&mut self, text: &str) {
        self.copied = clipboard::sequence(text, Outside::found());
        self.want_now();
    }

    /// Leaves the screen and stops the process as Ctrl-Z does elsewhere. The signal that makes it go
    /// on leads to [`Console::reenter`].
    pub(super) fn suspend() {
        terminal::leave();
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::STOP);
    }

    /// Switches the modes on again and draws everything anew: after a stop, from whatever cause.
    pub(super) fn reenter(&mut self) {
        if let Err(error) = terminal::enter() {
            tracing::error!("the terminal cannot be used: {error}");
        }
        self.first = modes(&self.app);
        self.link.forget();
        self.resized();
        self.want_now();
    }

    /// Leaves the screen for good. What is queued for the terminal is thrown away.
    pub(super) fn close(&mut self) {
        self.await_answer();
        terminal::leave();
        self.writer.end();
    }
}

impl Console {
    /// An answer that is on its way would be read by the shell: it is waited for, a moment.
    fn await_answer(&mut self) {
        let end = clock::instant() + ANSWER_AT_END;
        while terminal::entered() && self.link.awaits(clock::instant()) && clock::instant() < end {
            match self.keys.try_recv() {
                Ok(TerminalEvent::Typed(Typed::Answered)) => self.link.answered(clock::instant()),
                Ok(TerminalEvent::Gone) | Err(TryRecvError::Disconnected) => return,
                Ok(_) => {}
                Err(TryRecvError::Empty) => terminal::pause(ANSWER_LOOK),
            }
        }
    }
}

/// What switches the console's screen on.
fn modes(app: &App) -> Vec<u8> {
    let asks = app.theme().follows() && terminal::tells_background();
    terminal::entering(app.wants_mouse(), asks)
}

impl Drop for Console {
    fn drop(&mut self) {
        self.close();
    }
}

pub(super) struct Extras<'a> {
    pub log: &'a LogRing,
    pub hint: &'static str,
    pub can_inject: bool,
    pub processes: &'a [Process],
    pub undelivered: &'a [(Timestamp, String)],
    pub link: LinkView,
    pub language: Language,
    pub judgements: &'a Judgements,
}

/// What a scene borrows that the machine does not hold ready.
pub(super) struct View {
    counters: crate::model::Counters,
    learning: Vec<DetectorStatus>,
    learning_total: usize,
    strictness: Vec<Strictness>,
}

impl View {
    pub(super) fn of(pump: &Pump) -> Self {
        let (learning, learning_total) = pump.engine.learning(LEARNING_SHOWN);
        let status = |l: crate::engine::Learning| DetectorStatus {
            detector: l.detector,
            subject: l.subject,
            seen: l.seen,
            needed: l.needed,
            left: l.left,
        };
        Self {
            counters: pump.engine.counters(),
            learning: learning.into_iter().map(status).collect(),
            learning_total,
            strictness: pump.engine.strictness(),
        }
    }

    pub(super) fn scene<'a>(&'a self, pump: &'a Pump, mode: Mode, extras: Extras<'a>) -> Scene<'a> {
        let engine = &pump.engine;
        let now = engine.now().max(Timestamp::from_millis(0));
        Scene {
            now,
            event_time: if engine.plan().streams.is_empty() { now } else { engine.event_time() },
            store: engine.store(),
            anomalies: engine.anomalies(),
            marks: engine.marks(),
            alerts: engine.alerts(),
            sources: engine.sources(),
            rejects: engine.rejects(),
            counters: &self.counters,
            log: extras.log,
            learning: &self.learning,
            learning_total: self.learning_total,
            processes: extras.processes,
            mode,
            hint: extras.language.say(extras.hint),
            can_inject: extras.can_inject,
            undelivered: extras.undelivered,
            link: extras.link,
            stale_after: Millis::from_secs(10),
            language: extras.language,
            judgements: extras.judgements,
            excerpts: engine.excerpts(),
            strictness: &self.strictness,
            false_alerts: engine.weekly_budget(),
        }
    }
}
