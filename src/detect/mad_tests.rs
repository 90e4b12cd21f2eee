//! Tests of `mad`: the batch formula, constant and nearly constant windows, trouble that is learned, restarts.

use super::*;
use crate::detect::kind::ParamValue;
use crate::model::Pattern;

fn params(pairs: &[(&str, f64)]) -> Params {
    Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect())
}

fn judge(detector: &mut Mad, x: f64) -> Verdict {
    detector.judge(Timestamp::default(), &Observation::Numbers(&[x]))
}

fn learned(pairs: &[(&str, f64)], values: impl IntoIterator<Item = f64>) -> Mad {
    let mut detector = Mad::new(&params(pairs));
    for x in values {
        detector.learn(Timestamp::default(), &Observation::Numbers(&[x]));
    }
    detector
}

#[test]
fn the_distance_is_that_of_the_batch_formula() {
    let mut detector = learned(&[("window", 7.0), ("min", 7.0), ("k", 3.0)], [1e9, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 90.0]);
    // Of 1, 2, 3, 4, 5, 6, 90: median 4, distances 3, 2, 1, 0, 1, 2, 86, their median 2.
    let verdict = judge(&mut detector, 14.0);
    let scored = verdict.scored().unwrap();
    assert!((scored.baseline.centre - 4.0).abs() < 1e-12 && (scored.baseline.scale - 2.965_204_437_011_204).abs() < 1e-9);
    assert!((scored.baseline.distance - 10.0 / 2.965_204_437).abs() < 1e-6);
    assert!(scored.flagged && scored.pattern == Pattern::Spike && scored.baseline.n == 7 && scored.baseline.basis == Basis::Median);
    let band = scored.expected.unwrap();
    assert!((band.high - 12.895_613).abs() < 1e-5 && band.low.abs() < 1e-12, "never below zero, so not expected there: {band:?}");
    assert_eq!(judge(&mut detector, -10.0).scored().unwrap().pattern, Pattern::Dip);
}

#[test]
fn a_third_of_odd_values_does_not_hide_the_next() {
    let values = (0..300).map(|i| if i % 3 == 0 { 5_000.0 } else { f64::from(i % 10) });
    let mut detector = learned(&[], values);
    assert!(judge(&mut detector, 5_000.0).scored().unwrap().flagged);
}

#[test]
fn where_most_values_are_equal_the_mean_deviation_stands_in() {
    let values = || (0..300).map(|i| if i % 10 == 0 { f64::from(i % 7) } else { 0.0 });
    let mut detector = learned(&[], values());
    let verdict = judge(&mut detector, 3.0);
    let scored = verdict.scored().unwrap();
    let mean = values().map(f64::abs).sum::<f64>() / 300.0;
    assert!((scored.baseline.scale - OF_MEAN * mean).abs() < 1e-9 && !scored.flagged);
    assert!(judge(&mut detector, 60.0).scored().unwrap().flagged);
    let mut constant = learned(&[], (0..300).map(|_| 5.0));
    assert!(!judge(&mut constant, 5.0).scored().unwrap().flagged && judge(&mut constant, 6.0).scored().unwrap().flagged);
}

#[test]
fn a_new_level_is_learned_once_it_fills_half_the_window() {
    let mut detector = learned(&[("window", 100.0)], (0..100).map(|i| f64::from(i % 10)));
    let mut flags = 0;
    for i in 0..100 {
        flags += u32::from(judge(&mut detector, f64::from(500 + i % 10)).scored().unwrap().flagged);
        detector.learn(Timestamp::default(), &Observation::Numbers(&[f64::from(500 + i % 10)]));
    }
    assert!((40..60).contains(&flags), "{flags}");
}

#[test]
fn faulty_parameters_and_states_are_told() {
    let faults = |pairs: &[(&str, f64)]| check(&params(pairs)).into_iter().map(|(_, message, _)| message).collect::<Vec<_>>();
    assert_eq!(faults(&[("window", 20.0), ("min", 30.0)]), ["min = 30 is more than the window of 20 holds"]);
    assert_eq!(faults(&[("window", 20.5)]), ["20.5 is not a whole number"]);
    assert!(faults(&[("window", 20.0)]).is_empty());
    let mut detector = learned(&[("window", 50.0)], (0..40).map(f64::from));
    let before = detector.save();
    assert_eq!(detector.restore(&learned(&[], [1.0]).save()).unwrap_err().0, "window was 300 and is now 50");
    assert_eq!(detector.save(), before);
}

#[test]
fn of_several_numbers_the_oddest_counts_with_its_own_band() {
    let mut detector = Mad::new(&params(&[]));
    for i in 0..100 {
        detector.learn(Timestamp::default(), &Observation::Numbers(&[f64::from(i % 5), 1000.0 + f64::from(i % 7)]));
    }
    let verdict = detector.judge(Timestamp::default(), &Observation::Numbers(&[2.0, 900.0]));
    let scored = verdict.scored().unwrap();
    assert!(scored.flagged && scored.baseline.dimension == 1 && scored.expected.unwrap().contains(1003.0));
}
