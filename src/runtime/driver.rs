//! The loop: stop, keys, tick, a frame if something changed, then a bounded batch of inputs. Keys
//! first, records last, so that a flood cannot freeze the screen.

use super::clock;
use super::console::{Console, Outcome};
use super::fault;
use super::later::Later;
use super::learned::Keeper;
use super::pump::Pump;
use super::reload::Reloader;
use super::replay::{Played, Player};
use super::sampling::Sampling;
use super::shot::Shot;
use super::signals::{self, Asked, Signals};
use super::sources::Live;
use super::terminal::TerminalEvent;
use super::totals::Totals;
use super::writer::Writer;
use crate::engine::{Engine, Plan};
use crate::model::{Command, Input, OwnedInput};
use crate::ui::{Mode, Request};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// After so long keys are looked at again. A batch of a thousand records takes about half a
/// millisecond, so that turns cost nothing and a key is not felt to wait.
const TURN: Duration = Duration::from_millis(4);

/// Exit code when every source has ended and one could not go on.
pub(super) const SOURCE_FAILED: u8 = 4;
/// Exit code when something was lost on the way.
const FAILED: u8 = 1;

/// Where inputs come from.
pub(super) enum Feed {
    /// Sources at work.
    Live(Live),
    /// A recording.
    Replay(Player),
}

impl Feed {
    /// The next input if one waits.
    fn try_next(&mut self) -> Option<Got> {
        match self {
            Self::Live(live) => live.merge.try_next().map(|(place, input)| Got::Live(place, input)),
            Self::Replay(player) => player.try_next().map(Got::Played),
        }
    }
}

/// Injects a fault (the demo).
pub(super) type Inject = Box<dyn Fn() + Send>;

/// All the loop owns.
pub(super) struct Session {
    pub pump: Pump,
    pub feed: Feed,
    pub console: Option<Console>,
    /// A picture is taken at the end.
    pub shot: Option<Shot>,
    pub plan: Plan,
    /// The first records are being looked at, and the machine is not made yet.
    pub sampling: Option<Sampling>,
    /// Topics nobody has described that come while it runs.
    pub later: Option<Later>,
    /// The configuration, where it can be exchanged while it runs.
    pub reload: Option<Reloader>,
    pub inject: Option<Inject>,
    /// Where what detectors have learned is kept.
    pub learned: Option<Keeper>,
    /// End after so much time (the demo's `--for`).
    pub deadline: Option<Instant>,
    pub started: Instant,
    /// When the clock is told to the machine next.
    next_tick: Instant,
    /// Keys were taken in the last turn: first comes what else waits.
    keys_rest: bool,
    /// Inputs known to be dropped because a queue was full.
    dropped: u64,
}

/// What a turn of the loop decided.
enum Next {
    Go,
    End(u8),
}

impl Session {
    pub(super) fn new(pump: Pump, feed: Feed, console: Option<Console>, plan: Plan) -> Self {
        let started = clock::instant();
        Self {
            pump,
            feed,
            console,
            shot: None,
            plan,
            sampling: None,
            later: None,
            reload: None,
            inject: None,
            learned: None,
            deadline: None,
            started,
            next_tick: started,
            keys_rest: false,
            dropped: 0,
        }
    }

    /// Runs to the end; prints the totals of a headless run. Answers with the exit code.
    ///
    /// The loop has a runtime of its own on this thread: its timers, signals and keys wake nobody
    /// else, and sources wake it only when they have something.
    ///
    /// # Errors
    /// When signals cannot be listened to, or a picture cannot be taken.
    pub(super) fn run(self) -> anyhow::Result<u8> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(self.turns())
    }

    async fn turns(mut self) -> anyhow::Result<u8> {
        let mut signals = Signals::new(self.reloads_on_hangup())?;
        if let Feed::Live(_) = self.feed {
            self.tick();
        }
        let mut tried = false;
        let code = loop {
            match self.turn(&mut signals).await {
                Next::Go => {}
                Next::End(code) => break code,
            }
            if self.pump.closed {
                break 0;
            }
            // Under a flood no turn waits for anything. Signals and timers are looked at only here
            // then, and a future that never yields is soon told that keys have none.
            tokio::task::yield_now().await;
            if !tried && self.console.is_some() && self.started.elapsed() > fault::AFTER {
                tried = true;
                fault::on_demand()?;
            }
        };
        let mode = self.mode();
        let taken = self.shot.take().map_or(Ok(()), |mut shot| shot.take(&self.pump, mode));
        self.finish();
        taken?;
        match self.pump.failed.take().filter(|_| code == 0) {
            // Without a screen it was said as it happened.
            Some(_) if self.console.is_none() => Ok(FAILED),
            Some(what) => Err(anyhow::Error::msg(what)),
            None => Ok(code),
        }
    }

    async fn turn(&mut self, signals: &mut Signals) -> Next {
        let live = matches!(self.feed, Feed::Live(_));
        let (tick, deadline) = (self.next_tick, self.deadline);
        let frame = self.console.as_ref().and_then(Console::due);
        let writer = self.console.as_ref().filter(|c| c.waits()).map(|c| c.writer.clone());
        let rest = std::mem::take(&mut self.keys_rest);
        let next = tokio::select! {
            biased;
            asked = signals.next() => self.signal(asked),
            event = key(&mut self.console), if !rest => self.terminal(event),
            () = until(deadline) => self.deadline(),
            () = tokio::time::sleep_until(tick), if live => {
                self.tick();
                Next::Go
            }
            () = until(frame) => {
                self.frame();
                Next::Go
            }
            () = written(writer.as_ref()), if writer.is_some() => Next::Go,
            input = next(&mut self.feed) => return self.inputs(input),
            () = std::future::ready(()), if rest => Next::Go,
        };
        // Whatever came first, inputs get their share: a flood of keys or of signals does not stop the machine.
        match (next, self.feed.try_next()) {
            (Next::Go, Some(input)) => self.inputs(Some(input)),
            (next, None) => next,
            (Next::End(code), Some(input)) => {
                // What was taken is not lost, the log of a recording would differ.
                let _ = self.input(input);
                Next::End(code)
            }
        }
    }

    fn signal(&mut self, asked: Asked) -> Next {
        match asked {
            Asked::Resize => self.console.iter_mut().for_each(Console::resized),
            Asked::Resume => self.console.iter_mut().for_each(Console::reenter),
            Asked::Keep => self.pump.recorder.iter_mut().for_each(|r| r.keep("asked by SIGUSR1")),
            Asked::Stop => match &mut self.console {
                Some(_) => Console::suspend(),
                None => drop(rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)),
            },
            // Without a screen Ctrl-C is how a run ends.
            Asked::Interrupt if self.console.is_none() => return Next::End(0),
            Asked::Interrupt => return Next::End(signals::exit_code(rustix::process::Signal::INT)),
            Asked::Hangup if self.reloads_on_hangup() => self.ask_reload(),
            Asked::Hangup => return Next::End(signals::exit_code(rustix::process::Signal::HUP)),
            Asked::End(code) => return Next::End(code),
        }
        Next::Go
    }

    fn terminal(&mut self, event: Option<TerminalEvent>) -> Next {
        self.keys_rest = true;
        let mode = self.mode();
        let Some(console) = &mut self.console else { return Next::Go };
        match console.typed(event, &self.pump, mode) {
            Outcome::Nothing => Next::Go,
            Outcome::Asked(request) => self.request(request),
            Outcome::Gone => Next::End(signals::exit_code(rustix::process::Signal::HUP)),
        }
    }

    fn request(&mut self, request: Request) -> Next {
        match request {
            Request::Quit => return Next::End(0),
            Request::Suspend => Console::suspend(),
            Request::Reload => self.ask_reload(),
            Request::SaveLayout(pages) => self.save_layout(&pages),
            Request::Redraw => self.console.iter_mut().for_each(Console::resized),
            Request::Screenshot(file) => self.console.iter_mut().for_each(|c| c.photograph(file.as_deref())),
            Request::Acknowledge(id) => self.command(&Command::Acknowledge { id, who: user() }),
            Request::Mark(text) => {
                self.command(&Command::Mark { text: text.clone() });
                if let Feed::Replay(player) = &mut self.feed {
                    player.marked(&text);
                }
            }
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
            Request::Judge { id, opinion, note } => {
                self.console.iter_mut().for_each(|c| c.judge(&self.pump.engine, id, opinion, &note));
            }
            Request::Sensitivity(weekly) => self.command(&Command::Sensitivity(weekly)),
            Request::AcceptAnomaly(id) => self.command(&Command::AcceptAnomaly(id)),
            Request::Copy(text) => self.console.iter_mut().for_each(|console| console.copy(&text)),
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
        if player.ask(&request) {
            self.pump.engine = Engine::new(self.plan.clone()).0;
            self.reload.iter_mut().for_each(Reloader::rewind);
        }
        self.pump.dirty = true;
    }

    fn tick(&mut self) {
        // Set here and not in every turn: under a flood no turn lasts until a tick, and none would come.
        self.next_tick = clock::instant() + clock::until_next(self.plan.tick);
        self.pump.feed(Input::Tick(clock::now().floor_to(self.plan.tick)));
        self.tell_dropped();
        if let (Some(console), Feed::Live(live)) = (&mut self.console, &self.feed) {
            console.processes = live.processes();
            console.want();
        }
        if self.sampling.as_ref().is_some_and(Sampling::ready) {
            self.sampled();
        }
        self.take_up();
        self.look_at_configuration();
        self.keep_learned();
        self.look_at_past();
    }

    /// Says so where inputs were dropped because a queue was full.
    fn tell_dropped(&mut self) {
        let Feed::Live(live) = &self.feed else { return };
        let dropped = live.merge.dropped();
        if dropped > self.dropped {
            tracing::warn!("{} inputs of a source were dropped, its queue was full ({dropped} in all)", dropped - self.dropped);
            self.dropped = dropped;
        }
    }

    /// The time that was set is over, unless a picture waits for data.
    fn deadline(&mut self) -> Next {
        let data = self.pump.engine.store().iter().next().is_some();
        self.deadline = self.shot.as_mut().and_then(|shot| shot.due(data));
        if self.deadline.is_some() { Next::Go } else { Next::End(0) }
    }

    fn frame(&mut self) {
        let mode = self.mode();
        if let Some(console) = &mut self.console {
            console.draw(&self.pump, mode);
            self.pump.dirty = false;
        }
    }

    fn inputs(&mut self, first: Option<Got>) -> Next {
        let Some(first) = first else { return self.all_ended() };
        let until = clock::instant() + TURN;
        let mut next = Some(first);
        while let Some(got) = next {
            if let Next::End(code) = self.input(got) {
                return Next::End(code);
            }
            next = if clock::instant() < until { self.feed.try_next() } else { None };
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
                    return self.all_ended();
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
                let input = match &mut self.later {
                    Some(later) => later.sort(&self.pump.engine, input),
                    None => input,
                };
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
                let whole = player.finished();
                if self.console.is_none() {
                    return Next::End(if whole { 0 } else { SOURCE_FAILED });
                }
            }
        }
        Next::Go
    }

    /// Nothing more will come: makes the machine where that still waited, so that what was heard is told.
    fn all_ended(&mut self) -> Next {
        self.sampled();
        let failed = matches!(&self.feed, Feed::Live(live) if live.failure().is_some());
        Next::End(if failed { SOURCE_FAILED } else { 0 })
    }

    fn played(&mut self, input: OwnedInput) {
        if let OwnedInput::Command(Command::Reload { config, .. }) = &input {
            return self.replay_reload(config);
        }
        let before = self.pump.found;
        self.pump.feed_owned(&input);
        let Feed::Replay(player) = &mut self.feed else { return };
        if self.pump.found > before || matches!(input, OwnedInput::Command(Command::Mark { .. })) {
            player.found();
        }
        if let OwnedInput::Records(batch) = input {
            player.recycle(batch);
        }
    }

    /// Enough records have been looked at: makes the machine and hands it what was held.
    fn sampled(&mut self) {
        let Some(sampling) = self.sampling.take() else { return };
        if let Err(error) = sampling.finish(self) {
            self.pump.lost(format!("{error}").trim_end().to_owned());
            self.pump.closed = true;
        }
        self.console.iter_mut().for_each(Console::want_now);
    }

    /// Takes up topics that came later, once enough of them has been seen.
    fn take_up(&mut self) {
        let Some(later) = self.later.as_mut().filter(|l| l.due()) else { return };
        self.reload.iter_mut().for_each(Reloader::taken_up);
        let app = self.console.as_mut().map(|c| &mut c.app).or(self.shot.as_mut().map(|s| &mut s.app));
        if let Err(error) = later.take_up(&mut self.pump, app) {
            tracing::error!("{error}");
        }
        self.plan = self.pump.engine.plan().clone();
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
        // Before the end, which closes windows that are not full.
        self.keep_learned_at_end();
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
pub(super) fn user() -> Arc<str> {
    std::env::var("USER").unwrap_or_else(|_| "somebody".to_owned()).into()
}
