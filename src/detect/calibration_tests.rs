//! Ten thousand series of noise at one false alert a week, with different tails, and spikes among them.

use super::*;
use crate::stats::random::Random;
use proptest::prelude::*;

/// Series of the console.
const SERIES: usize = 10_000;
/// Samples of an hour.
const SAMPLES: f64 = 60.0;

/// The odds a sigma-like detector gives the largest of an hour's samples, drawn by its distribution function.
type Noise = fn(f64) -> f64;

/// Noise whose square is exponential, as that of two Gaussian numbers; limit at five of its units.
fn exponential(tail: f64) -> f64 {
    -2.0 * tail.ln() / 25.0
}

/// Double exponential noise.
fn laplace(tail: f64) -> f64 {
    (tail.ln() / 8.0).powi(2)
}

/// As a Student's t of four degrees of freedom far out: its square has a Pareto tail of exponent 2.
fn heavy(tail: f64) -> f64 {
    (tail.powf(-0.5) - 1.0) / 16.0
}

/// Scores as a forest gives them: hardly above one half, and never far.
fn bounded(tail: f64) -> f64 {
    0.6 + 0.05 * (-tail.ln()).sqrt()
}

const NOISES: [(&str, Noise); 4] = [("exponential", exponential), ("laplace", laplace), ("heavy", heavy), ("bounded", bounded)];

/// The largest of an hour.
fn hour(noise: Noise, random: &mut Random) -> f64 {
    let u = random.unit().max(f64::MIN_POSITIVE);
    // 1 - U^(1/n), without losing the digits that matter.
    noise(-(u.ln() / SAMPLES).exp_m1())
}

#[test]
fn ten_thousand_series_of_noise_fire_about_once_a_week_and_spikes_are_found() {
    for (name, noise) in NOISES {
        let mut random = Random::new(7);
        let mut history = Calibration::default();
        let hours = SERIES * WEEK_HOURS as usize;
        (0..hours).for_each(|i| history.take((i / SERIES) as i64, hour(noise, &mut random), SERIES));
        let limit = history.times(SERIES, 1.0).unwrap();
        let fired: usize = (0..2).map(|_| (0..hours).filter(|_| hour(noise, &mut random) >= limit).count()).sum();
        // Two weeks at one a week: seven or more where two are expected come once in two hundred times.
        assert!(fired <= 6, "{name}: {fired} at {limit}");
        let truth = {
            // What the distribution itself says of the threshold.
            let (mut low, mut high) = (1e-300_f64, 1.0_f64);
            for _ in 0..2_000 {
                let mid = (low.ln().midpoint(high.ln())).exp();
                if noise(mid) >= limit { low = mid } else { high = mid }
            }
            low * SAMPLES * hours as f64
        };
        assert!((0.15..=3.0).contains(&truth), "{name}: {truth} a week at {limit}");
        let claimed = history.weekly(limit, SERIES).unwrap();
        assert!((0.8..=1.25).contains(&claimed), "{name}: {claimed}");
        // A spike as far out as the largest of a month's noise, and half as far again.
        let spike = noise(1.0 / (4.3 * SAMPLES * hours as f64)) * 1.5_f64.powi(2);
        assert!(spike >= limit, "{name}: {spike} {limit}");
    }
}

#[test]
fn trouble_in_the_history_hides_no_trouble() {
    let mut random = Random::new(3);
    let (mut clean, mut troubled) = (Calibration::default(), Calibration::default());
    for i in 0..20_000 {
        let odds = hour(laplace, &mut random);
        clean.take(i / 100, odds, 100);
        // A trouble in a hundred series every ten hours: seventeen a week.
        troubled.take(i / 100, if i % 1_000 == 0 { 1e6 } else { odds }, 100);
    }
    let (a, b) = (clean.times(100, 1.0).unwrap(), troubled.times(100, 1.0).unwrap());
    assert!(b < 2.0 * a, "{a} {b}");
}

#[test]
fn while_little_is_known_more_series_are_judged_more_strictly() {
    assert!((cold(1, 20.0) - 1.0).abs() < 1e-3, "the kind's own threshold");
    assert!((cold(1, 100.0) - 1.0).abs() < 1e-3, "and no less than that");
    assert!((cold(1, 1.0) - 1.755).abs() < 0.01, "{}", cold(1, 1.0));
    assert!((cold(10_000, 1.0) - 5.4).abs() < 0.1, "{}", cold(10_000, 1.0));
    assert!(cold(100, 1.0) < cold(10_000, 1.0) && cold(10_000, 1.0) < cold(10_000, 0.1));
    let none = Calibration::default();
    assert_eq!((none.times(1, 1.0), none.weekly(1.0, 1)), (None, None));
}

#[test]
fn a_history_of_nothing_odd_says_nothing() {
    let mut calm = Calibration::default();
    (0..10_000).for_each(|i| calm.take(i / 10, 0.0, 10));
    assert!(!calm.is_known());
    assert_eq!(calm.times(10, 20.0), None);
}

#[test]
fn the_more_alerts_may_come_the_less_it_takes() {
    let mut random = Random::new(11);
    let mut history = Calibration::default();
    (0..5_000).for_each(|i| history.take(i / 100, hour(exponential, &mut random), 100));
    let times = [0.01, 0.1, 1.0, 10.0, 1e3, 1e9].map(|budget| history.times(100, budget).unwrap());
    assert!(times.windows(2).all(|w| w[0] >= w[1]), "{times:?}");
}

/// A release after which all scores are three times as high, and the end of it: each is learned in some weeks, not never.
#[test]
fn history_fades() {
    let mut random = Random::new(5);
    let mut history = Calibration::default();
    let mut weeks = |history: &mut Calibration, from: i64, count: i64, factor: f64| {
        for h in from * 168..(from + count) * 168 {
            (0..50).for_each(|_| history.take(h, factor * hour(exponential, &mut random), 50));
        }
    };
    weeks(&mut history, 0, 26, 1.0);
    let before = history.times(50, 2.0).unwrap();
    assert!(history.hours() < 5.0 * 168.0 * 50.0 && history.watched() == 26 * 168, "{}", history.hours());
    weeks(&mut history, 26, 9, 3.0);
    let noisy = history.times(50, 2.0).unwrap();
    assert!((2.4..4.0).contains(&(noisy / before)), "{before} {noisy}");
    weeks(&mut history, 35, 26, 1.0);
    let after = history.times(50, 2.0).unwrap();
    assert!((0.8..1.3).contains(&(after / before)), "{before} {after}");
    // After a year nothing of it counts, and time never runs backwards.
    history.take(61 * 168 + 9_000, 0.1, 50);
    assert!(history.hours() < 100.0, "{}", history.hours());
    history.take(5, 0.1, 50);
    assert!(history.hours() < 100.0);
}

#[test]
fn what_is_saved_is_restored() {
    let mut random = Random::new(5);
    let mut history = Calibration::default();
    assert_eq!(Calibration::restore(&history.save()), Some(history.clone()));
    (0..3_000).for_each(|i| history.take(i / 10, hour(heavy, &mut random), 10));
    let mut again = Calibration::restore(&history.save()).unwrap();
    assert_eq!(again, history, "the fit too, which is older than the last hours");
    for i in 3_000..6_000 {
        let odds = hour(heavy, &mut random);
        again.take(i / 10, odds, 10);
        history.take(i / 10, odds, 10);
    }
    assert_eq!(again, history);
    for (name, wrong) in [("places", json!([999_999])), ("weights", json!([])), ("tail", floats([1.0, 2.0, 1.0, 1.0])), ("sums", json!(3))]
    {
        let mut bad = history.save();
        bad[name] = wrong;
        assert_eq!(Calibration::restore(&bad), None, "{name}");
    }
    assert_eq!(Calibration::restore(&json!(3)), None);
}

proptest! {
    #[test]
    fn it_bears_any_history(history in proptest::collection::vec((any::<i64>(), any::<f64>()), 0..600), series in 0usize..1_000_000, budget in 0.0f64..1e6) {
        let mut all = Calibration::default();
        for (hour, x) in &history {
            all.take(*hour, *x, series);
        }
        let times = all.times(series, budget);
        prop_assert!(times.is_none_or(|t| t.is_finite() && t >= 0.0), "{:?}", times);
        prop_assert!(times.and_then(|t| all.weekly(t, series)).is_none_or(|n| n >= 0.0 && n.is_finite()));
        prop_assert_eq!(Calibration::restore(&all.save()), Some(all));
    }
}
