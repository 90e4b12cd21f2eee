//! Tests of `flat-line`: frozen values, constant series, rests at night, coarse readings, gaps.

use super::*;
use crate::detect::kind::ParamValue;
use crate::stats::random::Random;

fn made(pairs: &[(&str, f64)]) -> FlatLine {
    FlatLine::new(&Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect()))
}

fn at(i: i64) -> Timestamp {
    Timestamp::from_millis(i * 60_000)
}

/// Judges and learns each value, a minute a step; the places of what was flagged.
fn flagged(detector: &mut FlatLine, start: i64, values: impl IntoIterator<Item = f64>) -> Vec<i64> {
    let mut places = Vec::new();
    for (i, x) in values.into_iter().enumerate() {
        let now = start + i as i64;
        if detector.judge(at(now), &Observation::Numbers(&[x])).scored().is_some_and(|scored| scored.flagged) {
            places.push(now);
        }
        detector.learn(at(now), &Observation::Numbers(&[x]));
    }
    places
}

#[test]
fn a_frozen_value_is_told_until_it_moves() {
    let mut detector = made(&[]);
    let mut random = Random::new(1);
    assert!(flagged(&mut detector, 0, (0..200).map(|_| random.normal())).is_empty());
    let places = flagged(&mut detector, 200, [0.5; 100]);
    assert_eq!((places.first(), places.len()), (Some(&220), 80), "after twenty of them");
    let verdict = detector.judge(at(300), &Observation::Numbers(&[0.5]));
    let scored = verdict.scored().unwrap();
    assert_eq!((scored.pattern, scored.baseline.since), (Pattern::FlatLine, Some(at(200))));
    assert!(flagged(&mut detector, 300, (0..50).map(|_| random.normal())).is_empty());
    assert!(!flagged(&mut detector, 350, [0.5; 100]).is_empty(), "one freeze does not make the next usual");
}

#[test]
fn a_frozen_value_that_is_not_learned_stays_told() {
    let mut detector = made(&[]);
    flagged(&mut detector, 0, (0..200).map(|i| f64::from(i % 9)));
    let mut found = 0;
    for i in 200..300 {
        let x = Observation::Numbers(&[0.5]);
        if detector.judge(at(i), &x).scored().unwrap().flagged { found += 1 } else { detector.learn(at(i), &x) }
    }
    assert_eq!(found, 80);
}

#[test]
fn what_never_or_hardly_ever_moved_never_fires() {
    assert!(flagged(&mut made(&[]), 0, std::iter::repeat_n(7.0, 5_000)).is_empty());
    let steps = (0..5_000).map(|i| f64::from(i / 1_000));
    assert!(flagged(&mut made(&[]), 0, steps).is_empty());
}

#[test]
fn coarse_readings_repeat_themselves_by_chance() {
    let mut random = Random::new(5);
    let coarse = (0..50_000).map(|_| if random.unit() < 0.2 { 1.0 } else { 0.0 });
    assert!(flagged(&mut made(&[]), 0, coarse).len() < 3);
}

#[test]
fn a_rest_of_every_night_is_usual_from_the_third_on() {
    let mut random = Random::new(6);
    let day = |i: i64| if i % 1_440 < 400 { 0.0 } else { random.normal() };
    let nights: Vec<i64> = flagged(&mut made(&[]), 0, (1_000..12_000).map(day)).iter().map(|i| (i + 1_000) / 1_440).collect();
    let mut told = nights.clone();
    told.dedup();
    assert!(told.len() <= 2, "{told:?}");
}

#[test]
fn a_tolerance_bears_noise_but_no_drift() {
    let mut detector = made(&[("tolerance", 0.1)]);
    flagged(&mut detector, 0, (0..200).map(|i| f64::from(i % 9)));
    assert!(!flagged(&mut detector, 200, (0..60).map(|i| 3.0 + f64::from(i % 2) * 0.05)).is_empty());
    assert!(flagged(&mut detector, 260, (0..60).map(|i| 5.0 + f64::from(i) * 0.05)).is_empty());
}

#[test]
fn a_gap_ends_a_run() {
    let mut detector = made(&[]);
    flagged(&mut detector, 0, (0..200).map(|i| f64::from(i % 9)));
    assert!(flagged(&mut detector, 200, [3.0; 15]).is_empty());
    assert!(flagged(&mut detector, 600_000, [3.0; 15]).is_empty(), "a year later it is another run");
}

#[test]
fn what_people_accept_is_told_no_more() {
    let mut detector = made(&[]);
    flagged(&mut detector, 0, (0..200).map(|i| f64::from(i % 9)));
    assert!(!flagged(&mut detector, 200, [3.5; 40]).is_empty());
    detector.accept();
    assert!(flagged(&mut detector, 240, [3.5; 100]).is_empty());
}
