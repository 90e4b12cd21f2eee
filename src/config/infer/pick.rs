//! What a topic is made of: its time, its numbers, its labels, and how fast it is.

use super::field::{DISTINCT, Field, fields};
use super::sample::TopicSample;
use super::shape::{Shape, shape};
use super::words;
use std::collections::{BTreeMap, BTreeSet};

/// Most numeric fields of a topic that are watched without being asked for.
const NUMBERS: usize = 8;
/// Most values of a label: a chart with more lines says nothing.
const LABEL_VALUES: usize = 64;
/// A label of so few values is easily read.
const FEW_VALUES: usize = 20;
/// 2000-01-01 and 2100-01-01 in seconds: what lies outside is no time of a living system.
const PLAUSIBLE: (f64, f64) = (946_684_800.0, 4_102_444_800.0);
/// A field within this of the record's own time is a time, whatever it is called.
const NEAR_MS: i64 = 3_600_000;
/// Most gaps of a sample that are taken for holes between its partitions rather than for its pace.
const HOLES: usize = 8;
/// How many times longer than nine of ten gaps such a hole is: no process that comes at random times has one.
const HOLE: i64 = 100;
/// The share of values that must fit.
const MOST: f64 = 0.9;
/// Units of time with their size in seconds.
const UNITS: [(&str, f64); 4] = [("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)];

/// The time field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TimeField {
    /// Its path.
    pub(super) path: String,
    /// The word of its unit.
    pub(super) unit: &'static str,
}

/// A label.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    /// Its path; `@key` for the record's key.
    pub(super) path: String,
    /// Its values, sorted.
    pub(super) values: Vec<String>,
    /// Names a thing that is watched, rather than a state it is in.
    pub(super) thing: bool,
}

/// What is known of a topic.
#[derive(Debug)]
pub(super) struct Picked {
    /// How its payloads are written.
    pub(super) shape: Shape,
    /// Its time field; `None`: the record's own time.
    pub(super) time: Option<TimeField>,
    /// Its numeric fields, most telling first.
    pub(super) numbers: Vec<String>,
    /// Its labels, best first.
    pub(super) labels: Vec<Label>,
    /// Fields that seem to be different in every event.
    pub(super) ids: Vec<String>,
    /// Events a second, where times tell.
    pub(super) rate: Option<f64>,
}

/// Looks at a topic.
pub(super) fn pick(topic: &TopicSample) -> Picked {
    let shape = shape(topic);
    let all = fields(&shape.events);
    let time = time_field(&all, shape.events.len());
    let rate = rate(&shape, &all, time.as_ref());
    let labels = labels(&shape, &all, time.as_ref());
    let numbers = numbers(&all, time.as_ref(), &labels, shape.events.len());
    let ids = ids(&all, shape.events.len());
    Picked { shape, time, numbers, labels, ids, rate }
}

/// The unit in which most of a field's numbers are times; nearness to the record's time decides where several fit.
fn unit_of(field: &Field) -> Option<&'static str> {
    let fits = |size: f64| {
        let good = field.numbers.iter().filter(|(x, _)| (PLAUSIBLE.0..PLAUSIBLE.1).contains(&(x * size))).count();
        good > 0 && good as f64 >= MOST * field.present as f64
    };
    UNITS.iter().find(|(_, size)| fits(*size)).map(|(word, _)| *word)
}

/// The field's values as milliseconds, with the record's time.
fn moments(field: &Field, unit: &str) -> Vec<(i64, Option<i64>)> {
    if unit == "rfc3339" {
        return field.times.clone();
    }
    let size = UNITS.iter().find(|(word, _)| *word == unit).map_or(1.0, |(_, size)| *size);
    field.numbers.iter().map(|(x, t)| ((x * size * 1000.0).round() as i64, *t)).collect()
}

/// Whether most values lie near their record's time.
fn near(times: &[(i64, Option<i64>)]) -> bool {
    let near = times.iter().filter(|(at, record)| record.is_some_and(|r| at.saturating_sub(r).saturating_abs() <= NEAR_MS)).count();
    near > 0 && near as f64 >= MOST * times.len() as f64
}

/// The unit of a field that can be a time, and how sure that is.
fn as_time(path: &str, field: &Field) -> Option<(&'static str, u32)> {
    let unit = if field.moments > 0 && field.moments as f64 >= MOST * field.present as f64 { "rfc3339" } else { unit_of(field)? };
    let named = words::time_rank(path);
    let near = near(&moments(field, unit));
    let sure = named + if near { 60 } else { 0 } + if unit == "rfc3339" { 20 } else { 0 };
    (named > 0 || near || unit == "rfc3339").then_some((unit, sure))
}

fn time_field(all: &BTreeMap<String, Field>, events: usize) -> Option<TimeField> {
    let mut best: Option<(u32, usize, TimeField)> = None;
    for (path, field) in all.iter().filter(|(_, f)| f.present as f64 >= MOST * events as f64) {
        let Some((unit, sure)) = as_time(path, field) else { continue };
        let depth = path.matches('.').count();
        if best.as_ref().is_none_or(|(s, d, _)| (sure, usize::MAX - depth) > (*s, usize::MAX - *d)) {
            best = Some((sure, depth, TimeField { path: path.clone(), unit }));
        }
    }
    best.map(|(.., time)| time)
}

/// Events a second over the sample, by event time, else by record time.
fn rate(shape: &Shape, all: &BTreeMap<String, Field>, time: Option<&TimeField>) -> Option<f64> {
    let mut times: Vec<i64> = match time.and_then(|t| all.get(&t.path).map(|f| (f, t.unit))) {
        Some((field, unit)) => moments(field, unit).into_iter().map(|(at, _)| at).collect(),
        None => shape.events.iter().filter_map(|e| e.time).map(crate::model::Timestamp::as_millis).collect(),
    };
    times.sort_unstable();
    let mut gaps: Vec<i64> = times.windows(2).map(|w| w[1].saturating_sub(w[0])).collect();
    gaps.sort_unstable();
    let mut span: i64 = times.last()?.saturating_sub(*times.first()?);
    // A gap far longer than nearly all others is no pace: the sample's partitions begin at different times.
    let usual = gaps.get(gaps.len() * 9 / 10).copied().unwrap_or_default();
    for _ in 0..HOLES {
        match gaps.last() {
            Some(&hole) if gaps.len() > FEW_VALUES && hole > usual.saturating_mul(HOLE) && span > hole => {
                span -= hole;
                gaps.pop();
            }
            _ => break,
        }
    }
    (!gaps.is_empty() && span > 0).then(|| gaps.len() as f64 * 1000.0 / span as f64)
}

/// Whether so few different values among so many events make a label.
fn repeats(distinct: usize, seen: usize) -> bool {
    distinct <= LABEL_VALUES && (seen >= 2 * distinct || distinct == 1)
}

fn labels(shape: &Shape, all: &BTreeMap<String, Field>, time: Option<&TimeField>) -> Vec<Label> {
    let mut found: Vec<(u32, Label)> = Vec::new();
    for (path, field) in all {
        let is_time = time.is_some_and(|t| t.path == *path) || as_time(path, field).is_some();
        let enough = field.present * 2 >= shape.events.len();
        if is_time || field.long || !field.varies() || !enough || !repeats(field.distinct.len(), field.present) {
            continue;
        }
        let numeric = field.numeric as f64 >= MOST * field.present as f64;
        let whole = field.whole == field.numeric;
        let id = words::is_id(path) || words::is_entity(path);
        let word_in_disguise = whole && (id || words::is_code(path)) && !words::is_sequence(path);
        if numeric && !word_in_disguise {
            continue;
        }
        let state = words::is_code(path) && !words::is_id(path);
        let thing = id && field.bools == 0 && !state;
        let rank = u32::from(thing) * 40
            + u32::from(words::is_id(path)) * 5
            + u32::from(field.distinct.len() <= FEW_VALUES) * 10
            + u32::from(field.bools == 0) * 5;
        let depth = path.matches('.').count() as u32;
        found.push((rank.saturating_sub(depth), Label { path: path.clone(), values: field.distinct.iter().cloned().collect(), thing }));
    }
    if let Some(key) = key_label(shape, &found) {
        found.push((30, key));
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.path.cmp(&b.1.path)));
    found.into_iter().map(|(_, label)| label).collect()
}

/// The record's key, where its values repeat and no field says the same.
fn key_label(shape: &Shape, found: &[(u32, Label)]) -> Option<Label> {
    let keys: Vec<&str> = shape.events.iter().filter_map(|e| e.key.as_deref()).filter(|k| !k.is_empty() && k.len() <= 100).collect();
    let values: BTreeSet<&str> = keys.iter().copied().collect();
    let fits = keys.len() * 2 >= shape.events.len() && values.len() > 1 && repeats(values.len(), keys.len());
    let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
    let said = found.iter().any(|(_, label)| label.values == values);
    let clean = values.iter().all(|v| !v.chars().any(char::is_control));
    (fits && !said && clean).then(|| Label { path: "@key".to_owned(), values, thing: true })
}

fn numbers(all: &BTreeMap<String, Field>, time: Option<&TimeField>, labels: &[Label], events: usize) -> Vec<String> {
    let mut found: Vec<(u32, &String)> = Vec::new();
    for (path, field) in all {
        let numeric = field.numeric > 0 && field.numeric as f64 >= MOST * field.present as f64;
        let taken = time.is_some_and(|t| t.path == *path) || labels.iter().any(|l| l.path == *path);
        let enough = field.present * 3 >= events;
        let known = as_time(path, field).is_some() || words::is_id(path) || words::is_sequence(path);
        let constant = events > 2 && !field.varies();
        let counts = field.whole == field.numeric && field.climbs() && field.distinct.len() > FEW_VALUES.min(DISTINCT - 1);
        if !numeric || taken || !enough || known || constant || counts {
            continue;
        }
        let rank =
            u32::from(words::is_value(path)) * 20 + u32::from(field.whole < field.numeric) * 10 + u32::from(field.present == events) * 5;
        found.push((rank, path));
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    found.into_iter().take(NUMBERS).map(|(_, path)| path.clone()).collect()
}

/// Identities that no two events share: what `unique` may be made of.
fn ids(all: &BTreeMap<String, Field>, events: usize) -> Vec<String> {
    let differs = |f: &Field| f.present == events && f.distinct.len() >= events.min(DISTINCT) && events > 2;
    all.iter().filter(|(path, f)| words::is_id(path) && differs(f)).map(|(path, _)| path.clone()).take(3).collect()
}
