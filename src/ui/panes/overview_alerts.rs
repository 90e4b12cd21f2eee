//! The overview's upper part: the alerts that are active, or the calm line.

use super::overview_lines as lines;
use super::spark;
use crate::alert::{Alert, AlertState};
use crate::model::Subject;
use crate::ui::glyphs::{self, glyphs};
use crate::ui::health::{ACKNOWLEDGED, alert_look};
use crate::ui::widgets::{Share, put_at, put_parts, shares};
use crate::ui::words::{self, clip, shorten};
use crate::ui::{Look, Role, Scene};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Below this width an alert takes two lines: what, and how much with a small line of its series.
const ONE_LINE: u16 = 64;
/// Lines kept for series where there are any, however many alerts there are.
const SERIES_LEAST: u16 = 2;
/// Lines of the calm sentence on a narrow screen.
const CALM_LINES: usize = 3;

/// How an alert is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// All in one line, with why where there is room.
    Line,
    /// All in one line, and why in a second.
    Explained,
    /// Two lines for narrow screens.
    Narrow,
}

/// Draws active alerts, or the calm line; answers the lines taken. `gaps` are blank lines wanted below.
pub fn render(area: Rect, buf: &mut Buffer, all: &[&Alert], scene: &Scene<'_>, look: &Look<'_>, selected: Option<u64>, gaps: u16) -> u16 {
    let rings = |a: &&&Alert| matches!(a.state, AlertState::Firing | AlertState::Stale);
    let elsewhere: Vec<&Alert> = scene.alerts.active().filter(|a| rings(&a) && !all.iter().any(|own| own.id == a.id)).collect();
    let mut used = match (all.iter().any(|a| rings(&a)), elsewhere.first()) {
        (true, _) => 0,
        (false, None) => calm(area, buf, scene, look),
        (false, Some(first)) => other_pages(area, buf, elsewhere.len(), first, look),
    };
    let form = if area.width < ONE_LINE {
        Form::Narrow
    } else if all.len() * 2 <= usize::from(area.height) / 2 {
        Form::Explained
    } else {
        Form::Line
    };
    let tall = if form == Form::Line { 1 } else { 2 };
    let kept = if scene.store.is_empty() { 0 } else { SERIES_LEAST + gaps };
    let free = area.height.saturating_sub(used + kept).max(tall.min(area.height.saturating_sub(used)));
    let room = usize::from(free / tall);
    // A line of its own says how many found no room.
    let cut = all.len() > room;
    let room = if cut { usize::from(free.saturating_sub(1) / tall).max(1) } else { room };
    let first = selected.and_then(|id| all.iter().position(|a| a.id == id)).map_or(0, |i| (i + 1).saturating_sub(room));
    let shown: Vec<&Alert> = all.iter().skip(first).take(room).copied().collect();
    let text = |a: &&Alert| {
        let mut texts = lines::alert(a, scene, look);
        // A letter beside the sign would read as the first one of the name.
        if a.acknowledged.is_some() {
            texts[0].insert_str(0, &format!("{ACKNOWLEDGED} "));
        }
        texts
    };
    let texts: Vec<[String; 6]> = shown.iter().map(text).collect();
    let widths = alert_widths(&texts, usize::from(area.width), form == Form::Line);
    for (alert, texts) in shown.iter().zip(&texts) {
        let row = Rect { y: area.y + used, height: tall.min(area.height.saturating_sub(used)), ..area };
        if row.height == 0 {
            break;
        }
        one(row, buf, alert, texts, (form, &widths), selected == Some(alert.id), scene, look);
        used += row.height;
    }
    if cut && used < area.height {
        let more = look.language.fill("{0} more on the alerts page", &[&(all.len() - shown.len()).to_string()]);
        let more = format!("   {more}");
        put_at(buf, area, (area.x, area.y + used), &more, look.theme.style(Role::Dim));
        used += 1;
    }
    used
}

/// The line where nothing of a page fires, but something of others does.
fn other_pages(area: Rect, buf: &mut Buffer, count: usize, first: &Alert, look: &Look<'_>) -> u16 {
    let (role, sign) = alert_look(first, look.ascii);
    let text = look.language.fill("nothing here, {0} fire elsewhere", &[&count.to_string()]);
    let text = clip(&text, usize::from(area.width).saturating_sub(4), look.ascii);
    let style = |role| look.theme.style(role);
    put_parts(buf, area, 0, &[(" ", style(Role::Text)), (sign, style(role)), (" ", style(Role::Text)), (&text, style(Role::Text))]);
    1
}

fn calm(area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) -> u16 {
    let (role, text) = lines::calm(scene, look);
    let quiet = look.theme.style(if role == Role::Ok { Role::Dim } else { Role::Text });
    let sign = glyphs::sign(role, look.ascii);
    let mut used = 0;
    for line in words::wrap(&text, usize::from(area.width).saturating_sub(4)).iter().take(CALM_LINES) {
        let sign = if used == 0 { words::pad(&sign, 2) } else { "  ".to_owned() };
        put_parts(buf, area, used, &[(" ", quiet), (&sign, look.theme.style(role)), (line, quiet)]);
        used += 1;
    }
    used
}

#[expect(clippy::too_many_arguments, reason = "a leaf that draws one row of what its only caller worked out")]
fn one(
    row: Rect,
    buf: &mut Buffer,
    alert: &Alert,
    texts: &[String; 6],
    (form, widths): (Form, &[usize]),
    here: bool,
    scene: &Scene<'_>,
    look: &Look<'_>,
) {
    let style = |role| look.theme.style(role);
    let (role, sign) = alert_look(alert, look.ascii);
    let mark = if here { glyphs(look.ascii).here } else { " " };
    let sign = words::pad(sign, if look.ascii { 2 } else { 1 });
    let x = row.x + put_parts(buf, row, 0, &[(mark, style(Role::Accent)), (&sign, style(role)), (" ", style(Role::Text))]);
    let text = Rect { x, width: row.right().saturating_sub(x), ..row };
    let loud = if here { Role::Selection } else { role };
    if form == Form::Narrow {
        alert_two_lines(text, buf, texts, alert, loud, scene, look);
        return;
    }
    alert_line(text, buf, texts, widths, loud, look);
    if form == Form::Explained {
        put_parts(buf, text, 1, &[(&clip(&texts[5], usize::from(text.width), look.ascii), style(Role::Dim))]);
    }
}

fn alert_widths(texts: &[[String; 6]], room: usize, why: bool) -> Vec<usize> {
    // Least, most, rank; a least of 0 stands for "as a whole or not at all".
    const SHAPE: [(usize, usize, u8); 6] = [(16, 28, 0), (16, 40, 3), (0, 14, 1), (0, 36, 4), (0, 36, 2), (24, 120, 5)];
    let shape: Vec<Share> = SHAPE
        .iter()
        .enumerate()
        .map(|(i, &(least, most, rank))| {
            let most = if i == 5 && !why { 0 } else { most };
            let want = texts.iter().map(|t| words::width(&t[i])).max().unwrap_or(0).min(most);
            Share { want, least: if least == 0 { want } else { least }, rank }
        })
        .collect();
    shares(room.saturating_sub(4), 3, &shape)
}

fn alert_line(area: Rect, buf: &mut Buffer, texts: &[String; 6], widths: &[usize], loud: Role, look: &Look<'_>) {
    let mut x = area.x;
    for (i, (text, &room)) in texts.iter().zip(widths).enumerate() {
        if room == 0 {
            continue;
        }
        let text = match i {
            0 | 1 => words::pad(&shorten(text, room, look.ascii), room),
            2 => words::pad_left(&clip(text, room, look.ascii), room),
            _ => words::pad(&clip(text, room, look.ascii), room),
        };
        let role = match i {
            0 | 2 => loud,
            4 => Role::Text,
            _ => Role::Dim,
        };
        put_at(buf, area, (x, area.y), &text, look.theme.style(role));
        x = x.saturating_add(room as u16 + 3);
    }
}

fn alert_two_lines(area: Rect, buf: &mut Buffer, texts: &[String; 6], alert: &Alert, loud: Role, scene: &Scene<'_>, look: &Look<'_>) {
    let room = usize::from(area.width);
    let rule = shorten(&texts[0], room, look.ascii);
    let left = room.saturating_sub(words::width(&rule) + 1);
    let subject = if left >= 5 { shorten(&texts[1], left, look.ascii) } else { String::new() };
    let style = |role| look.theme.style(role);
    put_parts(buf, area, 0, &[(&rule, style(loud)), (" ", style(Role::Dim)), (&subject, style(Role::Dim))]);
    if area.height < 2 {
        return;
    }
    let since = lines::since(alert, true, scene, look);
    let value = words::pad_left(&clip(&texts[2], 9, look.ascii), 9);
    put_parts(buf, area, 1, &[(&value, style(loud))]);
    let end = words::width(&since) as u16;
    let x = area.right().saturating_sub(end).max(area.x);
    let line = Rect { x: area.x + 10, y: area.y + 1, width: area.width.saturating_sub(10 + end + 1), height: 1 };
    if let Subject::Series(key) = &alert.subject
        && let Some(id) = scene.store.find(key)
    {
        spark::render(line, buf, scene, (id, None), None, loud, look);
    }
    put_at(buf, area, (x, area.y + 1), &since, style(Role::Text));
}
