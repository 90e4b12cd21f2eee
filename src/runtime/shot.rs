//! Pictures of the screen: `--screenshot` in place of a terminal, and the key that keeps what is seen.
//!
//! A picture of a recording is the same bytes every time: nothing in it comes from a clock, a terminal or
//! the machine it is made on, except the time zone, the language and the signs, which can be named.

use super::clock;
use super::console::{Extras, View};
use super::driver::Session;
use super::logging::{self, Lines};
use super::pump::Pump;
use super::start;
use crate::config::{Diagnostics, Loaded, ShotAt, ShotTask};
use crate::model::{Input, LogRing, OwnedInput, Speed, Timestamp};
use crate::source::ReplayFeed;
use crate::ui::{App, Depth, Mode};
use anyhow::Context;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// So long after the first data a picture is taken where no time is named: charts have a few points then.
const SETTLED: Duration = Duration::from_secs(3);
/// After so long without any data the picture shows that there are none.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether data have come.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Lines of the program's own log a picture can show.
const LOG_KEPT: usize = 1_000;

/// A picture that is going to be taken.
pub(super) struct Shot {
    pub app: App,
    task: ShotTask,
    lines: Lines,
    hint: &'static str,
    can_inject: bool,
    started: Instant,
    /// When data were seen first.
    first: Option<Instant>,
}

impl Shot {
    fn new(task: ShotTask, loaded: &Loaded, lines: Lines, hint: &'static str) -> Self {
        let started = clock::instant();
        Self { app: app(loaded), task, lines, hint, can_inject: false, started, first: None }
    }

    /// The configuration is another one: what was inferred from the first records.
    pub(super) fn anew(&mut self, loaded: &Loaded) {
        self.app = app(loaded);
        self.hint = "";
    }

    /// When to look again, told whether there are `data`; `None`: the picture is due.
    pub(super) fn due(&mut self, data: bool) -> Option<Instant> {
        let now = clock::instant();
        if self.task.after.is_some() || now >= self.started + PATIENCE {
            return None;
        }
        if data {
            self.first.get_or_insert(now);
        }
        let due = self.first.map_or(now + LOOK_AGAIN, |first| first + SETTLED);
        (due > now).then_some(due)
    }

    /// Takes it.
    ///
    /// # Errors
    /// There is no such page, or the file cannot be written.
    pub(super) fn take(&mut self, pump: &Pump, mode: Mode) -> anyhow::Result<()> {
        if let Some(page) = &self.task.page {
            let hint = "name a page as the header does, or by its number";
            self.app.show_page(page).map_err(|what| Diagnostics::of_file("--page", what, hint))?;
        }
        let mut log = LogRing::new(LOG_KEPT);
        for line in self.lines.take() {
            log.push(line);
        }
        let extras =
            Extras { log: &log, hint: self.hint, can_inject: self.can_inject, processes: &[], language: self.app.language() };
        let view = View::of(pump);
        let scene = view.scene(pump, mode, extras);
        let ShotTask { size, kind, framed, .. } = self.task;
        write(&self.task.file, &self.app.picture(size, &scene, kind, framed))
    }
}

/// Pictures show all colours, whatever terminal they are asked for from.
fn app(loaded: &Loaded) -> App {
    start::app_at(loaded, Depth::True)
}

impl Session {
    /// Takes a picture at the end, which is when the task says, or shortly after the first data.
    pub(super) fn photograph(&mut self, task: Option<Box<ShotTask>>, loaded: &Loaded, lines: Lines, hint: &'static str) {
        let Some(task) = task else { return };
        if let Some(after) = task.after {
            self.deadline = Some(self.started + Duration::from_millis(after.get().unsigned_abs()));
        }
        self.deadline.get_or_insert(self.started + LOOK_AGAIN);
        let mut shot = Shot::new(*task, loaded, lines, hint);
        shot.can_inject = self.inject.is_some();
        self.shot = Some(shot);
    }
}

/// Takes a picture of a moment of a recording. Answers with the exit code.
///
/// # Errors
/// The moment is not in the recording, there is no such page, or the file cannot be written.
pub(super) fn replayed(task: &ShotTask, loaded: &Loaded, mut feed: ReplayFeed) -> anyhow::Result<u8> {
    let mut shot = Shot::new(task.clone(), loaded, logging::to_pane(), "");
    let mut pump = Pump::new(start::engine(loaded)?);
    let (from, to) = feed.span().unwrap_or_default();
    let until = moment(task.at, from, to, shot.app.zone()).map_err(|what| {
        Diagnostics::of_file("--at", what, "name a moment between the first and the last, or end, or +12m from the first")
    })?;
    while feed.due().is_some_and(|due| until.is_none_or(|until| due <= until)) {
        let Some((_, input)) = feed.next().filter(|(_, input)| !matches!(input, OwnedInput::Ended(_))) else { break };
        pump.feed_owned(&input);
        if let OwnedInput::Records(batch) = input {
            feed.recycle(batch);
        }
    }
    let ended = until.is_none();
    if ended {
        pump.feed(Input::End);
    }
    let at = until.unwrap_or(to);
    let mode = Mode::Replay { from, to, at, speed: Speed::Times(1.0), paused: true, ended };
    shot.take(&pump, mode)?;
    Ok(0)
}

/// The moment that is asked for; `None`: the end, with all that follows from it.
fn moment(at: ShotAt, from: Timestamp, to: Timestamp, zone: &jiff::tz::TimeZone) -> Result<Option<Timestamp>, String> {
    let clock = |t: Timestamp| {
        let zoned = jiff::Timestamp::from_millisecond(t.as_millis()).ok().map(|t| t.to_zoned(zone.clone()));
        zoned.map_or_else(|| t.as_millis().to_string(), |t| t.strftime("%F %T").to_string())
    };
    let found = match at {
        ShotAt::End => return Ok(None),
        ShotAt::After(length) => from + length,
        ShotAt::At(at) => at,
        ShotAt::Clock(seconds) => of_day(seconds, from, zone).unwrap_or(to),
    };
    if (from..=to).contains(&found) {
        return Ok(Some(found));
    }
    Err(format!("{} is not in the recording, which goes from {} to {}", clock(found), clock(from), clock(to)))
}

/// The first moment from `from` on at which the clock shows so many seconds of a day.
fn of_day(seconds: i64, from: Timestamp, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    let begin = jiff::Timestamp::from_millisecond(from.as_millis()).ok()?.to_zoned(zone.clone());
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let part = |n: i64| i8::try_from(n).ok();
    let time = jiff::civil::Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()?;
    let on = |date: jiff::civil::Date| {
        let found = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
        Some(Timestamp::from_millis(found.timestamp().as_millisecond()))
    };
    let today = on(begin.date())?;
    // A recording rarely begins on a full second: one that begins within it still has it.
    if today.as_millis() + 999 >= from.as_millis() { Some(today.max(from)) } else { on(begin.date().tomorrow().ok()?) }
}

/// Writes a picture to a file, or to standard output.
fn write(file: &Path, picture: &str) -> anyhow::Result<()> {
    if file == Path::new("-") {
        return Ok(std::io::stdout().lock().write_all(picture.as_bytes())?);
    }
    let written = File::create(file).and_then(|mut file| file.write_all(picture.as_bytes()));
    written.with_context(|| format!("the picture cannot be written to {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Millis;
    use jiff::tz::{TimeZone, offset};

    #[test]
    fn moments_are_found_on_the_clock_that_is_shown() {
        let zone = TimeZone::fixed(offset(8));
        // 2024-11-20 18:53:20.5 to 20:53:20.5 on that clock.
        let from = Timestamp::from_millis(1_732_100_000_500);
        let to = from + Millis::from_secs(7_200);
        let at = |at| moment(at, from, to, &zone);
        let clock = |h: i64, m: i64, s: i64| at(ShotAt::Clock((h * 60 + m) * 60 + s));
        assert_eq!(at(ShotAt::End), Ok(None));
        assert_eq!(at(ShotAt::After(Millis::from_secs(60))), Ok(Some(from + Millis::from_secs(60))));
        assert_eq!(clock(18, 53, 20), Ok(Some(from)));
        assert_eq!(clock(19, 0, 0), Ok(Some(Timestamp::from_millis(1_732_100_400_000))));
        let outside = clock(18, 0, 0).unwrap_err();
        assert_eq!(outside, "2024-11-21 18:00:00 is not in the recording, which goes from 2024-11-20 18:53:20 to 2024-11-20 20:53:20");
        assert!(at(ShotAt::At(Timestamp::from_millis(5))).is_err() && at(ShotAt::After(Millis::from_secs(7_201))).is_err());
    }
}
