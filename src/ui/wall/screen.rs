//! The whole wall: the line of truth, the tiles of the page whose turn it is, and the foot. Pure: all follows from the scene.

use super::about::{About, Subjects, calls};
use super::foot::{self, Turn};
use super::{rotation, tile, truth};
use crate::alert::AlertState;
use crate::model::Millis;
use crate::ui::widgets::put_at;
use crate::ui::words::{clip, pad};
use crate::ui::{Look, Role, Scene, glyphs};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// Least columns and rows of a tile, and most of them beside and above each other.
const TILE: (u16, u16) = (28, 7);
const TILES: (u16, u16) = (3, 3);
/// Most tiles of a page: more cannot be taken in at a glance.
const MOST: usize = 6;
/// Columns and rows between tiles.
const GAP: (u16, u16) = (2, 1);
/// From these heights on the line of truth may be two, or three.
const ROOM_FOR_TRUTH: [u16; 2] = [20, 30];
/// On a screen narrower than this one line says too little: from this height on there are two.
const NARROW: u16 = 60;
const ROOM_FOR_TWO: u16 = 11;

/// Draws the wall: `pages` with their names, each shown for `rotate`.
pub fn render(area: Rect, buf: &mut Buffer, pages: &[(&str, &About)], rotate: Millis, scene: &Scene<'_>, look: &Look<'_>) {
    let area = rotation::shifted(scene.now, area);
    let told = truth_lines(area, buf, scene, look);
    let own: Vec<&(&str, &About)> = pages.iter().filter(|(_, about)| about.measures()).collect();
    // Pages without series of their own have nothing for digits; where there are no others, all that is watched is shown.
    let fallback = pages.iter().filter(|(_, about)| about.is_overview());
    let shown: Vec<&(&str, &About)> = if own.is_empty() { fallback.collect() } else { own };
    let mut subjects: Vec<Subjects<'_>> = shown.iter().map(|(_, about)| about.subjects(scene)).collect();
    adopt(&mut subjects, scene);
    let alive: Vec<usize> = (0..shown.len()).filter(|i| !subjects[*i].metrics.is_empty() || subjects[*i].fires()).collect();
    let firing: Vec<bool> = alive.iter().map(|i| subjects[*i].fires()).collect();
    let Some(place) = rotation::page(scene.now, rotate, &firing) else {
        let nothing = Subjects::default();
        let turn = Turn { name: look.language.say("no data yet"), place: 0, of: 0, held: false };
        foot::render(bottom(area, look), buf, turn, &nothing, scene, look);
        return;
    };
    let (name, _) = shown[alive[place]];
    let subjects = &subjects[alive[place]];
    let turn = Turn { name, place: place + 1, of: alive.len(), held: firing[place] };
    let foot = bottom(area, look);
    foot::render(foot, buf, turn, subjects, scene, look);
    let body = Rect { y: area.y + told + 1, height: foot.y.saturating_sub(area.y + told + 2), ..area };
    tiles(body, buf, subjects, rotation::turn(scene.now, rotate) / alive.len().max(1), scene, look);
}

fn bottom(area: Rect, look: &Look<'_>) -> Rect {
    let rows = foot::rows(area, look).min(area.height);
    Rect { y: area.bottom() - rows, height: rows, ..area }
}

/// Alerts that concern no page are shown on the first: none may be missed because nobody made a page for it.
fn adopt<'a>(subjects: &mut [Subjects<'a>], scene: &Scene<'a>) {
    let orphans: Vec<_> =
        scene.alerts.active().filter(|alert| calls(alert) && !subjects.iter().any(|s| s.alerts.iter().any(|a| a.id == alert.id))).collect();
    if let Some(first) = subjects.first_mut() {
        first.alerts.extend(orphans);
        // As in the book: what fires before what has fallen silent.
        first.alerts.sort_by_key(|a| (a.state != AlertState::Firing, std::cmp::Reverse(a.severity)));
    }
}

/// Draws the first lines; answers how many.
fn truth_lines(area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) -> u16 {
    let narrow = usize::from(area.width < NARROW && area.height >= ROOM_FOR_TWO);
    let most = 1 + narrow.max(ROOM_FOR_TRUTH.iter().filter(|least| area.height >= **least).count());
    // Sign, and a blank on each side.
    let width = usize::from(area.width).saturating_sub(if look.ascii { 5 } else { 4 });
    let lines = truth::lines(scene, look, most, width);
    for (row, (role, text)) in (area.y..area.bottom()).zip(&lines) {
        let style = look.theme.style(*role).remove_modifier(Modifier::REVERSED);
        let text = format!(" {} {text} ", glyphs::sign(*role, look.ascii));
        let text = clip(&text, usize::from(area.width), look.ascii);
        match role {
            Role::Critical | Role::Warning => {
                put_at(buf, area, (area.x, row), &pad(&text, usize::from(area.width)), style.add_modifier(Modifier::REVERSED));
            }
            Role::Ok | Role::Muted => {
                put_at(buf, area, (area.x, row), &text, look.theme.style(Role::Dim));
            }
            _ => {
                put_at(buf, area, (area.x, row), &text, style.add_modifier(Modifier::BOLD));
            }
        }
    }
    lines.len() as u16
}

fn tiles(area: Rect, buf: &mut Buffer, subjects: &Subjects<'_>, turn: usize, scene: &Scene<'_>, look: &Look<'_>) {
    if area.is_empty() {
        return;
    }
    let most = capacity(area);
    let list = tile::pick(subjects, scene, turn, most);
    let (columns, rows) = grid(area, list.len());
    let wide = (area.width + GAP.0) / columns;
    let tall = (area.height + GAP.1) / rows;
    for (i, one) in list.into_iter().enumerate() {
        let (column, row) = (i as u16 % columns, i as u16 / columns);
        if row >= rows {
            break;
        }
        let place = Rect { x: area.x + column * wide, y: area.y + row * tall, width: wide - GAP.0, height: tall - GAP.1 };
        tile::render(one, subjects, place, buf, scene, look);
    }
}

/// How many columns and rows there is room for.
fn room(area: Rect) -> (u16, u16) {
    let fits = |room: u16, least: u16, gap: u16, most: u16| ((room + gap) / (least + gap)).clamp(1, most);
    (fits(area.width, TILE.0, GAP.0, TILES.0), fits(area.height, TILE.1, GAP.1, TILES.1))
}

fn capacity(area: Rect) -> usize {
    let (columns, rows) = room(area);
    usize::from(columns * rows).min(MOST)
}

/// Columns and rows for `count` tiles: those in which digits are largest.
fn grid(area: Rect, count: usize) -> (u16, u16) {
    let most = room(area);
    let count = count.max(1) as u16;
    let all = (1..=most.0).flat_map(|columns| (1..=most.1).map(move |rows| (columns, rows)));
    let fitting = all.filter(|(columns, rows)| columns * rows >= count && columns * (rows - 1) < count);
    fitting.max_by_key(|(columns, rows)| digits((area.width + GAP.0) / columns, (area.height + GAP.1) / rows)).unwrap_or(most)
}

/// How large digits are in a tile of this size: five of them stand in its width, and take half of its height.
fn digits(wide: u16, tall: u16) -> u16 {
    const WIDE: u16 = 26;
    const TALL: u16 = 7;
    (wide.saturating_sub(8) * 100 / WIDE).min(tall * 100 / TALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_stand_where_their_digits_are_largest() {
        let area = |width, height| Rect { x: 0, y: 0, width, height };
        assert_eq!(grid(area(119, 28), 3), (2, 2));
        assert_eq!(grid(area(119, 28), 6), (2, 3));
        assert_eq!(grid(area(199, 40), 6), (3, 2));
        assert_eq!(grid(area(79, 17), 4), (2, 2));
        assert_eq!((grid(area(39, 8), 1), capacity(area(39, 8))), ((1, 1), 1));
        assert_eq!(capacity(area(399, 90)), 6);
    }
}
