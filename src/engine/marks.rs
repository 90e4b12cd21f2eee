//! Marks that persons set at a moment: notes to come back to. Met by the console's charts, and where one looks for the next of them.

use super::Engine;
use crate::model::{Mark, Timestamp};
use std::sync::Arc;

/// Marks kept: a person sets a few an hour, a recording made by a script may hold any number.
const KEPT: usize = 500;

/// The newest marks, oldest first.
#[derive(Debug, Default)]
pub(super) struct Marks(Vec<Mark>);

impl Marks {
    /// Sets one; the oldest goes where there are too many.
    pub(super) fn set(&mut self, at: Timestamp, text: &Arc<str>) {
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(Mark { at, text: Arc::clone(text) });
    }
}

impl Engine {
    /// Marks that persons set, oldest first; only the newest are kept.
    pub fn marks(&self) -> &[Mark] {
        &self.marks.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept() {
        let mut marks = Marks::default();
        for i in 0..KEPT as i64 + 3 {
            marks.set(Timestamp::from_millis(i), &format!("{i}").into());
        }
        assert_eq!((marks.0.len(), &*marks.0[0].text, marks.0[KEPT - 1].at.as_millis()), (KEPT, "3", KEPT as i64 + 2));
    }
}
