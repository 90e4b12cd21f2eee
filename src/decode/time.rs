//! Event times as producers write them: seconds (also fractional), milliseconds, microseconds,
//! nanoseconds, RFC 3339; as numbers or as text. Finer parts than a millisecond are cut off.

use super::spec::TimeUnit;
use crate::model::{Millis, Timestamp, Value};

/// Times before this are absurd: clocks that were never set say 1970 (Unix) or 1980 (GPS, FAT),
/// and Kafka, JSON and the things this console watches are all younger than 1990-01-01.
pub const EARLIEST: Timestamp = Timestamp::from_millis(631_152_000_000);
/// Times after this are absurd even where nothing is known of the present: 2100-01-01.
pub const LATEST: Timestamp = Timestamp::from_millis(4_102_444_800_000);
/// Times further ahead of the present than this are absurd: an hour is more than clocks drift, and
/// as much as a mistaken summer time adds. A watermark they moved would make the rest late.
pub const AHEAD_LIMIT: Millis = Millis::from_secs(3_600);

/// A number is of the coarsest unit whose next finer one would put it before 1990, so that every
/// time which is not absurd is told right: below 1990 in milliseconds it means seconds, …
const SECONDS_BELOW: f64 = 631_152e6;
/// … below 1990 in microseconds it means milliseconds, …
const MILLIS_BELOW: f64 = 631_152e9;
/// … below 1990 in nanoseconds it means microseconds, and above nanoseconds.
const MICROS_BELOW: f64 = 631_152e12;
/// Beyond this a number of milliseconds is no time at all; it keeps the arithmetic far from overflow.
const MILLIS_LIMIT: f64 = 9e15;

/// The moment a field names; `None` where it names none.
#[inline]
pub fn timestamp(value: Value<'_>, unit: TimeUnit) -> Option<Timestamp> {
    match value {
        Value::Number(x) => from_number(x, unit),
        Value::Text(text) => {
            let text = text.trim();
            if matches!(unit, TimeUnit::Auto | TimeUnit::Rfc3339)
                && let Some(at) = rfc3339(text)
            {
                return Some(at);
            }
            from_number(text.parse().ok()?, unit)
        }
        Value::Bool(_) | Value::Missing => None,
    }
}

fn from_number(x: f64, unit: TimeUnit) -> Option<Timestamp> {
    let unit = match unit {
        TimeUnit::Auto => unit_of(x),
        stated => stated,
    };
    let ms = match unit {
        // A float of seconds is a hair beside the millisecond it means (…0.123 is …0.12299991): without the nudge it would lose one.
        TimeUnit::Seconds => (x * 1e3 + 1e-3).floor(),
        TimeUnit::Millis => x.floor(),
        TimeUnit::Micros => (x / 1e3).floor(),
        TimeUnit::Nanos => (x / 1e6).floor(),
        TimeUnit::Rfc3339 | TimeUnit::Auto => return None,
    };
    (ms.abs() < MILLIS_LIMIT).then(|| Timestamp::from_millis(ms as i64))
}

/// The unit a number of this magnitude is in.
pub fn unit_of(x: f64) -> TimeUnit {
    match x.abs() {
        x if x < SECONDS_BELOW => TimeUnit::Seconds,
        x if x < MILLIS_BELOW => TimeUnit::Millis,
        x if x < MICROS_BELOW => TimeUnit::Micros,
        _ => TimeUnit::Nanos,
    }
}

/// Reads `2026-11-21T05:14:00.123Z`, with any zone offset, `T` or a space between, any number of
/// decimals behind a point or comma. Without a zone it is taken as UTC.
pub fn rfc3339(text: &str) -> Option<Timestamp> {
    let b = text.as_bytes();
    let two = |at: usize| -> Option<i64> {
        let (tens, ones) = (b.get(at)?.wrapping_sub(b'0'), b.get(at + 1)?.wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
    };
    let is = |at: usize, set: &[u8]| b.get(at).is_some_and(|c| set.contains(c));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    // A leap second (60) counts as the second before it, as most clocks do.
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut ms = 0;
    if is(at, b".,") {
        at += 1;
        let decimals = b[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        if decimals == 0 {
            return None;
        }
        ms = (0..3).fold(0, |ms, i| ms * 10 + if i < decimals { i64::from(b[at + i] - b'0') } else { 0 });
        at += decimals;
    }
    let offset = match b.get(at) {
        None => 0,
        Some(b'Z' | b'z') if at + 1 == b.len() => 0,
        Some(sign @ (b'+' | b'-')) => {
            let hours = two(at + 1)?;
            let minutes = match b.len() - at {
                3 => 0,
                5 => two(at + 3)?,
                6 if is(at + 3, b":") => two(at + 4)?,
                _ => return None,
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'-' { -1 } else { 1 }
        }
        Some(_) => return None,
    };
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset;
    Some(Timestamp::from_millis((minutes * 60 + second.min(59)) * 1000 + ms))
}

/// Days from 1970-01-01 to a day of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(value: Value<'_>, unit: TimeUnit) -> Option<i64> {
        timestamp(value, unit).map(Timestamp::as_millis)
    }

    #[test]
    fn units_are_told_apart_by_magnitude() {
        let want = Some(1_732_100_000_123);
        for x in [1_732_100_000.123, 1_732_100_000_123.0, 1_732_100_000_123_456.0, 1_732_100_000_123_456_789.0] {
            assert_eq!(of(Value::Number(x), TimeUnit::Auto), want, "{x}");
            assert_eq!(of(Value::Text(&format!(" {x} ")), TimeUnit::Auto), want, "{x}");
        }
        assert_eq!(of(Value::Number(1_732_100_000.0), TimeUnit::Auto), Some(1_732_100_000_000));
        assert_eq!(of(Value::Number(-1.0), TimeUnit::Auto), Some(-1000));
    }

    #[test]
    fn a_stated_unit_is_taken_at_its_word() {
        let x = Value::Number(1_732_100_000.0);
        for (unit, ms) in [
            (TimeUnit::Seconds, 1_732_100_000_000),
            (TimeUnit::Millis, 1_732_100_000),
            (TimeUnit::Micros, 1_732_100),
            (TimeUnit::Nanos, 1_732),
        ] {
            assert_eq!(of(x, unit), Some(ms), "{unit:?}");
        }
        assert_eq!(of(x, TimeUnit::Rfc3339), None);
        assert_eq!(of(Value::Text("2026-11-21T05:14:00Z"), TimeUnit::Seconds), None);
        for nothing in [Value::Missing, Value::Bool(true), Value::Text(""), Value::Text("NaN"), Value::Text("inf"), Value::Number(1e300)] {
            assert_eq!(of(nothing, TimeUnit::Auto), None, "{nothing:?}");
        }
    }

    #[test]
    fn rfc_3339_is_read_in_all_its_forms() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-21T05:14:00Z", 1_795_238_040_000),
            ("2026-11-21t05:14:00.1z", 1_795_238_040_100),
            ("2026-11-21 05:14:00,123456789", 1_795_238_040_123),
            ("2026-11-21T13:14:00+08:00", 1_795_238_040_000),
            ("2026-11-21T00:44:00.000-0430", 1_795_238_040_000),
            ("2026-11-21T06:14:00+01", 1_795_238_040_000),
            ("2024-02-29T23:59:60Z", 1_709_251_199_000),
        ] {
            assert_eq!(rfc3339(text).map(Timestamp::as_millis), Some(ms), "{text}");
        }
        for bad in [
            "",
            "2026-11-21",
            "2026-13-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T05:14:00.Z",
            "2026-11-21T05:14:00Zx",
            "2026-11-21T05:14:00+8",
            "２026-11-21T05:14:00Z",
        ] {
            assert_eq!(rfc3339(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_is_read_as_jiff_writes_it(ms in 0i64..4_102_444_800_000) {
            let text = jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
            prop_assert_eq!(rfc3339(&text).map(Timestamp::as_millis), Some(ms), "{}", text);
            let seconds = Value::Number(ms as f64 / 1000.0);
            prop_assert_eq!(of(seconds, TimeUnit::Seconds), Some(ms));
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let _ = timestamp(Value::Text(&text), TimeUnit::Auto);
            let late = format!("2026-11-21T05:14:00{text}é");
            prop_assert!(rfc3339(&late).is_none());
        }
    }
}
