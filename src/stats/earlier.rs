//! How many of a stream's events lie before a moment of its own time, though they come in any order.
//!
//! Partitions of a topic are read at their own speeds: one may be an hour ahead of another. What has come
//! is then no measure of what was there before. The detector `new-value` meets it.

/// Parts into which the time seen is cut: a part is no more than some three hundredths of it.
const PARTS: usize = 64;

/// Counts over time; fixed in size, each part growing twofold when time runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The first moment seen, the last one, and the length of a part, in milliseconds.
    start: i64,
    newest: i64,
    width: i64,
    all: u64,
    parts: [u64; PARTS],
}

impl Default for Earlier {
    fn default() -> Self {
        Self { start: i64::MAX, newest: i64::MIN, width: 1, all: 0, parts: [0; PARTS] }
    }
}

impl Earlier {
    /// Takes in an event at this moment.
    pub fn push(&mut self, at: i64) {
        if self.all == 0 {
            self.start = at;
        }
        self.all = self.all.saturating_add(1);
        self.newest = self.newest.max(at);
        // What is older than the first one was there before all others, and so in the first part.
        let since = at.saturating_sub(self.start).max(0);
        while since / self.width >= PARTS as i64 {
            self.widen();
        }
        let part = &mut self.parts[(since / self.width) as usize];
        *part = part.saturating_add(1);
    }

    fn widen(&mut self) {
        for i in 0..PARTS / 2 {
            self.parts[i] = self.parts[2 * i].saturating_add(self.parts[2 * i + 1]);
        }
        self.parts[PARTS / 2..].fill(0);
        self.width = self.width.saturating_mul(2);
    }

    /// How many lay before this moment, rather too few than too many; all of them where it is the newest.
    pub fn before(&self, at: i64) -> u64 {
        if at >= self.newest {
            return self.all;
        }
        let parts = at.saturating_sub(self.start).max(0) / self.width;
        self.parts.iter().take(parts.min(PARTS as i64) as usize).fold(0, |sum, part| sum.saturating_add(*part))
    }

    /// All it knows: start, newest, width, and the parts.
    pub fn save(&self) -> ([i64; 3], Vec<u64>) {
        ([self.start, self.newest, self.width], self.parts.to_vec())
    }

    /// What [`Earlier::save`] gave; `None` where it cannot have come from there.
    pub fn restore([start, newest, width]: [i64; 3], parts: &[u64]) -> Option<Self> {
        let parts: [u64; PARTS] = parts.try_into().ok()?;
        let all = parts.iter().try_fold(0_u64, |all, part| all.checked_add(*part))?;
        (width > 0).then_some(Self { start, newest, width, all, parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_before_is_counted_in_any_order() {
        let (mut one, mut other) = (Earlier::default(), Earlier::default());
        (0..10_000).for_each(|i| one.push(1_000_000 + i * 100));
        (0..10_000).for_each(|i| other.push(1_000_000 + (i % 100 * 100 + i / 100) * 100));
        for (at, least, most) in
            [(0, 0, 0), (1_000_000, 0, 0), (1_500_000, 4_700, 5_000), (1_999_900, 10_000, 10_000), (i64::MAX, 10_000, 10_000)]
        {
            for counted in [&one, &other] {
                assert!((least..=most).contains(&counted.before(at)), "{at}: {}", counted.before(at));
            }
        }
    }

    #[test]
    fn any_time_is_borne_and_it_comes_back_as_it_was() {
        let mut earlier = Earlier::default();
        for at in [5, i64::MAX, i64::MIN, 0, -3, i64::MAX - 1] {
            earlier.push(at);
            assert!(earlier.before(at) <= 6);
        }
        let (numbers, parts) = earlier.save();
        assert_eq!(Earlier::restore(numbers, &parts), Some(earlier));
        assert_eq!(Earlier::restore([0, 0, 0], &parts), None);
        assert_eq!(Earlier::restore(numbers, &[1]), None);
        assert_eq!(Earlier::default().before(7), 0);
    }
}
