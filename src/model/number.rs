//! Numbers as people read them: `9,412`, `0.0123`, `97.3`.
//!
//! One way of writing for explanations, tables and frames, the same on every machine. Digits
//! before the point are never rounded away, so that a figure can be found again in the data.

/// Digits that count in a value from the data.
const DIGITS: usize = 6;
/// From here on the exponent is written: a 64-bit float no longer holds every whole number.
const LARGE: f64 = 1e15;
/// Below this the exponent is written: the zeros could not be counted at a glance.
const SMALL: f64 = 1e-6;

/// `x` with about six digits and thousands separated: `1,204.5`.
pub fn number(x: f64) -> String {
    rounded(x, DIGITS)
}

/// `x` in its unit, shares in percent: `97.3 %`, `842 ms`, `22 /s`.
pub fn measured(x: f64, unit: &str) -> String {
    match unit {
        "" => rounded(x, 4),
        "1" => format!("{} %", rounded(x * 100.0, 4)),
        // The one of a rate says nothing.
        unit => format!("{} {}", rounded(x, 4), unit.strip_prefix('1').filter(|rest| rest.starts_with('/')).unwrap_or(unit)),
    }
}

/// `x` with about `digits` digits; whole digits are all kept.
pub fn rounded(x: f64, digits: usize) -> String {
    if x.is_nan() {
        return "–".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let digits = digits.clamp(1, 17);
    // Rounding first decides the size: 999.9996 has four whole digits once it is rounded.
    let scientific = format!("{x:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let size = x.abs();
    if size >= LARGE || (size > 0.0 && size < SMALL) {
        return format!("{}e{exponent}", trim(mantissa));
    }
    let places = (digits as i32 - 1 - exponent).clamp(0, 17) as usize;
    let plain = format!("{x:.places$}");
    let plain = trim(&plain);
    if plain == "-0" { "0".to_owned() } else { separate(plain) }
}

/// Without zeros at the end of a fraction.
fn trim(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// With a comma between thousands; a number of four digits has one too.
fn separate(plain: &str) -> String {
    let (sign, rest) = plain.strip_prefix('-').map_or(("", plain), |rest| ("-", rest));
    let (whole, fraction) = rest.find('.').map_or((rest, ""), |point| rest.split_at(point));
    let mut out = String::with_capacity(plain.len() + whole.len() / 3);
    out.push_str(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(fraction);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (5.0, "5"),
            (-1234.5, "-1,234.5"),
            (9412.0, "9,412"),
            (1_234_567.89, "1,234,568"),
            (97.300_000_000_000_01, "97.3"),
            (0.1 + 0.2, "0.3"),
            (0.000_012_345_678, "0.0000123457"),
            (1.5e-9, "1.5e-9"),
            (6.02e23, "6.02e23"),
            (999.999_96, "1,000"),
            (999_999.7, "1,000,000"),
            (f64::NAN, "–"),
            (f64::NEG_INFINITY, "−∞"),
            (1_732_100_000_123.0, "1,732,100,000,123"),
        ] {
            assert_eq!(number(x), text, "{x:e}");
        }
        assert_eq!(rounded(8.1234, 2), "8.1");
        assert_eq!(rounded(1204.34, 4), "1,204");
    }

    proptest! {
        #[test]
        fn six_digits_of_any_number_survive(x in prop::num::f64::NORMAL | prop::num::f64::ZERO) {
            let read: f64 = number(x).replace(',', "").parse().unwrap();
            prop_assert!((read - x).abs() <= x.abs() * 5.1e-6, "{} {}", x, read);
        }
    }
}
