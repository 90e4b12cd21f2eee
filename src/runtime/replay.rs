//! A recording in place of the sources: paced, paused, stepped, sought through.
//!
//! Going back is going forward from the beginning: the machine is made anew and handed the same
//! inputs, which gives the same state, byte for byte.

use super::clock;
use crate::model::{Millis, OwnedInput, Speed, Timestamp};
use crate::source::ReplayFeed;
use crate::ui::Mode;
use std::time::Duration;
use tokio::time::Instant;

/// Slowest and fastest speed a person can ask for; beyond the fastest is "as fast as it can".
const SPEED_RANGE: (f64, f64) = (0.1, 1000.0);

/// What the loop is to do with what a player hands out.
pub(super) enum Played {
    /// Hand this to the machine.
    Input(OwnedInput),
    /// The recording is at its end.
    Ended,
}

/// Where a player is to go without pacing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seek {
    /// To this recorded moment.
    To(Timestamp),
    /// To the next anomaly or alert.
    Found,
    /// One tick onwards.
    Step,
}

/// A recording being played.
pub(super) struct Player {
    feed: ReplayFeed,
    pub speed: Speed,
    pub paused: bool,
    pub ended: bool,
    pub seek: Option<Seek>,
    /// The wall clock and the recorded time from which pacing counts.
    base: (Instant, Timestamp),
    start: Timestamp,
    end: Timestamp,
    end_fed: bool,
}

impl Player {
    pub(super) fn new(mut feed: ReplayFeed, speed: Speed) -> Self {
        let (start, end) = feed.span().unwrap_or_default();
        let base = (clock::instant(), feed.due().unwrap_or(start));
        Self { feed, speed, paused: false, ended: false, seek: None, base, start, end, end_fed: false }
    }

    /// The next input when it is due. Never answers while paused.
    pub(super) async fn next(&mut self) -> Played {
        let Some(due) = self.feed.due() else {
            if !self.end_fed {
                self.end_fed = true;
                return Played::Ended;
            }
            return std::future::pending().await;
        };
        if !self.reached(due) {
            if self.paused {
                return std::future::pending().await;
            }
            if let Some(at) = self.wall_of(due) {
                tokio::time::sleep_until(at).await;
            }
        }
        self.take()
    }

    /// The next input if it is due now.
    pub(super) fn try_next(&mut self) -> Option<Played> {
        let due = self.feed.due()?;
        let now = self.reached(due) || (!self.paused && self.wall_of(due).is_none_or(|at| at <= clock::instant()));
        now.then(|| self.take())
    }

    fn take(&mut self) -> Played {
        match self.feed.next() {
            Some((_, OwnedInput::Ended(_))) => {
                self.end_fed = true;
                Played::Ended
            }
            Some((_, input)) => {
                if self.seek == Some(Seek::Step) && matches!(input, OwnedInput::Tick(_)) {
                    self.seek = None;
                }
                Played::Input(input)
            }
            None => Played::Ended,
        }
    }

    /// Whether an input due at `due` is to be handed over at once because of a seek.
    fn reached(&mut self, due: Timestamp) -> bool {
        match self.seek {
            Some(Seek::To(to)) if due > to => {
                self.seek = None;
                self.rebase();
                false
            }
            Some(_) => true,
            None => false,
        }
    }

    /// When `due` comes on the wall clock; `None`: at once.
    fn wall_of(&self, due: Timestamp) -> Option<Instant> {
        let Speed::Times(times) = self.speed else { return None };
        let wait = due.since(self.base.1).get().max(0) as f64 / times;
        Some(self.base.0 + Duration::from_secs_f64((wait / 1000.0).min(86_400.0 * 365.0)))
    }

    /// Pacing counts from here and now.
    pub(super) fn rebase(&mut self) {
        self.base = (clock::instant(), self.feed.now());
    }

    /// Pauses or goes on.
    pub(super) fn toggle(&mut self) {
        self.paused = !self.paused;
        self.rebase();
    }

    /// Sets the speed; above the range it is as fast as it can.
    pub(super) fn set_speed(&mut self, times: f64) {
        self.speed = if times > SPEED_RANGE.1 { Speed::Max } else { Speed::Times(times.max(SPEED_RANGE.0)) };
        self.rebase();
    }

    /// Back to the beginning; the caller makes the machine anew.
    pub(super) fn rewind(&mut self) {
        if let Err(error) = self.feed.rewind() {
            tracing::error!("the recording can no longer be read: {error}");
        }
        self.ended = false;
        self.end_fed = false;
        self.rebase();
    }

    /// Whether nothing is left to be handed over at this moment.
    pub(super) fn at_end(&self) -> bool {
        self.end_fed
    }

    /// The recorded time reached.
    pub(super) fn now(&self) -> Timestamp {
        self.feed.now()
    }

    /// Where a jump of `by` leads to.
    pub(super) fn jump(&self, by: Millis) -> Timestamp {
        (self.now() + by).clamp(self.start, self.end)
    }

    /// Takes an emptied batch back.
    pub(super) fn recycle(&mut self, batch: crate::model::Batch) {
        self.feed.recycle(batch);
    }

    /// Warnings about unreadable lines.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.feed.warnings().sentences()
    }

    /// What the screen shows of it.
    pub(super) fn mode(&self) -> Mode {
        Mode::Replay { from: self.start, to: self.end, at: self.now(), speed: self.speed, paused: self.paused, ended: self.ended }
    }
}
