//! What detectors have learned, out of one machine and into another.

use super::*;
use crate::engine::Learned;
use crate::model::Command;

fn on_events(by: &[&str]) -> DetectorOn {
    let by = by.iter().map(|b| (*b).into()).collect();
    DetectorOn::Stream { stream: "s".into(), fields: vec!["v".into()], by, filter: None, show: Vec::new() }
}

fn everything() -> Plan {
    let metrics = vec![metric("v", Measure::Mean, &["k"], Some(1))];
    let detectors = vec![
        detector("series", "sigma", DetectorOn::Metric("v".into()), &[("min", 5.0)]),
        detector("events", "sigma", on_events(&["k"]), &[("min", 5.0), ("window", 20.0)]),
        detector("forest", "isolation-forest", on_events(&[]), &[("trees", 5.0), ("sample_size", 16.0), ("min", 8.0), ("refit", 8.0)]),
        detector("names", "test-names", DetectorOn::Metric("v".into()), &[]),
        detector("group", "test-odd-one", DetectorOn::Group { metric: "v".into(), by: Vec::new() }, &[]),
        detector("silence", "test-silence", on_events(&[]), &[("after", 100.0)]),
    ];
    plan(metrics, detectors, Vec::new())
}

fn feed(bench: &mut Bench, seconds: std::ops::Range<i64>) {
    for second in seconds {
        bench.tick(second);
        for (i, k) in ["a", "b", "c", "d"].iter().enumerate() {
            let v = if second % 17 == 16 && i == 1 { 90.0 } else { ((second * 7 + i as i64 * 3) % 11) as f64 };
            bench.event(second * 1_000 + i as i64, k, v);
        }
    }
}

/// Detector, moment and sentence of the anomalies.
fn told(bench: &Bench) -> Vec<String> {
    let line = |e: &Effect| if let Effect::Anomaly(a) = e { Some(format!("{} {} {}", a.detector, a.at.as_millis(), a.why)) } else { None };
    bench.effects.iter().filter_map(line).collect()
}

fn copy(learned: &Learned) -> Learned {
    serde_json::from_str(&serde_json::to_string(learned).unwrap()).unwrap()
}

#[test]
fn a_machine_that_was_restarted_finds_what_one_that_went_on_finds() {
    let mut whole = Bench::new(everything());
    feed(&mut whole, 0..60);
    let learned = whole.engine.save_detectors();
    assert_eq!(learned.left_out, 0);
    whole.effects.clear();
    feed(&mut whole, 60..120);
    let mut second = Bench::new(everything());
    for command in copy(&learned).commands().unwrap() {
        second.feed(Input::Command(&command));
    }
    assert!(!second.effects.iter().any(|e| matches!(e, Effect::Note(_))), "{:?}", second.effects);
    // It reads back some of what was learned before, and says nothing of it.
    feed(&mut second, 50..60);
    assert_eq!(told(&second), Vec::<String>::new());
    feed(&mut second, 60..120);
    assert_eq!(told(&second), told(&whole));
    assert!(told(&whole).len() > 8, "{:?}", told(&whole));
    // What nobody asked for is kept on.
    let again = Bench::new(everything());
    let mut waiting = Bench { engine: again.engine, effects: Vec::new(), offset: 0 };
    for command in copy(&learned).commands().unwrap() {
        waiting.feed(Input::Command(&command));
    }
    assert_eq!(waiting.engine.save_detectors().subjects(), learned.subjects());
}

#[test]
fn what_does_not_fit_is_named_and_learned_anew() {
    let mut bench = Bench::new(everything());
    feed(&mut bench, 0..60);
    let learned = bench.engine.save_detectors();
    let mut other = everything();
    other.detectors.remove(5);
    other.detectors[0].params.0.insert("k".to_owned(), ParamValue::Number(4.0));
    let mut second = Bench::new(other);
    for command in copy(&learned).commands().unwrap() {
        second.feed(Input::Command(&command));
    }
    let bad = r#"{"name":"events","definition":"sigma min=5 window=20 of stream s fields v by k where ","states":[{"subject":"s{k=\"a\"}","until":0,"learned":7}]}"#;
    second.feed(Input::Command(&Command::Restore { states: bad.into() }));
    second.feed(Input::Command(&Command::Restore { states: "{".into() }));
    second.event(0, "a", 1.0);
    let notes: Vec<String> =
        second.effects.iter().filter_map(|e| if let Effect::Note(n) = e { Some(n.to_string()) } else { None }).collect();
    assert_eq!(notes.len(), 4, "{notes:#?}");
    assert_eq!(
        notes[0],
        "detector series learns anew, for its definition changed: it was sigma min=5 of metric v and is sigma k=4 min=5 of metric v"
    );
    assert_eq!(notes[1], "what detector silence had learned is dropped: the configuration has no such detector");
    assert!(notes[2].starts_with("what a detector had learned cannot be read"), "{notes:?}");
    assert!(notes[3].starts_with("detector events learns s{k=\"a\"} anew: "), "{notes:?}");
}

#[test]
fn what_was_learned_of_a_metric_measured_in_another_way_is_dropped() {
    let mut bench = Bench::new(everything());
    feed(&mut bench, 0..60);
    let learned = bench.engine.save_detectors();
    let notes = |bench: &Bench| -> Vec<String> {
        bench.effects.iter().filter_map(|e| if let Effect::Note(n) = e { Some(n.to_string()) } else { None }).collect()
    };
    let mut sums = everything();
    sums.metrics[0].measure = Measure::Sum;
    let mut second = Bench::new(sums.clone());
    for command in copy(&learned).commands().unwrap() {
        second.feed(Input::Command(&command));
    }
    let of = |name: &str| format!("detector {name} learns v anew: it is measured in another way now");
    assert_eq!(notes(&second), [of("series"), of("names"), of("group")]);
    // The same where it is found out by a reload, before its series came.
    let mut third = Bench::new(everything());
    for command in copy(&learned).commands().unwrap() {
        third.feed(Input::Command(&command));
    }
    sums.detectors[1].params.0.insert("k".to_owned(), ParamValue::Number(4.0));
    third.engine.reconfigure(sums).unwrap();
    feed(&mut third, 60..63);
    assert!(third.engine.learning(99).0.iter().any(|l| &*l.detector == "series" && l.seen < 5), "{:?}", third.engine.learning(99));
    assert!(third.engine.learning(99).0.iter().any(|l| &*l.detector == "events" && l.seen < 5), "{:?}", third.engine.learning(99));
}

/// A console of eight hosts with an alert a week to give away: ten samples an hour.
fn hours(bench: &mut Bench, hours: std::ops::Range<i64>) {
    for sample in hours.start * 10..hours.end * 10 {
        let host = |i: i64| {
            let noise = crate::stats::random::scatter((sample * 8 + i) as u64) as f64 / u64::MAX as f64;
            let labels = vec![("host".into(), format!("h{i}").into())];
            crate::model::Reading { name: "load".into(), labels, value: 5.0 - noise.max(1e-9).ln(), unit: "1" }
        };
        let readings: Vec<_> = (0..8).map(host).collect();
        bench.feed(Input::Readings { source: SourceId(1), at: at(sample * 360), readings: &readings });
    }
}

#[test]
fn a_restart_does_not_forget_how_high_scores_are() {
    let on = DetectorOn::Metric("load".into());
    let group = DetectorOn::Group { metric: "load".into(), by: Vec::new() };
    let detectors = vec![
        detector("odd", "sigma", on.clone(), &[("min", 5.0)]),
        detector("limit", "threshold", on, &[("above", 50.0)]),
        detector("group", "peers", group, &[("min", 10.0)]),
    ];
    let mut plan = plan(Vec::new(), detectors, Vec::new());
    plan.limits.false_alerts = Some(1.0);
    let mut whole = Bench::new(plan.clone());
    hours(&mut whole, 0..100);
    let strict = whole.engine.strictness();
    assert!(strict[0].weekly.is_some() && strict[0].hours > 400, "{strict:?}");
    assert_eq!(strict[2].instances, 1, "{strict:?}");
    let learned = whole.engine.save_detectors();
    let mut second = Bench::new(plan.clone());
    for command in copy(&learned).commands().unwrap() {
        second.feed(Input::Command(&command));
    }
    assert!(!second.effects.iter().any(|e| matches!(e, Effect::Note(_))), "{:?}", second.effects);
    let known = |bench: &Bench| bench.engine.strictness().iter().map(|s| (s.instances, s.hours)).collect::<Vec<_>>();
    let of_those_that_follow = |list: Vec<(usize, u64)>| (list[0], list[2]);
    assert_eq!(of_those_that_follow(known(&second)), of_those_that_follow(known(&whole)), "before anything came");
    // The first that comes is judged as one of eight, and all by the same threshold.
    let one = vec![crate::model::Reading { name: "load".into(), labels: vec![("host".into(), "h0".into())], value: 6.0, unit: "1" }];
    let soon = at(100 * 3_600 - 100);
    for bench in [&mut whole, &mut second] {
        bench.feed(Input::Readings { source: SourceId(1), at: soon, readings: &one });
    }
    let judged = |bench: &Bench| bench.engine.strictness().remove(0);
    assert_eq!((judged(&second).instances, judged(&second).weekly), (judged(&whole).instances, judged(&whole).weekly));
    // Saved once more before anything is known anew, nothing is lost; and what is no history is named.
    let again = second.engine.save_detectors();
    let scores = |l: &Learned| serde_json::to_value(l).unwrap()["detectors"][0]["scores"].clone();
    assert_eq!(scores(&again), scores(&learned));
    let mut third = Bench::new(plan);
    let text = serde_json::to_value(&learned).unwrap()["detectors"][0].to_string().replace("\"places\"", "\"place\"");
    third.feed(Input::Command(&Command::Restore { states: text.into() }));
    let notes: Vec<_> = third.effects.iter().filter_map(|e| if let Effect::Note(n) = e { Some(n.to_string()) } else { None }).collect();
    assert_eq!(notes, ["detector odd learns anew how high its scores are: what was kept is something else"]);
    assert_eq!(third.engine.strictness()[0].hours, 0);
}
