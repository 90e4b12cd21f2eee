//! `watch`, `record`, `init` and the plain console: sources at work, with or without a screen.

use super::clock;
use super::console::Console;
use super::driver::{Feed, SOURCE_FAILED, Session};
use super::later::Later;
use super::learned::Keeper;
use super::logging;
use super::notifier::Notifier;
use super::past::Past;
use super::pump::Pump;
use super::reach;
use super::reload::Reloader;
use super::sampling::Sampling;
use super::sources::{Failures, Live};
use super::start;
use super::telling;
use super::terminal;
use crate::config::{self, ConsoleTask, InitTask, Loaded, Overrides, RecordTask, RecordTo, TopicSample, WatchTask};
use crate::model::{LinkState, Millis, OwnedInput};
use crate::ui::english;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long `init` waits for the first record.
const INIT_PATIENCE: Duration = Duration::from_secs(30);
/// The same where the brokers do not answer or do not know the topic.
const TROUBLE_PATIENCE: Duration = Duration::from_secs(10);
/// What the console says where nothing is configured.
const HOW_TO_ADD: &str =
    english("add a topic: bellwether watch -b HOST:9092 TOPIC    keep it: bellwether init -b HOST:9092 TOPIC > bellwether.toml");

/// What all these ways of running have in common.
struct Run {
    text: String,
    file: String,
    /// Where the text was read.
    path: Option<PathBuf>,
    overrides: Overrides,
    headless: bool,
    record: Option<RecordTo>,
    length: Option<Millis>,
    /// The recording is what it is for.
    only_records: bool,
    hint: &'static str,
}

/// One worker thread for sources and deliveries; the loop has the main thread to itself.
///
/// From here on a panic of any thread leaves the screen and ends the process. Sources keep panics of
/// their own that they expect from the hook they find, so it must be there before they start.
pub(super) fn runtime() -> std::io::Result<Runtime> {
    terminal::restore_on_panic();
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().thread_name("sources").build()
}

/// Does `what` so that the tasks it starts run on `sources`.
pub(super) fn on<T>(sources: &Runtime, what: impl FnOnce() -> T) -> T {
    let _on = sources.enter();
    what()
}

/// The console on a configuration, or on the local host. Answers with the exit code.
///
/// # Errors
/// Faults of the configuration, of the terminal, of a source.
pub fn console(task: ConsoleTask) -> anyhow::Result<u8> {
    let (text, file) = match &task.config {
        Some(path) => (config::read(path)?, path.display().to_string()),
        None => (config::HOST.to_owned(), "the built-in configuration".to_owned()),
    };
    let hint = if task.config.is_none() { HOW_TO_ADD } else { "" };
    run(Run {
        text,
        file,
        path: task.config,
        overrides: task.overrides,
        headless: task.headless,
        record: task.record,
        length: None,
        only_records: false,
        hint,
    })
}

/// Topics, described or not. Answers with the exit code.
///
/// # Errors
/// As [`console`].
pub fn watch(task: WatchTask) -> anyhow::Result<u8> {
    let (text, file) = described(task.config.as_ref())?;
    run(Run {
        text,
        file,
        path: task.config,
        overrides: task.overrides,
        headless: task.headless,
        record: task.record,
        length: None,
        only_records: false,
        hint: "",
    })
}

/// Writes a recording without a screen. Answers with the exit code.
///
/// # Errors
/// As [`console`].
pub fn record(task: RecordTask) -> anyhow::Result<u8> {
    let (mut text, mut file) = described(task.config.as_ref())?;
    if task.config.is_none() && task.overrides.topics.is_empty() {
        (text, file) = (config::HOST.to_owned(), "the built-in configuration".to_owned());
    }
    run(Run {
        text,
        file,
        path: task.config,
        overrides: task.overrides,
        headless: true,
        record: Some(task.to),
        length: task.length,
        only_records: true,
        hint: "",
    })
}

fn described(path: Option<&PathBuf>) -> anyhow::Result<(String, String)> {
    match path {
        Some(path) => Ok((config::read(path)?, path.display().to_string())),
        None => Ok((String::new(), "(inferred)".to_owned())),
    }
}

fn run(run: Run) -> anyhow::Result<u8> {
    let loaded = config::load(&run.text, &run.file, &run.overrides)?;
    // Told before a broker is asked for anything.
    run.record.as_ref().map_or(Ok(()), start::not_there)?;
    let headless = run.headless && run.overrides.shot.is_none();
    if !headless && run.overrides.shot.is_none() {
        terminal::check()?;
    }
    let sources = runtime()?;
    let session = on(&sources, || session(run, &loaded))?;
    let failures = if let Feed::Live(live) = &session.feed { live.failures() } else { Failures::default() };
    let code = session.run()?;
    sources.shutdown_background();
    // Without a screen it was said as it happened; the screen and what stood on it are gone.
    let first = failures.lock().ok().and_then(|mut all| (!all.is_empty()).then(|| all.remove(0)));
    match first.filter(|_| code == SOURCE_FAILED && !headless) {
        Some(error) => Err(error.into()),
        None => Ok(code),
    }
}

fn session(run: Run, loaded: &Loaded) -> anyhow::Result<Session> {
    let shot = run.overrides.shot.clone();
    let lines = if run.headless && shot.is_none() { logging::to_stderr() } else { logging::to_pane() };
    let learned = Keeper::of(run.path.as_deref(), &run.overrides, loaded).filter(|_| !run.only_records);
    let kept = learned.as_ref().map(|keeper| keeper.read(loaded));
    let known = kept.as_ref().and_then(|kept| kept.as_ref().ok());
    let reaches = if run.only_records { reach::near(loaded) } else { reach::of(loaded, known) };
    let live = Live::start(&loaded.sources, reaches);
    let mut pump = Pump::new(start::engine(loaded)?);
    pump.past = Some(Past::new()).filter(|_| !run.overrides.exit_at_end);
    pump.flows.clone_from(&live.flows);
    pump.only_records = run.only_records;
    let mut console = None;
    if shot.is_none() {
        let (screen, notifier) = screen(run.headless, loaded, run.hint, &lines)?;
        (console, pump.notifier) = (screen, Some(notifier));
    }
    let out = (run.headless && shot.is_none()).then(start::stdout);
    let reload = Reloader::new(run.path, &run.text, &run.file, &run.overrides, loaded);
    let (mut sampling, mut later) = (None, None);
    if loaded.missing.is_empty() {
        if run.record.is_none() && !run.overrides.exit_at_end && !run.overrides.topics.is_empty() {
            later = Some(Later::new(run.overrides, run.file, loaded.clone()));
        }
        pump.out = out;
        if let Some(to) = &run.record {
            pump.recorder = Some(start::recorder(to, loaded)?);
        }
    } else {
        let mut looking = Sampling::new(run.overrides, run.text, run.file, loaded);
        looking.out = out;
        looking.record = run.record;
        sampling = Some(looking);
    }
    let deadline = run.length.map(|l| clock::instant() + Duration::from_millis(l.get().max(0) as u64));
    let mut session = Session::new(pump, Feed::Live(live), console, loaded.plan.clone());
    session.sampling = sampling;
    session.later = later;
    session.reload = Some(reload);
    if let (Some(keeper), Some(kept)) = (&learned, kept) {
        keeper.restore(kept, &mut session.pump, loaded);
    }
    session.learned = learned;
    session.deadline = deadline;
    session.photograph(shot, loaded, lines, run.hint);
    Ok(session)
}

/// The screen, unless headless, and the channels that go with it.
pub(super) fn screen(
    headless: bool,
    loaded: &Loaded,
    hint: &'static str,
    lines: &logging::Lines,
) -> anyhow::Result<(Option<Console>, Notifier)> {
    if headless {
        return Ok((None, start::headless_notifier(loaded, lines)));
    }
    let mut console = Console::open(start::app(loaded), lines.clone())?;
    console.hint = hint;
    if !loaded.missing.is_empty() {
        console.hint = english("looking at the first records …");
    }
    let writer = console.writer.clone();
    let ring = telling::ring(move |bytes| {
        if bytes == telling::BELL {
            writer.bell();
            return true;
        }
        writer.notice(bytes.to_vec())
    });
    let notifier = Notifier::start(&loaded.channels, &ring, lines);
    console.undelivered = notifier.undelivered.clone();
    console.keep_to(loaded.ui.link_budget);
    Ok((Some(console), notifier))
}

/// Looks at the first records of topics.
///
/// # Errors
/// When the command line is wrong, or no record comes in time.
pub fn sample(task: &InitTask) -> anyhow::Result<Vec<TopicSample>> {
    let loaded = config::load("", "command line", &task.overrides)?;
    logging::to_stderr();
    runtime()?.block_on(async {
        let mut live = Live::start(&loaded.sources, reach::near(&loaded));
        let mut sampling = Sampling::new(task.overrides.clone(), String::new(), String::new(), &loaded);
        let mut pump = Pump::new(start::engine(&loaded)?);
        let started = clock::instant();
        let mut trouble = String::new();
        while !sampling.full() {
            let patience = if trouble.is_empty() { INIT_PATIENCE } else { TROUBLE_PATIENCE };
            let until = sampling.until().unwrap_or(started + patience);
            match tokio::time::timeout_at(until, live.next()).await {
                Ok(Some((_, input))) if !matches!(input, OwnedInput::Ended(_)) => {
                    if let OwnedInput::Link { state, detail, .. } = &input {
                        trouble =
                            if matches!(state, LinkState::Up | LinkState::Connecting) { String::new() } else { format!(": {detail}") };
                    }
                    if !matches!(input, OwnedInput::Records(_)) {
                        pump.feed_owned(&input);
                    }
                    sampling.hold(input);
                }
                _ => break,
            }
        }
        live.stop();
        if sampling.empty() {
            let why = live.failure().unwrap_or_else(|| format!("no record came within {} s{trouble}", started.elapsed().as_secs()));
            return Err(start::source_error("kafka", why).into());
        }
        Ok(sampling.samples())
    })
}
