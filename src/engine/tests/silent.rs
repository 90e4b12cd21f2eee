//! Many that fall silent: one row and one page for what they have in common.

use super::*;
use crate::model::{Command, PartitionEvent, Pattern, Reading};

fn absence(name: &str, on: DetectorOn) -> DetectorSpec {
    detector(name, "absence", on, &[])
}

fn on_keys(by: &[&str]) -> DetectorOn {
    let by = by.iter().map(|b| (*b).into()).collect();
    DetectorOn::Stream { stream: "s".into(), fields: Vec::new(), by, filter: None, show: Vec::new() }
}

fn by_detector(name: &str) -> When {
    When::Detector(name.into())
}

/// Rows: detector, subject, sentence.
fn rows(bench: &Bench) -> Vec<String> {
    bench.engine.anomalies().iter().map(|a| format!("{} {}: {}", a.detector, a.subject, a.why)).collect()
}

/// Second by second: every key that `lives` sends an event.
fn run(bench: &mut Bench, seconds: std::ops::Range<i64>, keys: i64, lives: impl Fn(i64) -> bool) {
    for second in seconds {
        for k in (0..keys).filter(|k| lives(*k)) {
            bench.record("t", &format!("{{\"ts\":{},\"k\":\"k{k}\",\"host\":\"web-{}\",\"v\":1}}", START + second * 1_000 + k, k % 5));
        }
        bench.tick(second);
    }
}

#[test]
fn a_dead_topic_of_fifty_keys_is_one_row_and_one_page() {
    let metrics = vec![metric("n", Measure::Count, &["k"], Some(1))];
    let detectors = vec![absence("gone", DetectorOn::Metric("n".into()))];
    let mut bench = Bench::new(plan(metrics, detectors, vec![rule("Gone", by_detector("gone"))]));
    run(&mut bench, 0..60, 50, |_| true);
    assert_eq!(rows(&bench), Vec::<String>::new());
    run(&mut bench, 60..120, 50, |_| false);
    let told = rows(&bench);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("gone s: nothing from s for "), "{told:?}");
    assert!(told[0].contains("50 series silent since 16:00 UTC: k=k0, k=k1, k=k10 and 47 more"), "{told:?}");
    assert_eq!(bench.moves(), ["Gone s inactive->firing"]);
    let row = bench.engine.anomalies().iter().next().unwrap();
    assert_eq!((row.pattern, row.contributions.len()), (Pattern::Missing, 50), "every member can be looked up");
    assert!(row.last_at.since(row.at) > Millis::from_secs(50), "{}", row.last_at.since(row.at));
    // It comes back, but for three: each is one thing, as nothing else died with it.
    run(&mut bench, 120..200, 50, |k| k > 2);
    let told = rows(&bench);
    assert_eq!(bench.moves()[1], "Gone s firing->resolved");
    assert!((2..=4).contains(&told.len()), "{told:#?}");
    assert!(told[1..].iter().all(|row| row.contains("k=\"k") || row.contains("3 of 50")), "{told:#?}");
    run(&mut bench, 200..230, 50, |_| true);
    assert_eq!(bench.engine.alerts().active().count(), 0, "{:?}", bench.moves());
}

#[test]
fn a_host_that_dies_is_one_row_for_the_label_that_explains_it() {
    let metrics = vec![metric("n", Measure::Last, &["host", "k"], Some(1))];
    let detectors = vec![absence("gone", DetectorOn::Metric("n".into()))];
    let mut bench = Bench::new(plan(metrics, detectors, vec![rule("Gone", by_detector("gone"))]));
    run(&mut bench, 0..60, 60, |_| true);
    run(&mut bench, 60..100, 60, |k| k % 5 != 3);
    let told = rows(&bench);
    assert_eq!(told.len(), 1, "{told:#?}");
    let sentence = "gone n{host=\"web-3\"}: host=web-3: 12 series of n silent since 16:00 UTC, 48 live: k=k13, k=k18, k=k23 and 9 more";
    assert_eq!(told[0], sentence);
    assert_eq!(bench.moves(), ["Gone n{host=\"web-3\"} inactive->firing"]);
    // Then all dies: one more row, of those that lived until then.
    run(&mut bench, 100..140, 60, |_| false);
    assert_eq!(rows(&bench).len(), 2, "{:#?}", rows(&bench));
    assert!(rows(&bench)[1].contains("48 series silent"), "{:?}", rows(&bench));
    run(&mut bench, 140..170, 60, |_| true);
    assert_eq!(bench.engine.alerts().active().count(), 0, "{:?}", bench.moves());
    assert_eq!(bench.moves().len(), 4, "{:?}", bench.moves());
}

#[test]
fn single_keys_are_told_by_themselves_and_keys_without_a_label_in_common_together() {
    let detectors = vec![absence("gone", on_keys(&["k"]))];
    let mut bench = Bench::new(plan(Vec::new(), detectors, vec![rule("Gone", by_detector("gone"))]));
    run(&mut bench, 0..60, 40, |_| true);
    run(&mut bench, 60..80, 40, |k| k != 7);
    assert_eq!(bench.moves(), ["Gone s{k=\"k7\"} inactive->firing"]);
    // Every tenth, as when a partition is lost.
    run(&mut bench, 80..100, 40, |k| k != 7 && k % 10 != 2);
    assert_eq!(bench.moves()[1..], ["Gone s{k=\"*\"} inactive->firing"]);
    assert!(rows(&bench)[1].contains("4 of 39 keys of s fell silent together at 16:01 UTC: k=k12"), "{:?}", rows(&bench));
    run(&mut bench, 100..110, 40, |_| true);
    assert_eq!(bench.engine.alerts().active().count(), 0, "{:?}", bench.moves());
    // All at once; the topic's own detector tells the same, and there is one row for both.
    let both = vec![absence("whole", on_keys(&[])), absence("gone", on_keys(&["k"]))];
    let mut bench = Bench::new(plan(Vec::new(), both, vec![rule("Gone", by_detector("gone")), rule("Whole", by_detector("whole"))]));
    run(&mut bench, 0..60, 40, |_| true);
    run(&mut bench, 60..100, 40, |_| false);
    assert_eq!(rows(&bench).len(), 1, "{:#?}", rows(&bench));
    let mut moves = bench.moves();
    moves.sort();
    assert_eq!(moves, ["Gone s inactive->firing", "Whole s inactive->firing"]);
}

#[test]
fn a_source_that_measures_itself_and_stops_is_one_row() {
    let detectors = vec![absence("gone", DetectorOn::Metric("system.*".into()))];
    let mut bench = Bench::new(plan(Vec::new(), detectors, vec![rule("Gone", by_detector("gone"))]));
    for second in 0..100 {
        let reading = |i: i64| Reading {
            name: format!("system.m{}", i % 3).into(),
            labels: vec![("cpu".into(), format!("{i}").into())],
            value: 1.0,
            unit: "1",
        };
        let readings: Vec<_> = (0..30).map(reading).collect();
        if second < 60 {
            bench.feed(Input::Readings { source: SourceId(1), at: at(second), readings: &readings });
        }
        bench.tick(second);
    }
    let told = rows(&bench);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("gone host: nothing from host for ") && told[0].contains("30 series"), "{told:?}");
    assert_eq!(bench.moves(), ["Gone host inactive->firing"]);
}

#[test]
fn an_outage_that_is_accepted_is_over_for_all_of_its_members() {
    let metrics = vec![metric("n", Measure::Count, &["k"], Some(1))];
    let detectors = vec![absence("gone", DetectorOn::Metric("n".into()))];
    let mut bench = Bench::new(plan(metrics, detectors, vec![rule("Gone", by_detector("gone"))]));
    run(&mut bench, 0..60, 10, |_| true);
    run(&mut bench, 60..80, 10, |_| false);
    assert_eq!(bench.moves().len(), 1);
    bench.feed(Input::Command(&Command::AcceptAnomaly(1)));
    run(&mut bench, 80..110, 10, |_| false);
    assert_eq!(bench.moves(), ["Gone s inactive->firing", "Gone s firing->resolved"]);
    assert_eq!(rows(&bench).len(), 1);
}

#[test]
fn a_reload_keeps_the_row_and_the_page() {
    let metrics = vec![metric("n", Measure::Count, &["k"], Some(1))];
    let detectors = vec![absence("gone", DetectorOn::Metric("n".into()))];
    let first = plan(metrics.clone(), detectors.clone(), vec![rule("Gone", by_detector("gone"))]);
    let mut bench = Bench::new(first.clone());
    run(&mut bench, 0..60, 10, |_| true);
    run(&mut bench, 60..80, 10, |_| false);
    let mut second = first;
    second.detectors.insert(0, detector("high", "threshold", DetectorOn::Metric("n".into()), &[("above", 1e9)]));
    bench.engine.reconfigure(second).unwrap();
    run(&mut bench, 80..100, 10, |_| false);
    assert_eq!((bench.moves(), rows(&bench).len()), (vec!["Gone s inactive->firing".to_owned()], 1));
    run(&mut bench, 100..120, 10, |_| true);
    assert_eq!(bench.moves(), ["Gone s inactive->firing", "Gone s firing->resolved"]);
}

#[test]
fn partitions_that_read_back_in_turn_teach_no_intervals() {
    let mut bench = Bench::new(plan(Vec::new(), vec![absence("gone", on_keys(&[]))], Vec::new()));
    let topic: Arc<str> = "t".into();
    let partition = |bench: &mut Bench, partition: i32, event: PartitionEvent| {
        bench.feed(Input::Partition { source: SourceId(0), topic: &topic, partition, event });
    };
    for number in 0..2 {
        partition(&mut bench, number, PartitionEvent::Assigned { position: 0, end: 40 });
    }
    // An event came each half minute; each partition has every other one, and gives all it has at once.
    for number in 0..2 {
        for offset in 0..40 {
            let payload = format!("{{\"ts\":{}}}", START + (offset * 60 + i64::from(number) * 30 - 2_400) * 1_000);
            bench.feed(Input::Record(RecordRef::plain(SourceId(0), &topic, number, offset, Some(payload.as_bytes()))));
        }
    }
    bench.tick(1);
    partition(&mut bench, 1, PartitionEvent::Idle);
    for second in 2..80 {
        let payload = format!("{{\"ts\":{}}}", START + second * 1_000);
        bench.feed(Input::Record(RecordRef::plain(SourceId(0), &topic, 0, 40 + second, Some(payload.as_bytes()))));
        bench.tick(second);
    }
    assert_eq!(rows(&bench), Vec::<String>::new());
    (80..95).for_each(|second| bench.tick(second));
    assert_eq!(rows(&bench).len(), 1, "what comes each second is missed within seconds: {:?}", rows(&bench));
}
