//! Judges events before the engine sees them: sampled out, invalid, erroneous, duplicate, in this order.

use super::layout::Found;
use super::path::PathError;
use super::rejects::RejectClass;
use super::schema::Schema;
use super::seen::{FixedHash, Positions, UniqueWindow};
use super::spec::{StreamSpec, TimeSource, TimeUnit};
use super::time::{AHEAD_LIMIT, EARLIEST, LATEST, timestamp};
use super::walk::Slot;
use crate::model::{EventRef, FieldId, SourceId, Timestamp, Value};

/// What becomes of an event, as far as it can be told here.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Judgement {
    /// Left out by `sample`.
    Sampled,
    /// Not accepted.
    Reject(RejectClass, String),
    /// To be offered to the engine, at this time; with the key to remember once it is accepted.
    Offer(Timestamp, Option<u64>),
}

/// The rules of one stream and what they remember.
#[derive(Clone, Debug)]
pub(super) struct Cleaner {
    sample: Option<Sample>,
    numeric: Vec<FieldId>,
    limits: Vec<(FieldId, f64, f64)>,
    time: Option<(FieldId, TimeUnit)>,
    unique: Vec<FieldId>,
    window: UniqueWindow,
    positions: Positions,
    /// Whether the record at hand was delivered before.
    repeat: bool,
}

#[derive(Clone, Debug)]
struct Sample {
    /// Hashes below this are kept.
    below: u64,
    by: Vec<FieldId>,
}

impl Cleaner {
    /// The rules of `spec`; adds the fields they look at to `schema`.
    pub(super) fn new(spec: &StreamSpec, schema: &mut Schema) -> Result<Self, PathError> {
        let time = match &spec.time {
            TimeSource::Record => None,
            TimeSource::Field { path, unit } => Some((schema.field(path)?, *unit)),
        };
        let mut fields = |paths: &[std::sync::Arc<str>]| paths.iter().map(|p| schema.field(p)).collect::<Result<Vec<_>, _>>();
        let (numeric, unique, by) = (fields(&spec.numeric)?, fields(&spec.unique)?, fields(&spec.sample_by)?);
        let limits = spec.limits.iter().map(|l| Ok((schema.field(&l.field)?, l.min, l.max))).collect::<Result<_, _>>()?;
        let sample = (spec.sample < 1.0).then(|| Sample { below: (spec.sample.max(0.0) * 2f64.powi(64)) as u64, by });
        let window = UniqueWindow::new(spec.unique_window);
        Ok(Self { sample, numeric, limits, time, unique, window, positions: Positions::default(), repeat: false })
    }

    /// Judges one event whose values are `values`.
    #[inline]
    pub(super) fn judge(&mut self, found: &Found<'_>, values: &[Value<'_>], now: Timestamp, schema: &Schema) -> Judgement {
        let origin = found.origin;
        if found.index == 0 {
            self.repeat = self.positions.is_repeat(origin.source, origin.topic, origin.partition, origin.offset);
        }
        if self.sample.as_ref().is_some_and(|s| !s.keeps(found, values)) {
            return Judgement::Sampled;
        }
        if let Some(reason) = self.invalid(found, values, schema) {
            return Judgement::Reject(RejectClass::Invalid, reason);
        }
        let at = match self.time(found, values, now, schema) {
            Ok(at) => at,
            Err((class, reason)) => return Judgement::Reject(class, reason),
        };
        let event = EventRef { at, values };
        for (field, min, max) in &self.limits {
            if let Some(x) = event.get(*field).number().filter(|x| x < min || x > max) {
                let reason = format!("field `{}` is {x}, outside {min} to {max}", schema.path(*field));
                return Judgement::Reject(RejectClass::Erroneous, reason);
            }
        }
        if self.repeat {
            let reason = "its position was delivered before".to_owned();
            return Judgement::Reject(RejectClass::Duplicate, reason);
        }
        match self.key(&event) {
            Some(key) if self.window.contains(key) => Judgement::Reject(RejectClass::Duplicate, self.same(&event, schema)),
            key => Judgement::Offer(at, key),
        }
    }

    /// Remembers the key of an event that was accepted.
    #[inline]
    pub(super) fn accepted(&mut self, key: Option<u64>) {
        if let Some(key) = key {
            self.window.insert(key);
        }
    }

    /// Takes over what a cleaner of the same stream remembers.
    pub(super) fn adopt(&mut self, old: Self) {
        self.window = old.window;
        self.positions = old.positions;
    }

    /// Forgets a partition's position.
    pub(super) fn forget(&mut self, source: SourceId, topic: &str, partition: i32) {
        self.positions.forget(source, topic, partition);
    }

    fn invalid(&self, found: &Found<'_>, values: &[Value<'_>], schema: &Schema) -> Option<String> {
        if let Some(fault) = found.fault {
            return Some(fault.to_owned());
        }
        for field in &self.numeric {
            let value = values.get(field.0 as usize).copied().unwrap_or_default();
            if value.number().is_none() {
                let slot = found.slots.get(field.0 as usize).copied().unwrap_or_default();
                return Some(format!("field `{}` {}", schema.path(*field), unfit(slot, value, "number")));
            }
        }
        // A number no float holds is wrong wherever it is asked for: it must not pass for a missing one.
        let infinite = found.slots.iter().take(values.len()).position(|s| matches!(s, Slot::Infinite))?;
        Some(format!("field `{}` is a number too large to be finite", schema.path(FieldId(infinite as u16))))
    }

    /// The event's time, or why it has none.
    #[inline]
    fn time(&self, found: &Found<'_>, values: &[Value<'_>], now: Timestamp, schema: &Schema) -> Result<Timestamp, (RejectClass, String)> {
        let recorded = found.origin.time;
        let (at, present) = match self.time {
            // The record's own time cannot vouch for itself.
            None => (recorded.unwrap_or(now), now),
            Some((field, unit)) => {
                let value = values.get(field.0 as usize).copied().unwrap_or_default();
                let Some(at) = timestamp(value, unit) else {
                    let slot = found.slots.get(field.0 as usize).copied().unwrap_or_default();
                    return Err((RejectClass::Invalid, format!("time field `{}` {}", schema.path(field), unfit(slot, value, "time"))));
                };
                (at, recorded.map_or(now, |r| r.max(now)))
            }
        };
        // Where the present is not known (no tick yet, no record time), only the outer bounds hold.
        let known = (EARLIEST..=LATEST).contains(&present);
        let latest = if known { (present + AHEAD_LIMIT).min(LATEST) } else { LATEST };
        let taken_from_clock = self.time.is_none() && recorded.is_none();
        if taken_from_clock || (EARLIEST..=latest).contains(&at) {
            return Ok(at);
        }
        let named = self.time.map_or("the record's time".to_owned(), |(field, _)| format!("time field `{}`", schema.path(field)));
        let reason = if at < EARLIEST {
            format!("{named} is {}, before 1990", shown(at))
        } else {
            format!("{named} is {}, more than {AHEAD_LIMIT} ahead", shown(at))
        };
        Err((RejectClass::Erroneous, reason))
    }

    /// The key of the `unique` fields; `None` where there are none or one is missing, because absent ids are not the same id.
    fn key(&self, event: &EventRef<'_>) -> Option<u64> {
        if self.unique.is_empty() {
            return None;
        }
        let mut hash = FixedHash::new();
        for field in &self.unique {
            let value = event.get(*field);
            if value.is_missing() {
                return None;
            }
            hash.value(value);
        }
        Some(hash.finish())
    }

    fn same(&self, event: &EventRef<'_>, schema: &Schema) -> String {
        let fields = self.unique.iter().map(|f| format!("`{}` = {}", schema.path(*f), quoted(event.get(*f))));
        format!("seen before: {}", fields.collect::<Vec<_>>().join(", "))
    }
}

impl Sample {
    fn keeps(&self, found: &Found<'_>, values: &[Value<'_>]) -> bool {
        let origin = found.origin;
        let mut hash = FixedHash::new();
        let keyed = self.by.iter().map(|f| values.get(f.0 as usize).copied().unwrap_or_default());
        if keyed.clone().any(|v| !v.is_missing()) {
            keyed.for_each(|v| hash.value(v));
        } else if let Some(key) = origin.key {
            hash.bytes(key);
        } else {
            hash.bytes(origin.topic.as_bytes());
            hash.word(u64::from(origin.partition.cast_unsigned()));
            hash.word(origin.offset.cast_unsigned());
            hash.word(u64::from(found.index));
        }
        hash.finish() < self.below
    }
}

/// Why a value is not what is asked for.
fn unfit(slot: Slot, value: Value<'_>, wanted: &str) -> String {
    match slot {
        Slot::Missing => "is missing or null".to_owned(),
        Slot::Compound => format!("is an object or array, not a {wanted}"),
        Slot::Infinite => "is a number too large to be finite".to_owned(),
        _ => format!("is {}, not a {wanted}", quoted(value)),
    }
}

/// Longest text of a field quoted in a reason, in characters; the excerpt shows more.
const QUOTED_LIMIT: usize = 64;

fn quoted(value: Value<'_>) -> String {
    match value {
        Value::Missing => "missing".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(x) => x.to_string(),
        Value::Text(text) => {
            let cut: String = text.chars().take(QUOTED_LIMIT).collect();
            if cut.len() < text.len() { format!("\"{cut}…\"") } else { format!("\"{cut}\"") }
        }
    }
}

/// A moment in a reason: RFC 3339 where the calendar reaches it.
pub(super) fn shown(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).map_or_else(|_| format!("{} ms", at.as_millis()), |t| t.to_string())
}
