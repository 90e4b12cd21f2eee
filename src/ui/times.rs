//! Clocks, dates and ages as a screen shows them. Ages move in coarse steps, so that what is quiet is not drawn anew each second.

use super::Language;
use super::messages::english;
use crate::model::{Millis, Timestamp};
use jiff::tz::TimeZone;

/// An age in coarse steps, so that it does not change each second: `<10 s`, `40 s`, `5 m`, `3 h`, `2 d`.
#[cfg(test)]
pub fn age(length: Millis) -> String {
    age_in(length, Language::English)
}

/// As [`age`], with the units of a language: no wider in any, so that columns hold it.
pub fn age_in(length: Millis, language: Language) -> String {
    let s = length.get() / 1_000;
    let fill = |text, n: i64| language.fill(text, &[&n.to_string()]);
    match s {
        i64::MIN..10 => language.say("<10 s").to_owned(),
        10..60 => fill(english("{0} s"), s / 10 * 10),
        60..3_600 => fill(english("{0} m"), s / 60),
        3_600..86_400 => fill(english("{0} h"), s / 3_600),
        _ => fill(english("{0} d"), s / 86_400),
    }
}

/// A length of time by its two largest units where the second says something: `41 s`, `5 m`, `3 h 12 m`, `12 d 3 h`.
#[cfg(test)]
pub fn duration(length: Millis) -> String {
    duration_in(length, Language::English)
}

/// As [`duration`], with the units of a language.
pub fn duration_in(length: Millis, language: Language) -> String {
    let s = length.get().max(0) / 1000;
    let fill = |text, n: i64| language.fill(text, &[&n.to_string()]);
    match s {
        0 => fill(english("{0} ms"), length.get().max(0)),
        s if s < 120 => fill(english("{0} s"), s),
        s if s < 7_200 => fill(english("{0} m"), s / 60),
        s if s < 172_800 => language.fill("{0} h {1} m", &[&(s / 3_600).to_string(), &format!("{:02}", s % 3_600 / 60)]),
        s => language.fill("{0} d {1} h", &[&(s / 86_400).to_string(), &(s % 86_400 / 3_600).to_string()]),
    }
}

/// Milliseconds between UTC and the zone's own time at `at`.
pub fn offset_millis(at: Timestamp, zone: &TimeZone) -> i64 {
    jiff::Timestamp::from_millisecond(at.as_millis()).map_or(0, |t| i64::from(zone.to_offset(t).seconds()) * 1000)
}

fn local(at: Timestamp, zone: &TimeZone) -> Option<jiff::Zoned> {
    jiff::Timestamp::from_millisecond(at.as_millis()).ok().map(|t| t.to_zoned(zone.clone()))
}

/// `03:14:07`; dashes for a time no calendar has.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| "--:--:--".to_owned(), |t| format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second()))
}

/// `03:14`.
pub fn clock_minutes(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| "--:--".to_owned(), |t| format!("{:02}:{:02}", t.hour(), t.minute()))
}

/// `11-02`, month and day.
pub fn day(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| "--".to_owned(), |t| format!("{:02}-{:02}", t.month(), t.day()))
}

/// `03:09`, with the date before it where that is not the day of `now`, and with the year where it is not that of `now` either.
pub fn since(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let date = |t| local(t, zone).map(|t| t.date());
    let time = clock_minutes(at, zone);
    match (date(at), date(now)) {
        (at, now) if at == now => time,
        (Some(then), Some(today)) if then.year() != today.year() => format!("{then} {time}"),
        _ => format!("{} {time}", day(at, zone)),
    }
}

/// `03:09:12`, or date and minute where that is not the day of `now`.
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let day = |t| local(t, zone).map(|t| t.date());
    if day(at) == day(now) { clock(at, zone) } else { since(at, now, zone) }
}

/// The date and the time to the millisecond, for detail views.
pub fn exact(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| "no time".to_owned(), |t| format!("{} {}.{:03}", t.date(), clock(at, zone), t.millisecond()))
}

/// `UTC+8`, `UTC-3:30`, `UTC`: the zone's offset at `at`.
pub fn offset(at: Timestamp, zone: &TimeZone) -> String {
    let minutes = local(at, zone).map_or(0, |t| t.offset().seconds() / 60);
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (h, 0) => format!("UTC{sign}{h}"),
        (h, m) => format!("UTC{sign}{h}:{m:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_move_in_coarse_steps() {
        let texts: Vec<String> = [-5, 3, 19, 59, 61, 3_599, 7_300, 200_000].map(|s| age(Millis::from_secs(s))).to_vec();
        assert_eq!(texts, ["<10 s", "<10 s", "10 s", "50 s", "1 m", "59 m", "2 h", "2 d"]);
    }

    #[test]
    fn lengths_of_time_read_well() {
        let s = |s: i64| Millis::from_secs(s);
        assert_eq!([duration(s(41)), duration(s(11_520)), duration(s(1_047_600))], ["41 s", "3 h 12 m", "12 d 3 h"]);
    }

    #[test]
    fn clocks_show_the_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let at = Timestamp::from_millis(1_732_100_000_123);
        assert_eq!(clock(at, &zone), "18:53:20");
        assert_eq!(moment(at, at + Millis::from_secs(86_400), &zone), "11-20 18:53");
        let year = Millis::from_secs(366 * 86_400);
        assert_eq!(moment(at, at + year, &zone), "2024-11-20 18:53", "of another year");
        assert_eq!(moment(at + year, at, &zone), "2025-11-21 18:53", "of a later one too");
        assert_eq!(exact(at, &zone), "2024-11-20 18:53:20.123");
        assert_eq!(offset(at, &zone), "UTC+8");
        assert_eq!(clock(Timestamp::MAX, &zone), "--:--:--");
    }
}
