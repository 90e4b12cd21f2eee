//! A plan exchanged while the machine runs: what goes on, what begins anew, what ends and says why.

use super::*;
use crate::model::Command;
use proptest::prelude::*;

fn large(above: f64) -> DetectorSpec {
    detector("large", "threshold", DetectorOn::Metric("v".into()), &[("above", above)])
}

fn odd() -> DetectorSpec {
    let on = DetectorOn::Stream { stream: "s".into(), fields: vec!["v".into()], by: vec!["k".into()], filter: None, show: Vec::new() };
    detector("odd", "sigma", on, &[("k", 3.0), ("min", 5.0)])
}

fn raw() -> MetricSpec {
    metric("v", Measure::Last, &["k"], None)
}

fn base() -> Plan {
    let rules = vec![
        rule("Large", When::Detector("large".into())),
        rule("Many", When::Count { detector: "odd".into(), count: 1, within: Millis::from_secs(60) }),
        rule("High", When::Expression { trigger: "v > 50".into(), clear: Some("v < 20".into()) }),
    ];
    plan(vec![raw(), metric("n", Measure::Count, &[], Some(10))], vec![large(100.0), odd()], rules)
}

fn changed(bench: &mut Bench, plan: Plan) -> Vec<String> {
    let waiting = bench.engine.reconfigure(plan).expect("the plan compiles");
    bench.effects.extend(std::iter::from_fn(|| bench.engine.poll_effect()));
    waiting
}

/// A machine with usual values behind it, and one alert of each rule.
fn alarmed() -> Bench {
    let mut bench = Bench::new(base());
    for i in 0..20 {
        bench.event(i * 100, "x", 10.0 + (i % 3) as f64);
    }
    bench.event(2_000, "x", 500.0);
    bench.tick(3);
    assert_eq!(bench.moves().len(), 3, "{:?}", bench.moves());
    bench.feed(Input::Command(&Command::Acknowledge { id: 1, who: "me".into() }));
    bench.effects.clear();
    bench
}

fn active(bench: &Bench) -> Vec<(u64, String, bool)> {
    let mut all: Vec<_> = bench.engine.alerts().active().map(|a| (a.id, a.rule.to_string(), a.acknowledged.is_some())).collect();
    all.sort();
    all
}

#[test]
fn what_is_the_same_goes_on_beside_what_is_new() {
    let mut bench = alarmed();
    let before = active(&bench);
    let mut plan = base();
    plan.metrics.insert(0, metric("sum", Measure::Sum, &[], Some(10)));
    plan.detectors.insert(0, detector("low", "threshold", DetectorOn::Metric("v".into()), &[("below", 1.0)]));
    plan.rules.insert(0, rule("Low", When::Detector("low".into())));
    plan.rules.swap(1, 3);
    assert_eq!(changed(&mut bench, plan), Vec::<String>::new());
    assert_eq!(active(&bench), before, "ids and acknowledgement stay");
    assert!(bench.effects.is_empty(), "nothing is told twice");
    // The detector on events still knows what is usual, the new one judges the next value.
    bench.event(4_000, "x", 0.5);
    assert!(bench.moves().iter().any(|m| m.starts_with("Low ") && m.ends_with("inactive->firing")), "{:?}", bench.moves());
    assert_eq!(bench.engine.learning(10).1, 0, "nothing learns anew");
    // The window that was open counts all its events; the new metric counts from here on.
    bench.event(60_000, "x", 10.0);
    bench.tick(70);
    assert_eq!(bench.samples("n").first().map(ToString::to_string).as_deref(), Some("22"));
    assert_eq!(bench.samples("sum").first().map(ToString::to_string).as_deref(), Some("0.5"));
    assert!(bench.engine.counters().balanced());
}

#[test]
fn a_changed_detector_learns_anew_and_its_alert_ends_with_the_reason() {
    let mut bench = alarmed();
    let mut plan = base();
    plan.detectors[0] = large(1_000.0);
    changed(&mut bench, plan);
    assert_eq!(bench.moves(), ["Large v{k=\"x\"} firing->resolved"]);
    let last = bench.engine.alerts().recent().next_back().expect("a transition");
    assert_eq!(&*last.alert.why, "detector large was changed in the configuration");
    assert_eq!(active(&bench).len(), 2);
    bench.effects.clear();
    bench.event(4_000, "x", 500.0);
    assert!(!bench.moves().iter().any(|m| m.starts_with("Large")), "{:?}", bench.moves());
    bench.event(5_000, "x", 5_000.0);
    assert!(bench.moves().iter().any(|m| m.starts_with("Large") && m.ends_with("->firing")), "{:?}", bench.moves());
}

#[test]
fn what_is_removed_ends_and_its_series_vanish() {
    let mut bench = alarmed();
    let mut plan = base();
    plan.rules.retain(|r| *r.name == *"Many");
    plan.detectors.retain(|d| *d.name == *"odd");
    plan.metrics.remove(0);
    changed(&mut bench, plan);
    let mut moves = bench.moves();
    moves.sort();
    assert_eq!(moves, ["High v{k=\"x\"} firing->resolved", "Large v{k=\"x\"} firing->resolved"]);
    assert_eq!(bench.engine.store().of_metric("v").count(), 0);
    // And it comes back as at the start.
    changed(&mut bench, base());
    bench.event(4_000, "x", 500.0);
    assert_eq!(bench.engine.store().of_metric("v").count(), 1);
    assert!(active(&bench).iter().any(|(id, rule, seen)| *id > 3 && rule == "Large" && !seen), "{:?}", active(&bench));
}

#[test]
fn words_and_severity_change_on_the_alert_that_fires() {
    let mut bench = alarmed();
    let before = active(&bench);
    let mut plan = base();
    plan.rules[0].severity = Severity::Critical;
    plan.rules[0].annotations = vec![("summary".into(), "{value}".into())];
    changed(&mut bench, plan);
    let first = bench.engine.alerts().active().next().expect("an alert");
    let told = (&*first.rule, first.severity, first.annotations[0].1.as_ref());
    assert_eq!(told, ("Large", Severity::Critical, "500"), "the gravest comes first");
    assert_eq!(active(&bench), before);
    assert!(bench.moves().is_empty());
}

#[test]
fn sources_come_go_and_come_back() {
    let mut bench = alarmed();
    let mut plan = base();
    plan.sources.remove(0);
    plan.sources.push(SourcePlan { id: SourceId(2), name: "probe".into(), kind: "probe", stale_after: Millis::from_secs(5) });
    changed(&mut bench, plan);
    assert_eq!(bench.changes(), ["kafka connecting->ended", "kafka/t connecting->ended"]);
    bench.effects.clear();
    bench.feed(Input::Link { source: SourceId(2), topic: None, state: crate::model::LinkState::Up, detail: "" });
    bench.feed(Input::Readings { source: SourceId(2), at: at(4), readings: &[] });
    bench.feed(Input::Readings { source: SourceId(9), at: at(4), readings: &[] });
    assert_eq!(bench.changes(), ["probe connecting->up"]);
    changed(&mut bench, base());
    bench.event(5_000, "x", 1.0);
    assert!(bench.changes().contains(&"kafka ended->connecting".to_owned()), "{:?}", bench.changes());
    assert!(bench.engine.counters().balanced());
}

#[test]
fn a_plan_that_does_not_compile_changes_nothing() {
    let mut bench = alarmed();
    let before = (active(&bench), bench.engine.plan().clone());
    let mut plan = base();
    plan.rules.push(rule("Broken", When::Expression { trigger: "v >".into(), clear: None }));
    plan.metrics.clear();
    assert!(bench.engine.reconfigure(plan).is_err());
    assert_eq!((active(&bench), bench.engine.plan().clone()), before);
    let mut plan = base();
    plan.limits.anomalies = 7;
    assert_eq!(changed(&mut bench, plan), ["limits.anomalies changes at the next start"]);
}

/// All effects of some events; at each place named, one reload and one back.
fn told(events: &[(i64, u8, f64)], reloads: &[usize], between: &Plan) -> Vec<String> {
    let mut bench = Bench::new(base());
    let mut time = 0;
    for (n, (step, key, value)) in events.iter().enumerate() {
        time += step;
        bench.event(time, ["x", "y", "z"][usize::from(*key)], *value);
        if n % 5 == 4 {
            bench.tick(time / 1_000);
        }
        if reloads.contains(&n) {
            changed(&mut bench, between.clone());
            changed(&mut bench, base());
        }
    }
    bench.feed(Input::End);
    bench.effects.iter().map(|e| format!("{e:?}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn reloads_that_change_nothing_of_a_thing_change_nothing_it_does(
        events in proptest::collection::vec((0i64..3_000, 0u8..3, prop_oneof![4 => 0.0..30.0, 1 => 0.0..400.0]), 10..80),
        reloads in proptest::collection::vec(0usize..80, 0..4),
    ) {
        let plain = told(&events, &[], &base());
        prop_assert_eq!(&told(&events, &reloads, &base()), &plain);
        // Nor does what comes and goes beside it.
        let mut more = base();
        more.metrics.insert(0, metric("sum", Measure::Sum, &["k"], Some(10)));
        more.metrics.push(metric("m", Measure::Count, &[], Some(10)));
        more.detectors.insert(1, detector("low", "threshold", DetectorOn::Metric("none".into()), &[("below", 1.0)]));
        more.rules.insert(0, rule("Low", When::Detector("low".into())));
        prop_assert_eq!(told(&events, &reloads, &more), plain);
    }
}
