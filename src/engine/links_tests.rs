//! Topics that cannot be read hold up nothing of their stream.

use super::{Engine, Plan, SourcePlan};
use crate::decode::{StreamSpec, TopicPattern};
use crate::measure::{Measure, MetricSpec};
use crate::model::{Input, LinkState, Millis, PartitionEvent, RecordRef, SourceId, Timestamp};
use std::sync::Arc;

const KAFKA: SourceId = SourceId(0);

fn engine() -> Engine {
    let count = MetricSpec {
        name: "n".into(),
        stream: "s".into(),
        field: None,
        measure: Measure::Count,
        of: None,
        to: None,
        by: Vec::new(),
        filter: None,
        step: Some(Millis::from_secs(1)),
        unit: "".into(),
        max_series: 10,
    };
    let (engine, faults) = Engine::new(Plan {
        sources: vec![SourcePlan { id: KAFKA, name: "kafka".into(), kind: "kafka", stale_after: Millis::from_secs(60) }],
        streams: vec![StreamSpec::new("s", TopicPattern::Regex("^t.*".into()))],
        metrics: vec![count],
        ..Plan::default()
    });
    assert!(faults.is_empty(), "{faults:?}");
    engine
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
    for second in 0..10 {
        let at = Timestamp::from_millis(1_732_100_000_000 + second * 1_000);
        let mut record = RecordRef::plain(KAFKA, &good, 0, second, Some(b"{}"));
        record.time = Some(at);
        engine.handle(Input::Record(record));
    }
    let key = crate::model::SeriesKey { name: "n".into(), labels: crate::model::LabelSet::default() };
    engine.store().find(&key).map_or(0, |id| engine.store().info(id).samples)
}

#[test]
fn a_topic_that_cannot_be_read_does_not_hold_the_watermark() {
    assert_eq!(delivering(None), 0, "a partition that has records to come is waited for");
    for state in [LinkState::Denied, LinkState::Down, LinkState::Unknown] {
        assert!(delivering(Some(state)) >= 7, "{state:?}");
    }
}
