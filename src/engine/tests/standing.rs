//! Sources, topics and the clock: what the log tells of them, and what it does not repeat.

use super::*;
use crate::model::{Command, LinkState, PartitionEvent};

fn topic() -> Arc<str> {
    "t".into()
}

#[test]
fn a_state_is_told_once_and_silence_is_told() {
    let mut bench = Bench::new(plan(Vec::new(), Vec::new(), Vec::new()));
    for state in [LinkState::Up, LinkState::Up, LinkState::Down, LinkState::Up] {
        bench.feed(Input::Link { source: SourceId(0), topic: None, state, detail: "words" });
    }
    assert_eq!(bench.changes(), ["kafka connecting->up", "kafka up->down", "kafka down->up"]);
    bench.effects.clear();
    bench.event(0, "x", 1.0);
    bench.tick(30);
    bench.event(1, "x", 1.0);
    bench.tick(31);
    assert_eq!(bench.changes(), ["kafka up->stale", "kafka stale->up"]);
}

#[test]
fn what_is_lost_and_made_anew_is_told_and_is_no_duplicate() {
    let mut bench = Bench::new(plan(vec![metric("n", Measure::Count, &[], Some(1))], Vec::new(), Vec::new()));
    bench.event(0, "x", 1.0);
    let topic = topic();
    bench.feed(Input::Partition { source: SourceId(0), topic: &topic, partition: 0, event: PartitionEvent::Lost { from: 1, to: 5 } });
    bench.feed(Input::Partition { source: SourceId(0), topic: &topic, partition: 0, event: PartitionEvent::Recreated });
    bench.offset = 0;
    bench.event(1, "x", 1.0);
    bench.offset = 0;
    bench.event(2, "x", 1.0);
    let counters = bench.engine.counters();
    assert_eq!((counters.accepted, counters.duplicate), (2, 1));
    assert_eq!(bench.changes().len(), 2, "{:?}", bench.changes());
}

#[test]
fn topics_nobody_reads_are_counted() {
    let mut bench = Bench::new(plan(Vec::new(), Vec::new(), Vec::new()));
    bench.record("other", "{}");
    let counters = bench.engine.counters();
    assert_eq!((counters.unclaimed, counters.records), (1, 0));
}

#[test]
fn late_events_are_counted_and_folded_nowhere() {
    let mut bench = Bench::new(plan(vec![metric("sum", Measure::Sum, &[], Some(1))], Vec::new(), Vec::new()));
    for (ms, v) in [(0, 1.0), (2_500, 2.0), (500, 100.0), (4_000, 4.0)] {
        bench.event(ms, "x", v);
    }
    bench.feed(Input::End);
    assert_eq!(bench.engine.counters().late, 1);
    assert_eq!(bench.samples("sum").iter().sum::<f64>().to_string(), "7");
}

#[test]
fn windows_close_by_the_clock_when_all_is_idle() {
    let mut bench = Bench::new(plan(vec![metric("n", Measure::Count, &[], Some(1))], Vec::new(), Vec::new()));
    bench.event(200, "x", 1.0);
    bench.tick(1);
    assert_eq!(bench.samples("n"), [] as [f64; 0]);
    bench.feed(Input::Partition { source: SourceId(0), topic: &topic(), partition: 0, event: PartitionEvent::Idle });
    bench.tick(3);
    assert_eq!(bench.samples("n").first().map(ToString::to_string).as_deref(), Some("1"));
}

#[test]
fn a_clock_that_goes_back_or_stands_changes_nothing() {
    let mut bench = Bench::new(plan(Vec::new(), Vec::new(), Vec::new()));
    bench.tick(10);
    bench.tick(3);
    bench.tick(10);
    assert_eq!(bench.engine.now(), at(10));
    bench.tick(10 + 400 * 86_400);
    assert_eq!(bench.engine.now(), at(10 + 400 * 86_400));
}

#[test]
fn commands_are_carried_out() {
    let rules = vec![rule("R", When::Expression { trigger: "v > 5".into(), clear: None })];
    let mut bench = Bench::new(plan(vec![metric("v", Measure::Last, &[], None)], Vec::new(), rules));
    bench.event(0, "x", 9.0);
    bench.feed(Input::Command(&Command::Acknowledge { id: 1, who: "me".into() }));
    bench.feed(Input::Command(&Command::Acknowledge { id: 99, who: "me".into() }));
    bench.feed(Input::Command(&Command::TestFire));
    let alert = bench.engine.alerts().get(1).unwrap();
    assert_eq!(alert.acknowledged.as_ref().map(|(who, _)| &**who), Some("me"));
    assert!(matches!(bench.effects.last(), Some(Effect::TestFire)));
}
