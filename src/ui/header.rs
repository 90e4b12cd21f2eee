//! The first line: what is wrong, where one is, whether it is live, and the time.
//!
//! On narrow screens the name goes first, then the names of other pages; the counts and the clock stay to the last.

use super::app_mouse::Hit;
use super::glyphs::glyphs;
use super::health::Counts;
use super::times;
use super::widgets::{put_at, put_parts};
use super::words::{clip, width};
use super::{LinkState, Look, Mode, Role, Scene};
use crate::model::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What the header says besides the scene.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// The names of the pages.
    pub pages: &'a [&'a str],
    /// The one shown.
    pub page: usize,
    /// The moment at which charts are held.
    pub frozen: Option<Timestamp>,
    /// Nothing may be changed from here.
    pub read_only: bool,
}

impl Header<'_> {
    /// Draws the header into the first row of `area`; answers where the pages stand.
    pub fn render(&self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) -> Vec<Hit<usize>> {
        let base = look.theme.style(Role::Header);
        let room = usize::from(area.width);
        put_at(buf, area, (area.x, area.y), &" ".repeat(room), base);
        // What is usual, the zone and that it is live, goes before the name of a page does.
        let named = size(&entries(look, self.pages, self.page, self.pages.len()));
        let full = right_side(scene, look, self, room, true);
        let right = if named + size(&full) < room { full } else { right_side(scene, look, self, room, false) };
        let (left, first) = left_side(look, self.pages, self.page, room.saturating_sub(size(&right) + 1));
        draw(area, buf, &left);
        let taken = size(&right) as u16;
        draw(Rect { x: area.right().saturating_sub(taken), width: taken.min(area.width), ..area }, buf, &right);
        hits(area.x, &left, first)
    }
}

/// Where the pages stand; the parts before `first` are none.
fn hits(mut x: u16, parts: &Parts, first: (usize, usize)) -> Vec<Hit<usize>> {
    let mut out = Vec::new();
    for (i, (text, _)) in parts.iter().enumerate() {
        let end = x.saturating_add(width(text) as u16);
        out.extend(i.checked_sub(first.0).map(|i| Hit { columns: x..end, what: first.1 + i }));
        x = end;
    }
    out
}

type Parts = Vec<(String, Style)>;

fn size(parts: &Parts) -> usize {
    parts.iter().map(|(text, _)| width(text)).sum()
}

fn draw(area: Rect, buf: &mut Buffer, parts: &Parts) {
    let parts: Vec<(&str, Style)> = parts.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    put_parts(buf, area, 0, &parts);
}

/// Mode, counts and clock, leaving out what finds no room; not `full`: also what is usual.
fn right_side(scene: &Scene<'_>, look: &Look<'_>, header: &Header<'_>, room: usize, full: bool) -> Parts {
    let style = |role| look.theme.style(role);
    let say = |text| look.language.say(text);
    let counts = Counts::of(scene).signs(look.ascii);
    let mut signs: Parts = counts.iter().map(|(role, sign, n)| (format!("{sign} {n}  "), style(*role))).collect();
    if signs.is_empty() {
        signs.push((format!("{}  ", Role::Ok.sign(look.ascii)), style(Role::Ok)));
    }
    let clock = times::clock(scene.now, look.zone);
    let zone = format!(" {} ", times::offset(scene.now, look.zone));
    let (word, role) = match (header.frozen, scene.mode) {
        (Some(at), _) => (format!("{} {}   ", say("FROZEN"), times::clock(at, look.zone)), Role::Accent),
        (None, Mode::Replay { .. }) => (format!("{}   ", say("REPLAY")), Role::Accent),
        (None, Mode::Live) if !full || room < ROOM_FOR_LIVE => (String::new(), Role::Dim),
        (None, Mode::Live) => (format!("{}   ", say("LIVE")), Role::Dim),
    };
    let link = link_words(scene, look);
    // That keys are refused is worth more than that data come as they happen.
    let word = match (header.read_only, header.frozen, scene.mode) {
        (true, None, Mode::Live) => format!("{}   ", say("READ-ONLY")),
        (true, ..) => format!("{}  {word}", say("READ-ONLY")),
        (false, ..) => word,
    };
    let role = if header.read_only { Role::Accent } else { role };
    let mut left = room.saturating_sub(size(&signs));
    let mut take = |text: &str| {
        let fits = width(text) <= left;
        left -= if fits { width(text) } else { 0 };
        fits
    };
    // The clock comes before the mode, the mode before the zone: that is the order of their worth.
    let (has_clock, has_word) = (take(&clock), take(&word));
    let has_link = !link.is_empty() && take(&link);
    let has_zone = has_clock && full && room >= ROOM_FOR_ZONE && take(&zone);
    let mut out = Vec::new();
    out.extend(has_link.then(|| (link, style(Role::Pending))));
    out.extend(has_word.then(|| (word, style(role))));
    out.append(&mut signs);
    out.extend(has_clock.then(|| (clock, style(Role::Text))));
    out.push(if has_zone { (zone, style(Role::Dim)) } else { (" ".to_owned(), style(Role::Dim)) });
    out
}

/// What holds the screen back, where something does: the rate that the link bears, in two digits, so that it stands still.
fn link_words(scene: &Scene<'_>, look: &Look<'_>) -> String {
    let rate = f64::from(scene.link.rate);
    let rate = if rate < 9_950.0 { format!("{:.1} kB/s", rate / 1e3) } else { format!("{:.0} kB/s", rate / 1e3) };
    match scene.link.state {
        LinkState::Quick => String::new(),
        LinkState::Slow => look.language.fill("link {0}, slow", &[&rate]) + "   ",
        LinkState::Budget => look.language.fill("link {0}, by hand", &[&rate]) + "   ",
    }
}

/// From this width on the zone is named beside the clock.
const ROOM_FOR_ZONE: usize = 100;
/// From this width on a live screen says that it is.
const ROOM_FOR_LIVE: usize = 60;

/// The entries of all pages, those less than `near` pages away by name, the others by number.
fn entries(look: &Look<'_>, pages: &[&str], page: usize, near: usize) -> Parts {
    let entry = |(i, name): (usize, &&str)| {
        let here = i == page;
        let mark = if here { glyphs(look.ascii).here } else { " " };
        // The key of the tenth page is 0; pages after that have none.
        let key = match i {
            0..10 => ((i + 1) % 10).to_string(),
            _ => String::new(),
        };
        let gap = if key.is_empty() { "" } else { " " };
        let text = if here || i.abs_diff(page) < near { format!("{mark}{key}{gap}{name} ") } else { format!("{mark}{key} ") };
        (text, look.theme.style(if here { Role::Accent } else { Role::Dim }))
    };
    pages.iter().enumerate().map(entry).collect()
}

/// The name and the pages, as many as find room; and which part is the first page, and which page that is.
fn left_side(look: &Look<'_>, pages: &[&str], page: usize, room: usize) -> (Parts, (usize, usize)) {
    let all = entries(look, pages, page, pages.len());
    let name = (" bellwether ".to_owned(), look.theme.style(Role::Text));
    let full: Parts = std::iter::once(name).chain(all.iter().cloned()).collect();
    if size(&full) <= room {
        return (full, (1, 0));
    }
    let fewer = (0..pages.len()).rev().map(|near| entries(look, pages, page, near));
    if let Some(fits) = std::iter::once(all).chain(fewer).find(|parts| size(parts) <= room) {
        return (fits, (0, 0));
    }
    let here = entries(look, pages, page, 0).into_iter().nth(page);
    (here.into_iter().map(|(text, style)| (clip(&text, room, look.ascii), style)).collect(), (0, page))
}
