//! The screen as the loop holds it: app, buffers, writer, keys, and when the next frame is due.

use super::clock;
use super::keys::Typed;
use super::logging::Lines;
use super::pump::Pump;
use super::screen::Screen;
use super::terminal::{self, NoTerminal, TerminalEvent};
use super::writer::Writer;
use crate::model::{LogRing, Millis, Timestamp};
use crate::ui::{App, DetectorStatus, Language, Mode, Process, Request, Scene};
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
/// Keys taken at once before other things get their turn.
const KEYS_PER_TURN: usize = 64;
/// Detectors still learning that a screen is told of.
const LEARNING_SHOWN: usize = 100;

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
    first: &'static [u8],
    pub keys: mpsc::Receiver<TerminalEvent>,
    frame: Vec<u8>,
    last: Instant,
    due: Option<Instant>,
    /// A line about what could be done next.
    pub hint: String,
    pub can_inject: bool,
    pub processes: Vec<Process>,
    lines: Lines,
    log: LogRing,
}

impl Console {
    /// Switches to the console's screen.
    pub(super) fn open(app: App, lines: Lines) -> Result<Self, NoTerminal> {
        terminal::check()?;
        let writer = Writer::start(terminal::frames()?)?;
        let keys = terminal::read_keys()?;
        let (columns, rows) = terminal::size();
        let first = modes(&app);
        let console = Self {
            app,
            screen: Screen::new(columns, rows),
            writer,
            first,
            keys,
            frame: Vec::new(),
            last: clock::instant(),
            due: Some(clock::instant()),
            hint: String::new(),
            can_inject: false,
            processes: Vec::new(),
            lines,
            log: LogRing::new(1_000),
        };
        // Last, so that whatever happens from here on drops the console, which leaves the screen.
        terminal::enter()?;
        Ok(console)
    }

    /// When the next frame is due; `None`: nothing has changed.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.blocked() { None } else { self.due }
    }

    /// Whether a frame waits for the terminal to take the last one.
    pub(super) fn waits(&self) -> bool {
        self.due.is_some() && terminal::entered() && self.writer.busy()
    }

    fn blocked(&self) -> bool {
        self.writer.busy() || !terminal::entered()
    }

    /// Asks for a frame, gathering what comes shortly after.
    pub(super) fn want(&mut self) {
        if self.due.is_none() {
            self.due = Some((self.last + FRAME_APART).max(clock::instant() + FRAME_GATHER));
        }
    }

    /// Asks for a frame at once: a key was pressed.
    pub(super) fn want_now(&mut self) {
        let soon = (self.last + KEY_FRAME_APART).max(clock::instant());
        self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
    }

    /// The size may have changed: draws everything anew. A storm of these draws once in a while.
    pub(super) fn resized(&mut self) {
        self.screen.forget();
        let soon = clock::instant() + FRAME_GATHER;
        self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
    }

    /// Draws a frame and hands it to the writer.
    pub(super) fn draw(&mut self, pump: &Pump, mode: Mode) {
        self.due = None;
        self.last = clock::instant();
        for line in self.lines.take() {
            self.log.push(line);
        }
        let view = View::of(pump);
        let extras = Extras {
            log: &self.log,
            hint: &self.hint,
            can_inject: self.can_inject,
            processes: &self.processes,
            language: self.app.language(),
        };
        let scene = view.scene(pump, mode, extras);
        let (app, frame) = (&mut self.app, &mut self.frame);
        frame.extend_from_slice(std::mem::take(&mut self.first));
        self.screen.fit(terminal::size());
        self.screen.draw(|area, buf| app.render(area, buf, &scene), frame);
        if !self.frame.is_empty() {
            self.writer.write(&mut self.frame);
        }
    }

    /// Takes what came from the terminal, and what more of it waits.
    pub(super) fn typed(&mut self, first: Option<TerminalEvent>, pump: &Pump, mode: Mode) -> Outcome {
        self.want_now();
        let view = View::of(pump);
        let extras = Extras {
            log: &self.log,
            hint: &self.hint,
            can_inject: self.can_inject,
            processes: &self.processes,
            language: self.app.language(),
        };
        let scene = view.scene(pump, mode, extras);
        let mut next = first;
        let mut taken = 0;
        loop {
            match next {
                None | Some(TerminalEvent::Gone) => return Outcome::Gone,
                Some(TerminalEvent::Typed(Typed::Paste(text))) => self.app.paste(&text),
                Some(TerminalEvent::Typed(Typed::Mouse(mouse))) => {
                    if let Some(request) = self.app.mouse(mouse, &scene) {
                        return Outcome::Asked(request);
                    }
                }
                Some(TerminalEvent::Typed(Typed::Key(key))) => {
                    if let Some(request) = self.app.key(key, &scene) {
                        return Outcome::Asked(request);
                    }
                }
            }
            taken += 1;
            if taken == KEYS_PER_TURN {
                return Outcome::Nothing;
            }
            next = match self.keys.try_recv() {
                Ok(event) => Some(event),
                Err(TryRecvError::Empty) => return Outcome::Nothing,
                Err(TryRecvError::Disconnected) => None,
            };
        }
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
        self.resized();
        self.want_now();
    }

    /// Leaves the screen for good. What is queued for the terminal is thrown away.
    pub(super) fn close(&mut self) {
        terminal::leave();
        self.writer.end();
    }
}

/// What switches the console's screen on.
fn modes(app: &App) -> &'static [u8] {
    if app.wants_mouse() { terminal::ENTER_WITH_MOUSE } else { terminal::ENTER }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.close();
    }
}

struct Extras<'a> {
    log: &'a LogRing,
    hint: &'a str,
    can_inject: bool,
    processes: &'a [Process],
    language: Language,
}

/// What a scene borrows that the machine does not hold ready.
struct View {
    counters: crate::model::Counters,
    learning: Vec<DetectorStatus>,
    learning_total: usize,
}

impl View {
    fn of(pump: &Pump) -> Self {
        let (learning, learning_total) = pump.engine.learning(LEARNING_SHOWN);
        let status = |(detector, subject, seen, needed)| DetectorStatus { detector, subject, seen, needed };
        Self { counters: pump.engine.counters(), learning: learning.into_iter().map(status).collect(), learning_total }
    }

    fn scene<'a>(&'a self, pump: &'a Pump, mode: Mode, extras: Extras<'a>) -> Scene<'a> {
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
            hint: extras.hint,
            can_inject: extras.can_inject,
            undelivered: &[],
            stale_after: Millis::from_secs(10),
            language: extras.language,
        }
    }
}
