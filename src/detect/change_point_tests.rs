//! Tests of `change-point`: shifts, slopes and spreads, what is told after them, restarts.

use super::*;
use crate::detect::explain::why;
use crate::detect::kind::ParamValue;
use crate::model::{LabelSet, SeriesKey, Subject};
use crate::stats::random::Random;

fn made(pairs: &[(&str, f64)]) -> ChangePoint {
    ChangePoint::new(&Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect()))
}

fn at(i: usize) -> Timestamp {
    Timestamp::from_millis(i as i64 * 60_000)
}

fn step(detector: &mut ChangePoint, i: usize, x: f64) -> Option<Scored> {
    let x = [x];
    let verdict = detector.judge(at(i), &Observation::Numbers(&x));
    detector.learn(at(i), &Observation::Numbers(&x));
    verdict.scored().copied().filter(|scored| scored.flagged)
}

fn noisy(n: usize, seed: u64, of: impl Fn(usize, f64) -> f64) -> Vec<f64> {
    let mut random = Random::new(seed);
    (0..n).map(|i| of(i, random.normal())).collect()
}

fn told(i: usize, x: f64, scored: &Scored) -> String {
    let subject = Subject::Series(SeriesKey::new("memory", LabelSet::none()));
    let (x, params) = ([x], Params::default());
    let seen = Observation::Numbers(&x);
    why(&Told { params: &params, name: "memory", subject: &subject, at: at(i), seen, dims: &[], unit: "MB", contributions: &[], scored })
}

#[test]
fn a_new_level_is_told_with_its_begin_and_the_level_before_and_then_learned() {
    let values = noisy(2000, 1, |i, z| 200.0 + 2.0 * z + if i < 1000 { 0.0 } else { 30.0 });
    let mut detector = made(&[]);
    let odd: Vec<(usize, Scored)> = values.iter().enumerate().filter_map(|(i, x)| Some((i, step(&mut detector, i, *x)?))).collect();
    let (first, scored) = odd[0];
    assert!((1000..1010).contains(&first), "{first}");
    assert_eq!(scored.pattern, Pattern::LevelShift);
    assert!((scored.baseline.centre - 200.0).abs() < 2.0 && scored.baseline.since == Some(at(1000)), "{scored:?}");
    let text = told(first, values[first], &scored);
    assert!(text.contains(" MB is on a new level, above ") && text.ends_with(", where it stood before; began 16:40 UTC"), "{text}");
    assert!(odd.len() > 6 && odd.last().unwrap().0 < 1040, "told for a while and then usual: {:?}", odd.last());
    assert!(odd.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "in one piece");
}

#[test]
fn a_leak_is_a_drift_and_restlessness_a_change_of_spread() {
    let mut detector = made(&[]);
    let values = noisy(2000, 2, |i, z| 200.0 + 0.25 * z + 0.008 * (i.max(1000) - 1000) as f64);
    let odd: Vec<(usize, Scored)> = values.iter().enumerate().filter_map(|(i, x)| Some((i, step(&mut detector, i, *x)?))).collect();
    assert!((1000..1100).contains(&odd[0].0), "{}", odd[0].0);
    // A slope may pass for a step at first; by its second step it is told for what it is, with the begin and the level of the first.
    let (i, scored) = odd.into_iter().find(|odd| odd.1.pattern == Pattern::Drift).unwrap();
    assert!(i < 1200 && (scored.baseline.centre - 200.0).abs() < 1.0, "{i} {scored:?}");
    assert!((at(990)..at(1080)).contains(&scored.baseline.since.unwrap()), "{scored:?}");
    assert!(told(i, values[i], &scored).contains(" moves away from its level: above "), "{scored:?}");
    let mut detector = made(&[]);
    let values = noisy(2000, 3, |i, z| 200.0 + z * if i < 1000 { 1.0 } else { 5.0 });
    let odd = values.iter().enumerate().find_map(|(i, x)| Some((i, step(&mut detector, i, *x)?)));
    let (i, scored) = odd.unwrap();
    assert!((1000..1030).contains(&i) && scored.pattern == Pattern::VarianceChange, "{i} {scored:?}");
    let text = told(i, values[i], &scored);
    assert!(text.contains(" swings ") && text.contains(" times more than before"), "{text}");
}

#[test]
fn spikes_noise_and_a_slow_wave_are_no_change() {
    let mut detector = made(&[]);
    let quiet = noisy(20_000, 4, |i, z| z + if i % 71 == 0 { 50.0 } else { 0.0 });
    assert_eq!(quiet.iter().enumerate().filter_map(|(i, x)| step(&mut detector, i, *x)).count(), 0);
    let mut detector = made(&[]);
    let wave = noisy(20_000, 5, |i, z| 20.0 * (i as f64 / 229.0).sin() + z);
    let alarms = wave.iter().enumerate().filter_map(|(i, x)| step(&mut detector, i, *x)).count();
    assert!(alarms < 14 * 12, "at most each turn of the wave: {alarms}");
}

#[test]
fn what_is_not_learned_stays_odd_until_it_is_accepted() {
    let values = noisy(600, 6, |i, z| z + if i < 300 { 0.0 } else { 10.0 });
    let mut detector = made(&[]);
    let mut odd = 0;
    for (i, x) in values.iter().enumerate() {
        let x = [*x];
        if i == 500 {
            detector.accept();
        }
        let verdict = detector.judge(at(i), &Observation::Numbers(&x));
        let flagged = verdict.scored().is_some_and(|scored| scored.flagged);
        if flagged {
            odd += 1;
        } else {
            detector.learn(at(i), &Observation::Numbers(&x));
        }
        assert!(!flagged || (300..500).contains(&i), "{i}");
    }
    assert!(odd > 180, "{odd}");
}

#[test]
fn a_restart_within_a_change_goes_on_the_same() {
    let values = noisy(1200, 7, |i, z| z + if i < 1000 { 0.0 } else { 8.0 });
    for cut in [10, 60, 1003, 1006, 1009, 1030] {
        let mut whole = made(&[]);
        for (i, x) in values.iter().enumerate().take(cut) {
            step(&mut whole, i, *x);
        }
        let text = whole.save().to_string();
        let mut again = made(&[]);
        again.restore(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(again.save().to_string(), text);
        for (i, x) in values.iter().enumerate().skip(cut) {
            assert_eq!(format!("{:?}", step(&mut whole, i, *x)), format!("{:?}", step(&mut again, i, *x)), "{cut} {i}");
        }
    }
    let broken = json!({"kind": "change-point", "seen": 3, "tracks": [{"whole": [1], "x": ""}]});
    assert_eq!(made(&[]).restore(&broken).unwrap_err().0, "tracks does not hold sums");
}

/// Of twenty series of one kind: how many are called so at the first alarm and at the last flag of it, and how far off the begin is told
/// then, in samples: the middle one of the absolute errors, and of the signed ones.
fn called(pattern: Pattern, alike: f64, of: impl Fn(usize) -> f64) -> (usize, usize, [i64; 2]) {
    const BEGIN: usize = 600;
    let (mut first, mut last, mut errors) = (0, 0, Vec::new());
    for seed in 0..20 {
        let mut wander = 0.0;
        let mut random = Random::new(seed);
        let mut detector = made(&[]);
        let mut flags: Vec<(usize, Scored)> = Vec::new();
        for i in 0..1_400 {
            wander = alike * wander + (1.0 - alike * alike).sqrt() * random.normal();
            let odd = step(&mut detector, i, 50.0 + wander + of((i + 1).saturating_sub(BEGIN)));
            if let Some(scored) = odd.filter(|_| i >= BEGIN) {
                flags.push((i, scored));
            } else if !flags.is_empty() {
                break;
            }
        }
        let (Some(alarm), Some(end)) = (flags.first(), flags.last()) else { continue };
        first += usize::from(alarm.1.pattern == pattern);
        last += usize::from(end.1.pattern == pattern);
        errors.push((end.1.baseline.since.unwrap().as_millis() / 60_000) - BEGIN as i64);
    }
    errors.sort_unstable();
    let middle = errors.get(errors.len() / 2).copied().unwrap_or(0);
    let mut errors: Vec<i64> = errors.iter().map(|error| error.abs()).collect();
    errors.sort_unstable();
    (first, last, [errors.get(errors.len() / 2).copied().unwrap_or(0), middle])
}

#[test]
fn steps_and_slopes_are_called_so_and_their_begin_is_near() {
    for alike in [0.0, 0.6] {
        for (size, right, off) in [(2.0, 12, 1), (4.0, 16, 0), (10.0, 20, 0)] {
            let (first, last, error) = called(Pattern::LevelShift, alike, |n| if n > 0 { size } else { 0.0 });
            assert!(first >= right && last >= right && error[0] <= off, "step {size} alike {alike}: {first} {last} {error:?}");
        }
        for (slope, right, off) in [(0.05, 11, 15), (0.1, 11, 8), (0.2, 11, 4), (0.5, 17, 2)] {
            let (first, last, error) = called(Pattern::Drift, alike, |n| slope * n as f64);
            assert!(first >= right && last >= right && error[0] <= off, "slope {slope} alike {alike}: {first} {last} {error:?}");
        }
    }
}
