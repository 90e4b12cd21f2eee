//! Tests of `new-value`: states, ids, values that vanish, limits, restarts.

use super::*;
use crate::detect::explain::why;
use crate::detect::kind::ParamValue;
use crate::model::{LabelSet, SeriesKey, Subject};
use crate::stats::random::Random;

fn made(pairs: &[(&str, f64)]) -> NewValue {
    NewValue::new(&Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect()))
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(second as i64 * 1000)
}

fn step(detector: &mut NewValue, second: u64, value: &str) -> bool {
    let verdict = detector.judge(at(second), &Observation::Category(value));
    detector.learn(at(second), &Observation::Category(value));
    verdict.scored().is_some_and(|scored| scored.flagged)
}

fn states(i: u64) -> &'static str {
    ["paid", "paid", "open", "sent", "paid", "open", "paid"][(i % 7) as usize]
}

fn told(second: u64, value: &str, verdict: &Verdict) -> String {
    let subject = Subject::Series(SeriesKey::new("status", LabelSet::new([("region", "EU")])));
    let (params, scored) = (Params::default(), verdict.scored().unwrap());
    let seen = Observation::Category(value);
    why(&Told { params: &params, name: "status", subject: &subject, at: at(second), seen, dims: &[], unit: "", contributions: &[], scored })
}

#[test]
fn a_state_never_seen_is_odd_once() {
    let mut detector = made(&[]);
    assert!((0..4012).all(|i| !step(&mut detector, i, states(i))));
    let verdict = detector.judge(at(4012), &Observation::Category("refused"));
    let scored = verdict.scored().unwrap();
    assert!(scored.flagged && scored.score > 0.5 && scored.pattern == Pattern::NewValue && scored.baseline.basis == Basis::Values);
    insta::assert_snapshot!(told(4012, "refused", &verdict), @r#"status "refused" of region EU never seen in 4,012 before"#);
    assert!(step(&mut detector, 4012, "refused"));
    assert!(!step(&mut detector, 4013, "refused"), "now it is known");
    assert!(!step(&mut detector, 4014, "paid"));
}

#[test]
fn what_is_not_learned_stays_new() {
    let mut detector = made(&[]);
    (0..200).for_each(|i| _ = step(&mut detector, i, states(i)));
    for second in 200..220 {
        let verdict = detector.judge(at(second), &Observation::Category("refused"));
        let scored = verdict.scored().unwrap();
        assert!(scored.flagged && scored.baseline.since == Some(at(200)));
    }
}

#[test]
fn ids_and_slowly_growing_sets_are_nothing_odd() {
    let mut detector = made(&[("limit", 50.0)]);
    assert!((0..5000).all(|i| !step(&mut detector, i, &format!("order-{i}"))));
    assert!(detector.memory() < 20_000, "{}", detector.memory());
    let (mut detector, mut random, mut odd) = (made(&[]), Random::new(1), 0);
    for i in 0..20_000 {
        // Users come again and again, and one in twenty is new.
        let user = if random.below(20) == 0 { i } else { random.below(100) };
        odd += u32::from(step(&mut detector, i, &format!("user-{user}")));
    }
    assert!(odd <= 1, "{odd}");
}

#[test]
fn a_value_that_came_regularly_and_is_gone_is_told_while_others_come() {
    let mut detector = made(&[]);
    for i in 0..1000 {
        step(&mut detector, i, if i % 5 == 0 { "node-3" } else { "node-1" });
        assert!(detector.missing(at(i)).is_none());
    }
    let first = (1000..1200).find(|i| {
        step(&mut detector, *i, "node-1");
        detector.missing(at(*i)).is_some()
    });
    let first = first.unwrap();
    assert!((1060..1080).contains(&first), "{first}");
    let verdict = detector.missing(at(first)).unwrap();
    assert_eq!(detector.missed(), "node-3");
    assert_eq!(verdict.scored().unwrap().pattern, Pattern::Missing);
    let text = told(first, "node-3", &verdict);
    assert!(text.starts_with("status \"node-3\" of region EU has not come for 1m"), "{text}");
    assert!(text.contains("; it used to come every 5s (200 seen)"), "{text}");
    step(&mut detector, first + 1, "node-3");
    assert!(!detector.missing(at(first + 1)).unwrap().scored().unwrap().flagged, "it is back, which is said");
    assert!(detector.missing(at(first + 2)).is_none() && detector.missed().is_empty(), "once");
}

#[test]
fn where_nothing_comes_at_all_no_single_value_is_gone() {
    let mut detector = made(&[]);
    (0..1000).for_each(|i| _ = step(&mut detector, i, states(i)));
    assert!((1000..90_000).step_by(10).all(|i| detector.missing(at(i)).is_none()));
}

#[test]
fn one_gone_for_good_is_told_no_more() {
    let mut detector = made(&[]);
    for i in 0..1000 {
        step(&mut detector, i, if i % 5 == 0 { "node-3" } else { "node-1" });
    }
    (1000..3000).for_each(|i| _ = step(&mut detector, i, "node-1"));
    assert!(detector.missing(at(3000)).is_none());
    let mut off = NewValue::new(&Params([("vanish".to_owned(), ParamValue::Flag(false))].into()));
    for i in 0..1000 {
        step(&mut off, i, if i % 5 == 0 { "node-3" } else { "node-1" });
    }
    (1000..1100).for_each(|i| _ = step(&mut off, i, "node-1"));
    assert!(off.missing(at(1100)).is_none());
}

#[test]
fn a_restart_goes_on_the_same_and_other_states_are_refused() {
    let values: Vec<String> = (0..3000u64).map(|i| if i % 37 == 0 { format!("v{}", i / 370) } else { states(i).to_owned() }).collect();
    for cut in [0, 40, 150, 2000] {
        let mut whole = made(&[("limit", 5.0)]);
        (0..cut).for_each(|i| _ = step(&mut whole, i as u64, &values[i]));
        let text = whole.save().to_string();
        let mut again = made(&[("limit", 5.0)]);
        again.restore(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(again.save().to_string(), text);
        for (i, value) in values.iter().enumerate().skip(cut) {
            let seen = Observation::Category(value);
            let [a, b] = [&mut whole, &mut again].map(|detector| {
                let verdicts = (detector.judge(at(i as u64), &seen), detector.missing(at(i as u64)));
                detector.learn(at(i as u64), &seen);
                format!("{verdicts:?} {:?}", detector.missed())
            });
            assert_eq!(a, b, "{cut} {i}");
        }
    }
    assert_eq!(
        made(&[]).restore(&serde_json::json!({"kind": "new-value"})).unwrap_err().0,
        "known does not hold values with their counts and times"
    );
}

#[test]
fn numbers_are_not_judged_and_long_values_are_told_apart() {
    let mut detector = made(&[]);
    assert!(detector.judge(at(0), &Observation::Numbers(&[1.0])).scored().is_none());
    let long = "x".repeat(10_000);
    (0..200).for_each(|i| _ = step(&mut detector, i, &long));
    assert!(step(&mut detector, 200, &format!("{long}y")));
    assert!(detector.memory() < 2_000, "{}", detector.memory());
}

#[test]
fn partitions_read_one_after_the_other_bring_nothing_new() {
    let node = |partition: u64, second: u64| match (partition, second) {
        (1, 3000..) => "2.5.0",
        _ => ["a", "b", "c", "d"][partition as usize],
    };
    let mut detector = made(&[]);
    let mut odd = Vec::new();
    // Each partition is half an hour ahead of the next, as at a start from the beginning.
    for half in 0..4 {
        for partition in 0..4 {
            for second in half * 1800..(half + 1) * 1800 {
                let value = node(partition, second);
                let verdict = detector.judge(at(second), &Observation::Category(value));
                if verdict.scored().is_some_and(|scored| scored.flagged) {
                    odd.push((partition, second, value));
                } else {
                    detector.learn(at(second), &Observation::Category(value));
                }
            }
        }
    }
    assert!(odd.iter().all(|odd| odd.2 == "2.5.0") && odd.first() == Some(&(1, 3000, "2.5.0")), "{:?}", odd.first());
    let first = (7200..7300).find(|second| {
        (0..4).filter(|partition| *partition != 2).for_each(|p| _ = step(&mut detector, *second, node(p, *second)));
        detector.missing(at(*second)).is_some()
    });
    assert_eq!((first, detector.missed()), (Some(7213), "c"), "and what is gone since they are live is missed");
}
