//! Tests of `random-cut-forest`: quiet on clean and drifting streams, finds odd values, combinations and forms.

use super::*;
use crate::detect::kind::ParamValue;

fn forest(pairs: &[(&str, f64)], salt: u64) -> RandomCutForest {
    let params = Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
    assert_eq!(KIND.check_params(&params), []);
    RandomCutForest::new(&params, salt)
}

fn step(detector: &mut RandomCutForest, x: &[f64]) -> Verdict {
    let verdict = detector.judge(Timestamp::default(), &Observation::Numbers(x));
    detector.learn(Timestamp::default(), &Observation::Numbers(x));
    verdict
}

/// How many are flagged of `n` points that `draw` makes.
fn flags(detector: &mut RandomCutForest, n: usize, mut draw: impl FnMut(usize) -> Vec<f64>) -> usize {
    (0..n).filter(|&i| step(detector, &draw(i)).scored().is_some_and(|scored| scored.flagged)).count()
}

#[test]
fn clean_and_drifting_streams_are_quiet() {
    for (dims, drift, seed) in [(1, 0.0, 1), (2, 0.0, 2), (5, 0.0, 3), (1, 0.005, 4), (3, 0.005, 5)] {
        let mut detector = forest(&[("trees", 20.0)], seed);
        let mut random = Random::new(seed);
        let found = flags(&mut detector, 6_000, |i| (0..dims).map(|_| drift * i as f64 + random.normal()).collect());
        // Three are asked for; the rest is what chance and a tail told from its own past add.
        assert!(found <= 12, "{dims} dimensions, drift {drift}: {found} of 6,000");
    }
}

/// Three weeks at ten minutes a step, and what the engine does while an alert fires: it withholds what was flagged.
#[test]
fn a_daily_course_is_quiet_also_where_flags_are_withheld_and_spikes_are_found() {
    for (withheld, seed) in [(false, 1), (true, 2), (false, 3), (true, 4)] {
        let (mut detector, mut random) = (forest(&[], seed), Random::new(seed));
        let (mut clean, mut found) = (0, 0);
        for i in 0..3_024 {
            let usual = 18.0 + 2.0 * (f64::from(i) / 144.0 * std::f64::consts::TAU).sin() + 0.3 * random.normal();
            let planted = i > 2_000 && i % 500 == 0;
            // Eight deviations of the course together with its noise.
            let x = [if planted { usual + 8.0 * 1.45 } else { usual }];
            let flagged = detector.judge(Timestamp::default(), &Observation::Numbers(&x)).scored().is_some_and(|scored| scored.flagged);
            clean += u32::from(flagged && !planted);
            found += u32::from(flagged && planted);
            if !(withheld && flagged) {
                detector.learn(Timestamp::default(), &Observation::Numbers(&x));
            }
        }
        assert!(clean <= 8 && found == 2, "{withheld} {seed}: {clean} clean ones flagged, {found} of 2 found");
    }
}

#[test]
fn odd_values_and_combinations_are_found_and_told_apart() {
    let mut detector = forest(&[], 7);
    let mut random = Random::new(5);
    // Two states that each have their own level of two numbers.
    flags(&mut detector, 3_000, |i| {
        let state = if i % 10 < 5 { 0.0 } else { 10.0 };
        vec![1_000.0 * (state + 0.3 * random.normal()), state + 0.3 * random.normal()]
    });
    let mut judge = |x: [f64; 2]| *detector.judge(Timestamp::default(), &Observation::Numbers(&x)).scored().unwrap();
    let far = judge([10_000.0, 60.0]);
    assert!(far.flagged && far.pattern == Pattern::Spike && far.baseline.dimension == 1, "{far:?}");
    let apart = judge([10_000.0, 0.0]);
    assert!(apart.flagged && apart.pattern == Pattern::Combination, "{apart:?}");
    assert!(!judge([10_000.0, 10.0]).flagged);
    let shares = detector.shares(&Observation::Numbers(&[10_000.0, 60.0]));
    assert!(shares[0].0 == 1 && shares[0].1 > 0.6, "{shares:?}");
}

#[test]
fn a_shingle_finds_an_odd_form_within_the_usual_range() {
    let mut detector = forest(&[("shingle", 8.0)], 3);
    let mut random = Random::new(4);
    let wave = |i: usize| 10.0 * (i as f64 * std::f64::consts::TAU / 24.0).sin();
    let clean = flags(&mut detector, 3_000, |i| vec![wave(i) + 0.2 * random.normal()]);
    assert!(clean <= 15, "{clean}");
    let odd = flags(&mut detector, 16, |i| vec![if i % 2 == 0 { 9.0 } else { -9.0 }]);
    assert!(odd >= 2, "{odd}");
}

#[test]
fn a_constant_series_never_fires_and_its_change_does() {
    let mut detector = forest(&[], 1);
    assert_eq!(flags(&mut detector, 1_000, |_| vec![5.0]), 0);
    let scored = *detector.judge(Timestamp::default(), &Observation::Numbers(&[6.0])).scored().unwrap();
    assert!(scored.flagged && scored.score > 0.9, "{scored:?}");
}

#[test]
fn a_new_level_that_is_learned_becomes_usual() {
    let mut detector = forest(&[("memory", 400.0)], 3);
    let mut random = Random::new(9);
    flags(&mut detector, 2_000, |_| vec![10.0 + random.normal()]);
    assert!(flags(&mut detector, 10, |_| vec![40.0 + random.normal()]) >= 3);
    flags(&mut detector, 400, |_| vec![40.0 + random.normal()]);
    assert!(flags(&mut detector, 1_000, |_| vec![40.0 + random.normal()]) <= 10);
}

#[test]
fn a_forest_goes_on_the_same_after_a_restart() {
    for (dims, shingle, cut) in [(1, 1.0, 0), (1, 4.0, 3), (2, 1.0, 40), (2, 3.0, 900), (1, 8.0, 1_400)] {
        let pairs = [("shingle", shingle), ("trees", 7.0), ("memory", 200.0)];
        let (mut whole, mut random) = (forest(&pairs, 5), Random::new(8));
        let points: Vec<Vec<f64>> = (0..2_000).map(|_| (0..dims).map(|_| random.normal()).collect()).collect();
        points[..cut].iter().for_each(|x| assert!(step(&mut whole, x).scored().is_none_or(|scored| scored.score.is_finite())));
        let text = whole.save().to_string();
        let mut again = forest(&pairs, 5);
        again.restore(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(again.save().to_string(), text);
        for x in &points[cut..] {
            assert_eq!(format!("{:?}", step(&mut whole, x)), format!("{:?}", step(&mut again, x)), "{dims} {shingle} {cut}");
        }
        assert!(whole.memory() < 1 << 20, "{}", whole.memory());
    }
}

#[test]
fn faulty_parameters_and_states_are_told() {
    let faults = |pairs: &[(&str, f64)]| {
        let params = Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
        check(&params).into_iter().map(|(name, message, hint)| format!("{name}: {message}; {hint}")).collect::<Vec<_>>()
    };
    assert_eq!(faults(&[("memory", 100.0)]), ["memory: memory = 100 is less than the 128 points a tree holds; write at least 128"]);
    assert_eq!(faults(&[("min", 500.0)]), ["min: min = 500 is more than the 128 points a tree holds; write at most 128"]);
    let mut detector = forest(&[("trees", 3.0)], 0);
    flags(&mut detector, 200, |i| vec![(i % 7) as f64]);
    let before = detector.save();
    for part in ["trees", "weights", "axes", "taken", "scores", "dims"] {
        let mut state = before.clone();
        state[part] = Value::Null;
        assert!(detector.restore(&state).is_err(), "{part}");
        state[part] = json!([{"shape": [0, -2], "members": [9], "cuts": "", "points": ""}]);
        assert!(detector.restore(&state).is_err(), "{part}");
    }
    assert_eq!(detector.save(), before);
}
