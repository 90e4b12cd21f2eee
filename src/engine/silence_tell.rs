//! The sentence about many that are silent: what it is, how many, which first of all.

use super::silence::Cause;
use crate::detect::moment;
use crate::model::{Contribution, Millis, Timestamp};
use std::fmt::Write as _;

/// Silent ones told by name in the sentence.
const NAMED: usize = 3;
/// Silent ones that a row keeps by name, so that they can be looked up.
pub(super) const KEPT: usize = 100;

/// What is to be told.
pub(super) struct Silent<'a> {
    pub cause: &'a Cause,
    /// The stream, the source or the metric.
    pub of: &'a str,
    /// What its members are: `series` or `keys`.
    pub what: &'static str,
    pub at: Timestamp,
    /// Since when all of them are silent.
    pub since: Timestamp,
    /// The usual time between two records of the source.
    pub usual: Millis,
    pub silent: usize,
    pub living: usize,
    /// The largest first.
    pub parts: &'a [Contribution],
}

impl Silent<'_> {
    /// The sentence.
    pub fn sentence(&self) -> String {
        let (silent, what, of, began) = (self.silent, self.what, self.of, moment(self.since, self.at));
        let length = self.at.since(self.since);
        let length = Millis::new((length.get() / 1_000).max(0) * 1_000);
        let mut out = match self.cause {
            Cause::Dead => {
                let usual = if self.usual > Millis::ZERO { format!(", usually one every {}", self.usual) } else { String::new() };
                format!("nothing from {of} for {length}{usual}: {silent} {what} silent since {began}")
            }
            Cause::Label(name, value) => format!("{name}={value}: {silent} {what} of {of} silent since {began}, {} live", self.living),
            Cause::Together => {
                format!("{silent} of {} {what} of {of} fell silent together at {began}", silent + self.living)
            }
        };
        for (i, part) in self.parts.iter().take(NAMED).enumerate() {
            let start = if i == 0 { ": " } else { ", " };
            // Writing into a string does not fail.
            let _ = write!(out, "{start}{}", part.what);
        }
        let rest = silent.saturating_sub(self.parts.len().min(NAMED));
        if rest > 0 && !self.parts.is_empty() {
            let _ = write!(out, " and {rest} more");
        }
        out
    }
}
