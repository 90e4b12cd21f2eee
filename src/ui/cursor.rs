//! A selection in a list that changes under it: it holds on to the row, not to the place.
//!
//! On the first row it holds on to the place instead, so that a list of the newest keeps showing the newest.

use super::{Key, KeyCode};
use std::ops::Range;

/// The selected row, and what part of the list is shown.
#[derive(Clone, Debug)]
pub struct Cursor<T> {
    row: Option<T>,
    /// Where the row was last: taken when the row is gone.
    place: usize,
    top: usize,
    height: usize,
    /// The row that was clicked, until a key is pressed.
    clicked: Option<T>,
}

impl<T> Default for Cursor<T> {
    fn default() -> Self {
        Self { row: None, place: 0, top: 0, height: 1, clicked: None }
    }
}

impl<T: Copy + PartialEq> Cursor<T> {
    /// Where the selection stands in `rows`; `None` for an empty list.
    pub fn at(&self, rows: &[T]) -> Option<usize> {
        let last = rows.len().checked_sub(1)?;
        Some(self.row.map_or(0, |row| rows.iter().position(|r| *r == row).unwrap_or(self.place.min(last))))
    }

    /// The selected row.
    pub fn row(&self, rows: &[T]) -> Option<T> {
        self.at(rows).map(|i| rows[i])
    }

    /// The part of `rows` to show in `height` lines, with the selection in it; keeps both for the next key.
    pub fn window(&mut self, rows: &[T], height: usize) -> Range<usize> {
        self.height = height.max(1);
        let Some(at) = self.at(rows) else { return 0..0 };
        self.place = at;
        if at < self.top {
            self.top = at;
        } else if at >= self.top + self.height {
            self.top = at + 1 - self.height;
        }
        self.top = self.top.min(rows.len().saturating_sub(self.height));
        self.top..(self.top + height).min(rows.len())
    }

    /// Selects by arrows, vim keys and page keys. `false`: not one of them.
    pub fn key(&mut self, key: Key, rows: &[T]) -> bool {
        let at = self.at(rows).unwrap_or(0);
        let last = rows.len().saturating_sub(1);
        let to = match key.code {
            KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => (at + 1).min(last),
            KeyCode::PageUp => at.saturating_sub(self.height),
            KeyCode::PageDown => (at + self.height).min(last),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            _ => return false,
        };
        self.clicked = None;
        self.place = to;
        self.row = if to == 0 { None } else { rows.get(to).copied() };
        true
    }

    /// Selects the row in line `line` of those shown; answers whether it was clicked just before, which opens it.
    pub fn press(&mut self, line: usize, rows: &[T]) -> Pressed {
        let Some(row) = rows.get(self.top + line).filter(|_| line < self.height).copied() else { return Pressed::Beside };
        let again = self.clicked == Some(row);
        self.place = self.top + line;
        self.row = if self.place == 0 { None } else { Some(row) };
        self.clicked = if again { None } else { Some(row) };
        if again { Pressed::Again } else { Pressed::Chosen }
    }
}

/// What a click in a list did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// There is no row.
    Beside,
    /// It chose a row.
    Chosen,
    /// The row had been clicked before: it is to be opened.
    Again,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(cursor: &mut Cursor<u32>, c: char, rows: &[u32]) {
        assert!(cursor.key(Key::plain(KeyCode::Char(c)), rows));
    }

    #[test]
    fn it_stays_with_its_row_and_on_top_with_the_newest() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.row(&[3, 2, 1]), Some(3));
        assert_eq!(cursor.row(&[4, 3, 2, 1]), Some(4));
        press(&mut cursor, 'j', &[4, 3, 2, 1]);
        assert_eq!(cursor.row(&[5, 4, 3, 2, 1]), Some(3));
        assert_eq!(cursor.row(&[9, 8]), Some(8), "the row is gone: its place is taken");
        assert_eq!(cursor.row(&[]), None);
    }

    #[test]
    fn the_window_follows() {
        let mut cursor = Cursor::default();
        let rows: Vec<u32> = (0..20).collect();
        assert_eq!(cursor.window(&rows, 5), 0..5);
        press(&mut cursor, 'G', &rows);
        assert_eq!(cursor.window(&rows, 5), 15..20);
        assert!(cursor.key(Key::plain(KeyCode::PageUp), &rows));
        assert_eq!(cursor.window(&rows, 5), 14..19);
        assert_eq!(cursor.window(&rows[..3], 5), 0..3);
        assert!(!cursor.key(Key::plain(KeyCode::Char('x')), &rows));
        let shown = cursor.window(&rows, 5);
        assert_eq!(cursor.press(2, &rows), Pressed::Chosen);
        assert_eq!(cursor.row(&rows), Some(rows[shown.start + 2]));
        assert_eq!(cursor.press(2, &rows), Pressed::Again);
        assert_eq!((cursor.press(2, &rows), cursor.press(5, &rows)), (Pressed::Chosen, Pressed::Beside));
    }
}
