//! What every way of starting has in common: reading configurations, making the app, the log, the recorder.

use super::clock;
use super::notifier::Notifier;
use super::recorder::Recorder;
use super::ring;
use super::telling;
use crate::config::{Diagnostics, Loaded, RecordTo};
use crate::engine::Engine;
use crate::history::{self, Header};
use crate::source::SourceError;
use crate::ui::{App, Depth, Theme, is_light};
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

/// Makes the machine; a plan that passed every check has no faults left.
pub(super) fn engine(loaded: &Loaded) -> anyhow::Result<Engine> {
    let (engine, faults) = Engine::new(loaded.plan.clone());
    anyhow::ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(engine)
}

/// An error of a source: the program ends with the exit code of sources.
pub(super) fn source_error(name: &str, error: impl std::fmt::Display) -> SourceError {
    SourceError { source_name: name.to_owned(), message: error.to_string() }
}

/// Makes the app with its theme and its time zone.
pub(super) fn app(loaded: &Loaded) -> App {
    app_at(loaded, depth(), light())
}

/// The same in colours that something of `depth` shows, and dark or `light` where no theme was chosen.
pub(super) fn app_at(loaded: &Loaded, depth: Depth, light: bool) -> App {
    App::new(&loaded.ui, theme_at(loaded, depth, light), zone(loaded)).with_depth(depth)
}

/// The time zone of clocks and axes.
pub(super) fn zone(loaded: &Loaded) -> jiff::tz::TimeZone {
    let zone = loaded.ui.time_zone.as_ref().and_then(|z| jiff::tz::TimeZone::get(z).ok());
    zone.unwrap_or_else(jiff::tz::TimeZone::system)
}

/// The theme as this terminal can show it.
pub(super) fn theme(loaded: &Loaded) -> Theme {
    theme_at(loaded, depth(), light())
}

fn theme_at(loaded: &Loaded, depth: Depth, light: bool) -> Theme {
    let ui = &loaded.ui;
    match &loaded.theme {
        Some(text) => Theme::read(&ui.theme, text, depth, ui.no_color).unwrap_or_else(|_| Theme::plain()),
        None => Theme::following(light, depth, ui.no_color),
    }
}

/// Whether the environment says that the terminal is light: some terminals and shells set `COLORFGBG`.
#[expect(clippy::disallowed_methods, reason = "what the terminal looks like stands in the environment")]
fn light() -> bool {
    std::env::var("COLORFGBG").ok().and_then(|value| is_light(&value)).unwrap_or(false)
}

/// How many colours the terminal says it has.
#[expect(clippy::disallowed_methods, reason = "what the terminal can do stands in the environment")]
fn depth() -> Depth {
    Depth::promised(std::env::var("COLORTERM").ok().as_deref(), std::env::var("TERM").ok().as_deref())
}

/// Whether a recording may be written: last night's is not lost because a command was repeated.
///
/// # Errors
/// There is one already, and nobody said that it may be replaced.
pub(super) fn not_there(to: &RecordTo) -> Result<(), Diagnostics> {
    // A pipe or a device holds nothing that could be lost.
    if to.force || to.ring.is_some() || !std::fs::metadata(&to.path).is_ok_and(|m| m.is_file() && m.len() > 0) {
        return Ok(());
    }
    Err(Diagnostics::of_file(&to.path.display().to_string(), "is there already", "choose another name, or replace it with --force"))
}

/// A recording where `to` says, with the effective configuration in its header.
///
/// # Errors
/// A file that cannot be written is a fault of the arguments, told as those are.
pub(super) fn recorder(to: &RecordTo, loaded: &Loaded) -> Result<Recorder, Diagnostics> {
    let names: Vec<Arc<str>> = loaded.plan.sources.iter().map(|s| Arc::clone(&s.name)).collect();
    let header = Header { sources: names.iter().map(ToString::to_string).collect(), config: loaded.text.clone(), ..header() };
    let path = &to.path;
    if let Some((length, after)) = to.ring {
        // Told now, and not when the alert fires.
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|f| !f.is_dir()) {
            return Err(Diagnostics::of_file(
                &path.display().to_string(),
                format!("there is no folder {}", folder.display()),
                "make it first",
            ));
        }
        let folder = if path.is_dir() { path.as_path() } else { folder.unwrap_or(Path::new(".")) };
        writable(folder).map_err(|e| {
            let shown = path.display().to_string();
            Diagnostics::of_file(&shown, format!("nothing can be written in {}: {e}", folder.display()), "name another with --output")
        })?;
        return Ok(Recorder::ring(ring::Ring::new(length, after, path.clone(), header), names));
    }
    let mut line = Vec::new();
    history::write_header(&header, &mut line);
    let hint = "name a file in a folder that can be written, with --record FILE or --output FILE";
    not_there(to)?;
    let recorder = File::create(path).and_then(|file| Recorder::new(file, history::packed_name(path), &line, names));
    recorder.map_err(|e| Diagnostics::of_file(&path.display().to_string(), format!("the recording cannot be written: {e}"), hint))
}

/// Whether a file can be made in `folder`: tried, because rights do not tell of read-only mounts.
fn writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".bellwether.{}.part", std::process::id()));
    File::options().write(true).create_new(true).open(&probe)?;
    std::fs::remove_file(probe)
}

/// A header of this program, here and now.
pub(super) fn header() -> Header {
    Header {
        recording: history::RECORDING_VERSION,
        tool: concat!("bellwether ", env!("CARGO_PKG_VERSION")).to_owned(),
        started: clock::now().as_millis(),
        tz: jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC").to_owned(),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        ..Header::default()
    }
}

/// The log of a headless run.
pub(super) fn stdout() -> Box<dyn Write + Send> {
    Box::new(std::io::BufWriter::new(std::io::stdout()))
}

/// Channels of a run without a screen: its bell goes to standard error, where that is a terminal.
pub(super) fn headless_notifier(loaded: &Loaded, lines: &super::logging::Lines) -> Notifier {
    // What cannot be rung is no reason to end.
    let ring = telling::ring(|bytes| std::io::stderr().is_terminal() && std::io::stderr().write_all(bytes).is_ok());
    Notifier::start(&loaded.channels, &ring, lines)
}
