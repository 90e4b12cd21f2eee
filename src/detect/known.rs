//! The values a field is known to have: how often and how regularly each comes.
//!
//! Bounded: the value not seen for longest is forgotten first. `new-value` meets it.

use super::state::{count as whole, floats, read_floats};
use crate::stats::random::scatter;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Characters of a value that are kept for its name.
pub(super) const NAME_MOST: usize = 64;
/// Observations over which the share of new values is taken.
const RECENT: f64 = 2_000.0;
/// Times a value must have come before it can be gone.
const REGULAR: u64 = 20;
/// A value is gone after so many of its mean intervals: of one that comes at random, less than once in a million.
const MEANS: f64 = 14.0;
/// And after so many of its longest intervals of late, for those that come in swarms.
const LONGEST: f64 = 3.0;
/// The longest interval fades by this share with each coming, so that one outage is not remembered for ever.
const FADE: f64 = 0.005;
/// Intervals that make the mean.
const INTERVALS: f64 = 100.0;
/// Times its limit after which a value is taken to be gone for good, and nothing more is said.
const FOR_GOOD: f64 = 10.0;

/// One value.
#[derive(Clone, Debug, PartialEq)]
struct One {
    name: Box<str>,
    /// How often it came; zero where people said that it may stay away, and it has not come since.
    count: u64,
    last: i64,
    /// The number of the observation that it last was.
    place: u64,
    /// Its usual and its longest interval in milliseconds, and the usual one in observations.
    interval: f64,
    longest: f64,
    apart: f64,
}

impl One {
    /// Milliseconds after which it is gone.
    fn patience(&self) -> f64 {
        (MEANS * self.interval).max(LONGEST * self.longest)
    }

    fn due(&self) -> i64 {
        if self.count < REGULAR { i64::MAX } else { self.last.saturating_add(self.patience() as i64) }
    }
}

/// A value that is gone.
pub(super) struct Gone {
    pub(super) name: Box<str>,
    pub(super) count: u64,
    pub(super) last: i64,
    pub(super) interval: f64,
    /// How long it has been silent against how long it may be.
    pub(super) limits: f64,
}

/// All values known.
pub(super) struct Known {
    limit: usize,
    /// Observations after which the share of new ones is taken: at first everything is new.
    warm: u64,
    seen: u64,
    by_hash: BTreeMap<u64, One>,
    /// Hashes by the place they were last seen at.
    by_place: BTreeMap<u64, u64>,
    /// Values seen once.
    once: u64,
    /// New ones of late, and all of late.
    fresh: f64,
    recent: f64,
    /// Before this moment nothing can be gone.
    next_due: i64,
}

impl Known {
    pub(super) fn new(limit: usize, warm: u64) -> Self {
        Self {
            limit: limit.max(1),
            warm,
            seen: 0,
            by_hash: BTreeMap::new(),
            by_place: BTreeMap::new(),
            once: 0,
            fresh: 0.0,
            recent: 0.0,
            next_due: i64::MAX,
        }
    }

    /// A value as a number, the same in every version (FNV-1a, scattered).
    pub(super) fn hash(value: &str) -> u64 {
        scatter(value.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    pub(super) fn has(&self, value: &str) -> bool {
        self.by_hash.contains_key(&Self::hash(value))
    }

    /// How likely the next value is to be new: from the values seen once, or from the share of new ones of late, whichever is more.
    pub(super) fn likely(&self) -> f64 {
        let turing = (self.once as f64 + 0.5) / (self.seen as f64 + 1.0);
        let of_late = (self.fresh + 0.5) / (self.recent + 1.0);
        turing.max(of_late).min(1.0)
    }

    /// Nobody looked until `at`: no value is gone for not having been seen.
    pub(super) fn resume(&mut self, at: i64) {
        self.by_hash.values_mut().for_each(|one| one.last = one.last.max(at));
        self.next_due = self.by_hash.values().map(One::due).min().unwrap_or(i64::MAX);
    }

    /// The value of this name may stay away: it stays known, and when it comes again it is waited for only once it has become regular anew.
    pub(super) fn release(&mut self, name: &str) {
        for one in self.by_hash.values_mut().filter(|one| *one.name == *name) {
            self.once -= u64::from(one.count == 1);
            one.count = 0;
        }
    }

    pub(super) fn push(&mut self, at: i64, value: &str) {
        let hash = Self::hash(value);
        self.seen += 1;
        let new = !self.by_hash.contains_key(&hash);
        if self.seen > self.warm {
            self.fresh += f64::from(u8::from(new)) - self.fresh / RECENT;
            self.recent += 1.0 - self.recent / RECENT;
        }
        if new {
            self.take_in(hash, at, value);
            return;
        }
        let Some(one) = self.by_hash.get_mut(&hash) else { return };
        let back = one.count == 0;
        if back {
            // How long it was away is no interval of its own; those before stand for the first.
            (one.count, one.last, one.longest) = (1, at, one.interval);
        }
        let (gap, apart) = (at.saturating_sub(one.last).max(0) as f64, (self.seen - one.place) as f64);
        one.count += 1;
        let rate = 1.0 / (one.count as f64 - 1.0).min(INTERVALS);
        one.interval += rate * (gap - one.interval);
        one.apart += rate * (apart - one.apart);
        one.longest = gap.max(one.longest * (1.0 - FADE));
        one.last = one.last.max(at);
        self.by_place.remove(&one.place);
        one.place = self.seen;
        self.once -= u64::from(one.count == 2 && !back);
        if one.count == REGULAR {
            self.next_due = self.next_due.min(one.due());
        }
        self.by_place.insert(self.seen, hash);
    }

    fn take_in(&mut self, hash: u64, at: i64, value: &str) {
        if self.by_hash.len() >= self.limit
            && let Some((_, oldest)) = self.by_place.pop_first()
            && let Some(one) = self.by_hash.remove(&oldest)
        {
            self.once -= u64::from(one.count == 1);
        }
        let name: String = value.chars().take(NAME_MOST).collect();
        let one = One { name: name.into(), count: 1, last: at, place: self.seen, interval: 0.0, longest: 0.0, apart: 0.0 };
        self.by_hash.insert(hash, one);
        self.by_place.insert(self.seen, hash);
        self.once += 1;
    }

    /// The value that is gone for longest, measured by its own intervals, while others still come.
    pub(super) fn gone(&mut self, now: i64) -> Option<Gone> {
        if now < self.next_due {
            return None;
        }
        self.next_due = self.by_hash.values().map(One::due).filter(|due| *due > now).min().unwrap_or(i64::MAX);
        let mut found: Option<Gone> = None;
        for one in self.by_hash.values().filter(|one| one.due() <= now) {
            let limits = now.saturating_sub(one.last) as f64 / one.patience().max(1.0);
            if limits >= FOR_GOOD {
                continue;
            }
            self.next_due = now;
            // Where nothing comes at all, no single value is gone: that is for `absence` to say.
            let others = (self.seen - one.place) as f64 >= MEANS * one.apart;
            if others && found.as_ref().is_none_or(|found| limits > found.limits) {
                found = Some(Gone { name: one.name.clone(), count: one.count, last: one.last, interval: one.interval, limits });
            }
        }
        found
    }

    pub(super) fn memory(&self) -> usize {
        // A tree's nodes are half full at worst; the name is one allocation of its own.
        let each = 2 * (size_of::<(u64, One)>() + size_of::<(u64, u64)>());
        self.by_hash.values().map(|one| each + one.name.len()).sum()
    }

    pub(super) fn save(&self) -> Value {
        let one = |(hash, one): (&u64, &One)| {
            json!([hash, one.name, one.count, one.last, one.place, floats([one.interval, one.longest, one.apart])])
        };
        let values: Vec<Value> = self.by_hash.iter().map(one).collect();
        json!({"seen": self.seen, "due": self.next_due, "recent": floats([self.fresh, self.recent]), "values": values})
    }

    /// What [`Known::save`] gave, within the present limits; `None` where it cannot have come from there.
    pub(super) fn restored(&self, state: &Value) -> Option<Self> {
        let mut again = Self::new(self.limit, self.warm);
        again.seen = whole(state.get("seen")?)?;
        again.next_due = state.get("due")?.as_i64()?;
        let [fresh, recent] = read_floats(state.get("recent")?)?[..] else { return None };
        (again.fresh, again.recent) = (fresh, recent);
        for value in state.get("values")?.as_array()? {
            let [hash, name, count, last, place, numbers] = value.as_array()?.as_slice() else { return None };
            let [interval, longest, apart] = read_floats(numbers)?[..] else { return None };
            let (hash, place) = (hash.as_u64()?, place.as_u64()?);
            let one = One { name: name.as_str()?.into(), count: whole(count)?, last: last.as_i64()?, place, interval, longest, apart };
            if place > again.seen || again.by_hash.len() >= self.limit {
                return None;
            }
            again.once += u64::from(one.count == 1);
            again.by_place.insert(place, hash);
            again.by_hash.insert(hash, one);
        }
        (again.by_place.len() == again.by_hash.len()).then_some(again)
    }
}
