//! Tests of `ewma`: weights by time, gaps, bounded pull, new levels, restarts.

use super::*;
use crate::detect::kind::ParamValue;

fn made(pairs: &[(&str, f64)]) -> Ewma {
    Ewma::new(&Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect()))
}

fn judge(detector: &mut Ewma, seconds: i64, x: f64) -> Verdict {
    detector.judge(Timestamp::from_millis(seconds * 1000), &Observation::Numbers(&[x]))
}

fn learn(detector: &mut Ewma, seconds: i64, x: f64) {
    detector.learn(Timestamp::from_millis(seconds * 1000), &Observation::Numbers(&[x]));
}

/// Judges and learns from `start` on, a sample each `step` seconds; how many were flagged.
fn flags(detector: &mut Ewma, start: i64, step: i64, values: impl IntoIterator<Item = f64>) -> usize {
    let mut found = 0;
    for (i, x) in values.into_iter().enumerate() {
        let at = start + i as i64 * step;
        found += usize::from(judge(detector, at, x).scored().is_some_and(|scored| scored.flagged));
        learn(detector, at, x);
    }
    found
}

fn usual(n: i64) -> impl Iterator<Item = f64> {
    (0..n).map(|i| 100.0 + (i % 7) as f64)
}

#[test]
fn mean_and_spread_are_the_weighted_ones_of_irregular_samples() {
    let mut detector = made(&[("half_life", 600.0)]);
    let samples: Vec<(i64, f64)> = (0..60).map(|i| (i * 60 + i * i % 17, (i * i % 13) as f64)).collect();
    for &(at, x) in &samples {
        learn(&mut detector, at, x);
    }
    let last = samples.last().unwrap().0;
    let weights: Vec<f64> = samples.iter().map(|(at, _)| (-((last - at) as f64) / 600.0).exp2()).collect();
    // While it learns nothing is cut; afterwards these values lie within four deviations.
    let total: f64 = weights.iter().sum();
    let mean = weights.iter().zip(&samples).map(|(w, (_, x))| w * x).sum::<f64>() / total;
    let verdict = judge(&mut detector, last + 60, 5.0);
    let baseline = verdict.scored().unwrap().baseline;
    // The first intervals are not yet long enough to know the half-life by: some weights differ a little.
    assert!((baseline.centre - mean).abs() < 0.05, "{} and {mean}", baseline.centre);
    assert!(baseline.basis == Basis::Mean && baseline.n > 10 && baseline.window == 10);
}

#[test]
fn a_spike_is_found_and_does_not_blow_up_the_spread() {
    let mut detector = made(&[]);
    assert_eq!(flags(&mut detector, 0, 60, usual(300)), 0);
    let before = judge(&mut detector, 18_000, 103.0).scored().unwrap().baseline.scale;
    assert!(judge(&mut detector, 18_000, 5e6).scored().unwrap().flagged);
    learn(&mut detector, 18_000, 5e6);
    let after = judge(&mut detector, 18_060, 103.0).scored().unwrap().baseline.scale;
    assert!(after < 1.2 * before, "{before} {after}");
    assert!(judge(&mut detector, 18_060, 200.0).scored().unwrap().flagged, "the next one is found too");
}

#[test]
fn a_new_level_is_learned_within_some_samples_and_at_once_when_accepted() {
    let mut detector = made(&[]);
    flags(&mut detector, 0, 60, usual(300));
    let found = flags(&mut detector, 18_000, 60, usual(200).map(|x| x * 50.0));
    assert!((3..40).contains(&found), "{found}");
    let mut told = made(&[]);
    flags(&mut told, 0, 60, usual(300));
    told.accept();
    let found = flags(&mut told, 18_000, 60, usual(200).map(|x| x * 50.0));
    assert!(found <= 3, "{found}");
}

#[test]
fn a_long_gap_makes_it_start_anew_and_a_short_one_does_not() {
    let mut detector = made(&[]);
    flags(&mut detector, 0, 60, usual(300));
    let hour = 3_600;
    assert!(judge(&mut detector, 18_000 + hour, 103.0).scored().is_some());
    let year = 31_557_600;
    assert_eq!(judge(&mut detector, year, 9e9), Verdict::Learning { seen: 0, needed: 30 });
    assert_eq!(flags(&mut detector, year, 60, usual(300).map(|x| x * 1e6)), 0);
    assert!(judge(&mut detector, year + 18_000, 103.0).scored().unwrap().flagged);
}

#[test]
fn a_half_life_shorter_than_ten_steps_is_ten_steps() {
    let mut detector = made(&[("half_life", 1.0)]);
    assert_eq!(flags(&mut detector, 0, 60, usual(300)), 0);
    assert_eq!(judge(&mut detector, 18_000, 103.0).scored().unwrap().baseline.window, 10);
}

#[test]
fn equal_moments_age_nothing() {
    let mut detector = made(&[]);
    for i in 0..100 {
        learn(&mut detector, 0, f64::from(i % 5));
    }
    let verdict = judge(&mut detector, 0, 2.0);
    let baseline = verdict.scored().unwrap().baseline;
    assert!(baseline.n == 100 && baseline.window == 0 && (baseline.centre - 2.0).abs() < 0.1);
}
