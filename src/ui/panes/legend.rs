//! What stands beside the lines of a chart: names with their newest values, or the figures of the
//! last points.

use super::reading::Reading;
use super::target;
use crate::model::{Safe, Sample, SeriesId};
use crate::ui::widgets::put;
use crate::ui::{Look, Role, Scene, format, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// From this width on names stand to the right of the plot, else below it.
const BESIDE: u16 = 76;
/// Widest column of names; longer ones are shortened.
const NAME_MAX: usize = 28;
/// Blank columns between two entries.
const GAP: u16 = 2;
/// Characters kept of what all names have in common.
const KEPT: usize = 3;
/// Columns before a name: the line's mark and the sign of its state.
const MARK: usize = 3;
/// Columns of the figures of the last points: the longest label, the value.
const POINTS_WIDTH: u16 = 16;

/// One line of a legend.
#[derive(Debug)]
pub struct Entry {
    role: Role,
    name: String,
    value: String,
    standing: Role,
    picked: bool,
    index: usize,
}

impl Entry {
    /// The entry of the series drawn as number `index`.
    pub fn new(scene: &Scene<'_>, (id, name): (SeriesId, &str), index: usize, picked: bool) -> Self {
        let info = scene.store.info(id);
        let value = info.last.map_or_else(String::new, |s| format::fixed(s.value, &info.spec.unit));
        let name = Safe::label(name).to_string();
        Self { role: Role::Series(index as u8), name, value, standing: target::standing(scene, id), picked, index }
    }

    /// Shows the value read at a moment instead of the newest; none where there is none.
    pub fn read(&mut self, reading: Option<&Reading>, unit: &str) {
        if self.value.is_empty() {
            return;
        }
        let room = words::width(&self.value);
        self.value = words::pad(&reading.map_or_else(String::new, |r| format::fixed(r.bucket.last, unit)), room);
        self.standing = reading.map_or(Role::Stale, |r| if r.bucket.flagged { Role::Warning } else { Role::Ok });
    }

    /// Columns of sign, name and value.
    fn width(&self) -> usize {
        let value = if self.value.is_empty() { 0 } else { 1 + words::width(&self.value) };
        MARK + words::width(&self.name).min(NAME_MAX) + value
    }
}

/// Leaves out what all names begin and end with where they are too long to be shown whole: what
/// differs is what tells them apart.
pub fn tell_apart(entries: &mut [Entry]) {
    let mut names: Vec<String> = entries.iter().map(|e| e.name.clone()).collect();
    names_apart(&mut names, NAME_MAX, false);
    for (entry, name) in entries.iter_mut().zip(names) {
        entry.name = name;
    }
}

/// As [`tell_apart`], for any list of names and `room` columns; at most `room` columns of each where that can be.
pub fn names_apart(list: &mut [String], room: usize, ascii: bool) {
    if list.len() < 2 || list.iter().all(|name| words::width(name) <= room) {
        return;
    }
    let names: Vec<Vec<char>> = list.iter().map(|name| name.chars().collect()).collect();
    let shortest = names.iter().map(Vec::len).min().unwrap_or(0);
    let same = |at: &dyn Fn(&Vec<char>) -> Option<char>| names.iter().all(|n| at(n) == at(&names[0]));
    let head = (0..shortest).take_while(|i| same(&|n| n.get(*i).copied())).count();
    let tail = (0..shortest - head).take_while(|i| same(&|n| n.len().checked_sub(i + 1).map(|at| n[at]))).count();
    let dots = if ascii { ".." } else { "…" };
    let core = names.iter().map(|n| n.len() - head - tail).max().unwrap_or(0);
    // A few characters of the common part stay, so that a name is still recognised; where there is no room for them none.
    let spare = room.saturating_sub(core + 2 * words::width(dots));
    let kept = (KEPT.min(spare - spare / 2), KEPT.min(spare / 2));
    for (short, name) in list.iter_mut().zip(&names) {
        let (from, to) = (head.saturating_sub(kept.0), name.len() - tail.saturating_sub(kept.1));
        let (before, after) = (if from > 0 { dots } else { "" }, if to < name.len() { dots } else { "" });
        *short = format!("{before}{}{after}", name[from..to].iter().collect::<String>());
    }
}

/// Splits `area` into plot and legend. The legend never takes more than a third of the width or a quarter of the height;
/// where that is little, all names are worth more than the values of some.
pub fn split(area: Rect, entries: &mut [Entry]) -> (Rect, Rect) {
    let widest = |entries: &[Entry]| entries.iter().map(Entry::width).max().unwrap_or(0) as u16;
    if area.width >= BESIDE {
        let width = widest(entries).min(area.width / 3);
        let plot = Rect::new(area.x, area.y, area.width - width - 2, area.height);
        return (plot, Rect::new(plot.right() + 2, area.y, width, area.height));
    }
    let most = (area.height / 4).max(1);
    let mut rows = (entries.len() as u16).div_ceil(per_row(widest(entries), area.width));
    if rows > most {
        for entry in &mut *entries {
            entry.value.clear();
        }
        rows = (entries.len() as u16).div_ceil(per_row(widest(entries), area.width));
    }
    let rows = rows.min(most);
    let plot = Rect::new(area.x, area.y, area.width, area.height - rows);
    (plot, Rect::new(area.x, plot.bottom(), area.width, rows))
}

/// How many entries of `width` stand side by side in `room`.
fn per_row(width: u16, room: u16) -> u16 {
    ((room + GAP) / (width + GAP).max(1)).max(1)
}

/// Draws `entries` into `area`, in columns where it is wide.
pub fn render(entries: &[Entry], area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let width = entries.iter().map(Entry::width).max().unwrap_or(0).min(usize::from(area.width)) as u16;
    let per_row = usize::from(per_row(width, area.width));
    for (i, entry) in entries.iter().enumerate() {
        let dx = (i % per_row) as u16 * (width + GAP);
        let Ok(dy) = u16::try_from(i / per_row) else { break };
        if dy >= area.height {
            break;
        }
        // What does not fit is named: the last place counts the entries that have none.
        let (last, left) = (i + 1 == per_row * usize::from(area.height), entries.len() - i);
        if last && left > 1 {
            put(buf, area, dx, dy, &format!("   {}", look.language.fill("{0} more", &[&left.to_string()])), look.theme.style(Role::Dim));
            break;
        }
        let place = Rect::new(area.x + dx, area.y + dy, width.min(area.width - dx), 1);
        entry_line(entry, place, buf, look);
    }
}

fn entry_line(entry: &Entry, place: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let mark = if look.ascii { crate::ui::widgets::ascii_line(entry.index) } else { "━" };
    put(buf, place, 0, 0, mark, look.theme.style(entry.role));
    let sign = if target::rank(entry.standing) > 0 { entry.standing.sign(look.ascii) } else { "" };
    put(buf, place, 1, 0, sign, look.theme.style(entry.standing));
    let value = words::width(&entry.value);
    let room = usize::from(place.width).saturating_sub(MARK + value + usize::from(value > 0));
    let style = look.theme.style(if entry.picked { Role::Accent } else { Role::Text });
    put(buf, place, MARK as u16, 0, &words::shorten(&entry.name, room, look.ascii), style);
    let dx = usize::from(place.width).saturating_sub(value);
    put(buf, place, dx as u16, 0, &entry.value, style);
    if entry.picked {
        buf.set_style(place, look.theme.style(Role::Selection));
    }
}

/// The figures of a series' last points: newest, highest, mean, lowest, how many were flagged.
pub fn points(scene: &Scene<'_>, id: SeriesId, last: usize, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    if area.width < POINTS_WIDTH {
        return;
    }
    let mut tail: Vec<(Sample, bool)> = Vec::new();
    scene.store.tail(id, last, &mut tail);
    let unit = &scene.store.info(id).spec.unit;
    let values = || tail.iter().map(|(s, _)| s.value);
    let count = tail.len();
    let odd = tail.iter().filter(|(_, flagged)| *flagged).count();
    let mean = values().sum::<f64>() / count.max(1) as f64;
    let language = look.language;
    let rows = [
        (language.say("now"), format::fixed(values().next_back().unwrap_or(0.0), unit), Role::Accent),
        (language.say("max"), format::fixed(values().fold(f64::NEG_INFINITY, f64::max), unit), Role::Text),
        (language.say("mean"), format::fixed(mean, unit), Role::Text),
        (language.say("min"), format::fixed(values().fold(f64::INFINITY, f64::min), unit), Role::Text),
        (language.say("odd"), format!("{odd:>6}/{count}"), if odd > 0 { Role::Warning } else { Role::Dim }),
    ];
    for ((label, value, role), dy) in rows.into_iter().zip(0..area.height) {
        put(buf, area, 0, dy, label, look.theme.style(Role::Dim));
        put(buf, area, 6, dy, &value, look.theme.style(role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_what_differs() {
        let entry = |name: &str| Entry {
            role: Role::Dim,
            name: name.to_owned(),
            value: String::new(),
            standing: Role::Ok,
            picked: false,
            index: 0,
        };
        let mut list = ["checkout-backend-service-000-eu-west-1", "checkout-backend-service-017-eu-west-1"].map(entry);
        tell_apart(&mut list);
        assert_eq!([&list[0].name, &list[1].name], ["…e-000-eu…", "…e-017-eu…"]);
        let mut short = ["EU", "EUROPE"].map(entry);
        tell_apart(&mut short);
        assert_eq!(short[1].name, "EUROPE");
        let mut tight = ["node-03.eu-west", "node-18.eu-west"].map(str::to_owned);
        names_apart(&mut tight, 6, false);
        assert_eq!(tight, ["…-03.…", "…-18.…"].map(str::to_owned));
        let mut nested = [entry(&"a".repeat(30)), entry(&"a".repeat(40))];
        tell_apart(&mut nested);
        assert_ne!(nested[0].name, nested[1].name);
    }
}
