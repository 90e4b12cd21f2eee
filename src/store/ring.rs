//! A ring that grows by doubling up to its limit and then lets the oldest go, with a place for the
//! band each entry was expected in.
//!
//! Most series are never judged, so the bands are kept apart and only where there is one.

use crate::model::Band;
use std::collections::VecDeque;

/// Entries a ring begins with: a series of a few samples stays small.
const FIRST: usize = 4;

const NO_BAND: Band = Band::new(f64::NAN, f64::NAN);

/// At most so many entries, the oldest first.
#[derive(Clone, Debug)]
pub struct Ring<T> {
    limit: usize,
    items: VecDeque<T>,
    /// As long as `items`, or absent.
    #[expect(clippy::box_collection, reason = "absent for most series, each of which has several rings")]
    bands: Option<Box<VecDeque<Band>>>,
}

/// Makes room for one more by doubling, but never for more than `limit`.
fn grow<T>(items: &mut VecDeque<T>, limit: usize) {
    if items.len() == items.capacity() {
        let wanted = (items.capacity() * 2).max(FIRST).min(limit);
        items.reserve_exact(wanted.saturating_sub(items.len()));
    }
}

impl<T> Ring<T> {
    /// An empty ring of at most `limit` entries, and at least one.
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), items: VecDeque::new(), bands: None }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the next entry pushes one out.
    pub fn is_full(&self) -> bool {
        self.items.len() >= self.limit
    }

    /// Appends an entry; where the ring was full, the oldest goes and is given back.
    pub fn push(&mut self, item: T) -> Option<T> {
        let gone = if self.is_full() { self.pop() } else { None };
        self.insert(self.items.len(), item);
        gone
    }

    /// Puts an entry before the one at `index`. The ring must not be full.
    pub fn insert(&mut self, index: usize, item: T) {
        grow(&mut self.items, self.limit);
        self.items.insert(index, item);
        if let Some(bands) = &mut self.bands {
            grow(bands, self.limit);
            bands.insert(index, NO_BAND);
        }
    }

    /// Lets the oldest go.
    pub fn pop(&mut self) -> Option<T> {
        if let Some(bands) = &mut self.bands {
            bands.pop_front();
        }
        self.items.pop_front()
    }

    /// The entry at `index`, the oldest being 0.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.items.get(index)
    }

    /// The entry at `index`, to be changed.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.items.get_mut(index)
    }

    /// The oldest.
    pub fn first(&self) -> Option<&T> {
        self.items.front()
    }

    /// The newest.
    pub fn last(&self) -> Option<&T> {
        self.items.back()
    }

    /// The entries from `index` on, oldest first, each with its band.
    pub fn from(&self, index: usize) -> impl Iterator<Item = (&T, Option<Band>)> {
        (index..self.items.len()).map(|i| (&self.items[i], self.band(i)))
    }

    /// The index of the first entry for which `before` does not hold; entries must be sorted by it.
    pub fn partition_point(&self, before: impl FnMut(&T) -> bool) -> usize {
        self.items.partition_point(before)
    }

    /// The band of the entry at `index`.
    pub fn band(&self, index: usize) -> Option<Band> {
        self.bands.as_ref().and_then(|b| b.get(index)).copied().filter(|b| !b.low.is_nan())
    }

    /// Keeps the band of the entry at `index`.
    pub fn set_band(&mut self, index: usize, band: Band) {
        let bands = self.bands.get_or_insert_with(|| {
            let mut bands = VecDeque::new();
            bands.reserve_exact(self.items.capacity());
            bands.resize(self.items.len(), NO_BAND);
            Box::new(bands)
        });
        if let Some(kept) = bands.get_mut(index) {
            *kept = band;
        }
    }

    /// Bytes it holds.
    pub fn heap(&self) -> usize {
        self.items.capacity() * size_of::<T>() + self.bands.as_ref().map_or(0, |b| b.capacity() * size_of::<Band>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_ring_is_a_queue_of_bounded_length(
            limit in 1usize..40,
            steps in prop::collection::vec((0u8..4, any::<u32>(), 0usize..64), 0..200),
        ) {
            let mut ring = Ring::new(limit);
            let mut model: VecDeque<(u32, Option<f64>)> = VecDeque::new();
            for (what, x, index) in steps {
                match what {
                    0 if model.len() < limit => {
                        let index = index.min(model.len());
                        ring.insert(index, x);
                        model.insert(index, (x, None));
                    }
                    1 if index < model.len() => {
                        ring.set_band(index, Band::new(f64::from(x), f64::INFINITY));
                        model[index].1 = Some(f64::from(x));
                    }
                    _ => {
                        let gone = (model.len() == limit).then(|| model.pop_front().unwrap().0);
                        prop_assert_eq!(ring.push(x), gone);
                        model.push_back((x, None));
                    }
                }
                prop_assert!(ring.items.capacity() <= limit);
                let seen: Vec<_> = ring.from(0).map(|(x, band)| (*x, band.map(|b| b.low))).collect();
                prop_assert_eq!(&seen, &model.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(ring.last(), model.back().map(|m| &m.0));
            }
        }
    }
}
