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
        (0..hours).for_each(|_| history.take(hour(noise, &mut random)));
        let threshold = history.threshold(0.5, SERIES, 1.0);
        let limit = odds(threshold);
        let fired: usize = (0..2).map(|_| (0..hours).filter(|_| hour(noise, &mut random) >= limit).count()).sum();
        // Two weeks at one a week: seven or more where two are expected come once in two hundred times.
        assert!(fired <= 6, "{name}: {fired} at {threshold}");
        let truth = {
            // What the distribution itself says of the threshold.
            let (mut low, mut high) = (1e-300_f64, 1.0_f64);
            for _ in 0..2_000 {
                let mid = (low.ln().midpoint(high.ln())).exp();
                if noise(mid) >= limit { low = mid } else { high = mid }
            }
            low * SAMPLES * hours as f64
        };
        assert!((0.15..=3.0).contains(&truth), "{name}: {truth} a week at {threshold}");
        let claimed = history.weekly(threshold, SERIES).unwrap();
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
        clean.take(odds);
        troubled.take(if i % 500 == 0 { 1e6 } else { odds });
    }
    let (a, b) = (odds(clean.threshold(0.5, 100, 1.0)), odds(troubled.threshold(0.5, 100, 1.0)));
    assert!(b < 2.0 * a, "{a} {b}");
}

#[test]
fn while_little_is_known_more_series_are_judged_more_strictly() {
    let none = Calibration::default();
    let of = |series, budget| odds(none.threshold(0.5, series, budget));
    assert!((of(1, 20.0) - 1.0).abs() < 1e-3, "the kind's own threshold");
    assert!((of(1, 100.0) - 1.0).abs() < 1e-3, "and no less than that");
    assert!((of(1, 1.0) - 1.755).abs() < 0.01, "{}", of(1, 1.0));
    assert!((of(10_000, 1.0) - 5.4).abs() < 0.1, "{}", of(10_000, 1.0));
    assert!(of(100, 1.0) < of(10_000, 1.0) && of(10_000, 1.0) < of(10_000, 0.1));
    assert_eq!(none.weekly(0.5, 1), None);
}

#[test]
fn a_history_of_nothing_odd_says_nothing() {
    let mut calm = Calibration::default();
    (0..10_000).for_each(|_| calm.take(0.0));
    assert!(!calm.is_known());
    assert!((calm.threshold(0.5, 1, 20.0) - 0.5).abs() < 1e-3);
}

#[test]
fn the_more_alerts_may_come_the_lower_the_threshold_but_never_absurdly_low() {
    let mut random = Random::new(11);
    let mut history = Calibration::default();
    (0..5_000).for_each(|_| history.take(hour(exponential, &mut random)));
    let thresholds = [0.01, 0.1, 1.0, 10.0, 1e3, 1e9].map(|budget| history.threshold(0.5, 100, budget));
    assert!(thresholds.windows(2).all(|w| w[0] >= w[1]), "{thresholds:?}");
    assert!(thresholds[5] >= score(LOWEST) - 1e-3);
}

#[test]
fn what_is_saved_is_restored() {
    let mut random = Random::new(5);
    let mut history = Calibration::default();
    assert_eq!(Calibration::restore(&history.save()), Some(history.clone()));
    (0..3_000).for_each(|_| history.take(hour(heavy, &mut random)));
    let mut again = Calibration::restore(&history.save()).unwrap();
    assert_eq!(again, history, "the fit too, which is older than the last hours");
    for _ in 0..3_000 {
        let odds = hour(heavy, &mut random);
        again.take(odds);
        history.take(odds);
    }
    assert_eq!(again, history);
    let mut bad = history.save();
    bad["bins"] = json!([[999_999, 1]]);
    assert_eq!(Calibration::restore(&bad), None);
    let mut bad = history.save();
    bad["fitted_at"] = json!(1_000_000);
    assert_eq!(Calibration::restore(&bad), None);
    let mut bad = history.save();
    bad["tail"] = floats([1.0, 2.0, 1.0, 1.0]);
    assert_eq!(Calibration::restore(&bad), None);
    assert_eq!(Calibration::restore(&json!(3)), None);
}

proptest! {
    #[test]
    fn thresholds_are_scores_whatever_the_history(history in proptest::collection::vec(any::<f64>(), 0..600), own in 0.0f64..1.0, series in 0usize..1_000_000, budget in 0.0f64..1e6) {
        let mut all = Calibration::default();
        for x in &history {
            all.take(*x);
        }
        let threshold = all.threshold(own, series, budget);
        prop_assert!((0.0..=1.0).contains(&threshold), "{}", threshold);
        prop_assert!(all.weekly(threshold, series).is_none_or(|n| n >= 0.0 && n.is_finite()));
    }
}
