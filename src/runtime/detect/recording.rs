//! Recordings: the machine runs under their configuration, and every series of it that is meant is
//! judged as a file would be. One result for each series.

use super::inputs::Source;
use super::run::{Results, Run};
use super::{row, time};
use crate::config::{DetectTask, Diagnostics, Loaded, ReplayTask};
use crate::detect::{Kind, Sees};
use crate::engine::{Engine, Plan};
use crate::history::Recording;
use crate::measure::{Measure, MetricSpec};
use crate::model::{Input, OwnedInput, Safe, Sample, SeriesId, SeriesKey};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most series of one recording: each has a detector and an open file.
const SERIES_LIMIT: usize = 512;
/// Records after which the series are looked at though no tick came, so that no ring overflows.
const LOOK: usize = 256;
/// Metrics told where the one asked for is not among them.
const LISTED: usize = 24;
/// Longest name of a result, in bytes: file systems allow 255, and a sum and endings come behind.
const NAME_LIMIT: usize = 180;

/// What is wrong with a recording before anything of it is judged.
pub(super) fn check(task: &DetectTask, kind: &Kind, path: &Path) -> Result<(), Diagnostics> {
    let fault = |message: &str, hint: &str| Err(Diagnostics::of_file(&path.display().to_string(), message, hint));
    if kind.sees != Sees::Numbers {
        return fault(
            &format!("{} does not judge numbers, and series are numbers", kind.name),
            "choose another kind: bellwether detect --list",
        );
    }
    if task.metric.is_some() && !task.values.is_empty() {
        return fault("--metric names series of the configuration, --value fields of the records", "name one of both");
    }
    if task.output.is_none() && task.metric.is_none() && task.values.is_empty() {
        return fault(
            "a recording holds many series, and each has a result of its own",
            "add -o DIR, or --metric NAME of which there is one series",
        );
    }
    super::super::recordings::open::<&str>(path, &[]).map(|_| ())
}

fn configuration(task: &DetectTask, path: &Path) -> anyhow::Result<Loaded> {
    let (file, config) = (path.to_owned(), task.config.clone());
    super::super::play::configuration(&ReplayTask { file, config, overrides: task.overrides.clone(), ..ReplayTask::default() })
}

/// Judges every series that is meant.
pub(super) fn run(run: &mut Run<'_>, source: &Source) -> anyhow::Result<()> {
    let shown = source.path.display().to_string();
    let loaded = configuration(run.task, &source.path)?;
    let names: Vec<&str> = loaded.plan.sources.iter().map(|s| &*s.name).collect();
    let recording = super::super::recordings::open(&source.path, &names)?;
    let mut plan = loaded.plan.clone();
    // The configuration's own detectors and rules have nothing to say here.
    plan.detectors.clear();
    plan.rules.clear();
    if !run.task.values.is_empty() {
        plan.metrics = fields(&plan, &run.task.values);
    }
    let (engine, faults) = Engine::new(plan);
    if !faults.is_empty() {
        return Err(Diagnostics::of_file(&shown, faults.join("; "), "").into());
    }
    let (results, metrics) =
        Tap { run, source, engine, seen: Vec::new(), open: BTreeMap::new(), metrics: BTreeSet::new(), tail: Vec::new() }.play(recording)?;
    if results.is_empty() {
        let known: Vec<&str> = metrics.iter().map(String::as_str).collect();
        let hint = if known.is_empty() { String::new() } else { format!("its metrics are {}", known.join(", ")) };
        let asked = run.task.metric.iter().chain(&run.task.values).map(|name| format!(" of {name:?}")).next().unwrap_or_default();
        return Err(Diagnostics::of_file(&shown, format!("no series{asked} came of it"), hint).into());
    }
    let totals = results.into_values().map(Results::finish).collect::<anyhow::Result<Vec<_>>>()?;
    run.files += totals.len() as u64;
    for totals in &totals {
        run.totals.add(totals);
    }
    Ok(())
}

/// Fields of records as metrics, one for each stream: every event is a sample.
fn fields(plan: &Plan, names: &[String]) -> Vec<MetricSpec> {
    let of = |stream: &Arc<str>, field: &String| MetricSpec {
        explain_by: Vec::new(),
        name: format!("{stream}.{field}").into(),
        stream: Arc::clone(stream),
        field: Some(field.as_str().into()),
        measure: Measure::Last,
        of: None,
        to: None,
        by: Vec::new(),
        filter: None,
        step: None,
        unit: "".into(),
        max_series: 1,
    };
    plan.streams.iter().flat_map(|stream| names.iter().map(move |field| of(&stream.name, field))).collect()
}

/// A machine whose series are written down.
struct Tap<'r, 't> {
    run: &'r Run<'t>,
    source: &'r Source,
    engine: Engine,
    /// By series: how many of its samples have been seen.
    seen: Vec<u64>,
    open: BTreeMap<SeriesId, Results<'r>>,
    /// Metrics seen, for the hint where none is the one that was asked for.
    metrics: BTreeSet<String>,
    tail: Vec<(Sample, bool)>,
}

impl<'r> Tap<'r, '_> {
    fn play(mut self, mut recording: Recording) -> anyhow::Result<(BTreeMap<SeriesId, Results<'r>>, BTreeSet<String>)> {
        let mut since = 0;
        while let Some(input) = recording.next() {
            if let OwnedInput::Ended(_) = input {
                self.engine.handle(Input::End);
            }
            let mut fault = None;
            input.each(|one| {
                let tick = matches!(one, Input::Tick(_));
                self.engine.handle(one);
                while self.engine.poll_effect().is_some() {}
                since += 1;
                if (tick || since >= LOOK) && fault.is_none() {
                    since = 0;
                    fault = self.look().err();
                }
            });
            if let Some(fault) = fault {
                return Err(fault);
            }
            if let OwnedInput::Records(batch) = input {
                recording.recycle(batch);
            }
        }
        self.engine.handle(Input::End);
        self.look()?;
        if let Some(error) = recording.error() {
            return Err(
                Diagnostics::of_file(&self.source.path.display().to_string(), format!("cannot be read to its end: {error}"), "").into()
            );
        }
        Ok((self.open, self.metrics))
    }

    /// Takes what is new of every series that is meant.
    fn look(&mut self) -> anyhow::Result<()> {
        let changed = |info: &&crate::store::SeriesInfo| self.seen.get(info.id.index()).copied().unwrap_or(0) < info.samples;
        let new: Vec<(SeriesId, u64, SeriesKey)> =
            self.engine.store().iter().filter(changed).map(|info| (info.id, info.samples, info.key.clone())).collect();
        for (id, samples, key) in new {
            if self.seen.len() <= id.index() {
                self.seen.resize(id.index() + 1, 0);
            }
            let count = samples - std::mem::replace(&mut self.seen[id.index()], samples);
            if self.metrics.len() < LISTED {
                self.metrics.insert(key.name.to_string());
            }
            let task = self.run.task;
            // Host and probes deliver series of their own beside those that were asked for.
            let field =
                || task.values.iter().any(|field| key.name.strip_suffix(field.as_str()).is_some_and(|stream| stream.ends_with('.')));
            let meant = task.metric.as_deref().is_none_or(|wanted| matches(wanted, &key.name)) && (task.values.is_empty() || field());
            if meant {
                self.write(id, &key, count as usize)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, id: SeriesId, key: &SeriesKey, count: usize) -> anyhow::Result<()> {
        if !self.open.contains_key(&id) {
            self.room(key)?;
            let place = self.source.place.join(file_name(key));
            let results = Results::begin(self.run, Some(&place), &key.to_string(), key.clone(), vec![key.name.to_string()])?;
            self.open.insert(id, results);
        }
        let Some(results) = self.open.get_mut(&id) else { return Ok(()) };
        self.engine.store().tail(id, count, &mut self.tail);
        for (sample, _) in &self.tail {
            let (at, mut value) = (time::text(sample.at), Vec::new());
            row::number(&mut value, sample.value);
            results.take(at.as_bytes(), |_| Some(&value))?;
        }
        Ok(())
    }

    /// Whether one more series can be written.
    fn room(&self, key: &SeriesKey) -> anyhow::Result<()> {
        let fault = |message: String, hint: &str| Err(Diagnostics::of_file(&self.source.path.display().to_string(), message, hint).into());
        if self.run.task.output.is_none() && !self.open.is_empty() {
            return fault(format!("{} has several series, and each has a result of its own", Safe::label(&key.name)), "add -o DIR");
        }
        if self.open.len() == SERIES_LIMIT {
            return fault(format!("more than {SERIES_LIMIT} series"), "name one metric with --metric NAME");
        }
        Ok(())
    }
}

/// Whether `wanted`, which may end with `*`, names this metric.
fn matches(wanted: &str, name: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == name, |start| name.starts_with(start))
}

/// The name of a series as a file: `transaction_amount{region=EU}.csv`, without what file systems forbid.
fn file_name(key: &SeriesKey) -> PathBuf {
    let full = key.to_string();
    let kept = full.chars().filter(|c| *c != '"').map(|c| if c.is_alphanumeric() || "-_.{}=,@".contains(c) { c } else { '_' });
    let mut name: String = kept.collect();
    // Series whose names were cut or replaced alike stay apart by a sum of the whole name (FNV-1a).
    let plain = name.len() <= NAME_LIMIT && full.chars().all(|c| c == '"' || name.contains(c));
    name.truncate(name.floor_char_boundary(NAME_LIMIT));
    if plain {
        return format!("{name}.csv").into();
    }
    let sum = full.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{name}-{sum:016x}.csv").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LabelSet;

    #[test]
    fn series_become_names_that_stay_apart() {
        let name = |value: &str| file_name(&SeriesKey::new("amount", LabelSet::new([("region", value)]))).display().to_string();
        assert_eq!(name("EU"), "amount{region=EU}.csv");
        assert!(name("../../etc") != name(".././etc") && !name("../../etc").contains('/'));
        assert!(name(&"x".repeat(300)).len() < 220 && name(&"x".repeat(300)) != name(&"x".repeat(301)));
        assert!(name(&"数".repeat(150)).len() < 220, "the limit is one of bytes");
        assert!(matches("amount*", "amount_mean") && !matches("amount", "amount_mean"));
    }
}
