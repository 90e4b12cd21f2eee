//! Which groups a metric has: at most so many, the rest folded into `other`.

use super::group::GroupTable;

/// What is known of an event's group in one table; looked for once per event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Not looked for.
    Unsought,
    /// There is none yet.
    New,
    /// This one.
    Known(u32),
}

/// The groups of one metric, or of metrics that share them.
#[derive(Debug)]
pub struct Roster {
    limit: usize,
    count: usize,
    joined: Vec<bool>,
    folded: u64,
}

impl Roster {
    /// A roster of at most `limit` groups beside `other`.
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), count: 0, joined: Vec::new(), folded: 0 }
    }

    /// The group an event belongs to here. `found` must be what `table` found for this event; it
    /// is set where the group is made.
    #[inline]
    pub fn admit(&mut self, found: &mut Found, table: &mut GroupTable) -> u32 {
        if let Found::Known(group) = *found
            && self.joined.get(group as usize) == Some(&true)
        {
            return group;
        }
        self.join(found, table)
    }

    #[cold]
    fn join(&mut self, found: &mut Found, table: &mut GroupTable) -> u32 {
        if self.count >= self.limit {
            self.folded += 1;
            let other = table.other();
            self.mark(other);
            return other;
        }
        let group = if let Found::Known(group) = *found { group } else { table.add_last() };
        *found = Found::Known(group);
        self.count += 1;
        self.mark(group);
        group
    }

    fn mark(&mut self, group: u32) {
        if self.joined.len() <= group as usize {
            self.joined.resize(group as usize + 1, false);
        }
        self.joined[group as usize] = true;
    }

    /// Groups it takes at most, beside `other`.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Events folded into `other`.
    pub fn folded(&self) -> u64 {
        self.folded
    }

    /// Bytes it holds.
    pub fn heap(&self) -> usize {
        self.joined.capacity()
    }
}
