//! What was seen before: positions of partitions, keys of `unique` fields, and the hash both rest on.

use crate::model::{SourceId, Value};
use hashbrown::HashTable;
use std::collections::VecDeque;
use std::sync::Arc;

/// A hash that is the same in every process, on every machine and in every version: samples and
/// replays must choose the same events.
#[derive(Clone, Copy, Debug)]
pub(super) struct FixedHash(u64);

/// Odd constants with evenly spread bits (from the golden ratio, and splitmix64's).
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const MIX_A: u64 = 0xbf58_476d_1ce4_e5b9;
const MIX_B: u64 = 0x94d0_49bb_1331_11eb;

impl FixedHash {
    pub(super) const fn new() -> Self {
        Self(SEED)
    }

    pub(super) fn word(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(MIX_A);
        self.0 = (product as u64) ^ ((product >> 64) as u64).wrapping_add(SEED);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        self.word(bytes.len() as u64);
    }

    pub(super) fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Missing => self.word(0),
            Value::Bool(b) => self.word(1 + u64::from(b)),
            // Adding zero makes one of the two zeros.
            Value::Number(x) => {
                self.word(3);
                self.word((x + 0.0).to_bits());
            }
            Value::Text(text) => {
                self.word(4);
                self.bytes(text.as_bytes());
            }
        }
    }

    pub(super) fn finish(self) -> u64 {
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(MIX_A);
        x = (x ^ (x >> 27)).wrapping_mul(MIX_B);
        x ^ (x >> 31)
    }
}

/// The keys of the last accepted events.
///
/// A key is 64 bits of hash. An event is wrongly called a duplicate with probability window / 2^64:
/// with the default window once in 1.8e14 events. Memory: about 20 bytes a key, taken as keys come.
#[derive(Clone, Debug, Default)]
pub(super) struct UniqueWindow {
    known: HashTable<u64>,
    order: VecDeque<u64>,
    limit: usize,
}

impl UniqueWindow {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(super) fn contains(&self, key: u64) -> bool {
        self.known.find(key, |k| *k == key).is_some()
    }

    /// Remembers a key, forgetting the oldest beyond the limit.
    pub(super) fn insert(&mut self, key: u64) {
        if self.limit == 0 || self.contains(key) {
            return;
        }
        if self.order.len() == self.limit
            && let Some(oldest) = self.order.pop_front()
            && let Ok(entry) = self.known.find_entry(oldest, |k| *k == oldest)
        {
            entry.remove();
        }
        self.order.push_back(key);
        self.known.insert_unique(key, key, |k| *k);
    }
}

/// Most partitions whose positions are kept. Ten times the machine's own limit of partitions; those
/// beyond are read, but re-delivered records of theirs are not recognised.
const POSITION_LIMIT: usize = 100_000;

#[derive(Clone, Debug)]
struct Place {
    source: SourceId,
    topic: Arc<str>,
    partition: i32,
    next: i64,
}

impl Place {
    fn is(&self, source: SourceId, topic: &str, partition: i32) -> bool {
        self.partition == partition && self.source == source && *self.topic == *topic
    }
}

/// The next offset expected of each partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Positions {
    places: Vec<Place>,
    index: HashTable<u32>,
    /// The place used last: records come in runs of one partition.
    last: usize,
}

fn place_hash(source: SourceId, topic: &str, partition: i32) -> u64 {
    let mut hash = FixedHash::new();
    hash.bytes(topic.as_bytes());
    hash.word(u64::from(source.0) << 32 | u64::from(partition.cast_unsigned()));
    hash.finish()
}

impl Positions {
    /// Whether `offset` was passed already; if not, the next one is expected from now on. Negative offsets are no positions.
    #[inline]
    pub(super) fn is_repeat(&mut self, source: SourceId, topic: &str, partition: i32, offset: i64) -> bool {
        if offset < 0 {
            return false;
        }
        if !self.places.get(self.last).is_some_and(|p| p.is(source, topic, partition)) {
            let Some(place) = self.find(source, topic, partition) else {
                self.add(source, topic, partition, offset.saturating_add(1));
                return false;
            };
            self.last = place;
        }
        let place = &mut self.places[self.last];
        if offset < place.next {
            return true;
        }
        place.next = offset.saturating_add(1);
        false
    }

    fn find(&self, source: SourceId, topic: &str, partition: i32) -> Option<usize> {
        let hash = place_hash(source, topic, partition);
        self.index.find(hash, |i| self.places[*i as usize].is(source, topic, partition)).map(|i| *i as usize)
    }

    fn add(&mut self, source: SourceId, topic: &str, partition: i32, next: i64) {
        if self.places.len() == POSITION_LIMIT {
            return;
        }
        self.last = self.places.len();
        self.places.push(Place { source, topic: topic.into(), partition, next });
        let Self { places, index, last } = self;
        let hash_of = |i: &u32| {
            let p = &places[*i as usize];
            place_hash(p.source, &p.topic, p.partition)
        };
        index.insert_unique(place_hash(source, topic, partition), *last as u32, hash_of);
    }

    /// Forgets a partition's position: its topic was made anew and counts from the start.
    pub(super) fn forget(&mut self, source: SourceId, topic: &str, partition: i32) {
        if let Some(place) = self.find(source, topic, partition) {
            self.places[place].next = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_hash_never_changes() {
        let mut hash = FixedHash::new();
        hash.value(Value::Text("user-17"));
        hash.value(Value::Number(17.0));
        hash.value(Value::Missing);
        // Another value here means that every `sample` chooses other keys than before.
        insta::assert_snapshot!(format!("{:016x}", hash.finish()), @"c90e3c8d70aae600");
        let of = |v: Value<'_>| {
            let mut h = FixedHash::new();
            h.value(v);
            h.finish()
        };
        assert_eq!(of(Value::Number(0.0)), of(Value::Number(-0.0)));
        assert_ne!(of(Value::Text("")), of(Value::Text("\0")));
        assert_ne!(of(Value::Bool(true)), of(Value::Bool(false)));
    }

    #[test]
    fn hashes_of_near_keys_are_spread() {
        let mut buckets = [0u32; 16];
        for i in 0..16_000 {
            let mut hash = FixedHash::new();
            hash.value(Value::Text(&format!("user-{i}")));
            buckets[(hash.finish() >> 60) as usize] += 1;
        }
        assert!(buckets.iter().all(|n| (900..1_100).contains(n)), "{buckets:?}");
    }

    #[test]
    fn offsets_below_the_next_are_repeats() {
        let mut seen = Positions::default();
        let s = SourceId(0);
        assert!(!seen.is_repeat(s, "t", 0, 5));
        assert!(!seen.is_repeat(s, "t", 1, 5));
        assert!(seen.is_repeat(s, "t", 0, 5));
        assert!(!seen.is_repeat(s, "t", 0, 9), "gaps are no repeats");
        assert!(seen.is_repeat(s, "t", 0, 6));
        assert!(!seen.is_repeat(SourceId(1), "t", 0, 5) && !seen.is_repeat(s, "u", 0, 5));
        assert!(!seen.is_repeat(s, "t", 0, -1) && !seen.is_repeat(s, "t", 0, -1));
        seen.forget(s, "t", 0);
        assert!(!seen.is_repeat(s, "t", 0, 0));
        assert!(seen.is_repeat(s, "t", 1, 5));
        assert!(!seen.is_repeat(s, "t", 0, i64::MAX) && !seen.is_repeat(s, "t", 0, i64::MAX));
    }

    proptest! {
        #[test]
        fn the_window_remembers_exactly_the_last_keys(keys in proptest::collection::vec(0u64..20, 0..100), limit in 0usize..8) {
            let mut window = UniqueWindow::new(limit);
            let mut model: VecDeque<u64> = VecDeque::new();
            for key in keys {
                prop_assert_eq!(window.contains(key), model.contains(&key));
                window.insert(key);
                if limit > 0 && !model.contains(&key) {
                    if model.len() == limit { model.pop_front(); }
                    model.push_back(key);
                }
                prop_assert!(window.order.len() <= limit && window.known.len() == window.order.len());
            }
        }
    }
}
