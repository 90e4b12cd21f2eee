//! The last samples with their times, in a ring of fixed size.
//!
//! For what is asked of them once something is flagged: which form they have, and where it begins. The
//! detectors `auto` and `change-point` meet it.

use super::state::{floats, read_floats};
use crate::stats::welford::LARGEST;
use serde_json::{Value, json};

/// The last samples, or means of samples, with the time of each (of its first).
#[derive(Clone, Debug)]
pub(super) struct Ring<const N: usize> {
    at: [i64; N],
    x: [f64; N],
    /// Where the next is written.
    next: usize,
    len: usize,
}

impl<const N: usize> Ring<N> {
    pub(super) const fn new() -> Self {
        Self { at: [0; N], x: [0.0; N], next: 0, len: 0 }
    }

    /// Takes one in; the oldest goes where there is no room.
    pub(super) fn push(&mut self, at: i64, x: f64) {
        (self.at[self.next], self.x[self.next]) = (at, x);
        self.next = (self.next + 1) % N;
        self.len = (self.len + 1).min(N);
    }

    /// The oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (i64, f64)> + '_ {
        (0..self.len).map(|i| (self.next + N - self.len + i) % N).map(|i| (self.at[i], self.x[i]))
    }

    pub(super) fn save(&self) -> Value {
        json!({"at": self.iter().map(|(at, _)| at).collect::<Vec<_>>(), "x": floats(self.iter().map(|(_, x)| x))})
    }

    pub(super) fn restore(state: &Value) -> Option<Self> {
        let at: Vec<i64> = serde_json::from_value(state.get("at")?.clone()).ok()?;
        let x = read_floats(state.get("x")?).filter(|x| x.len() == at.len() && x.len() <= N)?;
        let mut own = Self::new();
        at.into_iter().zip(x).for_each(|(at, x)| own.push(at, x.clamp(-LARGEST, LARGEST)));
        Some(own)
    }
}
