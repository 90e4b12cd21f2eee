//! What carries a deviation: the parts of a metric by the values of further labels, each with its slow baseline.
//!
//! A metric says with `explain_by` by what else it is to be split, or a finer metric of the same stream, field and
//! measure is there already. The parts of each window are kept beside those that are usual; where a series of the
//! metric is flagged, each part's share of the deviation is told. Met by the sentence of an anomaly and its table.

use super::court::PARTS;
use crate::measure::{Measure, Measured, MetricSpec};
use crate::model::{Contribution, LabelSet, Scored, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parts of one series that are told apart; the rest is one part more. A person reads the first few.
const KEPT: usize = 64;
/// The name of that rest.
const REST: &str = "other";
/// Windows the baseline of a part reaches back: an hour of minutes.
const REACH: f64 = 60.0;
/// Windows before a baseline is good for anything.
const NEEDED: u32 = 5;
/// Windows in trouble that the baseline is kept from in one go; what lasts longer is the new level.
const HELD: u32 = 360;
/// Smaller shares explain nothing.
const LEAST: f64 = 0.01;
/// A label whose values stand out less than half as much as those of another label is not told beside it.
const DULL: f64 = 0.5;

/// What a part did in one window: above the line and below it. Sums and counts have nothing below.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    of: f64,
    to: f64,
}

impl Amount {
    fn add(&mut self, other: Self) {
        self.of += other.of;
        self.to += other.to;
    }

    fn ratio(self) -> Option<f64> {
        (self.to > 0.0).then(|| self.of / self.to)
    }
}

#[derive(Debug)]
struct Part {
    name: Arc<str>,
    at: Timestamp,
    now: Amount,
    usual: Amount,
}

/// A series of the metric that is explained, with its parts.
#[derive(Debug)]
struct Whole {
    at: Timestamp,
    parts: Vec<Part>,
    windows: u32,
    /// The window in which it was flagged last, and how many were one after the other.
    flagged: Timestamp,
    held: u32,
}

impl Whole {
    /// Takes the window that is over into the baselines, unless it was odd.
    fn roll(&mut self, at: Timestamp) {
        self.held = if self.flagged == self.at { self.held + 1 } else { 0 };
        if self.at > Timestamp::MIN && (self.held == 0 || self.held > HELD) {
            let weight = 1.0 / (f64::from(self.windows) + 1.0).min(REACH);
            for part in &mut self.parts {
                let now = if part.at == self.at { part.now } else { Amount::default() };
                part.usual.of += (now.of - part.usual.of) * weight;
                part.usual.to += (now.to - part.usual.to) * weight;
            }
            self.windows = self.windows.saturating_add(1);
        }
        self.at = at;
    }
}

/// One metric split by one finer one.
#[derive(Debug)]
struct Split {
    target: u16,
    part: u16,
    /// Labels that the finer one has beyond the other.
    extra: Vec<Arc<str>>,
    by: Vec<Arc<str>>,
    measure: Measure,
    /// By group of the finer metric: the series it belongs to and its place among the parts.
    seats: Vec<Option<(u32, u32)>>,
    places: BTreeMap<LabelSet, u32>,
    wholes: Vec<Whole>,
}

/// How a split explains a deviation.
struct Told {
    shares: Vec<Contribution>,
    /// How far the first share is above what its part usually carries.
    surprise: f64,
}

/// All splits of a stream's metrics.
#[derive(Debug, Default)]
pub(super) struct Parts {
    splits: Vec<Split>,
    /// Metrics from here on are kept for their parts alone.
    pub visible: usize,
}

/// Whether the parts of a measure add up, alone or by weight.
pub fn adds_up(measure: Measure) -> bool {
    matches!(measure, Measure::Count | Measure::Rate | Measure::Sum | Measure::Mean | Measure::Ratio)
}

/// The finer metrics that `explain_by` asks for and that are not among `metrics`.
pub(super) fn finer(metrics: &[MetricSpec]) -> Vec<MetricSpec> {
    let mut out = Vec::new();
    for metric in metrics.iter().filter(|m| m.step.is_some() && adds_up(m.measure)) {
        for label in metric.explain_by.iter().filter(|label| !metric.by.contains(label)) {
            let by = metric.by.iter().chain([label]).cloned().collect();
            let fine = MetricSpec { by, explain_by: Vec::new(), ..metric.clone() };
            if !metrics.iter().any(|m| same_but_name(m, &fine) && m.by == fine.by) {
                out.push(fine);
            }
        }
    }
    out
}

/// Whether both measure the same in the same windows.
fn same_but_name(a: &MetricSpec, b: &MetricSpec) -> bool {
    a.stream == b.stream
        && a.field == b.field
        && a.measure == b.measure
        && (&a.of, &a.to, &a.filter, a.step) == (&b.of, &b.to, &b.filter, b.step)
}

impl Parts {
    /// The splits there are among `metrics`, of which those from `visible` on were made for their parts.
    pub fn new(metrics: &[MetricSpec], visible: usize) -> Self {
        let mut splits = Vec::new();
        for (target, whole) in metrics.iter().enumerate().take(visible).filter(|(_, m)| m.step.is_some() && adds_up(m.measure)) {
            for (part, fine) in metrics.iter().enumerate().filter(|(part, _)| *part != target) {
                let own = part < visible || fine.name == whole.name;
                let finer = fine.by.len() > whole.by.len() && whole.by.iter().all(|label| fine.by.contains(label));
                if !own || !finer || !same_but_name(whole, fine) {
                    continue;
                }
                let extra = fine.by.iter().filter(|label| !whole.by.contains(label)).cloned().collect();
                splits.push(Split {
                    target: target as u16,
                    part: part as u16,
                    extra,
                    by: whole.by.clone(),
                    measure: whole.measure,
                    seats: Vec::new(),
                    places: BTreeMap::new(),
                    wholes: Vec::new(),
                });
            }
        }
        Self { splits, visible }
    }

    /// Whether nothing is split.
    pub fn is_empty(&self) -> bool {
        self.splits.is_empty()
    }

    /// Takes a value of a metric, where it is a part of others. `labels` are asked for a group that is new.
    pub fn take<'a>(&mut self, m: &Measured, labels: impl Fn() -> &'a LabelSet) {
        for split in self.splits.iter_mut().filter(|s| s.part == m.metric) {
            split.take(m, labels());
        }
    }

    /// What carries the deviation of a series in its newest window: the largest share first. The window is then kept out
    /// of the baselines.
    pub fn explain(&mut self, metric: u16, labels: &LabelSet, at: Timestamp, value: f64, scored: &Scored) -> Vec<Contribution> {
        let mut told = Vec::new();
        for split in self.splits.iter_mut().filter(|s| s.target == metric) {
            let Some(place) = split.places.get(labels) else { continue };
            let whole = &mut split.wholes[*place as usize];
            whole.flagged = at;
            if whole.at == at && whole.windows >= NEEDED {
                told.extend(whole.told(split.measure, falls(value, scored)));
            }
        }
        let most = told.iter().map(|t| t.surprise).fold(f64::NEG_INFINITY, f64::max);
        let kept = told.into_iter().filter(|t| t.surprise >= most * DULL || most <= 0.0);
        let mut shares: Vec<Contribution> = kept.flat_map(|t| t.shares).collect();
        shares.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.what.cmp(&b.what)));
        shares.truncate(PARTS);
        shares
    }
}

/// Whether the value is below what is usual; `None`: the verdict does not say.
fn falls(value: f64, scored: &Scored) -> Option<bool> {
    let centre = scored.baseline.centre;
    if centre.is_finite() {
        return Some(value < centre);
    }
    scored.expected.filter(|band| !band.contains(value)).map(|band| value < band.low)
}

impl Split {
    fn take(&mut self, m: &Measured, labels: &LabelSet) {
        let group = m.group as usize;
        if self.seats.len() <= group {
            self.seats.resize(group + 1, None);
        }
        let (whole, part) = if let Some(seat) = self.seats[group] {
            seat
        } else {
            let seat = self.seat(labels);
            self.seats[group] = Some(seat);
            seat
        };
        let whole = &mut self.wholes[whole as usize];
        if whole.at != m.at {
            whole.roll(m.at);
        }
        let now = match self.measure {
            Measure::Mean | Measure::Ratio => Amount { of: m.value * m.weight, to: m.weight },
            _ => Amount { of: m.value, to: 0.0 },
        };
        let part = &mut whole.parts[part as usize];
        if part.at != m.at {
            (part.at, part.now) = (m.at, Amount::default());
        }
        part.now.add(now);
    }

    fn seat(&mut self, labels: &LabelSet) -> (u32, u32) {
        let of = |names: &[Arc<str>]| {
            LabelSet::new(names.iter().map(|n| (Arc::clone(n), Arc::from(labels.get(n).unwrap_or("")))).collect::<Vec<_>>())
        };
        let place = *self.places.entry(of(&self.by)).or_insert_with(|| {
            self.wholes.push(Whole { at: Timestamp::MIN, parts: Vec::new(), windows: 0, flagged: Timestamp::MIN, held: 0 });
            self.wholes.len() as u32 - 1
        });
        let whole = &mut self.wholes[place as usize];
        let texts: Vec<String> = self.extra.iter().map(|name| format!("{name}={}", labels.get(name).unwrap_or(""))).collect();
        let name = if whole.parts.len() < KEPT { texts.join(", ") } else { REST.to_owned() };
        let known = whole.parts.iter().position(|part| *part.name == *name);
        let part = known.unwrap_or_else(|| {
            whole.parts.push(Part { name: name.into(), at: Timestamp::MIN, now: Amount::default(), usual: Amount::default() });
            whole.parts.len() - 1
        });
        (place, part as u32)
    }
}

impl Whole {
    /// Each part's share of what is unusual in this window; `None` where the parts do not move as the whole does.
    fn told(&self, measure: Measure, falls: Option<bool>) -> Option<Told> {
        let by_weight = matches!(measure, Measure::Mean | Measure::Ratio);
        let mut usual = Amount::default();
        self.parts.iter().for_each(|part| usual.add(part.usual));
        let deviation = |part: &Part| {
            let now = if part.at == self.at { part.now } else { Amount::default() };
            if by_weight { now.of - part.usual.ratio().or(usual.ratio()).unwrap_or(0.0) * now.to } else { now.of - part.usual.of }
        };
        let total: f64 = self.parts.iter().map(deviation).sum();
        if !total.is_finite() || total.abs() <= f64::MIN_POSITIVE || falls.is_some_and(|falls| falls != (total < 0.0)) {
            return None;
        }
        let all = if by_weight { usual.to } else { usual.of };
        let mut surprise = f64::NEG_INFINITY;
        let mut shares = Vec::new();
        for part in &self.parts {
            let share = deviation(part) / total;
            let carried = if by_weight { part.usual.to } else { part.usual.of };
            surprise = surprise.max(if all > 0.0 { share - carried / all } else { share });
            if share.abs() >= LEAST {
                shares.push(Contribution { what: Arc::clone(&part.name), share });
            }
        }
        Some(Told { shares, surprise })
    }
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
