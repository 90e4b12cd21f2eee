//! Tests of `novelty`: what is new is found, what has been before is not, and time is taken as it comes.

use super::*;
use crate::detect::kind;
use crate::model::{LabelSet, SeriesKey, Subject};
use crate::stats::random::Random;
use proptest::prelude::*;

/// Five minutes.
const STEP: i64 = 300_000;

fn made(pairs: &[(&str, f64)]) -> Detecting {
    let params = Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
    assert_eq!(KIND.check_params(&params), []);
    Detecting::new(&params)
}

fn at(i: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 / 86_400_000 * 86_400_000 + i * STEP)
}

fn step(detector: &mut Detecting, at: Timestamp, x: f64) -> Verdict {
    let seen = [x];
    let verdict = detector.judge(at, &Observation::Numbers(&seen));
    detector.learn(at, &Observation::Numbers(&seen));
    verdict
}

/// Goes through `values` and returns what was flagged, by place.
fn flagged(detector: &mut Detecting, values: &[f64]) -> Vec<(usize, Scored)> {
    let scored = values.iter().enumerate().filter_map(|(i, &x)| Some((i, *step(detector, at(i as i64), x).scored()?)));
    scored.filter(|(_, scored)| scored.flagged).collect()
}

/// Days of 288 samples: 20 at night, 60 by day, with noise.
fn days(n: usize) -> Vec<f64> {
    let mut random = Random::new(7);
    (0..n * 288).map(|i| if (96..216).contains(&(i % 288)) { 60.0 } else { 20.0 } + random.normal()).collect()
}

fn sentence(x: f64, scored: &Scored) -> String {
    let subject = Subject::Series(SeriesKey::new("orders", LabelSet::none()));
    let seen = [x];
    let told = Told {
        params: &Params::default(),
        name: "orders",
        subject: &subject,
        at: at(0),
        seen: Observation::Numbers(&seen),
        dims: &[],
        unit: "",
        contributions: &[],
        scored,
    };
    explain(&told)
}

#[test]
fn a_daily_rhythm_is_usual_and_a_breakout_is_told_once() {
    let mut values = days(20);
    values[5_000..5_012].fill(100.0);
    let odd = flagged(&mut made(&[]), &values);
    let late: Vec<usize> = odd.iter().map(|odd| odd.0).filter(|i| *i >= 2_000).collect();
    assert_eq!(late, [5_000]);
    let early = odd.iter().filter(|odd| odd.0 < 2_000).count();
    assert!(early <= 6, "{early} in the first week");
    let scored = odd.last().unwrap().1;
    assert_eq!((scored.pattern, scored.baseline.basis), (Pattern::Spike, Basis::Range));
    insta::assert_snapshot!(sentence(100.0, &scored), @"orders 100 is above everything seen so far (16.21–63.61 in 5,000 observations)");
}

#[test]
fn a_dip_below_all_is_told_as_one() {
    let mut values = days(10);
    values[2_500] = -40.0;
    let odd = flagged(&mut made(&[]), &values);
    let scored = odd.iter().find(|odd| odd.0 == 2_500).unwrap().1;
    assert_eq!(scored.pattern, Pattern::Dip);
    insta::assert_snapshot!(sentence(-40.0, &scored), @"orders -40 is below everything seen so far (16.51–63.27 in 2,500 observations)");
}

#[test]
fn day_at_night_is_odd_only_with_the_hours() {
    // A quarter of an hour at each level, so that sequences are long known; then the day's level in a night.
    let mut values = days(60);
    values[57 * 288 + 30..57 * 288 + 42].fill(60.0);
    let flags = |hours: bool| {
        let params = Params([("hours".to_owned(), ParamValue::Flag(hours))].into());
        let odd = flagged(&mut Detecting::new(&params), &values);
        odd.into_iter().find(|odd| odd.0 >= 57 * 288)
    };
    let (place, scored) = flags(true).unwrap();
    assert_eq!((place, scored.pattern), (57 * 288 + 30, Pattern::SeasonalBreak));
    insta::assert_snapshot!(sentence(60.0, &scored), @"orders 60 was never seen at this hour of the day in 16,446 observations (usual now 16.21–25.26)");
    assert!(flags(false).is_none());
}

#[test]
fn a_sequence_never_seen_is_odd_though_its_levels_are_not() {
    // 10 → 50 → 90 → 50 → 10 …: from 10 straight to 90 never.
    let rhythm = [10.0, 50.0, 90.0, 50.0];
    let mut values: Vec<f64> = (0..4_000).map(|i| rhythm[i / 5 % 4] + (i * 7 % 11) as f64 * 0.1).collect();
    values[3_605..3_610].fill(90.0);
    let odd = flagged(&mut made(&[]), &values);
    let places: Vec<usize> = odd.iter().map(|odd| odd.0).collect();
    assert_eq!(places, [3_605]);
    assert_eq!((odd[0].1.pattern, odd[0].1.baseline.basis), (Pattern::Shape, Basis::Form));
    insta::assert_snapshot!(sentence(90.0, &odd[0].1), @"orders 90 follows 10.5 in a way never seen in 3,605 observations (usual after it 10–55.56)");
}

#[test]
fn a_level_between_two_is_odd_when_none_was_there() {
    let mut values: Vec<f64> = (0..3_000).map(|i| if i / 10 % 2 == 0 { 10.0 } else { 90.0 } + f64::from(i * 7 % 11) * 0.1).collect();
    values[2_705] = 50.0;
    let odd = flagged(&mut made(&[]), &values);
    assert_eq!(odd.iter().map(|odd| odd.0).collect::<Vec<_>>(), [2_705]);
    assert_eq!(odd[0].1.baseline.basis, Basis::Values);
    insta::assert_snapshot!(sentence(50.0, &odd[0].1), @"orders 50 is at a level never seen in 2,705 observations (usual 10–91)");
}

#[test]
fn a_constant_that_changes_is_told() {
    let mut detector = made(&[]);
    let mut values = vec![5.0; 1_000];
    values[900] = 6.0;
    assert_eq!(flagged(&mut detector, &values).iter().map(|odd| odd.0).collect::<Vec<_>>(), [900]);
}

#[test]
fn judging_starts_early_and_tells_how_much_is_missing() {
    let mut detector = made(&[]);
    let values = days(1);
    assert_eq!(detector.judge(at(0), &Observation::Numbers(&[1.0])), Verdict::Learning { seen: 0, needed: 100 });
    for (i, &x) in values.iter().enumerate() {
        let verdict = step(&mut detector, at(i as i64), x);
        assert_eq!(verdict.scored().is_some(), i >= 100, "{i}");
    }
}

#[test]
fn what_is_held_back_stays_odd_and_breaks_the_sequence() {
    let (mut detector, values) = (made(&[("rest", 0.0)]), days(10));
    flagged(&mut detector, &values);
    let before = detector.save()["tracks"][0]["transitions"].clone();
    for i in 0..50 {
        let verdict = detector.judge(at(2_880 + i), &Observation::Numbers(&[200.0]));
        assert!(verdict.scored().unwrap().flagged, "{i}");
    }
    assert_eq!(detector.save()["tracks"][0]["transitions"], before, "judging learns nothing");
    let verdict = detector.judge(at(2_930), &Observation::Numbers(&[20.0]));
    assert!(!verdict.scored().unwrap().flagged, "what is usual is so after a hole too");
}

#[test]
fn a_new_level_is_learned_and_its_levels_fit_anew() {
    let mut detector = made(&[]);
    let mut values = days(8);
    let higher: Vec<f64> = days(30).iter().map(|x| 40.0 * x).collect();
    values.extend(&higher);
    let odd = flagged(&mut detector, &values);
    let (low, high) = detector.tracks[0].levels().unwrap();
    assert!(low > 300.0 && high < 3_000.0, "{low}–{high}");
    let late = odd.iter().filter(|odd| odd.0 > 24 * 288).count();
    assert!(late <= 2, "{late} after the new level had been learned");
}

#[test]
fn what_was_once_is_forgotten_after_months() {
    let mut detector = made(&[]);
    let mut values = days(140);
    values[2_500] = 300.0;
    let again = 2_500 + 130 * 288;
    values.copy_within(2_490..2_501, again - 10);
    let odd = flagged(&mut detector, &values);
    let places: Vec<usize> = odd.iter().map(|odd| odd.0).filter(|i| *i > 2_000).collect();
    assert!(places.contains(&2_500) && !places.contains(&again), "{places:?}");
    let memory = detector.memory();
    assert!(memory < 16 << 10, "{memory}");
    // Two fadings later nothing is left of either.
    let again: Vec<f64> = days(240);
    for (i, &x) in again.iter().enumerate() {
        step(&mut detector, at((values.len() + i) as i64), x);
    }
    let verdict = step(&mut detector, at((values.len() + again.len()) as i64), 300.0);
    assert!(verdict.scored().unwrap().flagged);
}

#[test]
fn a_year_without_anything_is_a_hole() {
    let (mut detector, values) = (made(&[]), days(10));
    flagged(&mut detector, &values);
    let later = |i: i64| Timestamp::from_millis(at(2_880 + i).as_millis() + 364 * 86_400_000);
    for (i, &x) in values.iter().enumerate() {
        let verdict = step(&mut detector, later(i as i64), x);
        assert!(!verdict.scored().unwrap().flagged, "{i}");
    }
}

#[test]
fn equal_and_backward_times_are_taken() {
    let (mut detector, values) = (made(&[]), days(10));
    for (i, &x) in values.iter().enumerate() {
        let i = i as i64;
        let when = if i % 7 == 3 { at(i - 5) } else { at(i - i % 2) };
        step(&mut detector, when, x);
    }
    assert!(step(&mut detector, at(0), 500.0).scored().unwrap().flagged);
    let mut standing = made(&[]);
    for &x in &values {
        step(&mut standing, at(0), x);
    }
    assert!(step(&mut standing, at(0), 500.0).scored().unwrap().flagged);
    for when in [i64::MIN, i64::MAX, 0, i64::MAX, i64::MIN] {
        step(&mut standing, Timestamp::from_millis(when), 20.0);
    }
}

#[test]
fn what_is_told_often_is_worth_less_and_a_week_later_as_much_as_before() {
    let mut detector = made(&[]);
    flagged(&mut detector, &days(20));
    let limits = |detector: &mut Detecting, when: i64| {
        let verdict = detector.judge(at(when), &Observation::Numbers(&[70.0]));
        verdict.scored().unwrap().baseline.distance
    };
    let end = 20 * 288;
    let calm = limits(&mut detector.clone_by_state(), end);
    // Something far beyond, told once while it lasts, and not learned, as while an alert fires.
    for i in 0..20 {
        let x = if i % 2 == 0 { 200.0 * f64::from(i + 1) } else { 20.0 };
        detector.judge(at(end + i64::from(i)), &Observation::Numbers(&[x]));
    }
    let weary = limits(&mut detector, end + 20);
    assert!(weary < 0.97 * calm && weary > calm / 3.0, "{weary} after {calm}");
    let later = limits(&mut detector, end + 20 + 9 * 288);
    assert!(later >= calm, "{later} after {calm}");
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let mut detector = made(&[]);
    flagged(&mut detector, &days(4));
    let good = detector.save();
    for (part, bad) in [
        ("marks", serde_json::json!([1])),
        ("numbers", "".into()),
        ("transitions", serde_json::json!([[999_999, 1], []])),
        ("context", serde_json::json!([[12, 0, 0, 0], []])),
        ("range", floats_of(&[2.0, 1.0])),
        ("counts", serde_json::json!([1, 0])),
        ("told_at", serde_json::json!([u64::MAX])),
        ("levels", floats_of(&[2.0, 1.0])),
        ("numbers", floats_of(&[300_000.0, 0.0, f64::NAN])),
        ("habit", floats_of(&[1.0, 2.0])),
    ] {
        let mut state = good.clone();
        state["tracks"][0][part] = bad;
        let mut other = made(&[]);
        assert!(other.restore(&state).is_err(), "{part}");
        assert!(other.tracks.is_empty(), "it stays as it was");
    }
    assert!(made(&[("learn", 500.0)]).restore(&good).is_err());
    assert!(kind(NAME).is_some());
}

impl Detecting {
    /// Another that knows the same.
    fn clone_by_state(&self) -> Self {
        let mut other = made(&[]);
        other.restore(&self.save()).unwrap();
        other
    }
}

fn floats_of(numbers: &[f64]) -> Value {
    crate::detect::state::floats(numbers.iter().copied())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn scale_and_shift_of_values_change_no_score(power in -20i32..20, shift in -3i32..3, whole_days in -900i64..900) {
        // Powers of two and small whole shifts are exact, so scores must be equal bit for bit where the range is.
        let (factor, shift) = (2f64.powi(power), f64::from(shift) * 1024.0);
        let mut random = Random::new(11);
        let (mut one, mut other) = (made(&[]), made(&[]));
        for i in 0..1_200i64 {
            let x = (random.normal() * 64.0).round();
            let moved = Timestamp::from_millis(at(i).as_millis() + whole_days * 86_400_000);
            let (a, b) = (step(&mut one, at(i), x), step(&mut other, moved, (x + shift) * factor));
            let scores = [a, b].map(|verdict| verdict.scored().map(|scored| (scored.score, scored.flagged, scored.pattern)));
            match scores {
                [Some(a), Some(b)] => prop_assert!((a.0 - b.0).abs() < 1e-9 && a.1 == b.1, "{} {:?} {:?}", i, a, b),
                [a, b] => prop_assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn bands_hold_what_is_usual_and_lie_within_the_range(seed in 0u64..1_000) {
        let mut random = Random::new(seed);
        let mut detector = made(&[]);
        let (mut inside, mut all) = (0, 0);
        for i in 0..2_000i64 {
            let x = 50.0 + 20.0 * (i as f64 * 0.0218).sin() + random.normal();
            if let Some(scored) = step(&mut detector, at(i), x).scored() {
                let band = scored.expected.unwrap();
                prop_assert!(band.low <= band.high && band.low.is_finite() && band.high.is_finite());
                all += 1;
                inside += i32::from(band.contains(x));
            }
        }
        prop_assert!(inside * 10 >= all * 9, "{} of {}", inside, all);
    }
}
