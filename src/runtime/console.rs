//! The screen as the loop holds it: app, buffers, writer, keys, and when the next frame is due.

use super::clock;
use super::logging::Lines;
use super::pump::Pump;
use super::screen::Screen;
use super::terminal::{self, NoTerminal, TerminalEvent};
use super::writer::Writer;
use crate::model::{LogRing, Millis, Timestamp};
use crate::ui::{App, DetectorStatus, Key, Mode, Process, Request, Scene};
use std::fs::File;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Frames that only data ask for come at least this far apart: charts move once a second anyway, and
/// a value is on the screen within a quarter of a second.
const FRAME_APART: Duration = Duration::from_millis(200);
/// What comes within this time of a tick or a record is drawn with it.
const FRAME_GATHER: Duration = Duration::from_millis(25);
/// Detectors still learning that a screen is told of.
const LEARNING_SHOWN: usize = 100;

/// The screen.
pub(super) struct Console {
    pub app: App,
    screen: Screen,
    pub writer: Writer,
    out: File,
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
        terminal::restore_on_panic();
        let writer = Writer::start(terminal::output()?)?;
        terminal::enter()?;
        let keys = terminal::read_keys()?;
        let (columns, rows) = terminal::size();
        Ok(Self {
            app,
            screen: Screen::new(columns, rows),
            writer,
            out: terminal::output()?,
            keys,
            frame: Vec::new(),
            last: clock::instant(),
            due: Some(clock::instant()),
            hint: String::new(),
            can_inject: false,
            processes: Vec::new(),
            lines,
            log: LogRing::new(1_000),
        })
    }

    /// When the next frame is due; `None`: nothing has changed.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.writer.busy() { None } else { self.due }
    }

    /// Asks for a frame, gathering what comes shortly after.
    pub(super) fn want(&mut self) {
        if self.due.is_none() {
            self.due = Some((self.last + FRAME_APART).max(clock::instant() + FRAME_GATHER));
        }
    }

    /// Asks for a frame at once: a key was pressed.
    pub(super) fn want_now(&mut self) {
        self.due = Some(clock::instant());
    }

    /// Asks for a frame after `wait`, however soon another was due.
    pub(super) fn hold(&mut self, wait: Duration) {
        self.due = Some(clock::instant() + wait);
    }

    /// The size may have changed: draws everything anew.
    pub(super) fn resized(&mut self) {
        let (columns, rows) = terminal::size();
        self.screen.reset(columns, rows);
        self.hold(FRAME_GATHER);
    }

    /// Draws a frame and hands it to the writer.
    pub(super) fn draw(&mut self, pump: &Pump, mode: Mode) {
        self.due = None;
        self.last = clock::instant();
        for line in self.lines.take() {
            self.log.push(line);
        }
        let view = View::of(pump);
        let extras = Extras { log: &self.log, hint: &self.hint, can_inject: self.can_inject, processes: &self.processes };
        let scene = view.scene(pump, mode, extras);
        let (app, frame) = (&mut self.app, &mut self.frame);
        self.screen.draw(|area, buf| app.render(area, buf, &scene), frame);
        if !self.frame.is_empty() {
            self.writer.write(&mut self.frame);
        }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: Key, pump: &Pump, mode: Mode) -> Option<Request> {
        let view = View::of(pump);
        let extras = Extras { log: &self.log, hint: &self.hint, can_inject: self.can_inject, processes: &self.processes };
        let scene = view.scene(pump, mode, extras);
        let request = self.app.key(key, &scene);
        self.want_now();
        request
    }

    /// Leaves the screen, stops the process as Ctrl-Z does elsewhere, and comes back when it goes on.
    pub(super) fn suspend(&mut self) {
        self.writer.abandon(&self.out);
        terminal::leave();
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::STOP);
        self.reenter();
    }

    /// Switches the modes on again and draws everything anew: after a stop, from whatever cause.
    pub(super) fn reenter(&mut self) {
        if let Err(error) = terminal::enter() {
            tracing::error!("the terminal cannot be used: {error}");
        }
        self.writer.resume();
        self.resized();
        self.want_now();
    }

    /// Leaves the screen for good. What is queued for the terminal is thrown away.
    pub(super) fn close(&mut self) {
        if self.writer.busy() {
            self.writer.abandon(&self.out);
        }
        self.writer.end();
        terminal::leave();
    }
}

struct Extras<'a> {
    log: &'a LogRing,
    hint: &'a str,
    can_inject: bool,
    processes: &'a [Process],
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
        }
    }
}
