//! What holds for every kind of detector in the registry: a new kind is tried here by itself.

use bellwether::detect::{KINDS, Kind, ParamValue, Params};
use bellwether::model::{Detector, Observation, Timestamp, Verdict};
use bellwether::stats::random::Random;
use proptest::prelude::*;

/// Parameters with which a kind has something to do; none are needed where the defaults suffice.
fn tried(name: &str) -> &'static [(&'static str, f64)] {
    match name {
        "threshold" => &[("above", 24.0), ("clear", 22.0)],
        "sigma" => &[("window", 300.0)],
        "isolation-forest" => &[("trees", 20.0), ("refit", 100.0), ("window", 500.0), ("min", 40.0)],
        _ => &[],
    }
}

fn made(kind: &Kind) -> Box<dyn Detector> {
    let params = Params(tried(kind.name).iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
    assert_eq!(kind.check_params(&params), [], "{}", kind.name);
    (kind.build)(&params, 5)
}

fn step(detector: &mut dyn Detector, i: usize, x: &[f64]) -> Verdict {
    let (at, x) = (Timestamp::from_millis(i as i64), Observation::Numbers(x));
    let verdict = detector.judge(at, &x);
    detector.learn(at, &x);
    verdict
}

/// Points around 20, one in fifty far off.
fn points(n: usize) -> Vec<[f64; 2]> {
    let mut random = Random::new(3);
    let mut point = |i: usize| [20.0 + random.normal() + if i.is_multiple_of(50) { 15.0 } else { 0.0 }, 50.0 + 2.0 * random.normal()];
    (0..n).map(&mut point).collect()
}

#[test]
fn names_are_unique_and_everything_is_described() {
    for (i, kind) in KINDS.iter().enumerate() {
        assert!(KINDS[..i].iter().all(|other| other.name != kind.name), "{}", kind.name);
        assert!(!kind.summary.is_empty() && !kind.source.is_empty());
        for param in kind.params {
            assert!(!param.doc.is_empty() && param.min <= param.max, "{} {}", kind.name, param.name);
        }
    }
}

#[test]
fn what_is_far_off_is_found() {
    for kind in KINDS {
        let mut detector = made(kind);
        let (mut found, mut planted) = (0, 0);
        for (i, point) in points(2_000).iter().enumerate() {
            // As the engine does: what is flagged is not learned, or detectors of news would find it usual in time.
            let (at, x) = (Timestamp::from_millis(i as i64), Observation::Numbers(&point[..1]));
            let flagged = detector.judge(at, &x).scored().is_some_and(|scored| scored.flagged);
            if !flagged {
                detector.learn(at, &x);
            }
            if i % 50 == 0 && i >= 500 {
                planted += 1;
                found += u32::from(flagged);
            }
        }
        assert!(found * 10 >= planted * 9, "{}: {found} of {planted}", kind.name);
    }
}

#[test]
fn a_detector_goes_on_the_same_after_a_restart() {
    let points = points(1_500);
    for kind in KINDS {
        for (dims, cut) in [(1, 0), (1, 20), (1, 333), (1, 1_000), (2, 777)] {
            let mut whole = made(kind);
            for (i, point) in points.iter().enumerate().take(cut) {
                step(whole.as_mut(), i, &point[..dims]);
            }
            let text = whole.save().to_string();
            let mut again = made(kind);
            again.restore(&serde_json::from_str(&text).unwrap()).unwrap();
            assert_eq!(again.save().to_string(), text);
            for (i, point) in points.iter().enumerate().skip(cut) {
                let verdicts = [&mut whole, &mut again].map(|detector| format!("{:?}", step(detector.as_mut(), i, &point[..dims])));
                assert_eq!(verdicts[0], verdicts[1], "{} {dims} {cut} {i}", kind.name);
            }
            assert!(whole.memory() > 0 && whole.memory() < 4 << 20, "{} {}", kind.name, whole.memory());
        }
    }
}

#[test]
fn the_state_of_another_kind_is_refused() {
    for kind in KINDS {
        let state = serde_json::json!({"kind": "another"});
        let error = made(kind).restore(&state).unwrap_err();
        assert_eq!(error.to_string(), format!("the state is of kind \"another\", not {:?}", kind.name));
        assert!(made(kind).restore(&serde_json::Value::Null).is_err());
    }
}

#[test]
fn jumps_from_end_to_end_of_all_numbers_do_not_overflow() {
    for kind in KINDS {
        let mut detector = made(kind);
        // A forest keeps no sums, only its history: a hundred refits are enough, and a million jumps would take minutes.
        let jumps = if kind.name == "isolation-forest" { 10_000 } else { 1_000_000 };
        for i in 0..jumps {
            let x = if i % 2 == 0 { f64::MAX } else { f64::MIN };
            if let Verdict::Scored(scored) = step(detector.as_mut(), i, &[x]) {
                assert!((0.0..=1.0).contains(&scored.score), "{} {i}", kind.name);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_numbers_give_scores_within_bounds_and_only_finite_ones_are_learned(
        values in prop::collection::vec(prop::num::f64::ANY, 60..150),
    ) {
        for kind in KINDS {
            let mut detector = made(kind);
            for (i, &x) in values.iter().enumerate() {
                let before = (!x.is_finite()).then(|| detector.save());
                if let Verdict::Scored(scored) = step(detector.as_mut(), i, &[x]) {
                    prop_assert!((0.0..=1.0).contains(&scored.score) && scored.threshold.is_finite(), "{} {:?}", kind.name, scored);
                    prop_assert!(x.is_finite(), "{}", kind.name);
                }
                if let Some(before) = before {
                    prop_assert_eq!(detector.save(), before);
                }
            }
        }
    }

    #[test]
    fn a_constant_series_within_the_limits_never_fires(x in -1e6f64..22.0) {
        for kind in KINDS {
            let mut detector = made(kind);
            for i in 0..400 {
                let verdict = step(detector.as_mut(), i, &[x]);
                prop_assert!(!verdict.scored().is_some_and(|scored| scored.flagged), "{} {}", kind.name, i);
            }
        }
    }
}
