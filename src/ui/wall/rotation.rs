//! Whose turn it is: which page is shown, and by how many cells all stands aside so that nothing burns in.
//!
//! All of it follows from the moment shown, so that two walls with the same data show the same, and a replay its past.

use crate::model::{Millis, Timestamp};
use ratatui::layout::Rect;

/// After so long everything moves by a cell: far less than what burns in, and seldom enough not to be unrest.
const SHIFT_EVERY: Millis = Millis::from_secs(180);
/// Where things stand in turn, in columns and rows from the upper left corner.
const PLACES: [(u16, u16); 4] = [(0, 0), (1, 0), (1, 1), (0, 1)];

/// The number of turns of `length` there have been.
pub fn turn(now: Timestamp, length: Millis) -> usize {
    (now.as_millis().max(0) / length.get().max(1)) as usize
}

/// The page shown: pages take turns, while some fire only those.
pub fn page(now: Timestamp, rotate: Millis, firing: &[bool]) -> Option<usize> {
    let any = firing.contains(&true);
    let candidates: Vec<usize> = (0..firing.len()).filter(|i| firing[*i] || !any).collect();
    if candidates.is_empty() { None } else { Some(candidates[turn(now, rotate) % candidates.len()]) }
}

/// `area` less a row and a column, at the place where things stand now.
pub fn shifted(now: Timestamp, area: Rect) -> Rect {
    let (dx, dy) = PLACES[turn(now, SHIFT_EVERY) % PLACES.len()];
    Rect { x: area.x + dx, y: area.y + dy, width: area.width.saturating_sub(1), height: area.height.saturating_sub(1) }
}

/// Whether what is filled with light now is dark in the next turn: a tile that fires for hours must not burn in either.
pub fn filled(now: Timestamp) -> bool {
    turn(now, SHIFT_EVERY).is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWENTY: Millis = Millis::from_secs(20);

    fn at(s: i64) -> Timestamp {
        Timestamp::from_millis(s * 1_000)
    }

    #[test]
    fn pages_take_turns() {
        let shown: Vec<_> = (0..6).map(|i| page(at(i * 20), TWENTY, &[false, false, false]).unwrap()).collect();
        assert_eq!(shown, [0, 1, 2, 0, 1, 2]);
        assert_eq!(page(at(19), TWENTY, &[false, false]), Some(0));
        assert_eq!(page(at(0), TWENTY, &[]), None);
    }

    #[test]
    fn a_page_that_fires_is_stopped_at() {
        let shown = |firing: &[bool]| (0..6).map(|i| page(at(i * 20), TWENTY, firing).unwrap()).collect::<Vec<_>>();
        assert_eq!(shown(&[false, true, false]), [1; 6]);
        assert_eq!(shown(&[true, false, true]), [0, 2, 0, 2, 0, 2]);
    }

    #[test]
    fn all_places_lie_on_the_screen_and_each_is_taken() {
        let area = Rect::new(0, 0, 80, 24);
        let places: std::collections::BTreeSet<_> = (0..4).map(|i| shifted(at(i * 180), area)).map(|r| (r.x, r.y)).collect();
        assert_eq!(places.len(), 4);
        assert!((0..9).all(|i| area.union(shifted(at(i * 180), area)) == area));
        assert!(filled(at(0)) && !filled(at(180)) && filled(at(360)));
    }
}
