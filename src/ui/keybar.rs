//! The last line: the keys that matter here, a text being typed, or what a key just did. Above it, in a replay, where it stands.

use super::field::Field;
use super::glyphs::glyphs;
use super::keymap;
use super::widgets::{put_at, put_parts};
use super::words::{self, clip, width};
use super::{Hint, Look, Mode, Role, Scene};
use super::{format, times};
use crate::model::Speed;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Blanks between two keys.
const GAP: usize = 3;

/// Draws the keys of the focused pane and of the screen, lowest ranks first where there is little room; help stands last and always.
pub fn render(area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, pane: &[Hint]) {
    let room = usize::from(area.width).saturating_sub(1);
    let replay = matches!(scene.mode, Mode::Replay { .. });
    let global = keymap::bindings(replay, scene.can_inject).map(|b| b.hint).filter(|hint| pane.iter().all(|own| own.keys != hint.keys));
    let all: Vec<(String, Hint)> = pane.iter().copied().chain(global).map(|hint| (keymap::shown(hint.keys, look.ascii), hint)).collect();
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|i| (all[*i].1.rank, *i));
    let mut left = room;
    let mut chosen: Vec<usize> = Vec::new();
    for i in order {
        let cost = width(&all[i].0) + 1 + width(all[i].1.action) + if chosen.is_empty() { 0 } else { GAP };
        if cost > left {
            break;
        }
        left -= cost;
        chosen.push(i);
    }
    // Help, of rank 0 and the last of the table, comes last by its place.
    chosen.sort_unstable();
    let (key, word) = (look.theme.style(Role::Accent), look.theme.style(Role::Bar));
    put_at(buf, area, (area.x, area.y), &" ".repeat(usize::from(area.width)), word);
    let mut parts: Vec<(&str, Style)> = vec![(" ", word)];
    for (n, i) in chosen.into_iter().enumerate() {
        if n > 0 {
            parts.push(("   ", word));
        }
        parts.extend([(all[i].0.as_str(), key), (" ", word), (all[i].1.action, word)]);
    }
    put_parts(buf, area, 0, &parts);
}

/// Draws a text being typed.
pub fn render_field(area: Rect, buf: &mut Buffer, look: &Look<'_>, field: &Field) {
    let style = look.theme.style(Role::Bar);
    let prompt = format!(" {}: ", field.purpose.prompt());
    let help = "   Enter apply   Esc clear";
    let room = usize::from(area.width);
    let text = field.shown();
    let space = room.saturating_sub(width(&prompt) + 1);
    // The end of what is typed is what one looks at.
    let mut shown = text.as_str();
    while width(shown) > space {
        let mut rest = shown.chars();
        rest.next();
        shown = rest.as_str();
    }
    let used = width(&prompt) + width(shown) + 1;
    let help = if used + width(help) <= room { help } else { "" };
    let rest = " ".repeat(room);
    put_parts(
        buf,
        area,
        0,
        &[
            (&prompt, look.theme.style(Role::Accent)),
            (shown, look.theme.style(Role::Text)),
            (" ", Style::new().add_modifier(Modifier::REVERSED)),
            (help, style),
            (&rest, style),
        ],
    );
}

/// Draws what the last key did.
pub fn render_notice(area: Rect, buf: &mut Buffer, look: &Look<'_>, notice: &str) {
    let room = usize::from(area.width);
    let text = words::pad(&clip(&format!(" {notice}"), room, look.ascii), room);
    put_at(buf, area, (area.x, area.y), &text, look.theme.style(Role::Accent));
}

/// Draws what must be mended into the first row of `area`; answers how many rows it took.
pub fn render_banner(area: Rect, buf: &mut Buffer, look: &Look<'_>, text: &str) -> u16 {
    let room = usize::from(area.width);
    let sign = Role::Critical.sign(look.ascii);
    let text = words::pad(&clip(&format!(" {sign} {text}"), room, look.ascii), room);
    put_at(buf, area, (area.x, area.y), &text, look.theme.style(Role::Critical));
    1
}

/// Draws where a replay stands: from, a bar, to, speed.
pub fn render_progress(area: Rect, buf: &mut Buffer, look: &Look<'_>, mode: &Mode) {
    let Mode::Replay { from, to, at, speed, paused, ended } = *mode else { return };
    let style = |role| look.theme.style(role);
    let times = glyphs(look.ascii).times;
    let speed = match speed {
        Speed::Max => "max".to_owned(),
        Speed::Times(x) => format!("{times}{}", format::si(x)),
    };
    let state = if ended {
        "  ended"
    } else if paused {
        "  paused"
    } else {
        ""
    };
    let role = if ended || paused { Role::Pending } else { Role::Accent };
    let room = usize::from(area.width);
    let end = format!(" {}  {}{} ", times::clock(to, look.zone), speed, words::pad(state, "  paused".len()));
    let begin = if room >= 60 { format!(" {} ", times::clock(from, look.zone)) } else { " ".to_owned() };
    let bar = room.saturating_sub(width(&begin) + width(&end));
    let [done, place, open] = glyphs(look.ascii).bar;
    let whole = to.since(from).as_secs_f64();
    let share = if whole > 0.0 { (at.since(from).as_secs_f64() / whole).clamp(0.0, 1.0) } else { 1.0 };
    let spot = if bar == 0 { 0 } else { (share * (bar - 1) as f64).round() as usize };
    let (head, tail) = (done.repeat(spot), open.repeat(bar.saturating_sub(spot + 1)));
    let place = if bar == 0 { "" } else { place };
    put_parts(
        buf,
        area,
        0,
        &[(&begin, style(Role::Dim)), (&head, style(role)), (place, style(role)), (&tail, style(Role::Frame)), (&end, style(role))],
    );
}
