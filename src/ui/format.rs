//! Numbers and units as a screen shows them: of fixed width, so that nothing jumps.
//!
//! A number takes at most [`NUMBER_WIDTH`] columns whatever its size; units stand apart from it.
//! Nothing here knows a widget or a pane.

use super::words::{pad, pad_left, shorten, width};
use crate::model::{Band, Safe};

/// Columns of the longest number, sign included: `-12.3k`, `-1e308`.
pub const NUMBER_WIDTH: usize = 6;
/// Columns of the longest unit shown: a configuration may name any text as a unit.
const UNIT_LIMIT: usize = 8;

/// A number and its unit, scaled for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// The number, at most [`NUMBER_WIDTH`] columns.
    pub number: String,
    /// The unit with its prefix, safe to draw; may be empty.
    pub unit: String,
}

/// How a unit is scaled: from which size on, the divisor, and the unit then shown.
type Steps = &'static [(f64, f64, &'static str)];

const BYTES: Steps = &[
    (0.0, 1.0, "B"),
    (1024.0, 1024.0, "KiB"),
    (1_048_576.0, 1_048_576.0, "MiB"),
    (1_073_741_824.0, 1_073_741_824.0, "GiB"),
    (1_099_511_627_776.0, 1_099_511_627_776.0, "TiB"),
    (1_125_899_906_842_624.0, 1_125_899_906_842_624.0, "PiB"),
];
const BYTES_PER_SECOND: Steps = &[
    (0.0, 1.0, "B/s"),
    (1024.0, 1024.0, "KiB/s"),
    (1_048_576.0, 1_048_576.0, "MiB/s"),
    (1_073_741_824.0, 1_073_741_824.0, "GiB/s"),
    (1_099_511_627_776.0, 1_099_511_627_776.0, "TiB/s"),
];
const SECONDS: Steps =
    &[(0.0, 1e-6, "µs"), (1e-3, 1e-3, "ms"), (1.0, 1.0, "s"), (300.0, 60.0, "min"), (7_200.0, 3_600.0, "h"), (172_800.0, 86_400.0, "d")];
const MILLISECONDS: Steps =
    &[(0.0, 1e-3, "µs"), (1.0, 1.0, "ms"), (1e3, 1e3, "s"), (3e5, 6e4, "min"), (7.2e6, 3.6e6, "h"), (1.728e8, 8.64e7, "d")];
const RATIO: Steps = &[(0.0, 0.01, "%")];

/// The steps of a unit in UCUM form; `None` for one that has no scale of its own.
fn steps(unit: &str) -> Option<Steps> {
    Some(match unit {
        "By" => BYTES,
        "By/s" => BYTES_PER_SECOND,
        "s" => SECONDS,
        "ms" => MILLISECONDS,
        "1" => RATIO,
        _ => return None,
    })
}

/// A unit as it is shown: `Cel` as `°C`, annotations without their braces, foreign text made safe.
pub fn unit_text(unit: &str) -> String {
    match unit {
        "Cel" => "°C".to_owned(),
        "" | "1" => String::new(),
        other => {
            // A rate reads `23 /s`: the one in `1/s` says nothing.
            let other = other.strip_prefix('1').filter(|rest| rest.starts_with('/')).unwrap_or(other);
            let bare: String = other.chars().filter(|c| !matches!(c, '{' | '}')).collect();
            shorten(Safe::label(&bare).as_str(), UNIT_LIMIT, false)
        }
    }
}

/// `x` in `unit`, scaled: bytes by 1024, times to µs … d, ratios to percent, all else to k, M, G.
pub fn quantity(x: f64, unit: &str) -> Quantity {
    if unit == "1" {
        return Quantity { number: percent(x * 100.0), unit: "%".to_owned() };
    }
    let Some(steps) = steps(unit) else { return Quantity { number: si(x), unit: unit_text(unit) } };
    let zero = steps.iter().find(|s| s.1 >= 1.0).or(steps.first());
    let step = if x.abs() > 0.0 { steps.iter().rev().find(|s| x.abs() >= s.0) } else { zero };
    let (_, divisor, unit) = step.copied().unwrap_or((0.0, 1.0, ""));
    Quantity { number: si(x / divisor), unit: unit.to_owned() }
}

/// A share in percent: one decimal, so that what moves about a few percent does not change its width.
fn percent(x: f64) -> String {
    match x.abs() {
        a if a < 1e-12 => "0".to_owned(),
        a if (0.099_5..99.95).contains(&a) => format!("{x:.1}"),
        a if (99.95..9_999.5).contains(&a) => thousands(x.round() as i64),
        _ => si(x),
    }
}

/// `14.2 %`, `842 ms`, `23.4 MiB`, `412`.
pub fn value(x: f64, unit: &str) -> String {
    let q = quantity(x, unit);
    if q.unit.is_empty() { q.number } else { format!("{} {}", q.number, q.unit) }
}

/// As [`value`] with the digits a reading needs: seven that count, none at the end that say nothing.
pub fn exact(x: f64, unit: &str) -> String {
    let shown = quantity(x, unit).unit;
    let step = steps(unit).and_then(|steps| steps.iter().find(|s| s.2 == shown));
    let scaled = x / step.map_or(1.0, |s| s.1);
    let size = if scaled.abs() > 0.0 { scaled.abs().log10().floor() } else { 0.0 };
    if !size.is_finite() || !(-4.0..15.0).contains(&size) {
        return value(x, unit);
    }
    let number = format!("{scaled:.*}", (6.0 - size).clamp(0.0, 9.0) as usize);
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    if shown.is_empty() { number.to_owned() } else { format!("{number} {shown}") }
}

/// The columns [`fixed`] takes for `unit`.
pub fn fixed_width(unit: &str) -> usize {
    let unit = match unit {
        "By" | "s" | "ms" => 3,
        "By/s" => 5,
        "1" => 1,
        other => width(&unit_text(other)),
    };
    if unit == 0 { NUMBER_WIDTH } else { NUMBER_WIDTH + 1 + unit }
}

/// As [`value`], the number right-aligned and the unit padded: the same width for every number of a unit.
pub fn fixed(x: f64, unit: &str) -> String {
    let q = quantity(x, unit);
    let text =
        if q.unit.is_empty() { pad_left(&q.number, NUMBER_WIDTH) } else { format!("{} {}", pad_left(&q.number, NUMBER_WIDTH), q.unit) };
    pad(&text, fixed_width(unit))
}

/// Where a value was expected: `0.8–2.1 %`, `<2.1 %`; empty where neither end is known.
pub fn band(band: Option<Band>, unit: &str) -> String {
    let Some(band) = band else { return String::new() };
    let high = value(band.high, unit);
    match (band.low.is_finite(), band.high.is_finite()) {
        (true, true) => {
            let low = value(band.low, unit);
            let (number, unit) = low.split_once(' ').unwrap_or((&low, ""));
            // The unit is said once where both ends have the same.
            let low = if high.ends_with(&format!(" {unit}")) { number } else { &low };
            format!("{}–{}", short(low), short(&high))
        }
        (true, false) => format!(">{}", short(&value(band.low, unit))),
        (false, true) => format!("<{}", short(&high)),
        (false, false) => String::new(),
    }
}

/// A number without the zeros at the end of its fraction: a band does not move each second, so it need not keep its width.
fn short(text: &str) -> String {
    let (number, unit) = text.split_once(' ').map_or((text, String::new()), |(number, unit)| (number, format!(" {unit}")));
    let number = if number.contains('.') && !number.contains('e') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    format!("{number}{unit}")
}

/// Three digits that count, and a prefix where the number is large: `0.012`, `1.23`, `412`, `9,999`, `12.3k`.
pub fn si(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let a = x.abs();
    let whole = x.round();
    if whole.abs() < 10_000.0 && (a >= 999.5 || (x - whole).abs() < 1e-12) {
        return thousands(whole as i64);
    }
    match a {
        _ if a < 0.000_5 => format!("{x:.0e}"),
        _ if a < 0.099_5 => format!("{x:.3}"),
        _ if a < 9.995 => format!("{x:.2}"),
        _ if a < 99.95 => format!("{x:.1}"),
        _ if a < 999.5 => format!("{x:.0}"),
        _ => prefixed(x),
    }
}

fn prefixed(x: f64) -> String {
    for (size, prefix) in [(1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")] {
        let scaled = x / size;
        match scaled.abs() {
            a if a < 9.995 => return format!("{scaled:.2}{prefix}"),
            a if a < 99.95 => return format!("{scaled:.1}{prefix}"),
            a if a < 999.5 => return format!("{scaled:.0}{prefix}"),
            _ => {}
        }
    }
    format!("{x:.0e}")
}

/// Digits in groups of three: `4,812`.
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

/// Labels of an axis' ticks, all in one scale and with the same number of decimals.
pub fn tick_labels(ticks: &[f64], unit: &str) -> Vec<String> {
    let top = ticks.iter().fold(0.0_f64, |m, t| m.max(t.abs()));
    let (divisor, unit) = if let Some(steps) = steps(unit) {
        let step = steps.iter().rev().find(|s| top >= s.0).or(steps.first());
        step.map_or((1.0, String::new()), |s| (s.1, format!(" {}", s.2)))
    } else {
        let step = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")].into_iter().find(|s| top >= s.0);
        match step {
            Some((1e4, prefix)) => (1e3, prefix.to_owned()),
            Some((size, prefix)) => (size, prefix.to_owned()),
            None if unit == "Cel" => (1.0, " °C".to_owned()),
            None => (1.0, String::new()),
        }
    };
    let exact = |decimals: usize| {
        let shift = 10_f64.powi(decimals as i32);
        ticks.iter().all(|t| ((t / divisor * shift).round() - t / divisor * shift).abs() < 1e-6 * shift.max(1.0))
    };
    let decimals = (0..4).find(|d| exact(*d)).unwrap_or(4);
    ticks.iter().map(|t| tick_label(t / divisor, decimals, &unit)).collect()
}

fn tick_label(x: f64, decimals: usize, unit: &str) -> String {
    let text = format!("{x:.decimals$}");
    if x.abs() < 1e-12 && !unit.starts_with(' ') {
        return "0".to_owned();
    }
    let number = if width(&text) > NUMBER_WIDTH { si(x) } else { text };
    format!("{number}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UNITS: [&str; 9] = ["", "1", "By", "By/s", "ms", "s", "Cel", "CNY", "{rec}/s"];

    #[test]
    fn numbers_read_well_at_every_size() {
        let shown: Vec<String> =
            [0.0, 5.0, 0.0123, 1.234, 54.25, 412.3, 4812.0, 9412.4, 12_345.0, 1.5e7, -12_345.0, 1e20, -1e-7].map(si).into();
        assert_eq!(shown, ["0", "5", "0.012", "1.23", "54.2", "412", "4,812", "9,412", "12.3k", "15.0M", "-12.3k", "1e20", "-1e-7"]);
    }

    #[test]
    fn units_scale_as_people_expect() {
        let cases = [
            (0.142, "1", "14.2 %"),
            (1.0, "1", "100 %"),
            (842.0, "ms", "842 ms"),
            (1_200.0, "ms", "1.20 s"),
            (0.25, "ms", "250 µs"),
            (0.0, "ms", "0 ms"),
            (0.0, "s", "0 s"),
            (0.38, "s", "380 ms"),
            (1_048_576.0, "By", "1 MiB"),
            (1536.0, "By/s", "1.50 KiB/s"),
            (38.5, "Cel", "38.5 °C"),
            (9_412.0, "CNY", "9,412 CNY"),
            (4_812.0, "{rec}/s", "4,812 rec/s"),
            (7.0, "", "7"),
        ];
        for (x, unit, text) in cases {
            assert_eq!(value(x, unit), text, "{x} {unit}");
        }
    }

    #[test]
    fn readings_keep_the_digits_that_count() {
        let cases = [
            (0.142_137, "1", "14.2137 %"),
            (842.137, "ms", "842.137 ms"),
            (9_412.37, "CNY", "9412.37 CNY"),
            (0.1 + 0.2, "", "0.3"),
            (-12.0, "Cel", "-12 °C"),
            (0.0, "ms", "0 ms"),
            (1_234_567_890_123.0, "", "1234567890123"),
            (1e-9, "", "1e-9"),
        ];
        for (x, unit, text) in cases {
            assert_eq!(exact(x, unit), text, "{x} {unit}");
        }
    }

    #[test]
    fn ticks_share_scale_and_decimals() {
        assert_eq!(tick_labels(&[0.0, 0.05, 0.1], "1"), ["0 %", "5 %", "10 %"]);
        assert_eq!(tick_labels(&[0.0, 0.025, 0.05], "1"), ["0.0 %", "2.5 %", "5.0 %"]);
        assert_eq!(tick_labels(&[0.0, 10_000.0, 20_000.0], ""), ["0", "10k", "20k"]);
        assert_eq!(tick_labels(&[0.0, 1024.0 * 512.0, 1_048_576.0], "By"), ["0.0 MiB", "0.5 MiB", "1.0 MiB"]);
    }

    #[test]
    fn bands_say_their_unit_once() {
        assert_eq!(band(Some(Band::new(0.008, 0.021)), "1"), "0.8–2.1 %");
        assert_eq!(band(Some(Band::new(f64::NEG_INFINITY, 190.0)), "ms"), "<190 ms");
        assert_eq!(band(Some(Band::new(5.0, f64::INFINITY)), ""), ">5");
        assert_eq!(band(None, "ms"), "");
    }

    proptest! {
        #[test]
        fn fixed_numbers_never_change_their_width(x in any::<f64>(), unit in 0..UNITS.len()) {
            let unit = UNITS[unit];
            prop_assert!(width(&si(x)) <= NUMBER_WIDTH, "{}", si(x));
            if x.is_finite() && x.abs() < 1e17 {
                prop_assert_eq!(width(&fixed(x, unit)), fixed_width(unit), "{:?}", fixed(x, unit));
            }
        }
    }
}
