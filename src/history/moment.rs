//! Moments of a recording as people write them: `12:30`, `+5m`, `-90s`, RFC 3339, `start`, `end`.

use crate::model::{Millis, Timestamp};
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// A moment of a recording or of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// On the calendar.
    At(Timestamp),
    /// A time of day: of the day it begins, or of the next where that is before it begins.
    Clock(Time),
    /// So long after it begins.
    After(Millis),
    /// So long before it ends.
    Before(Millis),
}

impl Moment {
    /// The beginning.
    pub const START: Self = Self::After(Millis::ZERO);
    /// The end.
    pub const END: Self = Self::Before(Millis::ZERO);

    /// Reads one.
    ///
    /// # Errors
    /// Says what it may be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let length = |rest: &str| Millis::parse(rest).ok();
        let found = match text {
            "start" => Some(Self::START),
            "end" => Some(Self::END),
            _ => text
                .strip_prefix('+')
                .and_then(length)
                .map(Self::After)
                .or_else(|| text.strip_prefix('-').and_then(length).map(Self::Before))
                .or_else(|| text.parse::<jiff::Timestamp>().ok().map(|t| Self::At(Timestamp::from_millis(t.as_millisecond()))))
                .or_else(|| clock(text).map(Self::Clock)),
        };
        found.ok_or_else(|| {
            format!("{text:?} is no moment: write +5m (after the start), -5m (before the end), 12:30, 12:30:05 or 2026-01-31T08:00:00Z")
        })
    }

    /// Which moment it is of something that lasts over `span`.
    pub fn resolve(self, span: (Timestamp, Timestamp), zone: &TimeZone) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::After(length) => span.0 + length,
            Self::Before(length) => span.1 - length,
            Self::Clock(time) => {
                let begun = jiff::Timestamp::from_millisecond(span.0.as_millis()).unwrap_or_default().to_zoned(zone.clone());
                let on = |date: jiff::civil::Date| {
                    let at = date.to_datetime(time).to_zoned(zone.clone()).map(|z| z.timestamp().as_millisecond());
                    at.map_or(span.0, Timestamp::from_millis)
                };
                let today = on(begun.date());
                if today >= span.0.floor_to(Millis::from_secs(60)) { today } else { begun.date().tomorrow().map_or(today, on) }
            }
        }
    }
}

/// `12:30`, `12:30:05`, `12:30:05.250`.
fn clock(text: &str) -> Option<Time> {
    let digits = text.len() >= 5 && text.is_ascii() && text.as_bytes()[2] == b':';
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_found() {
        let span = (Timestamp::from_millis(1_764_000_000_000), Timestamp::from_millis(1_764_000_600_000)); // 16:00 to 16:10 UTC
        for (text, after) in [
            ("start", 0),
            ("end", 600),
            ("+90s", 90),
            ("-1m", 540),
            ("16:05", 300),
            ("16:00:30", 30),
            ("2025-11-24T16:01:00Z", 60),
            ("15:00", 23 * 3600),
        ] {
            let at = Moment::parse(text).unwrap().resolve(span, &TimeZone::UTC);
            assert_eq!(at.since(span.0), Millis::from_secs(after), "{text}");
        }
        for bad in ["", "5m", "+", "25:00", "tomorrow", "1:00", "+5 parsecs"] {
            assert!(Moment::parse(bad).is_err(), "{bad}");
        }
    }
}
