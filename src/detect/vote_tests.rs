//! Tests of `vote`: how many must be odd at once, who is always odd, sentences, restarts.

use super::*;
use crate::detect::explain::why;
use crate::detect::kind::ParamValue;
use crate::model::{Contribution, LabelSet, SeriesKey, Subject};
use crate::stats::random::Random;

fn made(pairs: &[(&str, f64)]) -> Vote {
    Vote::new(&Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect()))
}

fn at(minute: usize) -> Timestamp {
    Timestamp::from_millis(minute as i64 * 60_000)
}

fn names() -> Vec<String> {
    (0..38).map(|i| format!("metric.{i}")).collect()
}

/// Scores of 38 metrics: each odd once in fifty moments by itself, the first always.
fn scores<'a>(names: &'a [String], odd: usize, random: &mut Random) -> Vec<(&'a str, f64)> {
    let mut score = |i: usize| {
        let alone = random.below(50) == 0;
        if alone || i == 0 || (10..10 + odd).contains(&i) { 0.6 + 0.4 * random.unit() } else { 0.2 * random.unit() }
    };
    names.iter().enumerate().map(|(i, name)| (name.as_str(), score(i))).collect()
}

fn step(detector: &mut Vote, minute: usize, group: &[(&str, f64)]) -> Option<Scored> {
    let verdict = detector.judge(at(minute), &Observation::Group(group));
    detector.learn(at(minute), &Observation::Group(group));
    verdict.scored().copied()
}

fn trained(names: &[String]) -> (Vote, Random) {
    let (mut detector, mut random, mut odd) = (made(&[]), Random::new(1), 0);
    for minute in 0..10_000 {
        let group = scores(names, 0, &mut random);
        odd += u32::from(step(&mut detector, minute, &group).is_some_and(|scored| scored.flagged));
    }
    assert!(odd <= 1, "a week of single oddities rings {odd} times");
    (detector, random)
}

#[test]
fn many_at_once_are_one_alarm_and_the_sentence_names_them() {
    let names = names();
    let (mut detector, mut random) = trained(&names);
    let group = scores(&names, 9, &mut random);
    let scored = detector.judge(at(10_000), &Observation::Group(&group)).scored().copied().unwrap();
    assert!(scored.flagged && scored.pattern == Pattern::Combination, "{scored:?}");
    let shares = detector.shares(&Observation::Group(&group));
    assert!(shares.len() >= 8 && (shares.iter().map(|share| share.1).sum::<f64>() - 1.0).abs() < 1e-9, "{shares:?}");
    assert!(shares.iter().all(|share| share.0 != 0), "the one that is always odd has no vote here: {shares:?}");
    let (params, subject) = (Params::default(), Subject::Series(SeriesKey::new("odd", LabelSet::new([("host", "web-1")]))));
    let contributions: Vec<Contribution> =
        shares.iter().map(|(i, share)| Contribution { what: group[*i].0.into(), share: *share }).collect();
    let seen = Observation::Group(&group);
    let mut told = Told {
        params: &params,
        name: "odd",
        subject: &subject,
        at: at(10_000),
        seen,
        dims: &[],
        unit: "",
        contributions: &contributions,
        scored: &scored,
    };
    let text = why(&told);
    assert!(text.contains(" of 38 series of host web-1 odd at once: metric.1"), "{text}");
    assert!(text.contains(", … (usually at most ") && text.ends_with(')'), "shares are told by the list, in its order: {text}");
    told.contributions = &[];
    assert!(why(&told).contains(": metric."), "without shares the scores say it");
}

#[test]
fn one_alone_is_no_alarm_however_small_the_group() {
    let mut detector = made(&[]);
    for minute in 0..500 {
        let group = [("a", if minute % 90 == 89 { 1.0 } else { 0.1 }), ("b", 0.05), ("c", 0.1)];
        assert!(step(&mut detector, minute, &group).is_none_or(|scored| !scored.flagged), "{minute}");
    }
    assert!(step(&mut detector, 500, &[("a", 1.0), ("b", 0.9), ("c", 0.1)]).unwrap().flagged);
    assert!(detector.judge(at(501), &Observation::Group(&[("a", 1.0), ("b", 0.9)])).scored().is_none(), "two are no group");
}

#[test]
fn any_scores_are_borne() {
    let mut detector = made(&[("limit", 2.0)]);
    for minute in 0..500 {
        let any = [f64::NAN, f64::MAX, -1.0, f64::INFINITY, 0.5];
        let group = [("a", any[minute % 5]), ("b", any[(minute + 1) % 5]), ("c", 0.3), ("d", 0.2), ("e", 1.0)];
        if let Some(scored) = step(&mut detector, minute, &group) {
            assert!((0.0..=1.0).contains(&scored.score));
        }
    }
    assert!(detector.memory() < 1_000);
}

#[test]
fn a_restart_goes_on_the_same() {
    let names = names();
    let (mut whole, mut random) = trained(&names);
    let text = whole.save().to_string();
    let mut again = made(&[]);
    again.restore(&serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(again.save().to_string(), text);
    for minute in 10_000..10_200 {
        let group = scores(&names, minute % 12, &mut random);
        assert_eq!(format!("{:?}", step(&mut whole, minute, &group)), format!("{:?}", step(&mut again, minute, &group)));
    }
    assert!(made(&[]).restore(&serde_json::json!({"kind": "vote", "usual": ""})).is_err());
}
