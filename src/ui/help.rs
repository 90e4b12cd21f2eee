//! The help: every key of the focused pane and of the screen, and what the signs mean. Made from the tables the key bar is made from.

use super::bindings::Keymap;
use super::keymap;
use super::widgets::{put_at, put_parts};
use super::words::{self, width};
use super::{Hint, Look, Mode, Role, Scene};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// From this width on keys and signs stand side by side.
const SIDE_BY_SIDE: u16 = 76;
/// Columns of the keys: the longest key and the longest action.
const KEYS: u16 = 36;

/// Draws the help over the whole of `area`; `scroll` is brought back where it went too far.
pub fn render(
    area: Rect,
    buf: &mut Buffer,
    (scene, look): (&Scene<'_>, &Look<'_>),
    pane: Option<(String, &[Hint])>,
    keymap: &Keymap,
    scroll: &mut usize,
) {
    let (title, hints) = pane.unwrap_or_default();
    let replay = matches!(scene.mode, Mode::Replay { .. });
    let mut keys = vec![heading(&title, look)];
    keys.extend(hints.iter().map(|hint| key_line(hint.keys, hint.action, look)));
    if hints.is_empty() {
        keys.push(vec![("  no keys of its own".to_owned(), look.theme.style(Role::Dim))]);
    }
    keys.push(Vec::new());
    keys.push(heading("everywhere", look));
    keys.extend(keymap.lines(replay, scene.can_inject).map(|line| key_line(&line.shown, line.action, look)));
    let signs = sign_lines(look);
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if inner.width >= SIDE_BY_SIDE {
        let [a, b] = [Rect { width: KEYS, ..inner }, Rect { x: inner.x + KEYS, width: inner.width - KEYS, ..inner }];
        paint(a, buf, &keys, scroll, look);
        paint(b, buf, &signs, &mut 0, look);
    } else {
        keys.push(Vec::new());
        keys.extend(signs);
        paint(inner, buf, &keys, scroll, look);
    }
}

type Line = Vec<(String, Style)>;

fn heading(text: &str, look: &Look<'_>) -> Line {
    vec![(text.to_owned(), look.theme.style(Role::Accent))]
}

fn key_line(keys: &str, action: &'static str, look: &Look<'_>) -> Line {
    let keys = words::pad(&keymap::shown(keys, look.ascii), 12);
    vec![
        ("  ".to_owned(), look.theme.style(Role::Text)),
        (keys, look.theme.style(Role::Accent)),
        (look.language.say(action).to_owned(), look.theme.style(Role::Text)),
    ]
}

fn sign_lines(look: &Look<'_>) -> Vec<Line> {
    let rows = [
        (Role::Critical, "firing, critical"),
        (Role::Warning, "firing, warning"),
        (Role::Pending, "odd, not long enough to ring"),
        (Role::Stale, "no data: nothing can be said"),
        (Role::Learning, "learning: not judged yet"),
        (Role::Ok, "fresh and as usual"),
    ];
    let text = look.theme.style(Role::Text);
    let mut lines = vec![heading("signs", look)];
    lines.extend(rows.map(|(role, meaning)| {
        vec![("  ".to_owned(), text), (words::pad(role.sign(look.ascii), 4), look.theme.style(role)), (meaning.to_owned(), text)]
    }));
    lines.push(vec![
        ("  ".to_owned(), text),
        (words::pad("i", 4), look.theme.style(Role::Accent)),
        ("firing, worth knowing".to_owned(), text),
    ]);
    lines.push(vec![("  ".to_owned(), text), (words::pad("a", 4), look.theme.style(Role::Muted)), ("acknowledged".to_owned(), text)]);
    lines.push(Vec::new());
    lines.push(vec![("h j k l are arrows too".to_owned(), look.theme.style(Role::Dim))]);
    lines.push(vec![("any other key closes the help".to_owned(), look.theme.style(Role::Dim))]);
    lines
}

fn paint(area: Rect, buf: &mut Buffer, lines: &[Line], scroll: &mut usize, look: &Look<'_>) {
    let rows = usize::from(area.height);
    *scroll = (*scroll).min(lines.len().saturating_sub(rows));
    for (row, line) in lines.iter().skip(*scroll).take(rows).enumerate() {
        let parts: Vec<(&str, Style)> = line.iter().map(|(text, style)| (text.as_str(), *style)).collect();
        put_parts(buf, area, row as u16, &parts);
    }
    let below = lines.len().saturating_sub(*scroll + rows);
    if below > 0 {
        let text = format!(" {below} more: {} ", keymap::shown("↓", look.ascii));
        let x = area.right().saturating_sub(width(&text) as u16).max(area.x);
        put_at(buf, area, (x, area.bottom().saturating_sub(1)), &text, look.theme.style(Role::Dim));
    }
}
