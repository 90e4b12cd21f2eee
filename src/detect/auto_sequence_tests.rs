//! Tests of the sequence part of `auto`: orders, ranges, drift, state.

use super::*;

fn after(values: impl IntoIterator<Item = f64>) -> Sequence {
    let mut sequence = Sequence::new();
    values.into_iter().for_each(|x| sequence.learn(x));
    sequence
}

#[test]
fn a_usual_value_at_an_unusual_place_is_odd() {
    let wave = |i: usize| [0.0, 10.0, 20.0, 30.0, 40.0, 30.0, 20.0, 10.0][i % 8];
    let sequence = after((0..2_000).map(wave));
    let (usual, odd) = (sequence.surprise(wave(2_000)), sequence.surprise(40.0));
    assert!(usual < 0.1 && odd > 3.0, "{usual:?} {odd:?}");
    let likely = sequence.likely().unwrap();
    assert!(likely.contains(0.0) && !likely.contains(30.0), "{likely:?}");
}

#[test]
fn beyond_the_range_counts_by_how_far() {
    let sequence = after((0..1_000).map(|i| f64::from(i % 11)));
    let said = [10.0, 10.5, 11.0, 100.0].map(|x| sequence.breakout(x));
    assert!(said.windows(2).all(|pair| pair[0] < pair[1]), "{said:?}");
    assert!((said[3] - MOST).abs() < 1e-9 && (sequence.breakout(-1.0) - said[2]).abs() < 1e-9);
    assert_eq!((sequence.range().low, sequence.range().high), (0.0, 10.0));
}

#[test]
fn samples_are_kept_only_while_the_range_is_learned_and_again_when_the_series_moves_away() {
    let mut sequence = after((0..2_000).map(|i| f64::from(i % 11)));
    assert!(sequence.settled && sequence.early.capacity() == 0);
    assert!(sequence.memory() < 8 << 10, "{}", sequence.memory());
    let mut most = 0;
    for i in 0..2_000 {
        sequence.learn(1_000.0 + f64::from(i % 11));
        most = most.max(sequence.memory());
    }
    assert!(sequence.settled && sequence.low > 999.0, "{} {}", sequence.low, sequence.high);
    assert!(most < 20 << 10, "{most}");
}

#[test]
fn counts_fade_before_they_overflow() {
    let sequence = after((0..150_000).map(|i| f64::from(i % 2)));
    assert!(sequence.tables.iter().all(|table| sum(&table.single) <= f64::from(FULL)));
    assert!(sequence.surprise(0.0) < 0.01);
}

#[test]
fn an_absurd_value_at_the_start_leaves_the_levels_to_the_others() {
    let sequence = after((0..500).map(|i| if i == 3 { 1e100 } else { f64::from(i % 11) }));
    assert!(sequence.high < 1e4, "{}", sequence.high);
}

#[test]
fn a_state_that_fits_nothing_is_refused() {
    let good = after((0..100).map(f64::from)).save();
    assert!(Sequence::restore(&good).is_some());
    for name in ["tables", "range", "n", "early", "settled", "first"] {
        let mut bad = good.clone();
        bad[name] = Value::Null;
        assert!(Sequence::restore(&bad).is_none(), "{name}");
    }
    let mut bad = good;
    bad["tables"][0]["index"][5] = 200.into();
    assert!(Sequence::restore(&bad).is_none());
}
