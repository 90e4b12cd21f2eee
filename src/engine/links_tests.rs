//! Topics that cannot be read hold up nothing of their stream; topics that come later are taken up.

use super::{Engine, Plan, SourcePlan};
use crate::decode::{StreamSpec, TopicPattern};
use crate::measure::{Measure, MetricSpec};
use crate::model::{Input, LabelSet, LinkState, Millis, PartitionEvent, RecordRef, SeriesKey, SourceId, Timestamp};
use std::sync::Arc;

const KAFKA: SourceId = SourceId(0);

fn count(name: &str, stream: &str) -> MetricSpec {
    MetricSpec {
        name: name.into(),
        stream: stream.into(),
        field: None,
        measure: Measure::Count,
        of: None,
        to: None,
        by: Vec::new(),
        filter: None,
        step: Some(Millis::from_secs(1)),
        unit: "".into(),
        max_series: 10,
        explain_by: Vec::new(),
    }
}

fn plan() -> Plan {
    Plan {
        sources: vec![SourcePlan { id: KAFKA, name: "kafka".into(), kind: "kafka", stale_after: Millis::from_secs(60) }],
        streams: vec![StreamSpec::new("s", TopicPattern::Regex("^t.*".into()))],
        metrics: vec![count("n", "s")],
        ..Plan::default()
    }
}

fn engine() -> Engine {
    let (engine, faults) = Engine::new(plan());
    assert!(faults.is_empty(), "{faults:?}");
    engine
}

/// Records of `topic`, one a second.
fn deliver(engine: &mut Engine, topic: &Arc<str>, seconds: std::ops::Range<i64>) {
    for second in seconds {
        let mut record = RecordRef::plain(KAFKA, topic, 0, second, Some(b"{}"));
        record.time = Some(Timestamp::from_millis(1_732_100_000_000 + second * 1_000));
        engine.handle(Input::Record(record));
    }
}

/// Samples of a series without labels.
fn samples(engine: &Engine, name: &str) -> u64 {
    let key = SeriesKey { name: name.into(), labels: LabelSet::default() };
    engine.store().find(&key).map_or(0, |id| engine.store().info(id).samples)
}

/// Two topics of one stream, of which only the first delivers: a record a second.
fn delivering(state: Option<LinkState>) -> u64 {
    let mut engine = engine();
    let (good, bad): (Arc<str>, Arc<str>) = ("t_good".into(), "t_bad".into());
    engine.handle(Input::Tick(Timestamp::from_millis(0)));
    for topic in [&good, &bad] {
        engine.handle(Input::Partition { source: KAFKA, topic, partition: 0, event: PartitionEvent::Assigned { position: 0, end: 100 } });
    }
    if let Some(state) = state {
        engine.handle(Input::Link { source: KAFKA, topic: Some(&bad), state, detail: "so it is" });
    }
    deliver(&mut engine, &good, 0..10);
    samples(&engine, "n")
}

#[test]
fn a_topic_that_cannot_be_read_does_not_hold_the_watermark() {
    assert_eq!(delivering(None), 0, "a partition that has records to come is waited for");
    for state in [LinkState::Denied, LinkState::Down, LinkState::Unknown] {
        assert!(delivering(Some(state)) >= 7, "{state:?}");
    }
}

#[test]
fn a_topic_that_comes_later_is_taken_up_and_nothing_else_changes() {
    let mut engine = engine();
    let (old, new): (Arc<str>, Arc<str>) = ("t_old".into(), "new".into());
    engine.handle(Input::Tick(Timestamp::from_millis(0)));
    deliver(&mut engine, &old, 0..10);
    deliver(&mut engine, &new, 0..3);
    let before = samples(&engine, "n");
    assert_eq!((engine.counters().unclaimed, engine.reads(KAFKA, &new)), (3, false));
    let mut more = plan();
    more.streams.push(StreamSpec::new("later", TopicPattern::Name("new".into())));
    more.metrics.push(count("m", "later"));
    assert_eq!(engine.extend(more), Vec::<String>::new());
    assert_eq!((engine.reads(KAFKA, &new), samples(&engine, "n")), (true, before));
    deliver(&mut engine, &new, 3..13);
    assert_eq!((engine.counters().unclaimed, engine.counters().accepted), (3, 20));
    assert!(samples(&engine, "m") >= 7);
    let other = Plan { streams: vec![StreamSpec::new("x", TopicPattern::Name("x".into()))], ..plan() };
    assert_eq!(engine.extend(other).len(), 1, "what is not a continuation is refused");
    assert!(engine.reads(KAFKA, &new));
}
