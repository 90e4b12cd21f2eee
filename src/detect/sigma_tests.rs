//! Tests of `sigma`: constant series, changes, windows, several numbers, any input, restarts.

use super::*;
use crate::detect::kind::ParamValue;
use crate::detect::score::HALF;
use crate::model::Pattern;
use proptest::prelude::*;

fn sigma(pairs: &[(&str, f64)], side: &str) -> Sigma {
    let mut params = Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
    params.0.insert("side".to_owned(), ParamValue::Word(side.to_owned()));
    Sigma::new(&params)
}

fn judge(detector: &mut Sigma, x: f64) -> Verdict {
    detector.judge(Timestamp::default(), &Observation::Numbers(&[x]))
}

fn learn(detector: &mut Sigma, x: f64) {
    detector.learn(Timestamp::default(), &Observation::Numbers(&[x]));
}

/// Judges and learns each value; the places of what was flagged.
fn flagged(detector: &mut Sigma, values: impl IntoIterator<Item = f64>) -> Vec<usize> {
    let mut places = Vec::new();
    for (place, x) in values.into_iter().enumerate() {
        if judge(detector, x).scored().is_some_and(|scored| scored.flagged) {
            places.push(place);
        }
        learn(detector, x);
    }
    places
}

#[test]
fn the_distance_is_that_of_the_batch_formula() {
    let mut detector = sigma(&[("min", 5.0), ("k", 2.0)], "both");
    for x in [100.0, 200.0, 300.0, 400.0, 500.0] {
        assert!(judge(&mut detector, x).scored().is_none());
        learn(&mut detector, x);
    }
    let verdict = judge(&mut detector, 700.0);
    let scored = verdict.scored().unwrap();
    assert!((scored.baseline.distance - 400.0 / 158.113_883).abs() < 1e-6);
    assert!(scored.flagged && scored.pattern == Pattern::Spike);
    let band = scored.expected.unwrap();
    assert!((band.low - (300.0 - 316.227_766)).abs() < 1e-5 && (band.high - 616.227_766).abs() < 1e-5, "{band:?}");
    assert_eq!(judge(&mut detector, -100.0).scored().unwrap().pattern, Pattern::Dip);
}

#[test]
fn a_constant_series_that_changes_once_is_flagged_and_then_learned() {
    for window in [0.0, 100.0] {
        let mut detector = sigma(&[("window", window)], "both");
        let values = (0..200).map(|_| 5.0).chain((0..400).map(|_| 6.0));
        let places = flagged(&mut detector, values);
        assert_eq!(places.first(), Some(&200), "the change itself, window {window}");
        assert!(places.iter().all(|&place| place < 250), "learned after some time, window {window}: {places:?}");
    }
}

#[test]
fn rounding_is_not_a_change() {
    let mut detector = sigma(&[], "both");
    flagged(&mut detector, (0..100).map(|_| 0.3));
    assert!(!judge(&mut detector, 0.1 + 0.2).scored().unwrap().flagged);
    let mut detector = sigma(&[], "both");
    flagged(&mut detector, (0..100).map(|_| 0.0));
    assert!(!judge(&mut detector, 0.1 + 0.2 - 0.3).scored().unwrap().flagged);
    assert!(judge(&mut detector, 1e-6).scored().unwrap().flagged);
}

#[test]
fn one_side_leaves_the_other_alone() {
    let values = |i: i32| f64::from(i % 3);
    for (side, high, low) in [("above", true, false), ("below", false, true), ("both", true, true)] {
        let mut detector = sigma(&[], side);
        flagged(&mut detector, (0..60).map(values));
        assert_eq!(judge(&mut detector, 100.0).scored().unwrap().flagged, high, "{side}");
        assert_eq!(judge(&mut detector, -100.0).scored().unwrap().flagged, low, "{side}");
    }
}

#[test]
fn of_several_numbers_the_oddest_counts_with_its_own_band() {
    let mut detector = sigma(&[], "both");
    for i in 0..100 {
        let x = [f64::from(i % 5), 1000.0 + f64::from(i % 7)];
        detector.learn(Timestamp::default(), &Observation::Numbers(&x));
    }
    let verdict = detector.judge(Timestamp::default(), &Observation::Numbers(&[2.0, 900.0]));
    let scored = verdict.scored().unwrap();
    assert!(scored.flagged && scored.baseline.dimension == 1 && scored.pattern == Pattern::Dip);
    assert!(scored.expected.unwrap().contains(1003.0));
    let other = detector.judge(Timestamp::default(), &Observation::Numbers(&[2.0]));
    assert!(other.scored().is_none(), "another count of numbers is not judged");
}

#[test]
fn what_is_not_finite_does_not_enter() {
    let mut detector = sigma(&[("min", 3.0)], "both");
    flagged(&mut detector, [1.0, 2.0, 3.0]);
    let before = detector.save();
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(judge(&mut detector, x).scored().is_none());
        learn(&mut detector, x);
    }
    detector.learn(Timestamp::default(), &Observation::Category("x"));
    assert_eq!(detector.save(), before);
}

#[test]
fn a_million_jumps_do_not_overflow() {
    for window in [0.0, 50.0] {
        let mut detector = sigma(&[("window", window)], "both");
        for i in 0..1_000_000 {
            learn(&mut detector, if i % 2 == 0 { f64::MAX } else { f64::MIN });
        }
        let verdict = judge(&mut detector, 1.0);
        let scored = verdict.scored().unwrap();
        assert!(scored.score.is_finite() && scored.baseline.scale.is_finite());
    }
}

#[test]
fn faulty_parameters_are_told() {
    let faults = |pairs: &[(&str, f64)]| {
        let params = Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
        check(&params).into_iter().map(|(name, message, _)| format!("{name}: {message}")).collect::<Vec<_>>()
    };
    assert_eq!(faults(&[("window", 1.0)]), ["window: one observation has no spread"]);
    assert_eq!(faults(&[("window", 20.0), ("min", 30.0)]), ["min: min = 30 is more than the window of 20 holds"]);
    assert_eq!(faults(&[("min", 2.5)]), ["min: 2.5 is not a whole number"]);
    assert!(faults(&[("window", 20.0)]).is_empty());
}

#[test]
fn a_state_of_another_window_is_refused_and_changes_nothing() {
    let mut detector = sigma(&[("window", 50.0)], "both");
    flagged(&mut detector, (0..40).map(f64::from));
    let before = detector.save();
    let error = detector.restore(&sigma(&[], "both").save()).unwrap_err();
    assert_eq!(error.0, "window was 0 and is now 50");
    let broken = json!({"kind": "sigma", "window": 50, "seen": 3, "tracks": [{"n": 9, "x": ""}]});
    assert_eq!(detector.restore(&broken).unwrap_err().0, "tracks does not hold moments that fit the window");
    assert_eq!(detector.save(), before);
}

proptest! {
    #[test]
    fn a_constant_series_never_fires(x in prop::num::f64::NORMAL | prop::num::f64::ZERO, window in prop::sample::select(vec![0.0, 40.0])) {
        let mut detector = sigma(&[("window", window)], "both");
        prop_assert!(flagged(&mut detector, (0..200).map(|_| x)).is_empty());
    }

    #[test]
    fn any_finite_numbers_score_within_bounds(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 40..100)) {
        let mut detector = sigma(&[("window", 35.0)], "both");
        for x in values {
            if let Some(scored) = judge(&mut detector, x).scored() {
                prop_assert!((0.0..=1.0).contains(&scored.score));
                prop_assert!(!scored.flagged || scored.score >= HALF);
            }
            learn(&mut detector, x);
        }
    }

    #[test]
    fn scaling_and_shifting_every_number_changes_no_flag(
        values in prop::collection::vec(-100i32..100, 40..150), scale in 1i32..1000, shift in -10_000i32..10_000, window in prop::sample::select(vec![0.0, 40.0]),
    ) {
        let mut plain = sigma(&[("window", window), ("k", 2.123_456_789)], "both");
        let mut moved = sigma(&[("window", window), ("k", 2.123_456_789)], "both");
        for x in values {
            let (x, y) = (f64::from(x), f64::from(x) * f64::from(scale) + f64::from(shift));
            if let (Verdict::Scored(a), Verdict::Scored(b)) = (judge(&mut plain, x), judge(&mut moved, y)) {
                prop_assert!((a.score - b.score).abs() < 1e-6);
                prop_assert!(a.flagged == b.flagged || (a.score - HALF).abs() < 1e-6);
            }
            learn(&mut plain, x);
            learn(&mut moved, y);
        }
    }
}
