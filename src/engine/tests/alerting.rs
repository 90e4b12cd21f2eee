//! Alerts, out of one machine and into another: what rang rings nobody twice.

use super::*;
use crate::engine::KeptAlerts;
use crate::model::Command;

fn expression(trigger: &str) -> When {
    When::Expression { trigger: trigger.into(), clear: None }
}

/// Another machine for `plan` that takes up what `first` knows, after a minute.
fn restarted(first: &Bench, plan: Plan) -> Bench {
    let mut second = Bench { engine: Engine::new(plan).0, effects: Vec::new(), offset: 0 };
    let text = serde_json::to_string(&first.engine.save_alerts()).unwrap();
    let kept: KeptAlerts = serde_json::from_str(&text).unwrap();
    let learned = first.engine.save_detectors().commands().unwrap();
    for command in kept.commands(Millis::from_secs(60)).unwrap().iter().chain(&learned) {
        second.feed(Input::Command(command));
    }
    second
}

/// Id, subject, state, begin and by whom it is looked at.
fn active(bench: &Bench) -> Vec<(u64, String, &'static str, Timestamp, bool)> {
    let of = |a: &crate::alert::Alert| (a.id, a.subject.to_string(), a.state.word(), a.active_since, a.acknowledged.is_some());
    bench.engine.alerts().active().map(of).collect()
}

fn notes(bench: &Bench) -> Vec<String> {
    bench.effects.iter().filter_map(|e| if let Effect::Note(n) = e { Some(n.to_string()) } else { None }).collect()
}

/// Two keys second by second: `v` of the first, 1 of the other.
fn feed(bench: &mut Bench, seconds: std::ops::Range<i64>, v: impl Fn(i64) -> f64) {
    for second in seconds {
        bench.tick(second);
        bench.event(second * 1_000, "a", v(second));
        bench.event(second * 1_000, "b", 1.0);
    }
}

fn trouble(second: i64) -> f64 {
    if (10..14).contains(&second) || (20..100).contains(&second) { 90.0 } else { 1.0 + (second % 3) as f64 }
}

fn rung() -> Plan {
    let detectors = vec![detector("odd", "threshold", DetectorOn::Metric("v".into()), &[("above", 50.0)])];
    let rules = vec![
        rule("Odd", When::Detector("odd".into())),
        rule("High", expression("v > 50")),
        RuleSpec { hold_for: Millis::from_secs(30), ..rule("Long", expression("v > 60")) },
        rule("Often", When::Share { detector: "odd".into(), share: 0.5, last: 4 }),
    ];
    plan(vec![metric("v", Measure::Last, &["k"], None)], detectors, rules)
}

#[test]
fn alerts_go_on_over_a_restart_as_if_there_was_none() {
    let mut whole = Bench::new(rung());
    feed(&mut whole, 0..40, trouble);
    whole.feed(Input::Command(&Command::Acknowledge { id: active(&whole)[0].0, who: "ada".into() }));
    let stood = active(&whole);
    assert_eq!(stood.iter().map(|a| a.2).collect::<Vec<_>>(), ["firing", "firing", "firing", "pending"]);
    let mut second = restarted(&whole, rung());
    assert_eq!(active(&second), stood, "before anything came");
    whole.effects.clear();
    feed(&mut whole, 40..130, trouble);
    // All is read back once more, with an alert that was over before the restart.
    feed(&mut second, 0..130, trouble);
    assert_eq!(notes(&second), Vec::<String>::new());
    assert_eq!(second.moves(), whole.moves());
    assert!(second.moves().contains(&"Odd v{k=\"a\"} firing->resolved".to_owned()), "{:?}", second.moves());
    assert!(second.moves().contains(&"Long v{k=\"a\"} pending->firing".to_owned()), "{:?}", second.moves());
    // The next one has a number of its own.
    let mut third = restarted(&second, rung());
    feed(&mut third, 130..132, |_| 90.0);
    assert!(active(&third).iter().all(|a| a.0 > stood.iter().map(|a| a.0).max().unwrap()), "{:?}", active(&third));
}

#[test]
fn alerts_of_rules_that_were_changed_are_dropped_and_named() {
    let mut first = Bench::new(rung());
    feed(&mut first, 0..40, trouble);
    let mut other = rung();
    other.detectors[0].params.0.insert("above".to_owned(), ParamValue::Number(60.0));
    other.rules.retain(|r| &*r.name != "Long");
    let mut second = restarted(&first, other);
    assert_eq!(active(&second).iter().map(|a| a.1.clone()).collect::<Vec<_>>(), ["v{k=\"a\"}"]);
    let told = notes(&second);
    assert_eq!(told.len(), 4, "{told:#?}");
    assert_eq!(
        told[0],
        "the alert Odd v{k=\"a\"}, firing since 2025-11-24 16:00:20 UTC, is not taken up: what its rule rests on was changed"
    );
    assert!(told[1..].iter().any(|t| t.contains("Long") && t.ends_with("there is no such rule any more")), "{told:#?}");
    second.feed(Input::Command(&Command::Restore { states: "{\"alerts\":[7]}".into() }));
    assert!(notes(&second)[4].starts_with("alerts that were kept cannot be read: "), "{:?}", notes(&second));
}

#[test]
fn what_does_not_come_again_is_stale_and_ends_after_a_day() {
    let mut first = Bench::new(rung());
    feed(&mut first, 0..40, trouble);
    let mut second = restarted(&first, rung());
    second.tick(100);
    second.tick(170);
    assert_eq!(active(&second)[0].2, "stale");
    second.tick(100 + 86_402);
    assert_eq!(active(&second), []);
    assert!(second.moves().contains(&"Odd v{k=\"a\"} stale->resolved".to_owned()), "{:?}", second.moves());
}

/// Fifty keys that come every second until `dies`.
fn fifty(bench: &mut Bench, seconds: std::ops::Range<i64>, lives: impl Fn(i64) -> bool) {
    for second in seconds {
        for k in 0..if lives(second) { 50 } else { 0 } {
            bench.event(second * 1_000 + k, &format!("k{k}"), 1.0);
        }
        bench.tick(second);
    }
}

#[test]
fn a_topic_that_was_dead_before_the_restart_does_not_ring_again() {
    let dead = || {
        let detectors = vec![detector("gone", "absence", DetectorOn::Metric("n".into()), &[])];
        plan(vec![metric("n", Measure::Last, &["k"], Some(1))], detectors, vec![rule("Gone", When::Detector("gone".into()))])
    };
    let mut first = Bench::new(dead());
    fifty(&mut first, 0..80, |second| second < 60);
    let stood = active(&first);
    assert_eq!((stood.len(), &*stood[0].1), (1, "s"));
    for back in [false, true] {
        // Still dead, with and without what is read back; then it lives.
        let mut second = restarted(&first, dead());
        fifty(&mut second, if back { 50..300 } else { 100..300 }, |second| second < 60);
        assert_eq!((active(&second), second.moves()), (stood.clone(), Vec::new()), "{back}");
        fifty(&mut second, 300..320, |_| true);
        assert_eq!(second.moves(), ["Gone s firing->resolved"]);
        // Alive again at once.
        let mut third = restarted(&first, dead());
        fifty(&mut third, 100..120, |_| true);
        assert_eq!(third.moves(), ["Gone s firing->resolved"]);
    }
}

#[test]
fn a_recording_over_the_restart_says_the_same_twice() {
    let mut first = Bench::new(rung());
    feed(&mut first, 0..40, trouble);
    let again = || {
        let mut bench = restarted(&first, rung());
        feed(&mut bench, 30..130, trouble);
        bench.effects.iter().map(|e| format!("{e:?}")).collect::<Vec<_>>()
    };
    assert_eq!(again(), again());
}
