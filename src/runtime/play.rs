//! `replay`: a recording in the same console, or headless at full speed.

use super::diff;
use super::driver::{Feed, Session};
use super::logging;
use super::pump::Pump;
use super::reload::Reloader;
use super::replay::Player;
use super::shot;
use super::start;
use super::terminal;
use super::watch;
use crate::config::{self, InferContext, Loaded, ReplayTask, TopicSample};
use crate::history::Recording;
use crate::model::{OwnedInput, Speed};
use crate::source::ReplayFeed;
use std::collections::BTreeMap;

/// Records of a recording without a configuration that are looked at to find one.
const LOOKED_AT: usize = 30_000;

/// Replays a recording. Answers with the exit code.
///
/// # Errors
/// Faults of the configuration, of the terminal, of the recording.
pub fn replay(options: ReplayTask) -> anyhow::Result<u8> {
    if let Some(other) = &options.diff {
        return diff::diff(&options, other);
    }
    let loaded = configuration(&options)?;
    let names: Vec<String> = loaded.plan.sources.iter().map(|s| s.name.to_string()).collect();
    let recording = Recording::open(&options.file, &names).map_err(|e| start::source_error("replay", e))?;
    if let Some(task) = &options.overrides.shot {
        return shot::replayed(task, &loaded, ReplayFeed::new(recording));
    }
    let speed = options.speed.unwrap_or(if options.headless { Speed::Max } else { Speed::Times(1.0) });
    if !options.headless {
        terminal::check()?;
    }
    let sources = watch::runtime()?;
    let session = watch::on(&sources, || -> anyhow::Result<Session> {
        let lines = if options.headless { logging::to_stderr() } else { logging::to_pane() };
        let mut pump = Pump::new(start::engine(&loaded)?);
        let (console, notifier) = watch::screen(options.headless, &loaded, "", &lines)?;
        pump.notifier = options.notify.then_some(notifier);
        pump.out = options.headless.then(start::stdout);
        let feed = Feed::Replay(Player::new(ReplayFeed::new(recording), speed));
        let mut session = Session::new(pump, feed, console, loaded.plan.clone());
        // Another configuration than the recorded one is not exchanged for it on the way.
        let own = options.config.is_none();
        session.reload = own.then(|| Reloader::new(None, "", "(recording)", &options.overrides, &loaded));
        Ok(session)
    })?;
    let code = session.run()?;
    sources.shutdown_background();
    Ok(code)
}

/// `--config`, else the header's, else `bellwether.toml` beside the file, else what the records lead to.
pub(super) fn configuration(options: &ReplayTask) -> anyhow::Result<Loaded> {
    if let Some(path) = &options.config {
        return Ok(config::load_file(path, &options.overrides)?);
    }
    let mut recording = Recording::open::<&str>(&options.file, &[]).map_err(|e| start::source_error("replay", e))?;
    let header = recording.header().map(|h| h.config.clone()).unwrap_or_default();
    let file = options.file.display().to_string();
    if !header.trim().is_empty() {
        return Ok(config::load(&header, &format!("{file} (header)"), &options.overrides)?);
    }
    let beside = options.file.with_file_name("bellwether.toml");
    if beside.is_file() {
        return Ok(config::load_file(&beside, &options.overrides)?);
    }
    let text = infer(&mut recording);
    Ok(config::load(&text, &format!("{file} (inferred)"), &options.overrides)?)
}

/// What the first records of each topic of a recording lead to.
fn infer(recording: &mut Recording) -> String {
    let mut topics: BTreeMap<String, TopicSample> = BTreeMap::new();
    let mut left = LOOKED_AT;
    for input in recording {
        let OwnedInput::Records(batch) = input else { continue };
        for record in batch.iter() {
            topics.entry(record.topic.to_string()).or_default().take(&record);
            left -= 1;
            if left == 0 {
                break;
            }
        }
        if left == 0 {
            break;
        }
    }
    let samples: Vec<TopicSample> = topics.into_iter().map(|(topic, s)| s.finished(&topic)).collect();
    config::infer(&samples, &InferContext::default())
}
