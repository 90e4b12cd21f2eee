//! Tests of `absence`: regular and irregular sources, pauses, a given limit, restarts.

use super::*;
use crate::detect::kind::ParamValue;
use crate::stats::random::Random;

fn made(pairs: &[(&str, f64)]) -> Absence {
    Absence::new(&Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect()))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn come(detector: &mut Absence, seconds: i64) -> Verdict {
    let verdict = detector.judge(at(seconds), &Observation::Numbers(&[1.0]));
    detector.learn(at(seconds), &Observation::Numbers(&[1.0]));
    verdict
}

fn is_missed(detector: &mut Absence, seconds: i64) -> bool {
    detector.missing(at(seconds)).is_some_and(|verdict| verdict.scored().is_some_and(|scored| scored.flagged))
}

#[test]
fn silence_is_told_until_something_comes() {
    let mut detector = made(&[]);
    for i in 0..100 {
        assert!(come(&mut detector, i * 5).scored().is_none_or(|scored| !scored.flagged));
    }
    assert!((496..=515).all(|now| !is_missed(&mut detector, now)));
    assert!((516..600).all(|now| is_missed(&mut detector, now)), "and stays told");
    let verdict = detector.missing(at(600)).unwrap();
    let scored = verdict.scored().unwrap();
    assert_eq!((scored.pattern, scored.baseline.basis, scored.baseline.since), (Pattern::Missing, Basis::Interval, Some(at(495))));
    assert!((scored.baseline.centre - 5.0).abs() < 1e-9 && (scored.baseline.distance - 105.0).abs() < 1e-9);
    assert!(!come(&mut detector, 601).scored().unwrap().flagged);
    assert!(!is_missed(&mut detector, 602) && is_missed(&mut detector, 660), "one silence does not make the next usual");
}

#[test]
fn a_source_at_random_is_not_missed_for_weeks() {
    let (mut detector, mut random, mut now, mut missed) = (made(&[]), Random::new(2), 0.0, 0);
    for _ in 0..50_000 {
        now += -30.0 * (1.0 - random.unit()).ln();
        missed += u32::from(is_missed(&mut detector, now as i64));
        come(&mut detector, now as i64);
    }
    assert!(missed <= 2, "{missed} in seventeen days");
    assert!(is_missed(&mut detector, now as i64 + 1_800));
}

#[test]
fn a_pause_of_every_night_is_usual_from_the_third_on() {
    let (mut detector, mut nights) = (made(&[]), Vec::new());
    for night in 0..6 {
        for minute in 0..960 {
            come(&mut detector, night * 86_400 + minute * 60);
        }
        nights.push(is_missed(&mut detector, night * 86_400 + 86_000));
    }
    assert_eq!(nights, [true, true, false, false, false, false]);
}

#[test]
fn a_given_limit_needs_no_learning_nor_a_first_sample() {
    let mut detector = made(&[("after", 60.0)]);
    assert!(!is_missed(&mut detector, 1_000) && !is_missed(&mut detector, 1_060) && is_missed(&mut detector, 1_061));
    come(&mut detector, 1_100);
    assert!(!is_missed(&mut detector, 1_160) && is_missed(&mut detector, 1_161));
    let mut learning = made(&[]);
    assert_eq!(learning.missing(at(5)), None);
    come(&mut learning, 0);
    assert_eq!(learning.missing(at(5)), Some(Verdict::Learning { seen: 0, needed: 10 }));
}

#[test]
fn what_people_accept_is_told_no_more_for_some_time() {
    let mut detector = made(&[]);
    for i in 0..100 {
        come(&mut detector, i * 5);
    }
    assert!(is_missed(&mut detector, 1_000));
    detector.accept();
    assert!(!is_missed(&mut detector, 2_000) && is_missed(&mut detector, 9_000));
}

#[test]
fn a_gap_of_a_year_while_learning_is_not_learned() {
    let mut detector = made(&[]);
    let moments = (0..8).map(|i| i * 60).chain((0..8).map(|i| 31_557_600 + i * 60));
    let last = moments.map(|now| (come(&mut detector, now), now)).last().unwrap().1;
    assert!(is_missed(&mut detector, last + 600));
    assert!(!is_missed(&mut detector, last - 600), "a moment before the last sample is no silence");
}

#[test]
fn a_start_is_no_silence() {
    let mut detector = made(&[]);
    (0..60).for_each(|second| {
        come(&mut detector, second);
    });
    let flagged = |verdict: Option<Verdict>| verdict.and_then(|v| v.scored().copied()).is_some_and(|s| s.flagged);
    assert!(flagged(detector.missing(at(600))));
    detector.resume();
    assert!(!flagged(detector.missing(at(600))));
    assert!(flagged(detector.missing(at(610))), "what does not come from then on is missed");
    // Its events may be older than the clock by which it was asked.
    come(&mut detector, 100);
    assert!(!flagged(detector.missing(at(101))));
    assert!(flagged(detector.missing(at(111))));
}
