//! What detectors are shown: names, groups, other detectors' scores, and silence.

use super::*;
use crate::model::{Anomaly, Command, FieldText, Reading};

fn on_metric(name: &str) -> DetectorOn {
    DetectorOn::Metric(name.into())
}

fn on_events(fields: &[&str], by: &[&str]) -> DetectorOn {
    let list = |paths: &[&str]| paths.iter().map(|p| (*p).into()).collect();
    DetectorOn::Stream { stream: "s".into(), fields: list(fields), by: list(by), filter: None, show: Vec::new() }
}

impl Bench {
    fn found(&self) -> Vec<&Anomaly> {
        self.effects.iter().filter_map(|e| if let Effect::Anomaly(a) = e { Some(&**a) } else { None }).collect()
    }

    /// Detector, subject and sentence of each anomaly.
    fn told(&self) -> Vec<String> {
        self.found().iter().map(|a| format!("{} {}: {}", a.detector, a.subject, a.why)).collect()
    }

    fn reading(&mut self, second: i64, values: &[(&str, &str, f64)]) {
        let of = |(name, host, value): &(&str, &str, f64)| Reading {
            name: (*name).into(),
            labels: vec![("host".into(), (*host).into())],
            value: *value,
            unit: "1",
        };
        let readings: Vec<Reading> = values.iter().map(of).collect();
        self.feed(Input::Readings { source: SourceId(1), at: at(second), readings: &readings });
    }
}

#[test]
fn a_field_that_is_a_name_is_judged_by_key() {
    let detectors = vec![detector("new", "test-names", on_events(&["status", "v"], &["k"]), &[])];
    let mut bench = Bench::new(plan(Vec::new(), detectors, Vec::new()));
    for (i, status) in ["a", "b", "c", "a", "odd", "odd"].iter().enumerate() {
        bench.record("t", &format!("{{\"ts\":{},\"k\":\"x\",\"v\":1,\"status\":\"{status}\"}}", START + i as i64 * 1_000));
    }
    bench.event(9_000, "x", 2.0);
    bench.record("t", &format!("{{\"ts\":{},\"k\":\"x\"}}", START + 10_000));
    assert_eq!(
        bench.told(),
        ["new s{k=\"x\"}: status odd, 1 of k x scores 0.9, above 0.5", "new s{k=\"x\"}: status , 2 of k x scores 0.9, above 0.5"]
    );
    let first = bench.found()[0];
    assert_eq!(first.fields, [("status, v".into(), FieldText::Text("odd, 1".into()))]);
    assert_eq!(first.position.as_ref().unwrap().offset, 4);
}

#[test]
fn a_metrics_series_are_names_to_one_detector() {
    let detectors = vec![detector("new", "test-names", on_metric("n"), &[("after", 8.0)])];
    let rules = vec![rule("New", When::Detector("new".into()))];
    let mut bench = Bench::new(plan(vec![metric("n", Measure::Count, &["k"], Some(1))], detectors, rules));
    for second in 0..6 {
        bench.tick(second);
        for k in ["a", "b", "c"] {
            bench.event(second * 1_000, k, 1.0);
        }
    }
    bench.event(6_000, "d", 1.0);
    bench.event(7_000, "d", 1.0);
    bench.event(8_000, "a", 1.0);
    let line = "new n{k=\"d\"}: n k=d of k d scores 0.9, above 0.5";
    assert_eq!(bench.told(), [line, line], "not learned while it fires");
    assert_eq!(bench.moves(), ["New n{k=\"d\"} inactive->firing"]);
    bench.feed(Input::Command(&Command::AcceptAnomaly(1)));
    bench.event(9_000, "d", 1.0);
    bench.event(10_000, "d", 1.0);
    bench.event(11_000, "a", 1.0);
    assert_eq!(bench.moves().last().unwrap(), "New n{k=\"d\"} firing->resolved");
}

#[test]
fn series_of_one_moment_make_a_group() {
    let on = DetectorOn::Group { metric: "m".into(), by: vec!["r".into()] };
    let detectors = vec![detector("peers", "test-odd-one", on, &[])];
    let rules = vec![rule("Odd", When::Detector("peers".into()))];
    let mut bench = Bench::new(plan(vec![metric("m", Measure::Mean, &["r", "k"], Some(1))], detectors, rules));
    for second in 0..4 {
        for (r, k, v) in [("eu", "a", 1.0), ("eu", "b", 2.0), ("eu", "c", if second == 2 { 90.0 } else { 3.0 }), ("us", "a", 500.0)] {
            bench.record("t", &format!("{{\"ts\":{},\"r\":\"{r}\",\"k\":\"{k}\",\"v\":{v}}}", START + second * 1_000));
        }
    }
    bench.feed(Input::End);
    assert_eq!(bench.told(), ["peers m{r=\"eu\"}: k=c 90 of r eu scores 0.9, above 0.5; 90 % of it is k=c"]);
    assert_eq!(bench.moves(), ["Odd m{r=\"eu\"} inactive->firing", "Odd m{r=\"eu\"} firing->resolved"]);
    let found = bench.found()[0];
    assert_eq!((found.value, found.at, found.contributions.len()), (90.0, at(2), 1));
}

#[test]
fn readings_that_come_one_by_one_make_a_moment_when_all_have_come() {
    let on = DetectorOn::Group { metric: "load".into(), by: Vec::new() };
    let mut bench = Bench::new(plan(Vec::new(), vec![detector("peers", "test-odd-one", on, &[])], Vec::new()));
    for round in 0..6 {
        for (i, host) in ["a", "b", "c", "d"].iter().enumerate() {
            // One falls silent, and is waited for no more than two rounds.
            if !(*host == "d" && round > 1) {
                let value = if round == 4 && *host == "b" { 99.0 } else { 1.0 };
                bench.reading(round * 10 + i as i64, &[("load", host, value)]);
            }
        }
    }
    assert_eq!(bench.told(), ["peers load: host=b 9,900 % scores 0.9, above 0.5; 90 % of it is host=b"]);
}

#[test]
fn scores_of_another_detector_vote() {
    let votes = DetectorOn::Detector { of: "odd".into(), by: vec!["host".into()] };
    let detectors = vec![detector("host", "test-share", votes, &[]), detector("odd", "test-jump", on_metric("sys.*"), &[])];
    let mut bench = Bench::new(plan(Vec::new(), detectors, vec![rule("Host", When::Detector("host".into()))]));
    for second in 1..6 {
        let high = |metric: i64| if second - metric >= 2 { 50.0 } else { 1.0 };
        bench.reading(second, &[("sys.a", "x", high(1)), ("sys.b", "x", high(1)), ("sys.c", "x", 1.0), ("sys.a", "y", high(0))]);
        bench.tick(second);
    }
    let odd = |name: &str| bench.found().iter().filter(|a| *a.detector == *name).map(|a| a.subject.to_string()).collect::<Vec<_>>();
    assert_eq!(odd("host"), ["y", "x", "y", "x", "y", "x", "y"].map(|h| format!("odd{{host=\"{h}\"}}")));
    assert_eq!(bench.moves(), ["Host odd{host=\"y\"} inactive->firing", "Host odd{host=\"x\"} inactive->firing"]);
}

#[test]
fn too_many_members_are_counted() {
    let on = DetectorOn::Group { metric: "m".into(), by: Vec::new() };
    let mut many = metric("m", Measure::Count, &["k"], Some(1));
    many.max_series = 2_000;
    let mut bench = Bench::new(plan(vec![many], vec![detector("peers", "test-odd-one", on, &[])], Vec::new()));
    for k in 0..1_005 {
        bench.event(0, &format!("k{k}"), 1.0);
    }
    bench.feed(Input::End);
    assert_eq!(bench.engine.refused_members(), 5);
}

#[test]
fn a_stream_that_falls_silent_is_missed_once_and_comes_back() {
    let detectors = vec![detector("gone", "test-silence", on_events(&[], &[]), &[("after", 20.0)])];
    let rules = vec![RuleSpec { stale_after: Millis::from_secs(30), ..rule("Gone", When::Detector("gone".into())) }];
    let mut bench = Bench::new(plan(Vec::new(), detectors, rules));
    // The events are three hours old: that is no silence.
    for second in 0..50 {
        bench.event(second * 1_000 - 3 * 3_600_000, "x", 1.0);
        bench.tick(second);
    }
    assert_eq!(bench.told(), Vec::<String>::new());
    bench.tick(400);
    assert_eq!(bench.told(), ["gone s: s 21 s scores 0.9, above 0.5"]);
    let row = bench.engine.anomalies().get(1).unwrap();
    assert_eq!((row.count, row.last_at.since(row.at)), (1, Millis::from_secs(331)));
    bench.event(400_000 - 3 * 3_600_000, "x", 1.0);
    assert_eq!(bench.moves(), ["Gone s inactive->firing", "Gone s firing->resolved"], "an alert about silence does not fall silent");
}

#[test]
fn what_never_came_is_missed() {
    let detectors =
        vec![detector("gone", "test-silence", on_events(&[], &[]), &[]), detector("by", "test-silence", on_events(&[], &["k"]), &[])];
    let mut bench = Bench::new(plan(Vec::new(), detectors, Vec::new()));
    bench.tick(60);
    assert_eq!(bench.told(), ["gone s: s 11 s scores 0.9, above 0.5"]);
}

#[test]
fn series_and_keys_are_missed_by_the_event_time_of_their_stream() {
    let detectors = vec![
        detector("m", "test-silence", on_metric("n"), &[("after", 5.0)]),
        detector("k", "test-silence", on_events(&[], &["k"]), &[("after", 5.0)]),
    ];
    let mut bench = Bench::new(plan(vec![metric("n", Measure::Mean, &["k"], Some(1))], detectors, Vec::new()));
    for second in 0..20 {
        bench.event(second * 1_000, "a", 1.0);
        if second < 3 {
            bench.event(second * 1_000, "b", 1.0);
        }
        bench.tick(second);
    }
    assert_eq!(bench.told(), ["k s{k=\"b\"}: s 6 s of k b scores 0.9, above 0.5", "m n{k=\"b\"}: n 6 s of k b scores 0.9, above 0.5"]);
    // Ticks merged into one say the same.
    let mut merged = Bench::new(bench.engine.plan().clone());
    for second in 0..20 {
        merged.event(second * 1_000, "a", 1.0);
        if second < 3 {
            merged.event(second * 1_000, "b", 1.0);
        }
        merged.tick(second);
    }
    (20..80).for_each(|second| bench.tick(second));
    merged.tick(79);
    assert_eq!(bench.told(), merged.told());
    assert_eq!(bench.told().len(), 4, "{:?}", bench.told());
}

#[test]
fn trouble_is_learned_after_its_time() {
    for (hours, flags) in [(1, 3_600), (0, 5_000)] {
        let mut odd = detector("odd", "test-jump", on_metric("v"), &[]);
        odd.accept_after = Millis::from_secs(hours * 3_600);
        let rules = vec![rule("Odd", When::Detector("odd".into()))];
        let mut bench = Bench::new(plan(vec![metric("v", Measure::Last, &[], None)], vec![odd], rules));
        for second in 0..5_010 {
            bench.tick(second);
            bench.event(second * 1_000, "x", if second < 10 { 10.0 } else { 400.0 });
        }
        // The flag of the moment at which it is accepted is the last.
        assert_eq!(bench.found().len(), flags + usize::from(hours > 0), "{hours}");
        assert_eq!(bench.moves().len(), if hours > 0 { 2 } else { 1 });
    }
}

#[test]
fn a_person_accepts_what_an_event_was() {
    let detectors = vec![detector("odd", "test-jump", on_events(&["v"], &["k"]), &[])];
    let rules = vec![rule("Odd", When::Share { detector: "odd".into(), share: 0.5, last: 2 })];
    let mut bench = Bench::new(plan(Vec::new(), detectors, rules));
    for second in 0..8 {
        bench.event(second * 1_000, "a", if second < 2 { 1.0 } else { 99.0 });
        bench.event(second * 1_000, "b", if second < 2 { 1.0 } else { 99.0 });
        if second == 5 {
            bench.feed(Input::Command(&Command::AcceptAnomaly(1)));
            bench.feed(Input::Command(&Command::AcceptAnomaly(77)));
        }
    }
    let of = |k: &str| bench.found().iter().filter(|a| a.subject.labels().get("k") == Some(k)).count();
    assert_eq!((of("a"), of("b")), (5, 6));
}

#[test]
fn a_name_that_vanished_is_missing_until_it_comes_again_whatever_else_comes() {
    let events = detector("gone", "test-names", on_events(&["k"], &[]), &[("after", 5.0)]);
    let series = detector("series", "test-names", on_metric("n"), &[("after", 7.0)]);
    let rules = vec![
        RuleSpec {
            hold: Millis::from_secs(1),
            ..rule("Gone", When::Count { detector: "gone".into(), count: 1, within: Millis::from_secs(2) })
        },
        rule("Series", When::Detector("series".into())),
    ];
    let mut bench = Bench::new(plan(vec![metric("n", Measure::Mean, &["k"], Some(1))], vec![events, series], rules));
    for second in 0..30 {
        for k in ["a", "b", "c"].iter().filter(|k| !(**k == "b" && (4..20).contains(&second))) {
            bench.event(second * 1_000, k, 1.0);
        }
        bench.tick(second);
    }
    assert_eq!(bench.told(), ["gone s: k b scores 0.9, above 0.5", "series n: n k=b scores 0.9, above 0.5"]);
    let moves = ["Gone s inactive->firing", "Series n inactive->firing", "Gone s firing->resolved", "Series n firing->resolved"];
    assert_eq!(bench.moves(), moves);
}

#[test]
fn a_value_that_vanished_from_a_busy_stream_is_told_once_and_ends() {
    let detectors = vec![detector("value", "new-value", on_events(&["k"], &[]), &[])];
    let mut bench = Bench::new(plan(Vec::new(), detectors, vec![rule("Value", When::Detector("value".into()))]));
    // One of three stops, comes again, and stops for good while the others go on.
    for second in 0..1_500 {
        for (i, k) in ["a", "b", "c"].iter().enumerate() {
            if *k != "b" || second < 60 || (100..160).contains(&second) {
                bench.event(second * 1_000 + i as i64, k, 1.0);
            }
        }
        bench.tick(second);
        if second == 99 {
            assert_eq!(bench.moves(), ["Value s inactive->firing"]);
        }
        if second == 159 {
            assert_eq!(bench.moves().len(), 2, "{:?}", bench.moves());
        }
    }
    assert_eq!(bench.told().len(), 2, "{:#?}", bench.told());
    assert!(bench.told()[0].starts_with("value s: k \"b\" has not come for 2"), "{:?}", bench.told());
    let row = bench.engine.anomalies().get(1).unwrap();
    assert!(row.count == 1 && row.last_at.since(row.at) >= Millis::from_secs(15), "{} {}", row.count, row.last_at.since(row.at));
    assert_eq!(row.pattern, crate::model::Pattern::Missing);
    let moves = ["Value s inactive->firing", "Value s firing->resolved"];
    assert_eq!(bench.moves(), [moves, moves].concat(), "what is gone for good does not ring for ever");
}

#[test]
fn a_dead_topic_is_told_once_and_ends_when_events_come_again() {
    // As an inferred configuration has it: the stream's events, no limit stated, a metric beside it.
    let detectors = vec![detector("silent", "absence", on_events(&[], &[]), &[])];
    let mut bench = Bench::new(plan(
        vec![metric("n", Measure::Count, &["k"], Some(10))],
        detectors,
        vec![rule("Silent", When::Detector("silent".into()))],
    ));
    for second in 0..900 {
        // The clock of the producer is twenty seconds behind.
        if !(120..500).contains(&second) && second < 700 {
            bench.event(second * 1_000 - 20_000, if second % 2 == 0 { "a" } else { "b" }, 1.0);
        }
        bench.tick(second);
        if second == 499 {
            assert_eq!(bench.moves(), ["Silent s inactive->firing"]);
        }
        if second == 699 {
            assert_eq!(bench.moves(), ["Silent s inactive->firing", "Silent s firing->resolved"]);
        }
    }
    assert_eq!(bench.told().len(), 2, "{:#?}", bench.told());
    let row = bench.engine.anomalies().get(1).unwrap();
    assert_eq!((row.count, row.pattern), (1, crate::model::Pattern::Missing));
    assert!(row.last_at.since(row.at) > Millis::from_secs(350), "{}", row.last_at.since(row.at));
    assert_eq!(bench.moves().len(), 3, "{:?}", bench.moves());
}

#[test]
fn verdicts_on_groups_follow_the_knob() {
    for (weekly, peers) in [(None, 2), (Some(1e6), 2), (Some(1e-12), 0)] {
        let on = |by: &str| DetectorOn::Group { metric: "m".into(), by: vec![by.into()] };
        let detectors = vec![detector("peers", "test-odd-one", on("r"), &[])];
        let mut plan = plan(vec![metric("m", Measure::Mean, &["r", "k"], Some(1))], detectors, Vec::new());
        plan.limits.false_alerts = weekly;
        let mut bench = Bench::new(plan);
        for second in 0..4 {
            for (r, k) in [("eu", "a"), ("eu", "b"), ("eu", "c"), ("us", "a"), ("us", "b"), ("us", "c")] {
                let v = if second == 2 && k == "c" { 90.0 } else { 3.0 };
                bench.record("t", &format!("{{\"ts\":{},\"r\":\"{r}\",\"k\":\"{k}\",\"v\":{v}}}", START + second * 1_000));
            }
        }
        bench.feed(Input::End);
        assert_eq!(bench.told().len(), peers, "{weekly:?}: {:?}", bench.told());
        let strict = &bench.engine.strictness()[0];
        assert!(strict.follows && strict.instances == 2, "{strict:?}");
        assert!(weekly != Some(1e-12) || strict.threshold > Some(0.9), "{strict:?}");
    }
}
