//! A rate limit: at most one notification in an interval, the others counted and told with the next.
//!
//! It is handed the time, so it can be tested and replayed. Every channel that must not flood its receiver holds one.

use crate::model::{Millis, Timestamp};

/// A rate limit and what it held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    interval: Millis,
    last: Option<Timestamp>,
    held: u64,
}

impl Limit {
    /// A limit of one in `interval`; an interval of zero or less holds nothing back.
    pub const fn new(interval: Millis) -> Self {
        Self { interval, last: None, held: 0 }
    }

    /// Asks to go at `now`. `Some`: go, and tell of so many held back since the last. `None`: held back, and counted.
    ///
    /// A clock that was set back lets the next one go: a rate limit must not silence a channel for an hour.
    pub fn pass(&mut self, now: Timestamp) -> Option<u64> {
        let early = self.last.is_some_and(|last| now >= last && now.since(last) < self.interval);
        if early {
            self.held += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn what_is_held_back_is_told_with_the_next() {
        let mut limit = Limit::new(Millis::from_secs(1));
        assert_eq!(limit.pass(at(0)), Some(0));
        assert_eq!(limit.pass(at(0)), None);
        assert_eq!(limit.pass(at(999)), None);
        assert_eq!(limit.pass(at(1_000)), Some(2));
        assert_eq!(limit.pass(at(2_000)), Some(0));
    }

    #[test]
    fn a_clock_set_back_silences_nobody() {
        let mut limit = Limit::new(Millis::from_secs(3_600));
        assert_eq!(limit.pass(at(10_000_000)), Some(0));
        assert_eq!(limit.pass(at(0)), Some(0));
    }

    #[test]
    fn no_interval_is_no_limit() {
        let mut limit = Limit::new(Millis::ZERO);
        assert_eq!((limit.pass(at(5)), limit.pass(at(5))), (Some(0), Some(0)));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_interval_holds_two(steps in proptest::collection::vec(0i64..700, 1..200)) {
            let mut limit = Limit::new(Millis::from_secs(1));
            let (mut now, mut told, mut asked, mut last) = (0, 0, 0, None);
            for step in steps {
                now += step;
                asked += 1;
                if let Some(held) = limit.pass(at(now)) {
                    prop_assert!(last.is_none_or(|l| now - l >= 1_000));
                    last = Some(now);
                    told += 1 + held;
                }
            }
            prop_assert_eq!(told + limit.held, asked);
        }
    }
}
