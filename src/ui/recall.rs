//! What was typed before in a field, to be had back with the arrow keys: kept while the program runs.

/// Lines kept: nobody goes further back than that.
const KEPT: usize = 100;

/// Lines typed before, and where somebody is among them.
#[derive(Clone, Debug, Default)]
pub struct Recall {
    lines: Vec<String>,
    /// Which line is shown.
    at: Option<usize>,
    /// What stood in the field before.
    draft: String,
}

impl Recall {
    /// Keeps a line, as the newest.
    pub fn keep(&mut self, line: &str) {
        self.at = None;
        if line.is_empty() {
            return;
        }
        self.lines.retain(|known| known != line);
        if self.lines.len() == KEPT {
            self.lines.remove(0);
        }
        self.lines.push(line.to_owned());
    }

    /// The line before the one shown that begins with what was typed; `shown` is what stands in the field.
    pub fn older(&mut self, shown: &str) -> Option<&str> {
        if self.at.is_none() {
            shown.clone_into(&mut self.draft);
        }
        let end = self.at.unwrap_or(self.lines.len());
        let at = (0..end).rev().find(|i| self.lines[*i].starts_with(&self.draft) && self.lines[*i] != shown)?;
        self.at = Some(at);
        Some(&self.lines[at])
    }

    /// The line after the one shown, at last what was typed; `None` where no line of before is shown.
    pub fn newer(&mut self) -> Option<&str> {
        let at = self.at?;
        let next = (at + 1..self.lines.len()).find(|i| self.lines[*i].starts_with(&self.draft));
        self.at = next;
        Some(next.map_or(self.draft.as_str(), |i| &self.lines[i]))
    }

    /// All lines, newest first.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().rev().map(String::as_str)
    }

    /// Whether a line of before is shown.
    pub fn is_shown(&self) -> bool {
        self.at.is_some()
    }

    /// The field was changed or closed: the next look back begins at the newest.
    pub fn rest(&mut self) {
        self.at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_newest_first_and_what_was_typed_last() {
        let mut recall = Recall::default();
        for line in ["page sales", "theme light", "page alerts", "theme light", ""] {
            recall.keep(line);
        }
        assert_eq!(recall.older(""), Some("theme light"));
        assert_eq!(recall.older("theme light"), Some("page alerts"));
        assert_eq!(recall.newer(), Some("theme light"));
        assert_eq!(recall.newer(), Some(""));
        assert_eq!(recall.newer(), None);
        assert_eq!(recall.older("page"), Some("page alerts"), "only those that begin so");
        assert_eq!(recall.older("page alerts"), Some("page sales"));
        assert_eq!(recall.older("page sales"), None);
        assert!(recall.is_shown());
        recall.rest();
        assert!(!recall.is_shown());
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut recall = Recall::default();
        (0..KEPT + 5).for_each(|i| recall.keep(&format!("{i}")));
        assert_eq!((recall.lines.len(), recall.lines[0].as_str()), (KEPT, "5"));
    }
}
