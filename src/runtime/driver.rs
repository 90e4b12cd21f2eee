//! The loop: stop, keys, tick, a frame if something changed, then a bounded batch of inputs. Keys
//! first, records last, so that a flood cannot freeze the screen.

use super::clock;
use super::console::Console;
use super::logging::Lines;
use super::pump::Pump;
use super::replay::{Played, Player, Seek};
use super::sampling::Sampling;
use super::sources::Live;
use super::terminal::TerminalEvent;
use super::totals::Totals;
use super::writer::Writer;
use crate::engine::{Engine, Plan};
use crate::model::{Command, Input, Millis, OwnedInput};
use crate::ui::{Mode, Request};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// Inputs handled before keys are looked at again. A batch of a thousand records takes about half a
/// millisecond, so that a key waits two at the most.
const INPUTS_PER_TURN: usize = 4;
/// Single inputs of a recording handled before keys are looked at again.
const PLAYED_PER_TURN: usize = 64;

/// Exit code when every source has ended and one could not go on.
pub(super) const SOURCE_FAILED: u8 = 4;

/// Where inputs come from.
pub(super) enum Feed {
    /// Sources at work.
    Live(Live),
    /// A recording.
    Replay(Player),
}

/// Injects a fault (the demo).
pub(super) type Inject = Box<dyn Fn() + Send>;

/// All the loop owns.
pub(super) struct Session {
    pub pump: Pump,
    pub feed: Feed,
    pub console: Option<Console>,
    pub plan: Plan,
    /// The first records are being looked at, and the machine is not made yet.
    pub sampling: Option<Sampling>,
    pub inject: Option<Inject>,
    pub lines: Lines,
    /// End after so much time (the demo's `--for`).
    pub deadline: Option<Instant>,
    /// Moments at which a replay found something, for going back to them.
    pub found_at: Vec<crate::model::Timestamp>,
    pub started: Instant,
}

/// What a turn of the loop decided.
enum Next {
    Go,
    End(u8),
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    resize: Signal,
    stop: Signal,
    resume: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            resize: signal(SignalKind::window_change())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            resume: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// The next signal.
    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.hangup.recv() => SignalKind::hangup(),
            _ = self.resize.recv() => SignalKind::window_change(),
            _ = self.stop.recv() => SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()),
            _ = self.resume.recv() => SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()),
        }
    }
}

impl Session {
    pub(super) fn new(pump: Pump, feed: Feed, console: Option<Console>, plan: Plan, lines: Lines) -> Self {
        let started = clock::instant();
        Self { pump, feed, console, plan, sampling: None, inject: None, lines, deadline: None, found_at: Vec::new(), started }
    }

    /// Runs to the end; prints the totals of a headless run. Answers with the exit code.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    pub(super) async fn run(mut self) -> std::io::Result<u8> {
        let mut signals = Signals::new()?;
        if let Feed::Live(_) = self.feed {
            self.pump.feed(Input::Tick(clock::now().floor_to(self.plan.tick)));
        }
        let code = loop {
            match self.turn(&mut signals).await {
                Next::Go => {}
                Next::End(code) => break code,
            }
            if self.pump.closed {
                break 0;
            }
        };
        self.finish();
        Ok(code)
    }

    async fn turn(&mut self, signals: &mut Signals) -> Next {
        let live = matches!(self.feed, Feed::Live(_));
        let tick = Instant::now() + clock::until_next(self.plan.tick);
        let frame = self.console.as_ref().and_then(Console::due);
        let writer = self.console.as_ref().map(|c| c.writer.clone()).filter(Writer::busy);
        let deadline = self.deadline;
        tokio::select! {
            biased;
            kind = signals.next() => self.signal(kind),
            event = key(&mut self.console) => self.terminal(event),
            () = until(deadline) => Next::End(0),
            () = tokio::time::sleep_until(tick), if live => {
                self.tick();
                Next::Go
            }
            () = until(frame) => {
                self.frame();
                Next::Go
            }
            () = written(writer.as_ref()), if writer.is_some() => Next::Go,
            input = next(&mut self.feed) => self.inputs(input),
        }
    }

    fn signal(&mut self, kind: SignalKind) -> Next {
        let raw = kind.as_raw_value();
        if kind == SignalKind::window_change() {
            self.console.iter_mut().for_each(Console::resized);
        } else if raw == rustix::process::Signal::TSTP.as_raw() {
            match &mut self.console {
                Some(console) => console.suspend(),
                None => drop(rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)),
            }
        } else if raw == rustix::process::Signal::CONT.as_raw() {
            self.console.iter_mut().for_each(Console::reenter);
        } else if kind == SignalKind::interrupt() {
            return Next::End(0);
        } else {
            return Next::End(128u8.saturating_add(raw as u8));
        }
        Next::Go
    }

    fn terminal(&mut self, event: Option<TerminalEvent>) -> Next {
        let mode = self.mode();
        let Some(console) = &mut self.console else { return Next::Go };
        let request = match event {
            None | Some(TerminalEvent::Gone) => return Next::End(129),
            Some(TerminalEvent::Resize) => {
                console.resized();
                None
            }
            Some(TerminalEvent::Paste(text)) => {
                console.app.paste(&text);
                console.want_now();
                None
            }
            Some(TerminalEvent::Key(key)) => console.key(key, &self.pump, mode),
        };
        request.map_or(Next::Go, |r| self.request(r))
    }

    fn request(&mut self, request: Request) -> Next {
        match request {
            Request::Quit => return Next::End(0),
            Request::Suspend => self.console.iter_mut().for_each(Console::suspend),
            Request::Redraw => self.console.iter_mut().for_each(Console::resized),
            Request::Acknowledge(id) => self.command(&Command::Acknowledge { id, who: user() }),
            Request::Mark(text) => self.command(&Command::Mark { text }),
            Request::TestFire => self.command(&Command::TestFire),
            Request::InjectFault => {
                if let Some(inject) = &self.inject {
                    inject();
                }
            }
            Request::Processes(on) => {
                if let Feed::Live(live) = &self.feed {
                    live.board.want(on);
                }
            }
            request => self.replay_request(request),
        }
        Next::Go
    }

    fn command(&mut self, command: &Command) {
        self.pump.feed(Input::Command(command));
        self.pump.dirty = true;
    }

    fn replay_request(&mut self, request: Request) {
        let Feed::Replay(player) = &mut self.feed else { return };
        let target = match request {
            Request::ReplayPause => {
                player.toggle();
                return;
            }
            Request::ReplayStep => {
                player.paused = true;
                player.seek = Some(Seek::Step);
                return;
            }
            Request::ReplaySpeed(times) => {
                player.set_speed(times);
                return;
            }
            Request::ReplayFind(true) => {
                self.pump.found = 0;
                player.seek = Some(Seek::Found);
                return;
            }
            Request::ReplayFind(false) => {
                let now = player.now();
                let before = self.found_at.iter().rev().find(|t| now.since(**t) > Millis::from_secs(1));
                before.copied().unwrap_or_default()
            }
            Request::ReplaySeek(at) => at,
            Request::ReplayJump(by) => player.jump(by),
            _ => return,
        };
        self.seek(target);
    }

    /// Goes to a recorded moment; going back makes the machine anew.
    fn seek(&mut self, to: crate::model::Timestamp) {
        let Feed::Replay(player) = &mut self.feed else { return };
        if to <= player.now() {
            player.rewind();
            self.pump.engine = Engine::new(self.plan.clone()).0;
            self.found_at.clear();
        }
        player.seek = Some(Seek::To(to));
        self.pump.dirty = true;
    }

    fn tick(&mut self) {
        self.pump.feed(Input::Tick(clock::now().floor_to(self.plan.tick)));
        if let (Some(console), Feed::Live(live)) = (&mut self.console, &self.feed) {
            console.processes = live.processes();
            console.want();
        }
        if self.sampling.as_ref().is_some_and(Sampling::ready) {
            self.sampled();
        }
    }

    fn frame(&mut self) {
        let mode = self.mode();
        if let Some(console) = &mut self.console {
            console.draw(&self.pump, mode);
            self.pump.dirty = false;
        }
    }

    fn inputs(&mut self, first: Option<Got>) -> Next {
        let Some(first) = first else {
            let failed = matches!(&self.feed, Feed::Live(live) if live.failure().is_some());
            return Next::End(if failed { SOURCE_FAILED } else { 0 });
        };
        let mut next = Some(first);
        let limit = if matches!(self.feed, Feed::Live(_)) { INPUTS_PER_TURN } else { PLAYED_PER_TURN };
        for _ in 0..limit {
            let Some(got) = next.take() else { break };
            if let Next::End(code) = self.input(got) {
                return Next::End(code);
            }
            next = match &mut self.feed {
                Feed::Live(live) => live.merge.try_next().map(|(place, input)| Got::Live(place, input)),
                Feed::Replay(player) => player.try_next().map(Got::Played),
            };
        }
        if let Some(got) = next
            && let Next::End(code) = self.input(got)
        {
            return Next::End(code);
        }
        if self.pump.dirty {
            self.console.iter_mut().for_each(Console::want);
        }
        Next::Go
    }

    fn input(&mut self, got: Got) -> Next {
        match got {
            Got::Live(_, OwnedInput::Ended(_)) => {
                let Feed::Live(live) = &mut self.feed else { return Next::Go };
                live.awaited = live.awaited.saturating_sub(1);
                if live.awaited == 0 {
                    self.sampled();
                    return Next::End(0);
                }
            }
            Got::Live(place, input) => {
                if let Some(sampling) = &mut self.sampling {
                    if !matches!(input, OwnedInput::Records(_)) {
                        self.pump.feed_owned(&input);
                    }
                    sampling.hold(input);
                    if sampling.full() {
                        self.sampled();
                    }
                    return Next::Go;
                }
                self.pump.feed_owned(&input);
                if let (OwnedInput::Records(batch), Feed::Live(live)) = (input, &mut self.feed) {
                    live.merge.recycle(place, batch);
                }
            }
            Got::Played(Played::Input(input)) => self.played(input),
            Got::Played(Played::Ended) => {
                self.pump.feed(Input::End);
                self.pump.dirty = true;
                let Feed::Replay(player) = &mut self.feed else { return Next::Go };
                player.ended = true;
                player.seek = None;
                for warning in player.warnings() {
                    tracing::warn!("{warning}");
                }
                if self.console.is_none() {
                    return Next::End(0);
                }
            }
        }
        Next::Go
    }

    fn played(&mut self, input: OwnedInput) {
        let before = self.pump.found;
        self.pump.feed_owned(&input);
        let Feed::Replay(player) = &mut self.feed else { return };
        if self.pump.found > before {
            let now = player.now();
            if self.found_at.last() != Some(&now) {
                self.found_at.push(now);
            }
            if player.seek == Some(Seek::Found) {
                player.seek = None;
                player.paused = true;
            }
        }
        if let OwnedInput::Records(batch) = input {
            player.recycle(batch);
        }
    }

    /// Enough records have been looked at: makes the machine and hands it what was held.
    fn sampled(&mut self) {
        let Some(sampling) = self.sampling.take() else { return };
        if let Err(error) = sampling.finish(self) {
            tracing::error!("{error}");
        }
        self.console.iter_mut().for_each(Console::want_now);
    }

    fn mode(&self) -> Mode {
        match &self.feed {
            Feed::Live(_) => Mode::Live,
            Feed::Replay(player) => player.mode(),
        }
    }

    /// Closes what is open, prints the totals, leaves the screen.
    fn finish(&mut self) {
        let over = match &self.feed {
            Feed::Live(live) => {
                live.stop();
                false
            }
            Feed::Replay(player) => player.at_end(),
        };
        if let Some(console) = &mut self.console {
            console.close();
        }
        if !over {
            self.pump.feed(Input::End);
        }
        let totals = Totals::of(&self.pump.engine, self.started.elapsed().as_secs_f64());
        self.pump.line(&totals);
    }
}

/// One input with where it came from.
enum Got {
    Live(usize, OwnedInput),
    Played(Played),
}

async fn next(feed: &mut Feed) -> Option<Got> {
    match feed {
        Feed::Live(live) => live.next().await.map(|(place, input)| Got::Live(place, input)),
        Feed::Replay(player) => Some(Got::Played(player.next().await)),
    }
}

async fn key(console: &mut Option<Console>) -> Option<TerminalEvent> {
    match console {
        Some(console) => console.keys.recv().await,
        None => std::future::pending().await,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn written(writer: Option<&Writer>) {
    match writer {
        Some(writer) => writer.written().await,
        None => std::future::pending().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the name of the person at the screen stands in the environment")]
fn user() -> Arc<str> {
    std::env::var("USER").unwrap_or_else(|_| "somebody".to_owned()).into()
}
