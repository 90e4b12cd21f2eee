//! A ring that grows by doubling up to its limit and then lets the oldest go, with a place for the
//! band each entry was expected in.
//!
//! Most series are never judged, so the bands are kept apart and only where there is one. A band is
//! drawn and shown to a few digits: it takes half of its usual bytes here, see `near`.

use super::near::Near;
use crate::model::Band;
use std::collections::VecDeque;

/// Entries a ring begins with: a series of a few samples stays small.
const FIRST: usize = 4;

/// What a ring holds.
pub trait Anchored {
    /// The value its band is near to.
    fn anchor(&self) -> f64;
}

/// At most so many entries, the oldest first.
#[derive(Clone, Debug)]
pub struct Ring<T> {
    limit: usize,
    items: VecDeque<T>,
    /// As long as `items`, or absent.
    #[expect(clippy::box_collection, reason = "absent for most series, each of which has several rings")]
    bands: Option<Box<VecDeque<Near>>>,
}

/// Makes room for one more by doubling, but never for more than `limit`.
fn grow<T>(items: &mut VecDeque<T>, limit: usize) {
    if items.len() == items.capacity() {
        let wanted = (items.capacity() * 2).max(FIRST).min(limit);
        items.reserve_exact(wanted.saturating_sub(items.len()));
    }
}

impl<T: Anchored> Ring<T> {
    /// An empty ring of at most `limit` entries, and at least one.
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), items: VecDeque::new(), bands: None }
    }

    /// Changes how many entries there may be, at least one. Those beyond must have been let go with [`Ring::pop`].
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
        if self.items.capacity() > self.limit {
            self.items.shrink_to(self.limit);
        }
        if let Some(bands) = self.bands.as_mut().filter(|b| b.capacity() > self.limit) {
            bands.shrink_to(self.limit);
        }
    }

    /// How many entries there may be.
    #[cfg(test)]
    pub fn limit(&self) -> usize {
        self.limit
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
            bands.insert(index, Near::NONE);
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

    /// Changes the entry at `index`; its band stays what it is.
    pub fn change(&mut self, index: usize, how: impl FnOnce(&mut T)) {
        let Some(item) = self.items.get_mut(index) else { return };
        let before = item.anchor();
        how(item);
        let anchor = item.anchor();
        if let Some(near) = self.bands.as_mut().and_then(|b| b.get_mut(index))
            && before.to_bits() != anchor.to_bits()
            && let Some(band) = near.band(before)
        {
            *near = Near::new(band, anchor);
        }
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
        let near = self.bands.as_ref()?.get(index)?;
        near.band(self.items.get(index)?.anchor())
    }

    /// Keeps the band of the entry at `index`.
    pub fn set_band(&mut self, index: usize, band: Band) {
        let Some(anchor) = self.items.get(index).map(T::anchor) else { return };
        let bands = self.bands.get_or_insert_with(|| {
            let mut bands = VecDeque::new();
            bands.reserve_exact(self.items.capacity());
            bands.resize(self.items.len(), Near::NONE);
            Box::new(bands)
        });
        if let Some(kept) = bands.get_mut(index) {
            *kept = Near::new(band, anchor);
        }
    }

    /// Bytes it holds.
    pub fn heap(&self) -> usize {
        self.items.capacity() * size_of::<T>() + self.bands.as_ref().map_or(0, |b| b.capacity() * size_of::<Near>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Anchored for u32 {
        fn anchor(&self) -> f64 {
            f64::from(*self)
        }
    }

    #[test]
    fn a_band_stays_where_its_entry_changes() {
        let mut ring = Ring::new(4);
        ring.push(100u32);
        ring.set_band(0, Band::new(96.0, f64::INFINITY));
        ring.change(0, |x| *x = 7_000);
        assert_eq!((ring.get(0), ring.band(0)), (Some(&7_000), Some(Band::new(96.0, f64::INFINITY))));
        ring.set_band(1, Band::new(0.0, 1.0));
        ring.push(1);
        assert_eq!(ring.band(1), None);
    }

    proptest! {
        #[test]
        fn a_ring_is_a_queue_of_bounded_length(
            limit in 1usize..40,
            steps in prop::collection::vec((0u8..5, any::<u32>(), 0usize..64), 0..200),
        ) {
            let mut limit = limit;
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
                    2 => {
                        limit = (index % 40).max(1);
                        while model.len() > limit {
                            prop_assert_eq!(ring.pop(), model.pop_front().map(|m| m.0));
                        }
                        ring.set_limit(limit);
                    }
                    _ => {
                        let gone = (model.len() == limit).then(|| model.pop_front().unwrap().0);
                        prop_assert_eq!(ring.push(x), gone);
                        model.push_back((x, None));
                    }
                }
                prop_assert!(ring.items.capacity() <= limit);
                prop_assert_eq!(ring.len(), model.len());
                for ((x, band), (wanted, low)) in ring.from(0).zip(&model) {
                    prop_assert_eq!((x, band.is_some()), (wanted, low.is_some()));
                    // Bands are kept to six digits.
                    let off = band.zip(*low).map_or(0.0, |(band, low)| (band.low - low).abs() / low.max(1.0));
                    prop_assert!(off < 1e-6, "{:?} {:?}", band, low);
                }
                prop_assert_eq!(ring.last(), model.back().map(|m| &m.0));
            }
        }
    }
}
