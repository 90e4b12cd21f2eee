//! The machine on plans made by hand: what only shows where decode, measure, store, detect and alert meet.

mod alerting;
mod judging;
mod keeping;
pub(in crate::engine) mod kinds;
mod reloading;
mod seeing;
mod silent;
mod standing;

use super::{Effect, Engine, Plan, SourcePlan};
use crate::alert::{RuleSpec, Severity, When};
use crate::decode::{StreamSpec, TimeSource, TopicPattern};
use crate::detect::{DetectorOn, DetectorSpec, ParamValue, Params};
use crate::measure::{Measure, MetricSpec};
use crate::model::{Input, Millis, RecordRef, SourceId, Timestamp};
use std::sync::Arc;

/// Second nought of every test.
pub(super) const START: i64 = 1_764_000_000_000;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(START + second * 1_000)
}

pub(super) fn metric(name: &str, measure: Measure, by: &[&str], step: Option<i64>) -> MetricSpec {
    MetricSpec {
        name: name.into(),
        stream: "s".into(),
        field: measure.needs_field().then(|| "v".into()),
        measure,
        of: None,
        to: None,
        by: by.iter().map(|b| (*b).into()).collect(),
        filter: None,
        step: step.map(Millis::from_secs),
        unit: "".into(),
        max_series: 100,
        explain_by: Vec::new(),
    }
}

pub(super) fn detector(name: &str, kind: &'static str, on: DetectorOn, params: &[(&str, f64)]) -> DetectorSpec {
    let params = Params(params.iter().map(|(n, x)| ((*n).to_owned(), ParamValue::Number(*x))).collect());
    DetectorSpec { name: name.into(), kind, on, params, keys_max: 100, accept_after: DetectorSpec::ACCEPT_AFTER }
}

pub(super) fn rule(name: &str, when: When) -> RuleSpec {
    RuleSpec {
        name: name.into(),
        when,
        hold_for: Millis::ZERO,
        keep_firing_for: Millis::ZERO,
        hold: Millis::from_secs(5),
        stale_after: Millis::from_secs(60),
        severity: Severity::Warning,
        labels: Vec::new(),
        annotations: Vec::new(),
        notify: Vec::new(),
    }
}

/// A plan with one topic `t` of JSON records `{"ts":…,"k":…,"v":…}` without lateness, and the host.
pub(super) fn plan(metrics: Vec<MetricSpec>, detectors: Vec<DetectorSpec>, rules: Vec<RuleSpec>) -> Plan {
    let source = |id: u16, name: &str, kind: &'static str| SourcePlan {
        id: SourceId(id),
        name: name.into(),
        kind,
        stale_after: Millis::from_secs(10),
    };
    let mut stream = StreamSpec::new("s", TopicPattern::Name("t".into()));
    stream.time = TimeSource::Field { path: "ts".into(), unit: crate::decode::TimeUnit::Auto };
    stream.lateness = Millis::ZERO;
    Plan {
        sources: vec![source(0, "kafka", "kafka"), source(1, "host", "host")],
        streams: vec![stream],
        metrics,
        detectors,
        rules,
        ..Plan::default()
    }
}

/// A machine with all that came out of it.
pub(super) struct Bench {
    pub engine: Engine,
    pub effects: Vec<Effect>,
    offset: i64,
}

impl Bench {
    pub fn new(plan: Plan) -> Self {
        let (engine, faults) = Engine::new(plan);
        assert_eq!(faults, Vec::<String>::new());
        let mut bench = Self { engine, effects: Vec::new(), offset: 0 };
        bench.tick(0);
        bench
    }

    pub fn feed(&mut self, input: Input<'_>) {
        self.engine.handle(input);
        self.effects.extend(std::iter::from_fn(|| self.engine.poll_effect()));
    }

    pub fn tick(&mut self, second: i64) {
        self.feed(Input::Tick(at(second)));
    }

    pub fn record(&mut self, topic: &str, payload: &str) {
        let topic: Arc<str> = topic.into();
        self.feed(Input::Record(RecordRef::plain(SourceId(0), &topic, 0, self.offset, Some(payload.as_bytes()))));
        self.offset += 1;
    }

    /// An event of key `k` with value `v`, so many milliseconds after second nought.
    pub fn event(&mut self, ms: i64, k: &str, v: f64) {
        self.record("t", &format!("{{\"ts\":{},\"k\":\"{k}\",\"v\":{v}}}", START + ms));
    }

    /// The alerts' moves so far: rule, subject, from, to.
    pub fn moves(&self) -> Vec<String> {
        let line = |e: &Effect| match e {
            Effect::Alert(t) => Some(format!("{} {} {}->{}", t.alert.rule, t.alert.subject, t.from.word(), t.alert.state.word())),
            _ => None,
        };
        self.effects.iter().filter_map(line).collect()
    }

    /// The sources' changes so far: what, from, to.
    pub fn changes(&self) -> Vec<String> {
        let line = |e: &Effect| match e {
            Effect::Source(c) => {
                let topic = c.topic.as_ref().map_or(String::new(), |t| format!("/{t}"));
                let partition = c.partition.map_or(String::new(), |p| format!("[{p}]"));
                Some(format!("{}{topic}{partition} {}->{}", c.name, c.from, c.to))
            }
            _ => None,
        };
        self.effects.iter().filter_map(line).collect()
    }

    /// The samples of a metric's only series.
    pub fn samples(&self, metric: &str) -> Vec<f64> {
        let mut tail = Vec::new();
        if let Some(id) = self.engine.store().of_metric(metric).next() {
            self.engine.store().tail(id, 1_000, &mut tail);
        }
        tail.iter().map(|(s, _)| s.value).collect()
    }
}
