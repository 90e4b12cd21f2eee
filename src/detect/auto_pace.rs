//! How often samples come, learned from their times.
//!
//! A distance that is met once in a thousand samples is met daily by a series of seconds and once
//! in six weeks by one of hours. People are woken by the clock, not by the sample; so `auto` asks
//! for more where samples are frequent.

use super::state::{floats, read_floats, read_seen};
use crate::model::Timestamp;
use crate::stats::log::ln;
use crate::stats::pace::Seen;
use serde_json::{Value, json};

/// An interval this many times the usual one is a gap.
const GAP: f64 = 10.0;
/// Intervals before a gap can be told from the usual.
const LEAST: f64 = 5.0;
/// The usual interval is the mean over about this many, so that a new rhythm is learned.
const LONG: f64 = 1000.0;
/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;
/// The pace at which nothing more is asked for: a sample in five minutes.
const COMMON: f64 = 288.0;
/// Paces beyond a sample a second count as that: faster ones were not measured.
const FASTEST: f64 = 86_400.0;
/// Nats of surprise asked for more at e times the pace. One would keep false alerts a week the same
/// if samples were independent; they are not, and a quarter served both kinds of data, which are of
/// hours to minutes.
const NATS: f64 = 0.25;

/// The usual interval between samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    n: f64,
    mean: f64,
    /// Gaps in a row: several are a new rhythm.
    gaps: f64,
    seen: Seen,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self { n: 0.0, mean: 0.0, gaps: 0.0, seen: Seen::new() }
    }

    /// Notes a sample that is judged; answers whether the one before it was withheld from learning.
    pub(super) fn look(&mut self, at: Timestamp) -> bool {
        self.seen.look(at)
    }

    /// How long nothing came, in usual intervals; 1 where that is not known.
    pub(super) fn steps(&self, at: Timestamp) -> f64 {
        if self.n >= LEAST { self.seen.pause(at) as f64 / self.mean } else { 1.0 }
    }

    pub(super) fn learn(&mut self, at: Timestamp) {
        let interval = self.seen.learn(at) as f64;
        if interval <= 0.0 {
            return;
        }
        if self.n >= LEAST && interval > GAP * self.mean {
            self.gaps += 1.0;
            if self.gaps < LEAST {
                return;
            }
            self.n = 0.0;
        }
        self.gaps = 0.0;
        // Of the first intervals a gap is known only by the next one.
        if self.n < LEAST && interval * GAP < self.mean {
            self.n = 0.0;
        }
        self.n = (self.n + 1.0).min(LONG);
        self.mean += (interval - self.mean) / self.n;
    }

    /// Nats of surprise asked for more. From `fast` samples a day on, each e times the pace asks for a whole nat.
    pub(super) fn nats(&self, fast: f64) -> f64 {
        if self.mean > 0.0 { NATS * ln((DAY / self.mean).clamp(1.0, fast) / COMMON) + self.haste(fast) } else { 0.0 }
    }

    /// Those of them that are asked of samples that come faster than `fast` a day: noise of its own for the most part.
    pub(super) fn haste(&self, fast: f64) -> f64 {
        if self.mean > 0.0 { ln((DAY / self.mean).clamp(fast, FASTEST) / fast) } else { 0.0 }
    }

    pub(super) fn save(&self) -> Value {
        let ([last, open], pause) = self.seen.parts();
        json!({"mean": floats([self.n, self.mean, self.gaps]), "last": last, "open": open, "pause": pause})
    }

    pub(super) fn restore(state: &Value) -> Option<Self> {
        let [n, mean, gaps] = read_floats(state.get("mean")?)?[..] else { return None };
        (n >= 0.0 && mean >= 0.0).then_some(Self { n, mean, gaps, seen: read_seen(state) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(times: impl IntoIterator<Item = i64>) -> Pace {
        let mut pace = Pace::new();
        times.into_iter().for_each(|at| pace.learn(Timestamp::from_millis(at)));
        pace
    }

    #[test]
    fn gaps_and_repeated_times_are_no_intervals() {
        let year = 365 * 86_400_000;
        for times in [vec![0, year, year + 300_000], vec![0, 300_000, 300_000, 100]] {
            let start = times[times.len() - 1].max(300_000);
            let more = (1..50).map(|i| start + i * 300_000);
            let pace = after(times.into_iter().chain(more).chain([2 * year]));
            assert!((pace.mean / 300_000.0 - 1.0).abs() < 0.01, "{pace:?}");
            assert!(pace.nats(288.0).abs() < 0.01);
        }
        let pace = after((0..20).map(|i| i * 1000));
        assert!((pace.steps(Timestamp::from_millis(24_000)) - 5.0).abs() < 1e-9 && pace.nats(288.0) > 1.0);
    }

    #[test]
    fn a_new_rhythm_is_learned() {
        let mut pace = after((0..2_000).map(|i| i * 60_000));
        (0..5_000).for_each(|i| pace.learn(Timestamp::from_millis(120_000_000 + i * 300_000)));
        assert!(pace.mean > 290_000.0, "{pace:?}");
        (0..10).for_each(|i| pace.learn(Timestamp::from_millis(1_000_000_000_000 + i * 86_400_000)));
        assert!(pace.mean > 86_000_000.0, "from minutes to days: {pace:?}");
    }
}
