//! Tests of `isolation-forest`: the share it flags, ties, constant series, refits, any input, restarts.

use super::*;
use crate::detect::kind::ParamValue;
use crate::stats::random::Random;
use proptest::prelude::*;

fn params(pairs: &[(&str, f64)]) -> Params {
    Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect())
}

fn forest(pairs: &[(&str, f64)], salt: u64) -> IsolationForest {
    IsolationForest::new(&params(pairs), salt)
}

fn judge(detector: &mut IsolationForest, x: &[f64]) -> Verdict {
    detector.judge(Timestamp::default(), &Observation::Numbers(x))
}

fn learn(detector: &mut IsolationForest, x: &[f64]) {
    detector.learn(Timestamp::default(), &Observation::Numbers(x));
}

/// The share flagged of the judged, over `n` points that `draw` makes.
fn share(detector: &mut IsolationForest, n: usize, mut draw: impl FnMut(usize) -> Vec<f64>) -> f64 {
    let (mut judged, mut flagged) = (0u32, 0u32);
    for i in 0..n {
        let x = draw(i);
        if let Verdict::Scored(scored) = judge(detector, &x) {
            judged += 1;
            flagged += u32::from(scored.flagged);
        }
        learn(detector, &x);
    }
    f64::from(flagged) / f64::from(judged)
}

#[test]
fn the_share_flagged_of_a_stationary_stream_is_the_contamination() {
    for (contamination, dims, seed) in [(0.1, 1, 1), (0.1, 2, 2), (0.05, 1, 3), (0.02, 3, 4)] {
        let mut detector = forest(&[("contamination", contamination), ("trees", 50.0)], seed);
        let mut random = Random::new(seed);
        let found = share(&mut detector, 8_000, |_| (0..dims).map(|_| random.normal()).collect());
        assert!((found - contamination).abs() <= 0.02, "contamination {contamination}, {dims} dimensions: {found}");
    }
}

#[test]
fn ties_never_flag_more_than_the_contamination() {
    let mut detector = forest(&[], 1);
    // Nineteen in twenty points have the same value: the oddest tenth cannot be told apart from it.
    let found = share(&mut detector, 5_000, |i| vec![if i % 20 == 0 { 1.0 + (i % 7) as f64 } else { 0.0 }]);
    assert!(found <= 0.1, "{found}");
    assert!(found > 0.02, "the rare values are odd all the same: {found}");
}

#[test]
fn a_constant_series_never_fires_and_its_change_does() {
    let mut detector = forest(&[], 1);
    let found = share(&mut detector, 1_000, |_| vec![5.0]);
    assert!(found < 1e-9, "{found}");
    let verdict = judge(&mut detector, &[6.0]);
    let scored = verdict.scored().unwrap();
    assert!(scored.flagged && scored.score > 0.9, "{scored:?}");
    assert_eq!(scored.expected, Some(Band::new(5.0, 5.0)));
    assert!(!judge(&mut detector, &[5.0 + 1e-13]).scored().unwrap().flagged, "rounding is no change");
}

#[test]
fn injected_values_are_found_with_their_band_and_side() {
    let mut detector = forest(&[("contamination", 0.05)], 7);
    let mut random = Random::new(5);
    share(&mut detector, 2_000, |_| vec![50.0 + 5.0 * random.normal()]);
    for (x, pattern) in [(95.0, Pattern::Spike), (10.0, Pattern::Dip)] {
        let verdict = judge(&mut detector, &[x]);
        let scored = verdict.scored().unwrap();
        assert!(scored.flagged && scored.score > scored.threshold && scored.pattern == pattern, "{scored:?}");
        let band = scored.expected.unwrap();
        assert!(band.contains(50.0) && !band.contains(x) && band.high < 70.0 && band.low > 30.0, "{band:?}");
    }
    assert!(!judge(&mut detector, &[51.0]).scored().unwrap().flagged);
}

#[test]
fn a_value_far_outside_the_history_is_odd_also_beside_other_numbers() {
    let mut detector = forest(&[], 7);
    share(&mut detector, 2_048, |i| vec![(i % 23) as f64, (i % 17) as f64, 200.0]);
    for x in [[9412.0, 3.0, 200.0], [11.0, -500.0, 200.0], [11.0, 8.0, 503.0]] {
        let verdict = judge(&mut detector, &x);
        assert!(verdict.scored().unwrap().flagged, "{x:?} {verdict:?}");
    }
    for x in [[11.0, 8.0, 200.0], [11.0, 8.0, 200.0 + 1e-11], [22.5, 8.0, 200.0]] {
        let verdict = judge(&mut detector, &x);
        assert!(!verdict.scored().unwrap().flagged, "{x:?} {verdict:?}");
    }
}

#[test]
fn the_band_is_where_nothing_is_flagged() {
    for (contamination, spread) in [(0.1, 1.0), (0.01, 1.0), (0.1, 40.0)] {
        let mut detector = forest(&[("contamination", contamination)], 3);
        let mut random = Random::new(11);
        share(&mut detector, 2_048, |_| vec![(spread * random.normal()).round()]);
        let middle = detector.fitted.as_ref().unwrap().axes[0].median;
        let band = detector.fitted.as_ref().unwrap().expected.unwrap();
        assert!(band.low.is_finite() && band.high.is_finite(), "{band:?}");
        let mut flagged = |x: f64| judge(&mut detector, &[x]).scored().unwrap().flagged;
        for i in 0..=100 {
            let x = band.low + (band.high - band.low) * f64::from(i) / 100.0;
            assert!(!flagged(x + (middle - x) * 1e-6), "{x} in {band:?}");
        }
        assert!(flagged(band.low - 1e-3) && flagged(band.high + 1e-3), "{band:?}");
    }
}

#[test]
fn an_odd_combination_is_told_from_an_odd_value() {
    let mut detector = forest(&[("contamination", 0.02)], 7);
    let mut random = Random::new(5);
    share(&mut detector, 2_048, |_| {
        let x = 10.0 * random.unit();
        vec![x, x + 0.05 * random.normal()]
    });
    let verdict = judge(&mut detector, &[9.0, 1.0]);
    assert_eq!(verdict.scored().unwrap().pattern, Pattern::Combination);
    let verdict = judge(&mut detector, &[5.0, 40.0]);
    let scored = verdict.scored().unwrap();
    assert!(scored.flagged && scored.expected.is_none());
    assert_eq!((scored.pattern, scored.baseline.dimension), (Pattern::Spike, 1));
}

#[test]
fn keys_refit_at_counts_of_their_own_and_never_rarer_than_stated() {
    let mut places = Vec::new();
    for salt in 0..20 {
        let mut detector = forest(&[("trees", 1.0), ("refit", 100.0), ("min", 30.0), ("window", 200.0)], salt);
        let mut fits = vec![0];
        for i in 0..1000u32 {
            learn(&mut detector, &[f64::from(i % 13)]);
            if detector.fitted_at == u64::from(i) + 1 {
                fits.push(detector.fitted_at);
            }
        }
        assert_eq!(fits[1], 30);
        assert!(fits.windows(2).all(|pair| pair[1] - pair[0] <= 100), "{fits:?}");
        assert!(fits.len() <= 15, "{fits:?}");
        assert!(detector.history.len() <= 300);
        places.push(fits.last().unwrap() % 100);
    }
    places.sort_unstable();
    places.dedup();
    assert!(places.len() >= 15, "{places:?}");
}

#[test]
fn what_is_not_finite_does_not_enter() {
    let mut detector = forest(&[("min", 10.0)], 0);
    share(&mut detector, 50, |i| vec![i as f64]);
    let before = detector.save();
    for x in [f64::NAN, f64::INFINITY] {
        assert!(judge(&mut detector, &[x]).scored().is_none());
        learn(&mut detector, &[x]);
    }
    learn(&mut detector, &[1.0, 2.0]);
    learn(&mut detector, &[]);
    assert_eq!(detector.save(), before);
}

#[test]
fn faulty_parameters_are_told() {
    let faults = |pairs: &[(&str, f64)]| {
        check(&params(pairs)).into_iter().map(|(name, message, _)| format!("{name}: {message}")).collect::<Vec<_>>()
    };
    assert_eq!(faults(&[("contamination", 0.0)]), ["contamination: nothing could be odd"]);
    assert_eq!(
        faults(&[("window", 100.0), ("sample_size", 200.0)]),
        ["sample_size: sample_size = 200 is more than the window of 100 holds"]
    );
    assert_eq!(faults(&[("trees", 2.5)]), ["trees: 2.5 is not a whole number"]);
    assert!(faults(&[("window", 100.0)]).is_empty());
}

#[test]
fn a_broken_state_is_refused_and_changes_nothing() {
    let mut detector = forest(&[("min", 10.0)], 0);
    share(&mut detector, 50, |i| vec![i as f64]);
    let before = detector.save();
    assert_eq!(detector.restore(&forest(&[("window", 999.0)], 0).save()).unwrap_err().0, "window was 999 and is now 2048");
    for (part, value) in [("learned", 3.into()), ("dims", 0.into()), ("dims", 3.into()), ("history", "".into()), ("fitted_at", 99.into())] {
        let mut state = before.clone();
        state[part] = value;
        assert!(detector.restore(&state).is_err(), "{part}");
    }
    assert_eq!(detector.save(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_finite_numbers_score_within_bounds(values in prop::collection::vec(prop::array::uniform2(prop::num::f64::NORMAL | prop::num::f64::ZERO), 30..60)) {
        let mut detector = forest(&[("min", 20.0), ("trees", 10.0)], 3);
        for x in values {
            if let Some(scored) = judge(&mut detector, &x).scored() {
                prop_assert!((0.0..=1.0).contains(&scored.score) && scored.threshold.is_finite());
                prop_assert_eq!(scored.flagged, scored.score > scored.threshold);
            }
            learn(&mut detector, &x);
        }
    }

    #[test]
    fn doubling_and_shifting_changes_no_flag(values in prop::collection::vec(-1000i32..1000, 100..200), salt in any::<u64>()) {
        let mut plain = forest(&[("min", 40.0), ("trees", 20.0)], salt);
        let mut moved = forest(&[("min", 40.0), ("trees", 20.0)], salt);
        for x in values {
            let (x, y) = (f64::from(x), f64::from(x) * 4.0 + 4096.0);
            let (a, b) = (judge(&mut plain, &[x]), judge(&mut moved, &[y]));
            prop_assert_eq!(a.scored().map(|s| s.flagged), b.scored().map(|s| s.flagged));
            learn(&mut plain, &[x]);
            learn(&mut moved, &[y]);
        }
    }
}

#[test]
fn a_drifting_stream_does_not_flag_half_of_itself() {
    for (dims, step, seed) in [(1, 0.005, 1), (2, 0.005, 2), (1, 0.05, 3), (3, 0.02, 4)] {
        let mut detector = forest(&[("trees", 50.0)], seed);
        let mut random = Random::new(seed);
        let mut draw = |i: usize| (0..dims).map(|_| step * i as f64 + random.normal()).collect();
        // A young forest does not follow yet, so that a fault that has just begun is not taken for usual.
        share(&mut detector, 400, &mut draw);
        let found = share(&mut detector, 4_000, |i| draw(i + 400));
        assert!((0.03..=0.15).contains(&found), "{dims} dimensions, {step} a step: {found}");
    }
}

#[test]
fn a_new_level_that_is_learned_is_flagged_for_a_while_and_then_usual() {
    let mut detector = forest(&[], 3);
    let mut random = Random::new(9);
    share(&mut detector, 3_000, |_| vec![10.0 + random.normal(), random.normal()]);
    let first = share(&mut detector, 12, |_| vec![30.0 + random.normal(), random.normal()]);
    assert!(first > 0.9, "{first}");
    share(&mut detector, 100, |_| vec![30.0 + random.normal(), random.normal()]);
    let then = share(&mut detector, 1_000, |_| vec![30.0 + random.normal(), random.normal()]);
    assert!(then < 0.12, "{then}");
}

#[test]
fn the_shares_name_the_number_that_is_off() {
    let mut detector = forest(&[], 3);
    let mut random = Random::new(9);
    share(&mut detector, 2_048, |_| (0..4).map(|_| random.normal()).collect());
    let shares = detector.shares(&Observation::Numbers(&[0.1, 0.2, 9.0, -0.3]));
    assert!(shares[0].0 == 2 && shares[0].1 > 0.8, "{shares:?}");
    assert!((shares.iter().map(|share| share.1).sum::<f64>() - 1.0).abs() < 1e-9);
}
