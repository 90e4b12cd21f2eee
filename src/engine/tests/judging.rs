//! Detectors and rules over samples and events, as the machine joins them.

use super::*;
use crate::model::{FieldText, Reading};

fn on_metric(name: &str) -> DetectorOn {
    DetectorOn::Metric(name.into())
}

fn on_events(by: &[&str], show: &[&str]) -> DetectorOn {
    let list = |paths: &[&str]| paths.iter().map(|p| (*p).into()).collect();
    DetectorOn::Stream { stream: "s".into(), fields: vec!["v".into()], by: list(by), filter: None, show: list(show) }
}

fn expression(trigger: &str) -> When {
    When::Expression { trigger: trigger.into(), clear: None }
}

#[test]
fn an_expression_sees_windows_that_end_together_together() {
    // Windows of two and of four seconds. From second 10 to 12 the rule holds: `a` is known by then, `b` not yet.
    let rules = vec![rule("R", expression("b > 10 and a < 5"))];
    let metrics = vec![metric("a", Measure::Mean, &[], Some(2)), metric("b", Measure::Mean, &[], Some(4))];
    let plan = plan(metrics, Vec::new(), rules);
    let (mut slow, mut leaping) = (Bench::new(plan.clone()), Bench::new(plan));
    let events = [(0, 12.0), (2_500, 12.0), (8_000, 2.0), (10_500, 6.0), (13_000, 7.0)];
    for (ms, v) in events {
        slow.event(ms, "x", v);
    }
    // The same events, the ends of the first and second windows passed in one leap of the watermark.
    let topic: Arc<str> = "t".into();
    for event in [crate::model::PartitionEvent::Assigned { position: 0, end: 1 }, crate::model::PartitionEvent::Idle] {
        if event == crate::model::PartitionEvent::Idle {
            for (ms, v) in events {
                leaping.event(ms, "x", v);
            }
        }
        leaping.feed(Input::Partition { source: SourceId(0), topic: &topic, partition: 7, event });
    }
    slow.feed(Input::End);
    leaping.feed(Input::End);
    assert_eq!(slow.samples("a"), leaping.samples("a"));
    assert_eq!(slow.samples("b"), leaping.samples("b"));
    assert_eq!(slow.moves(), leaping.moves());
    assert_eq!(slow.moves().len(), 2, "{:?}", slow.moves());
}

#[test]
fn what_is_pending_is_not_learned() {
    let detectors = vec![detector("odd", "sigma", on_metric("v"), &[("k", 4.0), ("min", 8.0)])];
    let rules = vec![RuleSpec { hold_for: Millis::from_secs(30), ..rule("Odd", When::Detector("odd".into())) }];
    let mut bench = Bench::new(plan(vec![metric("v", Measure::Last, &[], None)], detectors, rules));
    for second in 0..120 {
        let v = if second < 60 { 10.0 + (second % 3) as f64 } else { 400.0 };
        bench.event(second * 1_000, "x", v);
    }
    assert_eq!(bench.moves(), ["Odd v inactive->pending", "Odd v pending->firing"]);
}

#[test]
fn a_rule_with_an_expression_holds_back_the_detectors_of_its_series() {
    let sigma =
        DetectorSpec { accept_after: Millis::from_secs(40), ..detector("odd", "sigma", on_metric("v"), &[("k", 4.0), ("min", 8.0)]) };
    let told = |rules: Vec<RuleSpec>| {
        let mut bench = Bench::new(plan(vec![metric("v", Measure::Last, &["k"], None)], vec![sigma.clone()], rules));
        for second in 0..160 {
            let v = if (60..155).contains(&second) { 400.0 } else { 10.0 + (second % 3) as f64 };
            bench.event(second * 1_000, "x", v);
            // Another series stays below what the rule asks for, and learns on.
            bench.event(second * 1_000, "y", if second < 60 { v } else { 90.0 });
        }
        let of = |k: &str| {
            let of = |e: &&Effect| matches!(e, Effect::Anomaly(a) if a.subject.labels().get("k") == Some(k));
            bench.effects.iter().filter(of).count()
        };
        (of("x"), of("y"))
    };
    let (alone, other) = told(Vec::new());
    assert!((1..10).contains(&alone) && (1..10).contains(&other), "{alone} {other}");
    let (held, same) = told(vec![rule("High", expression("v > 300"))]);
    assert!((40..60).contains(&held) && same == other, "until it is accepted: {held}, {same}");
    assert_eq!(told(vec![rule("Low", expression("v > 1000"))]), (alone, other));
}

#[test]
fn each_key_is_judged_by_itself_and_tells_what_was_asked_for() {
    let detectors = vec![detector("odd", "threshold", on_events(&["k"], &["v", "k", "none"]), &[("above", 5.0)])];
    let rules = vec![rule("Odd", When::Count { detector: "odd".into(), count: 2, within: Millis::from_secs(10) })];
    let mut bench = Bench::new(plan(Vec::new(), detectors, rules));
    for (second, k, v) in [(0, "a", 9.0), (1, "b", 9.0), (2, "a", 1.0), (3, "a", 8.0)] {
        bench.event(second * 1_000, k, v);
    }
    assert_eq!(bench.moves(), ["Odd s{k=\"a\"} inactive->firing"]);
    let row = bench.engine.anomalies().get(1).unwrap();
    let fields: Vec<(&str, &FieldText)> = row.fields.iter().map(|(n, v)| (&**n, v)).collect();
    assert_eq!(fields, [("v", &FieldText::Number(9.0)), ("k", &FieldText::Text("a".into())), ("none", &FieldText::Missing)]);
    assert_eq!(row.position.as_ref().unwrap().to_string(), "t[0]@0");
    // Its hold ends with event time alone, when other keys go on.
    bench.event(9_000, "b", 1.0);
    bench.tick(1);
    assert_eq!(bench.moves().len(), 2, "{:?}", bench.moves());
}

#[test]
fn an_odd_event_is_marked_on_its_own_raw_series_and_no_other() {
    let detectors = vec![detector("odd", "threshold", on_events(&["k"], &[]), &[("above", 5.0)])];
    let metrics = vec![metric("raw", Measure::Last, &["k"], None), metric("mean", Measure::Mean, &["k"], Some(1))];
    let mut bench = Bench::new(plan(metrics, detectors, Vec::new()));
    for (second, k, v) in [(0, "a", 1.0), (1, "a", 9.0), (2, "b", 2.0), (3, "a", 3.0)] {
        bench.event(second * 1_000, k, v);
    }
    let store = bench.engine.store();
    let flags = |name: &str| -> Vec<(f64, bool)> {
        let mut tail = Vec::new();
        store
            .of_metric(name)
            .flat_map(|id| {
                store.tail(id, 10, &mut tail);
                tail.iter().map(|(s, flagged)| (s.value, *flagged)).collect::<Vec<_>>()
            })
            .collect()
    };
    assert_eq!(flags("raw"), [(1.0, false), (9.0, true), (3.0, false), (2.0, false)]);
    assert!(flags("mean").iter().all(|(_, flagged)| !flagged), "a window is not the event");
}

#[test]
fn keys_beyond_the_limit_share_a_detector() {
    let mut odd = detector("odd", "threshold", on_events(&["k"], &[]), &[("above", 5.0)]);
    odd.keys_max = 2;
    let mut bench = Bench::new(plan(Vec::new(), vec![odd], Vec::new()));
    for (i, k) in ["a", "b", "c", "d", "a"].iter().enumerate() {
        bench.event(i as i64 * 1_000, k, 9.0);
    }
    let subjects: Vec<String> =
        bench.effects.iter().filter_map(|e| if let Effect::Anomaly(a) = e { Some(a.subject.to_string()) } else { None }).collect();
    assert_eq!(subjects, ["s{k=\"a\"}", "s{k=\"b\"}", "s{k=\"other\"}", "s{k=\"other\"}", "s{k=\"a\"}"]);
}

#[test]
fn an_alert_whose_data_stop_is_stale_and_not_resolved() {
    let rules = vec![RuleSpec { stale_after: Millis::from_secs(20), ..rule("Cpu", expression("system.cpu.utilization > 0.9")) }];
    let mut bench = Bench::new(plan(Vec::new(), Vec::new(), rules));
    let cpu = |bench: &mut Bench, second: i64, value: f64| {
        let reading = Reading { name: "system.cpu.utilization".into(), labels: Vec::new(), value, unit: "1" };
        bench.feed(Input::Readings { source: SourceId(1), at: at(second), readings: &[reading] });
        bench.tick(second);
    };
    cpu(&mut bench, 1, 0.95);
    cpu(&mut bench, 2, f64::NAN);
    bench.tick(60);
    cpu(&mut bench, 61, 0.97);
    cpu(&mut bench, 62, 0.2);
    let moves: Vec<String> = bench.moves().iter().map(|m| m.rsplit(' ').next().unwrap().to_owned()).collect();
    assert_eq!(moves, ["inactive->firing", "firing->stale", "stale->firing", "firing->resolved"]);
}

#[test]
fn a_deviation_is_explained_by_the_labels_that_carry_it() {
    let mut failures = metric("n", Measure::Count, &[], Some(1));
    failures.explain_by = vec!["k".into()];
    let detectors = vec![detector("odd", "threshold", on_metric("n"), &[("above", 8.0)])];
    let mut bench = Bench::new(plan(vec![failures], detectors, Vec::new()));
    for second in 0..12 {
        for i in 0..if second == 10 { 20 } else { 4 } {
            bench.event(second * 1_000, if i % 2 == 0 && i < 4 { "a" } else { "b" }, 1.0);
        }
    }
    bench.feed(Input::End);
    let row = bench.engine.anomalies().get(1).unwrap();
    assert!(row.why.ends_with("; 100 % of it is k=b"), "{}", row.why);
    assert_eq!(row.contributions.len(), 1);
    assert_eq!(bench.engine.store().iter().count(), 1, "parts are no series");
}
