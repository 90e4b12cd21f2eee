//! The last line: the keys that matter here, a text being typed, or what a key just did. Above it, in a replay, where it stands.

use super::app_mouse::Hit;
use super::bindings::{Keymap, Line};
use super::field::{Field, Purpose};
use super::glyphs::glyphs;
use super::keymap;
use super::messages::english;
use super::widgets::{put_at, put_parts};
use super::words::{self, clip, width};
use super::{FilterFault, Hint, Key, Look, Mode, Role, Scene};
use super::{format, times};
use crate::model::{Safe, Speed};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Blanks between two keys.
const GAP: usize = 3;

/// One key, or a few, and what they do.
struct Entry {
    shown: String,
    action: &'static str,
    rank: u8,
    keys: Vec<Key>,
}

/// Draws the keys of the focused pane and of the screen, lowest ranks first where there is little room; help stands last and always.
/// Answers where each key stands.
pub fn render(area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, pane: &[Hint], keymap: &Keymap) -> Vec<Hit<Key>> {
    let room = usize::from(area.width).saturating_sub(1);
    let replay = matches!(scene.mode, Mode::Replay { .. });
    let shown = |keys: &str| keymap::shown(keys, look);
    let say = |action| look.language.say(action);
    let own = pane.iter().map(|h| Entry { shown: shown(h.keys), action: say(h.action), rank: h.rank, keys: keymap::parse(h.keys) });
    let global = keymap.lines(replay, scene.can_inject).filter(|line| pane.iter().all(|own| !line.is_shadowed(own)));
    let keys = |line: &Line| line.keys.iter().map(|(key, _)| *key).collect();
    let all: Vec<Entry> =
        own.chain(global.map(|l| Entry { shown: shown(&l.shown), action: say(l.action), rank: l.rank, keys: keys(l) })).collect();
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|i| (all[*i].rank, *i));
    let mut left = room;
    let mut chosen: Vec<usize> = Vec::new();
    for i in order {
        let cost = width(&all[i].shown) + 1 + width(all[i].action) + if chosen.is_empty() { 0 } else { GAP };
        // A long one makes way for shorter ones behind it.
        if cost > left {
            continue;
        }
        left -= cost;
        chosen.push(i);
    }
    // Help, of rank 0 and the last of the table, comes last by its place.
    chosen.sort_unstable();
    let (key, word) = (look.theme.style(Role::Accent), look.theme.style(Role::Bar));
    put_at(buf, area, (area.x, area.y), &" ".repeat(usize::from(area.width)), word);
    let mut parts: Vec<(&str, Style)> = vec![(" ", word)];
    let (mut hits, mut x) = (Vec::new(), area.x + 1);
    for (n, i) in chosen.into_iter().enumerate() {
        let entry = &all[i];
        if n > 0 {
            parts.push(("   ", word));
            x += GAP as u16;
        }
        parts.extend([(entry.shown.as_str(), key), (" ", word), (entry.action, word)]);
        x = entry.hits(x, &mut hits);
    }
    put_parts(buf, area, 0, &parts);
    hits
}

impl Entry {
    /// Where its keys stand from column `x` on; the word behind them stands for the first. Answers where it ends.
    fn hits(&self, mut x: u16, hits: &mut Vec<Hit<Key>>) -> u16 {
        let end = x + (width(&self.shown) + 1 + width(self.action)) as u16;
        let names: Vec<&str> = self.shown.split('/').collect();
        if names.len() == self.keys.len() && self.keys.len() > 1 {
            for (name, key) in names.iter().zip(&self.keys) {
                let to = x + width(name) as u16;
                hits.push(Hit { columns: x..to, what: *key });
                x = to + 1;
            }
        }
        hits.extend(self.keys.first().map(|key| Hit { columns: x..end, what: *key }));
        end
    }
}

/// Draws a text being typed, and what is wrong with it.
pub fn render_field(area: Rect, buf: &mut Buffer, look: &Look<'_>, field: &Field, fault: Option<&FilterFault>) {
    let style = look.theme.style(Role::Bar);
    let prompt = format!(" {}: ", look.language.say(field.purpose.prompt()));
    let room = usize::from(area.width);
    let space = room.saturating_sub(width(&prompt) + 1);
    let mut shown = pieces(field, fault);
    // The end of what is typed is what one looks at.
    while shown.iter().map(|(text, _)| width(text)).sum::<usize>() > space {
        match shown.first_mut() {
            Some((text, _)) if !text.is_empty() => drop(text.remove(0)),
            _ => drop(shown.remove(0)),
        }
    }
    let used = width(&prompt) + shown.iter().map(|(text, _)| width(text)).sum::<usize>() + 1;
    let (help, role) = match (fault, field.purpose) {
        (Some(fault), _) => (format!("   {}", Safe::message(&fault.said(look.language))), Role::Pending),
        (None, Purpose::Command) => (format!("   {}", look.language.say("Tab choose   Enter run   Esc leave")), Role::Bar),
        (None, _) => (format!("   {}", look.language.say("Enter apply   Esc clear")), Role::Bar),
    };
    let help = match (fault, used + width(&help) <= room) {
        (_, true) => help,
        (Some(_), false) => clip(&help, room.saturating_sub(used), look.ascii),
        (None, false) => String::new(),
    };
    let rest = " ".repeat(room);
    let mut parts: Vec<(&str, Style)> = vec![(&prompt, look.theme.style(Role::Accent))];
    let wrong = look.theme.style(Role::Critical).add_modifier(Modifier::UNDERLINED);
    parts.extend(shown.iter().map(|(text, is_wrong)| (text.as_str(), if *is_wrong { wrong } else { look.theme.style(Role::Text) })));
    parts.extend([(" ", Style::new().add_modifier(Modifier::REVERSED)), (&help, style.patch(look.theme.style(role))), (&rest, style)]);
    put_parts(buf, area, 0, &parts);
}

/// What is typed, cut where the wrong part begins and ends; the flag says which part that is.
fn pieces(field: &Field, fault: Option<&FilterFault>) -> Vec<(String, bool)> {
    let text = field.text();
    let safe = |text: &str| Safe::label(text).to_string();
    let Some(fault) = fault else { return vec![(field.shown().to_string(), false)] };
    let cut = |at: usize| (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let (from, to) = (cut(fault.at), cut(fault.at.saturating_add(fault.len)));
    [(&text[..from], false), (&text[from..to.max(from)], true), (&text[to.max(from)..], false)].map(|(t, wrong)| (safe(t), wrong)).to_vec()
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
        Speed::Max => look.language.say("max").to_owned(),
        Speed::Times(x) => format!("{times}{}", format::si(x)),
    };
    let [halted, over] = [english("paused"), english("ended")].map(|word| look.language.say(word));
    let state = if ended {
        over
    } else if paused {
        halted
    } else {
        ""
    };
    let role = if ended || paused { Role::Pending } else { Role::Accent };
    let room = usize::from(area.width);
    // The word keeps its room while it is not said, so that the bar stands still.
    let end = format!(" {}  {}  {} ", times::clock(to, look.zone), speed, words::pad(state, width(halted).max(width(over))));
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
