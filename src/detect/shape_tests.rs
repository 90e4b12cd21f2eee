//! Tests of `shape`: waves with an odd form inside their range, gaps, constant and clean series, restarts.

use super::*;
use crate::detect::kind::ParamValue;
use crate::stats::random::Random;
use std::f64::consts::TAU;

fn shape(pairs: &[(&str, f64)]) -> Shape {
    let params = Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
    assert_eq!(KIND.check_params(&params), []);
    Shape::new(&params)
}

fn step(detector: &mut Shape, at: i64, x: f64) -> Verdict {
    let (at, x) = (Timestamp::from_millis(at), [x]);
    let verdict = detector.judge(at, &Observation::Numbers(&x));
    detector.learn(at, &Observation::Numbers(&x));
    verdict
}

fn flags(detector: &mut Shape, from: usize, to: usize, mut draw: impl FnMut(usize) -> f64) -> usize {
    (from..to).filter(|&i| step(detector, i as i64 * 60_000, draw(i)).scored().is_some_and(|scored| scored.flagged)).count()
}

fn wave(i: usize) -> f64 {
    100.0 + 10.0 * (i as f64 * TAU / 48.0).sin()
}

#[test]
fn an_odd_form_inside_the_range_is_found_and_the_usual_one_is_not() {
    let mut random = Random::new(3);
    let mut detector = shape(&[]);
    let clean = flags(&mut detector, 0, 6_000, |i| wave(i) + 0.3 * random.normal());
    assert!(clean <= 2, "{clean}");
    // Half a wave is flat, then the wave goes on.
    let found = flags(&mut detector, 6_000, 6_024, |_| 100.0 + 0.3 * random.normal());
    assert!(found >= 3, "{found}");
    flags(&mut detector, 6_024, 6_100, |i| wave(i) + 0.3 * random.normal());
    let after = flags(&mut detector, 6_100, 9_000, |i| wave(i) + 0.3 * random.normal());
    assert!(after <= 2, "{after}");
}

#[test]
fn noise_and_wandering_series_are_quiet() {
    let mut random = Random::new(8);
    let noise = flags(&mut shape(&[]), 0, 10_000, |_| random.normal());
    assert!(noise <= 4, "{noise}");
    let mut level = 0.0;
    let walk = flags(&mut shape(&[]), 0, 10_000, |_| {
        level += random.normal();
        level
    });
    assert!(walk <= 4, "{walk}");
}

#[test]
fn the_band_is_where_nothing_is_flagged() {
    let mut random = Random::new(5);
    let mut detector = shape(&[]);
    flags(&mut detector, 0, 3_000, |i| wave(i) + 0.3 * random.normal());
    let at = Timestamp::from_millis(3_000 * 60_000);
    let mut judge = |x: f64| *detector.judge(at, &Observation::Numbers(&[x])).scored().unwrap();
    let band = judge(100.0).expected.unwrap();
    assert!(band.high - band.low < 12.0 && band.contains(wave(3_000)), "{band:?} {}", wave(3_000));
    let width = band.high - band.low;
    assert!(!judge(band.low + width * 1e-6).flagged && !judge(band.high - width * 1e-6).flagged);
    assert!(judge(band.low - width * 1e-6).flagged && judge(band.high + width * 1e-6).flagged);
    assert_eq!((judge(200.0).pattern, judge(band.high + 1.0).pattern), (Pattern::Spike, Pattern::Shape));
}

#[test]
fn a_constant_series_never_fires_and_its_change_does() {
    let mut detector = shape(&[]);
    assert_eq!(flags(&mut detector, 0, 1_000, |_| 5.0), 0);
    assert!(step(&mut detector, 60_000_000, 6.0).scored().unwrap().flagged);
}

#[test]
fn a_gap_breaks_the_form_and_begins_a_new_window() {
    let mut detector = shape(&[]);
    flags(&mut detector, 0, 2_000, wave);
    let year = 31_536_000_000;
    let verdict = step(&mut detector, year, 100.0);
    assert_eq!(verdict, Verdict::Learning { seen: 0, needed: 32 });
    for i in 1..31 {
        assert_eq!(step(&mut detector, year + i * 60_000, wave(i as usize)), Verdict::Learning { seen: i as u64, needed: 32 });
    }
    assert!(step(&mut detector, year + 31 * 60_000, wave(31)).scored().is_some());
    // Equal and backward times are samples like others.
    assert!(step(&mut detector, year, wave(32)).scored().is_some());
}

#[test]
fn it_says_since_when_it_is_odd_and_forgets_it_when_it_is_not() {
    let mut random = Random::new(3);
    let mut detector = shape(&[]);
    flags(&mut detector, 0, 3_000, |i| wave(i) + 0.3 * random.normal());
    let first = step(&mut detector, 3_000 * 60_000, 300.0);
    let second = step(&mut detector, 3_001 * 60_000, -300.0);
    assert_eq!(first.scored().unwrap().baseline.since, Some(Timestamp::from_millis(3_000 * 60_000)));
    assert_eq!(second.scored().unwrap().baseline.since, Some(Timestamp::from_millis(3_000 * 60_000)));
    flags(&mut detector, 3_002, 3_100, |i| wave(i) + 0.3 * random.normal());
    assert!(detector.since.is_none());
}

#[test]
fn scale_and_shift_move_the_band_and_change_no_flag() {
    let mut random = Random::new(6);
    let (mut plain, mut moved) = (shape(&[]), shape(&[]));
    for i in 0..2_000usize {
        let x = (wave(i) + random.normal() + if i % 400 == 399 { 8.0 } else { 0.0 }) as f32;
        let (a, b) = (step(&mut plain, i as i64, f64::from(x)), step(&mut moved, i as i64 * 10, f64::from(x) * 4.0));
        assert_eq!(a.scored().map(|s| s.flagged), b.scored().map(|s| s.flagged), "{i}");
    }
}

#[test]
fn it_goes_on_the_same_after_a_restart_and_refuses_what_does_not_fit() {
    let mut random = Random::new(6);
    for cut in [0, 20, 100, 1_000] {
        let mut whole = shape(&[]);
        flags(&mut whole, 0, cut, |i| wave(i) + random.normal());
        let text = whole.save().to_string();
        let mut again = shape(&[]);
        again.restore(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(again.save().to_string(), text);
        for i in cut..cut + 500 {
            let x = wave(i) + random.normal() + if i % 90 == 0 { 20.0 } else { 0.0 };
            assert_eq!(format!("{:?}", step(&mut whole, i as i64, x)), format!("{:?}", step(&mut again, i as i64, x)));
        }
        assert!(whole.memory() < 20_000, "{}", whole.memory());
    }
    let mut other = shape(&[("window", 16.0)]);
    assert_eq!(other.restore(&shape(&[]).save()).unwrap_err().0, "window was 32 and is now 16");
    let mut state = shape(&[]).save();
    state["tracks"] = json!([{}]);
    assert!(shape(&[]).restore(&state).is_err());
    let faults =
        KIND.check_params(&Params([("window".to_owned(), ParamValue::Number(8.0)), ("rank".to_owned(), ParamValue::Number(6.0))].into()));
    assert_eq!(faults[0].1, "rank = 6 leaves nothing over of a window of 8");
}
