//! Event time of one stream: its partitions and its watermark.
//!
//! The watermark is the lowest of the newest event times of the *active* partitions, less the
//! lateness. A partition that is assigned but not heard of yet holds it back, for its first record
//! may be old; an idle one is left out. It never goes back: what comes later and is older is late.

use super::place::Slot;
use crate::model::{Millis, Timestamp};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Assigned, nothing heard: holds the watermark back.
    Awaited,
    /// Heard of: takes part.
    Active,
    /// At its end and silent: left out.
    Idle,
}

#[derive(Clone, Copy, Debug)]
struct Partition {
    slot: Slot,
    standing: Standing,
    /// Its newest event time; `Timestamp::MIN` before the first.
    newest: Timestamp,
}

impl Partition {
    /// How far it lets event time go; `None` where it is left out.
    fn allows(&self) -> Option<Timestamp> {
        match self.standing {
            Standing::Awaited => Some(Timestamp::MIN),
            Standing::Active => Some(self.newest),
            Standing::Idle => None,
        }
    }
}

/// The event clock.
#[derive(Debug)]
pub struct EventClock {
    lateness: Millis,
    limit: usize,
    partitions: Vec<Partition>,
    index: HashMap<Slot, usize, FxBuildHasher>,
    /// The partition heard last: records come in runs.
    recent: usize,
    /// The partition that holds the watermark back, and how far the next one would let it go.
    /// Others only move on, so that nothing need be searched until it passes the next one.
    holder: usize,
    runner_up: Timestamp,
    watermark: Timestamp,
    /// The newest event time of all.
    newest: Timestamp,
    /// The machine's clock at the last tick, and at the last record.
    now: Option<Timestamp>,
    heard_at: Option<Timestamp>,
    /// Events of partitions beyond the limit, which take no part.
    untracked: u64,
}

impl EventClock {
    /// A clock of a stream with this lateness, tracking at most `limit` partitions.
    pub fn new(lateness: Millis, limit: usize) -> Self {
        Self {
            lateness: lateness.max(Millis::ZERO),
            limit,
            partitions: Vec::new(),
            index: HashMap::default(),
            recent: usize::MAX,
            holder: usize::MAX,
            runner_up: Timestamp::MIN,
            watermark: Timestamp::MIN,
            newest: Timestamp::MIN,
            now: None,
            heard_at: None,
            untracked: 0,
        }
    }

    /// The watermark; `None` until every assigned partition was heard of or idle.
    pub fn watermark(&self) -> Option<Timestamp> {
        (self.watermark > Timestamp::MIN).then_some(self.watermark)
    }

    /// The newest event time of all.
    pub fn newest(&self) -> Option<Timestamp> {
        (self.newest > Timestamp::MIN).then_some(self.newest)
    }

    /// Events of partitions beyond the limit of partitions; they take no part in the watermark.
    pub fn untracked(&self) -> u64 {
        self.untracked
    }

    /// An event at `at` came from `slot`. Says whether it is in time: not older than the watermark.
    #[inline]
    pub fn heard(&mut self, slot: Slot, at: Timestamp) -> bool {
        let known = self.partitions.get(self.recent).is_some_and(|p| p.slot == slot);
        if !known {
            let Some(place) = self.seat(slot) else {
                self.untracked += 1;
                return at >= self.watermark;
            };
            self.recent = place;
        }
        self.heard_at = self.now;
        let partition = &mut self.partitions[self.recent];
        let standing = std::mem::replace(&mut partition.standing, Standing::Active);
        if at > partition.newest {
            partition.newest = at;
            self.newest = self.newest.max(at);
        }
        if standing != Standing::Active {
            self.search();
        } else if self.recent == self.holder {
            let newest = partition.newest;
            if newest > self.runner_up { self.search() } else { self.advance(newest) }
        }
        at >= self.watermark
    }

    /// `slot` was assigned: the watermark waits for it.
    pub fn assigned(&mut self, slot: Slot) {
        if let Some(place) = self.seat(slot) {
            self.search_after(place, Standing::Awaited);
        }
    }

    /// `slot` stands at its end and is silent: the watermark does not wait for it.
    pub fn idle(&mut self, slot: Slot) {
        if let Some(place) = self.seat(slot) {
            self.search_after(place, Standing::Idle);
        }
    }

    /// `slot` is no longer read.
    pub fn revoked(&mut self, slot: Slot) {
        let Some(place) = self.index.remove(&slot) else { return };
        self.partitions.swap_remove(place);
        if let Some(moved) = self.partitions.get(place) {
            self.index.insert(moved.slot, place);
        }
        self.recent = usize::MAX;
        self.search();
    }

    /// The machine's clock moved on to `now`. Where all partitions are idle, event time runs on
    /// with it, so that the last windows close although no record comes to close them.
    pub fn tick(&mut self, now: Timestamp) {
        let now = self.now.map_or(now, |before| before.max(now));
        self.now = Some(now);
        let all_idle = !self.partitions.is_empty() && self.partitions.iter().all(|p| p.standing == Standing::Idle);
        if all_idle && self.newest > Timestamp::MIN {
            // Records may have come before the first tick; then the silence is counted from here.
            let since = *self.heard_at.get_or_insert(now);
            self.advance(self.newest + now.since(since));
        }
    }

    /// Partitions that ran ahead of the slowest, those beyond half the distance of the foremost.
    pub fn ahead(&self) -> Vec<Slot> {
        let active = || self.partitions.iter().filter_map(|p| p.allows().map(|at| (p.slot, at)));
        let (Some(low), Some(high)) = (active().map(|a| a.1).min(), active().map(|a| a.1).max()) else { return Vec::new() };
        // An awaited partition counts as standing at the watermark, for it has no time of its own.
        let low = low.max(self.watermark);
        let middle = if low > Timestamp::MIN { low + Millis::new(high.since(low).get() / 2) } else { low };
        let mut slots: Vec<Slot> = active().filter(|a| a.1 > middle).map(|a| a.0).collect();
        slots.sort_unstable();
        if slots.len() == self.partitions.len() { Vec::new() } else { slots }
    }

    /// Bytes it holds.
    pub fn heap(&self) -> usize {
        self.partitions.capacity() * size_of::<Partition>() + self.index.capacity() * size_of::<(Slot, usize)>()
    }

    /// The place of `slot`, made where it is new; `None` beyond the limit.
    fn seat(&mut self, slot: Slot) -> Option<usize> {
        if let Some(&place) = self.index.get(&slot) {
            return Some(place);
        }
        if self.partitions.len() >= self.limit {
            return None;
        }
        let place = self.partitions.len();
        // Idle until the caller says otherwise: that changes nothing.
        self.partitions.push(Partition { slot, standing: Standing::Idle, newest: Timestamp::MIN });
        self.index.insert(slot, place);
        Some(place)
    }

    fn search_after(&mut self, place: usize, standing: Standing) {
        let partition = &mut self.partitions[place];
        // A partition assigned anew was heard of already: its time is known.
        let known = standing == Standing::Awaited && partition.newest > Timestamp::MIN;
        partition.standing = if known { Standing::Active } else { standing };
        self.search();
    }

    /// Finds the partition that holds the watermark back, and the next one.
    fn search(&mut self) {
        let (mut lowest, mut next) = (Timestamp::MAX, Timestamp::MAX);
        self.holder = usize::MAX;
        for (place, partition) in self.partitions.iter().enumerate() {
            let Some(at) = partition.allows() else { continue };
            if at < lowest {
                next = lowest;
                lowest = at;
                self.holder = place;
            } else {
                next = next.min(at);
            }
        }
        self.runner_up = next;
        if self.holder != usize::MAX {
            self.advance(lowest);
        }
    }

    fn advance(&mut self, to: Timestamp) {
        if to > Timestamp::MIN {
            self.watermark = self.watermark.max(to - self.lateness);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;
    use proptest::prelude::*;

    fn slot(partition: i32) -> Slot {
        Slot { source: SourceId(0), topic_index: 0, partition }
    }

    fn ms(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn clock() -> EventClock {
        EventClock::new(Millis::new(100), 10_000)
    }

    #[test]
    fn the_slowest_active_partition_holds_the_watermark() {
        let mut c = clock();
        c.assigned(slot(0));
        c.assigned(slot(1));
        assert!(c.heard(slot(0), ms(50_000)));
        assert_eq!(c.watermark(), None, "partition 1 was not heard of yet");
        assert!(c.heard(slot(1), ms(1_000)));
        assert_eq!(c.watermark(), Some(ms(900)));
        assert!(c.heard(slot(1), ms(2_000)));
        assert_eq!(c.watermark(), Some(ms(1_900)));
        c.idle(slot(1));
        assert_eq!(c.watermark(), Some(ms(49_900)));
        assert!(!c.heard(slot(1), ms(3_000)), "back from idleness with older data is late");
        assert_eq!(c.watermark(), Some(ms(49_900)), "it never goes back");
        assert!(c.heard(slot(1), ms(49_900)));
    }

    #[test]
    fn an_awaited_partition_that_is_idle_or_revoked_holds_nothing() {
        for leave in [EventClock::idle, EventClock::revoked] {
            let mut c = clock();
            c.assigned(slot(0));
            c.assigned(slot(1));
            c.heard(slot(0), ms(5_000));
            leave(&mut c, slot(1));
            assert_eq!(c.watermark(), Some(ms(4_900)));
        }
    }

    #[test]
    fn when_all_are_idle_event_time_runs_on_with_the_machines_clock() {
        let mut c = clock();
        c.tick(ms(1_000_000));
        c.heard(slot(0), ms(5_000));
        c.tick(ms(1_003_000));
        assert_eq!(c.watermark(), Some(ms(4_900)), "an active partition runs by its records");
        c.idle(slot(0));
        c.tick(ms(1_005_000));
        assert_eq!(c.watermark(), Some(ms(9_900)));
        c.tick(ms(1_004_000));
        assert_eq!(c.watermark(), Some(ms(9_900)));
    }

    #[test]
    fn partitions_beyond_the_limit_take_no_part() {
        let mut c = EventClock::new(Millis::ZERO, 1);
        assert!(c.heard(slot(0), ms(5_000)));
        assert!(!c.heard(slot(1), ms(1_000)));
        assert!(c.heard(slot(1), ms(9_000)));
        assert_eq!((c.watermark(), c.untracked()), (Some(ms(5_000)), 2));
    }

    #[test]
    fn those_far_ahead_are_named() {
        let mut c = clock();
        for (p, at) in [(0, 1_000), (1, 9_000), (2, 2_000), (3, 10_000)] {
            c.heard(slot(p), ms(at));
        }
        assert_eq!(c.ahead(), [slot(1), slot(3)]);
        let mut alone = clock();
        alone.heard(slot(0), ms(1_000));
        assert_eq!(alone.ahead(), []);
    }

    proptest! {
        /// Against the definition, step by step.
        #[test]
        fn the_watermark_is_the_minimum_and_never_goes_back(steps in prop::collection::vec((0i32..4, 0i64..10_000, 0u8..8), 1..200)) {
            let mut c = clock();
            let mut model: std::collections::BTreeMap<i32, (u8, i64)> = std::collections::BTreeMap::new();
            let mut high = i64::MIN;
            for (p, at, what) in steps {
                match what {
                    0 => { c.idle(slot(p)); model.entry(p).or_insert((0, i64::MIN)).0 = 0; }
                    1 => {
                        c.assigned(slot(p));
                        let e = model.entry(p).or_insert((0, i64::MIN));
                        e.0 = if e.1 == i64::MIN { 1 } else { 2 };
                    }
                    2 => { c.revoked(slot(p)); model.remove(&p); }
                    _ => {
                        let in_time = c.heard(slot(p), ms(at));
                        let e = model.entry(p).or_insert((0, i64::MIN));
                        *e = (2, e.1.max(at));
                        prop_assert_eq!(in_time, c.watermark().is_none_or(|w| ms(at) >= w));
                    }
                }
                let awaited = model.values().any(|e| e.0 == 1);
                if let (false, Some(min)) = (awaited, model.values().filter(|e| e.0 == 2).map(|e| e.1).min()) {
                    high = high.max(min - 100);
                }
                prop_assert_eq!(c.watermark(), (high > i64::MIN).then(|| ms(high)));
            }
        }
    }
}
