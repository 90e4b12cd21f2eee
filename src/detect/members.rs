//! The members of a group, each with its own level: they come and go, and only so many are known.
//!
//! `peers` and `vote` meet it.

use super::state::{count, floats, read_floats};
use crate::stats::steady::Steady;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Characters of a member's name that tell it from others; longer ones are told apart by their begin.
const NAME_MOST: usize = 256;

/// One member.
struct Member {
    steady: Steady,
    /// The moment it was last there.
    last: u64,
}

/// All members known.
pub(super) struct Members {
    limit: usize,
    moments: u64,
    by_name: BTreeMap<Box<str>, Member>,
}

impl Members {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), moments: 0, by_name: BTreeMap::new() }
    }

    /// Moments learned.
    pub(super) fn moments(&self) -> u64 {
        self.moments
    }

    /// What is usual of a member.
    pub(super) fn get(&self, name: &str) -> Option<&Steady> {
        self.by_name.get(cut(name)).map(|member| &member.steady)
    }

    /// Takes in one moment.
    pub(super) fn push<'a>(&mut self, moment: impl Iterator<Item = (&'a str, f64)>, window: f64) {
        self.moments += 1;
        for (name, x) in moment {
            let name = cut(name);
            if let Some(member) = self.by_name.get_mut(name) {
                member.steady.push(x, window);
                member.last = self.moments;
            } else if self.makes_room() {
                let mut steady = Steady::default();
                steady.push(x, window);
                self.by_name.insert(name.into(), Member { steady, last: self.moments });
            }
        }
    }

    /// Whether there is room for one more, once the one not seen for longest is forgotten; none where all are here now.
    fn makes_room(&mut self) -> bool {
        if self.by_name.len() < self.limit {
            return true;
        }
        let oldest = self.by_name.iter().min_by_key(|(_, member)| member.last).filter(|(_, member)| member.last < self.moments);
        let Some(name) = oldest.map(|(name, _)| name.clone()) else { return false };
        self.by_name.remove(&name).is_some()
    }

    /// What comes next is usual, whatever it is.
    pub(super) fn accept(&mut self) {
        self.by_name.values_mut().for_each(|member| member.steady.accept());
    }

    pub(super) fn memory(&self) -> usize {
        // A tree's nodes are half full at worst.
        self.by_name.keys().map(|name| 2 * size_of::<(Box<str>, Member)>() + name.len()).sum()
    }

    pub(super) fn save(&self) -> Value {
        let one = |(name, member): (&str, &Member)| {
            let ([n, wild], numbers) = member.steady.save();
            json!([name, member.last, n, wild, floats(numbers)])
        };
        json!({"moments": self.moments, "each": self.by_name.iter().map(|(name, member)| (&**name, member)).map(one).collect::<Vec<_>>()})
    }

    /// What [`Members::save`] gave, within the present limit; `None` where it cannot have come from there.
    pub(super) fn restored(&self, state: &Value) -> Option<Self> {
        let mut again = Self::new(self.limit);
        again.moments = count(state.get("moments")?)?;
        for one in state.get("each")?.as_array()? {
            let [name, last, n, wild, numbers] = one.as_array()?.as_slice() else { return None };
            let [level, spread] = read_floats(numbers)?[..] else { return None };
            let places = |value: &Value| u32::try_from(value.as_u64()?).ok();
            let steady = Steady::restore([places(n)?, places(wild)?], [level, spread])?;
            again.by_name.insert(name.as_str()?.into(), Member { steady, last: last.as_u64()? });
        }
        (again.by_name.len() <= self.limit).then_some(again)
    }
}

fn cut(name: &str) -> &str {
    name.char_indices().nth(NAME_MOST).map_or(name, |(end, _)| &name[..end])
}

/// Weights as shares of 1, the largest first; those without weight are left out.
pub(super) fn shares(weights: impl Iterator<Item = (usize, f64)>) -> Vec<(usize, f64)> {
    let mut list: Vec<(usize, f64)> = weights.filter(|(_, weight)| *weight > 0.0 && weight.is_finite()).collect();
    let all: f64 = list.iter().map(|(_, weight)| weight / list.len() as f64).sum();
    let n = list.len() as f64;
    for (_, weight) in &mut list {
        *weight = *weight / n / all;
    }
    list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    list
}
