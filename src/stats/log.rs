//! The natural logarithm and its inverse by arithmetic alone.
//!
//! The standard ones are the system's, and may differ in the last bit from machine to machine; a
//! replay elsewhere would then give other scores. Detectors that measure surprise meet it.

use std::f64::consts::{LN_2, SQRT_2};

/// Bits of the fraction of a 64-bit float.
const FRACTION: u32 = 52;
/// What the exponent of a 64-bit float is written with added.
const BIAS: i64 = 1023;

/// ln `x` for a positive, finite, normal `x`, to about 13 digits; anything else counts as the nearest such number.
pub fn ln(x: f64) -> f64 {
    let x = if x > f64::MIN_POSITIVE { x.min(f64::MAX) } else { f64::MIN_POSITIVE };
    let bits = x.to_bits();
    let mut exponent = (bits >> FRACTION) as i64 - BIAS;
    let mut mantissa = f64::from_bits(bits & ((1 << FRACTION) - 1) | (BIAS as u64) << FRACTION);
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh((m − 1) / (m + 1)), whose argument is at most 0.172: eight terms reach 13 digits.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let t = s * s;
    let tail = t * (1.0 / 9.0 + t * (1.0 / 11.0 + t * (1.0 / 13.0 + t * (1.0 / 15.0))));
    let series = 1.0 + t * (1.0 / 3.0 + t * (1.0 / 5.0 + t * (1.0 / 7.0 + tail)));
    exponent as f64 * LN_2 + 2.0 * s * series
}

/// Beyond this size of its argument, e to the power of it leaves the numbers of 64 bits.
const POWER: f64 = 700.0;
/// Terms of the series of the exponential for an argument below ln 2 / 2: the fourteenth is below the last bit.
const TERMS: u32 = 14;

/// e to the power of `x`; an `x` beyond ±700 counts as ±700, NaN as 0.
pub fn exp(x: f64) -> f64 {
    let x = if x.is_nan() { 0.0 } else { x.clamp(-POWER, POWER) };
    let twos = (x / LN_2).round();
    let rest = x - twos * LN_2;
    let series = (1..=TERMS).rev().fold(1.0, |sum, i| 1.0 + sum * rest / f64::from(i));
    series * f64::from_bits(((twos as i64 + BIAS) as u64) << FRACTION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_are_finite() {
        for x in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX] {
            assert!(ln(x).is_finite(), "{x}");
        }
        assert!(ln(1.0).abs() < 1e-300);
    }

    proptest! {
        #[test]
        fn equals_the_standard_one(x in prop::num::f64::POSITIVE | prop::num::f64::NORMAL) {
            let x = x.abs().max(f64::MIN_POSITIVE);
            prop_assert!((ln(x) - x.ln()).abs() <= 1e-12 * x.ln().abs().max(1.0), "{} {}", x, ln(x));
        }

        #[test]
        fn one_undoes_the_other(x in -700.0f64..700.0) {
            prop_assert!((ln(exp(x)) - x).abs() <= 1e-12 * x.abs().max(1.0), "{} {}", x, exp(x));
        }
    }
}
