//! Tests of `seasonal`: breaks of the season, its sentences, restarts, any input.

use super::*;
use crate::detect::explain::why;
use crate::detect::kind::ParamValue;
use crate::model::{LabelSet, SeriesKey, Subject};
use crate::stats::random::Random;
use std::f64::consts::TAU;

const STEP: i64 = 300_000;

fn seasonal(pairs: &[(&str, f64)]) -> Seasonal {
    Seasonal::new(&params(pairs))
}

fn params(pairs: &[(&str, f64)]) -> Params {
    Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect())
}

/// Failures in per cent, few at night and some at noon.
fn failures(i: i64, random: &mut Random) -> f64 {
    5.0 - 4.0 * (TAU * i as f64 / 288.0).cos() + 0.2 * random.normal()
}

fn step(detector: &mut Seasonal, i: i64, x: f64) -> Verdict {
    let (at, x) = (Timestamp::from_millis(i * STEP), [x]);
    let verdict = detector.judge(at, &Observation::Numbers(&x));
    detector.learn(at, &Observation::Numbers(&x));
    verdict
}

/// After ten days, at a quarter past three in the night.
fn trained(pairs: &[(&str, f64)]) -> (Seasonal, i64) {
    let (mut detector, mut random) = (seasonal(pairs), Random::new(1));
    let now = 288 * 10 + 39;
    for i in 0..now {
        step(&mut detector, i, failures(i, &mut random));
    }
    (detector, now)
}

fn told(pairs: &[(&str, f64)], i: i64, x: f64, verdict: &Verdict) -> String {
    let params = params(pairs);
    let subject = Subject::Series(SeriesKey::new("failures", LabelSet::none()));
    let (x, scored) = ([x], verdict.scored().unwrap());
    let (seen, at) = (Observation::Numbers(&x), Timestamp::from_millis(i * STEP));
    why(&Told { params: &params, name: "failures", subject: &subject, at, seen, dims: &[], unit: "%", contributions: &[], scored })
}

#[test]
fn what_is_usual_at_noon_is_odd_at_night() {
    for pairs in [&[][..], &[("period", 86_400.0)]] {
        let (mut detector, now) = trained(pairs);
        let verdict = step(&mut detector, now, 8.5);
        let scored = verdict.scored().unwrap();
        assert!(scored.flagged && scored.pattern == Pattern::SeasonalBreak && scored.baseline.basis == Basis::Season, "{scored:?}");
        let verdict = step(&mut detector, now + 1, 14.2);
        let scored = verdict.scored().unwrap();
        assert!(scored.flagged && scored.pattern == Pattern::Spike, "{scored:?}");
        assert_eq!(scored.baseline.since, Some(Timestamp::from_millis(now * STEP)));
        let text = told(pairs, now + 1, 14.2, &verdict);
        assert!(text.starts_with("failures 14.2 % at 03:20, usually ") && text.ends_with(" seen); began 03:15 UTC"), "{text}");
        assert!(text.contains(" at this hour (") && text.contains(" days seen)"), "{text}");
    }
}

#[test]
fn ten_usual_days_hardly_ring() {
    let (mut detector, mut random) = (seasonal(&[]), Random::new(9));
    let odd = |i: i64| step(&mut detector, i, failures(i, &mut random)).scored().is_some_and(|scored| scored.flagged);
    assert!((0..288 * 20).map(odd).filter(|odd| *odd).count() <= 3);
}

#[test]
fn the_days_of_the_week_are_told_by_the_clock_of_the_place() {
    let pairs = [("period", 604_800.0), ("utc_offset", 8.0)];
    let (mut detector, mut random) = (seasonal(&pairs), Random::new(1));
    let now = 2016 * 3 + 39;
    for i in 0..now {
        step(&mut detector, i, failures(i, &mut random));
    }
    let verdict = step(&mut detector, now, 14.2);
    let text = told(&pairs, now, 14.2, &verdict);
    assert!(text.starts_with("failures 14.2 % on Thursday 11:15, usually "), "{text}");
    assert!(text.ends_with(" at this hour of the week (3 weeks seen)"), "{text}");
}

#[test]
fn without_a_season_it_says_so() {
    let (mut detector, mut random) = (seasonal(&[]), Random::new(2));
    for i in 0..200 {
        step(&mut detector, i, 50.0 + random.normal());
    }
    let verdict = step(&mut detector, 200, 90.0);
    let scored = verdict.scored().unwrap();
    assert!(scored.flagged && scored.pattern == Pattern::Spike && scored.baseline.basis == Basis::Median);
    assert!(told(&[], 200, 90.0, &verdict).ends_with(" of late; no season is known)"));
}

#[test]
fn what_is_not_learned_goes_on_to_be_odd_and_what_is_accepted_does_not() {
    let (mut detector, now) = trained(&[]);
    let judge = |detector: &mut Seasonal, i: i64, random: &mut Random| {
        let x = [failures(i, random) + 20.0];
        let at = Timestamp::from_millis(i * STEP);
        (detector.judge(at, &Observation::Numbers(&x)).scored().unwrap().flagged, at, x)
    };
    let mut random = Random::new(3);
    assert!((now..now + 288).all(|i| judge(&mut detector, i, &mut random).0));
    detector.accept();
    let mut odd = 0;
    for i in now + 288..now + 288 * 2 {
        let (flagged, at, x) = judge(&mut detector, i, &mut random);
        odd += u32::from(flagged);
        detector.learn(at, &Observation::Numbers(&x));
    }
    assert!(odd < 60, "{odd}");
}

#[test]
fn faulty_parameters_are_told() {
    assert_eq!(check(&params(&[("period", 0.5)]))[0].1, "period = 0.5 is shorter than a second");
    assert!(check(&params(&[("slots", 1.5)]))[0].1.contains("not a whole number"));
    assert!(check(&params(&[("period", 3600.0), ("slots", 12.0)])).is_empty());
}

#[test]
fn a_state_of_another_period_is_refused() {
    let (detector, _) = trained(&[]);
    let mut other = seasonal(&[("period", 3600.0)]);
    assert_eq!(other.restore(&detector.save()).unwrap_err().0, "period was 0 and is now 3600000");
    let broken = json!({"kind": "seasonal", "period": 0, "seasons": [{"whole": [[1]], "x": []}]});
    assert_eq!(seasonal(&[]).restore(&broken).unwrap_err().0, "seasons does not hold baselines that fit");
}

#[test]
fn scale_and_shift_of_values_and_time_change_no_verdict() {
    let (mut plain, mut moved, mut random) = (seasonal(&[]), seasonal(&[]), Random::new(4));
    for i in 0..288 * 8i64 {
        let x = failures(i, &mut random);
        let a = step(&mut plain, i, x);
        let b = step(&mut moved, i + 288 * 70, x * 1024.0 + 77.0);
        if let (Verdict::Scored(a), Verdict::Scored(b)) = (a, b) {
            assert!((a.score - b.score).abs() < 1e-6, "{i}: {} {}", a.score, b.score);
        }
    }
}
