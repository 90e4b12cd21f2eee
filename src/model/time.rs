//! Time as data: milliseconds since the epoch, and lengths of time in milliseconds.
//!
//! Nothing here reads a clock; clocks belong to `runtime` and `source`.

use std::fmt;
use std::ops::{Add, Sub};

/// A moment: milliseconds since 1970-01-01T00:00:00Z, as Kafka and Prometheus count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Earlier than any moment a record can name.
    pub const MIN: Self = Self(i64::MIN / 4);
    /// Later than any moment a record can name.
    pub const MAX: Self = Self(i64::MAX / 4);

    /// A moment from milliseconds since the epoch.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The start of the step this moment lies in: the largest multiple of `step` not after it.
    ///
    /// A step of zero or less leaves the moment as it is.
    pub const fn floor_to(self, step: Millis) -> Self {
        if step.0 <= 0 { self } else { Self(self.0 - self.0.rem_euclid(step.0)) }
    }

    /// The length from `earlier` to this moment; negative where `earlier` is later.
    pub const fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Millis> for Timestamp {
    type Output = Self;
    fn add(self, length: Millis) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl Sub<Millis> for Timestamp {
    type Output = Self;
    fn sub(self, length: Millis) -> Self {
        Self(self.0.saturating_sub(length.0))
    }
}

/// A length of time in milliseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(i64);

impl Millis {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A length from milliseconds.
    pub const fn new(ms: i64) -> Self {
        Self(ms)
    }

    /// A length from seconds.
    pub const fn from_secs(s: i64) -> Self {
        Self(s.saturating_mul(1000))
    }

    /// The length in milliseconds.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The length in seconds, with its fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Reads a length as people write it: `500ms`, `30s`, `5m`, `1h`, `7d`, `1h30m`.
    ///
    /// # Errors
    /// Names the part that is no length.
    pub fn parse(text: &str) -> Result<Self, ParseMillisError> {
        let bad = || ParseMillisError(text.to_owned());
        let mut rest = text.trim();
        let mut total = 0i64;
        if rest.is_empty() {
            return Err(bad());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
            let (number, tail) = rest.split_at(digits);
            let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit, next) = tail.split_at(unit_end);
            let factor = match unit.trim() {
                "ms" => 1.0,
                "s" => 1_000.0,
                "m" | "min" => 60_000.0,
                "h" => 3_600_000.0,
                "d" => 86_400_000.0,
                "w" => 604_800_000.0,
                _ => return Err(bad()),
            };
            let number: f64 = number.parse().map_err(|_| bad())?;
            total = total.saturating_add((number * factor).round() as i64);
            rest = next;
        }
        Ok(Self(total))
    }
}

/// A text that is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no length of time; write for instance 500ms, 30s, 5m, 1h or 7d")]
pub struct ParseMillisError(String);

/// As a person writes it, largest unit first and at most two units: `1h30m`, `5m`, `2s`, `250ms`.
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
        let mut left = self.0.unsigned_abs() as i64;
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if (1_000..60_000).contains(&left) && left % 1_000 != 0 {
            let thousandths = format!("{:03}", left % 1_000);
            return write!(f, "{}.{}s", left / 1_000, thousandths.trim_end_matches('0'));
        }
        let mut written = 0;
        for (size, unit) in UNITS {
            if left >= size && written < 2 {
                write!(f, "{}{unit}", left / size)?;
                left %= size;
                written += 1;
            } else if written == 1 {
                break;
            }
        }
        if written == 0 {
            f.write_str("0s")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_written_as_people_write_them() {
        for (text, ms) in [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h30m", 5_400_000), ("1.5s", 1_500), ("2d", 172_800_000)] {
            assert_eq!(Millis::parse(text), Ok(Millis::new(ms)), "{text}");
        }
        assert_eq!(Millis::new(5_400_000).to_string(), "1h30m");
        assert_eq!([1_912, 9_500, 60_500].map(|ms| Millis::new(ms).to_string()), ["1.912s", "9.5s", "1m"]);
        assert_eq!(Millis::ZERO.to_string(), "0s");
        for bad in ["", "5", "s", "5 parsecs", "-1s"] {
            assert!(Millis::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn steps_start_at_their_multiples_also_before_the_epoch() {
        let step = Millis::from_secs(60);
        assert_eq!(Timestamp::from_millis(61_000).floor_to(step).as_millis(), 60_000);
        assert_eq!(Timestamp::from_millis(-1).floor_to(step).as_millis(), -60_000);
    }
}
