//! A recording in place of the sources: paced, paused, stepped, sought through.
//!
//! Going back is going forward from the beginning: the machine is made anew and handed the same
//! inputs, which gives the same state, byte for byte.

use super::clock;
use crate::model::{Command, Millis, OwnedInput, Speed, Timestamp};
use crate::source::ReplayFeed;
use crate::ui::{Mode, Request};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Slowest and fastest speed a person can ask for; beyond the fastest is "as fast as it can".
const SPEED_RANGE: (f64, f64) = (0.1, 1000.0);
/// While it plays on, what was found so shortly before is not gone back to: one would never get past it.
const JUST_NOW: Millis = Millis::from_secs(1);

/// Marks kept for going back: a person sets a few.
const MARKS_MAX: usize = 500;

/// What the loop is to do with what a player hands out.
pub(super) enum Played {
    /// Hand this to the machine.
    Input(OwnedInput),
    /// The recording is at its end.
    Ended,
}

/// Where a player is to go without pacing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seek {
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
    speed: Speed,
    paused: bool,
    ended: bool,
    seek: Option<Seek>,
    /// The wall clock and the recorded time from which pacing counts.
    base: (Instant, Timestamp),
    start: Timestamp,
    end: Timestamp,
    end_fed: bool,
    /// Moments at which something was found, for going back to them.
    found_at: Vec<Timestamp>,
    /// Marks set while it played, in their order: the machine made anew is told of them again.
    marks: Vec<(Timestamp, Arc<str>)>,
    /// How many of them the machine has been told of.
    told: usize,
}

impl Player {
    pub(super) fn new(mut feed: ReplayFeed, speed: Speed) -> Self {
        let (start, end) = feed.span().unwrap_or_default();
        let base = (clock::instant(), feed.due().unwrap_or(start));
        Self {
            feed,
            speed,
            paused: false,
            ended: false,
            seek: None,
            base,
            start,
            end,
            end_fed: false,
            found_at: Vec::new(),
            marks: Vec::new(),
            told: 0,
        }
    }

    /// The next input when it is due. Never answers while paused.
    pub(super) async fn next(&mut self) -> Played {
        let Some(due) = self.due() else {
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
        let due = self.due()?;
        let now = self.reached(due) || (!self.paused && self.wall_of(due).is_none_or(|at| at <= clock::instant()));
        now.then(|| self.take())
    }

    /// The next mark of this session whose moment comes before the rest of the recording.
    fn mark(&mut self) -> Option<(Timestamp, Arc<str>)> {
        let due = self.feed.due();
        self.marks.get(self.told).filter(|(at, _)| due.is_none_or(|due| due > *at)).cloned()
    }

    /// When the next input is due.
    fn due(&mut self) -> Option<Timestamp> {
        self.mark().map(|(at, _)| at).or_else(|| self.feed.due())
    }

    /// A mark was set at this moment.
    pub(super) fn marked(&mut self, text: &Arc<str>) {
        if self.marks.len() < MARKS_MAX {
            let now = self.now();
            let place = self.marks.partition_point(|(at, _)| *at <= now);
            self.marks.insert(place, (now, Arc::clone(text)));
            self.told = place + 1;
            self.found();
        }
    }

    fn take(&mut self) -> Played {
        if let Some(text) = self.mark().map(|(_, text)| text) {
            self.told += 1;
            return Played::Input(OwnedInput::Command(Command::Mark { text }));
        }
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
    fn rebase(&mut self) {
        self.base = (clock::instant(), self.feed.now());
    }

    /// Pauses or goes on.
    fn toggle(&mut self) {
        self.paused = !self.paused;
        self.rebase();
    }

    /// Sets the speed; above the range it is as fast as it can.
    fn set_speed(&mut self, times: f64) {
        self.speed = if times > SPEED_RANGE.1 { Speed::Max } else { Speed::Times(times.max(SPEED_RANGE.0)) };
        self.rebase();
    }

    /// Does what a person asks for. `true`: it went back, and the machine is to be made anew.
    pub(super) fn ask(&mut self, request: &Request) -> bool {
        match *request {
            Request::ReplayPause => self.toggle(),
            Request::ReplaySpeed(times) => self.set_speed(times),
            Request::ReplayStep => {
                self.paused = true;
                self.seek = Some(Seek::Step);
            }
            Request::ReplayFind(true) => self.seek = Some(Seek::Found),
            Request::ReplayFind(false) => {
                let (now, near) = (self.now(), if self.paused || self.ended { Millis::ZERO } else { JUST_NOW });
                let before = self.found_at.iter().rev().find(|t| now.since(**t) > near).copied();
                self.paused = true;
                return self.go(before.unwrap_or(self.start));
            }
            Request::ReplaySeek(at) => return self.go(at),
            Request::ReplayJump(by) => return self.go(self.now() + by),
            _ => {}
        }
        false
    }

    /// Goes to a recorded moment. At full speed it stays there, or nobody would see it.
    fn go(&mut self, to: Timestamp) -> bool {
        let to = to.clamp(self.start, self.end);
        if self.ended && to >= self.end {
            return false;
        }
        self.paused |= self.speed == Speed::Max;
        let back = to <= self.now();
        if back {
            self.rewind();
        }
        self.seek = Some(Seek::To(to));
        back
    }

    /// Something was found in what was handed over last.
    pub(super) fn found(&mut self) {
        let now = self.now();
        if self.found_at.last() != Some(&now) {
            self.found_at.push(now);
        }
        if self.seek == Some(Seek::Found) {
            self.seek = None;
            self.paused = true;
        }
    }

    /// Back to the beginning.
    fn rewind(&mut self) {
        if let Err(error) = self.feed.rewind() {
            tracing::error!("the recording can no longer be read: {error}");
        }
        self.ended = false;
        self.end_fed = false;
        self.found_at.clear();
        self.told = 0;
        self.rebase();
    }

    /// Whether nothing is left to be handed over at this moment.
    pub(super) fn at_end(&self) -> bool {
        self.end_fed
    }

    /// The recorded time reached.
    fn now(&self) -> Timestamp {
        self.feed.now()
    }

    /// Takes an emptied batch back.
    pub(super) fn recycle(&mut self, batch: crate::model::Batch) {
        self.feed.recycle(batch);
    }

    /// The machine was told of the end: says what could not be read, and whether it was read to its end.
    pub(super) fn finished(&mut self) -> bool {
        self.ended = true;
        self.seek = None;
        // Behind the last line stands the checksum: looked for, it says whether all that was read is true.
        let _ = self.feed.due();
        for warning in self.feed.warnings().sentences() {
            tracing::warn!("{warning}");
        }
        if let Some(error) = self.feed.error() {
            tracing::error!("the recording cannot be read to its end: {error}");
        }
        self.feed.error().is_none()
    }

    /// What the screen shows of it.
    pub(super) fn mode(&self) -> Mode {
        Mode::Replay { from: self.start, to: self.end, at: self.now(), speed: self.speed, paused: self.paused, ended: self.ended }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Recording;
    use crate::model::{Batch, Input};
    use std::fmt::Write as _;

    const FIRST: i64 = 1_764_000_000_000;

    /// A player of ten seconds with a record in each; every third is odd.
    fn player(speed: Speed) -> (tempfile::TempDir, Player) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.jsonl");
        let mut text = format!("{{\"recording\":1,\"started\":{FIRST},\"sources\":[\"kafka\"]}}\n{{\"tick\":{FIRST}}}\n");
        for n in 0..10 {
            let _ = writeln!(
                text,
                "{{\"topic\":\"t\",\"partition\":0,\"offset\":{n},\"payload\":\"{n}\"}}\n{{\"tick\":{}}}",
                FIRST + (n + 1) * 1_000
            );
        }
        text += "{\"ended\":true}\n";
        #[expect(clippy::disallowed_methods, reason = "a test makes the file it reads")]
        std::fs::write(&path, text).unwrap();
        let recording = Recording::open::<&str>(&path, &[]).unwrap();
        (dir, Player::new(ReplayFeed::new(recording), speed))
    }

    /// Hands over all that is due, as the loop does; the offsets of its records, and whether the end came.
    fn run(player: &mut Player) -> (Vec<i64>, bool) {
        let (mut offsets, mut ended) = (Vec::new(), false);
        while let Some(played) = player.try_next() {
            let Played::Input(input) = played else {
                player.finished();
                ended = true;
                continue;
            };
            let before = offsets.len();
            input.each(|i| {
                if let Input::Record(record) = i {
                    offsets.push(record.offset);
                }
            });
            if offsets[before..].iter().any(|o| o % 3 == 2) {
                player.found();
            }
            if let OwnedInput::Records(batch) = input {
                player.recycle(batch);
            }
        }
        (offsets, ended)
    }

    fn second(player: &Player) -> i64 {
        player.now().since(Timestamp::from_millis(FIRST)).get() / 1_000
    }

    #[test]
    fn at_full_speed_everything_comes_once() {
        let (_dir, mut player) = player(Speed::Max);
        assert_eq!(run(&mut player), ((0..10).collect(), true));
        assert!(player.at_end() && second(&player) == 10);
        assert_eq!(run(&mut player), (vec![], false), "and nothing after it");
    }

    #[test]
    fn paused_it_goes_on_tick_by_tick() {
        let (_dir, mut player) = player(Speed::Max);
        assert!(!player.ask(&Request::ReplayStep));
        assert_eq!((run(&mut player), second(&player)), ((vec![], false), 0));
        for n in 0..3 {
            player.ask(&Request::ReplayStep);
            assert_eq!((run(&mut player), second(&player)), ((vec![n], false), n + 1));
        }
        player.ask(&Request::ReplayPause);
        assert_eq!(run(&mut player), ((3..10).collect(), true));
    }

    #[test]
    fn a_mark_set_in_a_replay_is_there_again_after_going_back() {
        let (_dir, mut player) = player(Speed::Times(1.0));
        player.ask(&Request::ReplayPause);
        player.ask(&Request::ReplaySeek(Timestamp::from_millis(FIRST + 4_000)));
        run(&mut player);
        player.marked(&"deploy".into());
        assert!(player.ask(&Request::ReplaySeek(Timestamp::from_millis(FIRST))));
        run(&mut player);
        let marks = |player: &mut Player| {
            let mut seen = Vec::new();
            while let Some(Played::Input(input)) = player.try_next() {
                if let OwnedInput::Command(Command::Mark { text }) = input {
                    seen.push((text.to_string(), second(player)));
                    player.found();
                }
            }
            seen
        };
        assert_eq!(marks(&mut player), []);
        // To the mark's own moment, and once only.
        player.ask(&Request::ReplaySeek(Timestamp::from_millis(FIRST + 4_000)));
        assert_eq!(marks(&mut player), [("deploy".to_owned(), 4)]);
        player.ask(&Request::ReplayJump(Millis::from_secs(3)));
        assert_eq!(marks(&mut player), []);
        assert!(player.ask(&Request::ReplayFind(false)));
        assert_eq!((marks(&mut player).len(), second(&player)), (1, 4), "and it is gone back to");
    }

    #[test]
    fn what_was_found_is_reached_both_ways() {
        let (_dir, mut player) = player(Speed::Times(1.0));
        player.ask(&Request::ReplayPause);
        for n in [2, 5, 8] {
            assert!(!player.ask(&Request::ReplayFind(true)));
            run(&mut player);
            assert_eq!(second(&player), n);
        }
        for n in [5, 2, 0] {
            assert!(player.ask(&Request::ReplayFind(false)), "the machine is made anew");
            run(&mut player);
            assert_eq!(second(&player), n);
        }
        player.ask(&Request::ReplayFind(true));
        run(&mut player);
        assert_eq!(second(&player), 2, "and onwards again");
    }

    #[test]
    fn a_moment_is_reached_both_ways_and_kept() {
        for speed in [Speed::Max, Speed::Times(0.1)] {
            let (_dir, mut player) = player(speed);
            let at = |s: i64| Request::ReplaySeek(Timestamp::from_millis(FIRST + s * 1_000));
            assert!(!player.ask(&at(4)));
            assert_eq!((run(&mut player).0, second(&player)), ((0..5).collect(), 4));
            assert!(player.ask(&Request::ReplayJump(Millis::from_secs(-3))));
            assert_eq!((run(&mut player).0, second(&player)), (vec![0, 1], 1));
            assert!(!player.ask(&Request::ReplayJump(Millis::from_secs(60))));
            assert_eq!(run(&mut player), ((2..10).collect(), true));
            assert!(!player.ask(&Request::ReplayJump(Millis::from_secs(60))), "it is at its end");
            assert!(player.ask(&Request::ReplayJump(Millis::from_secs(-5))));
            assert_eq!((run(&mut player).0, second(&player)), ((0..6).collect(), 5));
        }
    }

    #[test]
    fn speeds_stay_in_their_range() {
        let (_dir, mut player) = player(Speed::Times(1.0));
        for (asked, got) in [(0.0, Speed::Times(0.1)), (60.0, Speed::Times(60.0)), (f64::INFINITY, Speed::Max)] {
            player.ask(&Request::ReplaySpeed(asked));
            assert_eq!(player.speed, got);
        }
        player.recycle(Batch::default());
    }
}
