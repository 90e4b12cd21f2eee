//! A meter takes over from one of the same stream whose metrics were others: groups, open windows and the
//! watermark of all that is measured as before go on, so that a changed configuration tears no window.

use super::bank::Bank;
use super::meter::{Conditions, Meter};
use super::part::Part;

impl Meter {
    /// Takes over from `old`, which measured the same stream with the same fields. `before` says for each metric which
    /// one it was there; `None`: it is new.
    pub fn adopt(&mut self, old: Self, before: &[Option<u16>]) {
        let Self { clock, conditions, tables, stepped, raw, holding, forced, .. } = old;
        (self.clock, self.holding, self.forced) = (clock, holding, forced);
        let likes: Vec<Option<usize>> = self.tables.iter().map(|new| tables.iter().position(|t| t.is_like(new))).collect();
        let text = |conditions: &Conditions, filter: Option<usize>| filter.map(|f| conditions.texts[f].clone());
        for old in stepped {
            let same = self.stepped.iter_mut().find(|new| {
                likes[new.table] == Some(old.table)
                    && text(&self.conditions, new.filter) == text(&conditions, old.filter)
                    && new.bank.step == old.bank.step
                    && new.roster.limit() == old.roster.limit()
            });
            if let Some(new) = same {
                new.bank.adopt(old.bank, before);
                new.roster = old.roster;
            }
        }
        for old in raw {
            if let Some(new) = self.raw.iter_mut().find(|new| before[usize::from(new.metric)] == Some(old.metric)) {
                new.roster = old.roster;
            }
        }
        let mut tables: Vec<_> = tables.into_iter().map(Some).collect();
        for (new, like) in self.tables.iter_mut().zip(likes) {
            if let Some(old) = like.and_then(|i| tables[i].take()) {
                *new = old;
            }
        }
    }
}

impl Bank {
    /// Takes over the windows of `old`, which has the same groups and step; a column that is new begins in the open ones.
    fn adopt(&mut self, old: Self, before: &[Option<u16>]) {
        let from: Vec<Option<usize>> = self
            .columns
            .iter()
            .map(|new| before[usize::from(new.metric)].and_then(|metric| old.columns.iter().position(|c| c.metric == metric)))
            .collect();
        if from.iter().all(Option::is_none) {
            return;
        }
        let mut parts = old.parts;
        let windows = if old.columns.is_empty() { 0 } else { parts.len() / old.columns.len() };
        for window in 0..windows {
            let first = window * old.columns.len();
            let free = parts[first..].iter().take(old.columns.len()).all(|part| matches!(part, Part::Empty));
            for (column, from) in self.columns.iter().zip(&from) {
                self.parts.push(match from {
                    Some(i) => std::mem::replace(&mut parts[first + i], Part::Empty),
                    None if free => Part::Empty,
                    None => Part::new(column.measure),
                });
            }
        }
        (self.lanes, self.warm, self.free, self.open) = (old.lanes, old.warm, old.free, old.open);
        (self.next, self.next_end, self.recent, self.shut_out) = (old.next, old.next_end, old.recent, old.shut_out);
    }
}
