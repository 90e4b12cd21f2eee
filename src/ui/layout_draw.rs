//! What the layout's mode draws: its keys in place of the key bar, the list of panes to choose from, what is asked for.

use super::app::App;
use super::field::Field;
use super::layout_edit::{Asking, HINTS};
use super::panes::PANES;
use super::widgets::{put_at, put_parts};
use super::words::{clip, pad, width};
use super::{Look, Role, keymap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

impl App {
    /// Draws the last line of the mode; `false`: the mode is off.
    pub(super) fn render_edit_line(&self, line: Rect, buf: &mut Buffer, look: &Look<'_>) -> bool {
        let Some(edit) = &self.edit else { return false };
        let say = |text| look.language.say(text);
        put_at(buf, line, (line.x, line.y), &" ".repeat(usize::from(line.width)), look.theme.style(Role::Bar));
        match &edit.asking {
            _ if self.notice.is_some() => return false,
            None => keys(line, buf, look),
            Some(Asking::Kind(..)) => {
                let text = format!(" {}", say("which pane?   Enter take   Esc back"));
                put_at(buf, line, (line.x, line.y), &clip(&text, usize::from(line.width), look.ascii), look.theme.style(Role::Accent));
            }
            Some(Asking::Argument(kind, _, text)) => field(line, buf, look, PANES[*kind].name, text, say(PANES[*kind].argument)),
            Some(Asking::New(text)) => field(line, buf, look, say("new page"), text, say("Enter make   Esc back")),
            Some(Asking::Name(text)) => field(line, buf, look, say("name of the page"), text, say("Enter take   Esc back")),
        }
        true
    }

    /// Draws the list of kinds over the page while one is to be chosen.
    pub(super) fn render_kinds(&self, body: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let Some(Asking::Kind(at, _)) = self.edit.as_ref().and_then(|e| e.asking.as_ref()) else { return };
        let name = PANES.iter().map(|k| width(k.name)).max().unwrap_or(0);
        let widest = PANES.iter().map(|k| width(look.language.say(k.summary))).max().unwrap_or(0) + name + 5;
        let room = usize::from(body.width.saturating_sub(2)).min(widest);
        let rows = usize::from(body.height);
        let first = (at + 1).saturating_sub(rows);
        let top = body.bottom() - (PANES.len().min(rows) as u16);
        for (n, kind) in PANES.iter().enumerate().skip(first).take(rows) {
            let mark = if n == *at { super::glyphs::glyphs(look.ascii).here } else { " " };
            let text = format!("{mark}{}  {}", pad(kind.name, name), look.language.say(kind.summary));
            let style = look.theme.style(if n == *at { Role::Accent } else { Role::Bar });
            let text = pad(&clip(&text, room, look.ascii), room);
            put_at(buf, body, (body.x + 1, top + (n - first) as u16), &text, style);
        }
    }
}

/// The keys of the mode, those that matter most first where there is little room.
fn keys(line: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let (key, word) = (look.theme.style(Role::Accent), look.theme.style(Role::Bar));
    let title = format!(" {} ", look.language.say("LAYOUT"));
    let mut left = usize::from(line.width).saturating_sub(width(&title));
    let mut order: Vec<usize> = (0..HINTS.len()).collect();
    order.sort_by_key(|i| HINTS[*i].rank);
    let text = |i: usize| (keymap::shown(HINTS[i].keys, look), look.language.say(HINTS[i].action));
    let mut chosen: Vec<usize> = Vec::new();
    for i in order {
        let (keys, action) = text(i);
        let cost = width(&keys) + width(action) + 3;
        if cost > left {
            break;
        }
        left -= cost;
        chosen.push(i);
    }
    chosen.sort_unstable();
    let texts: Vec<_> = chosen.into_iter().map(text).collect();
    let mut parts: Vec<(&str, Style)> = vec![(&title, key.add_modifier(Modifier::REVERSED))];
    for (keys, action) in &texts {
        parts.extend([("  ", word), (keys.as_str(), key), (" ", word), (*action, word)]);
    }
    put_parts(buf, line, 0, &parts);
}

fn field(line: Rect, buf: &mut Buffer, look: &Look<'_>, prompt: &str, field: &Field, help: &str) {
    let (prompt, text, help) = (format!(" {prompt}: "), field.shown(), format!("   {help}"));
    let parts: [(&str, Style); 4] = [
        (&prompt, look.theme.style(Role::Accent)),
        (text.as_str(), look.theme.style(Role::Text)),
        (" ", Style::new().add_modifier(Modifier::REVERSED)),
        (&help, look.theme.style(Role::Bar)),
    ];
    put_parts(buf, line, 0, &parts);
}
