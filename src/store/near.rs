//! A band in eight bytes beside the value it was expected for.
//!
//! A judged series keeps a band for each sample and slot, as many bytes as the samples themselves.
//! A band is drawn, and shown to four digits: here each end is kept to six, counted from zero or
//! from the value, whichever is nearer, so that neither a narrow band around a large value nor the
//! usual band beside a wild value loses anything that could be seen. Ends may be infinite.

use crate::model::Band;

/// The lowest bit of an end: it is counted from the value, not from zero.
const FROM_VALUE: u32 = 1;

/// One end: the upper half of a 64-bit float, but for its last bit.
const fn upper(x: f64) -> u32 {
    // Rounded to the nearest; a carry goes on into the exponent, as it should.
    ((x.to_bits().saturating_add(1 << 32)) >> 32) as u32 & !FROM_VALUE
}

const fn number(half: u32) -> f64 {
    f64::from_bits(((half & !FROM_VALUE) as u64) << 32)
}

fn end(x: f64, value: f64) -> u32 {
    let (distance, plain) = (x - value, upper(x));
    // A limit that somebody set is a simple number and comes back as it is.
    let simple = number(plain).total_cmp(&x).is_eq();
    if !simple && distance.abs() < x.abs() { upper(distance) | FROM_VALUE } else { plain }
}

fn back(half: u32, value: f64) -> f64 {
    if half & FROM_VALUE == 0 { number(half) } else { value + number(half) }
}

/// A band near a value that is known to who asks, or none.
#[derive(Clone, Copy, Debug)]
pub struct Near {
    low: u32,
    high: u32,
}

impl Near {
    /// No band.
    pub const NONE: Self = Self { low: upper(f64::NAN), high: upper(f64::NAN) };

    /// `band` beside `value`, which must be finite.
    pub fn new(band: Band, value: f64) -> Self {
        Self { low: end(band.low, value), high: end(band.high, value) }
    }

    /// The band, beside the value it was given with.
    pub fn band(self, value: f64) -> Option<Band> {
        let band = Band::new(back(self.low, value), back(self.high, value));
        (!band.low.is_nan()).then_some(band)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_may_be_open_and_simple_ones_are_exact() {
        assert_eq!(size_of::<Near>(), 8);
        assert_eq!(Near::NONE.band(1.0), None);
        assert_eq!(Near::new(Band::new(f64::NAN, 1.0), 1.0).band(1.0), None);
        for (low, high, value) in
            [(f64::NEG_INFINITY, f64::INFINITY, 3.0), (0.0, 1_000.0, 0.5), (-7.5, 100.0, 1e300), (4.0, 4.0, 4.0), (30.0, 45.0, 36.487_123)]
        {
            let band = Band::new(low, high);
            assert_eq!(Near::new(band, value).band(value), Some(band), "{value}");
        }
    }

    proptest! {
        #[test]
        fn six_digits_are_kept_of_what_can_be_seen(low in -1e9f64..1e9, width in 0.0f64..1e6, value in -1e9f64..1e9) {
            let band = Band::new(low, low + width);
            let again = Near::new(band, value).band(value).unwrap();
            for (end, kept) in [(band.low, again.low), (band.high, again.high)] {
                prop_assert!((end - kept).abs() <= 1e-6 * end.abs().min((end - value).abs()) + 1e-15 * value.abs(), "{end} {kept} {value}");
            }
        }

        #[test]
        fn nothing_finite_becomes_a_wrong_number(low in any::<f64>(), value in any::<f64>()) {
            prop_assume!(low.is_finite() && value.is_finite());
            let again = Near::new(Band::new(low, f64::INFINITY), value).band(value).unwrap();
            prop_assert!(!again.low.is_nan() && again.high.is_infinite());
        }
    }
}
