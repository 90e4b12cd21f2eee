//! Where the panes of a page stand: rows and columns by weight, stacked where they are too wide, left out where they are too high.
//!
//! Nothing is ever half drawn. What does not fit stays away, and the pane with the focus is always among those shown.

use ratatui::layout::Rect;

/// What a pane needs, its frame included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Share of the row's width.
    pub weight: u16,
    /// Least width.
    pub width: u16,
    /// Least height.
    pub height: u16,
}

/// A row of panes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Share of the page's height.
    pub weight: u16,
    /// Its panes.
    pub panes: Vec<Need>,
}

/// Where panes stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// Index of the pane on its page, and its place.
    pub places: Vec<(usize, Rect)>,
    /// How many panes found no room.
    pub hidden: usize,
}

/// Places the panes of `rows` in `area`; the pane `focus` is always placed.
pub fn arrange(area: Rect, rows: &[Row], focus: usize) -> Arrangement {
    let lines = stack(area.width, rows);
    let total: usize = rows.iter().map(|row| row.panes.len()).sum();
    if area.is_empty() || lines.is_empty() {
        return Arrangement { places: Vec::new(), hidden: total };
    }
    let shown = window(area.height, &lines, focus);
    let lines = &lines[shown];
    let heights = share(area.height, &lines.iter().map(|line| (line.weight, line.height())).collect::<Vec<_>>());
    let mut arrangement = Arrangement::default();
    let mut y = area.y;
    for (line, height) in lines.iter().zip(heights) {
        let widths = share(area.width, &line.panes.iter().map(|(_, need)| (need.weight, need.width)).collect::<Vec<_>>());
        let mut x = area.x;
        for ((index, _), width) in line.panes.iter().zip(widths) {
            arrangement.places.push((*index, Rect { x, y, width, height }));
            x += width;
        }
        y += height;
    }
    arrangement.hidden = total - arrangement.places.len();
    arrangement
}

struct Line {
    weight: u16,
    panes: Vec<(usize, Need)>,
}

impl Line {
    fn height(&self) -> u16 {
        self.panes.iter().map(|(_, need)| need.height).max().unwrap_or(0)
    }
}

/// Breaks rows that are too wide into several lines.
fn stack(width: u16, rows: &[Row]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut index = 0;
    for row in rows {
        let mut used = 0u16;
        let mut begun = false;
        for need in &row.panes {
            used = used.saturating_add(need.width);
            if !begun || used > width {
                lines.push(Line { weight: row.weight, panes: Vec::new() });
                used = need.width;
                begun = true;
            }
            if let Some(line) = lines.last_mut() {
                line.panes.push((index, *need));
            }
            index += 1;
        }
    }
    lines
}

/// The lines shown: the first ones, moved on just far enough for the one with the focus.
fn window(height: u16, lines: &[Line], focus: usize) -> std::ops::Range<usize> {
    let wanted = lines.iter().position(|line| line.panes.iter().any(|(i, _)| *i == focus)).unwrap_or(0);
    for start in 0..=wanted {
        let mut used = 0u16;
        let fits = lines[start..]
            .iter()
            .take_while(|line| {
                used = used.saturating_add(line.height());
                used <= height
            })
            .count();
        if start + fits > wanted {
            return start..start + fits;
        }
    }
    // Not even alone: it is given all there is, and says itself what it would need.
    wanted..wanted + 1
}

/// Shares `total` by weight, each getting at least its need while there is enough.
fn share(total: u16, parts: &[(u16, u16)]) -> Vec<u16> {
    let mut sizes: Vec<Option<u16>> = vec![None; parts.len()];
    loop {
        let taken: u16 = sizes.iter().flatten().fold(0, |sum, size| sum.saturating_add(*size));
        let left = u32::from(total.saturating_sub(taken));
        let open = || parts.iter().zip(&sizes).filter(|(_, size)| size.is_none()).map(|(part, _)| u32::from(part.0.max(1)));
        let weights: u32 = open().sum();
        let short = (0..parts.len()).find(|&i| sizes[i].is_none() && left * u32::from(parts[i].0.max(1)) < weights * u32::from(parts[i].1));
        if let Some(i) = short {
            sizes[i] = Some(parts[i].1.min(left as u16));
            continue;
        }
        // What is left over by rounding goes to the first ones, cell by cell.
        let mut rest = left - open().map(|weight| left * weight / weights.max(1)).sum::<u32>().min(left);
        let filled = parts.iter().zip(&sizes).map(|(part, size)| {
            size.unwrap_or_else(|| {
                let extra = u32::from(rest > 0);
                rest -= extra;
                (left * u32::from(part.0.max(1)) / weights.max(1) + extra) as u16
            })
        });
        return filled.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn need(width: u16, height: u16) -> Need {
        Need { weight: 1, width, height }
    }

    fn area(width: u16, height: u16) -> Rect {
        Rect { x: 0, y: 1, width, height }
    }

    #[test]
    fn rows_share_the_height_and_panes_the_width_by_weight() {
        let rows = [Row { weight: 2, panes: vec![need(20, 3), need(20, 3)] }, Row { weight: 1, panes: vec![need(20, 3)] }];
        let placed = arrange(area(81, 30), &rows, 0);
        assert_eq!(placed.places[0], (0, Rect { x: 0, y: 1, width: 41, height: 20 }));
        assert_eq!(placed.places[1], (1, Rect { x: 41, y: 1, width: 40, height: 20 }));
        assert_eq!(placed.places[2], (2, Rect { x: 0, y: 21, width: 81, height: 10 }));
    }

    #[test]
    fn panes_too_wide_for_their_row_are_stacked_and_the_focus_stays_in_sight() {
        let rows = [Row { weight: 1, panes: vec![need(30, 5), need(30, 5), need(30, 5)] }];
        let placed = arrange(area(40, 11), &rows, 0);
        assert_eq!((placed.places.iter().map(|p| p.0).collect::<Vec<_>>(), placed.hidden), (vec![0, 1], 1));
        let placed = arrange(area(40, 11), &rows, 2);
        assert_eq!(placed.places.iter().map(|p| p.0).collect::<Vec<_>>(), [1, 2]);
        let placed = arrange(area(40, 3), &rows, 1);
        assert_eq!(placed.places, [(1, area(40, 3))]);
    }

    proptest! {
        #[test]
        fn panes_never_overlap_nor_leave_the_page(
            (w, h, focus) in (0u16..300, 0u16..120, 0usize..8),
            rows in proptest::collection::vec((0u16..5, proptest::collection::vec((0u16..5, 1u16..60, 1u16..20), 1..4)), 0..5),
        ) {
            let rows: Vec<Row> = rows.iter().map(|(weight, panes)| Row {
                weight: *weight,
                panes: panes.iter().map(|(weight, width, height)| Need { weight: *weight, width: *width, height: *height }).collect(),
            }).collect();
            let page = area(w, h);
            let placed = arrange(page, &rows, focus);
            for (i, (_, a)) in placed.places.iter().enumerate() {
                prop_assert!(a.is_empty() || page.union(*a) == page);
                for (_, b) in &placed.places[..i] {
                    prop_assert!(a.intersection(*b).is_empty());
                }
            }
        }
    }
}
