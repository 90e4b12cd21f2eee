//! A line of text being typed or pasted: a filter, a mark, a time, a command. Nothing is done before Enter.

use super::Scene;
use super::messages::english;
use crate::detect::Opinion;
use crate::model::{Basis, Safe};

/// Longest text, in characters: a filter is a word or two, and a paste may be a megabyte.
const LIMIT: usize = 200;

/// What the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The focused pane shows only what holds it.
    Filter,
    /// The text of a mark.
    Mark,
    /// A time to go to in a replay.
    GoTo,
    /// A note to what is said of an anomaly.
    Judge(u64, Opinion),
    /// Enter takes what an anomaly found for the new normal.
    Accept(u64),
    /// A command of the palette.
    Command,
}

impl Purpose {
    /// What stands before the text.
    pub const fn prompt(self) -> &'static str {
        match self {
            Self::Filter => english("filter"),
            Self::Mark => english("mark"),
            Self::GoTo => english("go to (03:09, 03:09:30, -5m, +30s)"),
            Self::Judge(_, Opinion::Real) => english("real; a note, or Enter alone"),
            Self::Judge(_, Opinion::Noise) => english("noise; a note, or Enter alone"),
            Self::Accept(_) => english("the new normal from now on? Enter: yes, Esc: no"),
            Self::Command => english("command"),
        }
    }
}

/// What is said instead of asking [`Purpose::Accept`] of what a limit in the configuration found.
pub const LIMIT_STAYS: &str = english("a fixed limit learns nothing: change it in the configuration, or silence its alert");

/// Whether an anomaly was found by a limit that somebody gave: nothing is learned there, so there is no new normal.
pub fn learns_nothing(scene: &Scene<'_>, id: u64) -> bool {
    scene.anomalies.get(id).is_some_and(|a| a.baseline.basis == Basis::Limit)
}

/// The text and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is for.
    pub purpose: Purpose,
    text: String,
}

impl Field {
    /// A field that begins with `text`.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        let mut field = Self { purpose, text: String::new() };
        field.push(text);
        field
    }

    /// Appends typed or pasted text: one line, without control characters, within the limit.
    pub fn push(&mut self, text: &str) {
        let room = LIMIT.saturating_sub(self.text.chars().count());
        self.text.extend(text.chars().filter(|c| !c.is_control()).take(room));
    }

    /// Takes the last character away.
    pub fn backspace(&mut self) {
        self.text.pop();
    }

    /// Takes the last word away.
    pub fn backword(&mut self) {
        let kept = self.text.trim_end().char_indices().rfind(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8());
        self.text.truncate(kept);
    }

    /// Puts another text in its place.
    pub fn replace(&mut self, text: &str) {
        self.text.clear();
        self.push(text);
    }

    /// Takes all away.
    pub fn clear(&mut self) {
        self.text.clear();
    }

    /// As typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As drawn.
    pub fn shown(&self) -> Safe {
        Safe::label(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_one_short_line_of_text() {
        let mut field = Field::new(Purpose::Filter, "");
        field.push(&"q\x1b[2J\r\n".repeat(100_000));
        assert_eq!(field.text().chars().count(), LIMIT);
        assert!(field.text().starts_with("q[2Jq[2J"));
        field.backspace();
        assert_eq!(field.text().chars().count(), LIMIT - 1);
        for (text, left) in [("page sales ", "page "), ("page", ""), ("", ""), ("漢字 文", "漢字 ")] {
            field.replace(text);
            field.backword();
            assert_eq!(field.text(), left);
        }
    }
}
