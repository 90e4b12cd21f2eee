//! One anomaly with all that is known of it: why, the numbers, the series around it, the record and its fields.

use super::anomalies::field;
use crate::model::{Anomaly, FieldText, Millis, Safe, SeriesId, Timestamp};
use crate::ui::draw::{self, cut_end, cut_middle, glyphs, put, put_parts};
use crate::ui::{Look, Role, Scene, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// How much later than the anomaly the small line goes on, as a share of its length.
const AFTER: i64 = 4;

/// Draws `a` into `area`.
pub fn render(area: Rect, buf: &mut Buffer, a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) {
    let room = usize::from(area.width);
    let mut top: Vec<(String, Role)> = draw::wrap(Safe::message(&a.why).as_str(), room).into_iter().map(|l| (l, Role::Text)).collect();
    top.push((String::new(), Role::Text));
    top.push((numbers(a, look), Role::Text));
    top.push((format!("in {}", draw::subject(&a.subject)), Role::Text));
    top.push((when(a, look), Role::Dim));
    let mut below: Vec<(String, Role)> = Vec::new();
    if let Some(position) = &a.position {
        below.push((format!("record {}", Safe::label(&position.to_string())), Role::Dim));
    }
    let name_room = a.fields.iter().map(|(name, _)| draw::width(Safe::label(name).as_str())).max().unwrap_or(0).min(24);
    for (name, value) in &a.fields {
        let name = draw::left(&cut_middle(Safe::label(name).as_str(), name_room, look.ascii), name_room);
        let text = if matches!(value, FieldText::Missing) { "missing".to_owned() } else { field(value) };
        below.push((format!("{name}  {text}"), Role::Text));
        if let Some(exact) = disguised(value) {
            below.push((format!("{}  exactly {exact}", " ".repeat(name_room)), Role::Dim));
        }
    }
    let mut y = paint(area, buf, 0, &top, look);
    if let Some(id) = a.series
        && id.index() < scene.store.len()
        && y + 1 < area.height
    {
        surroundings(Rect { y: area.y + y, height: 1, ..area }, buf, a, id, scene, look);
        y += 1;
    }
    paint(area, buf, y, &below, look);
}

fn numbers(a: &Anomaly, look: &Look<'_>) -> String {
    let band = draw::band(a.expected, &a.unit, look.ascii);
    let band = if band.is_empty() { String::new() } else { format!("   expected {band}") };
    format!("value {}{band}   score {:.2}   threshold {:.2}", draw::value(a.value, &a.unit, look.ascii), a.score, a.threshold)
}

fn when(a: &Anomaly, look: &Look<'_>) -> String {
    let first = draw::exact(a.at, look.zone);
    if a.count < 2 {
        return format!("at {first}");
    }
    format!("{}{} from {first} to {}", glyphs(look.ascii).times, a.count, draw::exact(a.last_at, look.zone))
}

/// The text in full with escapes, where what is drawn is not what came: look-alikes must not pass for each other.
fn disguised(value: &FieldText) -> Option<Safe> {
    let FieldText::Text(text) = value else { return None };
    (Safe::label(text).as_str() != text.as_ref()).then(|| Safe::escaped(text))
}

/// The series about the anomaly, which stands at a fixed place of the line.
fn surroundings(row: Rect, buf: &mut Buffer, a: &Anomaly, id: SeriesId, scene: &Scene<'_>, look: &Look<'_>) {
    let after = Millis::new(look.range.get() / AFTER);
    let until = (a.last_at + after).min(look.until.unwrap_or(scene.now).max(a.last_at));
    // No later than data can be, so that no blank end stands for silence.
    let until = Timestamp::from_millis(until.as_millis());
    let shown = Rect { width: row.width.saturating_sub(1), ..row };
    spark::render(shown, buf, scene.store, id, until, look, Role::Text);
}

/// Draws lines from row `from` on; answers the row after them. What finds no room is said.
fn paint(area: Rect, buf: &mut Buffer, from: u16, lines: &[(String, Role)], look: &Look<'_>) -> u16 {
    let room = usize::from(area.height.saturating_sub(from));
    let cut = lines.len() > room;
    let shown = if cut { room.saturating_sub(1) } else { lines.len() };
    for (row, (text, role)) in (from..).zip(&lines[..shown]) {
        put_parts(buf, area, row, &[(&cut_end(text, usize::from(area.width), look.ascii), look.theme.style(*role))]);
    }
    if cut && room > 0 {
        let more = format!("{} more lines: z", lines.len() - shown);
        put(buf, area, (area.x, area.bottom() - 1), usize::from(area.width), &more, look.theme.style(Role::Dim));
    }
    from + shown as u16 + u16::from(cut && room > 0)
}
