//! The help: every key of the focused pane and of the screen, and what the signs mean. Made from the tables the key bar is made from.

use super::bindings::Keymap;
use super::keymap;
use super::messages::english;
use super::panes::judged;
use super::widgets::{put_at, put_parts};
use super::words::{self, width};

use super::{Hint, Look, Mode, Role, Scene};
use crate::detect::Opinion;
use crate::model::Safe;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// From this width on keys and signs stand side by side.
const SIDE_BY_SIDE: u16 = 76;
/// Columns of the keys: the longest key and the longest action in English.
const KEYS: u16 = 36;
/// Most columns of the keys, where a language says more, or a pane does: the signs beside them keep the rest.
const KEYS_MAX: u16 = 48;

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
        keys.push(vec![(format!("  {}", look.language.say("no keys of its own")), look.theme.style(Role::Dim))]);
    }
    keys.push(Vec::new());
    keys.push(heading(look.language.say("everywhere"), look));
    keys.extend(keymap.lines(replay, scene.can_inject).map(|line| key_line(&line.shown, line.action, look)));
    let signs = sign_lines(scene, look);
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if inner.width >= SIDE_BY_SIDE {
        let left = columns(&keys).max(KEYS).min(KEYS_MAX.max(inner.width.saturating_sub(columns(&signs))));
        let [a, b] = [Rect { width: left, ..inner }, Rect { x: inner.x + left, width: inner.width - left, ..inner }];
        paint(a, buf, &keys, scroll, look);
        paint(b, buf, &signs, &mut 0, look);
    } else {
        keys.push(Vec::new());
        keys.extend(signs);
        paint(inner, buf, &keys, scroll, look);
    }
}

type Line = Vec<(String, Style)>;

/// Columns the widest of `lines` takes, and one to part it from what stands beside.
fn columns(lines: &[Line]) -> u16 {
    let wide = lines.iter().map(|line| line.iter().map(|(text, _)| width(text)).sum::<usize>()).max();
    wide.unwrap_or(0) as u16 + 1
}

fn heading(text: &str, look: &Look<'_>) -> Line {
    vec![(text.to_owned(), look.theme.style(Role::Accent))]
}

fn key_line(keys: &str, action: &'static str, look: &Look<'_>) -> Line {
    let keys = words::pad(&keymap::shown(keys, look), 12);
    vec![
        ("  ".to_owned(), look.theme.style(Role::Text)),
        (keys, look.theme.style(Role::Accent)),
        (look.language.say(action).to_owned(), look.theme.style(Role::Text)),
    ]
}

fn sign_lines(scene: &Scene<'_>, look: &Look<'_>) -> Vec<Line> {
    let rows = [
        (Role::Critical, english("firing, critical")),
        (Role::Warning, english("firing, warning")),
        (Role::Pending, english("odd, not long enough to ring")),
        (Role::Stale, english("no data: nothing can be said")),
        (Role::Learning, english("learning: not judged yet")),
        (Role::Ok, english("fresh and as usual")),
    ];
    let text = look.theme.style(Role::Text);
    let mut lines = vec![heading(look.language.say("signs"), look)];
    lines.extend(rows.map(|(role, meaning)| {
        vec![
            ("  ".to_owned(), text),
            (words::pad(role.sign(look.ascii), 4), look.theme.style(role)),
            (look.language.say(meaning).to_owned(), text),
        ]
    }));
    lines.push(vec![
        ("  ".to_owned(), text),
        (words::pad("i", 4), look.theme.style(Role::Accent)),
        (look.language.say("firing, worth knowing").to_owned(), text),
    ]);
    lines.push(vec![
        ("  ".to_owned(), text),
        (words::pad("a", 4), look.theme.style(Role::Muted)),
        (look.language.say("acknowledged").to_owned(), text),
    ]);
    lines.extend(judged_lines(scene, look));
    lines.push(Vec::new());
    lines.push(vec![(look.language.say("h j k l are arrows too").to_owned(), look.theme.style(Role::Dim))]);
    lines.push(vec![(look.language.say("any other key closes the help").to_owned(), look.theme.style(Role::Dim))]);
    lines
}

/// What persons can say of anomalies, and where that is kept.
fn judged_lines(scene: &Scene<'_>, look: &Look<'_>) -> Vec<Line> {
    if scene.judgements.file.is_empty() {
        return Vec::new();
    }
    let text = look.theme.style(Role::Text);
    let rows = [(Opinion::Real, english("marked as real")), (Opinion::Noise, english("marked as noise"))];
    let mut lines: Vec<Line> = Vec::new();
    for (opinion, meaning) in rows {
        let sign = words::pad(judged(Some(opinion), look.ascii), 4);
        lines.push(vec![("  ".to_owned(), text), (sign, look.theme.style(Role::Accent)), (look.language.say(meaning).to_owned(), text)]);
    }
    let file = look.language.fill("kept in {0}", &[Safe::label(&scene.judgements.file).as_str()]);
    lines.push(vec![(format!("      {file}"), look.theme.style(Role::Dim))]);
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
        let text = format!(" {} ", look.language.fill("{0} more: {1}", &[&below.to_string(), &keymap::shown("↓", look)]));
        let x = area.right().saturating_sub(width(&text) as u16).max(area.x);
        put_at(buf, area, (x, area.bottom().saturating_sub(1)), &text, look.theme.style(Role::Dim));
    }
}
