//! `recording merge`: several recordings as one, by time.

use super::output::{Output, header_of, name_in, open, warned};
use crate::config::{Diagnostics, MergeTask, load_file};
use crate::history::{self, Header};
use crate::model::{Input, OwnedInput, SourceId, Timestamp};
use crate::source::ReplayFeed;
use hashbrown::HashMap;
use rustc_hash::FxHasher;
use std::collections::VecDeque;
use std::hash::Hasher;
use std::io::{self, Write as _};

/// Lines remembered to tell what two recordings both hold: they hold it within seconds of each other.
const RECENT: usize = 1 << 18;

/// Writes what all recordings hold in the order of their clocks; what two of them hold comes once.
///
/// # Errors
/// Why one cannot be read, or that their configurations differ.
pub fn merge(task: &MergeTask) -> anyhow::Result<()> {
    let mut feeds = Vec::new();
    let mut headers: Vec<Header> = Vec::new();
    for path in &task.files {
        let recording = open::<&str>(path, &[])?;
        headers.push(header_of(&recording));
        feeds.push(ReplayFeed::new(recording));
    }
    let header = joined(task, &headers)?;
    let mut out = Output::create(&task.output, task.force)?;
    out.header(&header)?;
    let (mut last, mut recent, mut line) = (None::<Timestamp>, Recent::default(), Vec::new());
    while let Some((nth, feed)) = earliest(&mut feeds) {
        match feed.next() {
            Some((_, OwnedInput::Tick(at))) => {
                if last.is_none_or(|l| at > l) {
                    last = Some(at);
                    out.tick(at)?;
                }
            }
            None | Some((_, OwnedInput::Ended(_))) => {}
            Some((_, input)) => {
                let mut outcome = Ok(());
                let sources = feed.sources();
                input.each(|i| {
                    line.clear();
                    history::write_input(&i, &|id: SourceId| name_in(sources, id), &mut line);
                    let counted = matches!(i, Input::Record(_) | Input::Readings { .. });
                    if outcome.is_ok() && !(counted && recent.holds(&line, nth)) {
                        outcome = out.raw(&line);
                    }
                });
                outcome?;
                if let OwnedInput::Records(batch) = input {
                    feed.recycle(batch);
                }
            }
        }
    }
    out.input(&Input::End, &[])?;
    for (path, feed) in task.files.iter().zip(&feeds) {
        warned(path, feed.warnings(), feed.error())?;
    }
    if recent.passed > 0 {
        writeln!(io::stderr().lock(), "{} records or readings stood in two recordings and come once", recent.passed)?;
    }
    Ok(out.finish()?)
}

/// The feed whose next input is due first.
fn earliest(feeds: &mut [ReplayFeed]) -> Option<(usize, &mut ReplayFeed)> {
    let due = feeds.iter_mut().enumerate().filter_map(|(nth, feed)| Some((feed.due()?, nth))).min()?;
    feeds.get_mut(due.1).map(|feed| (due.1, feed))
}

/// One header of all: the sources of all, the earliest start, the configuration they share or the one named.
fn joined(task: &MergeTask, headers: &[Header]) -> Result<Header, Diagnostics> {
    let mut all = headers[0].clone();
    for header in &headers[1..] {
        all.started = all.started.min(header.started);
        for source in &header.sources {
            if !all.sources.contains(source) {
                all.sources.push(source.clone());
            }
        }
    }
    if let Some(config) = &task.config {
        all.config = load_file(config, &task.overrides)?.text;
        return Ok(all);
    }
    if let Some(other) = headers.iter().position(|h| h.config.trim() != headers[0].config.trim()) {
        let message = format!("was recorded under another configuration than {}", task.files[0].display());
        let hint = "name the one the merged recording is to have with --config FILE";
        return Err(Diagnostics::of_file(&task.files[other].display().to_string(), message, hint));
    }
    Ok(all)
}

/// The last lines written, each with the recording it came from.
#[derive(Default)]
struct Recent {
    seen: HashMap<u64, usize, rustc_hash::FxBuildHasher>,
    order: VecDeque<u64>,
    passed: u64,
}

impl Recent {
    /// Whether another recording held this line a moment ago; remembers it otherwise.
    fn holds(&mut self, line: &[u8], from: usize) -> bool {
        let mut hasher = FxHasher::default();
        hasher.write(line);
        let hash = hasher.finish();
        match self.seen.get(&hash) {
            Some(other) if *other != from => {
                self.passed += 1;
                return true;
            }
            Some(_) => return false,
            None => {}
        }
        if self.order.len() >= RECENT
            && let Some(old) = self.order.pop_front()
        {
            self.seen.remove(&old);
        }
        self.seen.insert(hash, from);
        self.order.push_back(hash);
        false
    }
}
