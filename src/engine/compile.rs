//! Turns the plan's names into places: fields into slots, expressions into bound ones, detectors
//! into kinds. A plan that `config` has passed compiles; what does not is left out and named.

use super::keyed::{Fields, Keyed};
use super::kinds;
use super::parts;
use crate::decode::{Reader, Schema, StreamSpec};
use crate::detect::{DetectorOn, DetectorSpec};
use crate::expr::{self, Bound};
use crate::measure::{Condition, Meter, MeterLimits, MetricDef, MetricSpec};
use crate::model::{FieldId, Value};
use std::sync::Arc;

use super::plan::Plan;
use super::stream::Stream;

/// A bound expression as a condition of a metric.
struct Holds(Bound);

impl Condition for Holds {
    fn holds(&self, values: &[Value<'_>]) -> bool {
        self.0.holds(values)
    }
}

/// Binds an expression to the fields of a schema, adding those it does not have.
fn bind(text: &str, schema: &mut Schema, faults: &mut Vec<String>) -> Option<Bound> {
    let bound = expr::parse(text).and_then(|e| e.bind(&mut |name| schema.field(name).ok()));
    bound.map_err(|e| faults.push(format!("{text:?}: {e}"))).ok()
}

fn field(path: &str, schema: &mut Schema, faults: &mut Vec<String>) -> Option<FieldId> {
    schema.field(path).map_err(|e| faults.push(format!("{path:?}: {e}"))).ok()
}

fn fields(paths: &[Arc<str>], schema: &mut Schema, faults: &mut Vec<String>) -> Vec<FieldId> {
    paths.iter().filter_map(|p| field(p, schema, faults)).collect()
}

/// Builds every stream of the plan with its metrics and its detectors on events.
pub(super) fn streams(plan: &Plan, faults: &mut Vec<String>) -> Vec<Stream> {
    streams_from(plan, 0, faults)
}

/// The same for the streams from the place `first` on.
pub(super) fn streams_from(plan: &Plan, first: usize, faults: &mut Vec<String>) -> Vec<Stream> {
    plan.streams.iter().skip(first).filter_map(|spec| stream(plan, spec, Schema::new(), faults)).collect()
}

/// Builds one stream; fields that `schema` has already keep their places.
pub(super) fn stream(plan: &Plan, spec: &StreamSpec, mut schema: Schema, faults: &mut Vec<String>) -> Option<Stream> {
    let mut defs = Vec::new();
    let mut metrics: Vec<MetricSpec> = plan.metrics.iter().filter(|m| m.stream == spec.name).cloned().collect();
    let visible = metrics.len();
    metrics.extend(parts::finer(&metrics));
    for metric in &metrics {
        let mut condition = |text: &Option<Arc<str>>, faults: &mut Vec<String>| {
            let bound = text.as_ref().and_then(|t| bind(t, &mut schema, faults));
            bound.map(|b| Box::new(Holds(b)) as Box<dyn Condition>)
        };
        let (filter, of, to) = (condition(&metric.filter, faults), condition(&metric.of, faults), condition(&metric.to, faults));
        defs.push(MetricDef {
            spec: metric.clone(),
            field: metric.field.as_ref().and_then(|p| field(p, &mut schema, faults)),
            by: fields(&metric.by, &mut schema, faults),
            filter,
            of,
            to,
        });
    }
    let mut keyed = Vec::new();
    for (index, detector) in plan.detectors.iter().enumerate() {
        if let DetectorOn::Stream { stream, .. } = &detector.on
            && *stream == spec.name
        {
            keyed.extend(on_events(index, detector, spec, &mut schema, faults));
        }
    }
    let limits = MeterLimits { open_windows: plan.limits.open_windows, partitions: plan.limits.partitions };
    let reader = Reader::new(spec, schema).map_err(|e| faults.push(format!("stream {:?}: {e}", spec.name))).ok()?;
    Some(Stream::new(spec.clone(), reader, Meter::new(defs, spec.lateness, limits), (metrics, visible), keyed))
}

fn on_events(index: usize, spec: &DetectorSpec, stream: &StreamSpec, schema: &mut Schema, faults: &mut Vec<String>) -> Option<Keyed> {
    let DetectorOn::Stream { fields: numbers, by, filter, show, .. } = &spec.on else { return None };
    let kind = kinds::kind(spec.kind)?;
    let filter = filter.as_ref().map(|t| bind(t, schema, faults));
    if matches!(filter, Some(None)) {
        return None;
    }
    let (numbers, by, show_ids) = (fields(numbers, schema, faults), fields(by, schema, faults), fields(show, schema, faults));
    let redacted = show.iter().map(|path| stream.redact.contains(path)).collect();
    let fields = Fields { numbers, by, filter: filter.flatten(), show: show_ids, redacted };
    Some(Keyed::new(index as u16, spec.clone(), kind, fields))
}
