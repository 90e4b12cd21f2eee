//! The first line: what is wrong, where one is, whether it is live, and the time.
//!
//! On narrow screens the name goes first, then the names of other pages; the counts and the clock stay to the last.

use super::glyphs::glyphs;
use super::health::Counts;
use super::times;
use super::widgets::{put_at, put_parts};
use super::words::{clip, width};
use super::{Look, Mode, Role, Scene};
use crate::model::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws the header into the first row of `area`.
pub fn render(area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, pages: &[&str], page: usize, frozen: Option<Timestamp>) {
    let base = look.theme.style(Role::Header);
    let room = usize::from(area.width);
    put_at(buf, area, (area.x, area.y), &" ".repeat(room), base);
    let right = right_side(scene, look, frozen, room);
    let taken: usize = right.iter().map(|(text, _)| width(text)).sum();
    let left = left_side(look, pages, page, room.saturating_sub(taken + 1));
    let shown: Vec<(&str, Style)> = left.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    put_parts(buf, area, 0, &shown);
    let side = Rect { x: area.right().saturating_sub(taken as u16), width: (taken as u16).min(area.width), ..area };
    let shown: Vec<(&str, Style)> = right.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    put_parts(buf, side, 0, &shown);
}

/// Mode, counts and clock, leaving out what finds no room.
fn right_side(scene: &Scene<'_>, look: &Look<'_>, frozen: Option<Timestamp>, room: usize) -> Vec<(String, Style)> {
    let style = |role| look.theme.style(role);
    let counts = Counts::of(scene).signs(look.ascii);
    let mut signs: Vec<(String, Style)> = counts.iter().map(|(role, sign, n)| (format!("{sign} {n}  "), style(*role))).collect();
    if signs.is_empty() {
        signs.push((format!("{}  ", Role::Ok.sign(look.ascii)), style(Role::Ok)));
    }
    let clock = times::clock(scene.now, look.zone);
    let zone = format!(" {} ", times::offset(scene.now, look.zone));
    let (word, role) = match (frozen, scene.mode) {
        (Some(at), _) => (format!("FROZEN {}   ", times::clock(at, look.zone)), Role::Accent),
        (None, Mode::Replay { .. }) => ("REPLAY   ".to_owned(), Role::Accent),
        // What is usual need not be said where there is little room.
        (None, Mode::Live) if room < ROOM_FOR_LIVE => (String::new(), Role::Dim),
        (None, Mode::Live) => ("LIVE   ".to_owned(), Role::Dim),
    };
    let mut left = room.saturating_sub(signs.iter().map(|(text, _)| width(text)).sum());
    let mut take = |text: &str| {
        let fits = width(text) <= left;
        left -= if fits { width(text) } else { 0 };
        fits
    };
    // The clock comes before the mode, the mode before the zone: that is the order of their worth.
    let (has_clock, has_word) = (take(&clock), take(&word));
    let has_zone = has_clock && room >= ROOM_FOR_ZONE && take(&zone);
    let mut out = Vec::new();
    out.extend(has_word.then(|| (word, style(role))));
    out.append(&mut signs);
    out.extend(has_clock.then(|| (clock, style(Role::Text))));
    out.push(if has_zone { (zone, style(Role::Dim)) } else { (" ".to_owned(), style(Role::Dim)) });
    out
}

/// From this width on the zone is named beside the clock: below, page names are worth more.
const ROOM_FOR_ZONE: usize = 100;
/// From this width on a live screen says that it is.
const ROOM_FOR_LIVE: usize = 60;

/// The name and the pages, as many as find room.
fn left_side(look: &Look<'_>, pages: &[&str], page: usize, room: usize) -> Vec<(String, Style)> {
    let style = |role| look.theme.style(role);
    let entry = |i: usize, named: bool| {
        let here = i == page;
        let role = if here { Role::Accent } else { Role::Dim };
        let mark = if here { glyphs(look.ascii).here } else { " " };
        let text = if named { format!("{mark}{} {} ", i + 1, pages[i]) } else { format!("{mark}{} ", i + 1) };
        (text, style(role))
    };
    let name = (" bellwether ".to_owned(), style(Role::Text));
    let all: Vec<_> = (0..pages.len()).map(|i| entry(i, true)).collect();
    let mut full = vec![name];
    full.extend(all.iter().cloned());
    let short: Vec<_> = (0..pages.len()).map(|i| entry(i, i == page)).collect();
    let here: Vec<_> = (page < pages.len()).then(|| entry(page, true)).into_iter().collect();
    let size = |parts: &[(String, Style)]| parts.iter().map(|(text, _)| width(text)).sum::<usize>();
    for candidate in [full, all, short] {
        if size(&candidate) <= room {
            return candidate;
        }
    }
    here.into_iter().map(|(text, style)| (clip(&text, room, look.ascii), style)).collect()
}
