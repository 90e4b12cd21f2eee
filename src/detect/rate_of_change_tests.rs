//! Tests of `rate-of-change`: steps of gauges, counters with resets, irregular steps, noise.

use super::*;
use crate::detect::kind::ParamValue;

fn made(pairs: &[(&str, f64)], counter: bool) -> RateOfChange {
    let mut params = Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
    params.0.insert("counter".to_owned(), ParamValue::Flag(counter));
    RateOfChange::new(&params)
}

fn judge(detector: &mut RateOfChange, ms: i64, x: f64) -> Scored {
    let verdict = detector.judge(Timestamp::from_millis(ms), &Observation::Numbers(&[x]));
    *verdict.scored().unwrap()
}

fn learn(detector: &mut RateOfChange, ms: i64, x: f64) {
    detector.learn(Timestamp::from_millis(ms), &Observation::Numbers(&[x]));
}

/// A counter that counts 95 to 105 a second, ten seconds a step.
fn counted(detector: &mut RateOfChange, n: i64, start: f64) -> f64 {
    let mut total = start;
    for i in 0..n {
        total += 10.0 * (95 + i * 7 % 11) as f64;
        learn(detector, i * 10_000, total);
    }
    total
}

#[test]
fn a_jump_is_found_however_usual_its_value() {
    let mut detector = made(&[], false);
    // Up and down between 0 and 100 by steps of one or two.
    let course = |i: i64| ((i % 120) - 60).abs() as f64 + (i % 2) as f64;
    for i in 0..400 {
        learn(&mut detector, i * 60_000, course(i));
    }
    let x = course(399) + 40.0;
    let scored = judge(&mut detector, 400 * 60_000, x);
    assert!(scored.flagged && scored.baseline.basis == Basis::Change && scored.pattern == Pattern::Spike);
    let expected = scored.expected.unwrap();
    assert!(expected.contains(course(400)) && !expected.contains(x), "{expected:?}");
    assert!(!judge(&mut detector, 400 * 60_000, course(400)).flagged);
}

#[test]
fn a_counter_is_found_out_and_its_reset_is_no_fall() {
    for told in [true, false] {
        let mut detector = made(&[], told);
        let total = counted(&mut detector, 200, 1e6);
        let scored = judge(&mut detector, 2_000_000, total + 1000.0);
        assert!(!scored.flagged && scored.baseline.basis == Basis::Mean, "{told}");
        assert!((scored.baseline.centre - 100.0).abs() < 3.0, "per second: {}", scored.baseline.centre);
        assert!(!judge(&mut detector, 2_000_000, 500.0).flagged, "a new start, {told}");
        assert!(judge(&mut detector, 2_000_000, 500_000.0).flagged, "a start with 50,000 a second, {told}");
        assert!(judge(&mut detector, 2_000_000, total + 90_000.0).flagged, "a burst, {told}");
        assert!(judge(&mut detector, 2_000_000, total).flagged, "a standstill, {told}");
        learn(&mut detector, 2_000_000, 500.0);
        assert!(!judge(&mut detector, 2_010_000, 1_500.0).flagged);
        let after = judge(&mut detector, 2_010_000, 90_000.0);
        assert!(after.flagged && (after.baseline.centre - 100.0).abs() < 3.0, "the reset taught nothing, {told}");
    }
}

#[test]
fn a_gauge_that_falls_is_no_counter() {
    let mut detector = made(&[], false);
    for i in 0..200 {
        learn(&mut detector, i * 1000, if i == 20 { 900.0 } else { 1000.0 + i as f64 });
    }
    let scored = judge(&mut detector, 200_000, 10.0);
    assert!(scored.flagged && scored.pattern == Pattern::Dip && scored.baseline.basis == Basis::Change);
}

#[test]
fn steps_count_per_second_and_a_sample_too_soon_is_no_jump() {
    let mut detector = made(&[], true);
    let total = counted(&mut detector, 200, 0.0);
    assert!(!judge(&mut detector, 1_990_000 + 60_000, total + 6_000.0).flagged, "a minute at the same pace");
    assert!(judge(&mut detector, 1_990_000 + 60_000, total + 1_000.0).flagged, "a minute with a sixth of it");
    assert!(!judge(&mut detector, 1_990_000, total).flagged && !judge(&mut detector, 1_990_001, total + 1.0).flagged);
    learn(&mut detector, 1_990_001, total + 1.0);
    assert!(!judge(&mut detector, 2_000_000, total + 1_000.0).flagged);
    let mut gauge = made(&[], false);
    for i in 0..200 {
        learn(&mut gauge, i * 10_000, (i * 7 % 11) as f64);
    }
    let x = f64::from(199 * 7 % 11);
    assert!(!judge(&mut gauge, 1_990_001, x + 5.0).flagged, "noise is not divided by a millisecond");
}

#[test]
fn one_jump_does_not_hide_the_next() {
    let mut detector = made(&[], false);
    for i in 0..300i32 {
        let x = if i > 200 { 1e6 } else { 0.0 } + f64::from(i % 5);
        learn(&mut detector, i64::from(i) * 1000, x);
    }
    assert!(judge(&mut detector, 300_000, 1e6 + 200.0).flagged);
}

#[test]
fn units_of_time_read_well() {
    assert_eq!(best_unit(20.0).0, "a second");
    assert_eq!(best_unit(0.1).0, "a minute");
    assert_eq!(best_unit(1e-3).0, "an hour");
    assert_eq!(best_unit(1e-4).0, "a day");
    assert_eq!(best_unit(0.0).0, "a second");
}
