//! Runs a case on the machine's own clock: nothing waits, and the same case gives the same outcome.

use super::part::Part;
use super::reload::Reloader;
use crate::alert::Transition;
use crate::config::Loaded;
use crate::config::case::{Case, CaseFeed, CaseInput, Payload, Window};
use crate::decode::RejectClass;
use crate::engine::{Effect, Engine, Plan};
use crate::history::{Moment, Recording};
use crate::model::{Anomaly, Command, Counters, Input, LinkState, Millis, OwnedInput, PartitionEvent, Timestamp};
use crate::source::ReplayFeed;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Anomalies and steps of alerts that are kept of one run: what nobody could read must not fill memory.
const FOUND_LIMIT: usize = 1_000_000;
/// The longest case on its own inputs: a mistyped time must not make it tick for a year.
const LONGEST: Millis = Millis::from_secs(31 * 86_400);

/// All that came of a run.
#[derive(Default)]
pub(super) struct Found {
    /// Its first and last moment.
    pub span: (Timestamp, Timestamp),
    pub zone: Option<TimeZone>,
    /// Steps of alerts, each with the clock at which it came.
    pub alerts: Vec<(Timestamp, Transition)>,
    pub anomalies: Vec<(Timestamp, Anomaly)>,
    pub counters: Counters,
    /// The newest reason why a record was rejected.
    pub reject: Option<String>,
    /// More was found than is kept.
    pub cut: bool,
    /// What was wrong with the recording.
    pub warnings: Vec<String>,
}

impl Found {
    /// Which moment is meant.
    pub(super) fn moment(&self, moment: Moment) -> Timestamp {
        moment.resolve(self.span, self.zone.as_ref().unwrap_or(&TimeZone::UTC))
    }
}

/// The machine and what it found so far.
pub(super) struct Bench {
    engine: Engine,
    found: Found,
}

impl Bench {
    pub(super) fn new(loaded: &Loaded) -> Result<Self, String> {
        let (engine, faults) = Engine::new(loaded.plan.clone());
        if faults.is_empty() { Ok(Self { engine, found: Found::default() }) } else { Err(faults.join("\n")) }
    }

    /// Hands over one input at `clock` and keeps what comes of it.
    fn feed(&mut self, clock: Timestamp, input: Input<'_>) {
        self.engine.handle(input);
        self.keep(clock);
    }

    /// Goes on under another configuration.
    fn reconfigure(&mut self, clock: Timestamp, plan: Plan) -> Result<(), String> {
        self.engine.reconfigure(plan).map_err(|faults| format!("a recorded reload cannot be done again: {}", faults.join("; ")))?;
        self.keep(clock);
        Ok(())
    }

    fn keep(&mut self, clock: Timestamp) {
        while let Some(effect) = self.engine.poll_effect() {
            if self.found.alerts.len() + self.found.anomalies.len() >= FOUND_LIMIT {
                self.found.cut = true;
                continue;
            }
            match effect {
                Effect::Alert(step) => self.found.alerts.push((clock, *step)),
                Effect::Anomaly(anomaly) => self.found.anomalies.push((clock, *anomaly)),
                Effect::Source(_) | Effect::Flow(_) | Effect::Note(_) | Effect::TestFire => {}
            }
        }
    }

    fn finish(mut self) -> Found {
        self.found.counters = self.engine.counters();
        let classes = [RejectClass::Undecodable, RejectClass::Invalid, RejectClass::Erroneous, RejectClass::Duplicate, RejectClass::Late];
        let newest = classes.into_iter().find_map(|c| self.engine.rejects().of(c).next_back());
        self.found.reject = newest.map(|r| format!("{}: {}", r.class.word(), r.reason));
        self.found
    }
}

/// Runs a recording, or a part of it. With `reloads` the configurations it was reloaded with are taken up
/// on the way, as a replay under its own configuration does.
///
/// # Errors
/// What is wrong with the recording.
pub(super) fn run_recording(
    path: &Path,
    loaded: &Loaded,
    from: Option<Moment>,
    to: Option<Moment>,
    mut reloads: Option<Reloader>,
) -> Result<Found, String> {
    let mut bench = Bench::new(loaded)?;
    let names: Vec<&str> = loaded.plan.sources.iter().map(|s| &*s.name).collect();
    let recording = Recording::open(path, &names).map_err(|e| e.to_string())?;
    let whole = recording.span().ok_or_else(|| format!("{}: there is no moment in it", path.display()))?;
    let zone = recording.header().and_then(|h| TimeZone::get(&h.tz).ok()).unwrap_or(TimeZone::UTC);
    let start = from.map_or(whole.0, |m| m.resolve(whole, &zone));
    let end = to.map_or(Timestamp::MAX, |m| m.resolve(whole, &zone));
    bench.found.span = (start, end.min(whole.1));
    bench.found.zone = Some(zone);
    let mut part = Part::new(ReplayFeed::new(recording), start, end);
    while let Some((clock, input)) = part.next() {
        if let OwnedInput::Ended(_) = input {
            bench.feed(clock, Input::End);
        }
        if let (OwnedInput::Command(Command::Reload { config, .. }), Some(reload)) = (&input, &mut reloads) {
            bench.reconfigure(clock, reload.recorded(config)?)?;
        }
        input.each(|i| bench.feed(clock, i));
        if let OwnedInput::Records(batch) = input {
            part.recycle(batch);
        }
    }
    bench.found.warnings = part.feed().warnings().sentences();
    if let Some(error) = part.feed().error() {
        return Err(format!("{}: cannot be read to its end: {error}", path.display()));
    }
    Ok(bench.finish())
}

/// Runs a case.
///
/// # Errors
/// Why it cannot be run.
pub(super) fn run(case: &Case, loaded: &Loaded) -> Result<Found, String> {
    let found = match &case.feed {
        CaseFeed::Recording { path, from, to } => run_recording(path, loaded, *from, *to, None)?,
        CaseFeed::Inputs(inputs) => run_inputs(case, inputs, loaded)?,
    };
    for expect in &case.expect {
        let last = match expect.window {
            Window::At(at) => found.moment(at),
            Window::Between(from, to) => {
                let (from, to) = (found.moment(from), found.moment(to));
                if to < from {
                    return Err(format!("line {}: the time ends before it begins", expect.line));
                }
                to
            }
        };
        if last > found.span.1 {
            let ends = found.span.1.since(found.span.0);
            return Err(format!(
                "line {}: looks {} after the start, but the recording ends at +{ends}",
                expect.line,
                last.since(found.span.0)
            ));
        }
    }
    Ok(found)
}

fn run_inputs(case: &Case, inputs: &[CaseInput], loaded: &Loaded) -> Result<Found, String> {
    let mut bench = Bench::new(loaded)?;
    let end = end(case, inputs);
    if end.since(case.start) > LONGEST {
        return Err(format!("the case lasts {}, more than {LONGEST}", end.since(case.start)));
    }
    bench.found.span = (case.start, end);
    let step = loaded.plan.tick;
    let mut tick = case.start.floor_to(step);
    up(&mut bench, case, inputs, loaded);
    bench.feed(tick, Input::Tick(tick));
    let mut offsets: BTreeMap<Arc<str>, i64> = BTreeMap::new();
    let mut next = vec![0usize; inputs.len()];
    loop {
        let due = inputs.iter().zip(&next).enumerate().filter_map(|(i, (input, n))| Some((input.due(case.start, *n)?, i))).min();
        let until = due.map_or(end, |(at, _)| at.min(end));
        while tick + step <= until {
            tick = tick + step;
            bench.feed(tick, Input::Tick(tick));
        }
        let Some((at, i)) = due.filter(|(at, _)| *at <= end) else { break };
        let offset = match &inputs[i].what {
            Payload::Records { topic, .. } => offsets.entry(Arc::clone(topic)).or_default(),
            Payload::Readings { .. } => &mut 0,
        };
        if let Some(input) = inputs[i].make(at, next[i], *offset) {
            *offset += 1;
            input.each(|one| bench.feed(at, one));
        }
        next[i] += 1;
    }
    Ok(bench.finish())
}

/// The last moment the case speaks of, or the end of its inputs.
fn end(case: &Case, inputs: &[CaseInput]) -> Timestamp {
    let last = inputs.iter().filter_map(|i| i.due(case.start, i.count.saturating_sub(1)).map(|at| at + i.every)).max();
    let known = (case.start, last.unwrap_or(case.start));
    let windows = case.expect.iter().flat_map(|e| match e.window {
        Window::At(at) => [at, at],
        Window::Between(from, to) => [from, to],
    });
    windows.chain(case.until).map(|m| m.resolve(known, &TimeZone::UTC)).fold(known.1, Timestamp::max)
}

/// Every source is up, and the topics of the case are read from their beginning.
fn up(bench: &mut Bench, case: &Case, inputs: &[CaseInput], loaded: &Loaded) {
    for source in &loaded.plan.sources {
        bench.feed(case.start, Input::Link { source: source.id, topic: None, state: LinkState::Up, detail: "" });
    }
    let mut told: Vec<&Arc<str>> = Vec::new();
    for input in inputs {
        let Payload::Records { topic, .. } = &input.what else { continue };
        if !told.contains(&topic) {
            told.push(topic);
            let event = PartitionEvent::Assigned { position: 0, end: 0 };
            bench.feed(case.start, Input::Partition { source: input.source, topic, partition: 0, event });
        }
    }
}
