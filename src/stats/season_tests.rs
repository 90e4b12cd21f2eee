//! Tests of the seasonal baseline: what it finds, what it holds under, what it never does.

use super::*;
use crate::stats::random::Random;
use std::f64::consts::TAU;

const MINUTE: i64 = 60_000;
const FREE: Terms = Terms { period: 0, slots: 0, offset: 0 };

/// A day's wave of ±30 around 100 with noise of 2, every five minutes.
fn day(i: i64, random: &mut Random) -> f64 {
    100.0 + 30.0 * (TAU * i as f64 / 288.0).sin() + 2.0 * random.normal()
}

fn learned(terms: Terms, rounds: std::ops::Range<i64>) -> Season {
    let (mut season, mut random) = (Season::new(terms), Random::new(1));
    for i in rounds.start * 288..rounds.end * 288 {
        season.learn(i * 5 * MINUTE, day(i, &mut random));
    }
    season
}

#[test]
fn the_day_is_found_and_the_band_follows_it() {
    let season = learned(FREE, 0..10);
    assert_eq!(season.period(), Some(DAY));
    for hour in 0..24i64 {
        let told = season.expected(10 * DAY + hour * 60 * MINUTE, 4.0);
        let wanted = 100.0 + 30.0 * (TAU * hour as f64 / 24.0).sin();
        assert!((told.centre - wanted).abs() < 3.0, "{hour}: {told:?}, wanted {wanted}");
        assert!(told.scale > 1.5 && told.scale < 4.0, "{hour}: {told:?}");
        assert!(told.n >= 5, "{told:?}");
    }
    assert!(season.beyond_all(160.0, 4.0) && !season.beyond_all(125.0, 4.0));
}

#[test]
fn a_given_period_needs_one_round() {
    let given = Terms { period: DAY, ..FREE };
    let season = learned(given, 0..1);
    assert!(season.needed(MINUTE) > 0);
    let season = learned(given, 0..4);
    assert_eq!(season.needed(4 * DAY), 0);
    let told = season.expected(4 * DAY + 6 * 60 * MINUTE, 4.0);
    assert!((told.centre - 130.0).abs() < 4.0, "{told:?}");
}

#[test]
fn it_holds_under_missing_days_spikes_and_a_slow_trend() {
    let (mut season, mut random) = (Season::new(FREE), Random::new(2));
    for i in 0..288 * 14i64 {
        if (288 * 6..288 * 8).contains(&i) {
            continue;
        }
        let spike = if random.below(97) == 0 { 500.0 } else { 0.0 };
        season.learn(i * 5 * MINUTE, day(i, &mut random) + i as f64 * 0.005 + spike);
    }
    assert_eq!(season.period(), Some(DAY));
    let told = season.expected(14 * DAY + 6 * 60 * MINUTE, 4.0);
    assert!((told.centre - 150.0).abs() < 6.0, "{told:?}");
    assert!(told.scale < 8.0, "{told:?}");
}

#[test]
fn noise_has_an_ordinary_level() {
    let (mut season, mut random) = (Season::new(FREE), Random::new(3));
    for i in 0..5000i64 {
        season.learn(i * MINUTE, 50.0 + 3.0 * random.normal());
    }
    let told = season.expected(5000 * MINUTE, 4.0);
    assert!(season.period().is_none() && told.period.is_none());
    assert!((told.centre - 50.0).abs() < 1.0 && (told.scale - 3.0).abs() < 0.6, "{told:?}");
}

#[test]
fn a_season_that_ended_is_given_up() {
    let (mut season, mut random) = (Season::new(FREE), Random::new(4));
    for i in 0..288 * 60i64 {
        let x = if i < 288 * 5 { day(i, &mut random) } else { 100.0 + 10.0 * random.normal() };
        season.learn(i * 5 * MINUTE, x);
    }
    assert_eq!(season.period(), None);
}

#[test]
fn clocks_put_forward_ring_hardly() {
    let mut season = learned(FREE, 0..14);
    let (mut random, mut out) = (Random::new(5), 0);
    for i in 288 * 14..288 * 15i64 {
        let (at, x) = (i * 5 * MINUTE, day(i + 12, &mut random));
        let told = season.expected(at, 4.0);
        out += u32::from(x < told.low || x > told.high);
        season.learn(at, x);
    }
    assert!(out < 10, "{out} of 288");
}

#[test]
fn a_new_level_is_learned_fast_after_it_is_accepted() {
    let mut season = learned(FREE, 0..8);
    season.accept();
    let mut random = Random::new(6);
    for i in 288 * 8..288 * 9i64 {
        season.learn(i * 5 * MINUTE, day(i, &mut random) + 400.0);
    }
    let told = season.expected(9 * DAY, 4.0);
    assert!((told.centre - 500.0).abs() < 40.0, "{told:?}");
}

#[test]
fn a_year_away_keeps_the_season_and_learns_the_new_level() {
    let mut season = learned(FREE, 0..8);
    let mut random = Random::new(7);
    for i in 288 * 400..288 * 402i64 {
        season.learn(i * 5 * MINUTE, day(i, &mut random) + 50.0);
    }
    assert_eq!(season.period(), Some(DAY));
    let told = season.expected(402 * DAY, 4.0);
    assert!((told.centre - 150.0).abs() < 15.0, "{told:?}");
}

#[test]
fn it_comes_back_bit_for_bit() {
    for rounds in [0, 1, 5, 9] {
        let mut season = learned(FREE, 0..rounds);
        let (whole, numbers) = season.save();
        let mut again = Season::restore(FREE, &whole, &numbers).unwrap();
        let mut random = Random::new(8);
        for i in rounds * 288..(rounds + 4) * 288 {
            let (at, x) = (i * 5 * MINUTE, day(i, &mut random));
            season.learn(at, x);
            again.learn(at, x);
            assert_eq!(season.expected(at, 4.0), again.expected(at, 4.0));
        }
        assert_eq!(season.save(), again.save());
    }
    assert!(Season::restore(FREE, &[], &[]).is_none());
}

#[test]
fn it_holds_a_few_kilobytes_and_bears_any_number_and_time() {
    let mut season = learned(FREE, 0..20);
    assert!(season.memory() < 8 << 10, "{}", season.memory());
    for i in 0..100_000i64 {
        let at = if i % 3 == 0 { i64::MAX / 4 } else { i * MINUTE };
        season.learn(at, if i % 2 == 0 { f64::MAX } else { f64::MIN });
        let told = season.expected(at, 4.0);
        assert!(told.centre.is_finite() && told.scale.is_finite() && told.low <= told.high, "{i}: {told:?}");
    }
}
