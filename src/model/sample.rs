//! One value of a series, and the band it is expected in.

use super::Timestamp;

/// One value of a series at one moment. The value is always finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When: for a step, the step's start.
    pub at: Timestamp,
    /// The value; never NaN or infinite.
    pub value: f64,
}

/// Where a value is expected, both ends included; an end may be infinite for a one-sided band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Lowest expected value.
    pub low: f64,
    /// Highest expected value.
    pub high: f64,
}

impl Band {
    /// A band from its ends.
    pub const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Whether `value` lies within it.
    pub fn contains(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }
}
