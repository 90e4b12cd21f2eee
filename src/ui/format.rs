//! Numbers, units, times and names as a screen shows them: of fixed width, so that nothing jumps.
//!
//! A number takes at most [`NUMBER_WIDTH`] columns whatever its size; units stand apart from it.
//! Names are shortened in the middle and padded by display width, so that Chinese, Cyrillic and
//! emoji align. Nothing here knows a widget or a pane.

use crate::model::{Millis, Safe, Timestamp};
use jiff::tz::TimeZone;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns of the longest number, sign included: `-12.3k`, `-1e308`.
pub const NUMBER_WIDTH: usize = 6;
/// Columns of the longest unit shown: a configuration may name any text as a unit.
const UNIT_LIMIT: usize = 8;
/// Below this age the difference of a second matters to a reader; above it frames count in fives.
const FINE_AGE: i64 = 10_000;

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
const SECONDS: Steps = &[
    (0.0, 1e-6, "µs"),
    (1e-3, 1e-3, "ms"),
    (1.0, 1.0, "s"),
    (300.0, 60.0, "min"),
    (7_200.0, 3_600.0, "h"),
    (172_800.0, 86_400.0, "d"),
];
const MILLISECONDS: Steps = &[
    (0.0, 1e-3, "µs"),
    (1.0, 1.0, "ms"),
    (1e3, 1e3, "s"),
    (3e5, 6e4, "min"),
    (7.2e6, 3.6e6, "h"),
    (1.728e8, 8.64e7, "d"),
];
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
            let bare: String = other.chars().filter(|c| !matches!(c, '{' | '}')).collect();
            shorten(Safe::label(&bare).as_str(), UNIT_LIMIT, false)
        }
    }
}

/// `x` in `unit`, scaled: bytes by 1024, times to µs … d, ratios to percent, all else to k, M, G.
pub fn quantity(x: f64, unit: &str) -> Quantity {
    let Some(steps) = steps(unit) else { return Quantity { number: si(x), unit: unit_text(unit) } };
    let zero = steps.iter().find(|s| s.1 >= 1.0).or(steps.first());
    let step = if x.abs() > 0.0 { steps.iter().rev().find(|s| x.abs() >= s.0) } else { zero };
    let (_, divisor, unit) = step.copied().unwrap_or((0.0, 1.0, ""));
    Quantity { number: si(x / divisor), unit: unit.to_owned() }
}

/// `14.2 %`, `842 ms`, `23.4 MiB`, `412`.
pub fn value(x: f64, unit: &str) -> String {
    let q = quantity(x, unit);
    if q.unit.is_empty() { q.number } else { format!("{} {}", q.number, q.unit) }
}

/// The columns [`fixed`] takes for `unit`.
pub fn fixed_width(unit: &str) -> usize {
    let unit = match unit {
        "By" => 3,
        "By/s" => 5,
        "s" | "ms" => 3,
        "1" => 1,
        other => width(&unit_text(other)),
    };
    if unit == 0 { NUMBER_WIDTH } else { NUMBER_WIDTH + 1 + unit }
}

/// As [`value`], the number right-aligned and the unit padded: the same width for every number of a unit.
pub fn fixed(x: f64, unit: &str) -> String {
    let q = quantity(x, unit);
    let text = if q.unit.is_empty() { pad_left(&q.number, NUMBER_WIDTH) } else { format!("{} {}", pad_left(&q.number, NUMBER_WIDTH), q.unit) };
    pad(&text, fixed_width(unit))
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
    let number = if width(&text) > NUMBER_WIDTH { si(x) } else { text };
    format!("{number}{unit}")
}

/// An age in lists: `0.4 s`, `12 s`, `3 m`, `2 h`, `5 d`.
pub fn age(length: Millis) -> String {
    let ms = length.get().max(0);
    if ms < FINE_AGE { format!("{}.{} s", ms / 1000, ms % 1000 / 100) } else { duration(length) }
}

/// An age in a frame, in steps so coarse that a quiet pane is not drawn anew for it: seconds up to
/// ten, then fives, then minutes.
pub fn age_coarse(length: Millis) -> String {
    match length.get().max(0) {
        ms if ms < 1_000 => "<1 s".to_owned(),
        ms if ms < FINE_AGE => format!("{} s", ms / 1000),
        ms if ms < 60_000 => format!("{} s", ms / 5000 * 5),
        _ => duration(length),
    }
}

/// A length of time by its two largest units where the second says something: `41 s`, `5 m`, `3 h 12 m`, `12 d 3 h`.
pub fn duration(length: Millis) -> String {
    let s = length.get().max(0) / 1000;
    match s {
        0 => format!("{} ms", length.get().max(0)),
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} m", s / 60),
        s if s < 172_800 => format!("{} h {:02} m", s / 3_600, s % 3_600 / 60),
        s => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
    }
}

/// Milliseconds between UTC and the zone's own time at `at`.
pub fn offset_millis(at: Timestamp, zone: &TimeZone) -> i64 {
    jiff::Timestamp::from_millisecond(at.as_millis()).map_or(0, |t| i64::from(zone.to_offset(t).seconds()) * 1000)
}

fn parts(at: Timestamp, zone: &TimeZone) -> Option<jiff::civil::DateTime> {
    jiff::Timestamp::from_millisecond(at.as_millis()).ok().map(|t| zone.to_datetime(t))
}

/// `03:14:07`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    parts(at, zone).map_or_else(|| "--:--:--".to_owned(), |t| format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second()))
}

/// `03:14`.
pub fn clock_minutes(at: Timestamp, zone: &TimeZone) -> String {
    parts(at, zone).map_or_else(|| "--:--".to_owned(), |t| format!("{:02}:{:02}", t.hour(), t.minute()))
}

/// `11-02`, month and day.
pub fn day(at: Timestamp, zone: &TimeZone) -> String {
    parts(at, zone).map_or_else(|| "--".to_owned(), |t| format!("{:02}-{:02}", t.month(), t.day()))
}

/// The clock for a moment of today, else day and time: `03:14:07`, `11-02 03:14`.
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    match (parts(at, zone), parts(now, zone)) {
        (Some(a), Some(n)) if a.date() == n.date() => clock(at, zone),
        (Some(_), _) => format!("{} {}", day(at, zone), clock_minutes(at, zone)),
        _ => "--:--:--".to_owned(),
    }
}

/// Columns `text` takes on the screen.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// `text` in at most `room` columns: its middle gives way to an ellipsis, since the ends tell names apart.
pub fn shorten(text: &str, room: usize, ascii: bool) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let dots = if ascii { ".." } else { "…" };
    if room <= width(dots) {
        return dots.chars().take(room).collect();
    }
    let keep = room - width(dots);
    let head = take(text.graphemes(true), keep.div_ceil(2));
    let tail = take(text.graphemes(true).rev(), keep - width(&head));
    let tail: String = tail.graphemes(true).rev().collect();
    format!("{head}{dots}{tail}")
}

/// `text` in at most `room` columns, cut at the end: for sentences, which are read from the left.
pub fn clip(text: &str, room: usize, ascii: bool) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let dots = if ascii { ".." } else { "…" };
    format!("{}{}", take(text.graphemes(true), room.saturating_sub(width(dots))), if room < width(dots) { "" } else { dots })
}

fn take<'a>(graphemes: impl Iterator<Item = &'a str>, room: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for g in graphemes {
        used += g.width();
        if used > room {
            break;
        }
        out.push_str(g);
    }
    out
}

/// `text` with blanks after it up to `room` columns.
pub fn pad(text: &str, room: usize) -> String {
    format!("{text}{}", " ".repeat(room.saturating_sub(width(text))))
}

/// `text` with blanks before it up to `room` columns.
pub fn pad_left(text: &str, room: usize) -> String {
    format!("{}{text}", " ".repeat(room.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UNITS: [&str; 9] = ["", "1", "By", "By/s", "ms", "s", "Cel", "CNY", "{rec}/s"];

    #[test]
    fn numbers_read_well_at_every_size() {
        let shown: Vec<String> = [0.0, 5.0, 0.0123, 1.234, 54.25, 412.3, 4812.0, 9412.4, 12_345.0, 1.5e7, -12_345.0, 1e20, -1e-7].map(si).into();
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
    fn ticks_share_scale_and_decimals() {
        assert_eq!(tick_labels(&[0.0, 0.05, 0.1], "1"), ["0 %", "5 %", "10 %"]);
        assert_eq!(tick_labels(&[0.0, 0.025, 0.05], "1"), ["0.0 %", "2.5 %", "5.0 %"]);
        assert_eq!(tick_labels(&[0.0, 10_000.0, 20_000.0], ""), ["0k", "10k", "20k"]);
        assert_eq!(tick_labels(&[0.0, 1024.0 * 512.0, 1_048_576.0], "By"), ["0.0 MiB", "0.5 MiB", "1.0 MiB"]);
    }

    #[test]
    fn lengths_of_time_read_well() {
        let s = |s: i64| Millis::from_secs(s);
        assert_eq!([age(Millis::new(449)), age(s(12)), age(s(200))], ["0.4 s", "12 s", "3 m"]);
        assert_eq!([age_coarse(Millis::new(449)), age_coarse(s(9)), age_coarse(s(44)), age_coarse(s(300))], ["<1 s", "9 s", "40 s", "5 m"]);
        assert_eq!([duration(s(41)), duration(s(11_520)), duration(s(1_047_600))], ["41 s", "3 h 12 m", "12 d 3 h"]);
    }

    #[test]
    fn clocks_show_the_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let at = Timestamp::from_millis(1_732_100_000_123);
        assert_eq!(clock(at, &zone), "18:53:20");
        assert_eq!(moment(at, at + Millis::from_secs(86_400), &zone), "11-20 18:53");
        assert_eq!(clock(Timestamp::MAX, &zone), "--:--:--");
    }

    #[test]
    fn names_are_shortened_in_the_middle_by_display_width() {
        assert_eq!(shorten("payment-failures-eu-west", 18, false), "payment-f…-eu-west");
        assert_eq!(shorten("支付失败率按地区", 9, false), "支付…地区");
        assert_eq!(width(&pad(&shorten("支付失败率按地区", 8, false), 8)), 8);
        assert_eq!(shorten("Ошибки оплаты", 20, false), "Ошибки оплаты");
        assert_eq!(shorten("abcdef", 4, true), "a..f");
        assert_eq!([shorten("abc", 1, false), shorten("abc", 0, false)], ["…", ""]);
        assert_eq!(clip("why it is so", 7, false), "why it…");
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

        #[test]
        fn shortened_names_fit(text in "\\PC{0,40}", room in 0usize..30) {
            let safe = Safe::label(&text);
            prop_assert!(width(&shorten(safe.as_str(), room, false)) <= room);
            prop_assert!(width(&clip(safe.as_str(), room, true)) <= room);
        }
    }
}
