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
use crate::model::{Input, LogRing, OwnedInput, Safe, Speed, Timestamp};
use crate::source::ReplayFeed;
use crate::ui::shot::PictureKind;
use crate::ui::{App, Depth, Language, LinkView, Mode};
use anyhow::Context;
use jiff::tz::TimeZone;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// So long after the first data a picture is taken where no time is named: charts have a few points then.
const SETTLED: Duration = Duration::from_secs(3);
/// After so long without any data the picture shows that there are none.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether data have come.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// So long the console waits for a picture on the disk: not long enough to be felt.
const DISK_PATIENCE: Duration = Duration::from_millis(150);
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
        // A picture is of what it was given, not of what somebody here has said before.
        let judgements = crate::detect::Judgements::default();
        let extras = Extras {
            log: &log,
            hint: self.hint,
            can_inject: self.can_inject,
            processes: &[],
            undelivered: &[],
            link: LinkView::default(),
            language: self.app.language(),
            judgements: &judgements,
        };
        let view = View::of(pump);
        let scene = view.scene(pump, mode, extras);
        let ShotTask { size, kind, framed, .. } = self.task;
        write(&self.task.file, &self.app.picture(size, &scene, kind, framed))
    }
}

/// Pictures show all colours and are dark where no theme is named, whatever terminal they are asked for from.
fn app(loaded: &Loaded) -> App {
    start::app_at(loaded, Depth::True, false)
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
fn moment(at: ShotAt, from: Timestamp, to: Timestamp, zone: &TimeZone) -> Result<Option<Timestamp>, String> {
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
fn of_day(seconds: i64, from: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
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

/// Keeps a picture of the screen for a key: drawing and text beside each other. Answers what became of it.
///
/// A file that is there is left alone, and a disk that does not answer does not stop the console: a thread
/// of its own writes.
pub(super) fn keep(file: Option<&str>, zone: &TimeZone, language: Language, draw: impl Fn(PictureKind) -> String) -> String {
    let pictures: Vec<(PathBuf, String)> = if let Some(file) = file {
        match PictureKind::of_file(file) {
            Ok(kind) if file != "-" => vec![(PathBuf::from(file), draw(kind))],
            Ok(_) => return language.say("a picture needs the name of a file").to_owned(),
            Err(what) => return what,
        }
    } else {
        let stem = stem(clock::now(), zone);
        let named = |(ending, kind)| (PathBuf::from(format!("{stem}.{ending}")), draw(kind));
        [("svg", PictureKind::Svg), ("txt", PictureKind::Text)].map(named).into()
    };
    let folders = if file.is_some() { vec![PathBuf::new()] } else { folders() };
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let spawned = std::thread::Builder::new().name("picture".into()).spawn(move || {
        let outcome = keep_all(&pictures, &folders);
        if let Err(error) = &outcome {
            tracing::warn!("the picture was not kept: {error}");
        }
        // Nobody waits any more where the disk was slow: the log has said it.
        let _ = tell.send(outcome);
    });
    let outcome = spawned.and_then(|_| told.recv_timeout(DISK_PATIENCE).unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())));
    match outcome {
        Ok(path) => language.fill("picture: {0}", &[&Safe::label(&path.display().to_string()).to_string()]),
        Err(error) if error.kind() == std::io::ErrorKind::TimedOut => language.say("the picture is still being written").to_owned(),
        Err(error) => language.fill("the picture was not kept: {0}", &[&Safe::label(&error.to_string()).to_string()]),
    }
}

/// What a picture taken at `now` is called.
fn stem(now: Timestamp, zone: &TimeZone) -> String {
    let zoned = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default().to_zoned(zone.clone());
    format!("bellwether-{}", zoned.strftime("%Y%m%d-%H%M%S"))
}

/// Where pictures go: here, else the user's pictures, else what programs keep of their own.
#[expect(clippy::disallowed_methods, reason = "the user's folders stand in the environment")]
fn folders() -> Vec<PathBuf> {
    let named = |name: &str| std::env::var(name).ok().filter(|v| v.starts_with('/')).map(PathBuf::from);
    let state = named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state"))).map(|f| f.join("bellwether"));
    [Some(PathBuf::new()), named("XDG_PICTURES_DIR"), state].into_iter().flatten().collect()
}

/// Writes all pictures into the first folder that takes them; answers with the first one's path.
fn keep_all(pictures: &[(PathBuf, String)], folders: &[PathBuf]) -> std::io::Result<PathBuf> {
    let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
    for folder in folders {
        // Of those looked into last nothing may be there yet; elsewhere a folder is not made for a picture.
        if folder.ends_with("bellwether") {
            std::fs::create_dir_all(folder)?;
        }
        let outcome = pictures.iter().try_for_each(|(name, picture)| {
            let path = folder.join(name);
            let file = File::options().write(true).create_new(true).open(&path);
            let named = |e: std::io::Error| std::io::Error::new(e.kind(), format!("{}: {e}", path.display()));
            file.and_then(|mut file| file.write_all(picture.as_bytes())).map_err(named)
        });
        match (outcome, pictures.first()) {
            (Ok(()), Some((name, _))) => return Ok(folder.join(name)),
            (Err(error), _) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(error),
            (Err(error), _) => last = error,
            (Ok(()), None) => {}
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let pictures = [("a.svg", "drawn"), ("a.txt", "text")].map(|(name, text)| (PathBuf::from(name), text.to_owned()));
        let folders = [folder.path().join("not/there"), folder.path().to_owned()];
        assert_eq!(keep_all(&pictures, &folders).unwrap(), folder.path().join("a.svg"));
        let again = keep_all(&pictures, &folders).unwrap_err();
        assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
        assert!(again.to_string().contains("a.svg"), "{again}");
        assert_eq!(stem(Timestamp::from_millis(1_732_100_000_000), &TimeZone::UTC), "bellwether-20241120-105320");
    }

    use crate::model::Millis;
    use jiff::tz::offset;

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
