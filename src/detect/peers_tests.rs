//! Tests of `peers`: the odd one, usual distances, comings and goings, sentences, restarts.

use super::*;
use crate::detect::explain::why;
use crate::detect::kind::ParamValue;
use crate::model::{LabelSet, SeriesKey, Subject};
use crate::stats::random::Random;

const NAMES: [&str; 12] =
    ["node-0", "node-1", "node-2", "node-3", "node-4", "node-5", "node-6", "node-7", "node-8", "node-9", "node-10", "node-11"];

fn made(pairs: &[(&str, f64)]) -> Peers {
    Peers::new(&Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect()))
}

fn at(minute: usize) -> Timestamp {
    Timestamp::from_millis(minute as i64 * 60_000)
}

/// Nodes that all follow the same load; the last is always ten higher.
fn nodes(minute: usize, n: usize, random: &mut Random) -> Vec<(&'static str, f64)> {
    let load = 25.0 + 10.0 * (minute as f64 / 50.0).sin();
    (0..n).map(|i| (NAMES[i], load + random.normal() + if i + 1 == n { 10.0 } else { 0.0 })).collect()
}

fn step(detector: &mut Peers, minute: usize, group: &[(&str, f64)]) -> Option<Scored> {
    let verdict = detector.judge(at(minute), &Observation::Group(group));
    detector.learn(at(minute), &Observation::Group(group));
    verdict.scored().copied()
}

fn trained(n: usize) -> (Peers, Random) {
    let (mut detector, mut random) = (made(&[]), Random::new(1));
    for minute in 0..400 {
        let group = nodes(minute, n, &mut random);
        let odd = step(&mut detector, minute, &group).is_some_and(|scored| scored.flagged);
        assert!(!odd, "{minute}");
    }
    (detector, random)
}

#[test]
fn the_odd_one_is_named_with_where_the_others_are() {
    let (mut detector, mut random) = trained(12);
    let mut group = nodes(400, 12, &mut random);
    for member in &mut group {
        member.1 = member.1.round();
    }
    group[3].1 = 97.0;
    let scored = detector.judge(at(400), &Observation::Group(&group)).scored().copied().unwrap();
    assert!(scored.flagged && scored.baseline.dimension == 3 && scored.pattern == Pattern::Spike && scored.baseline.basis == Basis::Peers);
    assert_eq!(scored.baseline.n, 11);
    let shares = detector.shares(&Observation::Group(&group));
    assert!(shares[0].0 == 3 && shares[0].1 > 0.9, "{shares:?}");
    let (params, subject) = (Params::default(), Subject::Series(SeriesKey::new("cpu", LabelSet::none())));
    let seen = Observation::Group(&group);
    let told = Told {
        params: &params,
        name: "cpu",
        subject: &subject,
        at: at(400),
        seen,
        dims: &[],
        unit: "%",
        contributions: &[],
        scored: &scored,
    };
    let text = why(&told);
    assert!(text.starts_with("node-3 unlike the other 11: cpu 97 %, theirs ") && text.contains(" % (expected "), "{text}");
    assert_eq!(
        ["node=web-3", "partition=3", "cpu{node=\"a\"}", "a=1, b=x", "cpu"].map(member),
        ["web-3", "partition 3", "cpu{node=\"a\"}", "a=1, b=x", "cpu"]
    );
}

#[test]
fn one_that_is_always_higher_is_usual_and_odd_when_it_is_not() {
    let (mut detector, mut random) = trained(6);
    let mut group = nodes(400, 6, &mut random);
    group[5].1 -= 10.0;
    let scored = step(&mut detector, 400, &group).unwrap();
    assert!(scored.flagged && scored.baseline.dimension == 5 && scored.pattern == Pattern::Dip, "{scored:?}");
}

#[test]
fn what_all_do_at_once_is_nobodys_oddness() {
    let (mut detector, mut random) = trained(6);
    for minute in 400..500 {
        let mut group = nodes(minute, 6, &mut random);
        for member in &mut group {
            member.1 += 500.0;
        }
        assert!(!step(&mut detector, minute, &group).unwrap().flagged, "{minute}");
    }
}

#[test]
fn members_come_and_go_and_two_are_no_group() {
    let (mut detector, mut random) = trained(6);
    let mut odd = 0;
    for minute in 400..1400 {
        let n = 3 + minute / 7 % 9;
        let mut group = nodes(minute, n, &mut random);
        // Without the one that is always higher, whose place moves with the number here.
        group[n - 1].1 -= 10.0;
        group.retain(|member| member.0 != "node-5");
        odd += u32::from(step(&mut detector, minute, &group).is_some_and(|scored| scored.flagged));
    }
    assert!(odd <= 3, "{odd}");
    assert!(detector.judge(at(1400), &Observation::Group(&[("a", 1.0), ("b", 900.0)])).scored().is_none());
    assert!(detector.judge(at(1400), &Observation::Numbers(&[1.0])).scored().is_none());
}

#[test]
fn only_so_many_members_are_known_and_nothing_overflows() {
    let mut detector = made(&[("limit", 10.0)]);
    for minute in 0..2000 {
        let names: Vec<String> = (0..5).map(|i| format!("pod-{}", minute * 5 + i)).collect();
        let value = |i: usize| [f64::MAX, f64::MIN, f64::NAN, 1.0, f64::INFINITY, 0.0][(i + minute) % 6];
        let group: Vec<(&str, f64)> = names.iter().enumerate().map(|(i, name)| (name.as_str(), value(i))).collect();
        if let Some(scored) = step(&mut detector, minute, &group) {
            assert!((0.0..=1.0).contains(&scored.score), "{scored:?}");
        }
    }
    assert!(detector.memory() < 4_000, "{}", detector.memory());
}

#[test]
fn one_that_slowly_drifts_away_is_found_and_what_is_over_is_over() {
    let (mut detector, mut random) = trained(12);
    let mut told = Vec::new();
    for minute in 400..1400 {
        let mut group = nodes(minute, 12, &mut random);
        // An hour's jump of one, and a slow drift of another, by a deviation an hour.
        group[2].1 += if (500..560).contains(&minute) { 12.0 } else { 0.0 };
        group[7].1 += (minute.saturating_sub(800) as f64) / 60.0;
        let verdict = detector.judge(at(minute), &Observation::Group(&group));
        let scored = verdict.scored().unwrap();
        if scored.flagged {
            told.push((minute, scored.baseline.dimension, scored.pattern));
        } else {
            detector.learn(at(minute), &Observation::Group(&group));
        }
    }
    let jump: Vec<_> = told.iter().filter(|told| told.1 == 2).collect();
    assert!(jump.len() >= 59 && jump.iter().all(|told| (500..565).contains(&told.0) && told.2 == Pattern::Spike), "{jump:?}");
    let drift: Vec<_> = told.iter().filter(|told| told.1 == 7).collect();
    assert!((850..1100).contains(&drift[0].0) && drift[0].2 == Pattern::Drift && drift.len() > 250, "{:?} {}", drift[0], drift.len());
    assert_eq!(jump.len() + drift.len(), told.len(), "{told:?}");
}

#[test]
fn counts_may_reach_far_up_and_are_never_expected_below_zero() {
    let (mut detector, mut random, mut odd) = (made(&[]), Random::new(3), 0);
    let mut count = || -> f64 {
        // Poisson, of mean two.
        let (mut product, mut n) = (random.unit(), 0.0);
        while product > (-2.0_f64).exp() {
            (product, n) = (product * random.unit(), n + 1.0);
        }
        n
    };
    for minute in 0..10_000 {
        let group: Vec<(&str, f64)> = NAMES.iter().map(|name| (*name, count())).collect();
        let scored = step(&mut detector, minute, &group);
        odd += u32::from(scored.is_some_and(|scored| scored.flagged));
        assert!(scored.and_then(|scored| scored.expected).is_none_or(|band| band.low >= 0.0));
    }
    assert!(odd <= 1, "a week of counts rings {odd} times");
}

#[test]
fn equal_members_never_ring() {
    let mut detector = made(&[]);
    for minute in 0..200 {
        let group: Vec<(&str, f64)> = NAMES.iter().map(|name| (*name, 7.5)).collect();
        assert!(step(&mut detector, minute, &group).is_none_or(|scored| !scored.flagged && scored.score < 0.01));
    }
}

#[test]
fn a_restart_goes_on_the_same() {
    let (mut whole, mut random) = trained(6);
    let text = whole.save().to_string();
    let mut again = made(&[]);
    again.restore(&serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(again.save().to_string(), text);
    for minute in 400..600 {
        let mut group = nodes(minute, 7, &mut random);
        group[2].1 += if minute % 20 == 0 { 40.0 } else { 0.0 };
        assert_eq!(format!("{:?}", step(&mut whole, minute, &group)), format!("{:?}", step(&mut again, minute, &group)));
    }
    assert!(made(&[]).restore(&serde_json::json!({"kind": "peers"})).is_err());
}
